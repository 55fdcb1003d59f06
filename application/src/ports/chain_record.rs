//! What the listener left on record of the chain.

use async_trait::async_trait;
use gage_domain::payment::LogRef;

use crate::{
    ports::{
        StoreUnavailable,
        chain::{BlockRef, Sighting, SightingStatus},
    },
    position::LogPosition,
};

/// How far the chain is settled in the event log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// The last block that was read; what its logs and those below say is in the event log.
    pub block: BlockRef,
    /// The newest event at that time, whether readers may see it yet or not. Who has read up to
    /// here has read everything that was settled up to the block.
    pub events: LogPosition,
}

/// What the listener left on record of the chain.
#[async_trait]
pub trait ChainRecord: Send + Sync {
    /// How far the chain is settled; nothing before it was ever followed.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn settled(&self) -> Result<Option<Settled>, StoreUnavailable>;

    /// What is on record of one log.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn sighting(&self, log: LogRef) -> Result<Option<Sighting>, StoreUnavailable>;

    /// The next `limit` sightings of a status after one (from the first, without), in the order
    /// of the chain.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn sightings_after(
        &self,
        status: SightingStatus,
        after: Option<&Sighting>,
        limit: u32,
    ) -> Result<Vec<Sighting>, StoreUnavailable>;
}
