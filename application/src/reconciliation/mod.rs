//! Reconciliation: whether the event log and the escrow contract say the same of all money.
//!
//! The event log is folded anew from the aggregates' events, the contract is asked itself; read
//! models are not looked at. Invariants:
//! - everything is of one block: the newest that was deep enough when the run began. What the
//!   event log has of later blocks is left out, and what waits for confirmations is no
//!   difference;
//! - a run is told as a whole or not at all: a node that is away, or a block that leaves the
//!   chain meanwhile, ends it without a result;
//! - payments are held in bounded numbers, in the order of their ids, and the log is read again
//!   for the next ones. Only sums by account grow, with those who have something to take out.

mod book;
mod compare;
mod funds;
mod report;
mod run;
mod schedule;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use gage_domain::payment::LogId;
use thiserror::Error;

use self::run::Run;
pub use self::{
    report::{
        Datum, Difference, FINDINGS_KEPT, Field, Findings, Pending, Report, Subject, TokenTotals,
        Unmatched,
    },
    schedule::{Failure, Reconciled, Schedule, ScheduleStatus},
};
use crate::{
    ports::{
        StoreUnavailable,
        chain::{BlockRef, Observation, Sighting, SightingStatus},
        chain_record::ChainRecord,
        escrow_view::{EscrowUnavailable, EscrowView},
        event_log::{EventLog, LogError},
    },
    position::LogPosition,
};

/// Payments and logs that are held at once.
const HELD: usize = 200_000;
/// Sightings that are read at once.
const SIGHTINGS: u32 = 500;

/// What a reconciliation stands on.
#[derive(Clone)]
pub struct Reconciliation {
    /// The event log.
    pub log: Arc<dyn EventLog>,
    /// What the listener left on record.
    pub record: Arc<dyn ChainRecord>,
    /// The contract.
    pub escrow: Arc<dyn EscrowView>,
}

/// Why a run came to no result. Never a difference.
#[derive(Debug, Error)]
pub enum ReconcileError {
    /// The chain was never followed, so there is nothing to compare.
    #[error("the chain was not followed yet: run `gage serve` first")]
    NotFollowed,
    /// The chain cannot be asked, or not about that block any more.
    #[error(transparent)]
    Escrow(#[from] EscrowUnavailable),
    /// The database is away.
    #[error(transparent)]
    Store(#[from] StoreUnavailable),
    /// The event log cannot be read.
    #[error("the event log: {0}")]
    Log(#[from] LogError),
    /// An open transaction keeps events from readers.
    #[error("an open transaction keeps events up to {until} from readers")]
    HeldBack {
        /// The event that is waited for.
        until: LogPosition,
    },
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it does.
    pub stage: Stage,
    /// How much of it is done.
    pub done: u64,
    /// How much there is.
    pub total: u64,
}

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reads the event log, in positions.
    Events,
    /// Reads the contract's logs, in blocks.
    Logs,
    /// Asks the contract about payments.
    Payments,
    /// Asks the contract about accounts.
    Accounts,
}

/// Told how far a run is. Called often.
pub type Tell<'t> = &'t (dyn Fn(Progress) + Send + Sync);

impl Reconciliation {
    /// Compares everything.
    ///
    /// # Errors
    /// [`ReconcileError`].
    pub async fn run(&self, tell: Tell<'_>) -> Result<Report, ReconcileError> {
        self.run_holding(HELD, tell).await
    }

    /// The same with a bound of one's own on what is held at once.
    ///
    /// # Errors
    /// [`ReconcileError`].
    pub async fn run_holding(&self, held: usize, tell: Tell<'_>) -> Result<Report, ReconcileError> {
        let settled = self.record.settled().await?;
        let settled = settled.ok_or(ReconcileError::NotFollowed)?;
        let report = Report::new(self.escrow.as_ref(), settled.events);
        let Some(block) = self.escrow.confirmed(settled.block).await? else {
            return Ok(report);
        };
        // Before the event log is read, which may have them by then.
        let waiting = self.waiting(block).await?;
        Run::new(self, report, block, waiting)
            .finish(held, tell)
            .await
    }

    /// The sightings up to a block that wait for confirmations: few, since the listener confirms
    /// as it goes.
    async fn waiting(
        &self,
        block: BlockRef,
    ) -> Result<HashMap<LogId, Observation>, ReconcileError> {
        let mut waiting = HashMap::new();
        let mut last = None;
        loop {
            let some = self.sightings(SightingStatus::Seen, last.as_ref()).await?;
            for Sighting { observation, .. } in &some {
                if observation.log.block_number <= block.number {
                    waiting.insert(observation.log.id(), observation.clone());
                }
            }
            match some.into_iter().next_back() {
                Some(sighting) => last = Some(sighting),
                None => return Ok(waiting),
            }
        }
    }

    /// Some sightings of a status.
    async fn sightings(
        &self,
        status: SightingStatus,
        after: Option<&Sighting>,
    ) -> Result<Vec<Sighting>, ReconcileError> {
        let record = &self.record;
        Ok(record.sightings_after(status, after, SIGHTINGS).await?)
    }
}
