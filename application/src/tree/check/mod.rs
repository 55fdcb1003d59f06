//! Working the tree out anew from the log: does every leaf say of its event what the log says?
//!
//! Two things are compared, in one pass over both, with a bounded part of them in memory. Each
//! event, as the log has it now, with the leaf that was made of it: that names the event. And the
//! leaves with the roots that were signed: whoever changes an event and its leaf alike is found
//! there, between two checkpoints.

use std::{collections::VecDeque, fmt};

use gage_domain::proof::{CheckpointVerifier, Growth, TreeHead, leaf_hash};
use serde::Serialize;

use crate::{
    ports::history_tree::{
        HistoryTree, IssuedCheckpoint, IssuedCheckpoints, KeptLeaf, PrintedEvent, TreeError,
    },
    position::LogPosition,
    reconciliation::Findings,
};

/// Leaves and events that are read at once.
const PAGE: u32 = 4_096;
/// Checkpoints that are read at once.
const CHECKPOINTS: u32 = 256;

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
            Self::OtherHead { size, leaves } => write!(
                f,
                "the tree's head is said to be of {size} leaves, and is not that of the {leaves} there are"
            ),
        }
    }
}

/// How a check gets on: leaves done, of so many.
pub type Show<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Checks the tree against the log, and both against what was signed. With a key, also that this
/// key signed it.
///
/// # Errors
/// [`TreeError`] when the database is away.
pub async fn check(
    tree: &dyn HistoryTree,
    issued: &dyn IssuedCheckpoints,
    key: Option<&CheckpointVerifier>,
    show: Show<'_>,
) -> Result<TreeReport, TreeError> {
    let kept = tree.kept().await?;
    let mut pass = Pass {
        tree,
        events: VecDeque::new(),
        read: LogPosition::START,
        growth: Growth::empty(),
        found: Findings::default(),
    };
    let mut signed = Signed {
        issued,
        key,
        ahead: VecDeque::new(),
        read: 0,
        right: 0,
        compared: 0,
    };
    signed.compare(&mut pass).await?;
    while pass.size() < kept.head.size {
        let leaves = tree.leaves_from(pass.size(), PAGE).await?;
        let Some(last) = leaves.last().map(|leaf| leaf.position) else {
            break;
        };
        for leaf in &leaves {
            if leaf.index >= kept.head.size {
                break;
            }
            pass.take(leaf, last).await?;
            signed.compare(&mut pass).await?;
        }
        pass.growth.forget_full_tiles();
        show(pass.size(), kept.head.size);
    }
    pass.rest(kept.position).await?;
    if pass.growth.head() != kept.head {
        pass.found.push(TreeFinding::OtherHead {
            size: kept.head.size,
            leaves: pass.size(),
        });
    }
    signed.finish(&mut pass).await?;
    Ok(TreeReport {
        head: pass.growth.head(),
        checkpoints: signed.compared,
        findings: pass.found,
    })
}

/// The log and the leaves, side by side.
struct Pass<'a> {
    tree: &'a dyn HistoryTree,
    /// Events that were read and not compared yet.
    events: VecDeque<PrintedEvent>,
    /// How far the log was read.
    read: LogPosition,
    /// The tree of the leaves so far.
    growth: Growth,
    found: Findings<TreeFinding>,
}

impl Pass<'_> {
    fn size(&self) -> u64 {
        self.growth.size()
    }

    /// Compares a leaf with its event; `last` is where reading ahead is to end.
    async fn take(&mut self, leaf: &KeptLeaf, last: LogPosition) -> Result<(), TreeError> {
        loop {
            if self.events.is_empty() {
                self.read_on(last).await?;
            }
            match self.events.front() {
                Some(event) if event.position < leaf.position => self.put_between(),
                Some(event) if event.position == leaf.position => {
                    if leaf_hash(&event.leaf(), &leaf.salt) != leaf.hash {
                        self.found.push(TreeFinding::Changed {
                            event: name(event),
                            index: leaf.index,
                        });
                    }
                    self.events.pop_front();
                    break;
                }
                _ => {
                    self.found.push(TreeFinding::Removed {
                        position: leaf.position,
                        index: leaf.index,
                    });
                    break;
                }
            }
        }
        self.growth.append(leaf.hash);
        Ok(())
    }

    /// What the log has up to the tree's position and no leaf stands for.
    async fn rest(&mut self, to: LogPosition) -> Result<(), TreeError> {
        loop {
            if self.events.is_empty() {
                self.read_on(to).await?;
            }
            if self.events.is_empty() {
                return Ok(());
            }
            self.put_between();
        }
    }

    fn put_between(&mut self) {
        if let Some(event) = self.events.pop_front() {
            self.found.push(TreeFinding::Inserted {
                event: name(&event),
                position: event.position,
            });
        }
    }

    async fn read_on(&mut self, to: LogPosition) -> Result<(), TreeError> {
        let events = self.tree.events_between(self.read, to, PAGE).await?;
        self.read = events.last().map_or(self.read, |event| event.position);
        self.events.extend(events);
        Ok(())
    }
}

/// The checkpoints, compared as the tree of the leaves reaches their sizes.
struct Signed<'a> {
    issued: &'a dyn IssuedCheckpoints,
    key: Option<&'a CheckpointVerifier>,
    /// Checkpoints that were read and not compared yet, the smallest first.
    ahead: VecDeque<IssuedCheckpoint>,
    /// The size up to which they were read.
    read: u64,
    /// The size of the last one that was right.
    right: u64,
    compared: u64,
}

impl Signed<'_> {
    /// Compares the checkpoint of the size that the tree has now, if there is one.
    async fn compare(&mut self, pass: &mut Pass<'_>) -> Result<(), TreeError> {
        if self.ahead.is_empty() && self.read <= pass.size() {
            let page = self.issued.after(self.read, CHECKPOINTS).await?;
            let last = page.last().map(|checkpoint| checkpoint.signed.head.size);
            // None are left: those that are issued meanwhile are of larger trees.
            self.read = last.unwrap_or(u64::MAX);
            self.ahead.extend(page);
        }
        let size = pass.size();
        let due = |checkpoint: &mut IssuedCheckpoint| checkpoint.signed.head.size == size;
        if let Some(checkpoint) = self.ahead.pop_front_if(due) {
            self.compared += 1;
            self.look_at(&checkpoint, pass);
        }
        Ok(())
    }

    fn look_at(&mut self, checkpoint: &IssuedCheckpoint, pass: &mut Pass<'_>) {
        let size = checkpoint.signed.head.size;
        let signed = match self.key {
            Some(key) => key.open(&checkpoint.signed.note).map_err(|e| e.to_string()),
            None => Ok(checkpoint.signed.head),
        };
        match signed {
            Err(reason) => pass.found.push(TreeFinding::NotSigned { size, reason }),
            Ok(head) if head == pass.growth.head() => self.right = size,
            Ok(_) => pass.found.push(TreeFinding::NotAsSigned {
                size,
                since: self.right,
            }),
        }
    }

    /// Checkpoints of trees that are larger than what is left.
    async fn finish(&self, pass: &mut Pass<'_>) -> Result<(), TreeError> {
        let latest = self.issued.latest().await?;
        let size = latest.map_or(0, |checkpoint| checkpoint.signed.head.size);
        // Looked at after the checkpoint: what was issued since the pass began is of more leaves.
        let leaves = pass.tree.kept().await?.head.size;
        if size > leaves {
            pass.found.push(TreeFinding::CutShort { size, leaves });
        }
        Ok(())
    }
}

fn name(event: &PrintedEvent) -> String {
    format!("{} #{} {}", event.stream, event.sequence, event.event_type)
}
