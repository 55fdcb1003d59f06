//! Reserved ≤ on hand at every prefix; one reservation per order; released or committed once.

use std::collections::BTreeMap;

use gage_domain::{
    Decider,
    ids::OrderId,
    inventory::{Inventory, InventoryCommand, InventoryEvent, InventoryRejection},
    value::Quantity,
};
use proptest::{prelude::*, sample::select, test_runner::TestCaseResult};
use uuid::Uuid;

use super::{Repeated, always, never_panics, reasons, sequences};
use crate::samples::{NOON, pieces};

fn orders() -> impl Strategy<Value = OrderId> {
    (0_u128..4).prop_map(|id| OrderId(Uuid::from_u128(id)))
}

fn quantities() -> impl Strategy<Value = Quantity> {
    prop_oneof![
        8 => (1_u32..6).prop_map(pieces),
        1 => select(vec![Quantity::MAX.get(), Quantity::MAX.get() - 1]).prop_map(pieces),
    ]
}

fn deltas() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => -5_i64..=5,
        1 => select(&[i64::MIN, i64::MAX, 1_000_000_000, -1_000_000_000][..]),
    ]
}

fn commands() -> impl Strategy<Value = InventoryCommand> {
    prop_oneof![
        2 => quantities().prop_map(|quantity| InventoryCommand::Receive { quantity }),
        1 => (deltas(), reasons())
            .prop_map(|(delta, reason)| InventoryCommand::Adjust { delta, reason }),
        4 => (orders(), quantities())
            .prop_map(|(order, quantity)| InventoryCommand::Reserve { order, quantity }),
        2 => orders().prop_map(|order| InventoryCommand::Release { order }),
        2 => orders().prop_map(|order| InventoryCommand::Commit { order }),
    ]
}

fn events() -> impl Strategy<Value = InventoryEvent> {
    prop_oneof![
        2 => quantities().prop_map(|quantity| InventoryEvent::StockReceived { quantity }),
        1 => (deltas(), reasons())
            .prop_map(|(delta, reason)| InventoryEvent::StockAdjusted { delta, reason }),
        4 => (orders(), quantities())
            .prop_map(|(order, quantity)| InventoryEvent::StockReserved { order, quantity }),
        2 => (orders(), quantities())
            .prop_map(|(order, quantity)| InventoryEvent::ReservationReleased { order, quantity }),
        2 => (orders(), quantities())
            .prop_map(|(order, quantity)| InventoryEvent::ReservationCommitted { order, quantity }),
    ]
}

fn repeated(command: &InventoryCommand) -> Repeated {
    match command {
        InventoryCommand::Reserve { .. } | InventoryCommand::Release { .. } => Repeated::Nothing,
        // Deliveries and corrections are relative; a settled reservation is not remembered.
        InventoryCommand::Receive { .. }
        | InventoryCommand::Adjust { .. }
        | InventoryCommand::Commit { .. } => Repeated::AsItsRuleSays,
    }
}

/// The shelf and the reservations, counted from the events alone.
#[derive(Default)]
struct Shelf {
    on_hand: i64,
    held: BTreeMap<OrderId, i64>,
}

impl Shelf {
    fn count(history: &[InventoryEvent]) -> Result<Self, TestCaseError> {
        let mut shelf = Self::default();
        for event in history {
            match event {
                InventoryEvent::StockReceived { quantity } => {
                    shelf.on_hand += i64::from(quantity.get());
                }
                InventoryEvent::StockAdjusted { delta, .. } => shelf.on_hand += delta,
                InventoryEvent::StockReserved { order, quantity } => {
                    let first = shelf.held.insert(*order, i64::from(quantity.get()));
                    prop_assert_eq!(first, None, "one reservation per order");
                }
                InventoryEvent::ReservationReleased { order, quantity } => {
                    let held = shelf.held.remove(order);
                    prop_assert_eq!(held, Some(i64::from(quantity.get())), "released once");
                }
                InventoryEvent::ReservationCommitted { order, quantity } => {
                    let held = shelf.held.remove(order);
                    prop_assert_eq!(held, Some(i64::from(quantity.get())), "committed once");
                    shelf.on_hand -= i64::from(quantity.get());
                }
            }
            let reserved: i64 = shelf.held.values().sum();
            prop_assert!(
                0 <= reserved && reserved <= shelf.on_hand,
                "reserved ≤ on hand"
            );
            prop_assert!(shelf.on_hand <= i64::from(Quantity::MAX.get()));
        }
        Ok(shelf)
    }
}

fn the_state_counts_as_the_events_do(
    history: &[InventoryEvent],
    inventory: &Inventory,
) -> TestCaseResult {
    let shelf = Shelf::count(history)?;
    let stock = inventory.stock();
    prop_assert_eq!(i64::from(stock.on_hand()), shelf.on_hand);
    let held: BTreeMap<_, _> = stock
        .holders()
        .map(|(order, quantity)| (*order, i64::from(quantity.get())))
        .collect();
    prop_assert_eq!(held, shelf.held);
    invariant(inventory)
}

fn invariant(inventory: &Inventory) -> TestCaseResult {
    let stock = inventory.stock();
    let sum: u64 = stock.holders().map(|(_, q)| u64::from(q.get())).sum();
    prop_assert_eq!(u64::from(stock.reserved()), sum);
    prop_assert!(stock.reserved() <= stock.on_hand());
    prop_assert!(stock.on_hand() <= Quantity::MAX.get());
    prop_assert_eq!(stock.available(), stock.on_hand() - stock.reserved());
    Ok(())
}

proptest! {
    #[test]
    fn no_more_is_reserved_than_is_there_whatever_is_asked(
        commands in sequences(commands(), &[NOON], 60)
    ) {
        always::<Inventory>(&commands, repeated, the_state_counts_as_the_events_do)?;
    }

    #[test]
    fn stock_can_be_folded_from_any_events(events in prop::collection::vec(events(), 0..40)) {
        never_panics::<Inventory>(&events, invariant)?;
    }

    #[test]
    fn of_many_buyers_exactly_as_many_get_a_piece_as_there_are(
        units in 1_u32..50,
        buyers in 1_u32..150,
    ) {
        let received = InventoryEvent::StockReceived { quantity: pieces(units) };
        let mut stock = Inventory::fold([&received]);
        let mut refused = 0;
        for buyer in 0..buyers {
            let order = OrderId(Uuid::from_u128(buyer.into()));
            let reserve = InventoryCommand::Reserve { order, quantity: pieces(1) };
            match stock.decide(&reserve, NOON) {
                Ok(events) => stock = events.iter().fold(stock, Inventory::evolve),
                Err(rejection) => {
                    let out = InventoryRejection::OutOfStock { available: 0, requested: 1 };
                    prop_assert_eq!(rejection, out);
                    refused += 1;
                }
            }
        }
        prop_assert_eq!(stock.stock().reserved(), units.min(buyers));
        prop_assert_eq!(refused, buyers.saturating_sub(units));
    }
}
