//! Attempts: transactions that buyers reported are watched until their end is known.
//!
//! A report is a hint, so it changes nothing about money. What is found here only tells the
//! buyer why nothing came: the transaction failed, another one took its nonce, or the network
//! forgot it. Invariants:
//! - a verdict rests on answers, never on their absence: a node that is away, lags or limits us
//!   leads to none;
//! - the aggregate decides; asking twice, or from several replicas, is harmless;
//! - a turn reads one page of the list, and so many transactions are remembered and looked at in a
//!   minute, however many there are: reports cost nothing.

mod roster;
mod watched;

use std::{fmt, sync::Arc, time::Duration as StdDuration};

use gage_domain::{
    payment::{AttemptFailure, AttemptStanding},
    policy,
};
use metrics::{counter, gauge};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;

use self::{
    roster::{Looks, Roster},
    watched::Pace,
};
use crate::{
    gateway::{Gateway, GatewayError, Request},
    metadata::Actor,
    operations::fail_attempt::FailAttempt,
    ports::{
        StoreUnavailable,
        attempts::{AttemptPlace, AttemptView, NoLook, PendingAttempt, PendingAttempts, Sought},
        clock::{Clock, Entropy},
    },
};

/// Attempts that are read in one turn.
const PAGE: u32 = 200;
/// Time between turns while the list has more.
const PAUSE: StdDuration = StdDuration::from_millis(100);
/// Longest time between turns while the chain cannot be looked at.
const PAUSE_MAX: StdDuration = StdDuration::from_mins(1);

/// How reported transactions are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchSettings {
    /// Time between looks, at least.
    pub interval: Duration,
    /// How long the node may not know a transaction before it counts as dropped.
    pub dropped_after: Duration,
    /// How long an order can be paid: what seems dropped after it is looked for only seldom.
    pub payment_window: Duration,
    /// How long after its report a transaction is watched.
    pub watched_for: Duration,
}

impl WatchSettings {
    /// Those of the policy, for orders with such a payment window.
    pub fn standard(payment_window: Duration) -> Self {
        Self {
            interval: Duration::seconds(2),
            dropped_after: policy::ATTEMPT_DROPPED_AFTER,
            payment_window,
            watched_for: payment_window + policy::ATTEMPT_WATCHED_AFTER_WINDOW,
        }
    }
}

/// What the worker stands on.
pub struct WatchParts {
    /// Where verdicts go.
    pub gateway: Arc<Gateway>,
    /// Which attempts there are.
    pub pending: Arc<dyn PendingAttempts>,
    /// The chain.
    pub chain: Arc<dyn AttemptView>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Correlation ids, and jitter.
    pub entropy: Arc<dyn Entropy>,
}

/// The worker that watches reported transactions.
pub struct AttemptWatch {
    parts: WatchParts,
    settings: WatchSettings,
    roster: Roster,
    looks: Looks,
    /// Where the next page begins; nothing at the beginning of a sweep.
    place: Option<AttemptPlace>,
}

/// What a turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchTurn {
    /// The list has more.
    More,
    /// The list is at its end; the next turn begins anew.
    Swept,
}

/// Why a turn stopped early.
#[derive(Debug, Error)]
pub enum WatchError {
    /// The read model is away.
    #[error(transparent)]
    Store(#[from] StoreUnavailable),
    /// The chain cannot be looked at.
    #[error(transparent)]
    Chain(#[from] NoLook),
    /// The gateway takes nothing.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
}

impl fmt::Debug for AttemptWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptWatch")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl AttemptWatch {
    /// A worker. Nothing is asked yet.
    pub fn new(parts: WatchParts, settings: WatchSettings) -> Self {
        Self {
            parts,
            settings,
            roster: Roster::default(),
            looks: Looks::default(),
            place: None,
        }
    }

    /// Watches until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let interval = self.settings.interval.unsigned_abs();
        let mut failures: u32 = 0;
        loop {
            // A turn that is cut off has told its verdicts, or not: both are fine.
            let turn = select! {
                biased;
                () = stop.cancelled() => return,
                turn = self.turn() => turn,
            };
            let pause = match turn {
                Ok(turn) => {
                    failures = 0;
                    match turn {
                        WatchTurn::More => PAUSE,
                        WatchTurn::Swept => interval,
                    }
                }
                Err(error) => {
                    if failures == 0 {
                        tracing::warn!(%error, "reported transactions are watched again later");
                    }
                    failures = failures.saturating_add(1);
                    self.backoff(interval, failures)
                }
            };
            select! {
                biased;
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
            }
        }
    }

    /// Half of the pause is sure, half is chance: replicas do not come back all at once.
    fn backoff(&self, interval: StdDuration, failures: u32) -> StdDuration {
        let doubled = interval.saturating_mul(1 << failures.min(10));
        let half = doubled.min(PAUSE_MAX) / 2;
        let bound = u64::try_from(half.as_millis()).unwrap_or(u64::MAX);
        half + StdDuration::from_millis(self.parts.entropy.below(bound.saturating_add(1)))
    }

    /// Looks at the next page of the list.
    ///
    /// # Errors
    /// [`WatchError`]; what was not looked at is looked at later.
    pub async fn turn(&mut self) -> Result<WatchTurn, WatchError> {
        let now = self.parts.clock.now();
        let oldest = AttemptPlace::since(now - self.settings.watched_for);
        let after = self.place.map_or(oldest, |place| place.max(oldest));
        let page = self.parts.pending.pending(after, PAGE).await?;
        let due = self.due(&page, now);
        if !due.is_empty() {
            self.look_at(&due, now).await?;
        }
        match page.last() {
            Some(last) if page.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX) => {
                self.place = Some(last.place());
                Ok(WatchTurn::More)
            }
            _ => {
                self.place = None;
                let left_out = u32::try_from(self.roster.swept()).unwrap_or(u32::MAX);
                let chain = self.parts.chain.chain_id().to_string();
                gauge!("gage_attempts_not_watched", "chain" => chain).set(f64::from(left_out));
                Ok(WatchTurn::Swept)
            }
        }
    }

    /// Those of a page that it is time to look at.
    fn due(&mut self, page: &[PendingAttempt], now: OffsetDateTime) -> Vec<PendingAttempt> {
        let chain_id = self.parts.chain.chain_id();
        let mut due = Vec::new();
        for attempt in page.iter().filter(|attempt| attempt.chain_id == chain_id) {
            let watched = self.roster.meet(attempt, now);
            if !watched.is_some_and(|watched| watched.is_due(now)) {
                continue;
            }
            // What no look is left for is due in the next sweep, too.
            let fresh = now - attempt.reported_at <= self.settings.payment_window;
            if self.looks.take(now, fresh) {
                due.push(*attempt);
            }
        }
        due
    }

    async fn look_at(
        &mut self,
        due: &[PendingAttempt],
        now: OffsetDateTime,
    ) -> Result<(), WatchError> {
        // Those that the roster has room for; what is left out meanwhile is not looked at.
        let known = |attempt: &PendingAttempt| Some((*attempt, self.roster.get(attempt)?.sought()));
        let known: Vec<(PendingAttempt, Sought)> = due.iter().filter_map(known).collect();
        let sought: Vec<Sought> = known.iter().map(|(_, sought)| *sought).collect();
        let findings = self.parts.chain.look(&sought).await?;
        for ((attempt, _), finding) in known.iter().zip(findings) {
            let Some(watched) = self.roster.get_mut(attempt) else {
                continue;
            };
            let verdict = watched.verdict(finding, now, self.settings.dropped_after);
            watched.looked(attempt.reported_at, now, Pace::of(&self.settings));
            // What is on record already needs no command.
            let news = verdict.filter(|&it| attempt.standing != AttemptStanding::Failed(it));
            if let Some(reason) = news {
                self.tell(attempt, reason).await?;
            }
        }
        Ok(())
    }

    async fn tell(
        &self,
        attempt: &PendingAttempt,
        reason: AttemptFailure,
    ) -> Result<(), WatchError> {
        let id = self.parts.entropy.id();
        let request = Request {
            actor: Actor::System("attempts"),
            correlation_id: id,
            causation_id: id.to_string(),
            idempotency_key: None,
        };
        let (order, tx_hash) = (attempt.order, attempt.tx_hash);
        let fail = FailAttempt {
            order,
            tx_hash,
            reason,
        };
        match self.parts.gateway.execute(fail, request).await {
            Ok(_) => {
                let label = match reason {
                    AttemptFailure::Reverted => "reverted",
                    AttemptFailure::Replaced => "replaced",
                    AttemptFailure::Dropped => "dropped",
                };
                counter!("gage_attempts_failed_total", "reason" => label).increment(1);
                tracing::debug!(%order, %tx_hash, label, "a reported transaction will not pay");
                Ok(())
            }
            // It paid in the meantime; the read model will follow.
            Err(GatewayError::Refused(refusal)) => {
                tracing::debug!(%order, %tx_hash, %refusal, "the attempt did not fail");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}
