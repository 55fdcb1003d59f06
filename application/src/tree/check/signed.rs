//! What was signed, beside the tree of the leaves.

use std::collections::VecDeque;

use gage_domain::proof::{CheckpointVerifier, Growth, TreeHead};

use super::report::TreeFinding;
use crate::{
    ports::history_tree::{HistoryTree, IssuedCheckpoint, IssuedCheckpoints, TreeError},
    reconciliation::Findings,
};

/// Checkpoints that are read at once.
const CHECKPOINTS: u32 = 256;

/// The checkpoints, compared as the tree of the leaves reaches their sizes.
pub(super) struct Signed<'a> {
    issued: &'a dyn IssuedCheckpoints,
    key: Option<&'a CheckpointVerifier>,
    /// Checkpoints that were read and not compared yet, the smallest first.
    ahead: VecDeque<IssuedCheckpoint>,
    /// The size up to which they were read.
    read: u64,
    /// The size of the last one that was right.
    right: u64,
    pub(super) compared: u64,
}

impl<'a> Signed<'a> {
    pub(super) fn new(
        issued: &'a dyn IssuedCheckpoints,
        key: Option<&'a CheckpointVerifier>,
    ) -> Self {
        Self {
            issued,
            key,
            ahead: VecDeque::new(),
            read: 0,
            right: 0,
            compared: 0,
        }
    }

    /// Compares the checkpoint of the size that the tree has now, if there is one.
    pub(super) async fn compare(
        &mut self,
        growth: &Growth,
        found: &mut Findings<TreeFinding>,
    ) -> Result<(), TreeError> {
        let size = growth.size();
        if self.ahead.is_empty() && self.read <= size {
            let page = self.issued.after(self.read, CHECKPOINTS).await?;
            let last = page.last().map(|checkpoint| checkpoint.signed.head.size);
            // None are left: those that are issued meanwhile are of larger trees.
            self.read = last.unwrap_or(u64::MAX);
            self.ahead.extend(page);
        }
        let due = |checkpoint: &mut IssuedCheckpoint| checkpoint.signed.head.size == size;
        if let Some(checkpoint) = self.ahead.pop_front_if(due) {
            self.compared += 1;
            self.look_at(&checkpoint, growth.head(), found);
        }
        Ok(())
    }

    fn look_at(
        &mut self,
        checkpoint: &IssuedCheckpoint,
        head: TreeHead,
        found: &mut Findings<TreeFinding>,
    ) {
        let size = checkpoint.signed.head.size;
        let signed = match self.key {
            Some(key) => key.open(&checkpoint.signed.note).map_err(|e| e.to_string()),
            None => Ok(checkpoint.signed.head),
        };
        match signed {
            Err(reason) => found.push(TreeFinding::NotSigned { size, reason }),
            Ok(signed) if signed == head => self.right = size,
            Ok(_) => found.push(TreeFinding::NotAsSigned {
                size,
                since: self.right,
            }),
        }
    }

    /// Checkpoints of trees that are larger than what is left.
    pub(super) async fn finish(
        &self,
        tree: &dyn HistoryTree,
        found: &mut Findings<TreeFinding>,
    ) -> Result<(), TreeError> {
        let latest = self.issued.latest().await?;
        let size = latest.map_or(0, |checkpoint| checkpoint.signed.head.size);
        // Looked at after the checkpoint: what was issued since the check began is of more leaves.
        let leaves = tree.kept().await?.head.size;
        if size > leaves {
            found.push(TreeFinding::CutShort { size, leaves });
        }
        Ok(())
    }
}
