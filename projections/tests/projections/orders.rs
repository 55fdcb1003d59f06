//! What events make of orders and their timelines.

use gage_application::{
    metadata::Actor,
    ports::{due_payments::DuePayments, wake::Notice},
    position::LogPosition,
};
use gage_domain::{
    ids::PaymentId,
    order::{OrderEvent, Phase, Tracking},
    payment::{AttemptFailure, ClosingReason, PaymentEvent},
    value::{B256, BaseUnits},
};
use gage_projections::{
    PageRequest, PageSize,
    orders::{
        Milestone, OrderCount, OrderQueries, OrderRow, OrderSearch, Orders, PlacedWithin, Tally,
    },
};
use serde_json::json;
use time::Duration;

use crate::support::{
    DAWN, FactOf, History, TestDb, ether, log_in, order_id, order_placed, payment_requested,
    pieces, prices, product_id, shop_id, shop_opened, sku, text, wallet,
};

/// Order 1 of wallet 7, placed with its payment.
fn placed() -> History {
    let mut history = History::default();
    history.then(shop_opened(1));
    let placing = [
        FactOf::from(order_placed(1, 7)).0,
        FactOf::from(payment_requested(1)).0,
    ];
    history.together(placing);
    history
}

fn payment(event: PaymentEvent) -> (PaymentId, PaymentEvent) {
    (PaymentId::from(order_id(1)), event)
}

fn detected() -> PaymentEvent {
    PaymentEvent::PaymentDetected {
        log: log_in(5),
        payer: wallet(8),
        amount: BaseUnits::from(200),
        mined_at: None,
    }
}

async fn order(db: &TestDb) -> OrderRow {
    let queries = OrderQueries::new(db.pool.clone());
    queries
        .order(order_id(1))
        .await
        .unwrap()
        .expect("the order is there")
}

#[tokio::test]
async fn a_placed_order_awaits_its_payment() {
    let db = TestDb::new().await;
    let history = placed();
    let notices = db.project::<Orders>(&history).await;
    let expected = OrderRow {
        id: order_id(1),
        buyer: wallet(7),
        shop: shop_id(1),
        shop_owner: wallet(1),
        phase: Phase::AwaitingPayment,
        total: ether(200),
        pay_by: DAWN + Duration::hours(1),
        placed_at: DAWN + Duration::minutes(1),
        payment_seen: false,
        expires_at: DAWN + Duration::hours(1),
        chain_id: Some(1337),
        arbiter: Some(wallet(3)),
        disputed: false,
        tracking: None,
        rejection_reason: None,
        placed: history.events[1].position,
        position: history.last(),
    };
    assert_eq!(order(&db).await, expected);
    assert_eq!(
        notices,
        [Notice::Order(order_id(1)), Notice::ShopOrders(shop_id(1))]
    );
}

#[tokio::test]
async fn lines_stay_as_they_were_at_placing() {
    let db = TestDb::new().await;
    db.project::<Orders>(&placed()).await;
    let queries = OrderQueries::new(db.pool.clone());
    let mut lines = queries.lines(&[order_id(1), order_id(2)]).await.unwrap();
    assert_eq!(lines.len(), 1, "an order that is not there has no lines");
    let lines = lines.remove(&order_id(1)).unwrap();
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert_eq!(
        (line.line, line.product, line.sku),
        (0, product_id(1), sku(1))
    );
    assert_eq!(
        (&line.name, line.unit_price),
        (&text("커피", "Coffee"), ether(100))
    );
    assert_eq!(line.quantity, pieces(2));
}

#[tokio::test]
async fn an_order_goes_all_the_way() {
    let db = TestDb::new().await;
    let mut history = placed();
    let tracking = Tracking {
        carrier: "우체국".to_owned(),
        number: "12-34".to_owned(),
    };
    let steps = [
        (OrderEvent::OrderPaid {}, Phase::Paid),
        (OrderEvent::OrderApproved {}, Phase::Approved),
        (
            OrderEvent::OrderShipped {
                tracking: Some(tracking.clone()),
            },
            Phase::Shipped,
        ),
        (OrderEvent::DeliveryConfirmed {}, Phase::Delivered),
        (OrderEvent::OrderCompleted {}, Phase::Completed),
    ];
    for (event, phase) in steps {
        history.then((order_id(1), event));
        db.project::<Orders>(&history).await;
        assert_eq!(order(&db).await.phase, phase);
    }
    assert_eq!(order(&db).await.tracking, Some(tracking));
}

#[tokio::test]
async fn an_order_that_ends_early_says_how() {
    let reason = "품절".to_owned();
    let endings = [
        (
            OrderEvent::OrderRejected {
                reason: reason.clone(),
            },
            Phase::Rejected,
            Some(reason),
        ),
        (OrderEvent::OrderCancelled {}, Phase::Cancelled, None),
        (OrderEvent::OrderExpired {}, Phase::Expired, None),
        (OrderEvent::OrderRefunded {}, Phase::Refunded, None),
    ];
    for (event, phase, reason) in endings {
        let db = TestDb::new().await;
        let mut history = placed();
        history.then((order_id(1), event));
        db.project::<Orders>(&history).await;
        let order = order(&db).await;
        assert_eq!((order.phase, order.rejection_reason), (phase, reason));
    }
}

/// Order 1 with every event that a payment can have.
fn eventful() -> History {
    let mut history = placed();
    let (log, tx_hash) = (log_in(5), B256::repeat_byte(0x77));
    let (by, reason) = (wallet(7), AttemptFailure::Dropped);
    history.then(payment(PaymentEvent::AttemptReported {
        tx_hash,
        nonce: u64::MAX,
        by,
    }));
    history.then(payment(PaymentEvent::AttemptFailed { tx_hash, reason }));
    history.then(payment(detected()));
    history.then(payment(PaymentEvent::PaymentReverted { log }));
    history.then(payment(detected()));
    history.then(payment(PaymentEvent::PaymentConfirmed {
        log,
        confirmations: 12,
    }));
    history.then((order_id(1), OrderEvent::OrderPaid {}));
    history.then(payment(PaymentEvent::DisputeOpened {
        log,
        by,
        mined_at: None,
    }));
    history.then(payment(PaymentEvent::FundsReleased {
        log,
        amount: BaseUnits::from(150),
    }));
    history.then(payment(PaymentEvent::FundsRefunded {
        log,
        amount: BaseUnits::from(50),
    }));
    let reason = ClosingReason::OrderCancelled;
    history.then(payment(PaymentEvent::PaymentExpired { reason }));
    history
}

#[tokio::test]
async fn a_timeline_tells_order_and_payment_in_log_order() {
    let db = TestDb::new().await;
    let history = eventful();
    db.project::<Orders>(&history).await;
    let queries = OrderQueries::new(db.pool.clone());
    let all = PageSize::MAX;
    let timeline = queries
        .timeline(order_id(1), LogPosition::START, all)
        .await
        .unwrap();
    let told: Vec<_> = timeline
        .iter()
        .map(|entry| (entry.position, entry.milestone))
        .collect();
    let expected = [
        Milestone::OrderPlaced,
        Milestone::PaymentRequested,
        Milestone::AttemptReported,
        Milestone::AttemptFailed,
        Milestone::PaymentDetected,
        Milestone::PaymentReverted,
        Milestone::PaymentDetected,
        Milestone::PaymentConfirmed,
        Milestone::OrderPaid,
        Milestone::DisputeOpened,
        Milestone::FundsReleased,
        Milestone::FundsRefunded,
        Milestone::PaymentExpired,
    ];
    let positions = history.events[1..].iter().map(|event| event.position);
    assert_eq!(told, positions.zip(expected).collect::<Vec<_>>());
    assert_eq!(timeline[2].details["nonce"], json!("18446744073709551615"));
    assert_eq!(timeline[10].details["amount"], json!("150"));
    assert_eq!(
        timeline[10].details["txHash"],
        json!(B256::repeat_byte(0x77))
    );
    assert_eq!(timeline[0].actor, Actor::Wallet(wallet(9)));
    assert_eq!(timeline[2].at, DAWN + Duration::minutes(3));
    assert_eq!(
        order(&db).await.position,
        history.last(),
        "a payment's event is news"
    );
}

#[tokio::test]
async fn who_stops_reading_a_timeline_goes_on_after_the_cursor_and_misses_nothing() {
    let db = TestDb::new().await;
    let history = eventful();
    db.project::<Orders>(&history).await;
    let queries = OrderQueries::new(db.pool.clone());
    let two = PageSize::try_from(2).unwrap();
    let mut read = vec![];
    let mut cursor = LogPosition::START;
    loop {
        let part = queries.timeline(order_id(1), cursor, two).await.unwrap();
        let Some(last) = part.last() else { break };
        cursor = last.position;
        read.extend(part.iter().map(|entry| entry.position));
    }
    let positions: Vec<_> = history.events[1..]
        .iter()
        .map(|event| event.position)
        .collect();
    assert_eq!(read, positions);
}

#[tokio::test]
async fn unpaid_orders_are_due_at_their_deadline_and_paid_ones_never() {
    let db = TestDb::new().await;
    let mut history = placed();
    db.project::<Orders>(&history).await;
    let queries = OrderQueries::new(db.pool.clone());
    let deadline = DAWN + Duration::hours(1);
    assert!(
        queries
            .due(1337, deadline - Duration::SECOND, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        queries.due(1337, deadline, 10).await.unwrap(),
        [order_id(1)]
    );
    assert!(queries.due(1337, deadline, 0).await.unwrap().is_empty());

    history.then(payment(detected()));
    db.project::<Orders>(&history).await;
    assert!(
        queries.due(1337, deadline, 10).await.unwrap().is_empty(),
        "money is on its way"
    );

    history.then(payment(PaymentEvent::PaymentReverted { log: log_in(5) }));
    db.project::<Orders>(&history).await;
    assert_eq!(
        queries.due(1337, deadline, 10).await.unwrap(),
        [order_id(1)],
        "it was not"
    );

    history.then((order_id(1), OrderEvent::OrderExpired {}));
    db.project::<Orders>(&history).await;
    assert!(
        queries.due(1337, deadline, 10).await.unwrap().is_empty(),
        "once is enough"
    );
}

#[tokio::test]
async fn an_order_whose_payment_was_taken_back_late_is_due_only_when_the_chain_was_read_since() {
    let db = TestDb::new().await;
    let mut history = placed();
    history.then(payment(detected()));
    history.then(payment(PaymentEvent::PaymentConfirmed {
        log: log_in(5),
        confirmations: 12,
    }));
    history.then((order_id(1), OrderEvent::OrderPaid {}));
    // Long after the deadline.
    let late = DAWN + Duration::hours(5);
    history.then(payment(PaymentEvent::PaymentReverted { log: log_in(5) }));
    history.events.last_mut().unwrap().metadata.decided_at = late;
    history.then((order_id(1), OrderEvent::OrderPaymentReverted {}));
    db.project::<Orders>(&history).await;
    let row = order(&db).await;
    assert_eq!(
        (row.phase, row.payment_seen),
        (Phase::AwaitingPayment, false)
    );
    assert_eq!(row.pay_by, DAWN + Duration::hours(1));

    let queries = OrderQueries::new(db.pool.clone());
    let before = late - Duration::SECOND;
    assert!(queries.due(1337, before, 10).await.unwrap().is_empty());
    assert_eq!(queries.due(1337, late, 10).await.unwrap(), [order_id(1)]);

    // It was in another block.
    history.then(payment(detected()));
    db.project::<Orders>(&history).await;
    assert!(queries.due(1337, late, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_payment_that_is_taken_back_early_leaves_the_deadline_as_it_was() {
    let db = TestDb::new().await;
    let mut history = placed();
    history.then(payment(detected()));
    history.then(payment(PaymentEvent::PaymentReverted { log: log_in(5) }));
    db.project::<Orders>(&history).await;
    assert_eq!(order(&db).await.expires_at, DAWN + Duration::hours(1));
}

#[tokio::test]
async fn a_dispute_shows_the_order_to_its_arbiter_until_it_leaves_the_chain() {
    let db = TestDb::new().await;
    let mut history = placed();
    history.then(payment(detected()));
    history.then(payment(PaymentEvent::PaymentConfirmed {
        log: log_in(5),
        confirmations: 12,
    }));
    history.then(payment(PaymentEvent::DisputeOpened {
        log: log_in(6),
        by: wallet(7),
        mined_at: None,
    }));
    db.project::<Orders>(&history).await;
    let row = order(&db).await;
    assert_eq!((row.arbiter, row.disputed), (Some(wallet(3)), true));
    history.then(payment(PaymentEvent::PaymentReverted { log: log_in(5) }));
    db.project::<Orders>(&history).await;
    assert!(!order(&db).await.disputed);
}

#[tokio::test]
async fn the_longest_due_orders_come_first() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    for (number, hours) in [(1, 3), (2, 1), (3, 2)] {
        let (id, mut event) = order_placed(number, 7);
        if let OrderEvent::OrderPlaced { pay_by, .. } = &mut event {
            *pay_by = DAWN + Duration::hours(hours);
        }
        history.then((id, event));
        history.then(payment_requested(number));
    }
    db.project::<Orders>(&history).await;
    let due = OrderQueries::new(db.pool.clone())
        .due(1337, DAWN + Duration::DAY, 2)
        .await
        .unwrap();
    assert_eq!(due, [order_id(2), order_id(3)]);
}

#[tokio::test]
async fn a_buyer_sees_his_orders_and_an_owner_his_shops() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    history.then(order_placed(1, 7));
    history.then(order_placed(2, 8));
    history.then(order_placed(3, 7));
    history.then((order_id(3), OrderEvent::OrderPaid {}));
    db.project::<Orders>(&history).await;
    let queries = OrderQueries::new(db.pool.clone());
    let page = PageRequest::first(PageSize::MAX);
    let ids = |page: gage_projections::Page<OrderRow>| -> Vec<_> {
        page.rows.into_iter().map(|row| row.id).collect()
    };
    let his = queries
        .orders_of_buyer(wallet(7), &[], &page)
        .await
        .unwrap();
    assert_eq!(ids(his), [order_id(3), order_id(1)]);
    let paid = queries
        .orders_of_buyer(wallet(7), &[Phase::Paid], &page)
        .await
        .unwrap();
    assert_eq!(ids(paid), [order_id(3)]);
    let all = queries
        .orders_of_shop(shop_id(1), &[], None, PlacedWithin::default(), &page)
        .await
        .unwrap();
    assert_eq!(ids(all), [order_id(3), order_id(2), order_id(1)]);
    let open = [Phase::AwaitingPayment, Phase::Shipped];
    let open = queries
        .orders_of_shop(shop_id(1), &open, None, PlacedWithin::default(), &page)
        .await
        .unwrap();
    assert_eq!(ids(open), [order_id(2), order_id(1)]);
    assert!(
        ids(queries
            .orders_of_shop(shop_id(2), &[], None, PlacedWithin::default(), &page)
            .await
            .unwrap())
        .is_empty()
    );
}

#[tokio::test]
async fn an_owner_finds_orders_by_number_buyer_and_product() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    for (number, buyer) in [(1, 7), (2, 8), (3, 7)] {
        history.then(order_placed(number, buyer));
    }
    // Another thing than the others, in two lines.
    let (id, mut other) = order_placed(4, 8);
    if let OrderEvent::OrderPlaced { lines, .. } = &mut other {
        let mut line = lines[0].clone();
        line.product = product_id(2);
        line.sku = sku(2);
        lines.push(line);
    }
    history.then((id, other));
    history.then((order_id(3), OrderEvent::OrderPaid {}));
    db.project::<Orders>(&history).await;
    let queries = OrderQueries::new(db.pool.clone());
    let found = async |search: OrderSearch, phases: &[Phase]| {
        let page = PageRequest::first(PageSize::MAX);
        let page = queries
            .orders_of_shop(
                shop_id(1),
                phases,
                Some(&search),
                PlacedWithin::default(),
                &page,
            )
            .await
            .unwrap();
        let ids: Vec<_> = page.rows.into_iter().map(|row| row.id).collect();
        ids
    };
    let ids = |first, last| OrderSearch::Ids {
        first: order_id(first),
        last: order_id(last),
    };
    assert_eq!(found(ids(2, 2), &[]).await, [order_id(2)]);
    assert_eq!(found(ids(2, 3), &[]).await, [order_id(3), order_id(2)]);
    assert_eq!(found(ids(2, 3), &[Phase::Paid]).await, [order_id(3)]);
    let buyer = OrderSearch::Buyer(wallet(8));
    assert_eq!(found(buyer, &[]).await, [order_id(4), order_id(2)]);
    let product =
        |numbers: &[u128]| OrderSearch::Products(numbers.iter().copied().map(product_id).collect());
    assert_eq!(found(product(&[2]), &[]).await, [order_id(4)]);
    assert_eq!(found(product(&[1, 2]), &[]).await.len(), 4);
    assert_eq!(found(product(&[]), &[]).await, []);
    let nobody = OrderSearch::Buyer(wallet(9));
    assert_eq!(found(nobody, &[]).await, []);
}

#[tokio::test]
async fn a_shops_orders_are_found_by_when_they_were_placed() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    let days = [1, 2, 3].map(|day| DAWN + Duration::days(day));
    for (number, day) in (1..).zip(days) {
        history.then(order_placed(number, 7));
        history.events.last_mut().unwrap().metadata.decided_at = day;
    }
    db.project::<Orders>(&history).await;
    let queries = OrderQueries::new(db.pool.clone());
    let found = async |from, before| {
        let page = PageRequest::first(PageSize::MAX);
        let placed = PlacedWithin { from, before };
        let page = queries
            .orders_of_shop(shop_id(1), &[], None, placed, &page)
            .await
            .unwrap();
        let ids: Vec<_> = page.rows.into_iter().map(|row| row.id).collect();
        ids
    };
    let [first, second, third] = days;
    assert_eq!(found(Some(second), None).await, [order_id(3), order_id(2)]);
    assert_eq!(found(None, Some(second)).await, [order_id(1)]);
    assert_eq!(found(Some(second), Some(third)).await, [order_id(2)]);
    assert_eq!(found(None, Some(first)).await, []);
}

#[tokio::test]
async fn orders_are_counted_by_phase() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    for number in 1..=3 {
        history.then(order_placed(number, 7));
    }
    history.then((order_id(3), OrderEvent::OrderPaid {}));
    db.project::<Orders>(&history).await;
    let queries = OrderQueries::new(db.pool.clone());
    let counts = queries.count_by_phase(shop_id(1)).await.unwrap();
    assert_eq!(counts.len(), 10);
    let seen: Vec<_> = counts
        .into_iter()
        .filter(|count| count.tally != Tally::Exactly(0))
        .collect();
    let count = |phase, number| OrderCount {
        phase,
        tally: Tally::Exactly(number),
    };
    assert_eq!(
        seen,
        [count(Phase::AwaitingPayment, 2), count(Phase::Paid, 1)]
    );
}

#[tokio::test]
async fn changes_of_a_shops_orders_are_told_once_and_in_order() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    history.then(order_placed(1, 7));
    history.then(order_placed(2, 8));
    let seen = history.then(order_placed(3, 7));
    history.then((order_id(2), OrderEvent::OrderCancelled {}));
    history.then((order_id(1), OrderEvent::OrderPaid {}));
    history.then((order_id(1), OrderEvent::OrderApproved {}));
    db.project::<Orders>(&history).await;
    let queries = OrderQueries::new(db.pool.clone());
    let news = queries
        .changed_after(shop_id(1), seen, PageSize::MAX)
        .await
        .unwrap();
    let told: Vec<_> = news.iter().map(|row| (row.id, row.phase)).collect();
    assert_eq!(
        told,
        [
            (order_id(2), Phase::Cancelled),
            (order_id(1), Phase::Approved)
        ]
    );
    let last = news.last().unwrap().position;
    assert_eq!(last, history.last());
    assert!(
        queries
            .changed_after(shop_id(1), last, PageSize::MAX)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(queries.order_after(order_id(3), seen).await.unwrap(), None);
    assert!(
        queries
            .order_after(order_id(1), seen)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn an_order_of_a_shop_that_never_opened_is_poison() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(order_placed(1, 7));
    let error = db
        .try_project::<Orders>(&history)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with(&format!("table shops, key {}: it is not there", shop_id(1))),
        "{error}"
    );
}

#[tokio::test]
async fn a_payment_of_no_order_is_poison() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(payment_requested(1));
    let error = db
        .try_project::<Orders>(&history)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.ends_with("it is not there"), "{error}");
}

#[tokio::test]
async fn an_order_is_shown_in_its_currency() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    for (number, price) in (1..).zip(prices()) {
        let (id, mut event) = order_placed(number, 7);
        if let OrderEvent::OrderPlaced { lines, total, .. } = &mut event {
            lines[0].unit_price = price;
            *total = price;
        }
        history.then((id, event));
    }
    db.project::<Orders>(&history).await;
    let queries = OrderQueries::new(db.pool.clone());
    for (number, price) in (1..).zip(prices()) {
        let order = queries.order(order_id(number)).await.unwrap().unwrap();
        let mut lines = queries.lines(&[order_id(number)]).await.unwrap();
        let lines = lines.remove(&order_id(number)).unwrap();
        assert_eq!((order.total, lines[0].unit_price), (price, price));
    }
}
