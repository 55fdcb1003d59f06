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
mod schedule;

use std::{collections::HashMap, sync::Arc, time::Duration};

use gage_domain::{
    decider::Decider, ids::PaymentId, inventory::Inventory, order::Order, payment::LogId,
    product::Product, shop::Shop, value::B256,
};
use thiserror::Error;
use tokio::time::{Instant, sleep};

use self::{
    book::{Book, Entry, Seen},
    compare::{OnRecord, Sorted},
    funds::Funds,
};
pub use self::{
    report::{
        Datum, Difference, FINDINGS_KEPT, Field, Findings, Pending, Report, Subject, TokenTotals,
        Unmatched,
    },
    schedule::{Reconciled, Schedule, ScheduleStatus},
};
use crate::{
    event::{Decoder, Fact},
    log_reader::{LogReader, Unreadable},
    ports::{
        StoreUnavailable,
        chain::{BlockRef, Observation, Observed, Sighting, SightingStatus},
        chain_record::{ChainRecord, Settled},
        escrow_view::{EscrowAccount, EscrowPayment, EscrowUnavailable, EscrowView},
        event_log::{EventLog, LogError},
    },
    position::LogPosition,
};

/// Payments and logs that are held at once.
const HELD: usize = 200_000;
/// Events that are read at once.
const EVENTS: u32 = 5_000;
/// Payments and accounts that the contract is asked about at once.
const ASKED: usize = 200;
/// Sightings that are read at once.
const SIGHTINGS: u32 = 500;
/// How long an open transaction may keep events from readers before a run gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time between looks for them.
const PAUSE: Duration = Duration::from_millis(100);

/// Aggregates whose events say nothing about money in the escrow.
const WITHOUT: &[&str] = &[Shop::TYPE, Product::TYPE, Inventory::TYPE, Order::TYPE];

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
    /// How much there is; 0 when that is not known.
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

/// A run that is under way.
struct Run<'r> {
    parts: &'r Reconciliation,
    decoder: Decoder,
    settled: Settled,
    block: BlockRef,
    tell: Tell<'r>,
    held: usize,
    report: Report,
    funds: Funds,
}

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
        let mut report = Report {
            chain_id: self.escrow.chain_id(),
            escrow: self.escrow.escrow(),
            block: None,
            events: settled.events,
            payments: 0,
            elsewhere: 0,
            logs: 0,
            accounts: 0,
            tokens: Vec::new(),
            differences: Findings::default(),
            pending: Findings::default(),
            unmatched: Findings::default(),
        };
        let Some(block) = self.escrow.confirmed(settled.block).await? else {
            return Ok(report);
        };
        report.block = Some(block);
        let run = Run {
            parts: self,
            decoder: Decoder::current(),
            settled,
            block,
            tell,
            held,
            report,
            funds: Funds::default(),
        };
        run.finish().await
    }
}

impl Run<'_> {
    async fn finish(mut self) -> Result<Report, ReconcileError> {
        let mut from = None;
        loop {
            let mut book = Book::from(from, self.held);
            self.read_events(&mut book).await?;
            self.read_logs(&mut book, from.is_none()).await?;
            from = book.rest();
            self.compare(book).await?;
            if from.is_none() {
                break;
            }
        }
        self.compare_funds().await?;
        self.list_unmatched().await?;
        self.parts.escrow.check_stands(self.block).await?;
        Ok(self.report)
    }

    /// Reads the whole event log: what it says of the book's payments.
    async fn read_events(&mut self, book: &mut Book) -> Result<(), ReconcileError> {
        let reader = LogReader::new(self.parts.log.as_ref(), &self.decoder, WITHOUT);
        let (mut from, mut since) = (LogPosition::START, Instant::now());
        loop {
            let batch = reader.read(from, EVENTS).await?;
            if let Some(Unreadable { error, .. }) = batch.unreadable {
                return Err(error.into());
            }
            for event in &batch.events {
                if let Fact::Payment(payment, happened) = &event.fact {
                    book.enter(*payment, happened);
                }
            }
            if batch.to > from {
                (from, since) = (batch.to, Instant::now());
            }
            self.progress(Stage::Events, place(from), place(self.settled.events));
            if !batch.at_end {
                continue;
            }
            if from >= self.settled.events {
                break;
            }
            // What was settled is committed, and readers may not see it yet.
            if since.elapsed() > PATIENCE {
                let until = self.settled.events;
                return Err(ReconcileError::HeldBack { until });
            }
            sleep(PAUSE).await;
        }
        self.report.events = self.report.events.max(from);
        self.report.elsewhere += book.leave_out_but(self.report.chain_id, self.report.escrow);
        Ok(())
    }

    /// Reads the contract's logs into the book. Those that name no payment at all are weighed
    /// with the first one.
    async fn read_logs(&mut self, book: &mut Book, first: bool) -> Result<(), ReconcileError> {
        let escrow = self.parts.escrow.clone();
        let (begin, end) = (escrow.start_block(), self.block.number);
        let mut next = begin;
        while next <= end {
            let range = escrow.logs(next, self.block).await?;
            for observation in &range.logs {
                let covered = match observation.payment {
                    Some(payment) => book.covers(payment),
                    None => first,
                };
                if covered && !book.see(observation) {
                    self.weigh_stray(observation).await?;
                }
                self.report.logs += u64::from(covered);
            }
            next = range.last.max(next) + 1;
            self.progress(Stage::Logs, next - begin, end + 1 - begin);
        }
        Ok(())
    }

    /// A log of the contract that is of no payment of ours: known as such, or a difference.
    async fn weigh_stray(&mut self, stray: &Observation) -> Result<(), ReconcileError> {
        let (log, payment) = (stray.log, stray.payment);
        match self.on_record(log.id()).await? {
            OnRecord::Waits => self.report.pending.push(Pending { payment, log }),
            OnRecord::Unmatched => {}
            OnRecord::Nothing => self.report.differences.push(Difference {
                subject: Subject::Log(log),
                field: Field::Log,
                recorded: Datum::Nothing,
                found: Datum::Log {
                    log,
                    what: stray.what.clone(),
                },
            }),
        }
        self.credit_stray(stray).await
    }

    /// Money that moved on for a payment that is none of ours can be taken out all the same.
    async fn credit_stray(&mut self, stray: &Observation) -> Result<(), ReconcileError> {
        if let Observed::Paid { .. } | Observed::Disputed { .. } = stray.what {
            return Ok(());
        }
        let found = self.parts.escrow.payments(&[stray.key], self.block).await?;
        if let Some(Some(payment)) = found.first() {
            match stray.what {
                Observed::Released { amount } => {
                    self.funds.credit(payment.token, payment.seller, amount);
                }
                Observed::Refunded { amount } => {
                    self.funds.credit(payment.token, payment.buyer, amount);
                }
                Observed::Paid { .. } | Observed::Disputed { .. } => {}
            }
        }
        Ok(())
    }

    /// Compares the payments of a book.
    async fn compare(&mut self, book: Book) -> Result<(), ReconcileError> {
        let total = count(book.len());
        let mut done = 0;
        let mut entries = book.into_entries().peekable();
        while entries.peek().is_some() {
            let some: Vec<(PaymentId, Entry)> = entries.by_ref().take(ASKED).collect();
            let keys: Vec<B256> = some.iter().map(|(_, entry)| entry.terms.key).collect();
            let contract = self.parts.escrow.payments(&keys, self.block).await?;
            done += count(some.len());
            for ((payment, entry), contract) in some.into_iter().zip(contract) {
                self.compare_payment(payment, entry, contract.as_ref())
                    .await?;
            }
            self.progress(Stage::Payments, done, total);
        }
        Ok(())
    }

    async fn compare_payment(
        &mut self,
        payment: PaymentId,
        entry: Entry,
        contract: Option<&EscrowPayment>,
    ) -> Result<(), ReconcileError> {
        let terms = entry.terms.clone();
        let mut sorted = Sorted::of(entry, self.block.number);
        self.look_again(&mut sorted).await?;
        let mut on_record = HashMap::new();
        for seen in &sorted.only_seen {
            let log = seen.log.id();
            on_record.insert(log, self.on_record(log).await?);
        }
        let compared = sorted.compare(payment, &terms, contract, |log| {
            on_record.get(&log).copied().unwrap_or(OnRecord::Nothing)
        });
        self.report.payments += 1;
        self.funds.add(&terms, &compared.money, contract);
        for difference in compared.differences {
            self.report.differences.push(difference);
        }
        for pending in compared.pending {
            self.report.pending.push(pending);
        }
        Ok(())
    }

    /// Reads the blocks of logs that the chain seems not to have: an index of logs may leave some
    /// out, and a block may not.
    async fn look_again(&self, sorted: &mut Sorted) -> Result<(), ReconcileError> {
        let missing: Vec<_> = sorted.only_told.iter().map(|told| told.log).collect();
        for log in missing {
            let block = BlockRef {
                number: log.block_number,
                hash: log.block_hash,
            };
            let there = self.parts.escrow.logs_in(block).await?;
            let found = there.into_iter().find(|found| found.log.id() == log.id());
            if let Some(Observation { log, what, .. }) = found {
                sorted.found(Seen { log, what });
            }
        }
        Ok(())
    }

    /// What is on record of a log that the event log does not have.
    async fn on_record(&self, log: LogId) -> Result<OnRecord, ReconcileError> {
        let sighting = self.parts.record.sighting(log).await?;
        Ok(match sighting.map(|sighting| sighting.status) {
            Some(SightingStatus::Seen) => OnRecord::Waits,
            Some(SightingStatus::Unmatched) => OnRecord::Unmatched,
            Some(SightingStatus::Confirmed | SightingStatus::Reverted) | None => OnRecord::Nothing,
        })
    }

    async fn compare_funds(&mut self) -> Result<(), ReconcileError> {
        let accounts: Vec<EscrowAccount> = self.funds.accounts().collect();
        let total = count(accounts.len());
        for some in accounts.chunks(ASKED) {
            let found = self.parts.escrow.withdrawable(some, self.block).await?;
            for (account, found) in some.iter().zip(found) {
                self.report.accounts += 1;
                self.funds.withdrawable(*account, found);
            }
            self.progress(Stage::Accounts, self.report.accounts, total);
        }
        for token in self.funds.tokens() {
            let balance = self.parts.escrow.balance(token, self.block).await?;
            self.funds.balance(token, balance);
        }
        for difference in self.funds.differences() {
            self.report.differences.push(difference);
        }
        self.report.tokens = std::mem::take(&mut self.funds).into_totals();
        Ok(())
    }

    async fn list_unmatched(&mut self) -> Result<(), ReconcileError> {
        let mut last: Option<Sighting> = None;
        loop {
            let some = self
                .parts
                .record
                .unmatched(last.as_ref(), SIGHTINGS)
                .await?;
            for sighting in &some {
                self.report.unmatched.push(Unmatched {
                    log: sighting.observation.log,
                    what: sighting.observation.what.clone(),
                    reason: sighting.reason.clone().unwrap_or_default(),
                });
            }
            match some.into_iter().next_back() {
                Some(sighting) => last = Some(sighting),
                None => return Ok(()),
            }
        }
    }

    fn progress(&self, stage: Stage, done: u64, total: u64) {
        (self.tell)(Progress { stage, done, total });
    }
}

fn place(position: LogPosition) -> u64 {
    u64::try_from(position.position).unwrap_or_default()
}

fn count(things: usize) -> u64 {
    u64::try_from(things).unwrap_or(u64::MAX)
}
