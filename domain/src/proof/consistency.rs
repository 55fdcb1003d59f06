//! That a later checkpoint's log is an earlier one's, with more after it.

use serde::{Deserialize, Serialize};

use super::{
    checkpoint::TreeHead,
    receipt::{InvalidDocument, of_format, read},
    tree::check_consistency,
    verdict::Verdict,
    verify::{Trust, open},
};
use crate::value::B256;

/// Two checkpoints and the proof that nothing was changed between them. One JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsistencyDocument {
    /// [`ConsistencyDocument::FORMAT`].
    pub format: String,
    /// The public key that checks both checkpoints, as the server prints it.
    pub key: String,
    /// The earlier signed checkpoint.
    pub from: String,
    /// The later one.
    pub to: String,
    /// The hashes between the two (RFC 6962, section 2.1.2).
    pub proof: Vec<B256>,
}

impl ConsistencyDocument {
    /// What this layout is called.
    pub const FORMAT: &'static str = "gage.consistency.v1";
}

/// Checks a proof between two checkpoints.
///
/// # Errors
/// [`InvalidDocument`] when it is none.
pub fn verify_consistency_document(json: &str, trust: &Trust) -> Result<Verdict, InvalidDocument> {
    let document: ConsistencyDocument = read("consistency proof", json)?;
    of_format(
        "consistency proof",
        ConsistencyDocument::FORMAT,
        &document.format,
    )?;
    let mut verdict = Verdict::default();
    let Some(key) = trust.key_for(&document.key, &mut verdict) else {
        return Ok(verdict);
    };
    let from = open(&key, &document.from, &mut verdict);
    let to = open(&key, &document.to, &mut verdict);
    if let (Some(from), Some(to)) = (from, to) {
        verdict.say(check(&from, &to, &document.proof));
    }
    Ok(verdict)
}

fn check(from: &TreeHead, to: &TreeHead, proof: &[B256]) -> Result<String, String> {
    let (old, new) = (from.size, to.size);
    check_consistency(from, to, proof).map_err(|error| {
        format!("the log of {new} events is not the one of {old} events: {error}")
    })?;
    Ok(format!(
        "the log of {new} events begins with the very {old} events of the earlier checkpoint: \
         none of them was changed, removed or moved, and none was put between them"
    ))
}
