//! The chain cursor moves with the events that it led to, or not at all.

use futures::future::join_all;
use gage_application::ports::{
    chain::{BlockRef, CursorMove, Observation, Observed, Sighting, SightingStatus},
    event_log::{Append, AppendError, EventLog},
};
use gage_domain::{
    ids::PaymentId,
    payment::LogRef,
    value::{Address, B256, BaseUnits},
};
use gage_infrastructure::postgres::{ChainCursor, PostgresChainStore, RING_BLOCKS};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::support::{TestDb, append, events, stream};

const CHAIN: u64 = 1337;

fn escrow() -> Address {
    Address::repeat_byte(0xe5)
}

/// A block of a fork; its hash tells number and fork.
fn block(number: u64, fork: u8) -> BlockRef {
    let mut hash = B256::repeat_byte(fork);
    hash.0[..8].copy_from_slice(&number.to_be_bytes());
    BlockRef { number, hash }
}

fn sighting(at: BlockRef, log_index: u64, status: SightingStatus) -> Sighting {
    let log = LogRef {
        chain_id: CHAIN,
        block_number: at.number,
        block_hash: at.hash,
        tx_hash: B256::repeat_byte(0x77),
        log_index,
    };
    let what = Observed::Paid {
        payer: Address::repeat_byte(1),
        token: Address::ZERO,
        amount: BaseUnits(
            "115792089237316195423570985008687907853269984665640564039457584007913129639935"
                .parse()
                .expect("2^256-1"),
        ),
    };
    let payment = Some(PaymentId(Uuid::from_u128(42)));
    let observation = Observation {
        log,
        payment,
        key: B256::repeat_byte(3),
        what,
        mined_at: Some(OffsetDateTime::UNIX_EPOCH),
    };
    Sighting {
        observation,
        status,
        reason: None,
    }
}

fn moved(
    from: BlockRef,
    to: BlockRef,
    blocks: Vec<BlockRef>,
    sightings: Vec<Sighting>,
) -> CursorMove {
    CursorMove {
        chain_id: CHAIN,
        escrow: escrow(),
        from,
        to,
        blocks,
        sightings,
    }
}

fn with_cursor(cursor: CursorMove) -> Append {
    Append {
        cursor: Some(cursor),
        ..append(vec![])
    }
}

async fn begun(db: &TestDb) -> PostgresChainStore {
    let store = PostgresChainStore::new(db.pool.clone(), CHAIN, escrow());
    assert_eq!(store.cursor().await.expect("reads"), None);
    let start = ChainCursor {
        genesis_hash: block(0, 1).hash,
        block: block(0, 1),
    };
    assert_eq!(store.begin(start).await.expect("begins"), start);
    store
}

#[tokio::test]
async fn a_cursor_begins_once_and_keeps_where_it_began() {
    let db = TestDb::new().await;
    let store = begun(&db).await;
    let other = ChainCursor {
        genesis_hash: block(0, 9).hash,
        block: block(7, 9),
    };
    let stands = store.begin(other).await.expect("begins");
    assert_eq!(
        (stands.genesis_hash, stands.block),
        (block(0, 1).hash, block(0, 1))
    );
    assert_eq!(store.ring().await.expect("reads"), [block(0, 1)]);
    let elsewhere = PostgresChainStore::new(db.pool.clone(), 1, escrow());
    assert_eq!(elsewhere.cursor().await.expect("reads"), None);
}

#[tokio::test]
async fn cursor_ring_sightings_and_events_are_one_write() {
    let db = TestDb::new().await;
    let (log, store) = (db.log(), begun(&db).await);
    let seen = sighting(block(2, 1), 4, SightingStatus::Seen);
    let cursor = moved(
        block(0, 1),
        block(2, 1),
        vec![block(1, 1)],
        vec![seen.clone()],
    );
    let payment = stream("Payment", "p");
    let both = Append {
        cursor: Some(cursor.clone()),
        ..append(vec![events(&payment, 0, 1)])
    };
    log.append(&both).await.expect("appends");
    assert_eq!(
        store
            .cursor()
            .await
            .expect("reads")
            .expect("is there")
            .block,
        block(2, 1)
    );
    assert_eq!(
        store.ring().await.expect("reads"),
        [block(2, 1), block(1, 1), block(0, 1)]
    );
    assert_eq!(
        store
            .sightings(SightingStatus::Seen, 10)
            .await
            .expect("reads"),
        std::slice::from_ref(&seen)
    );
    assert_eq!(
        store.sighting(seen.observation.log).await.expect("reads"),
        Some(seen.clone())
    );
    let unseen = LogRef {
        log_index: 5,
        ..seen.observation.log
    };
    assert_eq!(store.sighting(unseen).await.expect("reads"), None);

    // The same again: another listener has been there.
    let again = Append {
        cursor: Some(cursor),
        ..append(vec![events(&payment, 1, 1)])
    };
    assert!(matches!(
        log.append(&again).await,
        Err(AppendError::CursorMoved)
    ));
    assert_eq!(log.load(&payment, 0).await.expect("loads").len(), 1);
}

#[tokio::test]
async fn a_conflict_on_a_stream_keeps_the_cursor_where_it_is() {
    let db = TestDb::new().await;
    let (log, store) = (db.log(), begun(&db).await);
    let payment = stream("Payment", "p");
    log.append(&append(vec![events(&payment, 0, 1)]))
        .await
        .expect("appends");
    let seen = sighting(block(1, 1), 0, SightingStatus::Seen);
    let cursor = moved(block(0, 1), block(1, 1), vec![], vec![seen]);
    for expected in [0, 5] {
        let late = Append {
            cursor: Some(cursor.clone()),
            ..append(vec![events(&payment, expected, 1)])
        };
        log.append(&late).await.expect_err("refused");
    }
    assert_eq!(
        store
            .cursor()
            .await
            .expect("reads")
            .expect("is there")
            .block,
        block(0, 1)
    );
    assert_eq!(store.ring().await.expect("reads"), [block(0, 1)]);
    assert_eq!(
        store
            .sightings(SightingStatus::Seen, 10)
            .await
            .expect("reads"),
        []
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_listeners_exactly_one_moves_the_cursor() {
    let db = TestDb::new().await;
    let (log, store) = (db.log(), begun(&db).await);
    for number in 0..5 {
        let race = (0..16_u64).map(|listener| {
            let log = &log;
            async move {
                let payment = stream("Payment", &format!("{number}-{listener}"));
                let cursor = moved(block(number, 1), block(number + 1, 1), vec![], vec![]);
                log.append(&Append {
                    cursor: Some(cursor),
                    ..append(vec![events(&payment, 0, 1)])
                })
                .await
            }
        });
        let results = join_all(race).await;
        let late = results
            .iter()
            .filter(|result| matches!(result, Err(AppendError::CursorMoved)));
        assert_eq!(
            (
                late.count(),
                results.iter().filter(|result| result.is_ok()).count()
            ),
            (15, 1)
        );
    }
    assert_eq!(db.number("SELECT count(*) FROM events").await, 5);
    assert_eq!(
        store
            .cursor()
            .await
            .expect("reads")
            .expect("is there")
            .block,
        block(5, 1)
    );
}

#[tokio::test]
async fn the_ring_keeps_the_newest_blocks_and_forgets_those_of_a_lost_fork() {
    let db = TestDb::new().await;
    let (log, store) = (db.log(), begun(&db).await);
    let length = u64::try_from(RING_BLOCKS).expect("positive");
    let head = length + 50;
    let all = (1..=head).map(|number| block(number, 1)).collect();
    log.append(&with_cursor(moved(
        block(0, 1),
        block(head, 1),
        all,
        vec![],
    )))
    .await
    .expect("moves");
    let ring = store.ring().await.expect("reads");
    assert_eq!((ring.len() as u64, ring[0]), (length, block(head, 1)));
    assert_eq!(ring.last(), Some(&block(head - length + 1, 1)));
    assert_eq!(
        db.number("SELECT count(*) FROM chain_blocks").await,
        RING_BLOCKS
    );

    // Two blocks give way to one of another fork, which is lower.
    let lower = block(head - 1, 2);
    log.append(&with_cursor(moved(
        block(head, 1),
        lower,
        vec![lower],
        vec![],
    )))
    .await
    .expect("moves");
    let ring = store.ring().await.expect("reads");
    assert_eq!(ring[..2], [lower, block(head - 2, 1)]);
}

#[tokio::test]
async fn sightings_change_state_in_place_also_without_a_new_block() {
    let db = TestDb::new().await;
    let (log, store) = (db.log(), begun(&db).await);
    let seen = |number, index| sighting(block(number, 1), index, SightingStatus::Seen);
    let three = vec![seen(1, 0), seen(2, 0), seen(2, 1), seen(2, 1)];
    log.append(&with_cursor(moved(block(0, 1), block(2, 1), vec![], three)))
        .await
        .expect("moves");
    let confirmed = sighting(block(1, 1), 0, SightingStatus::Confirmed);
    let mut unmatched = sighting(block(2, 1), 0, SightingStatus::Unmatched);
    unmatched.reason = Some("no such payment".to_owned());
    let changes = vec![confirmed.clone(), unmatched.clone()];
    let still = moved(block(2, 1), block(2, 1), vec![], changes);
    log.append(&with_cursor(still)).await.expect("moves");
    let with = async |status| store.sightings(status, 10).await.expect("reads");
    assert_eq!(with(SightingStatus::Seen).await, [seen(2, 1)]);
    assert_eq!(with(SightingStatus::Confirmed).await, [confirmed]);
    assert_eq!(with(SightingStatus::Unmatched).await, [unmatched.clone()]);
    assert_eq!(with(SightingStatus::Reverted).await, []);
    assert_eq!(
        store.sightings_above(1).await.expect("reads"),
        [unmatched, seen(2, 1)]
    );
    assert_eq!(db.number("SELECT count(*) FROM chain_sightings").await, 3);
}
