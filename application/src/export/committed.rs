//! Whether the events of a file are those that the tree committed to: their leaves are worked out
//! anew.

use std::io::{self, Read};

use gage_domain::{
    proof::{
        CheckpointVerifier, Growth, InvalidVerifierKey, NotACheckpoint, Salt, TreeHead, leaf_hash,
    },
    value::B256,
};
use thiserror::Error;

use super::{Root, SignedRoot};
use crate::ports::replay::EventRow;

/// Leaves after which what is full is forgotten.
const FORGOTTEN_AFTER: u64 = 4_096;

/// Why a file is not proven to be what was committed to.
#[derive(Debug, Error)]
pub enum Unproven {
    /// The salts cannot be read, or are too few.
    #[error("the file of salts: {0}")]
    Salts(#[from] io::Error),
    /// The events give another root.
    #[error(
        "root {found} over {size} events, but the manifest says {said}: an event of the file, a \
         salt or the manifest was changed"
    )]
    OtherRoot {
        /// Events.
        size: u64,
        /// What they give.
        found: B256,
        /// What should be.
        said: B256,
    },
    /// The events up to the checkpoint give another root than was signed.
    #[error(
        "root {found} over {size} events, but the checkpoint signs {signed}: an event among them, \
         a salt or the checkpoint was changed"
    )]
    NotAsSigned {
        /// Events.
        size: u64,
        /// What they give.
        found: B256,
        /// What was signed.
        signed: B256,
    },
    /// The file has fewer events than the tree has leaves.
    #[error("{events} events, but a tree of {leaves}")]
    Short {
        /// Events of the file.
        events: u64,
        /// Leaves.
        leaves: u64,
    },
    /// The key in the manifest is none.
    #[error("the checkpoint's key: {0}")]
    Key(#[from] InvalidVerifierKey),
    /// The checkpoint is not signed by the key.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] NotACheckpoint),
}

/// What is proven of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The tree that its events give.
    pub head: TreeHead,
    /// How many of its first events were signed.
    pub signed: Option<u64>,
}

/// The tree of a file's events, while they go by.
pub struct Committed<R> {
    salts: R,
    said: TreeHead,
    signed: Option<TreeHead>,
    growth: Growth,
    events: u64,
}

impl<R: Read> Committed<R> {
    /// Of what a manifest says, with the salts in their order. Without a key, the one that stands
    /// beside the checkpoint is taken.
    ///
    /// # Errors
    /// [`Unproven`] when the checkpoint is not signed by the key.
    pub fn new(root: &Root, salts: R, key: Option<&CheckpointVerifier>) -> Result<Self, Unproven> {
        let open = |SignedRoot { key: own, note }: &SignedRoot| match key {
            Some(key) => Ok::<_, Unproven>(key.open(note)?),
            None => Ok(CheckpointVerifier::parse(own)?.open(note)?),
        };
        Ok(Self {
            salts,
            said: root.head,
            signed: root.checkpoint.as_ref().map(open).transpose()?,
            growth: Growth::empty(),
            events: 0,
        })
    }

    /// The next event of the file. Those behind the tree are committed to by nothing yet.
    ///
    /// # Errors
    /// [`Unproven`].
    pub fn take(&mut self, event: &EventRow) -> Result<(), Unproven> {
        self.events += 1;
        if self.growth.size() == self.said.size {
            return Ok(());
        }
        let mut salt = [0; 32];
        self.salts.read_exact(&mut salt)?;
        self.growth
            .append(leaf_hash(&event.leaf(), &Salt(B256::from(salt))));
        let size = self.growth.size();
        if size.is_multiple_of(FORGOTTEN_AFTER) {
            self.growth.forget_full_tiles();
        }
        if let Some(signed) = self.signed
            && signed.size == size
        {
            let found = self.growth.head().root;
            if found != signed.root {
                let signed = signed.root;
                return Err(Unproven::NotAsSigned {
                    size,
                    found,
                    signed,
                });
            }
        }
        Ok(())
    }

    /// All events went by.
    ///
    /// # Errors
    /// [`Unproven`].
    pub fn finish(self) -> Result<Proven, Unproven> {
        let (head, said) = (self.growth.head(), self.said);
        let signed = self.signed.map(|signed| signed.size);
        let leaves = said.size.max(signed.unwrap_or(0));
        if head.size < leaves {
            let events = self.events;
            return Err(Unproven::Short { events, leaves });
        }
        if head.root != said.root {
            return Err(Unproven::OtherRoot {
                size: head.size,
                found: head.root,
                said: said.root,
            });
        }
        Ok(Proven { head, signed })
    }
}
