//! Proofs of the event log: checkpoints, anchors, and documents that anyone can check.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use gage_application::ports::{
    anchors::{self, AnchorState},
    history_tree::{IssuedCheckpoint, TreeError},
};
use gage_domain::ids::OrderId;
use serde::Serialize;

use crate::graphql::{
    context::Asked as _,
    errors::ApiError,
    scalars::{Address, DateTime, Hash, Long},
};

/// A signed checkpoint: so many events with this root, and the server's signature of both.
pub struct Checkpoint(pub IssuedCheckpoint);

/// A signed checkpoint: so many events with this root, and the server's signature of both. All
/// that were issued are kept. Keep one: whoever has it can tell later whether the past was changed.
#[Object]
impl Checkpoint {
    /// Events.
    async fn size(&self) -> Long {
        Long(self.0.signed.head.size)
    }

    /// The root of the Merkle tree over them (RFC 6962).
    async fn root(&self) -> Hash {
        Hash(self.0.signed.head.root)
    }

    /// The signed note as C2SP tlog-checkpoint has it.
    async fn note(&self) -> &str {
        &self.0.signed.note
    }

    /// The public key that checks it: name, key id and Ed25519 key.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// When it was issued.
    async fn issued_at(&self) -> DateTime {
        DateTime(self.0.issued_at)
    }
}

/// A document that proves something to whoever has it, without this server.
#[derive(SimpleObject)]
pub struct ProofDocument {
    /// What to call the file.
    file_name: String,
    /// The file: one JSON object, for `gage audit verify`.
    json: String,
}

impl ProofDocument {
    /// A document as a file.
    ///
    /// # Errors
    /// When it cannot be written as JSON: a mistake in the program.
    pub fn new(file_name: String, document: &impl Serialize) -> Result<Self, ApiError> {
        let json = serde_json::to_string_pretty(document);
        let json = json.map_err(|error| ApiError::Internal {
            reason: error.to_string(),
        })?;
        Ok(Self { file_name, json })
    }
}

/// How far an anchor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "AnchorState")]
pub enum AnchorProgress {
    /// It is signed, and no node has taken it yet.
    Pending,
    /// A node took it.
    Sent,
    /// It is in a block.
    Mined,
    /// Its block is deep enough to stay.
    Confirmed,
    /// The contract refused it.
    Reverted,
    /// No node took it.
    Refused,
    /// Another transaction of the account took its place.
    Lost,
}

/// A size and root of the event log, on their way to a chain or there.
pub struct Anchor(pub anchors::Anchor);

/// A size and root of the event log, on their way to a chain or there.
#[Object]
impl Anchor {
    /// The chain.
    async fn chain_id(&self) -> Long {
        Long(self.0.place.chain_id)
    }

    /// The contract that remembers it.
    async fn contract(&self) -> Address {
        Address(self.0.place.contract)
    }

    /// The account that writes it.
    async fn publisher(&self) -> Address {
        Address(self.0.place.publisher)
    }

    /// Events.
    async fn size(&self) -> Long {
        Long(self.0.head.size)
    }

    /// The root of the Merkle tree over them.
    async fn root(&self) -> Hash {
        Hash(self.0.head.root)
    }

    /// The transaction.
    async fn transaction(&self) -> Hash {
        Hash(self.0.tx_hash)
    }

    /// How far it is.
    async fn state(&self) -> AnchorProgress {
        match self.0.state {
            AnchorState::Pending => AnchorProgress::Pending,
            AnchorState::Sent => AnchorProgress::Sent,
            AnchorState::Mined { .. } => AnchorProgress::Mined,
            AnchorState::Confirmed { .. } => AnchorProgress::Confirmed,
            AnchorState::Reverted => AnchorProgress::Reverted,
            AnchorState::Refused => AnchorProgress::Refused,
            AnchorState::Lost => AnchorProgress::Lost,
        }
    }

    /// The block that it is in.
    async fn block(&self) -> Option<Long> {
        match self.0.state {
            AnchorState::Mined { block } | AnchorState::Confirmed { block } => Some(Long(block)),
            _ => None,
        }
    }

    /// When it was sent first.
    async fn sent_at(&self) -> DateTime {
        DateTime(self.0.sent_at)
    }
}

/// The receipt of an order that the viewer may see.
///
/// # Errors
/// When the tree cannot be asked.
pub(super) async fn receipt(ctx: &Context<'_>, order: OrderId) -> Result<Option<ProofDocument>> {
    let found = ctx.services()?.receipts.of_order(order).await;
    let Some(receipt) = found.map_err(|error| ctx.error(error.into()))? else {
        return Ok(None);
    };
    let document = ProofDocument::new(format!("receipt-{order}.json"), &receipt);
    Ok(Some(document.map_err(|error| ctx.error(error))?))
}

impl From<TreeError> for ApiError {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::Unavailable(away) => away.into(),
            TreeError::Damaged { .. } | TreeError::Proof(_) => Self::Internal {
                reason: error.to_string(),
            },
        }
    }
}
