//! Only legal transitions; prices frozen at placing.

use gage_domain::{
    ids::{ProductId, ShopId, SkuId},
    order::{Order, OrderCommand, OrderEvent, OrderLine, Phase, Tracking, Wanted, merge_lines},
    value::{BaseUnits, Currency, Price, Quantity, U256},
};
use proptest::{prelude::*, sample::select, test_runner::TestCaseResult};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Repeated, always, never_panics, reasons, sequences, texts, wallets};
use crate::samples::{
    NOON, OTHER_SHOP, QUARTER_PAST, SHOP, TOKEN, ether, most, pieces, price_in, tracking, wei, won,
};

const TIMES: &[OffsetDateTime] = &[
    NOON,
    NOON.saturating_add(Duration::minutes(14)),
    QUARTER_PAST,
    QUARTER_PAST.saturating_add(Duration::days(365)),
];

fn products() -> impl Strategy<Value = ProductId> {
    (0_u128..4).prop_map(|id| ProductId(Uuid::from_u128(id)))
}

fn quantities() -> impl Strategy<Value = Quantity> {
    prop_oneof![8 => (1_u32..4).prop_map(pieces), 1 => Just(Quantity::MAX)]
}

fn lines() -> impl Strategy<Value = Vec<OrderLine>> {
    let amounts: Vec<BaseUnits> = vec![wei(0), wei(1), wei(2), most()];
    let currencies = vec![
        ether(1).currency,
        price_in(TOKEN, wei(1)).currency,
        won(1).currency,
    ];
    let price = prop_oneof![
        8 => (1_u64..4).prop_map(ether),
        1 => (select(currencies), select(amounts))
            .prop_map(|(currency, amount)| Price { currency, amount }),
    ];
    let line = (products(), price, texts(), quantities()).prop_map(
        |(product, unit_price, name, quantity)| OrderLine {
            product,
            sku: SkuId::from(product),
            name,
            unit_price,
            quantity,
        },
    );
    prop::collection::vec(line, 0..3)
}

fn shops() -> impl Strategy<Value = ShopId> {
    select(&[SHOP, OTHER_SHOP][..])
}

fn trackings() -> impl Strategy<Value = Option<Tracking>> {
    select(&["KR1", "KR2", "", "a\nb"][..])
        .prop_map(|number| (number != "KR2").then(|| tracking(number)))
}

fn commands() -> impl Strategy<Value = OrderCommand> {
    prop_oneof![
        3 => (wallets(), shops(), lines(), select(TIMES)).prop_map(
            |(buyer, shop, lines, pay_by)| OrderCommand::Place { buyer, shop, lines, pay_by, delivery: None }
        ),
        6 => select(&[
            OrderCommand::MarkPaid,
            OrderCommand::Approve,
            OrderCommand::Ship { tracking: None },
            OrderCommand::ConfirmDelivery,
            OrderCommand::Complete,
        ][..]),
        1 => select(&[OrderCommand::MarkUnpaid, OrderCommand::MarkRefunded][..]),
        1 => trackings().prop_map(|tracking| OrderCommand::Ship { tracking }),
        1 => reasons().prop_map(|reason| OrderCommand::Reject { reason }),
        1 => select(&[OrderCommand::Cancel, OrderCommand::Expire][..]),
    ]
}

fn events() -> impl Strategy<Value = OrderEvent> {
    prop_oneof![
        2 => (wallets(), shops(), lines(), select(TIMES)).prop_map(
            |(buyer, shop, lines, pay_by)| OrderEvent::OrderPlaced {
                buyer, shop, lines, total: ether(1), pay_by, delivery: None,
            }
        ),
        8 => select(&[
            OrderEvent::OrderPaid {},
            OrderEvent::OrderApproved {},
            OrderEvent::OrderCancelled {},
            OrderEvent::OrderExpired {},
            OrderEvent::DeliveryConfirmed {},
            OrderEvent::OrderCompleted {},
            OrderEvent::OrderPaymentReverted {},
            OrderEvent::OrderRefunded {},
        ][..]),
        1 => trackings().prop_map(|tracking| OrderEvent::OrderShipped { tracking }),
        1 => reasons().prop_map(|reason| OrderEvent::OrderRejected { reason }),
    ]
}

/// The picture in the module's documentation, once more and told by events alone.
fn may_follow(before: &OrderEvent, after: &OrderEvent) -> bool {
    use OrderEvent as E;
    match before {
        E::OrderPlaced { .. } | E::OrderPaymentReverted {} => matches!(
            after,
            E::OrderPaid {} | E::OrderRejected { .. } | E::OrderCancelled {} | E::OrderExpired {}
        ),
        E::OrderPaid {} => matches!(
            after,
            E::OrderApproved {}
                | E::OrderRejected { .. }
                | E::OrderCancelled {}
                | E::OrderPaymentReverted {}
                | E::OrderRefunded {}
        ),
        E::OrderApproved {} => matches!(after, E::OrderShipped { .. } | E::OrderRefunded {}),
        E::OrderShipped { .. } => matches!(
            after,
            E::DeliveryConfirmed {} | E::OrderCompleted {} | E::OrderRefunded {}
        ),
        E::DeliveryConfirmed {} => {
            matches!(after, E::OrderCompleted {} | E::OrderRefunded {})
        }
        E::OrderRejected { .. }
        | E::OrderCancelled {}
        | E::OrderExpired {}
        | E::OrderCompleted {}
        | E::OrderRefunded {} => false,
    }
}

fn phase_after(event: &OrderEvent) -> Phase {
    match event {
        OrderEvent::OrderPlaced { .. } | OrderEvent::OrderPaymentReverted {} => {
            Phase::AwaitingPayment
        }
        OrderEvent::OrderPaid {} => Phase::Paid,
        OrderEvent::OrderApproved {} => Phase::Approved,
        OrderEvent::OrderRejected { .. } => Phase::Rejected,
        OrderEvent::OrderCancelled {} => Phase::Cancelled,
        OrderEvent::OrderExpired {} => Phase::Expired,
        OrderEvent::OrderShipped { .. } => Phase::Shipped,
        OrderEvent::DeliveryConfirmed {} => Phase::Delivered,
        OrderEvent::OrderCompleted {} => Phase::Completed,
        OrderEvent::OrderRefunded {} => Phase::Refunded,
    }
}

fn cost(lines: &[OrderLine], currency: Currency) -> Option<U256> {
    lines.iter().try_fold(U256::ZERO, |sum, line| {
        let cost = line
            .unit_price
            .amount
            .0
            .checked_mul(U256::from(line.quantity.get()))?;
        (line.unit_price.currency == currency).then_some(())?;
        sum.checked_add(cost)
    })
}

fn only_legal_transitions(history: &[OrderEvent], order: &Order) -> TestCaseResult {
    for pair in history.windows(2) {
        let [before, after] = pair else { continue };
        prop_assert!(may_follow(before, after), "{:?} after {:?}", after, before);
    }
    let last = history.last().expect("an event");
    prop_assert_eq!(order.phase(), Some(phase_after(last)));
    prices_are_frozen(history, order)
}

fn prices_are_frozen(history: &[OrderEvent], order: &Order) -> TestCaseResult {
    let Some(OrderEvent::OrderPlaced {
        buyer,
        shop,
        lines,
        total,
        pay_by,
        delivery: _,
    }) = history.first()
    else {
        return Err(TestCaseError::fail("an order begins with its placing"));
    };
    prop_assert_eq!(cost(lines, total.currency), Some(total.amount.0));
    prop_assert!(!total.amount.is_zero() && !lines.is_empty() && !buyer.is_zero());
    prop_assert_eq!(order.lines(), &lines[..]);
    prop_assert_eq!(order.total(), Some(*total));
    prop_assert_eq!(order.pay_by(), Some(*pay_by));
    prop_assert_eq!((order.buyer(), order.shop()), (Some(*buyer), Some(*shop)));
    Ok(())
}

proptest! {
    #[test]
    fn an_order_moves_only_as_it_may_whatever_is_asked(
        commands in sequences(commands(), TIMES, 60)
    ) {
        always::<Order>(&commands, |_| Repeated::Nothing, only_legal_transitions)?;
    }

    #[test]
    fn an_order_never_expires_before_its_deadline(commands in sequences(commands(), TIMES, 60)) {
        // Cut after the command that made it expire: that one came in time.
        let mut so_far = Vec::new();
        for step in commands {
            let now = step.1;
            so_far.push(step);
            let history = always::<Order>(&so_far, |_| Repeated::Nothing, |_, _| Ok(()))?;
            if let Some(OrderEvent::OrderExpired {}) = history.last() {
                let Some(OrderEvent::OrderPlaced { pay_by, .. }) = history.first() else {
                    return Err(TestCaseError::fail("not placed"));
                };
                prop_assert!(now >= *pay_by);
                break;
            }
        }
    }

    #[test]
    fn an_order_can_be_folded_from_any_events(events in prop::collection::vec(events(), 0..40)) {
        never_panics::<Order>(&events, |order| {
            prop_assert_eq!(order.phase().is_some(), order.details().is_ok());
            Ok(())
        })?;
    }

    #[test]
    fn merging_lines_loses_no_piece(
        wanted in prop::collection::vec((products(), quantities()), 0..12)
    ) {
        let wanted: Vec<_> = wanted
            .into_iter()
            .map(|(product, quantity)| Wanted { product, quantity })
            .collect();
        let sum_of = |lines: &[Wanted], product: ProductId| -> u64 {
            lines.iter().filter(|line| line.product == product)
                .map(|line| u64::from(line.quantity.get())).sum()
        };
        let fits = wanted.iter()
            .all(|line| sum_of(&wanted, line.product) <= u64::from(Quantity::MAX.get()));
        let merged = merge_lines(&wanted);
        prop_assert_eq!(merged.is_ok(), fits && !wanted.is_empty());
        for line in merged.iter().flatten() {
            let times = merged.iter().flatten().filter(|m| m.product == line.product).count();
            prop_assert_eq!(times, 1);
            prop_assert_eq!(u64::from(line.quantity.get()), sum_of(&wanted, line.product));
        }
        if let Ok(merged) = &merged {
            prop_assert!(wanted.iter().all(|line| sum_of(merged, line.product) > 0));
            prop_assert_eq!(merge_lines(merged), Ok(merged.clone()));
        }
    }
}
