//! Every version of every event that was ever written stays readable.
//!
//! `tests/golden/<Aggregate>/<Event>-<version>.json` holds a payload as it stands in the log.
//! A file is written once and never edited: to add one for a new event or version, run the
//! tests with `GAGE_GOLDEN=write`, which writes what is missing and changes nothing else.

use std::{collections::BTreeSet, fs, path::PathBuf};

use cqrs_es::DomainEvent;
use gage_domain::{
    Decider, Upcasters,
    inventory::{Inventory, InventoryEvent},
    order::{Order, OrderEvent},
    payment::{AttemptFailure, ClosingReason, Payment, PaymentEvent},
    payout::{Payout, PayoutEvent},
    product::{Product, ProductEvent},
    shop::{Shop, ShopEvent},
    value::ImageHash,
};
use serde_json::Value;

use crate::samples::{
    BUYER, COFFEE, ETHER, NOON, ORDER, OWNER, PAYOUT, QUARTER_PAST, SHOP, TEA, both, conversion,
    en, ether, hash, ko, line, log, most, on_unnamed_chain, pieces, requested_on, sealed, terms,
    tracking, wei, won,
};

fn shop_samples() -> Vec<ShopEvent> {
    vec![
        ShopEvent::ShopOpened {
            owner: OWNER,
            name: both("가게", "Gage"),
            payout: PAYOUT,
        },
        ShopEvent::ShopRevised {
            name: ko("새 가게"),
        },
        ShopEvent::PayoutAddressChanged { payout: OWNER },
    ]
}

fn product_samples() -> Vec<ProductEvent> {
    vec![
        ProductEvent::ProductListed {
            shop: SHOP,
            name: both("커피", "Coffee"),
            description: en("Beans"),
            price: Some(ether(1_500_000_000_000_000_000)),
        },
        ProductEvent::ProductRevised {
            name: ko("커피"),
            description: both("원두", "Whole beans"),
        },
        ProductEvent::PriceChanged { price: won(7_000) },
        ProductEvent::ImageChanged {
            image: Some(ImageHash(hash(0x1a))),
        },
        ProductEvent::LowStockMarkChanged {
            mark: Some(pieces(5)),
        },
        ProductEvent::ProductPublished {},
        ProductEvent::ProductUnpublished {},
    ]
}

fn inventory_samples() -> Vec<InventoryEvent> {
    let (order, quantity) = (ORDER, pieces(3));
    vec![
        InventoryEvent::StockReceived {
            quantity: pieces(1_000_000_000),
        },
        InventoryEvent::StockAdjusted {
            delta: -2,
            reason: "broken".to_owned(),
        },
        InventoryEvent::StockReserved { order, quantity },
        InventoryEvent::ReservationReleased { order, quantity },
        InventoryEvent::ReservationCommitted { order, quantity },
    ]
}

pub(crate) fn order_samples() -> Vec<OrderEvent> {
    vec![
        OrderEvent::OrderPlaced {
            buyer: BUYER,
            shop: SHOP,
            lines: vec![line(COFFEE, ether(10), 3), line(TEA, ether(7), 1)],
            total: ether(37),
            pay_by: QUARTER_PAST,
            delivery: Some(sealed()),
        },
        OrderEvent::OrderPaid {},
        OrderEvent::OrderApproved {},
        OrderEvent::OrderRejected {
            reason: "품절".to_owned(),
        },
        OrderEvent::OrderCancelled {},
        OrderEvent::OrderExpired {},
        OrderEvent::OrderShipped {
            tracking: Some(tracking("KR123")),
        },
        OrderEvent::DeliveryConfirmed {},
        OrderEvent::OrderCompleted {},
        OrderEvent::OrderPaymentReverted {},
        OrderEvent::OrderRefunded {},
    ]
}

fn payment_samples() -> Vec<PaymentEvent> {
    let tx_hash = hash(0x11);
    vec![
        PaymentEvent::PaymentRequested {
            terms: terms(),
            conversion: Some(Box::new(conversion())),
        },
        PaymentEvent::AttemptReported {
            tx_hash,
            nonce: 7,
            by: BUYER,
        },
        PaymentEvent::PaymentDetected {
            log: log(1, 0),
            payer: BUYER,
            amount: most(),
            mined_at: Some(NOON),
        },
        PaymentEvent::PaymentConfirmed {
            log: log(1, 0),
            confirmations: 12,
        },
        PaymentEvent::PaymentReverted { log: log(1, 0) },
        PaymentEvent::AttemptFailed {
            tx_hash,
            reason: AttemptFailure::Replaced,
        },
        PaymentEvent::PaymentExpired {
            reason: ClosingReason::Lapsed,
        },
        PaymentEvent::FundsReleased {
            log: log(2, 0),
            amount: wei(600),
        },
        PaymentEvent::FundsRefunded {
            log: log(2, 1),
            amount: wei(400),
        },
        PaymentEvent::DisputeOpened {
            log: log(2, 2),
            by: BUYER,
            mined_at: Some(NOON),
        },
        PaymentEvent::ReleaseReverted {
            log: log(2, 0),
            amount: wei(600),
        },
        PaymentEvent::RefundReverted {
            log: log(2, 1),
            amount: wei(400),
        },
        PaymentEvent::DisputeReverted { log: log(2, 2) },
    ]
}

fn payout_samples() -> Vec<PayoutEvent> {
    vec![
        PayoutEvent::FundsWithdrawn {
            log: log(3, 0),
            amount: most(),
        },
        PayoutEvent::WithdrawalReverted {
            log: log(3, 1),
            amount: wei(600),
        },
    ]
}

/// The variant's name, once more and by hand: a new variant does not compile before it stands
/// here, and must then have a sample above.
fn shop_name(event: &ShopEvent) -> &'static str {
    match event {
        ShopEvent::ShopOpened { .. } => "ShopOpened",
        ShopEvent::ShopRevised { .. } => "ShopRevised",
        ShopEvent::PayoutAddressChanged { .. } => "PayoutAddressChanged",
    }
}

fn product_name(event: &ProductEvent) -> &'static str {
    match event {
        ProductEvent::ProductListed { .. } => "ProductListed",
        ProductEvent::ProductRevised { .. } => "ProductRevised",
        ProductEvent::PriceChanged { .. } => "PriceChanged",
        ProductEvent::ImageChanged { .. } => "ImageChanged",
        ProductEvent::LowStockMarkChanged { .. } => "LowStockMarkChanged",
        ProductEvent::ProductPublished {} => "ProductPublished",
        ProductEvent::ProductUnpublished {} => "ProductUnpublished",
    }
}

fn inventory_name(event: &InventoryEvent) -> &'static str {
    match event {
        InventoryEvent::StockReceived { .. } => "StockReceived",
        InventoryEvent::StockAdjusted { .. } => "StockAdjusted",
        InventoryEvent::StockReserved { .. } => "StockReserved",
        InventoryEvent::ReservationReleased { .. } => "ReservationReleased",
        InventoryEvent::ReservationCommitted { .. } => "ReservationCommitted",
    }
}

fn order_name(event: &OrderEvent) -> &'static str {
    match event {
        OrderEvent::OrderPlaced { .. } => "OrderPlaced",
        OrderEvent::OrderPaid {} => "OrderPaid",
        OrderEvent::OrderApproved {} => "OrderApproved",
        OrderEvent::OrderRejected { .. } => "OrderRejected",
        OrderEvent::OrderCancelled {} => "OrderCancelled",
        OrderEvent::OrderExpired {} => "OrderExpired",
        OrderEvent::OrderShipped { .. } => "OrderShipped",
        OrderEvent::DeliveryConfirmed {} => "DeliveryConfirmed",
        OrderEvent::OrderCompleted {} => "OrderCompleted",
        OrderEvent::OrderPaymentReverted {} => "OrderPaymentReverted",
        OrderEvent::OrderRefunded {} => "OrderRefunded",
    }
}

fn payment_name(event: &PaymentEvent) -> &'static str {
    match event {
        PaymentEvent::PaymentRequested { .. } => "PaymentRequested",
        PaymentEvent::AttemptReported { .. } => "AttemptReported",
        PaymentEvent::PaymentDetected { .. } => "PaymentDetected",
        PaymentEvent::PaymentConfirmed { .. } => "PaymentConfirmed",
        PaymentEvent::PaymentReverted { .. } => "PaymentReverted",
        PaymentEvent::AttemptFailed { .. } => "AttemptFailed",
        PaymentEvent::PaymentExpired { .. } => "PaymentExpired",
        PaymentEvent::FundsReleased { .. } => "FundsReleased",
        PaymentEvent::FundsRefunded { .. } => "FundsRefunded",
        PaymentEvent::DisputeOpened { .. } => "DisputeOpened",
        PaymentEvent::ReleaseReverted { .. } => "ReleaseReverted",
        PaymentEvent::RefundReverted { .. } => "RefundReverted",
        PaymentEvent::DisputeReverted { .. } => "DisputeReverted",
    }
}

fn payout_name(event: &PayoutEvent) -> &'static str {
    match event {
        PayoutEvent::FundsWithdrawn { .. } => "FundsWithdrawn",
        PayoutEvent::WithdrawalReverted { .. } => "WithdrawalReverted",
    }
}

fn folder(aggregate: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(aggregate)
}

/// What stands in a golden file; writes a missing one when asked to.
fn golden(path: &PathBuf, current: &Value) -> Value {
    if !path.exists() && std::env::var("GAGE_GOLDEN").is_ok_and(|mode| mode == "write") {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let text = serde_json::to_string_pretty(current).expect("json");
        fs::write(path, text + "\n").expect("written");
    }
    let text = fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{}: {error}; it should hold {current}", path.display()));
    serde_json::from_str(&text).expect("json")
}

fn check<D: Decider>(
    samples: &[D::Event],
    types: &[(&str, &str)],
    name: fn(&D::Event) -> &'static str,
) {
    let covered: BTreeSet<String> = samples.iter().map(DomainEvent::event_type).collect();
    let known: BTreeSet<String> = types.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(covered, known, "each event type has a sample");

    for event in samples {
        assert_eq!(event.event_type(), name(event));
        let file = format!("{}-{}.json", event.event_type(), event.event_version());
        let written = serde_json::to_value(event).expect("json");
        let golden = golden(&folder(D::TYPE).join(file), &written);
        assert_eq!(written, golden, "a changed event needs a new version");
        // Externally tagged, so that the log can be searched by the tag.
        let tags: Vec<_> = golden.as_object().expect("an object").keys().collect();
        assert_eq!(tags, [name(event)]);
    }
    old_and_new_are_readable::<D>();
}

/// Every golden file, whatever its version, becomes an event of today.
fn old_and_new_are_readable<D: Decider>() {
    for entry in fs::read_dir(folder(D::TYPE)).expect("golden files") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().expect("a name").to_string_lossy();
        let (event_type, version) = stem.split_once('-').expect("name-version");
        let payload = golden(&path, &Value::Null);
        let (current, payload) = Upcasters::current()
            .upcast(D::TYPE, event_type, version, payload)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let event: D::Event = serde_json::from_value(payload)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(event.event_type(), event_type);
        assert_eq!(event.event_version(), current);
    }
}

/// A snapshot's layout, pinned: when this fails, raise `STATE_VERSION` and write a new file.
fn check_state<D: Decider>(history: &[D::Event]) {
    let state = D::fold(history);
    let written = serde_json::to_value(&state).expect("json");
    let file = format!("{}-{}.json", D::TYPE, D::STATE_VERSION);
    let golden = golden(&folder("states").join(file), &written);
    assert_eq!(written, golden, "a changed state needs a new STATE_VERSION");
    assert_eq!(serde_json::from_value::<D>(golden).expect("a state"), state);
}

#[test]
fn events_of_a_shop_stay_readable() {
    check::<Shop>(&shop_samples(), ShopEvent::TYPES, shop_name);
}

#[test]
fn events_of_a_product_stay_readable() {
    check::<Product>(&product_samples(), ProductEvent::TYPES, product_name);
}

#[test]
fn events_of_an_inventory_stay_readable() {
    check::<Inventory>(&inventory_samples(), InventoryEvent::TYPES, inventory_name);
}

#[test]
fn events_of_an_order_stay_readable() {
    check::<Order>(&order_samples(), OrderEvent::TYPES, order_name);
}

#[test]
fn events_of_a_payment_stay_readable() {
    check::<Payment>(&payment_samples(), PaymentEvent::TYPES, payment_name);
}

#[test]
fn events_of_a_payout_stay_readable() {
    check::<Payout>(&payout_samples(), PayoutEvent::TYPES, payout_name);
}

#[test]
fn an_event_with_a_field_of_tomorrow_is_still_read() {
    let payload = serde_json::json!({ "OrderPaid": { "note": "new" } });
    let event: OrderEvent = serde_json::from_value(payload).expect("an event");
    assert_eq!(event, OrderEvent::OrderPaid {});
}

#[test]
fn an_event_of_a_time_that_nobody_asked_for_has_none() {
    let told = [
        PaymentEvent::PaymentDetected {
            log: log(1, 0),
            payer: BUYER,
            amount: most(),
            mined_at: None,
        },
        PaymentEvent::DisputeOpened {
            log: log(2, 2),
            by: BUYER,
            mined_at: None,
        },
    ];
    for event in told {
        let name = payment_name(&event);
        let old = golden(
            &folder(Payment::TYPE).join(format!("{name}-1.0.0.json")),
            &Value::Null,
        );
        let (_, payload) = Upcasters::current()
            .upcast(Payment::TYPE, name, "1.0.0", old)
            .expect("a known event");
        let read: PaymentEvent = serde_json::from_value(payload).expect("an event");
        assert_eq!(read, event);
    }
}

/// The event that a golden file of an old version is today.
fn read_old<D: Decider>(event_type: &str, version: &str) -> D::Event {
    let file = format!("{event_type}-{version}.json");
    let old = golden(&folder(D::TYPE).join(file), &Value::Null);
    let (_, payload) = Upcasters::current()
        .upcast(D::TYPE, event_type, version, old)
        .expect("a known event");
    serde_json::from_value(payload).expect("an event")
}

#[test]
fn prices_of_the_time_of_one_chain_name_none() {
    let listed = read_old::<Product>("ProductListed", "1.0.0");
    let price = on_unnamed_chain(ETHER, wei(1_500_000_000_000_000_000));
    let ProductEvent::ProductListed { price: told, .. } = listed else {
        panic!("{listed:?}");
    };
    assert_eq!(told, Some(price));

    let placed = OrderEvent::OrderPlaced {
        buyer: BUYER,
        shop: SHOP,
        lines: vec![
            line(COFFEE, on_unnamed_chain(ETHER, wei(10)), 3),
            line(TEA, on_unnamed_chain(ETHER, wei(7)), 1),
        ],
        total: on_unnamed_chain(ETHER, wei(37)),
        pay_by: QUARTER_PAST,
        delivery: None,
    };
    assert_eq!(read_old::<Order>("OrderPlaced", "1.0.0"), placed);
    // Until 2.1.0 nobody said where an order goes.
    let OrderEvent::OrderPlaced { delivery, .. } = read_old::<Order>("OrderPlaced", "2.0.0") else {
        panic!("an order that is placed");
    };
    assert_eq!(delivery, None);
    assert_eq!(
        read_old::<Payment>("PaymentRequested", "1.0.0"),
        requested_on(terms())
    );
}

#[test]
fn the_layout_of_snapshots_changes_only_with_its_version() {
    check_state::<Shop>(&shop_samples());
    check_state::<Product>(&product_samples()[..4]);
    let [received, adjusted, reserved, ..] = &inventory_samples()[..] else {
        panic!("samples");
    };
    check_state::<Inventory>(&[received.clone(), adjusted.clone(), reserved.clone()]);
    let shipped: Vec<_> = order_samples()
        .into_iter()
        .filter(|event| !matches!(event, OrderEvent::OrderRejected { .. }))
        .filter(|event| !matches!(event, OrderEvent::OrderCancelled {}))
        .collect();
    check_state::<Order>(&shipped);
    let kept: Vec<_> = payment_samples()
        .into_iter()
        .filter(|event| !payment_name(event).ends_with("Reverted"))
        .collect();
    check_state::<Payment>(&kept);
    check_state::<Payout>(&payout_samples());
}
