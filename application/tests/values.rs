//! Values that leave the program as text come back as they were.

use gage_application::{
    metadata::{Actor, Metadata},
    ports::{chain::Observation, event_log::reaction_key, wake::Notice},
    position::LogPosition,
};
use gage_domain::{
    ids::{OrderId, ShopId, SkuId},
    value::Address,
};
use proptest::prelude::*;
use time::OffsetDateTime;
use uuid::Uuid;

proptest! {
    #[test]
    fn a_position_survives_its_text(xact_id in 0_i64.., position in 0_i64..) {
        let place = LogPosition { xact_id, position };
        prop_assert_eq!(place.to_string().parse(), Ok(place));
    }

    #[test]
    fn no_other_text_is_a_position(text in "\\PC{0,20}") {
        if let Ok(place) = text.parse::<LogPosition>() {
            prop_assert_eq!(place.to_string(), text);
        }
    }

    #[test]
    fn positions_are_ordered_by_transaction_first(
        a in (0_i64..3, 0_i64..3), b in (0_i64..3, 0_i64..3),
    ) {
        let place = |(xact_id, position)| LogPosition { xact_id, position };
        prop_assert_eq!(place(a).cmp(&place(b)), a.cmp(&b));
    }

    #[test]
    fn metadata_survives_being_stored(
        wallet in any::<Option<[u8; 20]>>(),
        correlation in any::<u128>(),
        causation in "\\PC{0,40}",
        secs in 0_i64..4_000_000_000,
        nanos in 0_i64..1_000_000_000,
    ) {
        let metadata = Metadata {
            actor: wallet.map_or(Actor::StoredSystem("expiry".to_owned()), |bytes| {
                Actor::Wallet(Address::from(bytes))
            }),
            correlation_id: Uuid::from_u128(correlation),
            causation_id: causation,
            decided_at: OffsetDateTime::UNIX_EPOCH
                + time::Duration::seconds(secs)
                + time::Duration::nanoseconds(nanos),
        };
        let stored = serde_json::to_string(&metadata.to_map()).expect("strings");
        prop_assert_eq!(Metadata::parse(&stored), Ok(Some(metadata)));
    }

    #[test]
    fn a_notice_survives_its_text(id in any::<u128>(), kind in 0..4) {
        let id = Uuid::from_u128(id);
        let notice = match kind {
            0 => Notice::Appended,
            1 => Notice::Order(OrderId(id)),
            2 => Notice::ShopOrders(ShopId(id)),
            _ => Notice::Stock(SkuId(id)),
        };
        prop_assert_eq!(notice.to_string().parse(), Ok(notice));
    }
}

#[test]
fn metadata_that_lacks_a_key_names_it() {
    for (stored, key) in [
        (r#"{"padding":"x"}"#, "actor"),
        (r#"{"actor":"system:expiry"}"#, "correlation_id"),
        (r#"{"actor":7}"#, "JSON"),
    ] {
        assert_eq!(Metadata::parse(stored).unwrap_err().key, key, "{stored}");
    }
}

#[test]
fn a_stock_writer_leaves_no_metadata() {
    assert_eq!(Metadata::parse("{}"), Ok(None));
}

#[test]
fn a_reaction_has_the_same_key_after_a_restart_and_another_for_another_event() {
    let at = |position| LogPosition {
        xact_id: 7,
        position,
    };
    assert_eq!(
        reaction_key("reactions", at(1), 0),
        reaction_key("reactions", at(1), 0)
    );
    assert_ne!(
        reaction_key("reactions", at(1), 0),
        reaction_key("reactions", at(1), 1)
    );
    assert_ne!(
        reaction_key("reactions", at(1), 0),
        reaction_key("reactions", at(2), 0)
    );
}

#[test]
fn an_observation_that_was_stored_before_blocks_were_dated_is_read() {
    let stored = serde_json::json!({
        "log": {
            "chain_id": 1337, "block_number": 5, "log_index": 0,
            "block_hash": format!("0x{}", "01".repeat(32)),
            "tx_hash": format!("0x{}", "02".repeat(32)),
        },
        "payment": Uuid::from_u128(7),
        "key": format!("0x{}", "03".repeat(32)),
        "what": { "Released": { "amount": "5" } },
    });
    let observation: Observation = serde_json::from_value(stored).expect("an observation");
    assert_eq!(observation.mined_at, None);
}
