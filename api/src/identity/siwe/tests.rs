//! One test per rule. Where the plain crate takes what is refused here, the test says so by
//! asking it first.

use alloy::signers::{SignerSync, local::PrivateKeySigner};
use gage_domain::value::U256;
use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn wallet() -> PrivateKeySigner {
    PrivateKeySigner::from_slice(&[7; 32]).unwrap()
}

fn expectation() -> Expectation {
    Expectation {
        domain: "shop.example:8080".parse().unwrap(),
        schemes: Schemes::HttpOrHttps,
        chain_id: 1337,
        now: NOW,
        max_age: Duration::minutes(10),
        clock_skew: Duration::seconds(30),
    }
}

/// A message that fits, to be spoilt in one place by each test.
fn message() -> String {
    format!(
        "shop.example:8080 wants you to sign in with your Ethereum account:\n{}\n\n\
         Sign in to Gage.\n\n\
         URI: http://shop.example:8080/login\nVersion: 1\nChain ID: 1337\n\
         Nonce: abcDEF123456\nIssued At: 2026-03-01T11:59:00Z",
        wallet().address()
    )
}

fn sign(text: &str) -> Vec<u8> {
    wallet()
        .sign_message_sync(text.as_bytes())
        .unwrap()
        .as_bytes()
        .to_vec()
}

fn sign_in(text: &str) -> Result<Verified, SignInError> {
    verify(text, &sign(text), &expectation())
}

/// The message with one part replaced, refused; `plain_crate_takes_it` says whether siwe parses it.
#[track_caller]
fn refused(from: &str, to: &str, plain_crate_takes_it: bool) -> SignInError {
    let text = message();
    assert!(text.contains(from), "the message holds no {from:?}");
    let text = text.replacen(from, to, 1);
    let taken = text.parse::<::siwe::Message>().is_ok();
    assert_eq!(
        taken, plain_crate_takes_it,
        "what the plain crate does with {text:?}"
    );
    sign_in(&text).unwrap_err()
}

#[test]
fn a_wallet_that_signs_the_message_is_signed_in() {
    let verified = sign_in(&message()).unwrap();
    assert_eq!(
        verified,
        Verified {
            address: wallet().address(),
            nonce: "abcDEF123456".to_owned(),
            chain_id: 1337,
            signature_kind: SignatureKind::Key,
        }
    );
}

#[test]
fn a_message_without_statement_and_with_every_option_is_read() {
    let text = message().replace("Sign in to Gage.\n", "")
        + "\nExpiration Time: 2026-03-01T12:30:00Z\nNot Before: 2026-03-01T13:59:00.5+02:00\
           \nRequest ID: a%20b:c@d\nResources:\n- https://shop.example/terms\n- ipfs://Qm";
    let claim = Claim::read(&text, &expectation()).unwrap();
    let read = claim.message();
    assert_eq!(
        (read.statement(), read.request_id()),
        (None, Some("a%20b:c@d"))
    );
    assert_eq!(
        read.not_before(),
        Some(datetime!(2026-03-01 11:59:00.5 UTC))
    );
    assert_eq!(
        read.resources().collect::<Vec<_>>(),
        ["https://shop.example/terms", "ipfs://Qm"]
    );
    assert_eq!(read.text(), text);
}

#[test]
fn an_oversized_message_is_refused_before_it_is_parsed() {
    let text = message().replace("Sign in to Gage.", &"a".repeat(MAX_MESSAGE_BYTES));
    assert!(text.parse::<::siwe::Message>().is_ok());
    assert_eq!(sign_in(&text), Err(SignInError::MessageTooLong));
}

#[test]
fn junk_in_the_separator_lines_is_refused() {
    let address = wallet().address();
    let before_statement = refused(
        &format!("{address}\n\n"),
        &format!("{address}\njunk\n"),
        true,
    );
    assert_eq!(before_statement, SignInError::NotCanonical);
    let after_statement = refused("Gage.\n\n", "Gage.\nand pay everything\n", true);
    assert_eq!(after_statement, SignInError::NotCanonical);
}

#[test]
fn control_characters_and_foreign_letters_are_refused() {
    for (spoilt, offset) in [
        ("Sign\tin", 4),
        ("Sign\rin", 4),
        ("Sign\u{7f}in", 4),
        ("Sign\u{202e}in", 4),
        ("로그인", 0),
    ] {
        let position = message().find("Sign").unwrap() + offset;
        assert_eq!(
            refused("Sign in", spoilt, true),
            SignInError::ForbiddenCharacter { position }
        );
    }
}

#[test]
fn a_statement_outside_the_grammar_is_refused() {
    let statement = SignInError::Malformed(MessagePart::Statement);
    for spoilt in ["\"Sign in\"", "100% off", "<b>", "a|b", "back\\slash"] {
        assert_eq!(
            refused("Sign in to Gage.", spoilt, true),
            statement,
            "{spoilt}"
        );
    }
}

#[test]
fn a_request_id_outside_the_grammar_is_refused() {
    for spoilt in ["a b", "a/b", "%2", "%zz", "\"x\""] {
        let text = format!("{}\nRequest ID: {spoilt}", message());
        assert!(text.parse::<::siwe::Message>().is_ok());
        assert_eq!(
            sign_in(&text),
            Err(SignInError::Malformed(MessagePart::RequestId)),
            "{spoilt}"
        );
    }
}

#[test]
fn a_nonce_is_eight_or_more_letters_and_digits() {
    let nonce = "abcDEF123456";
    for spoilt in [
        "abcDEF-12345",
        "abc DEF 1234",
        "abcdef$$$$",
        "a\"b\"c\"d\"e",
        &"a".repeat(129),
    ] {
        assert_eq!(
            refused(nonce, spoilt, true),
            SignInError::NonceMalformed,
            "{spoilt}"
        );
    }
    assert_eq!(
        refused(nonce, "abcDEF1", false),
        SignInError::NonceMalformed
    );
    assert_eq!(refused(nonce, "", false), SignInError::NonceMalformed);
    let text = message().replace(nonce, "abcDEF12");
    assert!(sign_in(&text).is_ok(), "eight are enough");
}

#[test]
fn a_number_has_one_form() {
    for spoilt in ["+1337", "01337", "+01337"] {
        assert_eq!(
            refused("1337", spoilt, true),
            SignInError::NotCanonical,
            "{spoilt}"
        );
    }
    for spoilt in [
        "-1337",
        "0x539",
        " 1337",
        "1337 ",
        "18446744073709551616",
        "",
    ] {
        let chain = SignInError::Malformed(MessagePart::ChainId);
        assert_eq!(refused("1337", spoilt, false), chain, "{spoilt}");
    }
}

#[test]
fn another_chain_is_refused() {
    let error = refused("Chain ID: 1337", "Chain ID: 1", true);
    assert_eq!(
        error,
        SignInError::ChainMismatch {
            expected: 1337,
            given: 1
        }
    );
}

#[test]
fn a_version_other_than_one_is_refused() {
    for spoilt in ["Version: 2", "Version: 01", "Version: +1", "Version: "] {
        assert_eq!(
            refused("Version: 1", spoilt, false),
            SignInError::VersionUnknown,
            "{spoilt}"
        );
    }
}

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

#[test]
fn an_address_carries_its_checksum() {
    let address = wallet().address().to_string();
    let lower = address.to_lowercase();
    assert_eq!(
        refused(&address, &lower, false),
        SignInError::AddressNotChecksummed
    );
    let upper = address.to_uppercase().replacen('X', "x", 1);
    assert_eq!(
        refused(&address, &upper, false),
        SignInError::AddressNotChecksummed
    );
    let short = SignInError::Malformed(MessagePart::Address);
    assert_eq!(refused(&address, &address[..41], false), short);
    assert_eq!(refused(&address, &address[2..], false), short);
}

#[test]
fn another_site_is_refused() {
    for spoilt in [
        "shop.example",
        "shop.example:8081",
        "evil.example",
        "SHOP.example:8080",
    ] {
        assert_eq!(
            refused("shop.example:8080 wants", &format!("{spoilt} wants"), true),
            SignInError::DomainMismatch,
            "{spoilt}"
        );
    }
    let with_user = refused(
        "shop.example:8080 wants",
        "me@shop.example:8080 wants",
        true,
    );
    assert_eq!(with_user, SignInError::DomainMismatch);
}

#[test]
fn a_scheme_before_the_domain_must_be_that_of_the_uri() {
    let signed_in = |scheme: &str, uri_scheme: &str| {
        let text = format!(
            "{scheme}://{}",
            message().replace("URI: http", &format!("URI: {uri_scheme}"))
        );
        assert!(
            text.parse::<::siwe::Message>().is_err(),
            "the plain crate knows no scheme"
        );
        sign_in(&text).map(|_| ())
    };
    assert_eq!(signed_in("http", "http"), Ok(()));
    assert_eq!(signed_in("https", "https"), Ok(()));
    assert_eq!(signed_in("https", "http"), Err(SignInError::SchemeMismatch));
    assert_eq!(signed_in("HTTP", "http"), Err(SignInError::SchemeMismatch));
    assert_eq!(
        signed_in("javascript", "http"),
        Err(SignInError::SchemeMismatch)
    );
    assert_eq!(signed_in("", "http"), Err(SignInError::SchemeMismatch));
}

#[test]
fn the_uri_lies_on_this_site() {
    for (uri, error) in [
        (
            "ftp://shop.example:8080/login",
            SignInError::UriSchemeMismatch,
        ),
        (
            "HTTP://shop.example:8080/login",
            SignInError::UriSchemeMismatch,
        ),
        ("did:key:z6Mk", SignInError::UriSchemeMismatch),
        (
            "http://evil.example/login",
            SignInError::UriAuthorityMismatch,
        ),
        (
            "http://shop.example:8080@evil.example/",
            SignInError::UriAuthorityMismatch,
        ),
        (
            "http://me@shop.example:8080/",
            SignInError::UriAuthorityMismatch,
        ),
        (
            "http://shop.example/login",
            SignInError::UriAuthorityMismatch,
        ),
        ("http:/login", SignInError::UriAuthorityMismatch),
    ] {
        assert_eq!(
            refused("http://shop.example:8080/login", uri, true),
            error,
            "{uri}"
        );
    }
    let uri = SignInError::Malformed(MessagePart::Uri);
    assert_eq!(
        refused("http://shop.example:8080/login", "/login", false),
        uri
    );
}

#[test]
fn a_site_served_by_https_alone_refuses_http() {
    let expect = Expectation {
        schemes: Schemes::HttpsOnly,
        ..expectation()
    };
    let text = message();
    assert_eq!(
        verify(&text, &sign(&text), &expect),
        Err(SignInError::UriSchemeMismatch)
    );
    let text = text.replace("URI: http:", "URI: https:");
    assert!(verify(&text, &sign(&text), &expect).is_ok());
}

fn with_times(
    issued_at: &str,
    not_before: Option<&str>,
    expires: Option<&str>,
) -> Result<(), SignInError> {
    let mut text = message().replace("2026-03-01T11:59:00Z", issued_at);
    if let Some(expires) = expires {
        text += &format!("\nExpiration Time: {expires}");
    }
    if let Some(not_before) = not_before {
        text += &format!("\nNot Before: {not_before}");
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

#[test]
fn lines_in_another_order_or_too_many_are_refused() {
    let layout = SignInError::Malformed(MessagePart::Layout);
    for tail in ["\n", "\n\n", "\nSomething: else", "\nResources: x"] {
        assert_eq!(sign_in(&(message() + tail)), Err(layout), "{tail:?}");
    }
    let swapped = "\nNot Before: 2026-03-01T11:59:00Z\nExpiration Time: 2026-03-01T12:30:00Z";
    assert_eq!(sign_in(&(message() + swapped)), Err(layout));
    let bad_resource = message() + "\nResources:\n- https://a.example\n";
    assert_eq!(
        sign_in(&bad_resource),
        Err(SignInError::Malformed(MessagePart::Uri))
    );
    assert_eq!(
        sign_in(""),
        Err(SignInError::Malformed(MessagePart::Domain))
    );
    assert_eq!(
        sign_in("\n\n\n\n"),
        Err(SignInError::Malformed(MessagePart::Domain))
    );
}

#[test]
fn every_cut_of_a_message_is_refused() {
    let text = message();
    for end in 0..text.len() {
        assert!(sign_in(&text[..end]).is_err(), "{:?}", &text[..end]);
    }
}

#[test]
fn an_empty_list_of_resources_is_not_the_form_that_is_signed() {
    let text = message() + "\nResources:";
    assert!(
        text.parse::<::siwe::Message>().is_ok(),
        "there it means no list"
    );
    assert_eq!(sign_in(&text), Err(SignInError::NotCanonical));
}

#[test]
fn only_four_recovery_bytes_are_known() {
    let text = message();
    let parsed: ::siwe::Message = text.parse().unwrap();
    let mut signature = sign(&text);
    let parity = signature[64] - 27;
    let mut taken_by_the_plain_crate = 0;
    for v in 0..=u8::MAX {
        signature[64] = v;
        let plain = parsed
            .verify_eip191(signature.as_slice().try_into().unwrap())
            .is_ok();
        taken_by_the_plain_crate += u32::from(plain);
        let ours = verify(&text, &signature, &expectation()).map(|_| ());
        match v {
            v if v == parity || v == parity + 27 => assert_eq!(ours, Ok(())),
            0 | 1 | 27 | 28 => assert_eq!(ours, Err(SignInError::WrongSigner)),
            given => assert_eq!(ours, Err(SignInError::RecoveryByte { given })),
        }
    }
    assert_eq!(taken_by_the_plain_crate, 10);
}

#[test]
fn the_second_form_of_a_signature_is_refused() {
    let order: U256 = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
        .parse()
        .unwrap();
    let text = message();
    let mut signature = sign(&text);
    let s = order - U256::from_be_slice(&signature[32..64]);
    signature[32..64].copy_from_slice(&s.to_be_bytes::<32>());
    signature[64] = if signature[64] == 27 { 28 } else { 27 };
    let error = verify(&text, &signature, &expectation()).unwrap_err();
    assert_eq!(error, SignInError::SignatureMalleable);
}

#[test]
fn numbers_that_no_key_gives_are_refused() {
    let text = message();
    let error = |signature: &[u8]| verify(&text, signature, &expectation()).unwrap_err();
    let mut zeros = [0; 65];
    assert_eq!(error(&zeros), SignInError::SignatureInvalid);
    zeros[31] = 1;
    assert_eq!(error(&zeros), SignInError::SignatureInvalid, "s = 0");
    let mut r_too_high = [0xff; 65];
    r_too_high[32..].fill(1);
    assert_eq!(error(&r_too_high), SignInError::SignatureInvalid);
}

#[test]
fn a_signature_has_65_bytes() {
    let text = message();
    let full = sign(&text);
    for given in [0, 1, 64, 66, 130] {
        let signature: Vec<u8> = full.iter().copied().cycle().take(given).collect();
        let error = verify(&text, &signature, &expectation()).unwrap_err();
        assert_eq!(error, SignInError::SignatureLength { given });
    }
}

#[test]
fn another_wallets_signature_is_refused() {
    let text = message();
    let other = PrivateKeySigner::from_slice(&[8; 32]).unwrap();
    let signature = other.sign_message_sync(text.as_bytes()).unwrap().as_bytes();
    assert_eq!(
        verify(&text, &signature, &expectation()),
        Err(SignInError::WrongSigner)
    );
}

#[test]
fn a_signature_of_another_message_is_refused() {
    let signature = sign(&message().replace("abcDEF123456", "abcDEF123457"));
    assert_eq!(
        verify(&message(), &signature, &expectation()),
        Err(SignInError::WrongSigner)
    );
}

#[test]
fn a_signature_is_read_from_hex_with_0x() {
    assert_eq!(decode_signature("0x00fF"), Ok(vec![0, 0xff]));
    assert_eq!(decode_signature("0x"), Ok(vec![]));
    let too_long = format!("0x{}", "00".repeat(MAX_SIGNATURE_BYTES + 1));
    for text in [
        "",
        "00ff",
        "0X00",
        "0x0",
        "0xgg",
        "0x 0",
        "0x00ff ",
        "0x é",
        too_long.as_str(),
    ] {
        assert_eq!(
            decode_signature(text),
            Err(SignInError::SignatureEncoding),
            "{text}"
        );
    }
}

#[test]
fn the_domain_of_a_site_is_a_plain_host_and_port() {
    for good in [
        "shop.example",
        "localhost:8080",
        "127.0.0.1:80",
        "[::1]:8080",
    ] {
        assert_eq!(good.parse::<SiteDomain>().unwrap().as_str(), good);
    }
    for bad in [
        "",
        "me@shop.example",
        "Shop.example",
        "http://shop.example",
        "a b",
        "shop.example/",
        ":80",
    ] {
        assert!(bad.parse::<SiteDomain>().is_err(), "{bad}");
    }
}
