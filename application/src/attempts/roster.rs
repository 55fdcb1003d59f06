//! Which transactions are watched, and how many are looked at: within bounds, since a report costs
//! whoever makes it nothing. Pure.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use super::watched::Watched;
use crate::ports::attempts::{AttemptPlace, PendingAttempt};

/// Transactions that are watched at once: a few megabytes.
const MOST: usize = 20_000;
/// Looks in a minute, each some questions to the node.
const LOOKS_A_MINUTE: u32 = 600;
/// Of these, what is kept for transactions that were reported within the payment window: whoever
/// sent one is waiting for an answer.
const KEPT_FOR_FRESH: u32 = LOOKS_A_MINUTE / 2;

/// What is remembered of each transaction that is watched, the newest ones if there are too many.
pub(super) struct Roster {
    /// With the sweep in which it was last in the list.
    entries: BTreeMap<AttemptPlace, (Watched, u64)>,
    sweep: u64,
    /// Those that this sweep did not watch, because newer ones are as many as may be.
    left_out: u64,
    most: usize,
}

impl Default for Roster {
    fn default() -> Self {
        Self::of_at_most(MOST)
    }
}

impl Roster {
    fn of_at_most(most: usize) -> Self {
        Self {
            entries: BTreeMap::new(),
            sweep: 0,
            left_out: 0,
            most,
        }
    }

    /// What is known of a transaction that is in the list; nothing when it is not watched.
    pub(super) fn meet(
        &mut self,
        attempt: &PendingAttempt,
        now: OffsetDateTime,
    ) -> Option<&mut Watched> {
        let (place, sweep) = (attempt.place(), self.sweep);
        let entry = self.entries.entry(place);
        entry
            .or_insert_with(|| (Watched::new(attempt, now), sweep))
            .1 = sweep;
        if self.entries.len() > self.most {
            self.entries.pop_first();
            self.left_out += 1;
        }
        self.get_mut(attempt)
    }

    pub(super) fn get(&self, attempt: &PendingAttempt) -> Option<&Watched> {
        let entry = self.entries.get(&attempt.place());
        entry.map(|(watched, _)| watched)
    }

    pub(super) fn get_mut(&mut self, attempt: &PendingAttempt) -> Option<&mut Watched> {
        let entry = self.entries.get_mut(&attempt.place());
        entry.map(|(watched, _)| watched)
    }

    /// Forgets what was not in the list since the last sweep, and says how many transactions this
    /// one did not watch.
    pub(super) fn swept(&mut self) -> u64 {
        let sweep = self.sweep;
        self.entries.retain(|_, (_, seen)| *seen == sweep);
        self.sweep = sweep.wrapping_add(1);
        std::mem::take(&mut self.left_out)
    }
}

/// The looks that are left of a minute.
pub(super) struct Looks {
    since: OffsetDateTime,
    left: u32,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            since: OffsetDateTime::UNIX_EPOCH,
            left: 0,
        }
    }
}

impl Looks {
    /// Takes one, if one is left for such a transaction.
    pub(super) fn take(&mut self, now: OffsetDateTime, fresh: bool) -> bool {
        // A clock that was put back begins a new minute, too.
        if (now - self.since).abs() >= Duration::MINUTE {
            (self.since, self.left) = (now, LOOKS_A_MINUTE);
        }
        let kept = if fresh { 0 } else { KEPT_FOR_FRESH };
        let may = self.left > kept;
        self.left -= u32::from(may);
        may
    }
}

#[cfg(test)]
mod tests {
    use gage_domain::{
        ids::OrderId,
        payment::AttemptStanding,
        value::{Address, B256},
    };
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    fn reported_at(minute: u8) -> PendingAttempt {
        PendingAttempt {
            order: OrderId(Uuid::from_u128(minute.into())),
            tx_hash: B256::repeat_byte(minute),
            nonce: 7,
            by: Address::repeat_byte(2),
            reported_at: NOON + Duration::MINUTE * i32::from(minute),
            standing: AttemptStanding::Pending,
            chain_id: 1337,
        }
    }

    /// Which of the list a sweep over it watches, and how many it leaves out.
    fn sweep(roster: &mut Roster, list: &[u8]) -> (Vec<u8>, u64) {
        for &minute in list {
            roster.meet(&reported_at(minute), NOON);
        }
        let watched = |minute: &&u8| roster.get(&reported_at(**minute)).is_some();
        let watched = list.iter().filter(watched).copied().collect();
        (watched, roster.swept())
    }

    #[test]
    fn of_too_many_transactions_the_newest_are_watched() {
        let mut roster = Roster::of_at_most(3);
        assert_eq!(sweep(&mut roster, &[1, 2, 3]), (vec![1, 2, 3], 0));
        assert_eq!(sweep(&mut roster, &[1, 2, 3, 4, 5]), (vec![3, 4, 5], 2));
        assert_eq!(sweep(&mut roster, &[1, 2, 3, 4, 5]), (vec![3, 4, 5], 2));
        assert_eq!(sweep(&mut roster, &[1, 5]), (vec![5], 1));
        // Room comes a sweep later.
        assert_eq!(sweep(&mut roster, &[1, 5]), (vec![1, 5], 0));
        assert_eq!(roster.entries.len(), 2);
    }

    #[test]
    fn a_minute_has_so_many_looks_and_half_of_them_are_for_what_is_fresh() {
        let mut looks = Looks::default();
        let mut taken = |now, fresh| (0..2_000).filter(|_| looks.take(now, fresh)).count();
        assert_eq!(taken(NOON, false), 300);
        assert_eq!(taken(NOON, true), 300);
        assert_eq!(taken(NOON + Duration::seconds(59), true), 0);
        assert_eq!(taken(NOON + Duration::MINUTE, true), 600);
        assert_eq!(taken(NOON + Duration::MINUTE, false), 0);
    }
}
