//! Events with their proofs, and the receipt of an order.

use std::sync::Arc;

use gage_domain::{
    ids::{OrderId, PaymentId},
    order::Order,
    payment::Payment,
    proof::{AnchorNote, ConsistencyDocument, EventDocument, Receipt, ReceiptEvent, TreeHead},
    value::B256,
};
use serde_json::value::RawValue;

use crate::{
    event::StreamName,
    ports::{
        anchors::{AnchorState, Anchors},
        history_tree::{HistoryTree, IssuedCheckpoints, KeptLeaf, PrintedEvent, TreeError},
    },
};

/// Makes proofs and receipts from what is kept.
#[derive(Clone)]
pub struct Receipts {
    /// The tree.
    pub tree: Arc<dyn HistoryTree>,
    /// What was signed.
    pub issued: Arc<dyn IssuedCheckpoints>,
    /// What stands on chains.
    pub anchors: Arc<dyn Anchors>,
}

impl Receipts {
    /// One event of a stream with its proof under the newest checkpoint. Nothing when there is no
    /// such event, or no checkpoint above it yet.
    ///
    /// # Errors
    /// [`TreeError`].
    pub async fn event(
        &self,
        stream: &StreamName,
        sequence: u64,
    ) -> Result<Option<EventDocument>, TreeError> {
        let event = self.tree.event(stream, sequence).await?;
        let (Some(event), Some(checkpoint)) = (event, self.issued.latest().await?) else {
            return Ok(None);
        };
        let leaf = self
            .tree
            .leaves_of(&[event.position])
            .await?
            .pop()
            .flatten();
        let size = checkpoint.signed.head.size;
        let Some(leaf) = leaf.filter(|leaf| leaf.index < size) else {
            return Ok(None);
        };
        Ok(Some(EventDocument {
            format: EventDocument::FORMAT.to_owned(),
            event: shown(event, &leaf, self.proof(size, leaf.index).await?)?,
            checkpoint: checkpoint.signed.note,
            key: checkpoint.key,
        }))
    }

    /// The receipt of an order. Nothing when there is no such order, or no checkpoint above it.
    ///
    /// # Errors
    /// [`TreeError`].
    pub async fn of_order(&self, order: OrderId) -> Result<Option<Receipt>, TreeError> {
        let streams = [
            StreamName::of::<Order>(order),
            StreamName::of::<Payment>(PaymentId::from(order)),
        ];
        let events = self.tree.events_of(&streams).await?;
        let Some(checkpoint) = self.issued.latest().await? else {
            return Ok(None);
        };
        let head = checkpoint.signed.head;
        let positions: Vec<_> = events.iter().map(|event| event.position).collect();
        let leaves = self.tree.leaves_of(&positions).await?;
        let (mut under, mut pending) = (Vec::new(), 0);
        for (event, leaf) in events.into_iter().zip(leaves) {
            match leaf.filter(|leaf| leaf.index < head.size) {
                Some(leaf) => under.push((event, leaf)),
                None => pending += 1,
            }
        }
        let indexes: Vec<u64> = under.iter().map(|(_, leaf)| leaf.index).collect();
        let Some(&last) = indexes.last() else {
            return Ok(None);
        };
        let proofs = self.tree.inclusions(head.size, &indexes).await?;
        let events = under.into_iter().zip(proofs);
        let events = events.map(|((event, leaf), proof)| shown(event, &leaf, proof));
        Ok(Some(Receipt {
            format: Receipt::FORMAT.to_owned(),
            order: order.to_string(),
            key: checkpoint.key.clone(),
            checkpoint: checkpoint.signed.note.clone(),
            events: events.collect::<Result<_, _>>()?,
            pending,
            anchor: self.anchor_above(last, &head).await?,
        }))
    }

    /// Two checkpoints, and the proof that the later one's tree grew from the earlier one's.
    /// Nothing when one of them was never issued.
    ///
    /// # Errors
    /// [`TreeError`], also when the earlier one is of the larger tree.
    pub async fn consistency(
        &self,
        from: u64,
        to: Option<u64>,
    ) -> Result<Option<ConsistencyDocument>, TreeError> {
        let to = match to {
            Some(size) => self.issued.of_size(size).await?,
            None => self.issued.latest().await?,
        };
        let (Some(from), Some(to)) = (self.issued.of_size(from).await?, to) else {
            return Ok(None);
        };
        let (old, new) = (from.signed.head.size, to.signed.head.size);
        Ok(Some(ConsistencyDocument {
            format: ConsistencyDocument::FORMAT.to_owned(),
            proof: self.tree.consistency(old, new).await?,
            from: from.signed.note,
            to: to.signed.note,
            key: to.key,
        }))
    }

    async fn proof(&self, size: u64, index: u64) -> Result<Vec<B256>, TreeError> {
        let proofs = self.tree.inclusions(size, &[index]).await?;
        Ok(proofs.into_iter().flatten().collect())
    }

    /// The first confirmed anchor of a tree that has the leaf, or else the newest there is.
    async fn anchor_above(
        &self,
        index: u64,
        head: &TreeHead,
    ) -> Result<Option<AnchorNote>, TreeError> {
        let Some(anchor) = self.anchors.confirmed_above(index).await? else {
            return Ok(None);
        };
        let AnchorState::Confirmed { block } = anchor.state else {
            return Ok(None);
        };
        let (place, anchored) = (anchor.place, anchor.head);
        let (old, new) = (anchored.size.min(head.size), anchored.size.max(head.size));
        Ok(Some(AnchorNote {
            chain_id: place.chain_id,
            contract: place.contract,
            publisher: place.publisher,
            tx_hash: anchor.tx_hash,
            block_number: block,
            size: anchored.size,
            root: anchored.root,
            consistency: self.tree.consistency(old, new).await?,
        }))
    }
}

fn shown(
    event: PrintedEvent,
    leaf: &KeptLeaf,
    proof: Vec<B256>,
) -> Result<ReceiptEvent, TreeError> {
    let printed = |json: String| {
        RawValue::from_string(json).map_err(|error| TreeError::Damaged {
            reason: format!("event {}: {error}", event.position),
        })
    };
    Ok(ReceiptEvent {
        index: leaf.index,
        metadata: printed(event.metadata)?,
        payload: printed(event.payload)?,
        aggregate_type: event.stream.aggregate_type,
        aggregate_id: event.stream.aggregate_id,
        sequence: event.sequence,
        event_type: event.event_type,
        event_version: event.event_version,
        recorded_at: event.recorded_at,
        salt: leaf.salt,
        proof,
    })
}
