//! The gateway: the one door for writes.
//!
//! Load, decide, append, answer with the position. A conflict (another writer was first on a
//! stream) loads and decides again, a bounded number of times with jitter. Invariants:
//! - everything an operation decides is written in one append, or nothing is;
//! - an idempotency key is written in that append, so a repeated request is answered, not redone;
//! - an unknown outcome is never guessed: the key or the streams tell.

mod hot_streams;
mod operation;
mod snapshotter;
mod unit;

use std::{sync::Arc, time::Duration};

use metrics::{counter, histogram};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;

pub use operation::{Operation, Refusal, UnitError, What};
pub use snapshotter::{Snapshotter, snapshotter};
pub use unit::{Change, Unit};

use crate::{
    event::Decoder,
    metadata::{Actor, Metadata},
    ports::{
        chain::PaymentRail,
        clock::{Clock, Entropy},
        event_log::{Append, AppendError, EventLog, IdempotencyEntry, IdempotencyKey, LogError},
        snapshot::Snapshots,
        wake::{Notice, WakeUps},
    },
    position::LogPosition,
};
use gage_domain::policy::Policy;
use hot_streams::HotStreams;

/// Times that an operation is decided before the gateway says that it is busy.
const ATTEMPTS: u32 = 12;
/// Jitter before the first retry, at most; doubles up to [`JITTER_MAX_MS`].
const JITTER_MS: u64 = 4;
/// Longest jitter.
const JITTER_MAX_MS: u64 = 200;
/// How long an operation waits for its turn before the gateway says that it is busy.
const QUEUE_WAIT: Duration = Duration::from_secs(10);
/// What a caller is told to wait when the gateway is busy.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Who asks, and why.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub actor: Actor,
    /// One id for everything that follows from one outside request.
    pub correlation_id: Uuid,
    /// What led to it: a source event's position, or the request's id.
    pub causation_id: String,
    /// Makes a repetition recognisable.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// What an operation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed<T> {
    /// The operation's answer.
    pub output: T,
    /// A read model that reached this position shows what was written.
    pub position: LogPosition,
    /// Whether an earlier request with the same key was answered again.
    pub repeated: bool,
}

/// Why an operation came to nothing.
#[derive(Debug, Error)]
pub enum GatewayError {
    /// A rule forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Too many others want the same at once.
    #[error("busy, try again in {} s", retry_after.as_secs())]
    Busy {
        /// When trying again makes sense.
        retry_after: Duration,
    },
    /// Another listener moved the chain cursor.
    #[error("another listener moved the chain cursor")]
    CursorMoved,
    /// The event log cannot be reached or read; or the outcome is not known, and a
    /// repetition with the same idempotency key tells.
    #[error(transparent)]
    Log(#[from] LogError),
    /// What is stored for an idempotency key does not fit its operation.
    #[error("the stored answer of an idempotency key cannot be read: {reason}")]
    StoredAnswer {
        /// Why, for the log.
        reason: String,
    },
}

/// What the gateway stands on.
#[derive(Clone)]
pub struct Parts {
    /// The event log.
    pub log: Arc<dyn EventLog>,
    /// Where folded states are cached.
    pub snapshots: Arc<dyn Snapshots>,
    /// Takes new snapshots, beside the answer's way.
    pub snapshotter: Snapshotter,
    /// Told of every append, after its commit.
    pub wake: Arc<dyn WakeUps>,
    /// The time of decisions.
    pub clock: Arc<dyn Clock>,
    /// Jitter and ids.
    pub entropy: Arc<dyn Entropy>,
    /// How payments are asked for.
    pub rail: Arc<dyn PaymentRail>,
    /// The business rules' numbers.
    pub policy: Policy,
    /// Operations that may use the log at once; the others wait their turn.
    pub concurrency: usize,
}

/// The one door for writes.
pub struct Gateway {
    parts: Parts,
    decoder: Decoder,
    turns: Semaphore,
    hot: HotStreams,
}

impl Gateway {
    /// Opens the door.
    pub fn new(parts: Parts) -> Self {
        let turns = Semaphore::new(parts.concurrency.max(1));
        Self {
            parts,
            decoder: Decoder::current(),
            turns,
            hot: HotStreams::default(),
        }
    }

    /// Carries an operation out, once.
    ///
    /// # Errors
    /// [`GatewayError`]; nothing was written then, but for an unknown outcome
    /// ([`GatewayError::Log`]), which a repetition with the same key resolves.
    pub async fn execute<O: Operation>(
        &self,
        operation: &O,
        request: Request,
    ) -> Result<Committed<O::Output>, GatewayError> {
        let started = Instant::now();
        let result = self.execute_in_turn(operation, &request).await;
        histogram!("gage_command_seconds", "operation" => O::NAME).record(started.elapsed());
        let outcome = match &result {
            Ok(committed) if committed.repeated => "repeated",
            Ok(_) => "committed",
            Err(GatewayError::Refused(_)) => "refused",
            Err(_) => "failed",
        };
        counter!("gage_commands_total", "operation" => O::NAME, "outcome" => outcome).increment(1);
        result
    }

    async fn execute_in_turn<O: Operation>(
        &self,
        operation: &O,
        request: &Request,
    ) -> Result<Committed<O::Output>, GatewayError> {
        let request_hash = hash_of(operation)?;
        // First the streams that many want at once, then a turn: who waits for a hot stream
        // holds no turn that others could use.
        let _alone = timeout(QUEUE_WAIT, self.hot.lock(operation.hot_streams()))
            .await
            .map_err(|_| GatewayError::Busy {
                retry_after: RETRY_AFTER,
            })?;
        let _turn = self.turn().await?;
        if let Some(committed) = self.earlier::<O>(request, &request_hash).await? {
            return Ok(committed);
        }
        for attempt in 0..ATTEMPTS {
            match self.attempt(operation, request, request_hash).await {
                Ok(committed) => return Ok(committed),
                Err(AttemptError::Final(error)) => return Err(error),
                Err(AttemptError::Append(AppendError::Conflict)) => {
                    counter!("gage_conflicts_total", "operation" => O::NAME).increment(1);
                    self.jitter(attempt).await;
                }
                Err(AttemptError::Append(AppendError::KeyUsed)) => {
                    return match self.earlier::<O>(request, &request_hash).await? {
                        Some(committed) => Ok(committed),
                        None => Err(GatewayError::Busy {
                            retry_after: RETRY_AFTER,
                        }),
                    };
                }
                Err(AttemptError::Append(AppendError::CursorMoved)) => {
                    return Err(GatewayError::CursorMoved);
                }
                Err(AttemptError::Append(AppendError::Log(error))) => return Err(error.into()),
                Err(AttemptError::Append(AppendError::OutcomeUnknown { reason })) => {
                    return self
                        .resolve_unknown::<O>(request, &request_hash, reason)
                        .await;
                }
            }
        }
        Err(GatewayError::Busy {
            retry_after: RETRY_AFTER,
        })
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>, GatewayError> {
        match timeout(QUEUE_WAIT, self.turns.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(GatewayError::Busy {
                retry_after: RETRY_AFTER,
            }),
        }
    }

    async fn attempt<O: Operation>(
        &self,
        operation: &O,
        request: &Request,
        request_hash: [u8; 32],
    ) -> Result<Committed<O::Output>, AttemptError> {
        let now = self.parts.clock.now();
        let mut unit = Unit::new(&self.parts, &self.decoder, now);
        let output = operation.run(&mut unit).await.map_err(GatewayError::from)?;
        let stored = serde_json::to_value(&output).map_err(|error| GatewayError::StoredAnswer {
            reason: error.to_string(),
        })?;
        let decided = unit.finish();
        let append = Append {
            streams: decided.streams,
            metadata: Metadata {
                actor: request.actor.clone(),
                correlation_id: request.correlation_id,
                causation_id: request.causation_id.clone(),
                decided_at: now,
            },
            idempotency: request.idempotency_key.clone().map(|key| IdempotencyEntry {
                key,
                request_hash,
                output: stored,
            }),
            cursor: decided.cursor,
            seen: decided.seen,
        };
        let nothing_to_write =
            append.streams.is_empty() && append.idempotency.is_none() && append.cursor.is_none();
        let position = if nothing_to_write {
            append.seen
        } else {
            self.parts
                .log
                .append(&append)
                .await
                .map_err(AttemptError::Append)?
        };
        if !append.streams.is_empty() {
            self.parts.wake.notify(Notice::Appended);
            self.parts.snapshotter.offer(decided.snapshots, position);
        }
        Ok(Committed {
            output,
            position,
            repeated: false,
        })
    }

    /// The answer of an earlier request with the same key.
    async fn earlier<O: Operation>(
        &self,
        request: &Request,
        request_hash: &[u8; 32],
    ) -> Result<Option<Committed<O::Output>>, GatewayError> {
        let Some(key) = &request.idempotency_key else {
            return Ok(None);
        };
        let Some(earlier) = self.parts.log.earlier_request(key).await? else {
            return Ok(None);
        };
        if earlier.request_hash != *request_hash {
            return Err(GatewayError::KeyReused);
        }
        let output =
            serde_json::from_value(earlier.output).map_err(|error| GatewayError::StoredAnswer {
                reason: error.to_string(),
            })?;
        Ok(Some(Committed {
            output,
            position: earlier.position,
            repeated: true,
        }))
    }

    /// The connection was lost during the commit: the key tells whether it was written.
    async fn resolve_unknown<O: Operation>(
        &self,
        request: &Request,
        request_hash: &[u8; 32],
        reason: String,
    ) -> Result<Committed<O::Output>, GatewayError> {
        tracing::warn!(operation = O::NAME, %reason, "commit with an unknown outcome");
        match self.earlier::<O>(request, request_hash).await? {
            Some(committed) => Ok(Committed {
                repeated: false,
                ..committed
            }),
            None => Err(LogError::Unavailable { reason }.into()),
        }
    }

    async fn jitter(&self, attempt: u32) {
        let bound = JITTER_MS
            .saturating_mul(1 << attempt.min(16))
            .min(JITTER_MAX_MS);
        sleep(Duration::from_millis(self.parts.entropy.below(bound + 1))).await;
    }
}

/// Why one attempt failed.
enum AttemptError {
    Final(GatewayError),
    Append(AppendError),
}

impl From<GatewayError> for AttemptError {
    fn from(error: GatewayError) -> Self {
        Self::Final(error)
    }
}

impl From<UnitError> for GatewayError {
    fn from(error: UnitError) -> Self {
        match error {
            UnitError::Refused(refusal) => Self::Refused(refusal),
            UnitError::Log(error) => Self::Log(error),
        }
    }
}

/// SHA-256 over the operation's name and its arguments as JSON.
fn hash_of<O: Operation>(operation: &O) -> Result<[u8; 32], GatewayError> {
    let arguments = serde_json::to_vec(operation).map_err(|error| GatewayError::StoredAnswer {
        reason: error.to_string(),
    })?;
    let mut hasher = Sha256::new();
    hasher.update(O::NAME.as_bytes());
    hasher.update([0]);
    hasher.update(arguments);
    Ok(hasher.finalize().into())
}
