//! What a check of the tree finds.

use std::fmt;

use gage_domain::proof::TreeHead;
use serde::Serialize;

use crate::{position::LogPosition, reconciliation::Findings};

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TreeReport {
    /// Size and root of the tree, worked out from its leaves.
    pub head: TreeHead,
    /// Checkpoints that were compared.
    pub checkpoints: u64,
    /// What is not as it was. Nothing should.
    pub findings: Findings<TreeFinding>,
}

impl TreeReport {
    /// Whether log, tree and checkpoints say the same.
    pub fn agrees(&self) -> bool {
        self.findings.count == 0
    }
}

/// Something that is not as it was when it became a part of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum TreeFinding {
    /// An event is not the one that its leaf was made of.
    Changed {
        /// The event as the log names it now.
        event: String,
        /// Its leaf, from 0.
        index: u64,
    },
    /// A leaf was made of an event that the log does not have any more.
    Removed {
        /// Where the event stood.
        position: LogPosition,
        /// Its leaf, from 0.
        index: u64,
    },
    /// The log has an event, between others, that is no leaf.
    Inserted {
        /// The event.
        event: String,
        /// Where it stands.
        position: LogPosition,
    },
    /// The leaves up to a checkpoint do not give the root that was signed: one of those since the
    /// checkpoint before was changed.
    NotAsSigned {
        /// Leaves of the checkpoint.
        size: u64,
        /// Leaves of the last checkpoint before it that is right; 0 when none is.
        since: u64,
    },
    /// A checkpoint does not carry the signature of the key that was given.
    NotSigned {
        /// Leaves of the checkpoint.
        size: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The tree is shorter than a checkpoint: its end was cut off.
    CutShort {
        /// Leaves of the checkpoint.
        size: u64,
        /// Leaves of the tree.
        leaves: u64,
    },
    /// Nodes above the leaves are not what the leaves give: proofs that are made of them are wrong.
    OtherNodes {
        /// The tile's level; the hashes of level 1 stand for 256 leaves each.
        level: u8,
        /// Its place among the tiles of its level, from 0.
        number: u64,
    },
    /// Size, root or position that are kept of the tree are not those of its leaves.
    OtherHead {
        /// Leaves that it is said to have.
        size: u64,
        /// Leaves that there are.
        leaves: u64,
    },
}

impl fmt::Display for TreeFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { event, index } => {
                write!(f, "{event} was changed after it became leaf {index}")
            }
            Self::Removed { position, index } => {
                write!(f, "the event at {position}, leaf {index}, was removed")
            }
            Self::Inserted { event, position } => {
                write!(f, "{event} at {position} was put between others")
            }
            Self::NotAsSigned { size, since } => write!(
                f,
                "the checkpoint of {size} leaves signs another root: leaves from {since} on were changed"
            ),
            Self::NotSigned { size, reason } => {
                write!(f, "the checkpoint of {size} leaves: {reason}")
            }
            Self::CutShort { size, leaves } => write!(
                f,
                "{size} leaves were signed and {leaves} are left: the end was cut off"
            ),
            Self::OtherNodes { level, number } => write!(
                f,
                "tile {number} of level {level} of the tree does not hold what its leaves give: inner nodes were changed"
            ),
            Self::OtherHead { size, leaves } => write!(
                f,
                "the tree's head is said to be of {size} leaves, and is not that of the {leaves} there are"
            ),
        }
    }
}
