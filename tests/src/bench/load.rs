//! Callers: how often they call, and what came of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep_until};

use super::figures::{Latencies, Tail, per_sec};

/// When callers call.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// Each at once after its last answer, for so long.
    For(Duration),
    /// Each at once after its last answer, so many calls in all.
    Calls(u64),
    /// At fixed moments, whether earlier calls are answered or not. A call's latency is counted
    /// from its moment, also when every caller was still busy: else a slow answer would hide
    /// the calls that it kept from being made (coordinated omission). The timer wakes up to a
    /// millisecond late, which counts too.
    Arrivals {
        /// Calls a second.
        per_sec: u64,
        /// For so long.
        length: Duration,
    },
}

/// What came of a call. Anything else is a fault, and ends the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was done.
    Accepted,
    /// A rule forbade it, as it should.
    Refused,
}

/// Gives callers their turns.
#[derive(Debug)]
pub struct Turns {
    pace: Pace,
    began: Instant,
    taken: AtomicU64,
}

impl Turns {
    /// Turns from now on.
    pub fn new(pace: Pace) -> Arc<Self> {
        Arc::new(Self {
            pace,
            began: Instant::now(),
            taken: AtomicU64::new(0),
        })
    }

    /// Waits for the next turn: the moment from which the call's latency counts, and its number.
    pub async fn next(&self) -> Option<(Instant, u64)> {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        match self.pace {
            Pace::For(length) => {
                let now = Instant::now();
                (now < self.began + length).then_some((now, number))
            }
            Pace::Calls(calls) => (number < calls).then(|| (Instant::now(), number)),
            Pace::Arrivals { per_sec, length } => {
                let nanos = u128::from(number) * 1_000_000_000 / u128::from(per_sec.max(1));
                let after = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
                if after >= length {
                    return None;
                }
                let moment = self.began + after;
                sleep_until(moment.into()).await;
                Some((moment, number))
            }
        }
    }
}

/// What came of many calls.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Calls that were done.
    pub accepted: u64,
    /// Calls that a rule forbade.
    pub refused: u64,
    /// Of both.
    pub latencies: Latencies,
    began: Instant,
    last_accepted: Instant,
}

impl Tally {
    /// Nothing yet.
    pub fn new() -> Self {
        let now = Instant::now();
        Self {
            accepted: 0,
            refused: 0,
            latencies: Latencies::default(),
            began: now,
            last_accepted: now,
        }
    }

    /// Counts a call that was due at `since` and is answered now.
    pub fn count(&mut self, since: Instant, verdict: Verdict) {
        let now = Instant::now();
        self.latencies.record(now - since);
        match verdict {
            Verdict::Accepted => {
                self.accepted += 1;
                self.last_accepted = now;
            }
            Verdict::Refused => self.refused += 1,
        }
    }

    /// Adds another caller's.
    pub fn merge(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.latencies.merge(&other.latencies);
        self.began = self.began.min(other.began);
        self.last_accepted = self.last_accepted.max(other.last_accepted);
    }

    /// Calls that were done, a second, up to the last of them.
    pub fn rate(&self) -> f64 {
        per_sec(self.accepted, self.last_accepted - self.began)
    }

    /// The latencies that a report shows.
    pub fn tail(&self) -> Tail {
        self.latencies.tail()
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

/// So many callers at once, each a task. `call` is given the caller's and the call's number.
///
/// # Panics
/// When a call is at fault.
pub async fn crowd<C, F>(callers: usize, pace: Pace, call: C) -> Tally
where
    C: Fn(usize, u64) -> F + Clone + Send + 'static,
    F: Future<Output = Verdict> + Send,
{
    let turns = Turns::new(pace);
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let (turns, call) = (turns.clone(), call.clone());
        tasks.spawn(async move {
            let mut tally = Tally::new();
            while let Some((since, number)) = turns.next().await {
                let verdict = call(caller, number).await;
                tally.count(since, verdict);
            }
            tally
        });
    }
    sum(tasks.join_all().await)
}

/// Of all callers.
pub fn sum(tallies: impl IntoIterator<Item = Tally>) -> Tally {
    let mut all = tallies.into_iter();
    let mut total = all.next().unwrap_or_default();
    for tally in all {
        total.merge(&tally);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_answer_does_not_hide_the_calls_that_it_held_up() {
        let pace = Pace::Arrivals {
            per_sec: 1_000,
            length: Duration::from_millis(100),
        };
        // One caller, and its first call takes a real tenth of a second.
        let tally = crowd(1, pace, |_, number| async move {
            if number == 0 {
                std::thread::sleep(Duration::from_millis(100));
            }
            Verdict::Accepted
        })
        .await;
        assert_eq!(tally.accepted, 100);
        assert!(tally.tail().p50_ms > 30.0, "{:?}", tally.tail());
    }

    #[tokio::test]
    async fn so_many_calls_are_made_and_no_more() {
        let tally = crowd(7, Pace::Calls(100), |_, number| async move {
            if number < 90 {
                Verdict::Accepted
            } else {
                Verdict::Refused
            }
        })
        .await;
        assert_eq!((tally.accepted, tally.refused), (90, 10));
        assert_eq!(tally.latencies.count(), 100);
    }
}
