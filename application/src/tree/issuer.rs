//! Signing checkpoints.

use std::{sync::Arc, time::Duration};

use gage_domain::proof::{CheckpointKey, NotACheckpoint, ProofError, TreeHead, check_consistency};
use metrics::{counter, gauge};
use thiserror::Error;
use tokio::{select, sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::ports::{
    StoreUnavailable,
    clock::Clock,
    history_tree::{HistoryTree, IssuedCheckpoint, IssuedCheckpoints, TreeError},
};

/// Signs checkpoints of the tree as it grows.
///
/// Before it signs, it checks that the tree has grown from the one that was signed last: a history
/// that was rewritten, together with all its nodes, is not signed. Whoever removes the later
/// checkpoints as well is found out by anyone who has one, and by the anchors.
pub struct Issuer {
    /// The tree.
    pub tree: Arc<dyn HistoryTree>,
    /// What was signed.
    pub issued: Arc<dyn IssuedCheckpoints>,
    /// Signs.
    pub key: CheckpointKey,
    /// Time between checkpoints of a tree that grows.
    pub interval: Duration,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How it fares.
    pub status: IssuerStatus,
}

/// Why no checkpoint is issued.
#[derive(Debug, Error)]
pub enum NotIssued {
    /// The tree cannot be used.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The database is away.
    #[error(transparent)]
    Store(#[from] StoreUnavailable),
    /// The tree did not grow from what was signed before.
    #[error(
        "the tree of {now} leaves did not grow from the one of {before} leaves that was signed \
         before ({reason}): the history was changed, or an older database was put back"
    )]
    Forked {
        /// Leaves of the tree that was signed last.
        before: u64,
        /// Leaves of the tree now.
        now: u64,
        /// What the proof fails at.
        reason: String,
    },
    /// A kept checkpoint is not what was signed.
    #[error("the kept checkpoint of {size} leaves is not what was signed: {reason}")]
    Edited {
        /// Leaves of its tree.
        size: u64,
        /// What is wrong with it.
        reason: NotACheckpoint,
    },
    /// The key does not sign.
    #[error("the key of checkpoints does not sign: {0}")]
    Key(NotACheckpoint),
}

impl NotIssued {
    /// Whether the history is at fault, and not something that passes.
    fn is_grave(&self) -> bool {
        matches!(
            self,
            Self::Forked { .. } | Self::Edited { .. } | Self::Tree(TreeError::Damaged { .. })
        )
    }
}

/// How issuing fares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Issuing {
    /// Nothing was looked at yet.
    #[default]
    Starting,
    /// The newest checkpoint is of a tree of so many leaves.
    UpTo(u64),
    /// Something is away; tried again.
    Waiting,
    /// The history is not the one that was signed: nothing is signed until somebody looked.
    Refusing,
}

/// How issuing fares, as others see it. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct IssuerStatus(Arc<watch::Sender<Issuing>>);

impl IssuerStatus {
    /// How it fares.
    pub fn get(&self) -> Issuing {
        *self.0.borrow()
    }

    /// Says whether that is news.
    fn set(&self, issuing: Issuing) -> bool {
        let refusing = u8::from(issuing == Issuing::Refusing);
        gauge!("gage_tree_refused").set(f64::from(refusing));
        self.0.send_if_modified(|known| {
            let news = *known != issuing;
            *known = issuing;
            news
        })
    }
}

impl Issuer {
    /// Issues until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut newest = None;
        loop {
            match self.issue(newest).await {
                Ok(head) => {
                    newest = head;
                    let size = head.map_or(0, |head| head.size);
                    self.status.set(Issuing::UpTo(size));
                }
                Err(error) if error.is_grave() => {
                    if self.status.set(Issuing::Refusing) {
                        tracing::error!(%error, "no checkpoint is signed");
                    }
                }
                Err(error) => {
                    if self.status.set(Issuing::Waiting) {
                        tracing::warn!(%error, "no checkpoint is signed; trying again");
                    }
                }
            }
            select! {
                () = stop.cancelled() => return,
                () = sleep(self.interval) => {}
            }
        }
    }

    /// Signs the tree as it is, if it has grown since the last checkpoint. `newest` is what this
    /// process knows to have been signed. Returns what is signed now.
    ///
    /// # Errors
    /// [`NotIssued`].
    pub async fn issue(&self, newest: Option<TreeHead>) -> Result<Option<TreeHead>, NotIssued> {
        let kept = self.issued.latest().await?;
        let kept = kept.map(|last| self.head_of(&last)).transpose()?;
        let known = larger(kept, newest);
        let now = self.tree.kept().await?.head;
        if let Some(before) = known {
            self.has_grown(&before, &now).await?;
        }
        if now.size == 0 || known.is_some_and(|before| before.size == now.size) {
            return Ok(known);
        }
        let checkpoint = IssuedCheckpoint {
            signed: self.key.sign(now).map_err(NotIssued::Key)?,
            key: self.key.verifier().to_string(),
            issued_at: self.clock.now(),
        };
        if self.issued.keep(&checkpoint).await? {
            counter!("gage_checkpoints_total").increment(1);
        }
        Ok(Some(now))
    }

    /// What a kept checkpoint says. Those of another key are only taken by their word.
    fn head_of(&self, kept: &IssuedCheckpoint) -> Result<TreeHead, NotIssued> {
        let verifier = self.key.verifier();
        let head = kept.signed.head;
        if kept.key != verifier.to_string() {
            return Ok(head);
        }
        let edited = |reason| NotIssued::Edited {
            size: head.size,
            reason,
        };
        let signed = verifier.open(&kept.signed.note).map_err(edited)?;
        if signed == head {
            Ok(head)
        } else {
            Err(edited(NotACheckpoint::Malformed))
        }
    }

    async fn has_grown(&self, before: &TreeHead, now: &TreeHead) -> Result<(), NotIssued> {
        let forked = |reason: ProofError| NotIssued::Forked {
            before: before.size,
            now: now.size,
            reason: reason.to_string(),
        };
        let proof = match self.tree.consistency(before.size, now.size).await {
            Err(TreeError::Proof(error)) => return Err(forked(error)),
            other => other?,
        };
        check_consistency(before, now, &proof).map_err(forked)
    }
}

/// Of two heads that may be known, the one of the larger tree.
fn larger(one: Option<TreeHead>, other: Option<TreeHead>) -> Option<TreeHead> {
    one.into_iter().chain(other).max_by_key(|head| head.size)
}
