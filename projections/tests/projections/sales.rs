//! How a shop sells, told from the rows of orders and payments.

use gage_domain::{
    ids::PaymentId,
    order::OrderEvent,
    payment::PaymentEvent,
    value::{Address, Asset, BaseUnits},
};
use gage_projections::{
    orders::Orders,
    payments::Payments,
    sales::{BestSeller, MOST_ORDERS, Revenue, SalesError, SalesQueries, SalesRequest},
};
use time::{Date, Duration, OffsetDateTime, macros::date, macros::datetime};

use crate::support::{
    FactOf, History, TestDb, log_in, order_id, order_placed, payment_requested, product_id,
    shop_id, shop_opened, wallet,
};

const NOW: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);

fn request(days: u32, time_zone: &str) -> SalesRequest {
    SalesRequest {
        shop: shop_id(1),
        now: NOW,
        until: None,
        days,
        time_zone: time_zone.to_owned(),
    }
}

fn asset() -> Asset {
    let (chain_id, token) = (1337, Address::ZERO);
    Asset { chain_id, token }
}

fn on(day: Date, amount: u64, orders: u32) -> Revenue {
    Revenue {
        day,
        asset: asset(),
        amount: BaseUnits::from(amount),
        orders,
    }
}

/// Orders with their moments.
#[derive(Default)]
struct Ledger(History);

impl Ledger {
    fn open() -> Self {
        let mut history = History::default();
        history.then(shop_opened(1));
        Self(history)
    }

    /// Wallet 7 orders two pieces of product 1 for 200 wei at a moment.
    fn ordered(&mut self, number: u128, at: OffsetDateTime) -> &mut Self {
        self.happened(at, order_placed(number, 7));
        self.happened(at, payment_requested(number))
    }

    fn paid(&mut self, number: u128, at: OffsetDateTime) -> &mut Self {
        let (log, amount) = (log_in(1), BaseUnits::from(200));
        let detected = PaymentEvent::PaymentDetected {
            log,
            payer: wallet(7),
            amount,
            mined_at: Some(at),
        };
        let confirmations = 12;
        self.happened(at, (payment(number), detected));
        let confirmed = PaymentEvent::PaymentConfirmed { log, confirmations };
        self.happened(at, (payment(number), confirmed));
        self.happened(at, (order_id(number), OrderEvent::OrderPaid {}))
    }

    fn refunded(&mut self, number: u128, amount: u64) -> &mut Self {
        let mut log = log_in(2);
        log.log_index = u64::try_from(number).unwrap();
        let amount = BaseUnits::from(amount);
        let refunded = PaymentEvent::FundsRefunded { log, amount };
        self.happened(NOW, (payment(number), refunded))
    }

    fn decided(&mut self, number: u128, event: OrderEvent) -> &mut Self {
        self.happened(NOW, (order_id(number), event))
    }

    fn happened(&mut self, at: OffsetDateTime, fact: impl Into<FactOf>) -> &mut Self {
        self.0.then(fact);
        self.0.events.last_mut().unwrap().metadata.decided_at = at;
        self
    }

    async fn project(&self) -> (TestDb, SalesQueries) {
        let db = TestDb::new().await;
        db.project::<Orders>(&self.0).await;
        db.project::<Payments>(&self.0).await;
        let queries = SalesQueries::new(db.pool.clone());
        (db, queries)
    }
}

fn payment(number: u128) -> PaymentId {
    PaymentId::from(order_id(number))
}

#[tokio::test]
async fn revenue_is_what_was_paid_for_orders_of_a_day_and_did_not_go_back() {
    let (noon, hour) = (datetime!(2026-01-30 12:00 UTC), Duration::HOUR);
    let mut ledger = Ledger::open();
    ledger.ordered(1, noon).paid(1, noon + hour);
    ledger.ordered(2, noon).paid(2, noon + hour).refunded(2, 50);
    // Not paid yet, and given up after it was paid: neither counts.
    ledger.ordered(3, noon);
    let reason = "sold out".to_owned();
    ledger
        .ordered(4, noon)
        .paid(4, noon)
        .decided(4, OrderEvent::OrderRejected { reason });
    ledger.ordered(5, NOW).paid(5, NOW);
    let (_db, queries) = ledger.project().await;
    let sales = queries.sales(&request(2, "UTC"), 10).await.unwrap();
    assert_eq!(sales.since, datetime!(2026-01-30 00:00 UTC));
    assert_eq!(
        sales.revenue,
        [
            on(date!(2026 - 01 - 30), 350, 2),
            on(date!(2026 - 01 - 31), 200, 1)
        ]
    );
    let (product, pieces) = (product_id(1), 6);
    assert_eq!(sales.best_sellers, [BestSeller { product, pieces }]);
    let today = queries.sales(&request(1, "UTC"), 10).await.unwrap();
    assert_eq!(today.revenue, [on(date!(2026 - 01 - 31), 200, 1)]);
    let none = queries.sales(&request(2, "UTC"), 0).await.unwrap();
    assert_eq!(none.best_sellers, []);
}

#[tokio::test]
async fn days_end_with_the_one_that_is_asked_for() {
    let mut ledger = Ledger::open();
    for (number, at) in [
        (1, datetime!(2026-01-27 23:59:59 UTC)),
        (2, datetime!(2026-01-28 00:00 UTC)),
        (3, datetime!(2026-01-29 23:59:59 UTC)),
        (4, datetime!(2026-01-30 00:00 UTC)),
    ] {
        ledger.ordered(number, at).paid(number, at);
    }
    let (_db, queries) = ledger.project().await;
    let until = |until| SalesRequest {
        until: Some(until),
        ..request(2, "UTC")
    };
    let sales = queries.sales(&until(date!(2026 - 01 - 29)), 10).await;
    let sales = sales.unwrap();
    assert_eq!(sales.since, datetime!(2026-01-28 00:00 UTC));
    let days = [date!(2026 - 01 - 28), date!(2026 - 01 - 29)];
    assert_eq!(sales.revenue, days.map(|day| on(day, 200, 1)));
    assert_eq!(sales.best_sellers[0].pieces, 4);
    let before = queries.sales(&until(date!(2025 - 12 - 31)), 10).await;
    assert_eq!(before.unwrap().revenue, []);
}

#[tokio::test]
async fn a_day_begins_where_the_owner_lives() {
    let late = datetime!(2026-01-30 15:30 UTC);
    let mut ledger = Ledger::open();
    ledger.ordered(1, late).paid(1, late);
    let (_db, queries) = ledger.project().await;
    for (zone, since, day) in [
        (
            "UTC",
            datetime!(2026-01-29 00:00 UTC),
            date!(2026 - 01 - 30),
        ),
        (
            "Asia/Seoul",
            datetime!(2026-01-28 15:00 UTC),
            date!(2026 - 01 - 31),
        ),
        (
            "Asia/Kathmandu",
            datetime!(2026-01-28 18:15 UTC),
            date!(2026 - 01 - 30),
        ),
        (
            "Pacific/Honolulu",
            datetime!(2026-01-29 10:00 UTC),
            date!(2026 - 01 - 30),
        ),
    ] {
        let sales = queries.sales(&request(3, zone), 10).await.unwrap();
        assert_eq!(sales.since, since, "{zone}");
        assert_eq!(sales.revenue, [on(day, 200, 1)], "{zone}");
    }
}

#[tokio::test]
async fn a_zone_that_is_none_is_named() {
    let (_db, queries) = Ledger::open().project().await;
    for name in ["Asia/Atlantis", "KST", "", "'; DROP TABLE events; --"] {
        let name = name.to_owned();
        let refused = queries.sales(&request(3, &name), 10).await;
        assert_eq!(refused, Err(SalesError::TimeZone { name }));
    }
}

/// A look is bounded, and what it leaves out is said.
#[tokio::test]
async fn of_more_orders_than_are_walked_the_newest_count_and_the_answer_says_since_when() {
    let (db, queries) = Ledger::open().project().await;
    let orders = i64::from(MOST_ORDERS) + 500;
    let fill = "INSERT INTO orders_v4.orders
        SELECT lpad(to_hex(i), 32, '0')::uuid, $3, $1, 'paid', 1337, $4, NULL, 1, $5, $5 - \
               ($2 - i) * interval '1 minute', 1337, true, $5, NULL, false, NULL, NULL, NULL, i, 1, i, 1
          FROM generate_series(1, $2) i";
    sqlx::query(fill)
        .bind(shop_id(1).0)
        .bind(orders)
        .bind(wallet(7).to_vec())
        .bind(asset().token.to_vec())
        .bind(NOW)
        .execute(&db.pool)
        .await
        .unwrap();
    let sales = queries.sales(&request(30, "UTC"), 10).await.unwrap();
    let walked = Duration::minutes(i64::from(MOST_ORDERS) - 1);
    assert_eq!(sales.since, NOW - walked);
    let sales = queries.sales(&request(2, "UTC"), 10).await.unwrap();
    assert_eq!(sales.since, datetime!(2026-01-30 00:00 UTC));
}

#[tokio::test]
async fn another_shops_orders_do_not_count() {
    let mut ledger = Ledger::open();
    ledger.ordered(1, NOW).paid(1, NOW);
    let (_db, queries) = ledger.project().await;
    let mut other = request(3, "UTC");
    other.shop = shop_id(2);
    let sales = queries.sales(&other, 10).await.unwrap();
    assert_eq!((sales.revenue, sales.best_sellers), (vec![], vec![]));
}
