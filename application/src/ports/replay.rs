//! Everything that is stored, as of one moment: what a replay reads.

use async_trait::async_trait;
use futures::stream::BoxStream;
use gage_domain::proof::Leaf;
use serde_json::Value;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::position::LogPosition;

/// Why nothing more could be read. What is wrong with what *was* read is no error but a finding.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the database could not be read: {reason}")]
pub struct ReadFailure {
    /// Why, for whoever reads the log.
    pub reason: String,
}

/// An event as its row has it, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Its place in the log.
    pub position: LogPosition,
    /// The aggregate type.
    pub aggregate_type: String,
    /// The aggregate's id.
    pub aggregate_id: String,
    /// Its number in its stream.
    pub sequence: u64,
    /// For example `OrderPlaced`.
    pub event_type: String,
    /// Semver of the payload's layout.
    pub event_version: String,
    /// The payload, as the database prints it.
    pub payload: String,
    /// The metadata, as the database prints it.
    pub metadata: String,
    /// When the log took it.
    pub recorded_at: OffsetDateTime,
}

impl EventRow {
    /// What the tree commits to.
    pub fn leaf(&self) -> Leaf<'_> {
        Leaf {
            aggregate_type: &self.aggregate_type,
            aggregate_id: &self.aggregate_id,
            sequence: self.sequence,
            event_type: &self.event_type,
            event_version: &self.event_version,
            recorded_at: self.recorded_at,
            metadata: &self.metadata,
            payload: &self.payload,
        }
    }
}

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Events.
    pub events: u64,
    /// The last event; the start of an empty log.
    pub head: LogPosition,
}

/// A read model that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadModel {
    /// Its name.
    pub name: String,
    /// The version of its tables.
    pub version: i32,
    /// Where its tables are.
    pub schema: String,
    /// The last event that is in them.
    pub checkpoint: LogPosition,
}

/// A row: columns as text, numbers in decimals, bytes in hexadecimal digits, times as
/// microseconds since 1970, documents as the database prints them.
pub type Row = Vec<Option<String>>;

/// Which rows are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The read model's schema.
    pub schema: &'a str,
    /// The table.
    pub table: &'a str,
    /// Its columns, in the order of the answer.
    pub columns: &'a [&'a str],
    /// Of which orders, and the column with their ids; of all when nothing is given.
    pub of: Option<(&'a str, &'a [Uuid])>,
}

/// A kept state of an aggregate.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptState {
    /// The aggregate type.
    pub aggregate_type: String,
    /// The aggregate's id.
    pub aggregate_id: String,
    /// Its layout.
    pub state_version: i32,
    /// The last event in it.
    pub sequence: u64,
    /// A position of the log at which that event was in it.
    pub position: LogPosition,
    /// The state.
    pub state: Value,
}

/// A log of a chain as the listener recorded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLog {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The block, 32 bytes in hexadecimal digits.
    pub block_hash: String,
    /// The log's place in the block.
    pub log_index: u64,
    /// The payment that it names.
    pub payment: Option<Uuid>,
    /// `seen`, `confirmed`, `reverted` or `unmatched`.
    pub status: String,
}

/// An idempotency key of no event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostKey {
    /// Whose key it is.
    pub principal: String,
    /// The key.
    pub key: String,
    /// The position that it names.
    pub position: LogPosition,
}

/// Everything that is stored, as of one moment. MUST be the same for every question, whatever is
/// written meanwhile, and MUST hold nobody up.
#[async_trait]
pub trait Stored: Send + Sync {
    /// How much there is.
    ///
    /// # Errors
    /// [`ReadFailure`].
    async fn extent(&self) -> Result<Extent, ReadFailure>;

    /// All events in the order of the log. MUST fail rather than leave one out.
    fn events(&self) -> BoxStream<'_, Result<Vec<EventRow>, ReadFailure>>;

    /// The events of some orders and their payments, in the order of the log, as far as they
    /// stand before a position.
    ///
    /// # Errors
    /// [`ReadFailure`].
    async fn events_of(
        &self,
        orders: &[Uuid],
        before: LogPosition,
    ) -> Result<Vec<EventRow>, ReadFailure>;

    /// All events after a position in the order of the log, without those before which an earlier
    /// one could still appear. MUST fail rather than leave one out.
    fn events_after(&self, after: LogPosition)
    -> BoxStream<'_, Result<Vec<EventRow>, ReadFailure>>;

    /// The live read models.
    ///
    /// # Errors
    /// [`ReadFailure`].
    async fn read_models(&self) -> Result<Vec<ReadModel>, ReadFailure>;

    /// The columns of a table, sorted by name; none when there is no such table.
    ///
    /// # Errors
    /// [`ReadFailure`].
    async fn columns(&self, schema: &str, table: &str) -> Result<Vec<String>, ReadFailure>;

    /// Rows of a read model, in any order.
    fn rows<'a>(&'a self, rows: Rows<'a>) -> BoxStream<'a, Result<Vec<Row>, ReadFailure>>;

    /// The checkpoints of consumers without rows of their own.
    ///
    /// # Errors
    /// [`ReadFailure`].
    async fn checkpoints(&self) -> Result<Vec<(String, LogPosition)>, ReadFailure>;

    /// Whether there is an event at each of these positions.
    ///
    /// # Errors
    /// [`ReadFailure`].
    async fn are_events(&self, positions: &[LogPosition]) -> Result<Vec<bool>, ReadFailure>;

    /// All snapshots.
    ///
    /// # Errors
    /// [`ReadFailure`].
    async fn snapshots(&self) -> Result<Vec<KeptState>, ReadFailure>;

    /// What the listener recorded: of some payments, or everything.
    fn seen_logs(&self, of: Option<&[Uuid]>) -> BoxStream<'_, Result<Vec<SeenLog>, ReadFailure>>;

    /// The chains that a listener followed here.
    ///
    /// # Errors
    /// [`ReadFailure`].
    async fn followed_chains(&self) -> Result<Vec<u64>, ReadFailure>;

    /// The idempotency keys that name a position at which there is no event.
    ///
    /// # Errors
    /// [`ReadFailure`].
    async fn lost_keys(&self) -> Result<Vec<LostKey>, ReadFailure>;
}
