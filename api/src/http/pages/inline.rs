//! What stands in the document itself, for the first paint to wait for nothing: the script that
//! begins, and the styles. The build tells their hashes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

/// Where the build tells them, beside the document.
pub(super) const NAME: &str = "inline.json";

/// Hashes of what is inline, as a Content-Security-Policy has them (`sha256-…`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Inline {
    scripts: Vec<String>,
    styles: Vec<String>,
}

impl Inline {
    /// What a build told; nothing inline is let in when that cannot be read.
    pub(super) fn read(told: &[u8]) -> Self {
        serde_json::from_slice(told).unwrap_or_default()
    }

    /// To be put behind the sources of scripts.
    pub(super) fn scripts(&self) -> String {
        sources(&self.scripts)
    }

    /// To be put behind the sources of styles.
    pub(super) fn styles(&self) -> String {
        sources(&self.styles)
    }
}

/// Only hashes: nothing that a build tells may let in more than itself.
fn sources(hashes: &[String]) -> String {
    let is_hash = |hash: &&String| {
        hash.strip_prefix("sha256-")
            .and_then(|value| STANDARD.decode(value).ok())
            .is_some_and(|value| value.len() == 32)
    };
    let mut sources = String::new();
    for hash in hashes.iter().filter(is_hash) {
        sources.push_str(" '");
        sources.push_str(hash);
        sources.push('\'');
    }
    sources
}
