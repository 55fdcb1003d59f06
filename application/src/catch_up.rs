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
use tokio::{select, sync::broadcast::error::RecvError, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    event::{Decoder, Recorded},
    ports::{
        event_log::{EventLog, LogError},
        wake::{Notice, WakeUps},
    },
    position::LogPosition,
};

/// Events that are read and handled at once.
const BATCH: u32 = 500;
/// Time between looks at the log when nobody wakes us: a wake-up is only a hint.
const POLL: Duration = Duration::from_millis(500);
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

    /// Handles a batch and moves the checkpoint from `from` to the batch's last position.
    /// MUST write both in one transaction, or be harmless when repeated.
    ///
    /// # Errors
    /// [`ConsumerError`]; nothing was written then.
    async fn consume(
        &self,
        from: LogPosition,
        batch: &[Recorded],
    ) -> Result<Consumed, ConsumerError>;
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
    log: Arc<dyn EventLog>,
    wake: Arc<dyn WakeUps>,
    decoder: Decoder,
    health: HealthHandle,
}

/// What one turn of the loop found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// More can be read at once.
    More,
    /// The end of the log.
    End,
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
    /// Puts a consumer on the loop.
    pub fn new(
        consumer: Arc<dyn Consumer>,
        log: Arc<dyn EventLog>,
        wake: Arc<dyn WakeUps>,
    ) -> Self {
        let health = HealthHandle::new(consumer.name());
        Self {
            consumer,
            log,
            wake,
            decoder: Decoder::current(),
            health,
        }
    }

    /// A view on its health.
    pub fn health(&self) -> HealthHandle {
        self.health.clone()
    }

    /// Runs until `stop`. Never ends by itself.
    pub async fn run(self, stop: CancellationToken) {
        let mut notices = self.wake.subscribe();
        let mut pause = RETRY_MIN;
        loop {
            match self.turn().await {
                Ok(Turn::More) => {
                    pause = RETRY_MIN;
                    if stop.is_cancelled() {
                        return;
                    }
                }
                Ok(Turn::End) => {
                    pause = RETRY_MIN;
                    select! {
                        () = stop.cancelled() => return,
                        () = sleep(POLL) => {}
                        () = appended(&mut notices) => {}
                    }
                }
                Err(error) => {
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
        loop {
            match self.turn().await {
                Ok(Turn::More) => {}
                Ok(Turn::End) => return Ok(()),
                Err(TurnError::Consumer(error)) => return Err(error),
                Err(TurnError::Log(error)) => {
                    return Err(ConsumerError::Unavailable {
                        reason: error.to_string(),
                    });
                }
            }
        }
    }

    async fn turn(&self) -> Result<Turn, TurnError> {
        let from = self.consumer.checkpoint().await?;
        let page = self.log.read_after(from, BATCH).await?;
        let (mut batch, mut poison) = self.decode(&page.events);
        if !batch.is_empty() {
            match self
                .consume_to_poison(from, &mut batch, &mut poison)
                .await?
            {
                Consumed::Advanced { notices } => {
                    let handled = u64::try_from(batch.len()).unwrap_or(u64::MAX);
                    counter!("gage_consumer_events_total", "consumer" => self.consumer.name())
                        .increment(handled);
                    for notice in notices {
                        self.wake.notify(notice);
                    }
                }
                Consumed::Superseded => return Ok(Turn::More),
            }
        }
        let checkpoint = batch.last().map_or(from, |last| last.position);
        self.record_progress(checkpoint, page.at_end, poison.is_none());
        match poison {
            Some(error) => Err(error.into()),
            None if page.at_end => Ok(Turn::End),
            None => Ok(Turn::More),
        }
    }

    /// Hands the batch over; if the consumer chokes on one event, the events before it.
    async fn consume_to_poison(
        &self,
        from: LogPosition,
        batch: &mut Vec<Recorded>,
        poison: &mut Option<ConsumerError>,
    ) -> Result<Consumed, ConsumerError> {
        match self.consumer.consume(from, batch).await {
            Err(ConsumerError::Poison { position, reason }) => {
                batch.retain(|event| event.position < position);
                let error = ConsumerError::Poison { position, reason };
                if batch.is_empty() {
                    return Err(error);
                }
                *poison = Some(error);
                self.consumer.consume(from, batch).await
            }
            other => other,
        }
    }

    /// Everything before the first event that cannot be read, and that event's error.
    fn decode(
        &self,
        events: &[crate::event::StoredEvent],
    ) -> (Vec<Recorded>, Option<ConsumerError>) {
        let mut batch = Vec::with_capacity(events.len());
        for stored in events {
            match self.decoder.decode(stored) {
                Ok(recorded) => batch.push(recorded),
                Err(error) => {
                    let poison = ConsumerError::Poison {
                        position: stored.position,
                        reason: error.to_string(),
                    };
                    return (batch, Some(poison));
                }
            }
        }
        (batch, None)
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
