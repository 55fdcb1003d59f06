//! The end of the log, read and decoded once for all consumers of a replica.
//!
//! Invariants:
//! - what is held is a stretch of the log without gaps, below the log's horizon;
//! - nobody depends on it: what is not held, cannot be read, or was not looked at for a while, is
//!   read from the log by whoever wants it, and so is what comes after a checkpoint that was
//!   looked up: a log that was put back, and its checkpoints with it, is not what is held here;
//! - what is held was read in one run of the log's server.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    select,
    sync::{Notify, broadcast::error::RecvError, watch},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    event::{Decoder, Recorded, StoredEvent},
    log_reader::Batch,
    ports::{
        event_log::{EventLog, Incarnation, LogError},
        wake::{Notice, WakeUps},
    },
    position::LogPosition,
};

/// Time between looks at the log when nobody wakes us: a wake-up is only a hint.
pub(crate) const POLL: Duration = Duration::from_millis(500);
/// How long what is held counts as the end of the log. A tail that works looks at every poll.
const FRESH: Duration = Duration::from_secs(1);
/// Time from a look that found something to the next one. While many events come, consumers take
/// some together; the first one after a pause waits for nothing.
const PACE: Duration = Duration::from_millis(15);
/// Events that are read at once.
const PAGE: u32 = 500;
/// Events that are held: a consumer that is slower than these come reads the log by itself, which
/// makes it slower still. Measured with whole orders: of 1,000, every event was read 2.9 times.
const HELD: usize = 4_000;

/// The end of the log.
pub struct Tail {
    log: Arc<dyn EventLog>,
    wake: Arc<dyn WakeUps>,
    decoder: Decoder,
    state: Mutex<State>,
    /// How often the end moved.
    moves: watch::Sender<u64>,
    /// A consumer said where the end is.
    placed: Notify,
}

enum State {
    /// Nobody runs it.
    Asleep,
    /// It waits for a consumer to say where the end is.
    Unplaced,
    /// It reads on from the end of what it holds.
    Following(Held),
}

/// A stretch of the log.
struct Held {
    /// The last event before it.
    from: LogPosition,
    /// Its last event.
    end: LogPosition,
    entries: VecDeque<Entry>,
    /// When the log had nothing after it.
    looked_at: Instant,
    /// The run of the log's server in which it was read, once something was.
    run: Option<Incarnation>,
}

struct Entry {
    stored: Arc<StoredEvent>,
    /// None when it cannot be read.
    event: Option<Recorded>,
}

impl Tail {
    /// The end of this log. Nothing is read before [`Tail::run`].
    pub fn new(log: Arc<dyn EventLog>, wake: Arc<dyn WakeUps>) -> Arc<Self> {
        Arc::new(Self {
            log,
            wake,
            decoder: Decoder::current(),
            state: Mutex::new(State::Asleep),
            moves: watch::Sender::new(0),
            placed: Notify::new(),
        })
    }

    /// The log that it is the end of.
    pub fn log(&self) -> &Arc<dyn EventLog> {
        &self.log
    }

    /// Tells and hears of appends.
    pub fn wake(&self) -> &Arc<dyn WakeUps> {
        &self.wake
    }

    /// Follows the log until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut notices = self.wake.subscribe();
        let mut rest = PACE;
        *self.state() = State::Unplaced;
        while !stop.is_cancelled() {
            // What was told before this look is committed before it.
            notices = notices.resubscribe();
            let next = Instant::now() + PACE;
            match self.read_on().await {
                Ok(Read::More) => continue,
                Ok(Read::End) => {
                    rest = PACE;
                    select! {
                        () = stop.cancelled() => return,
                        () = sleep_until(next) => {}
                    }
                }
                Ok(Read::Nothing) => {}
                // Consumers read for themselves then, and say what is wrong.
                Err(_) => *self.state() = State::Unplaced,
            }
            select! {
                () = stop.cancelled() => return,
                // Soon again at first: another transaction may have held back what was told of.
                () = sleep(rest) => rest = (rest * 2).min(POLL),
                () = appended(&mut notices) => rest = PACE,
                () = self.placed.notified() => {}
            }
        }
    }

    /// Everything after a position but for the events of some aggregate types; none when that may
    /// be more than what is held.
    pub(crate) fn after(&self, from: LogPosition, without: &[&str]) -> Option<Batch> {
        match &*self.state() {
            State::Following(held) if held.covers(from) => held.after(from, without),
            _ => None,
        }
    }

    /// Says that the log ended here a moment ago.
    pub(crate) fn ends_at(&self, position: LogPosition) {
        let mut state = self.state();
        if matches!(*state, State::Unplaced) {
            *state = State::Following(Held::nothing_after(position));
            self.placed.notify_one();
            self.moved();
        }
    }

    /// Every event after a position as it is stored, and how far that is; none when that may be
    /// more than what is held.
    pub fn stored_after(&self, from: LogPosition) -> Option<(Vec<Arc<StoredEvent>>, LogPosition)> {
        match &*self.state() {
            State::Following(held) if held.covers(from) => {
                let new = held.entries.range(held.seen(from)..);
                let new = new.map(|entry| entry.stored.clone());
                Some((new.collect(), held.end))
            }
            _ => None,
        }
    }

    /// How far the log was read; none while nobody follows it.
    pub fn end(&self) -> Option<LogPosition> {
        match &*self.state() {
            State::Following(held) => Some(held.end),
            State::Asleep | State::Unplaced => None,
        }
    }

    /// Changes whenever the end moved.
    pub fn moves(&self) -> watch::Receiver<u64> {
        self.moves.subscribe()
    }

    async fn read_on(&self) -> Result<Read, LogError> {
        let State::Following(Held { end: from, run, .. }) = *self.state() else {
            return Ok(Read::Nothing);
        };
        let now = Instant::now();
        // Before the events are read: a server that is started anew in between is noticed later.
        let current = self.log.incarnation().await?;
        if run.is_some_and(|run| run != current) {
            *self.state() = State::Unplaced;
            return Ok(Read::Nothing);
        }
        let page = self.log.read_after(from, PAGE, &[]).await?;
        let entries = page.events.into_iter().map(|stored| self.entry(stored));
        let entries: Vec<Entry> = entries.collect();
        if let State::Following(held) = &mut *self.state() {
            held.run = Some(current);
            held.extend(entries);
            if page.at_end {
                held.looked_at = now;
            }
        }
        if !page.at_end {
            return Ok(Read::More);
        }
        if page.end == from {
            return Ok(Read::Nothing);
        }
        self.moved();
        Ok(Read::End)
    }

    fn moved(&self) {
        self.moves.send_modify(|moves| *moves += 1);
    }

    fn entry(&self, stored: StoredEvent) -> Entry {
        Entry {
            event: self.decoder.decode(&stored).ok(),
            stored: Arc::new(stored),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a look at the log gave.
enum Read {
    /// Events, and there are more.
    More,
    /// The last events.
    End,
    /// No events.
    Nothing,
}

impl Held {
    fn nothing_after(end: LogPosition) -> Self {
        Self {
            from: end,
            end,
            entries: VecDeque::new(),
            looked_at: Instant::now(),
            run: None,
        }
    }

    /// Whether everything after a position is here, or was a moment ago.
    fn covers(&self, from: LogPosition) -> bool {
        (self.from..=self.end).contains(&from) && self.looked_at.elapsed() < FRESH
    }

    fn extend(&mut self, entries: Vec<Entry>) {
        self.entries.extend(entries);
        let surplus = self.entries.len().saturating_sub(HELD);
        if let Some(last) = self.entries.drain(..surplus).next_back() {
            self.from = last.stored.position;
        }
        if let Some(last) = self.entries.back() {
            self.end = last.stored.position;
        }
    }

    /// How many of the entries stand up to a position.
    fn seen(&self, from: LogPosition) -> usize {
        self.entries
            .partition_point(|entry| entry.stored.position <= from)
    }

    fn after(&self, from: LogPosition, without: &[&str]) -> Option<Batch> {
        let wanted = self.entries.range(self.seen(from)..);
        let wanted = wanted.filter(|entry| {
            let aggregate_type = entry.stored.stream.aggregate_type.as_str();
            !without.contains(&aggregate_type)
        });
        Some(Batch {
            from,
            to: self.end,
            events: wanted
                .map(|entry| entry.event.clone())
                .collect::<Option<_>>()?,
            at_end: true,
            unreadable: None,
        })
    }
}

/// Waits for the log to grow. A receiver that lagged may have missed it: that counts as a wake-up.
async fn appended(notices: &mut tokio::sync::broadcast::Receiver<Notice>) {
    loop {
        match notices.recv().await {
            Ok(Notice::Appended) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            // Nobody can wake us any more; the poll does.
            Err(RecvError::Closed) => std::future::pending::<()>().await,
        }
    }
}
