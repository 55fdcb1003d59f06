//! Anchoring: the newest checkpoint, once, within its budget, and after an outage.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use gage_application::ports::{
    anchors::{Anchor, AnchorPlace, AnchorState, Anchors},
    clock::Clock,
    history_tree::{IssuedCheckpoint, IssuedCheckpoints},
};
use gage_domain::{
    proof::{CheckpointKey, Origin, TreeHead},
    value::{Address, B256, BaseUnits},
};
use gage_infrastructure::{
    chain::{
        AnchorOnChain, Anchoring, AnchoringCondition, AnchoringParts, AnchoringSettings,
        AnchoringStatus, AnchoringWaits, LocalKey, anchor_on_chain, deploy_anchor,
    },
    clock::SystemClock,
    postgres::{PostgresAnchorLedger, PostgresAnchors, PostgresCheckpointStore},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    node::{CHAIN_ID, Program, TestNode},
    on_both,
    support::TestDb,
};

on_both!(
    a_checkpoint_is_anchored_once_by_two_servers_and_confirmed_when_it_is_deep,
    after_an_outage_the_newest_checkpoint_is_anchored,
);

const PATIENCE: Duration = Duration::from_mins(1);

struct World {
    node: TestNode,
    db: TestDb,
    contract: Address,
    stop: CancellationToken,
    running: Vec<JoinHandle<()>>,
}

/// Who pays and writes: the wallet's account that deploys.
fn publisher() -> LocalKey {
    TestNode::deployer()
}

fn root(size: u64) -> B256 {
    B256::left_padding_from(&(size + 1_000).to_be_bytes())
}

impl World {
    async fn new(program: Program) -> Self {
        let node = TestNode::start(program).await;
        let deployed = deploy_anchor(&node.client(), &TestNode::deployer()).await;
        Self {
            contract: deployed.unwrap().address,
            node,
            db: TestDb::new().await,
            stop: CancellationToken::new(),
            running: Vec::new(),
        }
    }

    /// A server that anchors.
    fn serves(&mut self, contract: Address, confirmations: u64, budget: u64) -> AnchoringStatus {
        let place = AnchorPlace {
            chain_id: CHAIN_ID,
            contract,
            publisher: publisher().address(),
        };
        let parts = AnchoringParts {
            node: self.node.client(),
            key: publisher(),
            ledger: PostgresAnchorLedger::new(self.db.pool.clone(), place),
            issued: Arc::new(PostgresCheckpointStore::new(self.db.pool.clone())),
            clock: Arc::new(SystemClock),
        };
        let settings = AnchoringSettings {
            confirmations,
            interval: Duration::from_millis(50),
            daily_budget: BaseUnits::from(budget),
            max_fee_per_gas: BaseUnits::from(100_000_000_000_u64),
        };
        let anchoring = Anchoring::new(parts, settings);
        let status = anchoring.status();
        self.running
            .push(tokio::spawn(anchoring.run(self.stop.clone())));
        status
    }

    /// A checkpoint of a log of a size.
    async fn signs(&self, size: u64) {
        let origin = Origin::parse("shop.example/log").unwrap();
        let key = CheckpointKey::new(origin, &[1; 32]).unwrap();
        let root = root(size);
        let checkpoint = IssuedCheckpoint {
            signed: key.sign(TreeHead { size, root }).unwrap(),
            key: key.verifier().to_string(),
            issued_at: SystemClock.now(),
        };
        let issued = PostgresCheckpointStore::new(self.db.pool.clone());
        assert!(issued.keep(&checkpoint).await.unwrap());
    }

    async fn anchors(&self) -> Vec<Anchor> {
        let anchors = PostgresAnchors::new(self.db.pool.clone());
        anchors.newest(100).await.unwrap()
    }

    async fn until(&self, what: &str, holds: impl Fn(&[Anchor]) -> bool) -> Vec<Anchor> {
        let since = Instant::now();
        loop {
            let anchors = self.anchors().await;
            if holds(&anchors) {
                return anchors;
            }
            assert!(since.elapsed() < PATIENCE, "{what}: {anchors:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the chain says.
    async fn stands(&self, anchor: &Anchor) -> AnchorOnChain {
        let (node, size) = (self.node.client(), anchor.head.size);
        let publisher = publisher().address();
        let asked = anchor_on_chain(&node, self.contract, publisher, size, anchor.tx_hash);
        asked.await.unwrap()
    }

    async fn ends(self) {
        self.stop.cancel();
        for running in self.running {
            running.await.unwrap();
        }
    }
}

async fn until_waits(status: &AnchoringStatus, what: AnchoringWaits) {
    let since = Instant::now();
    while status.condition() != AnchoringCondition::Waiting(what) {
        assert!(since.elapsed() < PATIENCE, "{:?}", status.condition());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn a_checkpoint_is_anchored_once_by_two_servers_and_confirmed_when_it_is_deep(
    program: Program,
) {
    let mut world = World::new(program).await;
    world.signs(7).await;
    for _ in 0..2 {
        world.serves(world.contract, 3, u64::MAX);
    }
    let is_mined = |anchor: &Anchor| matches!(anchor.state, AnchorState::Mined { .. });
    let anchors = world.until("mined", |all| all.iter().any(is_mined)).await;
    assert_eq!(anchors.len(), 1, "{anchors:?}");
    let none = PostgresAnchors::new(world.db.pool.clone());
    assert_eq!(none.confirmed_above(0).await.unwrap(), None, "not deep yet");
    world.node.mine(2).await;
    let is_confirmed = |anchor: &Anchor| matches!(anchor.state, AnchorState::Confirmed { .. });
    let anchors = world
        .until("confirmed", |all| all.iter().any(is_confirmed))
        .await;
    let AnchorState::Confirmed { block } = anchors[0].state else {
        panic!("{anchors:?}");
    };
    let said = AnchorOnChain {
        chain_id: CHAIN_ID,
        root: Some(root(7)),
        block: Some(block),
    };
    assert_eq!(world.stands(&anchors[0]).await, said);
    // Nothing new, nothing written.
    let height = world.node.height().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.node.height().await, height);
    assert_eq!(none.confirmed_above(3).await.unwrap(), Some(anchors[0]));
    assert_eq!(none.confirmed_above(99).await.unwrap(), Some(anchors[0]));
    world.ends().await;
}

async fn after_an_outage_the_newest_checkpoint_is_anchored(program: Program) {
    let mut world = World::new(program).await;
    world.signs(7).await;
    let status = world.serves(world.contract, 1, u64::MAX);
    let confirmed = |size: u64| {
        move |all: &[Anchor]| {
            let wanted = |anchor: &Anchor| {
                anchor.head.size == size && matches!(anchor.state, AnchorState::Confirmed { .. })
            };
            all.iter().any(wanted)
        }
    };
    world.until("the first", confirmed(7)).await;
    world.node.stop().await;
    for size in [8, 9, 10] {
        world.signs(size).await;
    }
    until_waits(&status, AnchoringWaits::Node).await;
    world.node.resume().await;
    let anchors = world.until("the newest", confirmed(10)).await;
    assert_eq!(world.stands(&anchors[0]).await.root, Some(root(10)));
    let sizes: Vec<_> = anchors.iter().map(|anchor| anchor.head.size).collect();
    assert!(!sizes.contains(&8) || !sizes.contains(&9), "{sizes:?}");
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_beyond_the_budget_or_without_a_contract() {
    let mut world = World::new(Program::Ganache).await;
    world.signs(7).await;
    let status = world.serves(world.contract, 1, 1);
    until_waits(&status, AnchoringWaits::Budget).await;
    assert_eq!(world.anchors().await, []);
    let status = world.serves(Address::repeat_byte(7), 1, u64::MAX);
    until_waits(&status, AnchoringWaits::OtherChain).await;
    assert_eq!(world.anchors().await, []);
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_has_another_root_for_a_size_is_told_and_not_paid_for() {
    let mut world = World::new(Program::Ganache).await;
    world.signs(7).await;
    world.serves(world.contract, 1, u64::MAX);
    let is_confirmed = |anchor: &Anchor| matches!(anchor.state, AnchorState::Confirmed { .. });
    world
        .until("confirmed", |all| all.iter().any(is_confirmed))
        .await;
    // An older database was put back, and the log went another way.
    world.stop.cancel();
    for sql in [
        "DELETE FROM anchors",
        "UPDATE tree_checkpoints SET root = sha256('x')",
    ] {
        sqlx::query(sql).execute(&world.db.pool).await.unwrap();
    }
    world.stop = CancellationToken::new();
    let status = world.serves(world.contract, 1, u64::MAX);
    until_waits(&status, AnchoringWaits::NotTaken).await;
    assert_eq!(world.anchors().await, []);
    world.ends().await;
}
