//! Working the tree out anew from the log: does every leaf say of its event what the log says?
//!
//! Three things are compared, in one pass over the log, with a bounded part of each in memory.
//! Each event, as the log has it now, with the leaf that was made of it: that names the event. The
//! nodes above the leaves with what the leaves give. And the leaves with the roots that were
//! signed: whoever changes an event, its leaf and all nodes alike is found there, between two
//! checkpoints.

mod report;
mod signed;

use std::collections::VecDeque;

use futures::TryStreamExt;
use gage_domain::proof::{CheckpointVerifier, Growth, TILE_WIDTH, TileId, leaf_hash};

pub use self::report::{TreeFinding, TreeReport};
use self::signed::Signed;
use crate::{
    ports::{
        StoreUnavailable,
        history_tree::{HistoryTree, IssuedCheckpoints, KeptLeaf, KeptTree, TreeError},
        replay::{EventRow, ReadFailure, Stored},
    },
    reconciliation::Findings,
};

/// Leaves that are read at once.
const PAGE: u32 = 4_096;

/// How a check gets on: leaves done, of so many.
pub type Show<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// A check that is under way: the log goes by, event by event.
pub struct TreeCheck<'a> {
    tree: &'a dyn HistoryTree,
    kept: KeptTree,
    /// Leaves that were read and not compared yet.
    leaves: VecDeque<KeptLeaf>,
    /// Nothing was kept where the next leaf should be.
    at_end: bool,
    /// The tree of the leaves so far.
    growth: Growth,
    signed: Signed<'a>,
    found: Findings<TreeFinding>,
}

impl<'a> TreeCheck<'a> {
    /// Begins with the tree as it is now, which MUST be before the moment as of which the log is
    /// read. With a key, also looks whether this key signed the checkpoints.
    ///
    /// # Errors
    /// [`TreeError`] when the database is away.
    pub async fn begin(
        tree: &'a dyn HistoryTree,
        issued: &'a dyn IssuedCheckpoints,
        key: Option<&'a CheckpointVerifier>,
    ) -> Result<Self, TreeError> {
        let mut check = Self {
            tree,
            kept: tree.kept().await?,
            leaves: VecDeque::new(),
            at_end: false,
            growth: Growth::empty(),
            signed: Signed::new(issued, key),
            found: Findings::default(),
        };
        check.compare_signed().await?;
        Ok(check)
    }

    /// Reads the whole log, and ends the check.
    ///
    /// # Errors
    /// [`TreeError`] when the database is away.
    pub async fn whole(
        mut self,
        log: &dyn Stored,
        show: Show<'_>,
    ) -> Result<TreeReport, TreeError> {
        let mut batches = log.events();
        while let Some(events) = batches.try_next().await.map_err(away)? {
            self.take(&events).await?;
            show(self.growth.size(), self.kept.head.size);
        }
        drop(batches);
        self.finish().await
    }

    /// Compares the next events of the log with their leaves.
    ///
    /// # Errors
    /// [`TreeError`] when the database is away.
    pub async fn take(&mut self, events: &[EventRow]) -> Result<(), TreeError> {
        for event in events {
            if event.position > self.kept.position {
                break;
            }
            self.pass(event).await?;
        }
        self.compare_nodes(Above::Full).await
    }

    /// Ends the check: the whole log went by.
    ///
    /// # Errors
    /// [`TreeError`] when the database is away.
    pub async fn finish(mut self) -> Result<TreeReport, TreeError> {
        while let Some(leaf) = self.next_leaf().await? {
            self.removed(&leaf).await?;
        }
        self.compare_nodes(Above::All).await?;
        if self.growth.head() != self.kept.head {
            self.found.push(TreeFinding::OtherHead {
                size: self.kept.head.size,
                leaves: self.growth.size(),
            });
        }
        self.signed.finish(self.tree, &mut self.found).await?;
        Ok(TreeReport {
            head: self.growth.head(),
            checkpoints: self.signed.compared,
            findings: self.found,
        })
    }

    /// Compares an event with its leaf; leaves before it are of events that are gone.
    async fn pass(&mut self, event: &EventRow) -> Result<(), TreeError> {
        while let Some(leaf) = self.next_leaf().await? {
            if leaf.position > event.position {
                break;
            }
            if leaf.position < event.position {
                self.removed(&leaf).await?;
                continue;
            }
            self.leaves.pop_front();
            if leaf_hash(&event.leaf(), &leaf.salt) != leaf.hash {
                self.found.push(TreeFinding::Changed {
                    event: name(event),
                    index: leaf.index,
                });
            }
            return self.grow(&leaf).await;
        }
        self.found.push(TreeFinding::Inserted {
            event: name(event),
            position: event.position,
        });
        Ok(())
    }

    /// The leaf that comes next, which stays where it is.
    async fn next_leaf(&mut self) -> Result<Option<KeptLeaf>, TreeError> {
        if self.leaves.is_empty() {
            let (read, size) = (self.growth.size(), self.kept.head.size);
            if read < size && !self.at_end {
                let leaves = self.tree.leaves_from(read, PAGE).await?;
                // What is gone is not looked for again with every event.
                self.at_end = leaves.is_empty();
                // The tree may have grown meanwhile.
                self.leaves
                    .extend(leaves.into_iter().filter(|leaf| leaf.index < size));
            }
        }
        Ok(self.leaves.front().copied())
    }

    async fn removed(&mut self, leaf: &KeptLeaf) -> Result<(), TreeError> {
        self.leaves.pop_front();
        self.found.push(TreeFinding::Removed {
            position: leaf.position,
            index: leaf.index,
        });
        self.grow(leaf).await
    }

    async fn grow(&mut self, leaf: &KeptLeaf) -> Result<(), TreeError> {
        self.growth.append(leaf.hash);
        self.compare_signed().await
    }

    async fn compare_signed(&mut self) -> Result<(), TreeError> {
        self.signed.compare(&self.growth, &mut self.found).await
    }

    /// Compares what is stored above the leaves with what they give, and forgets what is full. The
    /// leaves' own tiles are what the leaves were read from.
    async fn compare_nodes(&mut self, which: Above) -> Result<(), TreeError> {
        let all = self.growth.tiles();
        let due = |id: &TileId| match which {
            Above::Full => all.hashes(*id).len() == TILE_WIDTH,
            Above::All => true,
        };
        let ids: Vec<TileId> = all.ids().filter(|id| id.level > 0).filter(due).collect();
        let stored = self.tree.tiles(&ids).await?;
        for id in ids {
            // A tile at the edge may have grown meanwhile.
            if !stored.hashes(id).starts_with(all.hashes(id)) {
                self.found.push(TreeFinding::OtherNodes {
                    level: id.level,
                    number: id.number,
                });
            }
        }
        self.growth.forget_full_tiles();
        Ok(())
    }
}

/// Which of the nodes above the leaves.
#[derive(Clone, Copy)]
enum Above {
    /// Those in tiles that are full.
    Full,
    /// Those at the edge too.
    All,
}

fn away(ReadFailure { reason }: ReadFailure) -> TreeError {
    let store = "postgres";
    StoreUnavailable { store, reason }.into()
}

fn name(event: &EventRow) -> String {
    let EventRow {
        aggregate_type,
        aggregate_id,
        sequence,
        event_type,
        ..
    } = event;
    format!("{aggregate_type}:{aggregate_id} #{sequence} {event_type}")
}
