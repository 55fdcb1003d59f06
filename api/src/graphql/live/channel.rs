//! One execution of a subscription that many follow, each at its own pace.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::Bytes;
use gage_application::position::LogPosition;
use tokio::{sync::watch, time::Instant};

use super::feed::CaughtUp;

/// Answers that a channel remembers for those who are slower than others.
const ANSWERS: usize = 64;
/// Bytes that these may have together; the newest answer is always there.
const BYTES: usize = 512 * 1024;

/// An execution that many follow.
#[derive(Debug)]
pub(super) struct Channel {
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
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
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

    fn look(&self, next: u64) -> Seen {
        let Some(place) = next.checked_sub(self.first) else {
            return Seen::Forgotten;
        };
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        match (self.answers.get(place), self.end) {
            (Some(answered), _) => Seen::Answer(answered.position, answered.payload.clone()),
            (None, Some(end)) => Seen::End(end),
            (None, None) => Seen::Nothing,
        }
    }
}

enum Seen {
    Answer(LogPosition, Bytes),
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
            match self.channel.with(|memory| memory.look(self.next)) {
                Seen::Answer(position, payload) => {
                    self.next += 1;
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
