//! The gateway: the one door for writes.
//!
//! Operations are decided one after another on aggregates in memory and committed in groups;
//! everyone is answered after the commit, with its position. Invariants:
//! - everything an operation decides is written in one append, or nothing is;
//! - an idempotency key is written in that append, so a repeated request is answered, not redone;
//!   it is looked up when the append, or a refusal, says that it may have been used before;
//! - one operation's refusal, fault or panic touches no other of its group;
//! - what is in memory is only a cache: the log confirms what an answer is based on, so several
//!   replicas may write at once;
//! - an unknown outcome is never guessed: the key tells;
//! - past a bound on operations under way the gateway says that it is busy.

mod earlier;
mod group;
mod loading;
mod memory;
mod operation;
mod snapshotter;
mod ticket;
mod turns;
mod unit;
mod used_keys;
mod writer;

use std::{sync::Arc, time::Duration};

use metrics::{counter, histogram};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::{
    sync::{OwnedMutexGuard, Semaphore, mpsc},
    time::Instant,
};
use uuid::Uuid;

pub use group::GroupId;
pub use loading::Cold;
pub use operation::{NotNow, Operation, Refusal, UnitError, What};
pub use snapshotter::{Snapshotter, snapshotter};
pub use unit::{Change, Unit};

use crate::{
    metadata::Actor,
    ports::{
        chain::PaymentRail,
        clock::{Clock, Entropy},
        event_log::{EventLog, IdempotencyKey, LogError},
        snapshot::Snapshots,
        wake::WakeUps,
    },
    position::LogPosition,
};
use earlier::EarlierRequests;
use gage_domain::policy::Policy;
use ticket::{Failure, Ticket};
use turns::Turns;
use used_keys::UsedKeys;
use writer::Writer;

/// Operations that may be under way at once.
const UNDER_WAY: usize = 8_192;
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
    /// Groups that may be committed at once, each on a connection of its own.
    pub lanes: usize,
}

/// The one door for writes.
pub struct Gateway {
    earlier: EarlierRequests,
    /// Which keys are looked up before anything is decided.
    used_keys: UsedKeys,
    /// Decided by the writer, in this order.
    queue: mpsc::UnboundedSender<Ticket>,
    /// Bounds the queue, and everything that was taken from it and is not answered yet.
    places: Arc<Semaphore>,
    turns: Turns,
}

impl Gateway {
    /// Opens the door. The task decides and commits; it ends when the gateway is dropped and
    /// everyone is answered.
    pub fn open(parts: Parts) -> (Self, impl Future<Output = ()> + Send) {
        let parts = Arc::new(Parts {
            lanes: parts.lanes.max(1),
            ..parts
        });
        let (queue, arrivals) = mpsc::unbounded_channel();
        let (earlier, looking) = EarlierRequests::of(parts.log.clone());
        let writer = Writer::new(parts, arrivals);
        let gateway = Self {
            earlier,
            used_keys: UsedKeys::default(),
            queue,
            places: Arc::new(Semaphore::new(UNDER_WAY)),
            turns: Turns::default(),
        };
        let task = async {
            // Apart, so that keys are looked up while the writer decides.
            let looking = tokio::spawn(looking);
            writer.run().await;
            if let Err(error) = looking.await {
                tracing::error!(%error, "the look-up of idempotency keys was lost");
            }
        };
        (gateway, task)
    }

    /// Carries an operation out, once.
    ///
    /// # Errors
    /// [`GatewayError`]; nothing was written then, but for an unknown outcome
    /// ([`GatewayError::Log`]), which a repetition with the same key resolves.
    pub async fn execute<O: Operation>(
        &self,
        operation: O,
        request: Request,
    ) -> Result<Committed<O::Output>, GatewayError> {
        let started = Instant::now();
        let result = self.execute_in_turn(operation, request).await;
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
        operation: O,
        request: Request,
    ) -> Result<Committed<O::Output>, GatewayError> {
        let key = request.idempotency_key.clone();
        // Compared with that of another request with the same key, and with no other.
        let request_hash = match &key {
            Some(_) => hash_of(&operation)?,
            None => [0; 32],
        };
        let busy = GatewayError::Busy {
            retry_after: RETRY_AFTER,
        };
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            return Err(busy);
        };
        let _turn = self.turn(key.as_ref()).await;
        // Most keys are new, and the append finds out if one is not.
        if key.as_ref().is_some_and(|key| self.used_keys.may_have(key))
            && let Some(committed) = self.earlier::<O>(key.as_ref(), &request_hash).await?
        {
            return Ok(committed);
        }
        let (ticket, reply) = Ticket::new(operation, request, request_hash, place);
        let closed = || LogError::Unavailable {
            reason: "the gateway is closed".to_owned(),
        };
        self.queue.send(ticket).map_err(|_| closed())?;
        match reply.await.map_err(|_| closed())? {
            Ok((output, position)) => {
                if let Some(key) = &key {
                    self.used_keys.remember(key);
                }
                Ok(Committed {
                    output,
                    position,
                    repeated: false,
                })
            }
            // What was done already may be refused the second time.
            Err(Failure::Refused(refusal)) => {
                let earlier = self.earlier::<O>(key.as_ref(), &request_hash).await?;
                earlier.ok_or_else(|| refusal.into())
            }
            Err(Failure::Busy) => Err(busy),
            Err(Failure::CursorMoved) => Err(GatewayError::CursorMoved),
            Err(Failure::Log(error)) => Err(error.into()),
            Err(Failure::Output { reason }) => Err(GatewayError::StoredAnswer { reason }),
            // An earlier request, or another replica, was first.
            Err(Failure::KeyUsed) => {
                if let Some(key) = &key {
                    self.used_keys.suspect(key);
                }
                let earlier = self.earlier::<O>(key.as_ref(), &request_hash).await?;
                earlier.ok_or(busy)
            }
            // The connection was lost during the commit: the key tells whether it was written.
            Err(Failure::OutcomeUnknown { reason }) => {
                match self.earlier::<O>(key.as_ref(), &request_hash).await? {
                    Some(committed) => Ok(Committed {
                        repeated: false,
                        ..committed
                    }),
                    None => Err(LogError::Unavailable { reason }.into()),
                }
            }
        }
    }

    /// Requests with the same key go one after another.
    async fn turn(&self, key: Option<&IdempotencyKey>) -> Option<OwnedMutexGuard<()>> {
        match key {
            Some(key) => Some(self.turns.take(key).await),
            None => None,
        }
    }

    /// The answer of an earlier request with the same key.
    async fn earlier<O: Operation>(
        &self,
        key: Option<&IdempotencyKey>,
        request_hash: &[u8; 32],
    ) -> Result<Option<Committed<O::Output>>, GatewayError> {
        let Some(key) = key else {
            return Ok(None);
        };
        let Some(earlier) = self.earlier.find(key).await? else {
            return Ok(None);
        };
        self.used_keys.remember(key);
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
