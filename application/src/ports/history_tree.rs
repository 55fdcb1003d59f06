//! The Merkle tree over the event log, as it is kept beside it.

use async_trait::async_trait;
use gage_domain::{
    proof::{Leaf, ProofError, Salt, SignedCheckpoint, TileId, Tiles, TreeHead},
    value::B256,
};
use thiserror::Error;
use time::OffsetDateTime;

use crate::{event::StreamName, ports::StoreUnavailable, position::LogPosition};

/// How far the tree has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptTree {
    /// Size and root.
    pub head: TreeHead,
    /// The last event that is a leaf.
    pub position: LogPosition,
}

/// An event as the database prints it: what its leaf is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedEvent {
    /// Its place in the log.
    pub position: LogPosition,
    /// Its stream.
    pub stream: StreamName,
    /// Its number in its stream.
    pub sequence: u64,
    /// For example `OrderPlaced`.
    pub event_type: String,
    /// Semver of the payload's layout.
    pub event_version: String,
    /// When the log took it.
    pub recorded_at: OffsetDateTime,
    /// Who, why, when, as `jsonb` is printed.
    pub metadata: String,
    /// The event itself, as `jsonb` is printed.
    pub payload: String,
}

impl PrintedEvent {
    /// What the tree commits to.
    pub fn leaf(&self) -> Leaf<'_> {
        Leaf {
            aggregate_type: &self.stream.aggregate_type,
            aggregate_id: &self.stream.aggregate_id,
            sequence: self.sequence,
            event_type: &self.event_type,
            event_version: &self.event_version,
            recorded_at: self.recorded_at,
            metadata: &self.metadata,
            payload: &self.payload,
        }
    }
}

/// A leaf as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptLeaf {
    /// Its place in the tree, from 0.
    pub index: u64,
    /// The event that it was made of.
    pub position: LogPosition,
    /// What hides its contents.
    pub salt: Salt,
    /// Its hash.
    pub hash: B256,
}

/// What came of adding a stretch of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grown {
    /// It is in the tree.
    Added,
    /// Another replica was first; nothing was written.
    Superseded,
}

/// Why the tree cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TreeError {
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
    /// What is stored is no tree: somebody edited it, or a part was not restored.
    #[error("the tables of the tree are damaged: {reason}")]
    Damaged {
        /// What is wrong.
        reason: String,
    },
    /// There is no such proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// The tree over the event log.
#[async_trait]
pub trait HistoryTree: Send + Sync {
    /// How far it has come.
    ///
    /// # Errors
    /// [`TreeError`].
    async fn kept(&self) -> Result<KeptTree, TreeError>;

    /// Adds the events after `from` up to `to` as leaves, each with a salt of its own, and moves
    /// the tree from the one to the other. MUST be one short transaction, which does nothing
    /// when the tree does not stand at `from`; MUST refuse to build upon nodes that do not give
    /// the root.
    ///
    /// # Errors
    /// [`TreeError`].
    async fn grow(&self, from: LogPosition, to: LogPosition) -> Result<Grown, TreeError>;

    /// The events of some streams in log order, as they are printed: for streams that are short.
    ///
    /// # Errors
    /// [`TreeError`].
    async fn events_of(&self, streams: &[StreamName]) -> Result<Vec<PrintedEvent>, TreeError>;

    /// One event of a stream, as it is printed.
    ///
    /// # Errors
    /// [`TreeError`].
    async fn event(
        &self,
        stream: &StreamName,
        sequence: u64,
    ) -> Result<Option<PrintedEvent>, TreeError>;

    /// The leaves that were made of these events, in the order of the question; none for one that
    /// is not in the tree.
    ///
    /// # Errors
    /// [`TreeError`].
    async fn leaves_of(&self, events: &[LogPosition]) -> Result<Vec<Option<KeptLeaf>>, TreeError>;

    /// Up to `limit` leaves from a place on.
    ///
    /// # Errors
    /// [`TreeError`].
    async fn leaves_from(&self, index: u64, limit: u32) -> Result<Vec<KeptLeaf>, TreeError>;

    /// Some tiles as they are stored; those that are not there are left out.
    ///
    /// # Errors
    /// [`TreeError`].
    async fn tiles(&self, wanted: &[TileId]) -> Result<Tiles, TreeError>;

    /// The proofs that the tree of a size has leaves (RFC 6962, section 2.1.1), in the order of the
    /// question. MUST read what they share once.
    ///
    /// # Errors
    /// [`TreeError`].
    async fn inclusions(&self, size: u64, indexes: &[u64]) -> Result<Vec<Vec<B256>>, TreeError>;

    /// The proof that the tree of one size grew to that of another (RFC 6962, section 2.1.2).
    ///
    /// # Errors
    /// [`TreeError`].
    async fn consistency(&self, old: u64, new: u64) -> Result<Vec<B256>, TreeError>;
}

/// A checkpoint that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCheckpoint {
    /// What was signed.
    pub signed: SignedCheckpoint,
    /// The public key that checks it.
    pub key: String,
    /// When it was issued.
    pub issued_at: OffsetDateTime,
}

/// Checkpoints that were issued, kept for ever.
#[async_trait]
pub trait IssuedCheckpoints: Send + Sync {
    /// The one of the largest tree.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn latest(&self) -> Result<Option<IssuedCheckpoint>, StoreUnavailable>;

    /// The one of a tree of this size.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn of_size(&self, size: u64) -> Result<Option<IssuedCheckpoint>, StoreUnavailable>;

    /// Up to `limit`, of trees larger than a size, the smallest first.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn after(&self, size: u64, limit: u32)
    -> Result<Vec<IssuedCheckpoint>, StoreUnavailable>;

    /// Keeps one. Says whether it is the first of its size.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn keep(&self, checkpoint: &IssuedCheckpoint) -> Result<bool, StoreUnavailable>;
}
