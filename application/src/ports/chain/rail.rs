//! The payment rail: how payments are asked for, in what, and what that costs.

use std::fmt;

use async_trait::async_trait;
use gage_domain::{
    ids::OrderId,
    payment::{Demand, Terms},
    rate::Rate,
    value::{Address, Asset, BaseUnits, Fiat},
};
use thiserror::Error;
use time::OffsetDateTime;

use crate::ports::StoreUnavailable;

/// What an order asks the rail to collect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentDraft {
    /// The order.
    pub order: OrderId,
    /// Whom a refund goes to.
    pub buyer: Address,
    /// Whom a release goes to.
    pub seller: Address,
    /// What is to be paid with.
    pub asset: Asset,
    /// Base units.
    pub amount: BaseUnits,
    /// The last moment to pay, whole seconds.
    pub deadline: OffsetDateTime,
    /// Seconds that the funds are held before anyone may release them.
    pub hold_secs: u64,
    /// Seconds that the arbiter has in a dispute.
    pub dispute_secs: u64,
}

/// Everything that a wallet needs to pay, besides its own fee choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentInstructions {
    /// The chain on which to pay.
    pub chain_id: u64,
    /// The contract to call.
    pub contract: Address,
    /// The call's data.
    pub call_data: Vec<u8>,
    /// Native coin to send with it, wei.
    pub value: BaseUnits,
    /// What has to be sent before, in this order, so that the contract may take the tokens; empty
    /// for the native coin, and when it may already. Only the first can be estimated.
    pub approvals: Vec<Approval>,
    /// What the payer may sign in place of the approval (EIP-2612), as JSON for
    /// `eth_signTypedData_v4`; none when no approval is needed, the token takes no permits, or it
    /// cannot be asked now.
    pub permit: Option<String>,
    /// The last moment to pay.
    pub deadline: OffsetDateTime,
    /// What it will cost in gas; absent, with the reason, when the node cannot tell.
    pub gas: Result<GasQuote, GasUnavailable>,
}

/// A call of a token (ERC-20) with which a payer lets the escrow take what a payment needs, and
/// no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The token's contract, which is to be called.
    pub token: Address,
    /// The escrow.
    pub spender: Address,
    /// Base units of the token; zero takes an older approval back.
    pub amount: BaseUnits,
    /// The call's data.
    pub call_data: Vec<u8>,
    /// What it will cost in gas; absent, with the reason, when the node cannot tell.
    pub gas: Result<GasQuote, GasUnavailable>,
}

/// Why there is no call that pays with a payer's permit (EIP-2612).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PermitRefusal {
    /// The payment is in the chain's own coin, or in a token that takes no permits here.
    #[error("what is to be paid takes no permits")]
    NotTaken,
    /// The node is away, or the token does not answer as EIP-2612 has it.
    #[error("the token cannot be asked about permits now")]
    TokenUnavailable {
        /// Why, for the log.
        reason: String,
    },
    /// Not the 65 bytes of r, s and v, with s in the lower half (EIP-2).
    #[error("the permit is no signature of a key: 65 bytes, with a low s")]
    Malformed,
    /// Another wallet's, or of something else: another amount, deadline, spender, chain or token,
    /// or a nonce that was used.
    #[error("the permit is not by the payer over this payment as it is now")]
    WrongSigner,
}

/// A call of the escrow that a party's own wallet signs and sends. No coins go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletCall {
    /// The chain.
    pub chain_id: u64,
    /// The wallet that is to send it.
    pub from: Address,
    /// The contract to call.
    pub contract: Address,
    /// The call's data.
    pub call_data: Vec<u8>,
    /// What it will cost in gas; absent, with the reason, when the node cannot tell.
    pub gas: Result<GasQuote, GasUnavailable>,
}

/// What an account can take out of the escrow: what was released or refunded to it and not
/// taken out yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// Base units of the token.
    pub amount: BaseUnits,
    /// The call that takes all of it out; none when there is nothing.
    pub call: Option<WalletCall>,
}

/// A gas quote, for information: the wallet sets the final fees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GasQuote {
    /// Units of gas, estimated with the buyer's own call.
    pub gas_limit: u64,
    /// Base fee of the next block, wei per unit.
    pub base_fee_per_gas: BaseUnits,
    /// Tip, wei per unit (a percentile of recent blocks).
    pub priority_fee_per_gas: BaseUnits,
    /// What a wallet should allow at most, wei per unit.
    pub max_fee_per_gas: BaseUnits,
    /// Expected cost, wei.
    pub expected_cost: BaseUnits,
    /// Cost at `max_fee_per_gas`, wei.
    pub maximum_cost: BaseUnits,
    /// When it was asked.
    pub quoted_at: OffsetDateTime,
}

/// Why there is no gas quote.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GasUnavailable {
    /// The node is away, or says nothing that could be passed on.
    #[error("the node is not reachable")]
    NodeUnreachable,
    /// The contract may not take the tokens yet, so nothing can be estimated.
    #[error("the approval has to be sent first")]
    ApprovalFirst,
    /// The call would fail now, for example for lack of funds.
    #[error("it would fail now: {reason}")]
    WouldFail {
        /// Why, in words for whoever asked: never the node's own.
        reason: String,
    },
}

/// A chain on which payments are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentChain {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// What people call it.
    pub name: String,
    /// The contract that holds the money there.
    pub escrow: Address,
    /// What it takes: the chain's own coin, then tokens.
    pub tokens: Vec<AcceptedToken>,
}

impl PaymentChain {
    /// A chain whose escrow takes the chain's own coin, ether, and nothing else.
    pub fn of_ether(chain_id: u64, escrow: Address) -> Self {
        Self {
            chain_id,
            name: format!("Chain {chain_id}"),
            escrow,
            tokens: vec![AcceptedToken::coin("ETH".to_owned())],
        }
    }

    /// What is accepted at this address, if anything is.
    pub fn token(&self, address: Address) -> Option<&AcceptedToken> {
        self.tokens.iter().find(|token| token.address == address)
    }
}

/// A token that orders may be paid in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedToken {
    /// Its contract; the zero address is the chain's native coin.
    pub address: Address,
    /// What amounts are shown with.
    pub symbol: String,
    /// Where the decimal point is when amounts are shown.
    pub decimals: u8,
    /// Whether it takes permits (EIP-2612), as the operator says.
    pub permit: bool,
}

impl AcceptedToken {
    /// A chain's own coin. Every EVM chain counts it with 18 decimals.
    pub fn coin(symbol: String) -> Self {
        Self {
            address: Address::ZERO,
            symbol,
            decimals: 18,
            permit: false,
        }
    }
}

/// A token that can be paid with, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedAsset {
    /// Which token, on which chain.
    pub asset: Asset,
    /// What amounts are shown with.
    pub symbol: String,
    /// One whole token is 10^`decimals` base units.
    pub decimals: u8,
}

impl AcceptedAsset {
    /// A token of a chain.
    pub fn of(chain_id: u64, token: &AcceptedToken) -> Self {
        Self {
            asset: Asset {
                chain_id,
                token: token.address,
            },
            symbol: token.symbol.clone(),
            decimals: token.decimals,
        }
    }
}

impl fmt::Display for AcceptedAsset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.symbol, self.asset)
    }
}

/// Why there is no rate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RateUnavailable {
    /// Nobody set up where the rate comes from.
    #[error("there is no rate in {fiat} for {asset}")]
    NotConfigured {
        /// The currency.
        fiat: Fiat,
        /// The asset.
        asset: Asset,
    },
    /// The price feed gave no answer that may be used: it was not reached yet, or what it says
    /// cannot be right.
    #[error(
        "the rate in {fiat} for {asset} is not known now; try again in a minute, or pay with \
         another asset"
    )]
    NoAnswer {
        /// The currency.
        fiat: Fiat,
        /// The asset.
        asset: Asset,
    },
    /// The price feed's last answer is too old.
    #[error(
        "the rate in {fiat} for {asset} is of {as_of} and too old; try again in a minute, or pay \
         with another asset"
    )]
    Stale {
        /// The currency.
        fiat: Fiat,
        /// The asset.
        asset: Asset,
        /// When the feed answered.
        as_of: OffsetDateTime,
    },
}

/// A payment rail: how payments of one kind are asked for.
#[async_trait]
pub trait PaymentRail: Send + Sync {
    /// The chains on which payments are taken, the first being the one for what names none.
    fn chains(&self) -> &[PaymentChain];

    /// The terms of a payment with the key under which the rail will know it; none on a chain on
    /// which no payments are taken. Pure.
    fn terms(&self, draft: &PaymentDraft) -> Option<Terms>;

    /// What the wallet `payer` needs to pay these terms. Works while the node is away.
    async fn instructions(&self, terms: &Terms, payer: Address) -> PaymentInstructions;

    /// The same with the payer's permit (EIP-2612) in place of the approval: the call takes both
    /// the tokens and the payment.
    ///
    /// # Errors
    /// [`PermitRefusal`]; MUST refuse a permit that the token would.
    async fn instructions_with_permit(
        &self,
        terms: &Terms,
        payer: Address,
        permit: &[u8],
    ) -> Result<PaymentInstructions, PermitRefusal>;

    /// A request to pay these terms as a URL (ERC-681), for any wallet; none when one call is not
    /// enough. Asks nobody.
    fn payment_uri(&self, terms: &Terms) -> Option<String>;

    /// The call with which the wallet `by` asks the escrow for something about the payment of
    /// these terms. Whether the escrow would do it is not asked here, but in
    /// [`Custody`](gage_domain::payment::Custody). Works while the node is away.
    async fn wallet_call(&self, terms: &Terms, demand: Demand, by: Address) -> WalletCall;

    /// What an account can take out of a chain's escrow in a token (the zero address: the
    /// chain's native coin). Nothing for a chain on which no payments are taken.
    ///
    /// # Errors
    /// [`StoreUnavailable`] when the node is away.
    async fn withdrawal(
        &self,
        chain_id: u64,
        account: Address,
        token: Address,
    ) -> Result<Option<Withdrawal>, StoreUnavailable>;

    /// The first chain (EIP-155): the one that is meant where none is named.
    fn first_chain(&self) -> u64;

    /// Whether payments are still taken by the contract that these terms name: what is paid into
    /// another one is not seen.
    fn takes(&self, terms: &Terms) -> bool {
        let mut chains = self.chains().iter();
        chains.any(|chain| (chain.chain_id, chain.escrow) == (terms.chain_id, terms.escrow))
    }

    /// What is accepted as this asset, if anything is: it is configured, and its escrow was not
    /// found to refuse it.
    fn accepted(&self, asset: Asset) -> Option<&AcceptedToken>;

    /// What one token of an asset costs in fiat money, at a moment. MUST answer from memory: it
    /// is asked within decisions, which wait for nobody.
    ///
    /// # Errors
    /// [`RateUnavailable`], when there is no rate that may be used at that moment.
    fn rate(&self, fiat: Fiat, asset: Asset, now: OffsetDateTime) -> Result<Rate, RateUnavailable>;

    /// The most that one payment can carry, base units.
    fn largest_payment(&self) -> BaseUnits;
}
