//! The event log: the only place where aggregates are persisted.

use async_trait::async_trait;
use serde_json::{Value, value::RawValue};
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    event::{StoredEvent, StreamName},
    metadata::Metadata,
    ports::chain::CursorMove,
    position::LogPosition,
};

/// An event that is to be appended.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// For example `OrderPlaced`.
    pub event_type: String,
    /// Semver of the payload's layout.
    pub event_version: String,
    /// The event itself, as JSON.
    pub payload: Box<RawValue>,
}

/// A stream at one of its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamVersion {
    /// The stream.
    pub stream: StreamName,
    /// An event's number in it; 0 before the first.
    pub sequence: u64,
}

/// New events of one stream.
#[derive(Debug, Clone)]
pub struct StreamAppend {
    /// The stream.
    pub stream: StreamName,
    /// The sequence of the last event on which the decision was based; 0 for a new stream.
    pub expected_sequence: u64,
    /// At least one event.
    pub events: Vec<NewEvent>,
}

/// What makes a repeated request recognisable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// Whose key it is, as the printed actor: two principals may use the same key.
    pub principal: String,
    /// The caller's key.
    pub key: String,
}

/// What is remembered of a request with an idempotency key, in the append itself.
#[derive(Debug, Clone, PartialEq)]
pub struct IdempotencyEntry {
    /// The key.
    pub key: IdempotencyKey,
    /// SHA-256 of the operation's name and its arguments.
    pub request_hash: [u8; 32],
    /// The operation's output, to be answered again.
    pub output: Value,
}

/// What an earlier request with the same key did.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierRequest {
    /// SHA-256 of the earlier request.
    pub request_hash: [u8; 32],
    /// What was answered.
    pub output: Value,
    /// The position that was returned.
    pub position: LogPosition,
}

/// What one decision writes.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Streams in sorted order, each at most once. May be empty when only a key is remembered.
    pub streams: Vec<StreamAppend>,
    /// Who, why, when.
    pub metadata: Metadata,
    /// The request's idempotency key.
    pub idempotency: Option<IdempotencyEntry>,
}

/// A run of the log's server, as the server numbers it. During a run what was committed stays; when
/// another one begins, the log may have been put back to an older state: a restored backup, a
/// replica that took over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incarnation(pub i64);

/// Decisions that are written together, all or nothing.
#[derive(Debug, Clone, Default)]
pub struct Append {
    /// Decisions one after another; a later one may build on what an earlier one adds to a
    /// stream. Their events stand in the log in this order.
    pub decisions: Vec<Decision>,
    /// Streams that the decisions are based on and do not add to. If one has grown, the append
    /// is in conflict.
    pub unchanged: Vec<StreamVersion>,
    /// The chain cursor's move that belongs to these events.
    pub cursor: Option<CursorMove>,
    /// What to answer as position when no event is written: the newest position that the
    /// decisions saw.
    pub seen: LogPosition,
    /// The run of the server in which all that the decisions are based on was read: if it is
    /// over, nothing is written. Without one, every event that they are based on is looked for.
    pub incarnation: Option<Incarnation>,
}

impl Append {
    /// Whether there are events to write.
    pub fn has_events(&self) -> bool {
        self.decisions
            .iter()
            .any(|decision| !decision.streams.is_empty())
    }
}

impl From<Decision> for Append {
    fn from(decision: Decision) -> Self {
        Self {
            decisions: vec![decision],
            ..Self::default()
        }
    }
}

/// Why an append wrote nothing, or why that is unknown.
#[derive(Debug, Error)]
pub enum AppendError {
    /// Another writer was first on one of the streams. Load, decide, and try again.
    #[error("another writer was first on a stream of the append")]
    Conflict,
    /// One of the idempotency keys was used before. Look it up.
    #[error("an idempotency key was used before")]
    KeyUsed,
    /// Nothing was written: the database does not take what is in one of the decisions.
    #[error("the database refused the append: {reason}")]
    Refused {
        /// Why, for the log.
        reason: String,
    },
    /// Another listener moved the chain cursor. Load it again.
    #[error("another listener moved the chain cursor")]
    CursorMoved,
    /// Nothing was written: the log's server was started anew, so the log may not be what the
    /// decisions are based on. Load, decide, and try again.
    #[error("the log's server was started anew")]
    OtherIncarnation,
    /// Nothing was written: the log could not be reached, or is not what the decisions are
    /// based on.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The connection was lost during the commit. Whether it was written is not known: the
    /// idempotency keys, or loading the streams, tell.
    #[error("the connection was lost during the commit: {reason}")]
    OutcomeUnknown {
        /// Why, for the log.
        reason: String,
    },
}

/// Why the log could not be read.
#[derive(Debug, Clone, Error)]
pub enum LogError {
    /// The database is away. Try later.
    #[error("the event log is not available: {reason}")]
    Unavailable {
        /// Why, for the log.
        reason: String,
    },
    /// A stored event cannot be understood, or a stream has a gap. Never skipped.
    #[error("table events, {stream}, sequence {sequence}: {reason}")]
    Corrupt {
        /// The stream.
        stream: String,
        /// The event's number in its stream.
        sequence: u64,
        /// What is wrong.
        reason: String,
    },
}

impl LogError {
    /// A stored event that cannot be understood.
    pub fn corrupt(stored: &StoredEvent, reason: String) -> Self {
        Self::Corrupt {
            stream: stored.stream.to_string(),
            sequence: stored.sequence,
            reason,
        }
    }
}

/// A stretch of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The events that were wanted, in log order.
    pub events: Vec<StoredEvent>,
    /// The last event of the stretch, wanted or not; where reading began if there was none.
    pub end: LogPosition,
    /// Whether the page ended because nothing more can be read yet.
    pub at_end: bool,
}

/// How far the log reaches; for metrics and waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogState {
    /// The newest event that readers may see.
    pub head: LogPosition,
    /// Since when the oldest transaction that holds readers back has been running.
    pub horizon_since: Option<OffsetDateTime>,
}

/// The event log.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// The events of each stream after a sequence, in order, and in the order of the question.
    ///
    /// MUST fail for a stream rather than return a shorter history: sequences are dense from the
    /// one after the given.
    ///
    /// # Errors
    /// [`LogError`], for one stream or for all.
    async fn load_many(
        &self,
        wanted: &[StreamVersion],
    ) -> Result<Vec<Result<Vec<StoredEvent>, LogError>>, LogError>;

    /// The events of one stream after a sequence, as [`EventLog::load_many`].
    ///
    /// # Errors
    /// [`LogError`].
    async fn load(
        &self,
        stream: &StreamName,
        after_sequence: u64,
    ) -> Result<Vec<StoredEvent>, LogError> {
        let wanted = StreamVersion {
            stream: stream.clone(),
            sequence: after_sequence,
        };
        let loaded = self.load_many(&[wanted]).await?.pop();
        loaded.unwrap_or_else(|| Ok(Vec::new()))
    }

    /// Writes everything, or nothing. MUST be one short transaction, and MUST NOT notify
    /// inside it. Returns the position of the last event written (or `seen` when none).
    ///
    /// # Errors
    /// [`AppendError`].
    async fn append(&self, append: &Append) -> Result<LogPosition, AppendError>;

    /// The next `limit` events after a position, in log order; of those, the ones whose
    /// aggregate type is not in `without`. MUST NOT pass an event while an earlier one could
    /// still appear, and MUST fail rather than leave a wanted one out.
    ///
    /// # Errors
    /// [`LogError`].
    async fn read_after(
        &self,
        after: LogPosition,
        limit: u32,
        without: &[&str],
    ) -> Result<Page, LogError>;

    /// What earlier requests with these keys did, in the order of the question.
    ///
    /// # Errors
    /// [`LogError`].
    async fn earlier_requests(
        &self,
        keys: &[IdempotencyKey],
    ) -> Result<Vec<Option<EarlierRequest>>, LogError>;

    /// The run of the server that answers.
    ///
    /// # Errors
    /// [`LogError`].
    async fn incarnation(&self) -> Result<Incarnation, LogError>;

    /// How far the log reaches.
    ///
    /// # Errors
    /// [`LogError`].
    async fn state(&self) -> Result<LogState, LogError>;
}

/// The idempotency key of what a reaction does about one event: the same after every restart.
pub fn reaction_key(reaction: &str, source: LogPosition, index: usize) -> IdempotencyKey {
    let name = format!("{reaction}/{source}/{index}");
    IdempotencyKey {
        principal: format!("system:{reaction}"),
        key: Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string(),
    }
}
