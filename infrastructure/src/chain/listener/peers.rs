//! What the chain's other nodes say, before a node's word about them all is believed.
//!
//! A turn reads from one node. Two questions are put to the others, those that answer and are on
//! the same chain:
//! - whether one is further, before the cursor is said to be at the head;
//! - whether one that is as far still has the settled block, before that is taken back. While
//!   nodes disagree like this nothing is settled: which of them is right is not for us to say,
//!   and mostly the slower one follows within a block.

use std::time::Duration;

use futures::future::join_all;
use gage_application::ports::chain::BlockRef;
use tokio::time::timeout;

use super::{
    fault::Fault,
    is_same_genesis,
    session::{Session, genesis_of},
};
use crate::chain::node::{Belonging, Block, Node, NodeError};

/// How long another node may take: nobody waits for it otherwise.
const PATIENCE: Duration = Duration::from_secs(2);
/// Blocks that a node may be behind another before it is left for that one.
pub(super) const LAG_MAX: u64 = 3;

/// Whether another node is further than this one, which then is no head. One that is far behind
/// rests.
pub(super) async fn one_is_further(session: &Session, head: &Block, chain_id: u64) -> bool {
    let node = &session.node;
    let others = node.others().into_iter();
    let heads = join_all(others.map(|other| head_of(other, session, chain_id))).await;
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

async fn head_of(other: Node, session: &Session, chain_id: u64) -> Option<Block> {
    let look = async {
        match other.belonging() {
            Belonging::Ours => Ok(Some(other.head().await?)),
            Belonging::Unknown | Belonging::Others => {
                let belongs = belongs(&other, session, chain_id).await?;
                Ok(if belongs {
                    Some(other.head().await?)
                } else {
                    None
                })
            }
        }
    };
    answer(&other, look).await.flatten()
}

/// Whether another node is on the same chain: otherwise its heights say nothing. Asked once; a node
/// that is read is asked whenever it is begun with.
async fn belongs(other: &Node, session: &Session, chain_id: u64) -> Result<bool, NodeError> {
    let genesis = genesis_of(other, chain_id).await;
    let same = genesis.and_then(|found| is_same_genesis(session.genesis_hash, found));
    match same {
        Ok(()) => other.belongs(Belonging::Ours, ""),
        Err(Fault::Node(error)) => return Err(error),
        Err(fault) => other.belongs(Belonging::Others, &fault.to_string()),
    }
    Ok(other.belonging() == Belonging::Ours)
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
    if let Ok(answer) = timeout(PATIENCE, question).await {
        return answer.ok();
    }
    other.rest("it takes too long");
    None
}
