//! The reader of the log that adds events to the tree.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    catch_up::{Consumed, Consumer, ConsumerError},
    event::AGGREGATE_TYPES,
    log_reader::Stretch,
    ports::history_tree::{Grown, HistoryTree, TreeError},
    position::LogPosition,
};

/// Leaves that are added at once while it is far behind: sixteen full tiles.
const BULK: u32 = 4_096;
/// Time between looks at the end of the log: a tile is written once a second, not once an append.
const REST: Duration = Duration::from_secs(1);

/// Adds every event to the tree. It needs none of them decoded, so it ignores all as a reader,
/// and the tree fetches what it commits to by itself, as the database prints it.
pub struct TreeReader {
    tree: Arc<dyn HistoryTree>,
}

impl TreeReader {
    /// The name under which it is seen in metrics and health.
    pub const NAME: &'static str = "tree";

    /// A reader that lets a tree grow.
    pub fn new(tree: Arc<dyn HistoryTree>) -> Self {
        Self { tree }
    }
}

#[async_trait]
impl Consumer for TreeReader {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn checkpoint(&self) -> Result<LogPosition, ConsumerError> {
        let kept = self.tree.kept().await;
        // Before anything was read, there is no event that could be at fault.
        let kept = kept.map_err(|error| failed(&error, LogPosition::START))?;
        Ok(kept.position)
    }

    fn ignores(&self) -> &'static [&'static str] {
        &AGGREGATE_TYPES
    }

    fn bulk(&self) -> u32 {
        BULK
    }

    fn rest(&self) -> Option<Duration> {
        Some(REST)
    }

    async fn consume(&self, stretch: Stretch<'_>) -> Result<Consumed, ConsumerError> {
        let grown = self.tree.grow(stretch.from, stretch.to).await;
        match grown.map_err(|error| failed(&error, stretch.to))? {
            Grown::Added => Ok(Consumed::Advanced {
                notices: Vec::new(),
            }),
            Grown::Superseded => Ok(Consumed::Superseded),
        }
    }
}

/// Damage stops the reader as a bad event would: it needs the operator, and is never built upon.
fn failed(error: &TreeError, position: LogPosition) -> ConsumerError {
    let reason = error.to_string();
    match error {
        TreeError::Unavailable(_) => ConsumerError::Unavailable { reason },
        TreeError::Damaged { .. } | TreeError::Proof(_) => {
            ConsumerError::Poison { position, reason }
        }
    }
}
