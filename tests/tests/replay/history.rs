//! The history: causes, and how things stood at any moment.

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
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{BUYER, World, id};

pub(crate) fn history(world: &World) -> History {
    let chronicle = PostgresChronicle::new(world.pool.clone());
    History::new(world.log.clone(), Arc::new(chronicle))
}

pub(crate) fn stream<D: Decider>(id: D::Id) -> StreamName {
    StreamName::of::<D>(id)
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
