//! Pages of the history: every filter, both ways, and how they are read.

use gage_application::{
    event::StreamName,
    history::History,
    ports::chronicle::{Of, Wanted, Way},
    position::LogPosition,
};
use gage_domain::{inventory::Inventory, order::Order, payment::Payment};
use gage_infrastructure::postgres::PostgresChronicle;
use gage_tests::bench::story::Story;
use sqlx::PgPool;

use crate::{
    history::{history, stream},
    world::{BUYER, World},
};

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

#[tokio::test]
async fn of_several_streams_none_is_passed_by_where_one_is_long() {
    let world = World::new().await;
    world.tell_all().await;
    let sql = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, \
        event_version, payload, metadata) \
        SELECT 'Inventory', 'hot', n, CASE n WHEN 12000 THEN 'StockAdjusted' ELSE 'StockReceived' END, \
        '1.0.0', '{}', jsonb_build_object('actor', 'system:test', 'correlation_id', \
        gen_random_uuid(), 'causation_id', 'x', 'decided_at', '2026-03-01T09:00:00Z') \
        FROM generate_series(1, 12000) n";
    sqlx::query(sql).execute(&world.pool).await.unwrap();
    let later = world.place(500, 1).await;
    let history = history(&world);
    let hot = StreamName {
        aggregate_type: "Inventory".to_owned(),
        aggregate_id: "hot".to_owned(),
    };
    let wanted = Wanted {
        of: Of::Streams(vec![
            hot,
            stream::<Order>(World::order(1)),
            stream::<Order>(later),
        ]),
        types: ["OrderPlaced", "StockAdjusted"].map(str::to_owned).into(),
        ..Wanted::default()
    };
    let condition = format!(
        "aggregate_id = 'hot' AND event_type = 'StockAdjusted' OR event_type = 'OrderPlaced' \
         AND aggregate_id IN ('{}', '{later}')",
        World::order(1)
    );
    let expected = counted(&world.pool, &condition).await;
    assert_eq!(expected.len(), 3);
    assert_eq!(all(&history, &wanted, false).await, expected);
    assert_eq!(all(&history, &wanted, true).await, expected);
    // Not beyond what somebody knows of.
    let known = Wanted {
        up_to: Some(expected[1]),
        ..wanted
    };
    assert_eq!(all(&history, &known, false).await, expected[..2]);
    assert_eq!(all(&history, &known, true).await, expected[..2]);
    world.end().await;
}
