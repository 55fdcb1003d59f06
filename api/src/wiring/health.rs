//! The parts of this server, as the health page shows them.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use gage_application::{
    catch_up::{ConsumerCondition, ConsumerHealth, HealthHandle},
    ports::{
        chain::{ChainCondition, ChainView, FollowedChains},
        clock::Clock,
        event_log::EventLog,
    },
    reconciliation::{Failure, ScheduleStatus},
    tree::{IssuerStatus, Issuing, TreeReader},
};
use gage_infrastructure::{
    chain::{AnchoringCondition, AnchoringWaits, KeeperCondition, KeeperStatus, KeeperWaits},
    redis::RedisStore,
};
use tokio::time::timeout;

use super::tree::ProofStatus;
use crate::http::health::{
    AnchorHealth, ChainHealth, Condition, HealthView, KeeperHealth, ProofHealth, ReaderHealth,
    Reason, ReconciliationHealth, Report,
};

/// How long a part may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Looks at the parts of this server.
pub(super) struct Health {
    pub(super) log: Arc<dyn EventLog>,
    pub(super) redis: RedisStore,
    pub(super) chains: FollowedChains,
    pub(super) keepers: Vec<(u64, KeeperStatus)>,
    pub(super) readers: Vec<HealthHandle>,
    pub(super) reconciled: Vec<(u64, ScheduleStatus)>,
    pub(super) proofs: ProofStatus,
    pub(super) clock: Arc<dyn Clock>,
}

#[async_trait]
impl HealthView for Health {
    async fn report(&self) -> Report {
        let log = timeout(PATIENCE, self.log.state());
        let redis = timeout(PATIENCE, self.redis.ping());
        let (log, redis) = tokio::join!(log, redis);
        let state = log.ok().and_then(Result::ok);
        let database = if state.is_some() {
            Condition::Up
        } else {
            Condition::Down
        };
        let redis = if matches!(redis, Ok(Ok(()))) {
            Condition::Up
        } else {
            Condition::Down
        };
        let readers: Vec<_> = self
            .readers
            .iter()
            .map(|reader| of_reader(&reader.get()))
            .collect();
        // A tree that was tampered with needs the operator, and keeps nobody from ordering.
        let stopped = readers.iter().any(|reader| {
            reader.condition == Condition::Stopped && reader.name != TreeReader::NAME
        });
        let since = state.and_then(|state| state.horizon_since);
        Report {
            ready: database == Condition::Up && !stopped,
            database,
            redis,
            chains: self.chains(),
            readers,
            proofs: of_proofs(&self.proofs),
            horizon_age_secs: since.map(|since| (self.clock.now() - since).whole_seconds().max(0)),
        }
    }
}

impl Health {
    /// The parts of each chain.
    fn chains(&self) -> Vec<ChainHealth> {
        let chains = self.chains.iter().map(|(chain_id, view)| ChainHealth {
            keeper: find(&self.keepers, chain_id).map(of_keeper),
            reconciliation: find(&self.reconciled, chain_id).map(of_reconciliation),
            ..of_chain(chain_id, view)
        });
        chains.collect()
    }
}

fn find<T>(parts: &[(u64, T)], chain_id: u64) -> Option<&T> {
    let found = parts.iter().find(|(id, _)| *id == chain_id);
    found.map(|(_, part)| part)
}

fn of_chain(chain_id: u64, chain: &dyn ChainView) -> ChainHealth {
    let status = chain.status();
    ChainHealth {
        chain_id,
        condition: match status.condition {
            ChainCondition::Starting => Condition::Starting,
            ChainCondition::Following => Condition::Up,
            ChainCondition::Stalled => Condition::Stalled,
            ChainCondition::Unreachable => Condition::Down,
            ChainCondition::Halted => Condition::Stopped,
        },
        head: status.head.map(|head| head.number),
        lag_blocks: status.lag_blocks,
        read_until: status.read_until,
        keeper: None,
        reconciliation: None,
    }
}

fn of_keeper(keeper: &KeeperStatus) -> KeeperHealth {
    let (spent, daily_budget) = keeper.spent_of_budget();
    let (condition, reason) = match keeper.condition() {
        KeeperCondition::Starting => (Condition::Starting, None),
        KeeperCondition::Working => (Condition::Up, None),
        KeeperCondition::Waiting(what) => (Condition::Down, Some(what_keeper_waits_for(what))),
    };
    KeeperHealth {
        condition,
        spent_wei: spent.to_string(),
        daily_budget_wei: daily_budget.to_string(),
        left_alone: keeper.left_alone(),
        reason,
    }
}

fn what_keeper_waits_for(what: KeeperWaits) -> Reason {
    match what {
        KeeperWaits::Node => Reason::NodeAway,
        KeeperWaits::Store => Reason::DatabaseAway,
        KeeperWaits::Key => Reason::KeyUnusable,
        KeeperWaits::OtherChain => Reason::OtherChain,
        KeeperWaits::Fees => Reason::FeesTooHigh,
        KeeperWaits::Budget => Reason::OverBudget,
        KeeperWaits::Funds => Reason::OutOfFunds,
        KeeperWaits::NotTaken => Reason::TransactionRefused,
        KeeperWaits::Stuck => Reason::TransactionStuck,
    }
}

fn why_nothing_came_of_it(failure: Failure) -> Reason {
    match failure {
        Failure::NotFollowed => Reason::NotFollowed,
        Failure::Node => Reason::NodeAway,
        Failure::Store => Reason::DatabaseAway,
        Failure::Log => Reason::BadEvent,
        Failure::HeldBack => Reason::EventsHeldBack,
    }
}

fn of_reconciliation(status: &ScheduleStatus) -> ReconciliationHealth {
    let (last, failure) = (status.last(), status.failure());
    ReconciliationHealth {
        condition: match (failure, last) {
            (Some(_), _) => Condition::Down,
            (None, None) => Condition::Starting,
            (None, Some(last)) if last.differences == 0 => Condition::Up,
            (None, Some(_)) => Condition::Differs,
        },
        differences: last.map(|last| last.differences),
        last_success: last.map(|last| last.at),
        block: last.and_then(|last| last.block).map(|block| block.number),
        reason: failure.map(why_nothing_came_of_it),
    }
}

fn of_proofs(proofs: &ProofStatus) -> ProofHealth {
    let (checkpoints, signed) = match proofs.issuing.as_ref().map(IssuerStatus::get) {
        None => (None, None),
        Some(Issuing::Starting) => (Some(Condition::Starting), None),
        Some(Issuing::UpTo(size)) => (Some(Condition::Up), Some(size)),
        Some(Issuing::Waiting) => (Some(Condition::Down), None),
        Some(Issuing::Refusing) => (Some(Condition::Differs), None),
    };
    ProofHealth {
        checkpoints,
        signed,
        anchors: proofs.anchoring.as_ref().map(|(chain_id, status)| {
            let (condition, reason) = match status.condition() {
                AnchoringCondition::Starting => (Condition::Starting, None),
                AnchoringCondition::Working => (Condition::Up, None),
                AnchoringCondition::Waiting(what) => {
                    (Condition::Down, Some(what_anchoring_waits_for(what)))
                }
            };
            AnchorHealth {
                chain_id: *chain_id,
                condition,
                reason,
            }
        }),
    }
}

fn what_anchoring_waits_for(what: AnchoringWaits) -> Reason {
    match what {
        AnchoringWaits::Node => Reason::NodeAway,
        AnchoringWaits::Store => Reason::DatabaseAway,
        AnchoringWaits::Key => Reason::KeyUnusable,
        AnchoringWaits::OtherChain => Reason::OtherChain,
        AnchoringWaits::Fees => Reason::FeesTooHigh,
        AnchoringWaits::Budget => Reason::OverBudget,
        AnchoringWaits::Funds => Reason::OutOfFunds,
        AnchoringWaits::NotTaken => Reason::TransactionRefused,
        AnchoringWaits::Stuck => Reason::TransactionStuck,
    }
}

fn of_reader(health: &ConsumerHealth) -> ReaderHealth {
    let (condition, reason) = match &health.condition {
        ConsumerCondition::Starting => (Condition::Starting, None),
        ConsumerCondition::Running => (Condition::Up, None),
        ConsumerCondition::Waiting { .. } => (Condition::Down, Some(Reason::DatabaseAway)),
        ConsumerCondition::Stopped { .. } => (Condition::Stopped, Some(Reason::BadEvent)),
    };
    ReaderHealth {
        name: health.name,
        condition,
        checkpoint: health.checkpoint.to_string(),
        at_end: health.at_end,
        reason,
    }
}
