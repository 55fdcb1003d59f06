//! Wherever batches end, read models become the same.

use gage_application::{
    catch_up::Consumed,
    event::Recorded,
    log_reader::{LogReader, Stretch},
    position::LogPosition,
};
use gage_projections::{consumer, name::ProjectionName, setup};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tokio::runtime::Runtime;

use crate::{story::Story, support::World};

/// Random things that each of two shops tries in one history.
const STEPS: usize = 150;
/// Histories; each is a database, and is applied three times.
const CASES: u32 = 3;

/// The stories of two shops in one log, step by step in turn.
async fn history(world: &World, number: u64) -> Vec<Recorded> {
    let mut stories = [Story::new(2 * number), Story::new(2 * number + 1)];
    for story in &mut stories {
        story.play(&*world.log, 0).await;
    }
    for _ in 0..STEPS {
        for story in &mut stories {
            story.step(&*world.log).await;
        }
    }
    world.settle().await;
    let batch = LogReader::new(world.log.clone(), &[])
        .read(LogPosition::START, 100_000)
        .await
        .unwrap();
    assert!(batch.at_end && batch.unreadable.is_none());
    batch.events
}

/// Every row of every read model after the history was applied in batches of these sizes, over
/// and over.
async fn rows_after(world: &World, events: &[Recorded], sizes: &[usize]) -> Vec<String> {
    for name in ProjectionName::ALL {
        let schema = format!("{name}_v{}", name.version());
        world.run(&format!("DROP SCHEMA {schema} CASCADE")).await;
    }
    world.run("DELETE FROM projections").await;
    setup::ensure(&world.pool).await.unwrap();
    for consumer in consumer::all(&world.pool) {
        let (mut rest, mut from) = (events, LogPosition::START);
        let mut sizes = sizes.iter().cycle();
        while let (Some(size), false) = (sizes.next(), rest.is_empty()) {
            let (batch, after) = rest.split_at(rest.len().min(*size));
            let to = batch.last().unwrap().position;
            let stretch = Stretch {
                from,
                to,
                events: batch,
            };
            let consumed = consumer.consume(stretch).await.unwrap();
            assert!(matches!(consumed, Consumed::Advanced { .. }));
            (rest, from) = (after, to);
        }
    }
    let mut rows = vec![];
    for name in ProjectionName::ALL {
        rows.extend(world.dump(name).await);
    }
    rows
}

#[test]
fn one_batch_single_events_and_random_cuts_make_the_same_rows() {
    let runtime = Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        ..Config::default()
    });
    let cases = (0..1_000_000_u64, prop::collection::vec(1..60_usize, 1..20));
    runner
        .run(&cases, |(number, cuts)| {
            runtime.block_on(async {
                let world = World::new().await;
                let events = history(&world, number).await;
                let whole = rows_after(&world, &events, &[events.len()]).await;
                let singly = rows_after(&world, &events, &[1]).await;
                let in_parts = rows_after(&world, &events, &cuts).await;
                world.end().await;
                prop_assert!(!whole.is_empty());
                prop_assert_eq!(&whole, &singly);
                prop_assert_eq!(&whole, &in_parts);
                Ok(())
            })
        })
        .unwrap();
}
