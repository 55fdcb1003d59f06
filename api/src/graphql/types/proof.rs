//! Proofs of the event log: checkpoints, anchors, and documents that anyone can check.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use gage_application::{
    event::StreamName,
    ports::{
        anchors::{self, AnchorState},
        history_tree::{IssuedCheckpoint, TreeError},
    },
};
use gage_domain::{
    Decider as _,
    ids::{OrderId, ProductId, ShopId},
    inventory::Inventory,
    order,
    payment::Payment,
    product, shop,
};
use serde::Serialize;

use crate::{
    graphql::{
        context::Asked as _,
        errors::ApiError,
        lookup::load,
        scalars::{Address, DateTime, Hash, Long},
        types::order::may_see as may_see_order,
    },
    identity::viewer::Standing,
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

/// Whether a viewer may see the events of a stream: of an order and its payment those who may see
/// the order, of a shop, its products and their stock the shop's owner, and of everything those who
/// oversee.
///
/// # Errors
/// When the read models cannot be asked.
pub async fn may_see_stream(
    ctx: &Context<'_>,
    stream: &StreamName,
    viewer: &Standing,
) -> Result<bool> {
    if viewer.oversees() {
        return Ok(true);
    }
    let id = &stream.aggregate_id;
    let shop = match &*stream.aggregate_type {
        order::Order::TYPE | Payment::TYPE => {
            let Ok(id) = id.parse::<OrderId>() else {
                return Ok(false);
            };
            let order = load(ctx, id).await?;
            return Ok(order.is_some_and(|order| may_see_order(&order, viewer)));
        }
        shop::Shop::TYPE => id.parse::<ShopId>().ok(),
        // A SKU has the id of its product.
        product::Product::TYPE | Inventory::TYPE => match id.parse::<ProductId>() {
            Ok(id) => load(ctx, id).await?.map(|product| product.shop),
            Err(_) => None,
        },
        _ => None,
    };
    let Some(shop) = shop else {
        return Ok(false);
    };
    let shop = load(ctx, shop).await?;
    Ok(shop.is_some_and(|shop| viewer.is(shop.owner)))
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
