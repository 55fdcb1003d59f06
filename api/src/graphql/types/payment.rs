//! Payments: what was asked for, what the chain showed, where the money is.
#![expect(
    clippy::unused_async,
    reason = "async-graphql's resolvers are async functions"
)]

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use gage_domain::{
    ids::PaymentId,
    payment::{AttemptFailure, AttemptStanding, Demand},
    value,
};
use gage_projections::payments::{AttemptRow, FundingRow, PaymentRow};

use crate::graphql::{
    context::Asked as _,
    node_id::GlobalId as _,
    scalars::{Address, BaseUnits, DateTime, Hash, Long},
    types::{Dispute, PaymentRate, PreparedCall, Price, payment_request, prepare},
};

/// A payment in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "gage_projections::payments::PaymentStatus")]
pub enum PaymentStatus {
    /// The buyer can pay.
    Requested,
    /// Nobody paid, and nobody should any more.
    Expired,
    /// Seen on the chain, not deep enough yet.
    Detected,
    /// The escrow holds the money.
    Confirmed,
    /// The escrow holds money for an order that will not be delivered.
    RefundDue,
    /// The escrow holds the money, and the arbiter is asked.
    Disputed,
    /// Nothing is held any more, and the seller got at least a part.
    Released,
    /// All went back to the buyer.
    Refunded,
}

/// The payment of an order: what was asked for, what the chain showed, where the money is.
pub struct Payment(pub PaymentRow);

/// The payment of an order: what was asked for, what the chain showed, where the money is.
#[Object]
impl Payment {
    /// Its global id.
    pub async fn id(&self) -> ID {
        PaymentId::from(self.0.terms.order).to_global()
    }

    /// The payment in one word.
    async fn status(&self) -> PaymentStatus {
        self.0.status().into()
    }

    /// What is to be paid: always in a token.
    async fn price(&self) -> Price {
        let terms = &self.0.terms;
        let (chain_id, token) = (terms.chain_id, terms.token);
        value::Price::token(value::Asset { chain_id, token }, terms.amount).into()
    }

    /// How the order's price in fiat money became what is to be paid; null for a price in a token.
    async fn rate(&self) -> Option<PaymentRate> {
        self.0.conversion.as_ref().map(PaymentRate::from)
    }

    /// The last moment to pay.
    async fn deadline(&self) -> DateTime {
        DateTime(self.0.terms.deadline)
    }

    /// The chain on which to pay.
    async fn chain_id(&self) -> Long {
        Long(self.0.terms.chain_id)
    }

    /// The contract that holds the money.
    async fn escrow(&self) -> Address {
        Address(self.0.terms.escrow)
    }

    /// The payment's key in the contract: the hash of the signed quote (EIP-712).
    async fn key(&self) -> Hash {
        Hash(self.0.terms.key)
    }

    /// Whom a refund goes to.
    async fn buyer(&self) -> Address {
        Address(self.0.terms.buyer)
    }

    /// Whom a release goes to.
    async fn seller(&self) -> Address {
        Address(self.0.terms.seller)
    }

    /// Who decides disputes; null for nobody.
    async fn arbiter(&self) -> Option<Address> {
        let arbiter = self.0.terms.arbiter;
        (!arbiter.is_zero()).then_some(Address(arbiter))
    }

    /// Who sent the money, once it was seen.
    async fn payer(&self) -> Option<Address> {
        self.0.funding.seen().map(|seen| Address(seen.payer))
    }

    /// The transaction that pays, once it was seen.
    async fn transaction_hash(&self) -> Option<Hash> {
        self.0.funding.seen().map(|seen| Hash(seen.log.tx_hash))
    }

    /// The number of its block.
    async fn block_number(&self) -> Option<Long> {
        self.0
            .funding
            .seen()
            .map(|seen| Long(seen.log.block_number))
    }

    /// The hash of its block.
    async fn block_hash(&self) -> Option<Hash> {
        self.0.funding.seen().map(|seen| Hash(seen.log.block_hash))
    }

    /// Blocks from its own to the chain's newest, both included; 0 before it was seen. After it
    /// was confirmed, at least as many as then.
    async fn confirmations(&self, ctx: &Context<'_>) -> Result<Long> {
        let chain = ctx.services()?.chains.get(self.0.terms.chain_id);
        let head = chain.and_then(|chain| chain.status().head);
        let head = head.map(|head| head.number);
        let Some(seen) = self.0.funding.seen() else {
            return Ok(Long(0));
        };
        let block = seen.log.block_number;
        // A head below the block is one that this replica has not caught up with.
        let now = head
            .and_then(|head| head.checked_sub(block))
            .map_or(1, |above| above + 1);
        Ok(Long(match &self.0.funding {
            FundingRow::Confirmed { confirmations, .. } => now.max(*confirmations),
            FundingRow::None | FundingRow::Detected(_) => now,
        }))
    }

    /// Confirmations that the payment needs to count. Null when its chain is not followed any
    /// more.
    async fn confirmations_required(&self, ctx: &Context<'_>) -> Result<Option<Long>> {
        let chain = ctx.services()?.chains.get(self.0.terms.chain_id);
        Ok(chain.map(|chain| Long(chain.confirmations_required())))
    }

    /// What the escrow holds now.
    async fn held(&self) -> BaseUnits {
        BaseUnits(self.0.funding.held())
    }

    /// What went to the seller.
    async fn released(&self) -> BaseUnits {
        match &self.0.funding {
            FundingRow::Confirmed { released, .. } => BaseUnits(*released),
            FundingRow::None | FundingRow::Detected(_) => BaseUnits(value::BaseUnits::ZERO),
        }
    }

    /// What went back to the buyer.
    async fn refunded(&self) -> BaseUnits {
        match &self.0.funding {
            FundingRow::Confirmed { refunded, .. } => BaseUnits(*refunded),
            FundingRow::None | FundingRow::Detected(_) => BaseUnits(value::BaseUnits::ZERO),
        }
    }

    /// When it was paid: the time of its block, or when the server saw it, where the node did
    /// not say. Null before it was seen.
    async fn paid_at(&self) -> Option<DateTime> {
        self.0.funding.seen().map(|seen| DateTime(seen.paid_at))
    }

    /// From when on anyone may release what is held, unless it is disputed until then. Null
    /// before it was seen, and when that never comes.
    async fn releasable_from(&self) -> Option<DateTime> {
        self.0.hold_ends().map(DateTime)
    }

    /// The dispute about it, if there is or was one. While something is held, nothing else is
    /// decided about the order.
    async fn dispute(&self) -> Option<Dispute> {
        self.0.funding.dispute().map(Dispute)
    }

    /// The call that gives money to the seller. The buyer may send it at any time, the arbiter
    /// in a dispute, and anyone once the hold time is over without one.
    #[graphql(complexity = "100 + child_complexity")]
    async fn release_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much; all that is held when it is left out.")] amount: Option<
            BaseUnits,
        >,
        #[graphql(
            desc = "The wallet that will sign; when it is left out, the one that asks if it is the \
                    buyer's, the seller's or the arbiter's, otherwise the seller's."
        )]
        by: Option<Address>,
    ) -> Result<PreparedCall> {
        prepare(ctx, &self.0, by, |held| {
            Demand::Release(amount.map_or(held, |amount| amount.0))
        })
        .await
    }

    /// The call that gives money back to the buyer. The seller may send it at any time, the
    /// arbiter in a dispute, and the buyer when the arbiter's time in a dispute is over.
    #[graphql(complexity = "100 + child_complexity")]
    async fn refund_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much; all that is held when it is left out.")] amount: Option<
            BaseUnits,
        >,
        #[graphql(
            desc = "The wallet that will sign; when it is left out, the one that asks if it is the \
                    buyer's, the seller's or the arbiter's, otherwise the seller's."
        )]
        by: Option<Address>,
    ) -> Result<PreparedCall> {
        prepare(ctx, &self.0, by, |held| {
            Demand::Refund(amount.map_or(held, |amount| amount.0))
        })
        .await
    }

    /// The call that opens a dispute: the buyer or the seller asks the arbiter to decide, once,
    /// before the hold time is over.
    #[graphql(complexity = "100 + child_complexity")]
    async fn dispute_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The wallet that will sign; when it is left out, the one that asks if it is the \
                    buyer's, the seller's or the arbiter's, otherwise the seller's."
        )]
        by: Option<Address>,
    ) -> Result<PreparedCall> {
        prepare(ctx, &self.0, by, |_| Demand::Dispute).await
    }

    /// A request to pay as a URL (ERC-681), for links and wallets elsewhere: whoever follows it
    /// calls `payOrder` of the escrow, with everything in it. Null when it is not waited for, or
    /// in tokens, where one call is not enough.
    #[graphql(complexity = 20)]
    async fn uri(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        payment_request::uri(ctx, &self.0)
    }

    /// The same as a QR code: the text of an SVG image, with its quiet zone.
    #[graphql(complexity = 50)]
    async fn qr_code(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let uri = payment_request::uri(ctx, &self.0)?;
        Ok(uri.and_then(|uri| payment_request::qr_code(&uri)))
    }

    /// What must go back to the buyer, because the order will not be delivered.
    async fn refund_due(&self) -> Option<BaseUnits> {
        self.0.refund_due().map(BaseUnits)
    }

    /// Transactions that the buyer reported, oldest first: hints, never proof.
    async fn attempts(&self) -> Vec<Attempt> {
        let paid = self.0.funding.seen().map(|seen| seen.log.tx_hash);
        let attempts = self.0.attempts.iter();
        attempts
            .map(|attempt| Attempt::of(attempt, paid == Some(attempt.tx_hash)))
            .collect()
    }
}

impl Payment {
    /// The call that gives all that is held to the seller.
    ///
    /// # Errors
    /// As [`prepare`].
    pub(in crate::graphql) async fn release_all(&self, ctx: &Context<'_>) -> Result<PreparedCall> {
        prepare(ctx, &self.0, None, Demand::Release).await
    }

    /// The call that gives back what is due; none when nothing is.
    ///
    /// # Errors
    /// As [`prepare`].
    pub(in crate::graphql) async fn refund_due_call(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Option<PreparedCall>> {
        match self.0.refund_due() {
            Some(due) => prepare(ctx, &self.0, None, |_| Demand::Refund(due))
                .await
                .map(Some),
            None => Ok(None),
        }
    }
}

/// What became of a reported transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AttemptStatus {
    /// Nothing is known yet.
    Pending,
    /// It pays: the payment was seen in it.
    Paid,
    /// It ran and failed.
    Reverted,
    /// Another one with its nonce was mined.
    Replaced,
    /// The network forgot it.
    Dropped,
}

/// A transaction that the buyer reported.
#[derive(Debug, Clone, SimpleObject)]
pub struct Attempt {
    /// The transaction.
    transaction_hash: Hash,
    /// Its nonce in its sender's account.
    nonce: Long,
    /// When it was reported.
    reported_at: DateTime,
    /// What became of it.
    status: AttemptStatus,
}

impl Attempt {
    /// What was seen of the payment counts more than what was said of the transaction before.
    fn of(row: &AttemptRow, paid: bool) -> Self {
        Self {
            transaction_hash: Hash(row.tx_hash),
            nonce: Long(row.nonce),
            reported_at: DateTime(row.reported_at),
            status: match row.standing {
                _ if paid => AttemptStatus::Paid,
                AttemptStanding::Pending => AttemptStatus::Pending,
                AttemptStanding::Failed(AttemptFailure::Reverted) => AttemptStatus::Reverted,
                AttemptStanding::Failed(AttemptFailure::Replaced) => AttemptStatus::Replaced,
                AttemptStanding::Failed(AttemptFailure::Dropped) => AttemptStatus::Dropped,
            },
        }
    }
}
