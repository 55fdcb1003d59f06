//! One run: book by book through the event log and the contract's logs, then the sums.

use std::{collections::HashMap, time::Duration};

use gage_domain::{
    decider::Decider,
    ids::{PaymentId, PayoutId},
    inventory::Inventory,
    order::Order,
    payment::{LogId, LogRef},
    payout::PayoutEvent,
    product::Product,
    shop::Shop,
    value::B256,
};
use tokio::time::{Instant, sleep};

use super::{
    Progress, ReconcileError, Reconciliation, Stage, Tell,
    book::{Book, Entry, Seen},
    compare::{OnRecord, Sorted},
    funds::Funds,
    report::{Datum, Difference, Field, Pending, Report, Subject, Unmatched},
};
use crate::{
    event::Fact,
    log_reader::{LogReader, Unreadable},
    ports::{
        chain::{BlockRef, Observation, Observed, SightingStatus},
        escrow_view::{EscrowAccount, EscrowPayment},
    },
    position::LogPosition,
};

/// Events that are read at once.
const EVENTS: u32 = 5_000;
/// Payments and accounts that the contract is asked about at once.
const ASKED: usize = 200;
/// How long after its deadline, by the chain, the contract is asked about a payment of which there
/// is no log. It takes none after the deadline, so the answer never changes again; for a day it is
/// asked, since an index may lack the log of a payment that the listener missed, too.
const ASKED_AFTER_DEADLINE: time::Duration = time::Duration::DAY;
/// How long an open transaction may keep events from readers before a run gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time between looks for them.
const PAUSE: Duration = Duration::from_millis(100);

/// Aggregates whose events say nothing about money in the escrow.
const WITHOUT: &[&str] = &[Shop::TYPE, Product::TYPE, Inventory::TYPE, Order::TYPE];

/// A run that is under way.
pub(super) struct Run<'r> {
    parts: &'r Reconciliation,
    block: BlockRef,
    /// The newest event when the block was settled.
    events: LogPosition,
    /// Sightings up to the block that waited for confirmations before the event log was read.
    waiting: HashMap<LogId, Observation>,
    report: Report,
    funds: Funds,
}

/// Which of the books is being filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// The first: what belongs to no payment is looked at with it.
    First,
    /// A later one.
    Further,
}

impl<'r> Run<'r> {
    pub(super) fn new(
        parts: &'r Reconciliation,
        report: Report,
        block: BlockRef,
        waiting: HashMap<LogId, Observation>,
    ) -> Self {
        Self {
            parts,
            block,
            events: report.events,
            waiting,
            report: Report {
                block: Some(block),
                ..report
            },
            funds: Funds::default(),
        }
    }

    pub(super) async fn finish(
        mut self,
        held: usize,
        tell: Tell<'_>,
    ) -> Result<Report, ReconcileError> {
        let (mut from, mut reading) = (None, Reading::First);
        let made_at = self.parts.escrow.time_of(self.block).await?;
        loop {
            let mut book = Book::from(from, held);
            self.read_events(&mut book, reading, tell).await?;
            self.read_logs(&mut book, reading, tell).await?;
            from = book.rest();
            self.report.never_paid += book.leave_out_never_paid(made_at - ASKED_AFTER_DEADLINE);
            self.compare(book, tell).await?;
            if from.is_none() {
                break;
            }
            reading = Reading::Further;
        }
        self.compare_funds(tell).await?;
        self.list_unmatched().await?;
        self.parts.escrow.check_stands(self.block).await?;
        Ok(self.report)
    }

    /// Reads the whole event log: what it says of the book's payments, and of withdrawals.
    async fn read_events(
        &mut self,
        book: &mut Book,
        reading: Reading,
        tell: Tell<'_>,
    ) -> Result<(), ReconcileError> {
        let reader = LogReader::new(self.parts.log.clone(), WITHOUT);
        let (mut from, mut since) = (LogPosition::START, Instant::now());
        loop {
            let batch = reader.read(from, EVENTS).await?;
            if let Some(Unreadable { error, .. }) = batch.unreadable {
                return Err(error.into());
            }
            for event in &batch.events {
                match &event.fact {
                    Fact::Payment(payment, happened) => book.enter(*payment, happened),
                    Fact::Payout(payout, happened) if reading == Reading::First => {
                        self.paid_out(*payout, happened);
                    }
                    _ => {}
                }
            }
            if batch.to > from {
                (from, since) = (batch.to, Instant::now());
            }
            told(tell, Stage::Events, place(from), place(self.events));
            if !batch.at_end {
                continue;
            }
            if from >= self.events {
                break;
            }
            // What was settled is committed, and readers may not see it yet.
            if since.elapsed() > PATIENCE {
                let until = self.events;
                return Err(ReconcileError::HeldBack { until });
            }
            sleep(PAUSE).await;
        }
        self.report.events = self.report.events.max(from);
        self.report.elsewhere += book.leave_out_but(self.report.chain_id, self.report.escrow);
        Ok(())
    }

    /// Notes what an account took out, up to the block.
    fn paid_out(&mut self, payout: PayoutId, event: &PayoutEvent) {
        let Report {
            chain_id, escrow, ..
        } = self.report;
        let (PayoutEvent::FundsWithdrawn { log, amount }
        | PayoutEvent::WithdrawalReverted { log, amount }) = event;
        let ours = payout.chain_id == chain_id && payout.escrow == escrow;
        if !ours || log.block_number > self.block.number {
            return;
        }
        let account = EscrowAccount {
            token: payout.token,
            owner: payout.account,
        };
        match event {
            PayoutEvent::FundsWithdrawn { .. } => {
                self.waiting.remove(&log.id());
                self.funds.withdrawn(account, *amount);
            }
            PayoutEvent::WithdrawalReverted { .. } => self.funds.returned(account, *amount),
        }
    }

    /// Reads the contract's logs into the book.
    async fn read_logs(
        &mut self,
        book: &mut Book,
        reading: Reading,
        tell: Tell<'_>,
    ) -> Result<(), ReconcileError> {
        let escrow = &self.parts.escrow;
        let (begin, end) = (escrow.start_block(), self.block.number);
        let mut next = begin;
        while next <= end {
            let range = escrow.logs(next, self.block).await?;
            for observation in &range.logs {
                let covered = match observation.payment {
                    Some(payment) => book.covers(payment),
                    None => reading == Reading::First,
                };
                if covered {
                    self.report.logs += 1;
                    self.saw(book, observation).await?;
                }
            }
            next = range.last.max(next) + 1;
            told(tell, Stage::Logs, next - begin, end + 1 - begin);
        }
        Ok(())
    }

    async fn saw(
        &mut self,
        book: &mut Book,
        observation: &Observation,
    ) -> Result<(), ReconcileError> {
        if let Observed::Withdrawn {
            account: owner,
            token,
            amount,
        } = observation.what
        {
            let account = EscrowAccount { token, owner };
            self.funds.withdrawal_found(account, amount);
            let log = observation.log;
            if self.waiting.contains_key(&log.id()) {
                self.report.pending.push(Pending { payment: None, log });
                self.funds.withdrawn(account, amount);
            }
            return Ok(());
        }
        if book.see(observation) {
            return Ok(());
        }
        self.weigh_stray(observation).await
    }

    /// A log of the contract that is of no payment of ours: known as such, or a difference.
    async fn weigh_stray(&mut self, stray: &Observation) -> Result<(), ReconcileError> {
        let (log, payment) = (stray.log, stray.payment);
        match self.on_record(log).await? {
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
        let (Observed::Released { amount } | Observed::Refunded { amount }) = stray.what else {
            return Ok(());
        };
        let escrow = &self.parts.escrow;
        let found = escrow.payments(&[stray.key], self.block).await?;
        if let Some(Some(payment)) = found.first() {
            let owner = match stray.what {
                Observed::Released { .. } => payment.seller,
                _ => payment.buyer,
            };
            self.funds.credit(payment.token, owner, amount);
        }
        Ok(())
    }

    /// Compares the payments of a book.
    async fn compare(&mut self, book: Book, tell: Tell<'_>) -> Result<(), ReconcileError> {
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
            told(tell, Stage::Payments, done, total);
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
            on_record.insert(seen.log.id(), self.on_record(seen.log).await?);
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
    async fn on_record(&self, log: LogRef) -> Result<OnRecord, ReconcileError> {
        if self.waiting.contains_key(&log.id()) {
            return Ok(OnRecord::Waits);
        }
        let sighting = self.parts.record.sighting(log).await?;
        Ok(match sighting.map(|sighting| sighting.status) {
            Some(SightingStatus::Unmatched) => OnRecord::Unmatched,
            Some(SightingStatus::Seen | SightingStatus::Confirmed | SightingStatus::Reverted)
            | None => OnRecord::Nothing,
        })
    }

    async fn compare_funds(&mut self, tell: Tell<'_>) -> Result<(), ReconcileError> {
        let accounts: Vec<EscrowAccount> = self.funds.accounts().collect();
        let total = count(accounts.len());
        for some in accounts.chunks(ASKED) {
            let found = self.parts.escrow.withdrawable(some, self.block).await?;
            for (account, found) in some.iter().zip(found) {
                self.report.accounts += 1;
                self.funds.withdrawable(*account, found);
            }
            told(tell, Stage::Accounts, self.report.accounts, total);
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
        let mut last = None;
        loop {
            let status = SightingStatus::Unmatched;
            let some = self.parts.sightings(status, last.as_ref()).await?;
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
}

fn told(tell: Tell<'_>, stage: Stage, done: u64, total: u64) {
    tell(Progress { stage, done, total });
}

fn place(position: LogPosition) -> u64 {
    u64::try_from(position.position).unwrap_or_default()
}

fn count(things: usize) -> u64 {
    u64::try_from(things).unwrap_or(u64::MAX)
}
