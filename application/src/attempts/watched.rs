//! What is known of a transaction between two looks, and what the looks together say. Pure.

use gage_domain::{
    payment::AttemptFailure,
    value::{Address, B256},
};
use time::{Duration, OffsetDateTime};

use super::WatchSettings;
use crate::ports::attempts::{Finding, PendingAttempt, Sought};

/// The longest time between two looks at one transaction.
const PAUSE_MAX: Duration = Duration::minutes(10);
/// The time between two looks at one that seems dropped, once the order cannot be paid any more:
/// nobody waits for it, and it turns up hardly ever.
const PAUSE_SEEMS_DROPPED: Duration = Duration::hours(1);
/// The part of its age for which a transaction is left alone after a look.
const PAUSE_SHARE: i32 = 8;

/// A transaction that is watched. Kept in memory only: a restart makes verdicts later, never
/// wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watched {
    tx_hash: B256,
    /// As the node showed it, once it did; a report is a hint, and may be wrong.
    sender: Address,
    nonce: u64,
    /// The first look that did not find it, of those since it was last found.
    absent_since: Option<OffsetDateTime>,
    /// Whether the look before found its nonce taken, deep in the chain.
    overtaken: bool,
    next_look: OffsetDateTime,
}

impl Watched {
    pub(super) fn new(attempt: &PendingAttempt, now: OffsetDateTime) -> Self {
        Self {
            tx_hash: attempt.tx_hash,
            sender: attempt.by,
            nonce: attempt.nonce,
            absent_since: None,
            overtaken: false,
            next_look: now,
        }
    }

    /// Whether it is time to look again.
    pub(super) fn is_due(&self, now: OffsetDateTime) -> bool {
        self.next_look <= now
    }

    /// What to look for.
    pub(super) fn sought(&self) -> Sought {
        Sought {
            tx_hash: self.tx_hash,
            sender: self.sender,
            nonce: self.nonce,
        }
    }

    /// The next look comes the later, the longer the transaction has been waiting; after the
    /// payment window, much later if it seems dropped.
    pub(super) fn looked(&mut self, reported_at: OffsetDateTime, now: OffsetDateTime, pace: Pace) {
        let age = now - reported_at;
        let seems_dropped = self
            .absent_since
            .is_some_and(|since| now - since >= pace.dropped_after);
        let pause = if seems_dropped && age > pace.payment_window {
            PAUSE_SEEMS_DROPPED
        } else {
            (age / PAUSE_SHARE).min(PAUSE_MAX)
        };
        self.next_look = now + pause.max(pace.interval);
    }

    /// What the looks so far say, this one included; mostly nothing.
    ///
    /// A receipt says by itself that a transaction failed. What follows from a transaction's
    /// absence is said only when two looks in a row agree, or for a while all of them: one
    /// answer may come from a node that has not caught up.
    pub(super) fn verdict(
        &mut self,
        finding: Finding,
        now: OffsetDateTime,
        dropped_after: Duration,
    ) -> Option<AttemptFailure> {
        let overtaken_before = self.overtaken;
        self.overtaken = finding == Finding::Overtaken;
        match finding {
            Finding::Failed => Some(AttemptFailure::Reverted),
            Finding::Mined => {
                self.absent_since = None;
                None
            }
            Finding::Waiting { sender, nonce } => {
                (self.sender, self.nonce) = (sender, nonce);
                self.absent_since = None;
                None
            }
            Finding::Overtaken => overtaken_before.then_some(AttemptFailure::Replaced),
            // Its time goes on: whatever has its nonce now may leave the chain again.
            Finding::Overtaking | Finding::Unclear => None,
            Finding::Absent => {
                let since = *self.absent_since.get_or_insert(now);
                (now - since >= dropped_after).then_some(AttemptFailure::Dropped)
            }
        }
    }
}

/// What the time between two looks at one transaction depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// The shortest.
    interval: Duration,
    dropped_after: Duration,
    payment_window: Duration,
}

impl Pace {
    pub(super) fn of(settings: &WatchSettings) -> Self {
        Self {
            interval: settings.interval,
            dropped_after: settings.dropped_after,
            payment_window: settings.payment_window,
        }
    }
}

#[cfg(test)]
mod tests {
    use gage_domain::{ids::OrderId, payment::AttemptStanding};
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);
    const DROPPED_AFTER: Duration = Duration::minutes(10);

    const PACE: Pace = Pace {
        interval: Duration::seconds(2),
        dropped_after: DROPPED_AFTER,
        payment_window: Duration::minutes(15),
    };

    fn watched() -> Watched {
        let attempt = PendingAttempt {
            order: OrderId(Uuid::nil()),
            tx_hash: B256::repeat_byte(1),
            nonce: 7,
            by: Address::repeat_byte(2),
            reported_at: NOON,
            standing: AttemptStanding::Pending,
            chain_id: 1337,
        };
        Watched::new(&attempt, NOON)
    }

    /// What a look each minute says, the last one.
    fn after(findings: &[Finding]) -> Option<AttemptFailure> {
        let mut watched = watched();
        let mut said = None;
        for (minute, finding) in (0..).zip(findings) {
            let now = NOON + Duration::minutes(minute);
            said = watched.verdict(*finding, now, DROPPED_AFTER);
        }
        said
    }

    const WAITING: Finding = Finding::Waiting {
        sender: Address::ZERO,
        nonce: 9,
    };

    #[test]
    fn a_receipt_says_at_once_that_a_transaction_failed() {
        assert_eq!(after(&[Finding::Failed]), Some(AttemptFailure::Reverted));
        assert_eq!(after(&[Finding::Mined]), None);
    }

    #[test]
    fn a_transaction_is_replaced_when_two_looks_in_a_row_find_its_nonce_taken() {
        use Finding::{Overtaken, Overtaking, Unclear};
        assert_eq!(
            after(&[Overtaken, Overtaken]),
            Some(AttemptFailure::Replaced)
        );
        assert_eq!(after(&[Overtaken]), None);
        for between in [Overtaking, Unclear, WAITING, Finding::Mined] {
            assert_eq!(after(&[Overtaken, between, Overtaken]), None, "{between:?}");
        }
        assert_eq!(after(&[Overtaking; 60]), None, "not deep enough");
    }

    #[test]
    fn a_transaction_is_dropped_after_a_while_in_which_no_look_finds_it() {
        let absent = [Finding::Absent; 11];
        assert_eq!(after(&absent), Some(AttemptFailure::Dropped));
        assert_eq!(after(&absent[..10]), None, "nine minutes are not ten");
    }

    #[test]
    fn the_while_begins_anew_when_the_transaction_is_found() {
        let mut looks = vec![Finding::Absent; 8];
        looks.push(WAITING);
        looks.extend([Finding::Absent; 10]);
        assert_eq!(after(&looks), None);
        looks.push(Finding::Absent);
        assert_eq!(after(&looks), Some(AttemptFailure::Dropped));
    }

    #[test]
    fn a_node_that_is_unclear_now_and_then_neither_helps_nor_harms() {
        let mut looks = vec![Finding::Absent; 5];
        looks.extend([Finding::Unclear; 5]);
        assert_eq!(after(&looks), None);
        looks.push(Finding::Absent);
        assert_eq!(after(&looks), Some(AttemptFailure::Dropped));
    }

    #[test]
    fn what_the_node_shows_of_a_transaction_counts_more_than_the_report() {
        let mut watched = watched();
        watched.verdict(WAITING, NOON, DROPPED_AFTER);
        let sought = watched.sought();
        assert_eq!((sought.sender, sought.nonce), (Address::ZERO, 9));
    }

    #[test]
    fn looks_become_rarer_with_age_within_bounds() {
        let mut watched = watched();
        for (age, pause) in [
            (Duration::ZERO, Duration::seconds(2)),
            (Duration::seconds(-5), Duration::seconds(2)),
            (Duration::seconds(80), Duration::seconds(10)),
            (Duration::days(9), Duration::minutes(10)),
        ] {
            let now = NOON + age;
            watched.looked(NOON, now, PACE);
            assert!(!watched.is_due(now + pause - Duration::MILLISECOND));
            assert!(watched.is_due(now + pause));
        }
    }

    #[test]
    fn what_seems_dropped_is_looked_for_seldom_once_the_order_cannot_be_paid() {
        let mut watched = watched();
        let mut pause_at = |minutes: i64, finding| {
            let now = NOON + Duration::minutes(minutes);
            watched.verdict(finding, now, DROPPED_AFTER);
            watched.looked(NOON, now, PACE);
            watched.next_look - now
        };
        let by_age = |minutes: i64| Duration::minutes(minutes) / PAUSE_SHARE;
        assert_eq!(pause_at(1, Finding::Absent), by_age(1));
        assert_eq!(pause_at(14, Finding::Absent), by_age(14), "it can be paid");
        assert_eq!(pause_at(16, Finding::Absent), Duration::hours(1));
        assert_eq!(pause_at(76, WAITING), by_age(76), "it turned up");
        assert_eq!(
            pause_at(80, Finding::Absent),
            by_age(80),
            "one look says little"
        );
    }
}
