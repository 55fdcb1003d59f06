//! The rules of stock.

use gage_domain::{
    inventory::{Inventory, InventoryCommand, InventoryEvent, InventoryRejection},
    text::TextFault,
    value::Quantity,
};

use crate::{
    given::{Given, given, nothing_yet},
    samples::{ORDER, OTHER_ORDER, pieces},
};

fn receive(number: u32) -> InventoryCommand {
    InventoryCommand::Receive {
        quantity: pieces(number),
    }
}

fn received(number: u32) -> InventoryEvent {
    InventoryEvent::StockReceived {
        quantity: pieces(number),
    }
}

fn adjust(delta: i64) -> InventoryCommand {
    InventoryCommand::Adjust {
        delta,
        reason: "count".to_owned(),
    }
}

fn adjusted(delta: i64) -> InventoryEvent {
    InventoryEvent::StockAdjusted {
        delta,
        reason: "count".to_owned(),
    }
}

fn reserve(number: u32) -> InventoryCommand {
    InventoryCommand::Reserve {
        order: ORDER,
        quantity: pieces(number),
    }
}

fn reserved(number: u32) -> InventoryEvent {
    InventoryEvent::StockReserved {
        order: ORDER,
        quantity: pieces(number),
    }
}

const RELEASE: InventoryCommand = InventoryCommand::Release { order: ORDER };
const COMMIT: InventoryCommand = InventoryCommand::Commit { order: ORDER };

fn released(number: u32) -> InventoryEvent {
    InventoryEvent::ReservationReleased {
        order: ORDER,
        quantity: pieces(number),
    }
}

fn committed(number: u32) -> InventoryEvent {
    InventoryEvent::ReservationCommitted {
        order: ORDER,
        quantity: pieces(number),
    }
}

/// On hand, reserved, available.
fn counts(given: &Given<Inventory>) -> (u32, u32, u32) {
    let state = given.state();
    let stock = state.stock();
    (stock.on_hand(), stock.reserved(), stock.available())
}

#[test]
fn pieces_that_arrive_can_be_sold() {
    let given = nothing_yet::<Inventory>()
        .when(receive(5))
        .then([received(5)])
        .when(receive(5))
        .then([received(5)]);
    assert_eq!(counts(&given), (10, 0, 10));
}

#[test]
fn more_than_a_billion_pieces_cannot_be_on_hand() {
    let max = Quantity::MAX.get();
    given::<Inventory>([received(max)])
        .when(receive(1))
        .then_refused(InventoryRejection::StockLimit {
            on_hand: max,
            delta: 1,
        })
        .when(adjust(1))
        .then_refused(InventoryRejection::StockLimit {
            on_hand: max,
            delta: 1,
        })
        .when(adjust(i64::MAX))
        .then_refused(InventoryRejection::StockLimit {
            on_hand: max,
            delta: i64::MAX,
        });
}

#[test]
fn a_count_is_corrected_in_both_directions() {
    let given = given::<Inventory>([received(5)])
        .when(adjust(-2))
        .then([adjusted(-2)])
        .when(adjust(4))
        .then([adjusted(4)]);
    assert_eq!(counts(&given), (7, 0, 7));
}

#[test]
fn a_correction_by_nothing_is_a_mistake() {
    given::<Inventory>([received(5)])
        .when(adjust(0))
        .then_refused(InventoryRejection::AdjustByNothing);
}

#[test]
fn stock_never_falls_below_zero() {
    given::<Inventory>([received(5)])
        .when(adjust(-6))
        .then_refused(InventoryRejection::AdjustBelowReserved {
            on_hand: 5,
            reserved: 0,
            delta: -6,
        })
        .when(adjust(i64::MIN))
        .then_refused(InventoryRejection::AdjustBelowReserved {
            on_hand: 5,
            reserved: 0,
            delta: i64::MIN,
        })
        .when(adjust(-5))
        .then([adjusted(-5)]);
}

#[test]
fn what_orders_hold_cannot_be_adjusted_away() {
    given::<Inventory>([received(5), reserved(3)])
        .when(adjust(-3))
        .then_refused(InventoryRejection::AdjustBelowReserved {
            on_hand: 5,
            reserved: 3,
            delta: -3,
        })
        .when(adjust(-2))
        .then([adjusted(-2)]);
}

#[test]
fn a_correction_says_why_in_at_most_500_characters() {
    let because = |reason: String| InventoryCommand::Adjust { delta: 1, reason };
    given::<Inventory>([received(5)])
        .when(because("  ".to_owned()))
        .then_refused(InventoryRejection::Reason(TextFault::Empty))
        .when(because("x".repeat(501)))
        .then_refused(InventoryRejection::Reason(TextFault::TooLong {
            max_chars: 500,
            chars: 501,
        }))
        .when(because("a\u{7}b".to_owned()))
        .then_refused(InventoryRejection::Reason(TextFault::ControlCharacter {
            character: '\u{7}',
        }))
        .when(because("counted\ntwice".to_owned()))
        .then([InventoryEvent::StockAdjusted {
            delta: 1,
            reason: "counted\ntwice".to_owned(),
        }]);
}

#[test]
fn an_order_holds_what_it_reserves() {
    let given = given::<Inventory>([received(5)])
        .when(reserve(3))
        .then([reserved(3)]);
    assert_eq!(counts(&given), (5, 3, 2));
}

#[test]
fn out_of_stock_says_how_many_are_left() {
    given::<Inventory>([received(5), reserved(3)])
        .when(InventoryCommand::Reserve {
            order: OTHER_ORDER,
            quantity: pieces(3),
        })
        .then_refused(InventoryRejection::OutOfStock {
            available: 2,
            requested: 3,
        });
    nothing_yet::<Inventory>()
        .when(reserve(1))
        .then_refused(InventoryRejection::OutOfStock {
            available: 0,
            requested: 1,
        });
}

#[test]
fn the_last_piece_can_be_reserved() {
    let given = given::<Inventory>([received(5)])
        .when(reserve(5))
        .then([reserved(5)]);
    assert_eq!(counts(&given), (5, 5, 0));
}

#[test]
fn reserving_the_same_again_changes_nothing_even_when_nothing_is_left() {
    given::<Inventory>([received(3), reserved(3)])
        .when(reserve(3))
        .then_nothing_happens();
}

#[test]
fn an_order_has_one_reservation() {
    given::<Inventory>([received(5), reserved(3)])
        .when(reserve(2))
        .then_refused(InventoryRejection::AlreadyReserved {
            held: 3,
            requested: 2,
        });
}

#[test]
fn what_is_released_can_be_sold_again() {
    let given = given::<Inventory>([received(5), reserved(3)])
        .when(RELEASE)
        .then([released(3)]);
    assert_eq!(counts(&given), (5, 0, 5));
}

#[test]
fn stock_comes_back_exactly_once() {
    let given = given::<Inventory>([received(5), reserved(3), released(3)])
        .when(RELEASE)
        .then_nothing_happens();
    assert_eq!(counts(&given), (5, 0, 5));
}

#[test]
fn an_order_without_a_reservation_gives_nothing_back() {
    given::<Inventory>([received(5), reserved(3)])
        .when(InventoryCommand::Release { order: OTHER_ORDER })
        .then_nothing_happens();
}

#[test]
fn what_is_committed_has_left_the_shelf() {
    let given = given::<Inventory>([received(5), reserved(3)])
        .when(COMMIT)
        .then([committed(3)]);
    assert_eq!(counts(&given), (2, 0, 2));
}

#[test]
fn what_is_not_reserved_cannot_be_committed() {
    given::<Inventory>([received(5)])
        .when(COMMIT)
        .then_refused(InventoryRejection::NotReserved);
    given::<Inventory>([received(5), reserved(3), committed(3)])
        .when(COMMIT)
        .then_refused(InventoryRejection::NotReserved);
    given::<Inventory>([received(5), reserved(3), released(3)])
        .when(COMMIT)
        .then_refused(InventoryRejection::NotReserved);
}

#[test]
fn what_was_committed_does_not_come_back() {
    let given = given::<Inventory>([received(5), reserved(3), committed(3)])
        .when(RELEASE)
        .then_nothing_happens();
    assert_eq!(counts(&given), (2, 0, 2));
}
