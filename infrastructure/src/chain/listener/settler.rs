//! Settling: what was read goes to the gateway with the cursor's move.

use std::{collections::HashSet, sync::Arc};

use gage_application::{
    gateway::GatewayError,
    operations::settle_block::SettleBlock,
    ports::chain::{BlockRef, CursorMove, Observation, SightingStatus},
    settlement::Settle,
};
use gage_domain::payment::LogId;

use super::{ListenerSettings, Turn, fault::Fault, stretch::Stretch};
use crate::{chain::node::Block, postgres::PostgresChainStore};

/// Sightings that are looked at for their depth in one turn.
const CONFIRM_AT_ONCE: u32 = 5_000;

/// Settles what was read.
pub(super) struct Settler {
    pub(super) store: PostgresChainStore,
    pub(super) settle: Arc<dyn Settle>,
    pub(super) settings: ListenerSettings,
}

impl Settler {
    /// Settles a stretch that stands on the cursor.
    pub(super) async fn stretch(&self, cursor: BlockRef, stretch: Stretch) -> Result<Turn, Fault> {
        let to = stretch.last().unwrap_or(cursor);
        let confirm = self.deep_enough(to.number, &stretch.observations).await?;
        let blocks = stretch.blocks.iter().map(Block::at).collect();
        self.settle(SettleBlock {
            cursor: self.cursor_move(cursor, to, blocks),
            revert: Vec::new(),
            detect: stretch.observations,
            confirm,
        })
        .await
    }

    /// Confirms what is deep enough without a new block: more than fits one append, or less
    /// confirmations asked for than before.
    pub(super) async fn confirm_more(&self, cursor: BlockRef) -> Result<Turn, Fault> {
        let confirm = self.deep_enough(cursor.number, &[]).await?;
        if confirm.is_empty() {
            return Ok(Turn::Poll);
        }
        self.settle(SettleBlock {
            cursor: self.cursor_move(cursor, cursor, Vec::new()),
            revert: Vec::new(),
            detect: Vec::new(),
            confirm,
        })
        .await
    }

    /// Puts the cursor back to the fork. What came last is taken back first: a release before its
    /// payment.
    pub(super) async fn back_to(
        &self,
        cursor: BlockRef,
        fork: BlockRef,
        gone: Vec<Observation>,
    ) -> Result<Turn, Fault> {
        self.settle(SettleBlock {
            cursor: self.cursor_move(cursor, fork, Vec::new()),
            revert: gone.into_iter().rev().collect(),
            detect: Vec::new(),
            confirm: Vec::new(),
        })
        .await
    }

    /// Sightings that are deep enough once the cursor stands at `height`, in the order of the
    /// chain: a release must not be recorded before its payment.
    async fn deep_enough(
        &self,
        height: u64,
        new: &[Observation],
    ) -> Result<Vec<(Observation, u64)>, Fault> {
        let seen = self
            .store
            .sightings(SightingStatus::Seen, CONFIRM_AT_ONCE)
            .await?;
        let more_wait = seen.len() >= usize::try_from(CONFIRM_AT_ONCE).unwrap_or(usize::MAX);
        let known: HashSet<LogId> = seen.iter().map(|seen| seen.observation.log.id()).collect();
        let new = if more_wait { &[] } else { new };
        let new = new.iter().filter(|new| !known.contains(&new.log.id()));
        let depth = |log: &Observation| (height + 1).checked_sub(log.log.block_number);
        Ok(seen
            .iter()
            .map(|seen| &seen.observation)
            .chain(new)
            .filter_map(|log| depth(log).map(|depth| (log, depth)))
            .filter(|(_, depth)| *depth >= self.settings.confirmations)
            .map(|(log, depth)| (log.clone(), depth))
            .collect())
    }

    fn cursor_move(&self, from: BlockRef, to: BlockRef, blocks: Vec<BlockRef>) -> CursorMove {
        CursorMove {
            chain_id: self.settings.chain_id,
            escrow: self.settings.escrow,
            from,
            to,
            blocks,
            sightings: Vec::new(),
        }
    }

    async fn settle(&self, batch: SettleBlock) -> Result<Turn, Fault> {
        match self.settle.settle(batch).await {
            // Another listener was first: the next turn begins where that one ended.
            Ok(()) | Err(GatewayError::CursorMoved) => Ok(Turn::More),
            Err(error) => Err(error.into()),
        }
    }
}
