//! Reorganisations: what is above the fork is taken back, then reading goes on from there.

use gage_application::ports::chain::{BlockRef, SightingStatus};
use metrics::counter;

use super::{
    Listener, Turn, check_genesis,
    fault::{Fault, Halt},
    peers::all_have_left,
    session::Session,
};
use crate::chain::node::{Block, Node, NodeError};

impl Listener {
    /// Takes back what was seen in blocks that are not part of the chain any more.
    pub(super) async fn take_back(
        &self,
        node: &Node,
        cursor: BlockRef,
        head: &Block,
    ) -> Result<Turn, Fault> {
        // Another chain looks like a deep fork: ask who it is first.
        let session = Session::open(node.clone(), &self.settings).await?;
        check_genesis(self.settler.store.cursor().await?.as_ref(), &session)?;
        all_have_left(node, cursor, head).await?;

        let fork = self.fork(node, cursor, head).await?;
        if fork == cursor {
            let reason = format!("block {} is part of the chain, and is not", cursor.number);
            return Err(NodeError::Inconsistent { reason }.into());
        }
        let above = self.settler.store.sightings_above(fork.number).await?;
        let gone: Vec<_> = above
            .into_iter()
            .filter(|sighting| sighting.status != SightingStatus::Reverted)
            .map(|sighting| sighting.observation)
            .collect();
        tracing::warn!(
            from = cursor.number,
            to = fork.number,
            logs = gone.len(),
            "the chain was reorganised"
        );
        let chain = self.settings.chain_id.to_string();
        counter!("gage_chain_reorganisations_total", "chain" => chain).increment(1);
        self.settler.back_to(cursor, fork, gone).await
    }

    /// The newest known block that is still part of the chain.
    async fn fork(&self, node: &Node, cursor: BlockRef, head: &Block) -> Result<BlockRef, Fault> {
        let ring = self.settler.store.ring().await?;
        let below = ring
            .iter()
            .filter(|block| block.number <= cursor.number.min(head.number));
        for known in below {
            let now = node.block(known.number, false).await?;
            if now.is_some_and(|block| block.hash == known.hash) {
                return Ok(*known);
            }
        }
        let lowest_known = ring.last().map_or(cursor.number, |block| block.number);
        Err(Halt::TooDeep { lowest_known }.into())
    }
}
