//! What the chain's other nodes say, before a node's word about them all is believed.
//!
//! A turn reads from one node. Two questions are put to the others, those that answer:
//! - whether one is further, before the cursor is said to be at the head;
//! - whether one that is as far still has the settled block, before that is taken back. While
//!   nodes disagree like this nothing is settled: which of them is right is not for us to say,
//!   and mostly the slower one follows within a block.

use std::time::Duration;

use futures::future::join_all;
use gage_application::ports::chain::BlockRef;
use tokio::time::timeout;

use super::fault::Fault;
use crate::chain::node::{Block, Node, NodeError};

/// How long another node may take: nobody waits for it otherwise.
const PATIENCE: Duration = Duration::from_secs(2);
/// Blocks that a node may be behind another before it is left for that one.
pub(super) const LAG_MAX: u64 = 3;

/// Whether another node is further than this one, which then is no head. One that is far behind
/// rests.
pub(super) async fn one_is_further(node: &Node, head: &Block) -> bool {
    let heads = join_all(node.others().into_iter().map(head_of)).await;
    let highest = heads.into_iter().flatten().map(|head| head.number).max();
    let behind = highest.map_or(0, |highest| highest.saturating_sub(head.number));
    if behind > LAG_MAX {
        node.rest("it is behind another node");
    }
    behind > 0
}

/// Fails when another node that is as far as this one still has the settled block.
pub(super) async fn all_have_left(
    node: &Node,
    settled: BlockRef,
    head: &Block,
) -> Result<(), Fault> {
    let as_far_as = head.number;
    let others = node.others().into_iter();
    let stand = others.map(|other| has(other, settled, as_far_as));
    if join_all(stand).await.into_iter().any(|stands| stands) {
        return Err(Fault::Disagreement { settled });
    }
    Ok(())
}

async fn head_of(other: Node) -> Option<Block> {
    answer(&other, other.head()).await
}

async fn has(other: Node, settled: BlockRef, as_far_as: u64) -> bool {
    let look = async {
        let head = other.head().await?;
        let found = other.block(settled.number, false).await?;
        let stands = found.is_some_and(|found| found.hash == settled.hash);
        Ok(stands && head.number >= as_far_as)
    };
    answer(&other, look).await.unwrap_or_default()
}

/// What another node says in time.
async fn answer<T>(
    other: &Node,
    question: impl Future<Output = Result<T, NodeError>>,
) -> Option<T> {
    match timeout(PATIENCE, question).await {
        Ok(answer) => answer.ok(),
        Err(_) => {
            other.rest("it takes too long");
            None
        }
    }
}
