//! The history: pages, filters, causes, and how things stood at any moment.

use std::sync::Arc;

use gage_application::{
    event::StreamName,
    history::{
        History,
        moment::{Moment, difference},
    },
    ports::chronicle::{Wanted, Way},
    position::LogPosition,
};
use gage_domain::{decider::Decider, inventory::Inventory, order::Order, payment::Payment};
use gage_infrastructure::postgres::PostgresChronicle;
use gage_tests::bench::story::Story;
use serde_json::{Value, json};
use sqlx::PgPool;

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
                stream: Some(stock.clone()),
                ..none()
            },
            format!(
                "aggregate_type = 'Inventory' AND aggregate_id = '{}'",
                stock.aggregate_id
            ),
        ),
        (
            Wanted {
                stream: Some(stock.clone()),
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

#[tokio::test]
async fn pages_are_read_from_an_index() {
    let world = World::new().await;
    world.tell_all().await;
    // The planner looks at how much there is.
    let mut story = Story::open(&*world.log, BUYER, 5, 1_000_000).await;
    story.sell(&*world.log, 600).await;
    sqlx::query("VACUUM ANALYZE events")
        .execute(&world.pool)
        .await
        .unwrap();
    for way in [Way::Onwards(None), Way::Back(None)] {
        for of in [None, Some(stream::<Order>(World::order(1)))] {
            let wanted = Wanted {
                stream: of,
                actor: Some("system:listener".to_owned()),
                ..Wanted::default()
            };
            let plan = PostgresChronicle::new(world.pool.clone())
                .plan(&wanted, way)
                .await
                .unwrap();
            let index = match wanted.stream {
                Some(_) => "events_pkey",
                None => "events_log_order",
            };
            assert!(plan.contains(index), "{plan}");
            assert!(!plan.contains("Seq Scan on events"), "{plan}");
            assert!(!plan.contains("Sort"), "{plan}");
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_receipt_led_to_a_confirmation_which_led_to_the_order_being_paid() {
    let world = World::new().await;
    world.tell_all().await;
    let history = history(&world);
    let order = World::order(1);
    let wanted = Wanted {
        stream: Some(stream::<Order>(order)),
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
