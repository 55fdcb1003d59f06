//! The catch-up subscription: every reader of the log (projection or reaction) runs on this loop.
//!
//! Invariants:
//! - a consumer sees every event, in log order, and its checkpoint moves only past what it handled;
//! - notices go out after the commit, never before;
//! - an event that cannot be handled stops its consumer alone, loudly, and is never skipped.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use metrics::{counter, gauge};
use thiserror::Error;
use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    log_reader::{Batch, LogReader, Stretch, Unreadable},
    ports::{event_log::LogError, wake::Notice},
    position::LogPosition,
    tail::{POLL, Tail},
};

/// Events that are read and handled at once where nothing says that there are many more.
const BATCH: u32 = 500;
/// First pause after a failure; doubles up to [`RETRY_MAX`].
const RETRY_MIN: Duration = Duration::from_millis(100);
/// Longest pause after a failure.
const RETRY_MAX: Duration = Duration::from_secs(10);

/// What came of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consumed {
    /// Rows and checkpoint are written.
    Advanced {
        /// What may have changed, told after the commit.
        notices: Vec<Notice>,
    },
    /// Another replica moved the checkpoint first; nothing was written.
    Superseded,
}

/// Why a batch was not handled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConsumerError {
    /// Something outside is away; the same batch is tried again.
    #[error("not available: {reason}")]
    Unavailable {
        /// Why, for the log.
        reason: String,
    },
    /// An event that cannot be handled.
    #[error("event {position} cannot be handled: {reason}")]
    Poison {
        /// The event.
        position: LogPosition,
        /// Table, key and cause.
        reason: String,
    },
}

impl From<Unreadable> for ConsumerError {
    fn from(Unreadable { position, error }: Unreadable) -> Self {
        Self::Poison {
            position,
            reason: error.to_string(),
        }
    }
}

/// A reader of the log with a checkpoint.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// Its name, for logs, metrics and health.
    fn name(&self) -> &'static str;

    /// How far it has come.
    ///
    /// # Errors
    /// [`ConsumerError::Unavailable`].
    async fn checkpoint(&self) -> Result<LogPosition, ConsumerError>;

    /// Aggregate types whose events it never looks at. They are neither fetched nor decoded,
    /// and its checkpoint moves past them.
    fn ignores(&self) -> &'static [&'static str] {
        &[]
    }

    /// How many events it takes at once while it is far behind.
    fn bulk(&self) -> u32 {
        BATCH
    }

    /// How long it rests at the end of the log, whatever is appended meanwhile; without it, it
    /// looks again as soon as something is.
    fn rest(&self) -> Option<Duration> {
        None
    }

    /// Handles a stretch of the log and moves the checkpoint from its beginning to its end.
    /// MUST write both in one transaction, or be harmless when repeated.
    ///
    /// # Errors
    /// [`ConsumerError`]; nothing was written then.
    async fn consume(&self, stretch: Stretch<'_>) -> Result<Consumed, ConsumerError>;
}

/// How a consumer fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsumerCondition {
    /// It has not read yet.
    Starting,
    /// It handles events as they come, or is catching up.
    Running,
    /// Something outside is away; it tries again.
    Waiting {
        /// Why.
        reason: String,
    },
    /// A poison event stopped it. Needs the operator; tried again at every poll.
    Stopped {
        /// The event.
        position: Option<LogPosition>,
        /// Why.
        reason: String,
    },
}

/// How a consumer fares and how far it is; shared with the health page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerHealth {
    /// Its name.
    pub name: &'static str,
    /// How it fares.
    pub condition: ConsumerCondition,
    /// Its checkpoint.
    pub checkpoint: LogPosition,
    /// Whether the last read found the end of the log.
    pub at_end: bool,
}

/// A view on a running consumer's health.
#[derive(Debug, Clone)]
pub struct HealthHandle(Arc<Mutex<ConsumerHealth>>);

impl HealthHandle {
    fn new(name: &'static str) -> Self {
        Self(Arc::new(Mutex::new(ConsumerHealth {
            name,
            condition: ConsumerCondition::Starting,
            checkpoint: LogPosition::START,
            at_end: false,
        })))
    }

    /// How it fares now.
    pub fn get(&self) -> ConsumerHealth {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn update(&self, change: impl FnOnce(&mut ConsumerHealth)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A consumer on its loop.
pub struct CatchUp {
    consumer: Arc<dyn Consumer>,
    reader: LogReader,
    tail: Arc<Tail>,
    health: HealthHandle,
}

/// Where a turn of the loop begins.
#[derive(Debug)]
enum Begin {
    /// At the stored checkpoint, with what the log has now.
    Checkpoint,
    /// Where the last turn ended. If another replica went on from there, the move fails.
    At(LogPosition),
    /// With what was read while the last turn's batch was handled.
    Read(Batch),
}

/// What one turn of the loop found, and where the next one begins.
#[derive(Debug)]
enum Turn {
    /// More can be read at once.
    More(Begin),
    /// The end of the log, after this event.
    End(LogPosition),
}

/// What came of a batch that was handed over.
#[derive(Debug)]
enum Handled {
    /// Another replica moved the checkpoint first.
    Superseded,
    /// Everything in the batch is handled, which ends before the poison, if there is any.
    UpTo { poison: Option<ConsumerError> },
}

/// Why a turn failed.
#[derive(Debug, Error)]
enum TurnError {
    #[error(transparent)]
    Consumer(#[from] ConsumerError),
    #[error(transparent)]
    Log(#[from] LogError),
}

impl CatchUp {
    /// Puts a consumer on the loop. With a tail that does not run, it looks at the log at every
    /// poll.
    pub fn new(consumer: Arc<dyn Consumer>, tail: Arc<Tail>) -> Self {
        let health = HealthHandle::new(consumer.name());
        Self {
            reader: LogReader::new(tail.log().clone(), consumer.ignores()),
            consumer,
            tail,
            health,
        }
    }

    /// A view on its health.
    pub fn health(&self) -> HealthHandle {
        self.health.clone()
    }

    /// Runs until `stop`. Never ends by itself.
    pub async fn run(self, stop: CancellationToken) {
        let mut pause = RETRY_MIN;
        let mut begin = Begin::Checkpoint;
        let mut moves = self.tail.moves();
        loop {
            moves.mark_unchanged();
            match self.turn(begin).await {
                Ok(Turn::More(next)) => {
                    pause = RETRY_MIN;
                    begin = next;
                    if stop.is_cancelled() {
                        return;
                    }
                }
                Ok(Turn::End(to)) => {
                    pause = RETRY_MIN;
                    let rest = self.consumer.rest();
                    begin = select! {
                        () = stop.cancelled() => return,
                        () = sleep(rest.unwrap_or(POLL)) => Begin::Checkpoint,
                        Ok(()) = moves.changed(), if rest.is_none() => Begin::At(to),
                    };
                }
                Err(error) => {
                    begin = Begin::Checkpoint;
                    self.record_failure(&error);
                    select! {
                        () = stop.cancelled() => return,
                        () = sleep(pause) => pause = (pause * 2).min(RETRY_MAX),
                    }
                }
            }
        }
    }

    /// Runs until everything that could be read is handled; for tools and tests.
    ///
    /// # Errors
    /// The first failure, in words.
    pub async fn run_to_end(&self) -> Result<(), ConsumerError> {
        let mut begin = Begin::Checkpoint;
        loop {
            match self.turn(begin).await {
                Ok(Turn::More(next)) => begin = next,
                Ok(Turn::End(_)) => return Ok(()),
                Err(TurnError::Consumer(error)) => return Err(error),
                Err(TurnError::Log(error)) => {
                    return Err(ConsumerError::Unavailable {
                        reason: error.to_string(),
                    });
                }
            }
        }
    }

    /// Handles a batch: the one that was read ahead, or the next one.
    async fn turn(&self, begin: Begin) -> Result<Turn, TurnError> {
        let mut batch = match begin {
            Begin::Read(batch) => batch,
            Begin::At(from) => self.read(from).await?,
            Begin::Checkpoint => self.read_log(self.consumer.checkpoint().await?).await?,
        };
        let (to, at_end) = (batch.to, batch.at_end);
        let is_last = at_end || batch.unreadable.is_some();
        // Far behind: the next stretch is read while this one is written.
        let next = (!is_last).then(|| self.reader.read_ahead(to, self.consumer.bulk()));
        let Handled::UpTo { poison } = self.handle(&mut batch).await? else {
            return Ok(Turn::More(Begin::Checkpoint));
        };
        self.record_progress(batch.to, at_end, poison.is_none());
        match (poison, next) {
            (Some(error), _) => Err(error.into()),
            (None, Some(next)) => Ok(Turn::More(Begin::Read(next.await?))),
            (None, None) if at_end => Ok(Turn::End(to)),
            (None, None) => Ok(Turn::More(Begin::At(to))),
        }
    }

    /// The events after a position: from the tail, or where that does not reach, from the log.
    async fn read(&self, from: LogPosition) -> Result<Batch, LogError> {
        match self.tail.after(from, self.consumer.ignores()) {
            Some(batch) => Ok(batch),
            None => self.read_log(from).await,
        }
    }

    async fn read_log(&self, from: LogPosition) -> Result<Batch, LogError> {
        let batch = self.reader.read(from, BATCH).await?;
        if batch.at_end {
            self.tail.ends_at(batch.to);
        }
        Ok(batch)
    }

    /// Hands a batch over; if the consumer chokes on one event, the events before it.
    async fn handle(&self, batch: &mut Batch) -> Result<Handled, ConsumerError> {
        let mut poison = batch.unreadable.take().map(ConsumerError::from);
        if batch.is_empty() {
            return Ok(Handled::UpTo { poison });
        }
        let consumed = match self.consumer.consume(batch.stretch()).await {
            Err(ConsumerError::Poison { position, reason }) => {
                batch.end_before(position);
                let error = ConsumerError::Poison { position, reason };
                if batch.is_empty() {
                    return Err(error);
                }
                poison = Some(error);
                self.consumer.consume(batch.stretch()).await?
            }
            other => other?,
        };
        let Consumed::Advanced { notices } = consumed else {
            return Ok(Handled::Superseded);
        };
        counter!("gage_consumer_events_total", "consumer" => self.consumer.name())
            .increment(u64::try_from(batch.events.len()).unwrap_or(u64::MAX));
        for notice in notices {
            self.tail.wake().notify(notice);
        }
        Ok(Handled::UpTo { poison })
    }

    fn record_progress(&self, checkpoint: LogPosition, at_end: bool, running: bool) {
        gauge!("gage_consumer_stopped", "consumer" => self.consumer.name()).set(0.0);
        self.health.update(|health| {
            health.checkpoint = checkpoint;
            health.at_end = at_end;
            if running {
                health.condition = ConsumerCondition::Running;
            }
        });
    }

    fn record_failure(&self, error: &TurnError) {
        let condition = match error {
            TurnError::Consumer(ConsumerError::Poison { position, reason }) => {
                ConsumerCondition::Stopped {
                    position: Some(*position),
                    reason: reason.clone(),
                }
            }
            TurnError::Log(error @ LogError::Corrupt { .. }) => ConsumerCondition::Stopped {
                position: None,
                reason: error.to_string(),
            },
            TurnError::Consumer(ConsumerError::Unavailable { reason })
            | TurnError::Log(LogError::Unavailable { reason }) => ConsumerCondition::Waiting {
                reason: reason.clone(),
            },
        };
        let stopped = matches!(condition, ConsumerCondition::Stopped { .. });
        let known = self.health.get().condition == condition;
        self.health.update(|health| health.condition = condition);
        gauge!("gage_consumer_stopped", "consumer" => self.consumer.name()).set(if stopped {
            1.0
        } else {
            0.0
        });
        if !known {
            // Once when it begins, not at every retry.
            tracing::error!(consumer = self.consumer.name(), stopped, %error, "consumer cannot go on");
        }
    }
}
