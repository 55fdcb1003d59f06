//! The history: pages, filters, causes, and how things stood at any moment.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use gage_application::{
    event::{StoredEvent, StreamName},
    history::{
        History,
        moment::{Moment, difference},
    },
    ports::{
        chronicle::{Chronicle, Of, Wanted, Way},
        event_log::{
            Append, AppendError, EarlierRequest, EventLog, IdempotencyKey, Incarnation, LogError,
            LogState, Page, StreamVersion,
        },
    },
    position::LogPosition,
};
use gage_domain::{decider::Decider, inventory::Inventory, order::Order, payment::Payment};
use gage_infrastructure::postgres::PostgresChronicle;
use gage_tests::bench::story::Story;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{BUYER, World, id};

fn history(world: &World) -> History {
    let chronicle = PostgresChronicle::new(world.pool.clone());
    History::new(world.log.clone(), Arc::new(chronicle))
}

fn stream<D: Decider>(id: D::Id) -> StreamName {
    StreamName::of::<D>(id)
}

/// Everything that is wanted, in pages of a few.
async fn all(history: &History, wanted: &Wanted, back: bool) -> Vec<LogPosition> {
    let (mut at, mut positions) = (None, Vec::new());
    loop {
        let way = if back {
            Way::Back(at)
        } else {
            Way::Onwards(at)
        };
        let leaf = history.page(wanted, way, 7).await.unwrap();
        let mut page: Vec<LogPosition> = leaf.events.iter().map(|event| event.position).collect();
        assert!(page.is_sorted());
        if back {
            page.extend(positions);
            positions = page;
        } else {
            positions.extend(page);
        }
        at = leaf.looked_to.or(at);
        if leaf.at_end {
            return positions;
        }
    }
}

async fn counted(pool: &PgPool, condition: &str) -> Vec<LogPosition> {
    let sql = format!(
        "SELECT xact_id, position FROM events WHERE {condition} ORDER BY xact_id, position"
    );
    let rows: Vec<(i64, i64)> = sqlx::query_as(&sql).fetch_all(pool).await.unwrap();
    let position = |(xact_id, position)| LogPosition { xact_id, position };
    rows.into_iter().map(position).collect()
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "a table: a filter and the same in SQL"
)]
async fn pages_of_every_filter_have_just_what_is_wanted_both_ways() {
    let world = World::new().await;
    world.tell_all().await;
    let history = history(&world);
    let stock = stream::<Inventory>(world.products[0].into());
    let middle: (time::OffsetDateTime, String) = sqlx::query_as(
        "SELECT recorded_at, metadata ->> 'correlation_id' FROM events ORDER BY position \
         OFFSET 40 LIMIT 1",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    let correlation = middle.1;
    let none = Wanted::default;
    let cases = [
        (none(), "true".to_owned()),
        (
            Wanted {
                of: Of::Streams(vec![stock.clone()]),
                ..none()
            },
            format!(
                "aggregate_type = 'Inventory' AND aggregate_id = '{}'",
                stock.aggregate_id
            ),
        ),
        (
            Wanted {
                of: Of::Streams(vec![stock.clone()]),
                types: vec!["StockReserved".to_owned()],
                ..none()
            },
            format!(
                "event_type = 'StockReserved' AND aggregate_id = '{}'",
                stock.aggregate_id
            ),
        ),
        (
            Wanted {
                types: vec!["OrderPaid".to_owned(), "OrderPlaced".to_owned()],
                ..none()
            },
            "event_type IN ('OrderPaid', 'OrderPlaced')".to_owned(),
        ),
        (
            Wanted {
                actor: Some("system:listener".to_owned()),
                ..none()
            },
            "metadata ->> 'actor' = 'system:listener'".to_owned(),
        ),
        (
            Wanted {
                correlation_id: Some(correlation.parse().unwrap()),
                ..none()
            },
            format!("metadata ->> 'correlation_id' = '{correlation}'"),
        ),
        (
            Wanted {
                from: Some(middle.0),
                ..none()
            },
            "recorded_at >= (SELECT recorded_at FROM events ORDER BY position OFFSET 40 LIMIT 1)"
                .to_owned(),
        ),
        (
            Wanted {
                of: Of::Streams(vec![
                    stock.clone(),
                    stream::<Order>(World::order(1)),
                    stream::<Payment>(World::order(1).into()),
                ]),
                ..none()
            },
            format!(
                "(aggregate_type = 'Inventory' AND aggregate_id = '{}') \
                 OR (aggregate_type <> 'Inventory' AND aggregate_id = '{}')",
                stock.aggregate_id,
                World::order(1)
            ),
        ),
        (
            Wanted {
                of: Of::Streams(vec![stock.clone(), stream::<Order>(World::order(1))]),
                actor: Some(format!("wallet:{BUYER:#x}")),
                until: Some(middle.0),
                ..none()
            },
            format!(
                "((aggregate_type = 'Inventory' AND aggregate_id = '{}') \
                 OR (aggregate_type = 'Order' AND aggregate_id = '{}')) \
                 AND metadata ->> 'actor' = 'wallet:{BUYER:#x}' \
                 AND recorded_at < (SELECT recorded_at FROM events ORDER BY position OFFSET 40 LIMIT 1)",
                stock.aggregate_id,
                World::order(1)
            ),
        ),
        (
            Wanted {
                until: Some(middle.0),
                ..none()
            },
            "recorded_at < (SELECT recorded_at FROM events ORDER BY position OFFSET 40 LIMIT 1)"
                .to_owned(),
        ),
    ];
    for (wanted, condition) in cases {
        let expected = counted(&world.pool, &condition).await;
        assert!(!expected.is_empty(), "{condition}");
        assert_eq!(all(&history, &wanted, false).await, expected, "{condition}");
        assert_eq!(all(&history, &wanted, true).await, expected, "{condition}");
    }
    world.end().await;
}

/// The largest number of rows that any step of a plan went through.
fn most_rows(plan: &str) -> u64 {
    let counts = plan.match_indices("rows=").filter_map(|(at, _)| {
        let digits = plan[at + 5..].split(|c: char| !c.is_ascii_digit()).next();
        // What was estimated comes before what was counted.
        plan[..at].ends_with("(actual ").then_some(digits?)
    });
    counts
        .filter_map(|count| count.parse().ok())
        .max()
        .unwrap_or(0)
}

#[tokio::test]
async fn pages_are_read_from_an_index_and_only_as_far_as_they_go() {
    let world = World::new().await;
    world.tell_all().await;
    // The planner looks at how much there is.
    let mut story = Story::open(&*world.log, BUYER, 5, 1_000_000).await;
    story.sell(&*world.log, 3_000).await;
    sqlx::query("VACUUM ANALYZE events")
        .execute(&world.pool)
        .await
        .unwrap();
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM events")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert!(events > 20_000, "{events}");
    let some = (1..=8).map(|number| stream::<Order>(World::order(number)));
    let middle: (i64, i64) = sqlx::query_as(
        "SELECT xact_id, position FROM events ORDER BY xact_id, position OFFSET 9000 LIMIT 1",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    let middle = Some(LogPosition {
        xact_id: middle.0,
        position: middle.1,
    });
    let of = [
        Of::Everything,
        Of::Streams(vec![stream::<Order>(World::order(1))]),
        Of::Streams(some.collect()),
    ];
    let ways = [None, middle].map(|at| [Way::Onwards(at), Way::Back(at)]);
    for way in ways.into_iter().flatten() {
        for of in &of {
            let wanted = |actor: Option<&str>| Wanted {
                of: of.clone(),
                actor: actor.map(str::to_owned),
                ..Wanted::default()
            };
            let chronicle = PostgresChronicle::new(world.pool.clone());
            let plan = chronicle.plan(&wanted(None), way, 20).await.unwrap();
            assert!(most_rows(&plan) <= 100, "{plan}");
            let index = match of {
                Of::Streams(_) => "events_pkey",
                Of::Everything => "events_log_order",
            };
            let nobody = Some("wallet:0x00");
            let sifted = chronicle.plan(&wanted(nobody), way, 20).await.unwrap();
            // A bounded look, whatever the log's length.
            assert!(most_rows(&sifted) <= 10_000, "{sifted}");
            for plan in [plan, sifted] {
                assert!(plan.contains(index), "{plan}");
                assert!(!plan.contains("Seq Scan on events"), "{plan}");
                let sorts = matches!(of, Of::Streams(_));
                assert!(sorts || !plan.contains("Sort"), "{plan}");
            }
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_sparse_page_says_how_far_it_looked_and_the_next_goes_on_there() {
    let world = World::new().await;
    world.tell_all().await;
    let mut story = Story::open(&*world.log, BUYER, 5, 1_000_000).await;
    story.sell(&*world.log, 2_000).await;
    let history = history(&world);
    let shops = Wanted {
        types: vec!["ShopOpened".to_owned()],
        ..Wanted::default()
    };
    let expected = counted(&world.pool, "event_type = 'ShopOpened'").await;
    assert_eq!(all(&history, &shops, false).await, expected);
    assert_eq!(all(&history, &shops, true).await, expected);
    let nothing = Wanted {
        actor: Some("wallet:0x00".to_owned()),
        ..Wanted::default()
    };
    let first = history.page(&nothing, Way::Onwards(None), 5).await.unwrap();
    assert!(first.events.is_empty() && !first.at_end);
    let tenthousandth: (i64, i64) = sqlx::query_as(
        "SELECT xact_id, position FROM events ORDER BY xact_id, position OFFSET 9999 LIMIT 1",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    let looked_to = first.looked_to.unwrap();
    assert_eq!((looked_to.xact_id, looked_to.position), tenthousandth);
    world.end().await;
}

/// The log, and how often a stream was read from it.
struct Counted {
    log: Arc<dyn EventLog>,
    loads: AtomicUsize,
}

#[async_trait::async_trait]
impl EventLog for Counted {
    async fn load_many(
        &self,
        wanted: &[StreamVersion],
    ) -> Result<Vec<Result<Vec<StoredEvent>, LogError>>, LogError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.log.load_many(wanted).await
    }

    async fn append(&self, append: &Append) -> Result<LogPosition, AppendError> {
        self.log.append(append).await
    }

    async fn read_after(
        &self,
        after: LogPosition,
        limit: u32,
        without: &[&str],
    ) -> Result<Page, LogError> {
        self.log.read_after(after, limit, without).await
    }

    async fn earlier_requests(
        &self,
        keys: &[IdempotencyKey],
    ) -> Result<Vec<Option<EarlierRequest>>, LogError> {
        self.log.earlier_requests(keys).await
    }

    async fn incarnation(&self) -> Result<Incarnation, LogError> {
        self.log.incarnation().await
    }

    async fn state(&self) -> Result<LogState, LogError> {
        self.log.state().await
    }
}

#[tokio::test]
async fn two_moments_of_a_past_are_read_at_once() {
    let world = World::new().await;
    world.tell_all().await;
    let log = Arc::new(Counted {
        log: world.log.clone(),
        loads: AtomicUsize::new(0),
    });
    let chronicle = PostgresChronicle::new(world.pool.clone());
    let history = History::new(log.clone(), Arc::new(chronicle));
    let order = stream::<Order>(World::order(1));
    let past = history.past(&order).await.unwrap().unwrap();
    let before = past.standing(Moment::Sequence(1)).unwrap();
    let after = past.standing(Moment::Now).unwrap();
    assert!(!difference(&before, &after).is_empty());
    assert_eq!(log.loads.load(Ordering::SeqCst), 1);
    world.end().await;
}

#[tokio::test]
async fn what_an_order_did_to_stock_is_found_among_what_one_request_did_for_many() {
    let world = World::new().await;
    let (correlation, mine) = (Uuid::from_u128(5), World::order(77));
    let sql = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, \
        event_version, payload, metadata) \
        SELECT 'Inventory', 'sku ' || n, 1, 'StockReserved', '1.0.0', \
        jsonb_build_object('StockReserved', jsonb_build_object('quantity', 1, 'order', \
        CASE n WHEN 1500 THEN $1 ELSE 'other ' || n END)), \
        jsonb_build_object('actor', 'system:test', 'correlation_id', $2, 'causation_id', 'x', \
        'decided_at', '2026-03-01T09:00:00Z') FROM generate_series(1, 1500) n";
    sqlx::query(sql)
        .bind(mine.to_string())
        .bind(correlation.to_string())
        .execute(&world.pool)
        .await
        .unwrap();
    let append: i64 = sqlx::query_scalar("SELECT max(xact_id) FROM events")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    let chronicle = PostgresChronicle::new(world.pool.clone());
    let asked = [(append, correlation)];
    let found = chronicle.of_decisions(&asked, Some(mine), 1_000);
    let found: Vec<String> = (found.await.unwrap().iter())
        .map(|event| event.stream.aggregate_id.clone())
        .collect();
    assert_eq!(found, ["sku 1500"]);
    world.end().await;
}

#[tokio::test]
async fn a_receipt_led_to_a_confirmation_which_led_to_the_order_being_paid() {
    let world = World::new().await;
    world.tell_all().await;
    let history = history(&world);
    let order = World::order(1);
    let wanted = Wanted {
        of: Of::Streams(vec![stream::<Order>(order)]),
        types: vec!["OrderPaid".to_owned()],
        ..Wanted::default()
    };
    let leaf = history.page(&wanted, Way::Onwards(None), 1).await.unwrap();
    let paid = leaf.events[0].position;
    let tree = history.causes(paid).await.unwrap().unwrap();
    let cause_of = |event_type: &str| {
        let of = tree.iter().find(|one| one.event.event_type == event_type);
        let by = of.unwrap().by?;
        let cause = tree.iter().find(|one| one.event.position == by);
        Some(cause.unwrap().event.event_type.clone())
    };
    let expected = [
        ("OrderPaid", Some("PaymentConfirmed")),
        ("PaymentConfirmed", Some("PaymentDetected")),
        ("PaymentDetected", None),
        ("OrderPlaced", None),
        ("StockReserved", Some("OrderPlaced")),
        ("PaymentRequested", Some("OrderPlaced")),
        ("ReservationCommitted", Some("OrderApproved")),
        ("FundsReleased", Some("PaymentConfirmed")),
        ("OrderCompleted", Some("FundsReleased")),
    ];
    for (event, by) in expected {
        assert_eq!(cause_of(event).as_deref(), by, "{event}");
    }
    assert!(tree.is_sorted_by_key(|one| one.event.position));
    let nowhere = LogPosition {
        xact_id: 1,
        position: 1,
    };
    assert_eq!(history.causes(nowhere).await.unwrap(), None);
    world.end().await;
}

fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    value.pointer(path).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn an_order_is_shown_as_it_stood_after_each_of_its_events() {
    let world = World::new().await;
    world.tell_all().await;
    let history = history(&world);
    let order = stream::<Order>(World::order(1));
    let phases = [
        "awaiting_payment",
        "paid",
        "approved",
        "shipped",
        "delivered",
        "completed",
    ];
    let before = history.standing(&order, Moment::Sequence(0)).await.unwrap();
    let before = before.unwrap();
    assert_eq!((before.sequence, before.last_sequence), (0, 6));
    assert_eq!(before.answers["orders.orders"], Vec::<Value>::new());
    for (sequence, phase) in (1..).zip(phases) {
        let moment = Moment::Sequence(sequence);
        let standing = history.standing(&order, moment).await.unwrap().unwrap();
        let row = &standing.answers["orders.orders"][0];
        assert_eq!(at(row, "/phase"), phase);
        let position = standing.event.clone().unwrap().position;
        let same = history.standing(&order, Moment::Position(position)).await;
        assert_eq!(same.unwrap().unwrap().answers, standing.answers);
    }
    let now = history
        .standing(&order, Moment::Now)
        .await
        .unwrap()
        .unwrap();
    let changed = difference(&before, &now);
    let state = changed.iter().find(|one| one.path == "state").unwrap();
    assert_eq!(state.before, Some(json!("Unplaced")));
    let buyer = at(state.after.as_ref().unwrap(), "/Placed/details/buyer");
    assert_eq!(buyer, &json!(BUYER));
    assert_eq!(difference(&now, &now), Vec::new());
    world.end().await;
}

/// What the live read models answer, as the witness prints it.
async fn live(pool: &PgPool, sql: &str) -> Value {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn now_is_what_the_read_models_answer_now() {
    let world = World::new().await;
    world.tell_all().await;
    let history = history(&world);
    let payment = stream::<Payment>(World::order(1).into());
    let standing = history.standing(&payment, Moment::Now).await.unwrap();
    let row = standing.unwrap().answers["payments.payments"][0].clone();
    let sql = format!(
        "SELECT jsonb_build_object('released', released::text, 'standing', standing, \
         'payer', encode(payer, 'hex'), 'position', position::text) \
         FROM payments_v3.payments WHERE order_id = '{}'",
        World::order(1)
    );
    for (name, value) in live(&world.pool, &sql).await.as_object().unwrap() {
        assert_eq!(&row[name], value, "{name}");
    }
    let stock = stream::<Inventory>(world.products[0].into());
    let standing = history.standing(&stock, Moment::Now).await.unwrap();
    let row = standing.unwrap().answers["catalog.stock"][0].clone();
    let sql = format!(
        "SELECT jsonb_build_object('on_hand', on_hand::text, 'reserved', reserved::text) \
         FROM catalog_v4.stock WHERE sku = '{}'",
        id(10)
    );
    for (name, value) in live(&world.pool, &sql).await.as_object().unwrap() {
        assert_eq!(&row[name], value, "{name}");
    }
    world.end().await;
}
