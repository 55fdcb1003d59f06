//! Where an order goes: what may be said, what is sealed, and that nothing prints it.

use gage_domain::{
    order::{Order, OrderCommand, OrderEvent},
    personal::{
        DeliveryDetails, DeliveryFault, DeliveryField, DeliveryGiven, InvalidDelivery,
        PersonalKeyId, Sealed,
    },
    text::TextFault,
};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use crate::{
    given::nothing_yet,
    order_histories::{lines, place},
    samples::{BUYER, QUARTER_PAST, SHOP, ether, sealed},
};

fn hong() -> DeliveryGiven {
    DeliveryGiven {
        recipient: " 홍길동 ".to_owned(),
        contact: "010-1234-5678".to_owned(),
        address: "서울특별시 종로구 사직로 161".to_owned(),
        address_detail: Some("경복궁 3층".to_owned()),
        postal_code: Some("03045".to_owned()),
        country: Some("KR".to_owned()),
        note: Some("  ".to_owned()),
    }
}

fn refused(given: DeliveryGiven) -> InvalidDelivery {
    DeliveryDetails::new(given).expect_err("refused")
}

#[test]
fn a_korean_address_is_enough_with_three_parts() {
    let details = DeliveryDetails::new(hong()).expect("details");
    assert_eq!(details.recipient(), "홍길동");
    assert_eq!(details.note(), None);
    assert_eq!(details.postal_code(), Some("03045"));
    let three = DeliveryGiven {
        address_detail: None,
        postal_code: None,
        country: None,
        note: None,
        ..hong()
    };
    assert!(DeliveryDetails::new(three).is_ok());
}

#[test]
fn each_part_is_held_against_its_rule_and_not_repeated() {
    let secret = "사직로\u{202E}161";
    let cases: [(DeliveryGiven, DeliveryField, DeliveryFault); 5] = [
        (
            DeliveryGiven {
                recipient: "\u{3164}".to_owned(),
                ..hong()
            },
            DeliveryField::Recipient,
            TextFault::Empty.into(),
        ),
        (
            DeliveryGiven {
                contact: "0".repeat(101),
                ..hong()
            },
            DeliveryField::Contact,
            TextFault::TooLong {
                max_chars: 100,
                chars: 101,
            }
            .into(),
        ),
        (
            DeliveryGiven {
                address: secret.to_owned(),
                ..hong()
            },
            DeliveryField::Address,
            TextFault::ControlCharacter {
                character: '\u{202E}',
            }
            .into(),
        ),
        (
            DeliveryGiven {
                country: Some("Korea".to_owned()),
                ..hong()
            },
            DeliveryField::Country,
            DeliveryFault::Country,
        ),
        (
            DeliveryGiven {
                note: Some("a\nb".to_owned()),
                ..hong()
            },
            DeliveryField::Note,
            TextFault::ControlCharacter { character: '\n' }.into(),
        ),
    ];
    for (given, field, fault) in cases {
        let error = refused(given);
        assert_eq!(error, InvalidDelivery { field, fault });
        assert!(!error.to_string().contains("사직로"), "{error}");
    }
}

#[test]
fn nothing_prints_personal_data() {
    let details = DeliveryDetails::new(hong()).expect("details");
    for printed in [format!("{details:?}"), format!("{:#?}", hong())] {
        for secret in ["홍길동", "010", "종로구", "03045"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}

#[test]
fn an_event_holds_what_was_sealed_and_a_state_does_not() {
    let OrderCommand::Place { buyer, shop, .. } = place(lines()) else {
        panic!("a command to place");
    };
    let place = OrderCommand::Place {
        buyer,
        shop,
        lines: lines(),
        pay_by: QUARTER_PAST,
        delivery: Some(sealed()),
    };
    let placed = OrderEvent::OrderPlaced {
        buyer: BUYER,
        shop: SHOP,
        lines: lines(),
        total: ether(37),
        pay_by: QUARTER_PAST,
        delivery: Some(sealed()),
    };
    nothing_yet::<Order>().when(place).then([placed.clone()]);
    let state = <Order as gage_domain::Decider>::fold(&[placed]);
    let state = serde_json::to_string(&state).expect("json");
    assert!(!state.contains("0x5ea1ed"), "{state}");
}

#[test]
fn sealed_data_is_bounded_and_reads_back() {
    let key = PersonalKeyId(Uuid::from_u128(7));
    assert!(Sealed::new(key, vec![]).is_err());
    assert!(Sealed::new(key, vec![0; Sealed::BYTES_MAX + 1]).is_err());
    let written = serde_json::to_value(sealed()).expect("json");
    assert_eq!(
        written,
        json!({ "key": "00000000-0000-0000-0000-000000005ea1", "ciphertext": "0x5ea1ed" })
    );
    assert_eq!(
        serde_json::from_value::<Sealed>(written).expect("sealed"),
        sealed()
    );
    for bad in [
        json!({ "key": key, "ciphertext": "0x" }),
        json!({ "key": key, "ciphertext": "no hex" }),
        json!({ "ciphertext": "0x5ea1ed" }),
    ] {
        assert!(serde_json::from_value::<Sealed>(bad).is_err());
    }
}

/// Any text of one line that shows something.
fn text(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<char>(), 0..most).prop_map(|characters| {
        let shown = characters.into_iter().filter(|character| {
            !character.is_control()
                && !matches!(*character, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        });
        let text: String = shown.chain(['가']).collect();
        text.trim().to_owned()
    })
}

/// Any details that may be given.
pub(crate) fn details() -> impl Strategy<Value = DeliveryDetails> {
    let some = |most| proptest::option::of(text(most));
    (
        (text(99), text(99), text(199)),
        (some(199), some(15), some(199)),
        proptest::option::of("[A-Z]{2}"),
    )
        .prop_map(
            |((recipient, contact, address), (detail, postal_code, note), country)| {
                let given = DeliveryGiven {
                    recipient,
                    contact,
                    address,
                    address_detail: detail,
                    postal_code,
                    country,
                    note,
                };
                DeliveryDetails::new(given).expect("details")
            },
        )
}

proptest! {
    /// What is sealed is the details, all of them, and its length says next to nothing.
    #[test]
    fn details_read_back_from_their_padded_bytes(details in details()) {
        let bytes = details.to_bytes();
        prop_assert_eq!(bytes.len() % DeliveryDetails::PADDED_TO, 0);
        prop_assert!(bytes.len() < Sealed::BYTES_MAX - 16);
        prop_assert_eq!(DeliveryDetails::from_bytes(&bytes).expect("details"), details);
        prop_assert!(DeliveryDetails::from_bytes(&bytes[..1]).is_err());
    }
}
