//! A log with its tree.

use std::{sync::Arc, time::Duration};

use gage_application::{
    catch_up::CatchUp,
    ports::{
        event_log::EventLog,
        history_tree::{HistoryTree, IssuedCheckpoints, KeptTree},
        wake::{Notice, WakeUps},
    },
    tail::Tail,
    tree::{
        Issuer, IssuerStatus, TreeReader,
        check::{TreeCheck, TreeFinding, TreeReport},
    },
};
use gage_domain::proof::{CheckpointKey, Origin};
use gage_infrastructure::{
    clock::{SystemClock, SystemEntropy},
    postgres::{PostgresCheckpointStore, PostgresStored, PostgresTree},
};
use sqlx::Executor;
use tokio::sync::broadcast;

use crate::support::{TestDb, append, events, stream};

pub(crate) struct World {
    pub(crate) db: TestDb,
}

/// Nobody wakes anybody: readers are run by hand.
struct Quiet(broadcast::Sender<Notice>);

impl WakeUps for Quiet {
    fn notify(&self, _: Notice) {}

    fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.0.subscribe()
    }
}

pub(crate) fn key() -> CheckpointKey {
    let origin = Origin::parse("shop.example/log").expect("an origin");
    CheckpointKey::new(origin, &[1; 32]).expect("a key")
}

impl World {
    pub(crate) async fn new() -> Self {
        let db = TestDb::new().await;
        Self { db }
    }

    pub(crate) fn tree(&self) -> PostgresTree {
        PostgresTree::new(self.db.pool.clone(), Arc::new(SystemEntropy))
    }

    pub(crate) fn issued(&self) -> PostgresCheckpointStore {
        PostgresCheckpointStore::new(self.db.pool.clone())
    }

    pub(crate) fn issuer(&self) -> Issuer {
        Issuer {
            tree: Arc::new(self.tree()),
            issued: Arc::new(self.issued()),
            key: key(),
            interval: Duration::from_secs(1),
            clock: Arc::new(SystemClock),
            status: IssuerStatus::default(),
        }
    }

    /// Events of an order, from the first on.
    pub(crate) async fn appends(&self, order: &str, after: u64, count: u64) {
        let events = events(&stream("Order", order), after, count);
        let log = self.db.log();
        log.append(&append(vec![events])).await.expect("appends");
    }

    /// The tree's reader, as the server runs it, until the tree has at least so many leaves:
    /// other tests' transactions on the same server may hold readers back for a moment.
    pub(crate) async fn grows_to(&self, leaves: u64) -> KeptTree {
        let reader = Arc::new(TreeReader::new(Arc::new(self.tree())));
        let wake = Arc::new(Quiet(broadcast::channel(1).0));
        let catch_up = CatchUp::new(reader, Tail::new(Arc::new(self.db.log()), wake));
        for _ in 0..1_500 {
            catch_up.run_to_end().await.expect("reads");
            let kept = self.tree().kept().await.expect("a tree");
            if kept.head.size >= leaves {
                return kept;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the tree did not grow to {leaves} leaves");
    }

    /// A checkpoint of the tree as it is.
    pub(crate) async fn signs(&self) -> u64 {
        let head = self.issuer().issue(None).await.expect("issues");
        head.expect("a tree that has leaves").size
    }

    /// Somebody with the rights of the database's owner.
    pub(crate) async fn administrator(&self, sql: &str) {
        let sql = format!(
            "BEGIN; ALTER TABLE events DISABLE TRIGGER events_append_only; {sql}; \
             ALTER TABLE events ENABLE TRIGGER events_append_only; COMMIT"
        );
        self.db.pool.execute(&*sql).await.expect("changes");
    }

    pub(crate) async fn check(&self) -> TreeReport {
        let key = key();
        let (tree, issued) = (self.tree(), self.issued());
        let issued: &dyn IssuedCheckpoints = &issued;
        let check = TreeCheck::begin(&tree, issued, Some(key.verifier())).await;
        let log = PostgresStored::now(&self.db.pool).await.expect("a log");
        let report = check.expect("a tree").whole(&log, &|_, _| {}).await;
        report.expect("a report")
    }

    /// What a check finds.
    pub(crate) async fn found(&self) -> Vec<TreeFinding> {
        self.check().await.findings.first
    }
}
