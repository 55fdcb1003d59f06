//! Reconciling again and again while the server runs.

use std::{sync::Arc, time::Duration};

use metrics::{counter, gauge};
use time::OffsetDateTime;
use tokio::{select, sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{ReconcileError, Reconciliation, Report};
use crate::ports::{
    chain::BlockRef,
    clock::{Clock, Entropy},
};

/// Longest time until the first run, and until the next one after a run that came to nothing.
const SOON: Duration = Duration::from_mins(1);
/// Differences that are logged one by one; the rest is counted.
const LOGGED: usize = 20;

/// Reconciles again and again.
pub struct Schedule {
    /// The chain (EIP-155) that is compared, as metrics name it.
    pub chain_id: u64,
    /// What is run.
    pub reconciliation: Reconciliation,
    /// Time between runs.
    pub interval: Duration,
    /// When a run ended.
    pub clock: Arc<dyn Clock>,
    /// Jitter: replicas do not ask the node all at once.
    pub entropy: Arc<dyn Entropy>,
    /// Where the result is told.
    pub status: ScheduleStatus,
}

/// A run that came to a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reconciled {
    /// When it ended.
    pub at: OffsetDateTime,
    /// The block of which it was; nothing while none was deep enough.
    pub block: Option<BlockRef>,
    /// Differences that it found.
    pub differences: u64,
    /// What only waited for confirmations.
    pub pending: u64,
    /// Logs that fit nothing.
    pub unmatched: u64,
}

/// What is known of the last runs. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ScheduleStatus(Arc<watch::Sender<Known>>);

/// The last run that came to a result, and why a later one did not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Known {
    last: Option<Reconciled>,
    failure: Option<Failure>,
}

/// Why a run came to no result; more about it is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The chain was never followed.
    NotFollowed,
    /// The node is away, or cannot be asked about the block any more.
    Node,
    /// The database is away.
    Store,
    /// The event log cannot be read.
    Log,
    /// An open transaction keeps events from readers.
    HeldBack,
}

impl From<&ReconcileError> for Failure {
    fn from(error: &ReconcileError) -> Self {
        match error {
            ReconcileError::NotFollowed => Self::NotFollowed,
            ReconcileError::Escrow(_) => Self::Node,
            ReconcileError::Store(_) => Self::Store,
            ReconcileError::Log(_) => Self::Log,
            ReconcileError::HeldBack { .. } => Self::HeldBack,
        }
    }
}

impl ScheduleStatus {
    /// The last run that came to a result.
    pub fn last(&self) -> Option<Reconciled> {
        self.0.borrow().last
    }

    /// Why the last run came to none, if it did not.
    pub fn failure(&self) -> Option<Failure> {
        self.0.borrow().failure
    }
}

impl Schedule {
    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut pause = self.spread(self.interval.min(SOON));
        loop {
            select! {
                biased;
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
            }
            let run = self.reconciliation.run(&|_| {});
            let result = select! {
                biased;
                () = stop.cancelled() => return,
                result = run => result,
            };
            pause = match result {
                Ok(report) => {
                    self.tell(&report);
                    self.interval
                }
                Err(error) => {
                    let failure = Some(Failure::from(&error));
                    if self.status.failure() != failure {
                        tracing::warn!(%error, "no reconciliation; trying again");
                    }
                    self.count("failed");
                    self.status.0.send_modify(|known| known.failure = failure);
                    self.spread(self.interval.min(SOON))
                }
            };
        }
    }

    /// Half of the pause is sure, half is chance.
    fn spread(&self, pause: Duration) -> Duration {
        let half = pause / 2;
        let bound = u64::try_from(half.as_millis()).unwrap_or(u64::MAX);
        half + Duration::from_millis(self.entropy.below(bound.saturating_add(1)))
    }

    fn count(&self, outcome: &'static str) {
        let chain = self.chain_id.to_string();
        counter!("gage_reconcile_runs_total", "chain" => chain, "outcome" => outcome).increment(1);
    }

    fn tell(&self, report: &Report) {
        let at = self.clock.now();
        let reconciled = Reconciled {
            at,
            block: report.block,
            differences: report.differences.count,
            pending: report.pending.count,
            unmatched: report.unmatched.count,
        };
        self.status.0.send_modify(|known| {
            known.last = Some(reconciled);
            known.failure = None;
        });
        let chain = self.chain_id.to_string();
        let differences = gauged(report.differences.count);
        gauge!("gage_reconcile_differences", "chain" => chain.clone()).set(differences);
        let seconds = u64::try_from(at.unix_timestamp()).unwrap_or_default();
        let seconds = gauged(seconds);
        gauge!("gage_reconcile_last_success_timestamp_seconds", "chain" => chain).set(seconds);
        let Reconciled {
            pending, unmatched, ..
        } = reconciled;
        let block = report.block.map(|block| block.number);
        let (payments, never_paid) = (report.payments, report.never_paid);
        if report.agrees() {
            self.count("agreed");
            tracing::info!(
                ?block,
                payments,
                never_paid,
                pending,
                unmatched,
                "the event log and the chain agree"
            );
            return;
        }
        self.count("differed");
        for difference in report.differences.first.iter().take(LOGGED) {
            tracing::error!(%difference, "the event log and the chain differ");
        }
        let differences = report.differences.count;
        tracing::error!(
            ?block,
            payments,
            differences,
            "the event log and the chain differ"
        );
    }
}

/// Gauges are floats; counts and seconds stay below 2^32.
fn gauged(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
