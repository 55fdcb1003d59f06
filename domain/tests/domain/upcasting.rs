//! Old events in their current form, and what cannot be read is an error.

use gage_domain::{
    UpcastError, Upcasters,
    upcast::{MalformedPayload, Version},
};
use serde_json::{Value, json};

const V1: Version = Version::new(1, 0, 0);
const V1_1: Version = Version::new(1, 1, 0);
const V2: Version = Version::new(2, 0, 0);

const EVENT: (&str, &str) = ("Lamp", "LampLit");

/// 1.0.0 had `brightness`, 1.1.0 calls it `lumen`.
fn rename(mut payload: Value) -> Result<Value, MalformedPayload> {
    let missing = MalformedPayload {
        field: "brightness",
    };
    let body = payload.get_mut("LampLit").and_then(Value::as_object_mut);
    let body = body.ok_or(MalformedPayload { field: "LampLit" })?;
    let brightness = body.remove("brightness").ok_or(missing)?;
    body.insert("lumen".to_owned(), brightness);
    Ok(payload)
}

/// 2.0.0 says who lit it.
fn add_by(mut payload: Value) -> Result<Value, MalformedPayload> {
    let body = payload.get_mut("LampLit").and_then(Value::as_object_mut);
    let body = body.ok_or(MalformedPayload { field: "LampLit" })?;
    body.insert("by".to_owned(), json!("unknown"));
    Ok(payload)
}

fn lamps() -> Upcasters {
    Upcasters::default()
        .event(EVENT.0, EVENT.1, V2)
        .step(EVENT, V1, V1_1, rename)
        .step(EVENT, V1_1, V2, add_by)
}

fn read(
    upcasters: &Upcasters,
    version: &str,
    payload: Value,
) -> Result<(String, Value), UpcastError> {
    upcasters.upcast(EVENT.0, EVENT.1, version, payload)
}

fn old() -> Value {
    json!({ "LampLit": { "brightness": 7 } })
}

#[test]
fn an_old_event_goes_through_every_step() {
    assert_eq!(
        read(&lamps(), "1.0.0", old()),
        Ok((
            "2.0.0".to_owned(),
            json!({ "LampLit": { "lumen": 7, "by": "unknown" } })
        ))
    );
}

#[test]
fn an_event_starts_at_its_own_version() {
    assert_eq!(
        read(&lamps(), "1.1.0", json!({ "LampLit": { "lumen": 7 } })),
        Ok((
            "2.0.0".to_owned(),
            json!({ "LampLit": { "lumen": 7, "by": "unknown" } })
        ))
    );
}

#[test]
fn a_current_event_stays_as_it_is() {
    let payload = json!({ "anything": [1, 2] });
    assert_eq!(
        read(&lamps(), "2.0.0", payload.clone()),
        Ok(("2.0.0".to_owned(), payload))
    );
}

#[test]
fn an_event_from_the_future_is_an_error() {
    for version in ["2.0.1", "2.1.0", "3.0.0", "18446744073709551615.0.0"] {
        assert_eq!(
            read(&lamps(), version, old()),
            Err(UpcastError::TooNew {
                aggregate_type: "Lamp".to_owned(),
                event_type: "LampLit".to_owned(),
                version: version.to_owned(),
                current: "2.0.0".to_owned(),
            })
        );
    }
}

#[test]
fn a_version_that_is_not_semver_is_an_error() {
    for version in [
        "",
        "1",
        "1.0",
        "1.0.0.0",
        "v1.0.0",
        "1.0.x",
        "1..0",
        "01.0.0",
        "1.0.-1",
        "+1.0.0",
        "1.0.0-rc1",
        " 1.0.0",
        "1.0.0 ",
        "99999999999999999999.0.0",
    ] {
        assert_eq!(
            read(&lamps(), version, old()),
            Err(UpcastError::NotSemver {
                aggregate_type: "Lamp".to_owned(),
                event_type: "LampLit".to_owned(),
                version: version.to_owned(),
            })
        );
    }
}

#[test]
fn an_unknown_event_is_an_error() {
    for (aggregate, event) in [("Lamp", "LampBroke"), ("Torch", "LampLit"), ("", "")] {
        assert_eq!(
            lamps().upcast(aggregate, event, "1.0.0", old()),
            Err(UpcastError::UnknownEvent {
                aggregate_type: aggregate.to_owned(),
                event_type: event.to_owned(),
            })
        );
    }
}

#[test]
fn a_version_that_no_step_leads_on_from_is_an_error() {
    let no_path = |version: &str| {
        Err(UpcastError::NoPath {
            aggregate_type: "Lamp".to_owned(),
            event_type: "LampLit".to_owned(),
            version: version.to_owned(),
            current: "2.0.0".to_owned(),
        })
    };
    assert_eq!(read(&lamps(), "0.9.0", old()), no_path("0.9.0"));
    let half = Upcasters::default()
        .event(EVENT.0, EVENT.1, V2)
        .step(EVENT, V1, V1_1, rename);
    assert_eq!(read(&half, "1.0.0", old()), no_path("1.1.0"));
}

#[test]
fn a_step_that_does_not_lead_upwards_is_never_taken() {
    let circle = Upcasters::default()
        .event(EVENT.0, EVENT.1, V2)
        .step(EVENT, V1, V1, rename)
        .step(EVENT, V1_1, V1, rename);
    assert!(matches!(
        read(&circle, "1.0.0", old()),
        Err(UpcastError::NoPath { .. })
    ));
    assert!(matches!(
        read(&circle, "1.1.0", old()),
        Err(UpcastError::NoPath { .. })
    ));
}

#[test]
fn a_step_beyond_the_current_version_is_never_taken() {
    let beyond = Upcasters::default()
        .event(EVENT.0, EVENT.1, V1_1)
        .step(EVENT, V1, V2, add_by);
    assert!(matches!(
        read(&beyond, "1.0.0", old()),
        Err(UpcastError::NoPath { .. })
    ));
}

#[test]
fn a_payload_that_is_not_what_its_version_says_is_an_error() {
    assert_eq!(
        read(&lamps(), "1.0.0", json!({ "LampLit": {} })),
        Err(UpcastError::Malformed {
            aggregate_type: "Lamp".to_owned(),
            event_type: "LampLit".to_owned(),
            version: "1.0.0".to_owned(),
            source: MalformedPayload {
                field: "brightness"
            },
        })
    );
    assert!(matches!(
        read(&lamps(), "1.1.0", json!("LampLit")),
        Err(UpcastError::Malformed { .. })
    ));
}

#[test]
fn an_event_of_ours_that_is_newer_than_this_gage_is_an_error() {
    let upcasters = Upcasters::current();
    let payload = json!({ "OrderPaid": {} });
    assert_eq!(
        upcasters.upcast("Order", "OrderPaid", "1.0.0", payload.clone()),
        Ok(("1.0.0".to_owned(), payload.clone()))
    );
    assert!(matches!(
        upcasters.upcast("Order", "OrderPaid", "1.0.1", payload.clone()),
        Err(UpcastError::TooNew { .. })
    ));
    assert!(matches!(
        upcasters.upcast("Order", "OrderPaid", "0.1.0", payload),
        Err(UpcastError::NoPath { .. })
    ));
}
