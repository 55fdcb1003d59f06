//! The rules of placing an order.

use gage_domain::{
    ids::{ProductId, SkuId},
    order::{
        Order, OrderCommand, OrderEvent, OrderLine, OrderRejection, Phase, Wanted, merge_lines,
    },
    value::{Asset, Fiat, Price, Quantity},
};
use time::Duration;
use uuid::Uuid;

use crate::{
    given::nothing_yet,
    order_histories::{lines, order_that_is, place, placed},
    samples::{
        BUYER, CHAIN, COFFEE, ETHER, NOBODY, NOON, OTHER_SHOP, QUARTER_PAST, SHOP, STRANGER, TEA,
        TOKEN, ether, line, most, pieces, price_in, wei, won,
    },
};

#[test]
fn a_buyer_places_an_order_and_the_total_is_frozen() {
    let given = nothing_yet::<Order>().when(place(lines())).then([placed()]);
    let order = given.state();
    assert_eq!(order.phase(), Some(Phase::AwaitingPayment));
    assert_eq!(order.total(), Some(ether(37)));
    assert_eq!(order.lines(), lines());
    assert_eq!((order.buyer(), order.shop()), (Some(BUYER), Some(SHOP)));
    assert_eq!(order.pay_by(), Some(QUARTER_PAST));
}

#[test]
fn placing_the_same_order_again_changes_nothing_and_keeps_the_first_deadline() {
    let given = order_that_is(Phase::AwaitingPayment)
        .at(NOON + Duration::minutes(10))
        .when(OrderCommand::Place {
            buyer: BUYER,
            shop: SHOP,
            lines: lines(),
            pay_by: QUARTER_PAST + Duration::minutes(10),
            delivery: None,
        })
        .then_nothing_happens();
    assert_eq!(given.state().pay_by(), Some(QUARTER_PAST));
}

#[test]
fn a_placed_order_cannot_be_placed_as_another() {
    let given = order_that_is(Phase::Paid)
        .when(place(vec![line(COFFEE, ether(10), 3)]))
        .then_refused(OrderRejection::AlreadyPlaced)
        .when(place(vec![
            line(COFFEE, ether(11), 3),
            line(TEA, ether(7), 1),
        ]))
        .then_refused(OrderRejection::AlreadyPlaced);
    let (by, at) = (STRANGER, OTHER_SHOP);
    for (buyer, shop) in [(by, SHOP), (BUYER, at)] {
        order_that_is(Phase::AwaitingPayment)
            .when(OrderCommand::Place {
                buyer,
                shop,
                lines: lines(),
                pay_by: QUARTER_PAST,
                delivery: None,
            })
            .then_refused(OrderRejection::AlreadyPlaced);
    }
    assert_eq!(given.state().lines(), lines());
}

#[test]
fn nobody_cannot_buy() {
    nothing_yet::<Order>()
        .when(OrderCommand::Place {
            buyer: NOBODY,
            shop: SHOP,
            lines: lines(),
            pay_by: QUARTER_PAST,
            delivery: None,
        })
        .then_refused(OrderRejection::ZeroBuyer);
}

#[test]
fn an_order_has_one_to_a_hundred_lines() {
    let many = |number: u128| -> Vec<OrderLine> {
        (0..number)
            .map(|id| line(ProductId(Uuid::from_u128(id)), ether(1), 1))
            .collect()
    };
    nothing_yet::<Order>()
        .when(place(vec![]))
        .then_refused(OrderRejection::NoLines)
        .when(place(many(101)))
        .then_refused(OrderRejection::TooManyLines {
            lines: 101,
            max: 100,
        })
        .when(place(many(100)))
        .then([OrderEvent::OrderPlaced {
            buyer: BUYER,
            shop: SHOP,
            lines: many(100),
            total: ether(100),
            pay_by: QUARTER_PAST,
            delivery: None,
        }]);
}

#[test]
fn each_sku_stands_in_one_line() {
    nothing_yet::<Order>()
        .when(place(vec![
            line(COFFEE, ether(10), 1),
            line(COFFEE, ether(10), 2),
        ]))
        .then_refused(OrderRejection::SkuTwice {
            sku: SkuId::from(COFFEE),
        });
}

#[test]
fn all_lines_are_priced_in_one_currency() {
    let price = price_in(TOKEN, wei(10));
    nothing_yet::<Order>()
        .when(place(vec![line(COFFEE, ether(10), 1), line(TEA, price, 1)]))
        .then_refused(OrderRejection::MixedCurrencies);
    // The same token on another chain, and other money.
    let elsewhere = Price::token(
        Asset {
            chain_id: CHAIN + 1,
            token: ETHER,
        },
        wei(10),
    );
    for other in [elsewhere, won(10), Price::fiat(Fiat::Usd, wei(10))] {
        nothing_yet::<Order>()
            .when(place(vec![line(COFFEE, ether(10), 1), line(TEA, other, 1)]))
            .then_refused(OrderRejection::MixedCurrencies);
    }
    nothing_yet::<Order>()
        .when(place(vec![
            line(COFFEE, won(4_500), 2),
            line(TEA, won(3_000), 1),
        ]))
        .then([OrderEvent::OrderPlaced {
            buyer: BUYER,
            shop: SHOP,
            lines: vec![line(COFFEE, won(4_500), 2), line(TEA, won(3_000), 1)],
            total: won(12_000),
            pay_by: QUARTER_PAST,
            delivery: None,
        }]);
    nothing_yet::<Order>()
        .when(place(vec![line(COFFEE, price, 2)]))
        .then([OrderEvent::OrderPlaced {
            buyer: BUYER,
            shop: SHOP,
            lines: vec![line(COFFEE, price, 2)],
            total: price_in(TOKEN, wei(20)),
            pay_by: QUARTER_PAST,
            delivery: None,
        }]);
}

#[test]
fn nothing_is_sold_for_a_price_of_zero() {
    nothing_yet::<Order>()
        .when(place(vec![
            line(COFFEE, ether(10), 1),
            line(TEA, ether(0), 1),
        ]))
        .then_refused(OrderRejection::ZeroPrice { product: TEA });
}

#[test]
fn a_total_that_no_chain_could_express_is_refused() {
    let dear = price_in(ETHER, most());
    nothing_yet::<Order>()
        // One line that is too much by itself.
        .when(place(vec![line(COFFEE, dear, 2)]))
        .then_refused(OrderRejection::AmountOverflow)
        // Two lines that are too much together.
        .when(place(vec![line(COFFEE, dear, 1), line(TEA, ether(1), 1)]))
        .then_refused(OrderRejection::AmountOverflow)
        // The largest total that there is.
        .when(place(vec![line(COFFEE, dear, 1)]))
        .then([OrderEvent::OrderPlaced {
            buyer: BUYER,
            shop: SHOP,
            lines: vec![line(COFFEE, dear, 1)],
            total: price_in(ETHER, most()),
            pay_by: QUARTER_PAST,
            delivery: None,
        }]);
}

#[test]
fn an_order_cannot_be_placed_after_its_own_deadline() {
    nothing_yet::<Order>()
        .at(QUARTER_PAST)
        .when(place(lines()))
        .then_refused(OrderRejection::PayByPassed {
            pay_by: QUARTER_PAST,
        });
}

#[test]
fn an_order_lets_its_buyer_act_and_nobody_else() {
    let order = order_that_is(Phase::Paid).state();
    assert_eq!(order.authorise_buyer(BUYER), order.details());
    assert_eq!(
        order.authorise_buyer(STRANGER).err(),
        Some(OrderRejection::NotTheBuyer)
    );
    assert_eq!(
        Order::default().authorise_buyer(BUYER).err(),
        Some(OrderRejection::NotPlaced)
    );
}

fn want(product: ProductId, quantity: u32) -> Wanted {
    Wanted {
        product,
        quantity: pieces(quantity),
    }
}

#[test]
fn lines_of_the_same_product_are_summed_where_it_was_named_first() {
    assert_eq!(
        merge_lines(&[want(TEA, 1), want(COFFEE, 2), want(TEA, 3)]),
        Ok(vec![want(TEA, 4), want(COFFEE, 2)])
    );
}

#[test]
fn more_pieces_than_can_be_counted_are_refused() {
    let max = Quantity::MAX.get();
    assert_eq!(
        merge_lines(&[want(COFFEE, max), want(TEA, 1), want(COFFEE, 1)]),
        Err(OrderRejection::QuantityOverflow { product: COFFEE })
    );
    assert_eq!(
        merge_lines(&[want(COFFEE, max), want(TEA, max)]),
        Ok(vec![want(COFFEE, max), want(TEA, max)])
    );
}

#[test]
fn lines_are_counted_after_they_are_summed() {
    let distinct = |number: u128| (0..number).map(|id| want(ProductId(Uuid::from_u128(id)), 1));
    assert_eq!(merge_lines(&[]), Err(OrderRejection::NoLines));
    assert_eq!(
        merge_lines(&distinct(101).collect::<Vec<_>>()),
        Err(OrderRejection::TooManyLines {
            lines: 101,
            max: 100
        })
    );
    let twice: Vec<_> = distinct(100).chain(distinct(100)).collect();
    assert_eq!(merge_lines(&twice).map(|merged| merged.len()), Ok(100));
}
