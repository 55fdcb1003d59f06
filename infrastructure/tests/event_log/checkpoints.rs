//! Checkpoints move by compare-and-swap.

use futures::future::join_all;
use gage_application::{ports::checkpoint::Checkpoints, position::LogPosition};
use gage_infrastructure::postgres::PostgresCheckpoints;

use crate::support::TestDb;

const fn at(xact_id: i64, position: i64) -> LogPosition {
    LogPosition { xact_id, position }
}

#[tokio::test]
async fn a_consumer_that_never_ran_stands_at_the_start() {
    let db = TestDb::new().await;
    let checkpoints = PostgresCheckpoints::new(db.pool.clone());
    assert_eq!(
        checkpoints.load("settlement").await.expect("loads"),
        LogPosition::START
    );
}

#[tokio::test]
async fn a_checkpoint_moves_only_from_where_it_stands() {
    let db = TestDb::new().await;
    let checkpoints = PostgresCheckpoints::new(db.pool.clone());
    let advance = async |from, to| {
        checkpoints
            .advance("settlement", from, to)
            .await
            .expect("asks")
    };
    assert!(!advance(at(3, 3), at(4, 4)).await, "it never ran");
    assert!(advance(LogPosition::START, at(5, 1)).await);
    assert!(
        !advance(LogPosition::START, at(6, 1)).await,
        "another replica was first"
    );
    assert!(!advance(at(5, 2), at(6, 1)).await);
    assert!(advance(at(5, 1), at(6, 1)).await);
    assert_eq!(
        checkpoints.load("settlement").await.expect("loads"),
        at(6, 1)
    );
    assert_eq!(
        checkpoints.load("expiry").await.expect("loads"),
        LogPosition::START
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_replicas_exactly_one_moves_the_checkpoint() {
    let db = TestDb::new().await;
    let checkpoints = PostgresCheckpoints::new(db.pool.clone());
    for (from, to) in [(LogPosition::START, at(1, 1)), (at(1, 1), at(2, 2))] {
        let race = (0..16).map(|_| checkpoints.advance("settlement", from, to));
        let moved = join_all(race)
            .await
            .into_iter()
            .filter(|moved| *moved.as_ref().expect("asks"));
        assert_eq!(moved.count(), 1);
    }
}
