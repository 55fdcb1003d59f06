//! Receipts: what one proves, and that whatever is edited in one is noticed.

use gage_domain::{
    proof::{
        AnchorNote, Growth, Leaf, Receipt, ReceiptEvent, Salt, Statement, Trust, Verdict,
        canonical, consistency, inclusion, leaf_hash, verify_receipt,
    },
    value::{Address, B256},
};
use serde_json::{Value, json, value::RawValue};
use time::{Duration, OffsetDateTime};

use super::{checkpoints::key, made_up_leaf};
use crate::samples::NOON;

const ORDER: &str = "018f3c5e-7b5a-7000-8000-000000000001";
/// Type of the stream, sequence, event.
const HISTORY: [(&str, u64, &str); 4] = [
    ("Order", 1, "OrderPlaced"),
    ("Payment", 1, "PaymentRequested"),
    ("Payment", 2, "PaymentDetected"),
    ("Order", 2, "OrderPaid"),
];
/// Leaves of others before each of ours.
const BETWEEN: u64 = 90;

fn raw(value: &Value) -> Box<RawValue> {
    RawValue::from_string(value.to_string()).expect("JSON")
}

fn event(number: usize, at: OffsetDateTime) -> ReceiptEvent {
    let (aggregate_type, sequence, event_type) = HISTORY[number];
    ReceiptEvent {
        index: (number as u64 + 1) * (BETWEEN + 1) - 1,
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: ORDER.to_owned(),
        sequence,
        event_type: event_type.to_owned(),
        event_version: "1.0.0".to_owned(),
        recorded_at: at,
        metadata: raw(&json!({"actor": "wallet:0x01", "correlation_id": "c", "decided_at": "t"})),
        payload: raw(&json!({event_type: {"amount": "1800", "quantity": 3 + number}})),
        salt: Salt(B256::repeat_byte(u8::try_from(number).expect("small") + 1)),
        proof: Vec::new(),
    }
}

fn hash_of(event: &ReceiptEvent) -> B256 {
    let (metadata, payload) = (
        canonical(event.metadata.get()),
        canonical(event.payload.get()),
    );
    let leaf = Leaf {
        aggregate_type: &event.aggregate_type,
        aggregate_id: &event.aggregate_id,
        sequence: event.sequence,
        event_type: &event.event_type,
        event_version: &event.event_version,
        recorded_at: event.recorded_at,
        metadata: &metadata.expect("JSON"),
        payload: &payload.expect("JSON"),
    };
    leaf_hash(&leaf, &event.salt)
}

/// A shop's log with one order in it, and that order's receipt.
fn honest() -> Receipt {
    let mut events: Vec<_> = (0..HISTORY.len())
        .map(|number| {
            event(
                number,
                NOON + Duration::microseconds(1) * u16::try_from(number).expect("small"),
            )
        })
        .collect();
    let mut growth = Growth::empty();
    let mut anchored = None;
    for event in &events {
        (growth.head().size..event.index).for_each(|number| growth.append(made_up_leaf(number)));
        growth.append(hash_of(event));
        // The first three are anchored.
        if event.sequence == 2 && event.aggregate_type == "Payment" {
            anchored = Some(growth.head());
        }
    }
    let (head, anchored) = (growth.head(), anchored.expect("a head"));
    for event in &mut events {
        event.proof = inclusion(head.size, event.index, growth.tiles()).expect("a proof");
    }
    let key = key("shop.example/log", 1);
    Receipt {
        format: Receipt::FORMAT.to_owned(),
        order: ORDER.to_owned(),
        key: key.verifier().to_string(),
        checkpoint: key.sign(head).expect("a checkpoint").note,
        events,
        pending: 0,
        anchor: Some(AnchorNote {
            chain_id: 1337,
            contract: Address::repeat_byte(1),
            publisher: Address::repeat_byte(2),
            tx_hash: B256::repeat_byte(3),
            block_number: 7,
            size: anchored.size,
            root: anchored.root,
            consistency: consistency(anchored.size, head.size, growth.tiles()).expect("a proof"),
        }),
    }
}

fn trust() -> Trust {
    Trust {
        key: Some(key("shop.example/log", 1).verifier().clone()),
    }
}

fn verdict_on(receipt: &Receipt) -> Verdict {
    let json = serde_json::to_string_pretty(receipt).expect("JSON");
    verify_receipt(&json, &trust()).expect("a receipt")
}

fn refuted(verdict: &Verdict) -> Vec<&str> {
    let statements = verdict.statements.iter();
    let refuted = statements.filter_map(|statement| match statement {
        Statement::Refuted(what) => Some(&**what),
        Statement::Proven(_) | Statement::Open(_) => None,
    });
    refuted.collect()
}

#[test]
fn an_honest_receipt_proves_every_event() {
    let verdict = verdict_on(&honest());
    assert_eq!(refuted(&verdict), Vec::<&str>::new());
    let proven = |statement: &&Statement| matches!(statement, Statement::Proven(_));
    // The signature, four events, their history, the anchor's tree.
    assert_eq!(verdict.statements.iter().filter(proven).count(), 7);
    assert_eq!(verdict.anchor, honest().anchor);
}

#[test]
fn layout_and_order_of_keys_are_no_edit() {
    let compact = serde_json::to_string(&honest()).expect("JSON");
    let sorted: Value = serde_json::from_str(&compact).expect("JSON");
    for json in [&compact, &sorted.to_string()] {
        assert!(verify_receipt(json, &trust()).expect("a receipt").holds());
    }
}

type Edit = fn(&mut ReceiptEvent);

/// Every way to edit one event.
const EDITS: [(&str, Edit); 9] = [
    ("type", |event| event.event_type.push('s')),
    ("version", |event| event.event_version.push('1')),
    ("time", |event| {
        event.recorded_at += Duration::microseconds(1);
    }),
    ("place", |event| event.index += 1),
    ("payload", |event| {
        event.payload = raw(&json!({"OrderPaid": {"amount": "1801", "quantity": 6}}));
    }),
    ("actor", |event| {
        event.metadata =
            raw(&json!({"actor": "wallet:0x02", "correlation_id": "c", "decided_at": "t"}));
    }),
    ("salt", |event| event.salt = Salt(B256::ZERO)),
    ("proof", |event| event.proof[0] = B256::ZERO),
    ("shorter proof", |event| {
        event.proof.pop();
    }),
];

#[test]
fn whatever_is_edited_is_named() {
    for (what, edit) in EDITS {
        let mut receipt = honest();
        edit(&mut receipt.events[3]);
        let verdict = verdict_on(&receipt);
        let refuted = refuted(&verdict);
        assert_eq!(refuted.len(), 1, "{what}: {refuted:?}");
        assert!(
            refuted[0].starts_with(&format!("Order:{ORDER} #2")),
            "{what}"
        );
    }
}

#[test]
fn events_left_out_exchanged_or_of_others_are_named() {
    let mut cut = honest();
    cut.events.remove(0);
    assert!(
        !verdict_on(&cut).holds(),
        "the first of the order is missing"
    );
    let mut gap = honest();
    gap.events.remove(1);
    assert!(
        !verdict_on(&gap).holds(),
        "the first of the payment is missing"
    );
    let mut elsewhere = honest();
    elsewhere.order = ORDER.replace("0001", "0002");
    assert!(!verdict_on(&elsewhere).holds(), "of another order");
    let mut empty = honest();
    empty.events.clear();
    assert!(!verdict_on(&empty).holds(), "nothing is shown");
}

#[test]
fn a_checkpoint_of_a_stranger_proves_nothing() {
    let mut receipt = honest();
    let forger = key("shop.example/log", 66);
    let head = key("shop.example/log", 1)
        .verifier()
        .open(&receipt.checkpoint);
    receipt.checkpoint = forger.sign(head.expect("a head")).expect("a note").note;
    receipt.key = forger.verifier().to_string();
    let verdict = verdict_on(&receipt);
    assert!(refuted(&verdict).len() >= 5, "signature and every event");
    // Without the shop's key it looks right: so that is said first.
    let json = serde_json::to_string(&receipt).expect("JSON");
    let trusting = verify_receipt(&json, &Trust::default()).expect("a receipt");
    assert!(matches!(&trusting.statements[0], Statement::Open(what) if what.contains("--key")));
}

#[test]
fn an_anchor_of_another_tree_is_named() {
    let mut receipt = honest();
    if let Some(anchor) = &mut receipt.anchor {
        anchor.root = B256::repeat_byte(9);
    }
    assert!(refuted(&verdict_on(&receipt))[0].contains("anchor"));
    receipt.anchor = None;
    assert!(verdict_on(&receipt).holds());
}

#[test]
fn what_is_no_receipt_is_refused_with_what_is_wrong() {
    let good = serde_json::to_value(honest()).expect("JSON");
    let mut other_format = good.clone();
    other_format["format"] = json!("gage.receipt.v2");
    let mut more = good;
    more["proven"] = json!(true);
    for json in ["", "{}", &other_format.to_string(), &more.to_string()] {
        assert!(verify_receipt(json, &trust()).is_err(), "{json:.60}");
    }
}

#[test]
fn names_in_a_document_cannot_write_to_the_terminal() {
    let mut receipt = honest();
    receipt.events[0].event_type = "\u{1b}[2JPROVEN".to_owned();
    let verdict = verdict_on(&receipt);
    let printed: Vec<_> = verdict.statements.iter().map(ToString::to_string).collect();
    assert!(!printed.join("").contains('\u{1b}'));
}
