//! The bytes of a leaf. The expected hashes were worked out by another program (Python's hashlib)
//! from the words of `docs/audit.md`, where the same example stands.

use gage_domain::proof::{Leaf, Salt, leaf_hash};
use gage_domain::value::B256;
use time::{Duration, OffsetDateTime};

const METADATA: &str = r#"{"actor": "system:listener", "decided_at": "2026-11-21T10:20:41Z", "causation_id": "request:1", "correlation_id": "018f3c5e-7b5a-7000-8000-000000000009"}"#;
const PAYLOAD: &str = r#"{"OrderShipped": {"carrier": "우체국", "quantity": 3}}"#;

fn example() -> Leaf<'static> {
    Leaf {
        aggregate_type: "Order",
        aggregate_id: "018f3c5e-7b5a-7000-8000-000000000001",
        sequence: 7,
        event_type: "OrderShipped",
        event_version: "1.0.0",
        recorded_at: OffsetDateTime::UNIX_EPOCH + Duration::microseconds(1_795_256_441_500_001),
        metadata: METADATA,
        payload: PAYLOAD,
    }
}

fn salt() -> Salt {
    Salt(B256::from(std::array::from_fn(|at| {
        u8::try_from(at).expect("a small number")
    })))
}

#[test]
fn the_example_of_the_documentation() {
    let commitments = example().commitments(&salt());
    let expected = "33df9343f6fc0cf3a703109a36be269590e90279916516247913c4fb9368f0cb";
    assert_eq!(hex(commitments.payload), expected);
    let expected = "ca947f8ddc2a7e4e6db51d54f05aa1e05233467042cfb320cd5f3fcfb3dde042";
    assert_eq!(hex(commitments.metadata), expected);
    let expected = "24c6e8dedd060c658faeaf27e2cb99347ef039e77bbace7ae0ec1d2db1b793b3";
    assert_eq!(hex(leaf_hash(&example(), &salt())), expected);
}

#[test]
fn texts_cannot_be_moved_from_one_field_into_the_next() {
    let moved = Leaf {
        aggregate_type: "OrderX",
        aggregate_id: &example().aggregate_id[1..],
        ..example()
    };
    assert_ne!(leaf_hash(&moved, &salt()), leaf_hash(&example(), &salt()));
    let exchanged = Leaf {
        metadata: PAYLOAD,
        payload: METADATA,
        ..example()
    };
    assert_ne!(
        leaf_hash(&exchanged, &salt()),
        leaf_hash(&example(), &salt())
    );
}

fn hex(hash: B256) -> String {
    format!("{hash:x}")
}
