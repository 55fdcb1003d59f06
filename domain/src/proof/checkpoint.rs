//! Size and root of the tree, and the server's signature of them (C2SP tlog-checkpoint and
//! signed-note, Ed25519).

use std::fmt;

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use signed_note::{Note, Signer, StandardVerifier, Verifier as _, VerifierList};
use thiserror::Error;
use tlog_tiles::{Checkpoint, tlog::Hash};

use super::tree::plain;
use crate::value::B256;

/// What a tree is: so many leaves, and the hash that stands for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeHead {
    /// Leaves.
    pub size: u64,
    /// The root's hash (RFC 6962, section 2.1).
    pub root: B256,
}

/// The name of a tree, which its checkpoints and its key carry: a host and a path, such as
/// `shop.example/log`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// A text that names no tree.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("must be a name without spaces and plus signs, such as shop.example/log, not {given:?}")]
pub struct InvalidOrigin {
    given: String,
}

impl Origin {
    /// Reads a name.
    ///
    /// # Errors
    /// [`InvalidOrigin`].
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let readable = signed_note::is_key_name_valid(text)
            && text.len() <= 255
            && !text.chars().any(char::is_control);
        if readable {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidOrigin {
                given: text.chars().take(60).collect(),
            })
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key that signs checkpoints of one tree (Ed25519).
#[derive(Clone)]
pub struct CheckpointKey {
    origin: Origin,
    key: SigningKey,
    verifier: CheckpointVerifier,
}

impl fmt::Debug for CheckpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckpointKey({})", self.verifier)
    }
}

impl CheckpointKey {
    /// The key with this secret.
    ///
    /// # Errors
    /// [`InvalidVerifierKey`]; in practice never, since every secret has a public key.
    pub fn new(origin: Origin, secret: &[u8; 32]) -> Result<Self, InvalidVerifierKey> {
        let key = SigningKey::from_bytes(secret);
        let printed = signed_note::new_ed25519_verifier_key(origin.as_str(), &key.verifying_key());
        let verifier = CheckpointVerifier::parse(&printed)?;
        Ok(Self {
            origin,
            key,
            verifier,
        })
    }

    /// What checks its signatures: to be published.
    pub fn verifier(&self) -> &CheckpointVerifier {
        &self.verifier
    }

    /// Signs a head. The same head is always signed with the same bytes.
    ///
    /// # Errors
    /// [`NotACheckpoint`]; in practice never.
    pub fn sign(&self, head: TreeHead) -> Result<SignedCheckpoint, NotACheckpoint> {
        let malformed = |_| NotACheckpoint::Malformed;
        let text = Checkpoint::new(self.origin.as_str(), head.size, Hash(head.root.0), "")
            .map_err(malformed)?
            .to_bytes();
        let mut note = Note::new(&text, &[]).map_err(|_| NotACheckpoint::Malformed)?;
        let signed = note.add_sigs(&[self]);
        signed.map_err(|_| NotACheckpoint::Malformed)?;
        let note = String::from_utf8(note.to_bytes()).map_err(|_| NotACheckpoint::Malformed)?;
        Ok(SignedCheckpoint { head, note })
    }
}

impl Signer for CheckpointKey {
    fn name(&self) -> &str {
        self.origin.as_str()
    }

    fn key_id(&self) -> u32 {
        self.verifier.inner.key_id()
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, ed25519_dalek::SignatureError> {
        use ed25519_dalek::Signer as _;
        Ok(self.key.try_sign(text)?.to_vec())
    }
}

/// What checks the signatures of one tree's checkpoints: name, key id and public key, printed as
/// `name+id+key` (C2SP signed-note).
#[derive(Clone)]
pub struct CheckpointVerifier {
    printed: String,
    inner: StandardVerifier,
}

/// A text that is no public key of checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "must be a name, a key id and an Ed25519 key, as `gage audit key` prints them: NAME+ID+KEY"
)]
pub struct InvalidVerifierKey;

impl CheckpointVerifier {
    /// Reads a printed key.
    ///
    /// # Errors
    /// [`InvalidVerifierKey`].
    pub fn parse(text: &str) -> Result<Self, InvalidVerifierKey> {
        let inner = StandardVerifier::new(text).map_err(|_| InvalidVerifierKey)?;
        Ok(Self {
            printed: text.to_owned(),
            inner,
        })
    }

    /// The tree that it is for.
    pub fn origin(&self) -> &str {
        self.inner.name()
    }

    /// The head that a note says, if it is signed with this key and of this key's tree.
    ///
    /// # Errors
    /// [`NotACheckpoint`].
    pub fn open(&self, note: &str) -> Result<TreeHead, NotACheckpoint> {
        let opened = Note::from_bytes(note.as_bytes()).map_err(|_| NotACheckpoint::Malformed)?;
        let known = VerifierList::new(vec![Box::new(self.inner.clone())]);
        opened
            .verify(&known)
            .map_err(|_| NotACheckpoint::NotSigned {
                origin: self.origin().to_owned(),
            })?;
        let checkpoint =
            Checkpoint::from_bytes(opened.text()).map_err(|_| NotACheckpoint::Malformed)?;
        if checkpoint.origin() != self.origin() {
            return Err(NotACheckpoint::OtherTree {
                origin: checkpoint.origin().to_owned(),
            });
        }
        Ok(TreeHead {
            size: checkpoint.size(),
            root: plain(*checkpoint.hash()),
        })
    }
}

impl fmt::Display for CheckpointVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.printed)
    }
}

impl fmt::Debug for CheckpointVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckpointVerifier({})", self.printed)
    }
}

impl PartialEq for CheckpointVerifier {
    fn eq(&self, other: &Self) -> bool {
        self.printed == other.printed
    }
}

impl Eq for CheckpointVerifier {}

/// A head with the server's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// Size and root.
    pub head: TreeHead,
    /// The signed note: origin, size, root, an empty line, the signature.
    pub note: String,
}

/// A text that is no checkpoint, or not one that this key signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotACheckpoint {
    /// It is no signed note with a checkpoint in it.
    #[error("it is no checkpoint in the form of C2SP tlog-checkpoint")]
    Malformed,
    /// The key did not sign it.
    #[error("it is not signed with the key of {origin}")]
    NotSigned {
        /// The name that the key is for.
        origin: String,
    },
    /// It is of another tree.
    #[error("it is of another tree, {origin}")]
    OtherTree {
        /// The tree's name.
        origin: String,
    },
}
