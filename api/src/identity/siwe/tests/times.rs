//! When a message is valid.

use super::*;

#[test]
fn times_are_written_one_way() {
    let time = SignInError::Malformed(MessagePart::Time);
    for spoilt in [
        "2026-03-01 11:59:00Z",
        "2026-03-01t11:59:00Z",
        "2026-03-01_11:59:00Z",
        "2026-03-01T11:59:00z",
        "2026-03-01T11:59:00.0000000001Z",
    ] {
        assert_eq!(
            refused("2026-03-01T11:59:00Z", spoilt, true),
            time,
            "{spoilt}"
        );
    }
    for spoilt in [
        "2026-02-30T11:59:00Z",
        "2026-03-01T11:59Z",
        "1772366340",
        "2026-03-01T11:59:00",
    ] {
        assert_eq!(
            refused("2026-03-01T11:59:00Z", spoilt, false),
            time,
            "{spoilt}"
        );
    }
}

fn with_times(
    issued_at: &str,
    not_before: Option<&str>,
    expires: Option<&str>,
) -> Result<(), SignInError> {
    let mut text = message().replace("2026-03-01T11:59:00Z", issued_at);
    for (tag, time) in [("Expiration Time", expires), ("Not Before", not_before)] {
        text.extend(time.map(|time| format!("\n{tag}: {time}")));
    }
    assert!(
        text.parse::<::siwe::Message>().is_ok(),
        "the plain crate takes any order of times"
    );
    sign_in(&text).map(|_| ())
}

#[test]
fn a_message_is_neither_from_the_future_nor_old() {
    assert_eq!(
        with_times("2026-03-01T12:00:30Z", None, None),
        Ok(()),
        "clocks differ a little"
    );
    let ahead = with_times("2026-03-01T12:00:30.001Z", None, None);
    assert_eq!(ahead, Err(SignInError::IssuedInFuture));
    assert_eq!(with_times("2026-03-01T11:50:00.001Z", None, None), Ok(()));
    let old = with_times("2026-03-01T11:50:00Z", None, None);
    assert_eq!(
        old,
        Err(SignInError::IssuedTooLongAgo),
        "the bound itself is too old"
    );
    let ancient = with_times("0000-01-01T00:00:00Z", None, None);
    assert_eq!(ancient, Err(SignInError::IssuedTooLongAgo));
    let far = with_times("9999-12-31T23:59:59.999999999Z", None, None);
    assert_eq!(far, Err(SignInError::IssuedInFuture));
}

#[test]
fn a_message_is_valid_from_not_before_and_until_just_before_expiry() {
    let at = "2026-03-01T11:59:00Z";
    assert_eq!(
        with_times(at, Some("2026-03-01T12:00:00Z"), None),
        Ok(()),
        "from that moment on"
    );
    let early = with_times(at, Some("2026-03-01T12:00:00.001Z"), None);
    assert_eq!(early, Err(SignInError::NotYetValid));
    assert_eq!(
        with_times(at, None, Some("2026-03-01T12:00:00.001Z")),
        Ok(())
    );
    let late = with_times(at, None, Some("2026-03-01T12:00:00Z"));
    assert_eq!(
        late,
        Err(SignInError::Expired),
        "not at that moment any more"
    );
}

#[test]
fn the_plain_crate_has_the_bounds_the_other_way_round() {
    let text = message() + "\nNot Before: 2026-03-01T12:00:00Z";
    let starts_now: ::siwe::Message = text.parse().unwrap();
    assert!(!starts_now.valid_at(&NOW), "excluded there, included here");
    let text = message() + "\nExpiration Time: 2026-03-01T12:00:00Z";
    let ends_now: ::siwe::Message = text.parse().unwrap();
    assert!(ends_now.valid_at(&NOW), "included there, excluded here");
}

#[test]
fn inverted_times_are_refused() {
    let at = "2026-03-01T11:59:00Z";
    for (not_before, expires) in [
        (Some("2026-03-01T12:10:00Z"), "2026-03-01T12:05:00Z"),
        (Some("2026-03-01T12:05:00Z"), "2026-03-01T12:05:00Z"),
        (None, "2026-03-01T11:59:00Z"),
        (None, "2026-03-01T11:00:00Z"),
    ] {
        let inverted = with_times(at, not_before, Some(expires));
        assert_eq!(
            inverted,
            Err(SignInError::TimeBoundsInverted),
            "{not_before:?}..{expires}"
        );
    }
}
