//! What a file of events holds, and whether it still does.

use std::fmt::Write as _;

use gage_domain::proof::TreeHead;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Form;
use crate::{ports::replay::EventRow, position::LogPosition};

/// The layout of manifests.
const LAYOUT: &str = "gage-export/1";

/// What a file of events holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The layout of this manifest.
    pub layout: String,
    /// How the events are written.
    pub form: Form,
    /// How many they are.
    pub events: u64,
    /// The first one; none of an empty log.
    pub first: Option<String>,
    /// The last one: where an export goes on.
    pub last: Option<String>,
    /// The length of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// What the log was committed to, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Root>,
}

/// What a log was committed to: the Merkle tree over its first events, the salts of which stand in
/// a file of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Root {
    /// Over how many events, and the root.
    #[serde(flatten)]
    pub head: TreeHead,
    /// The newest checkpoint that was signed of it, or of the tree that it grew from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<SignedRoot>,
}

/// A checkpoint, and who checks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedRoot {
    /// The public key.
    pub key: String,
    /// The signed note.
    pub note: String,
}

/// What was written, or read, so far.
#[derive(Debug, Clone)]
pub struct Tally {
    form: Form,
    events: u64,
    first: Option<LogPosition>,
    last: Option<LogPosition>,
    bytes: u64,
    hash: Sha256,
}

impl Tally {
    /// Of nothing.
    pub fn new(form: Form) -> Self {
        Self {
            form,
            events: 0,
            first: None,
            last: None,
            bytes: 0,
            hash: Sha256::new(),
        }
    }

    /// Counts bytes of the file.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes += u64::try_from(bytes.len()).unwrap_or(0);
        self.hash.update(bytes);
    }

    /// Counts an event; whether it stands after the one before it.
    pub fn event(&mut self, event: &EventRow) -> bool {
        let rises = self.last.is_none_or(|last| last < event.position);
        self.events += 1;
        self.first.get_or_insert(event.position);
        self.last = Some(event.position);
        rises
    }

    /// The last event.
    pub fn last(&self) -> Option<LogPosition> {
        self.last
    }

    /// How many events there are.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// What the file holds.
    pub fn manifest(&self, root: Option<Root>) -> Manifest {
        let mut sha256 = String::new();
        for byte in self.hash.clone().finalize() {
            // Writing to a text cannot fail.
            let _ = write!(sha256, "{byte:02x}");
        }
        Manifest {
            layout: LAYOUT.to_owned(),
            form: self.form,
            events: self.events,
            first: self.first.map(|at| at.to_string()),
            last: self.last.map(|at| at.to_string()),
            bytes: self.bytes,
            sha256,
            root,
        }
    }
}

impl Manifest {
    /// What is other in a file than the manifest says; nothing when it is the same.
    pub fn differs(&self, found: &Tally) -> Option<String> {
        let found = found.manifest(self.root.clone());
        let both = |what: &str, found: &dyn std::fmt::Debug, said: &dyn std::fmt::Debug| {
            Some(format!("{what} {found:?}, but the manifest says {said:?}"))
        };
        if self.layout != found.layout {
            return both("layout", &found.layout, &self.layout);
        }
        if self.events != found.events {
            return both("events", &found.events, &self.events);
        }
        if self.first != found.first {
            return both("first", &found.first, &self.first);
        }
        if self.last != found.last {
            return both("last", &found.last, &self.last);
        }
        if self.bytes != found.bytes {
            return both("bytes", &found.bytes, &self.bytes);
        }
        if self.sha256 != found.sha256 {
            return both("sha256", &found.sha256, &self.sha256);
        }
        None
    }
}
