//! What documents prove: receipts, events, growth.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    checkpoint::{CheckpointVerifier, TreeHead},
    consistency::{ConsistencyDocument, verify_consistency_document},
    receipt::{AnchorNote, EventDocument, InvalidDocument, Receipt, ReceiptEvent, read},
    tree::{check_consistency, check_inclusion},
    verdict::Verdict,
};

/// What whoever checks knows beforehand.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The public key that the shop publishes. Without it, the key in the document is taken, and
    /// the verdict says so.
    pub key: Option<CheckpointVerifier>,
}

impl Trust {
    /// The key to check with. Says in the verdict whose it is.
    pub(super) fn key_for(&self, shown: &str, verdict: &mut Verdict) -> Option<CheckpointVerifier> {
        match &self.key {
            Some(key) => Some(key.clone()),
            None => match CheckpointVerifier::parse(shown) {
                Ok(key) => {
                    verdict.leave_open(format!(
                        "whether {key} is the shop's key: it stands in the document itself. \
                         Give the one that the shop publishes with --key"
                    ));
                    Some(key)
                }
                Err(error) => {
                    verdict.say::<String>(Err(format!("the document's key: {error}")));
                    None
                }
            },
        }
    }
}

/// Checks a document of any of the formats, which it names itself.
///
/// # Errors
/// [`InvalidDocument`].
pub fn verify_document(json: &str, trust: &Trust) -> Result<Verdict, InvalidDocument> {
    #[derive(Deserialize)]
    struct Named {
        format: String,
    }
    let Named { format } = read("document with a format", json)?;
    match &*format {
        ConsistencyDocument::FORMAT => verify_consistency_document(json, trust),
        EventDocument::FORMAT => verify_event(json, trust),
        // What is none of them is refused there.
        _ => verify_receipt(json, trust),
    }
}

fn verify_event(json: &str, trust: &Trust) -> Result<Verdict, InvalidDocument> {
    let document: EventDocument = read("event with its proof", json)?;
    let mut verdict = Verdict::default();
    let key = trust.key_for(&document.key, &mut verdict);
    let head = key.and_then(|key| open(&key, &document.checkpoint, &mut verdict));
    if let Some(head) = head {
        verdict.say(check_event(&document.event, &head));
    }
    Ok(verdict)
}

/// Checks the receipt of an order.
///
/// # Errors
/// [`InvalidDocument`] when it is no receipt.
pub fn verify_receipt(json: &str, trust: &Trust) -> Result<Verdict, InvalidDocument> {
    let receipt = Receipt::parse(json)?;
    let mut verdict = Verdict::default();
    let key = trust.key_for(&receipt.key, &mut verdict);
    let head = key.and_then(|key| open(&key, &receipt.checkpoint, &mut verdict));
    for event in &receipt.events {
        let found = match &head {
            Some(head) => check_event(event, head),
            None => Err(format!(
                "{}: there is no checkpoint that it could be under",
                name(event)
            )),
        };
        verdict.say(found);
    }
    verdict.say(check_history(&receipt));
    if receipt.pending > 0 {
        verdict.leave_open(format!(
            "{} later events, which were under no checkpoint yet: ask for a new receipt",
            receipt.pending
        ));
    }
    match (receipt.anchor, head) {
        (Some(anchor), Some(head)) => check_anchor(anchor, &head, &receipt.events, &mut verdict),
        (Some(_), None) => {}
        (None, _) => verdict.leave_open(
            "any chain: when the receipt was made, no anchor of this tree was confirmed".to_owned(),
        ),
    }
    Ok(verdict)
}

/// The head of a signed checkpoint. Says in the verdict what is signed.
pub(super) fn open(
    key: &CheckpointVerifier,
    note: &str,
    verdict: &mut Verdict,
) -> Option<TreeHead> {
    match key.open(note) {
        Ok(head) => {
            let TreeHead { size, root } = head;
            verdict.say::<String>(Ok(format!(
                "{} signed that its log has {size} events with the root {root}",
                key.origin()
            )));
            Some(head)
        }
        Err(error) => {
            verdict.say::<String>(Err(format!("the checkpoint: {error}")));
            None
        }
    }
}

fn check_event(event: &ReceiptEvent, head: &TreeHead) -> Result<String, String> {
    let name = name(event);
    let leaf = event
        .leaf_hash()
        .map_err(|error| format!("{name}: {error}"))?;
    check_inclusion(head, event.index, leaf, &event.proof).map_err(|error| {
        format!(
            "{name}, event {} of the log: it is not in the log as it is shown here ({error})",
            event.index.saturating_add(1)
        )
    })?;
    Ok(format!(
        "{name} is event {} of the log, recorded at {}, with exactly this content",
        event.index.saturating_add(1),
        event.recorded_at
    ))
}

/// That the events are the order's and its payment's, from the first on, none left out.
fn check_history(receipt: &Receipt) -> Result<String, String> {
    let mut streams: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for event in &receipt.events {
        let ours = ["Order", "Payment"].contains(&&*event.aggregate_type);
        if !ours || event.aggregate_id != receipt.order {
            return Err(format!(
                "{} belongs to something else than the order {}",
                name(event),
                receipt.order
            ));
        }
        let (sequence, index) = streams.entry(&event.aggregate_type).or_default();
        if event.sequence != *sequence + 1 {
            return Err(format!(
                "{}: the one before it, number {}, is missing",
                name(event),
                *sequence + 1
            ));
        }
        if *sequence > 0 && event.index <= *index {
            return Err(format!("{} stands before what led to it", name(event)));
        }
        (*sequence, *index) = (event.sequence, event.index);
    }
    let count = |stream| streams.get(stream).map_or(0, |(sequence, _)| *sequence);
    if count("Order") == 0 {
        return Err(format!("the order {} itself is not shown", receipt.order));
    }
    Ok(format!(
        "of the order {} these are events 1 to {}, of its payment 1 to {}; none before the last is left out",
        receipt.order,
        count("Order"),
        count("Payment")
    ))
}

fn check_anchor(
    anchor: AnchorNote,
    head: &TreeHead,
    events: &[ReceiptEvent],
    verdict: &mut Verdict,
) {
    let AnchorNote { size, root, .. } = anchor;
    let anchored = TreeHead { size, root };
    let (old, new) = if size <= head.size {
        (&anchored, head)
    } else {
        (head, &anchored)
    };
    let checked = check_consistency(old, new, &anchor.consistency);
    let covered = events.iter().filter(|event| event.index < size).count();
    verdict.say(match checked {
        Ok(()) => Ok(format!(
            "the tree of {size} events whose root is said to stand on chain {} is this same log, \
             with {covered} of the {} events above in it",
            anchor.chain_id,
            events.len()
        )),
        Err(error) => Err(format!(
            "the anchor's tree of {size} events is not this log: {error}"
        )),
    });
    verdict.leave_open(format!(
        "whether chain {} says so, in the contract {}, transaction {}: ask any node of it with --node URL",
        anchor.chain_id, anchor.contract, anchor.tx_hash
    ));
    verdict.anchor = Some(anchor);
}

fn name(event: &ReceiptEvent) -> String {
    format!(
        "{}:{} #{} {}",
        event.aggregate_type, event.aggregate_id, event.sequence, event.event_type
    )
}
