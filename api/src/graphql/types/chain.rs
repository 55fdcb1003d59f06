//! Chains on which payments are taken.
#![expect(
    clippy::unused_async,
    reason = "async-graphql's resolvers are async functions"
)]

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use gage_application::ports::chain::{self, AcceptedAsset, PaymentRail, RateUnavailable};
use gage_domain::value;
use time::OffsetDateTime;

use crate::graphql::{
    context::Asked as _,
    scalars::{Address, DateTime, Long},
    types::Fiat,
};

/// How the server follows a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "gage_application::ports::chain::ChainCondition")]
pub enum ChainCondition {
    /// Its node has not been reached yet.
    Starting,
    /// It is followed.
    Following,
    /// Its newest block is too old to be the newest: its node stands still, or the chain does.
    /// Payments may be missing; orders of now do not expire.
    Stalled,
    /// Its node is away: payments are seen later.
    Unreachable,
    /// Its node shows another chain, or another history, than before: needs the operator.
    Halted,
}

/// A chain on which payments are taken.
pub struct Chain(pub chain::PaymentChain);

/// A chain on which payments are taken.
#[Object]
impl Chain {
    /// Its id (EIP-155).
    async fn chain_id(&self) -> Long {
        Long(self.0.chain_id)
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The contract that holds the money there.
    async fn escrow(&self) -> Address {
        Address(self.0.escrow)
    }

    /// What it takes, the chain's own coin first.
    async fn tokens(&self, ctx: &Context<'_>) -> Result<Vec<AcceptedToken>> {
        let services = ctx.services()?;
        let (rail, now) = (services.rail.as_ref(), services.clock.now());
        let chain_id = self.0.chain_id;
        let tokens = self.0.tokens.iter().filter(|token| {
            let token = token.address;
            rail.accepted(value::Asset { chain_id, token }).is_some()
        });
        Ok(tokens
            .map(|token| AcceptedToken::of(self.0.chain_id, token, rail, now))
            .collect())
    }

    /// Confirmations that a payment needs to count.
    async fn confirmations_required(&self, ctx: &Context<'_>) -> Result<Option<Long>> {
        let followed = ctx.services()?.chains.get(self.0.chain_id);
        Ok(followed.map(|chain| Long(chain.confirmations_required())))
    }

    /// How it is followed.
    async fn condition(&self, ctx: &Context<'_>) -> Result<ChainCondition> {
        let followed = ctx.services()?.chains.get(self.0.chain_id);
        let condition = followed.map(|chain| chain.status().condition);
        Ok(condition.map_or(ChainCondition::Starting, Into::into))
    }

    /// Until when it has surely been read: payments until then are seen. Null before it was.
    async fn read_until(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let followed = ctx.services()?.chains.get(self.0.chain_id);
        Ok(followed.and_then(|chain| chain.status().read_until.map(DateTime)))
    }
}

/// A token that payments are taken in.
#[derive(Debug, Clone, SimpleObject)]
pub struct AcceptedToken {
    /// Its contract; the zero address is the chain's own coin.
    address: Address,
    /// What amounts are shown with.
    symbol: String,
    /// Digits after the decimal point when an amount is shown: base units are a whole number.
    decimals: u8,
    /// Whether a payer may sign a permit (EIP-2612) in place of an approval.
    permit: bool,
    /// Fiat currencies in which prices can be paid with it.
    fiats: Vec<Fiat>,
}

impl AcceptedToken {
    fn of(
        chain_id: u64,
        token: &chain::AcceptedToken,
        rail: &dyn PaymentRail,
        now: OffsetDateTime,
    ) -> Self {
        let asset = AcceptedAsset::of(chain_id, token).asset;
        let has_rate = |fiat: &value::Fiat| {
            let rate = rail.rate(*fiat, asset, now);
            !matches!(rate, Err(RateUnavailable::NotConfigured { .. }))
        };
        Self {
            address: Address(token.address),
            symbol: token.symbol.clone(),
            decimals: token.decimals,
            permit: token.permit,
            fiats: (value::Fiat::ALL.into_iter().filter(has_rate))
                .map(Fiat::from)
                .collect(),
        }
    }
}
