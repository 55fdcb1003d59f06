//! One execution of a subscription that many follow, each at its own pace.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::Bytes;
use gage_application::position::LogPosition;
use tokio::{sync::watch, time::Instant};

use super::feed::{CaughtUp, Told};

/// Answers that a channel remembers for those who are slower than others.
const ANSWERS: usize = 64;
/// Bytes that these may have together; the newest answer is always there.
const BYTES: usize = 512 * 1024;

/// An execution that many follow.
#[derive(Debug)]
pub(super) struct Channel {
    told: Told,
    /// Held for a moment only, never over an await.
    memory: Mutex<Memory>,
    /// Tells the followers to look.
    news: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Memory {
    answers: VecDeque<Answered>,
    /// The number of the first answer in memory, counted from the channel's beginning.
    first: u64,
    bytes: usize,
    /// When the last answer came that is not in memory any more.
    forgotten_at: Option<Instant>,
    end: Option<End>,
}

#[derive(Debug)]
struct Answered {
    position: LogPosition,
    at: Instant,
    payload: Bytes,
}

/// Why a channel ended. Its followers are caught up again, which tells each the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The execution is over.
    Over,
    /// Its answers are not, or no longer, the same for all who follow it.
    Private,
}

/// Why somebody cannot take a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoSeat {
    /// The channel has ended.
    Ended,
    /// It forgot something that they were not told yet.
    Forgotten,
}

impl Channel {
    pub(super) fn new(told: Told) -> Arc<Self> {
        Arc::new(Self {
            told,
            memory: Mutex::default(),
            news: watch::Sender::new(()),
        })
    }

    /// A seat for somebody who was told everything up to a look: what came since is still told.
    pub(super) fn seat(self: &Arc<Self>, caught_up: CaughtUp) -> Result<Seat, NoSeat> {
        let news = self.news.subscribe();
        self.with(|memory| {
            if memory.end.is_some() {
                return Err(NoSeat::Ended);
            }
            if memory
                .forgotten_at
                .is_some_and(|at| at >= caught_up.looked_at)
            {
                return Err(NoSeat::Forgotten);
            }
            // What came before the look was seen by it, and is not told twice.
            let seen = memory.answers.partition_point(|answered| {
                answered.at < caught_up.looked_at || answered.position <= caught_up.position
            });
            Ok(Seat {
                channel: self.clone(),
                news,
                next: memory.first + seen as u64,
                position: caught_up.position,
            })
        })
    }

    pub(super) fn tell(&self, position: LogPosition, payload: Bytes) {
        self.with(|memory| {
            memory.bytes += payload.len();
            memory.answers.push_back(Answered {
                position,
                at: Instant::now(),
                payload,
            });
            while memory.answers.len() > ANSWERS
                || (memory.bytes > BYTES && memory.answers.len() > 1)
            {
                memory.forget();
            }
        });
        self.news.send_replace(());
    }

    pub(super) fn end(&self, end: End) {
        self.with(|memory| memory.end = memory.end.or(Some(end)));
        self.news.send_replace(());
    }

    /// Waits until nobody follows any more.
    pub(super) async fn left(&self) {
        self.news.closed().await;
    }

    pub(super) fn is_left(&self) -> bool {
        self.news.receiver_count() == 0
    }

    fn with<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> T {
        look(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Memory {
    fn forget(&mut self) {
        if let Some(oldest) = self.answers.pop_front() {
            self.first += 1;
            self.bytes -= oldest.payload.len();
            self.forgotten_at = Some(oldest.at);
        }
    }

    /// What somebody is told next who was told everything before this number.
    fn look(&self, next: u64, told: Told) -> Seen {
        let end = self.first + self.answers.len() as u64;
        let wanted = match told {
            Told::Newest if next < end => end - 1,
            Told::Each | Told::Newest => next,
        };
        let Some(place) = wanted.checked_sub(self.first) else {
            return Seen::Forgotten;
        };
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        match (self.answers.get(place), self.end) {
            (Some(answered), _) => Seen::Answer {
                next: wanted + 1,
                position: answered.position,
                payload: answered.payload.clone(),
            },
            (None, Some(end)) => Seen::End(end),
            (None, None) => Seen::Nothing,
        }
    }
}

enum Seen {
    Answer {
        /// The number of the one after it.
        next: u64,
        position: LogPosition,
        payload: Bytes,
    },
    Nothing,
    Forgotten,
    End(End),
}

/// A follower's place in a channel.
#[derive(Debug)]
pub(super) struct Seat {
    channel: Arc<Channel>,
    news: watch::Receiver<()>,
    next: u64,
    position: LogPosition,
}

/// Why a follower must be caught up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// It was too slow.
    Behind,
    /// The channel ended.
    Ended(End),
}

impl Seat {
    /// The next answer. Nothing is lost when it is not waited for.
    pub(super) async fn next(&mut self) -> Result<Bytes, Lost> {
        loop {
            self.news.borrow_and_update();
            let told = self.channel.told;
            match self.channel.with(|memory| memory.look(self.next, told)) {
                Seen::Answer {
                    next,
                    position,
                    payload,
                } => {
                    self.next = next;
                    self.position = position;
                    return Ok(payload);
                }
                Seen::Forgotten => return Err(Lost::Behind),
                Seen::End(end) => return Err(Lost::Ended(end)),
                // The sender lives in the channel, which the seat holds.
                Seen::Nothing => drop(self.news.changed().await),
            }
        }
    }

    /// The last that the follower was told.
    pub(super) fn position(&self) -> LogPosition {
        self.position
    }
}

#[cfg(test)]
mod tests {
    use gage_domain::ids::OrderId;

    use super::{super::feed::Subject, *};

    fn at(position: i64) -> LogPosition {
        LogPosition {
            xact_id: 1,
            position,
        }
    }

    fn caught_up(position: i64) -> CaughtUp {
        CaughtUp {
            subject: Subject::Order(OrderId(uuid::Uuid::nil())),
            position: at(position),
            looked_at: Instant::now(),
        }
    }

    async fn told(seat: &mut Seat, times: usize) -> Vec<i64> {
        let mut positions = Vec::new();
        for _ in 0..times {
            seat.next().await.unwrap();
            positions.push(seat.position().position);
        }
        positions
    }

    fn tell(channel: &Channel, positions: impl IntoIterator<Item = i64>) {
        for position in positions {
            channel.tell(at(position), Bytes::from_static(b"{}"));
        }
    }

    #[tokio::test]
    async fn each_is_told_at_its_own_pace_from_where_it_stands() {
        let channel = Channel::new(Told::Each);
        let mut early = channel.seat(caught_up(0)).unwrap();
        let looked = caught_up(2);
        tell(&channel, 1..=4);
        // What its look saw is not told again; what came since is, though it sat down later.
        let mut late = channel.seat(looked).unwrap();
        assert_eq!(told(&mut late, 2).await, [3, 4]);
        assert_eq!(told(&mut early, 4).await, [1, 2, 3, 4]);
        let mut last = channel.seat(caught_up(4)).unwrap();
        tell(&channel, [5]);
        for seat in [&mut early, &mut late, &mut last] {
            assert_eq!(told(seat, 1).await, [5]);
        }
    }

    #[tokio::test]
    async fn who_falls_behind_the_memory_must_be_caught_up() {
        let channel = Channel::new(Told::Each);
        let mut slow = channel.seat(caught_up(0)).unwrap();
        let looked = caught_up(0);
        let more = i64::try_from(ANSWERS).unwrap() + 1;
        tell(&channel, 1..=more);
        assert_eq!(slow.next().await, Err(Lost::Behind));
        assert_eq!(slow.position(), at(0));
        // Who looked before something that is forgotten looks again.
        assert_eq!(channel.seat(looked).err(), Some(NoSeat::Forgotten));
        assert!(channel.seat(caught_up(more)).is_ok());
    }

    #[tokio::test]
    async fn where_the_newest_says_all_nobody_falls_behind() {
        let channel = Channel::new(Told::Newest);
        let mut slow = channel.seat(caught_up(0)).unwrap();
        tell(&channel, 1..=1_000);
        assert_eq!(told(&mut slow, 1).await, [1_000]);
        tell(&channel, [1_001]);
        assert_eq!(told(&mut slow, 1).await, [1_001]);
    }

    #[tokio::test]
    async fn memory_is_bounded_in_bytes_and_holds_the_newest() {
        let channel = Channel::new(Told::Each);
        let mut seat = channel.seat(caught_up(0)).unwrap();
        channel.tell(at(1), vec![b' '; BYTES].into());
        channel.tell(at(2), vec![b' '; 2 * BYTES].into());
        assert_eq!(seat.next().await, Err(Lost::Behind));
        let mut seat = channel.seat(caught_up(1)).unwrap();
        tell(&channel, [3]);
        assert_eq!(told(&mut seat, 1).await, [3]);
    }

    #[tokio::test]
    async fn an_end_is_told_after_everything_else() {
        let channel = Channel::new(Told::Each);
        let mut seat = channel.seat(caught_up(0)).unwrap();
        tell(&channel, [1]);
        channel.end(End::Private);
        channel.end(End::Over);
        assert_eq!(told(&mut seat, 1).await, [1]);
        assert_eq!(seat.next().await, Err(Lost::Ended(End::Private)));
        assert_eq!(channel.seat(caught_up(1)).err(), Some(NoSeat::Ended));
    }
}
