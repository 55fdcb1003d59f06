//! The event log: the only place where aggregates are persisted.

use async_trait::async_trait;
use serde_json::Value;
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
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// For example `OrderPlaced`.
    pub event_type: String,
    /// Semver of the payload's layout.
    pub event_version: String,
    /// The event itself.
    pub payload: Value,
}

/// New events of one stream.
#[derive(Debug, Clone, PartialEq)]
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

/// Everything that one decision writes, all or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Append {
    /// Streams in sorted order, each at most once. May be empty when only a key or a cursor moves.
    pub streams: Vec<StreamAppend>,
    /// Who, why, when.
    pub metadata: Metadata,
    /// The request's idempotency key.
    pub idempotency: Option<IdempotencyEntry>,
    /// The chain cursor's move that belongs to these events.
    pub cursor: Option<CursorMove>,
    /// What to answer as position when no event is written: the newest position that the
    /// decision saw.
    pub seen: LogPosition,
}

/// Why an append wrote nothing, or why that is unknown.
#[derive(Debug, Error)]
pub enum AppendError {
    /// Another writer was first on one of the streams. Load, decide, and try again.
    #[error("another writer was first on a stream of the append")]
    Conflict,
    /// The idempotency key was used before. Look it up.
    #[error("the idempotency key was used before")]
    KeyUsed,
    /// Another listener moved the chain cursor. Load it again.
    #[error("another listener moved the chain cursor")]
    CursorMoved,
    /// Nothing was written: the log could not be reached, or refused.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The connection was lost during the commit. Whether it was written is not known: the
    /// idempotency key, or loading the streams, tells.
    #[error("the connection was lost during the commit: {reason}")]
    OutcomeUnknown {
        /// Why, for the log.
        reason: String,
    },
}

/// Why the log could not be read.
#[derive(Debug, Error)]
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
    /// The events of a stream after a sequence, in order.
    ///
    /// MUST fail rather than return a shorter history: sequences are dense from
    /// `after_sequence + 1`.
    ///
    /// # Errors
    /// [`LogError`].
    async fn load(
        &self,
        stream: &StreamName,
        after_sequence: u64,
    ) -> Result<Vec<StoredEvent>, LogError>;

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

    /// What an earlier request with this key did.
    ///
    /// # Errors
    /// [`LogError`].
    async fn earlier_request(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<EarlierRequest>, LogError>;

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
