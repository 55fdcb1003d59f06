//! Prices: amounts of a token, or of money that a state issues.
#![expect(
    clippy::unused_async,
    reason = "async-graphql's resolvers are async functions"
)]

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use gage_application::ports::chain::{AcceptedAsset, AcceptedToken};
use gage_domain::value::{self, Currency, Denomination};

use crate::graphql::{
    context::Asked as _,
    scalars::{Address, BaseUnits, Long},
};

/// Money that a state issues, by its code (ISO 4217).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "gage_domain::value::Fiat")]
pub enum Fiat {
    /// The South Korean won; it has no smaller unit.
    Krw,
    /// The US dollar; amounts are in cents.
    Usd,
}

/// What something costs: an amount of a token, or of fiat money.
#[derive(Debug, Clone, Copy)]
pub struct Price(pub value::Price);

/// What something costs: an amount of a token (`token` and `chainId` are there), or of fiat money (`fiat` is there).
#[Object]
impl Price {
    /// What it is in, to show: the currency's code (ISO 4217) or the token's symbol; the token's address when that is not accepted any more.
    async fn currency(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(match self.denomination(ctx)? {
            Denomination::Fiat(fiat) => fiat.code().to_owned(),
            Denomination::Token(asset) => match self.accepted(ctx)? {
                Some(token) => token.symbol.clone(),
                None => asset.token.to_checksum(None),
            },
        })
    }

    /// The fiat currency; null for a price in a token.
    async fn fiat(&self) -> Option<Fiat> {
        match self.0.currency {
            Currency::Fiat(fiat) => Some(fiat.into()),
            Currency::Token { .. } => None,
        }
    }

    /// The chain of the token; null for a price in fiat money.
    async fn chain_id(&self, ctx: &Context<'_>) -> Result<Option<Long>> {
        Ok(match self.denomination(ctx)? {
            Denomination::Token(asset) => Some(Long(asset.chain_id)),
            Denomination::Fiat(_) => None,
        })
    }

    /// The token's contract; the zero address is the chain's own coin. Null for a price in fiat money.
    async fn token(&self) -> Option<Address> {
        match self.0.currency {
            Currency::Token { token, .. } => Some(Address(token)),
            Currency::Fiat(_) => None,
        }
    }

    /// In the token's smallest unit, or in minor units of the fiat currency (won, cents).
    async fn amount(&self) -> BaseUnits {
        BaseUnits(self.0.amount)
    }

    /// Digits after the decimal point when the amount is shown; null for a token that is not accepted any more.
    async fn decimals(&self, ctx: &Context<'_>) -> Result<Option<u8>> {
        Ok(match self.0.currency {
            Currency::Fiat(fiat) => Some(fiat.decimals()),
            Currency::Token { .. } => self.accepted(ctx)?.map(|token| token.decimals),
        })
    }
}

impl Price {
    fn denomination(&self, ctx: &Context<'_>) -> Result<Denomination> {
        let chains = ctx.payment_chains()?;
        let first = chains.first().map_or(0, |chain| chain.chain_id);
        Ok(self.0.currency.on(first))
    }

    fn accepted<'a>(&self, ctx: &Context<'a>) -> Result<Option<&'a AcceptedToken>> {
        let Denomination::Token(asset) = self.denomination(ctx)? else {
            return Ok(None);
        };
        let mut chains = ctx.payment_chains()?.iter();
        let chain = chains.find(|chain| chain.chain_id == asset.chain_id);
        Ok(chain.and_then(|chain| chain.token(asset.token)))
    }
}

impl From<value::Price> for Price {
    fn from(price: value::Price) -> Self {
        Self(price)
    }
}

/// What something costs: an amount of a token, or of fiat money.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct PriceInput {
    /// The fiat currency, for a price in fiat money.
    pub fiat: Option<Fiat>,
    /// The token's chain; the first of `chains` when it is left out.
    pub chain_id: Option<Long>,
    /// The token's contract; the chain's own coin when it is left out.
    pub token: Option<Address>,
    /// In the token's smallest unit, or in minor units of the fiat currency (won, cents).
    pub amount: BaseUnits,
}

/// A price in a token and in fiat money at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a price is in fiat money or in a token, not in both")]
pub struct TwoCurrencies;

impl TryFrom<PriceInput> for value::Price {
    type Error = TwoCurrencies;

    fn try_from(input: PriceInput) -> Result<Self, TwoCurrencies> {
        let currency = match (input.fiat, input.chain_id, input.token) {
            (Some(fiat), None, None) => Currency::Fiat(fiat.into()),
            (Some(_), _, _) => return Err(TwoCurrencies),
            (None, chain_id, token) => Currency::Token {
                chain_id: chain_id.map(|id| id.0),
                token: token.map_or(value::Address::ZERO, |token| token.0),
            },
        };
        Ok(Self {
            currency,
            amount: input.amount.0,
        })
    }
}

/// What an order is paid with.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct PayWithInput {
    /// The chain; the first of `chains` when it is left out.
    pub chain_id: Option<Long>,
    /// The token's contract; the chain's own coin when it is left out.
    pub token: Option<Address>,
}

impl PayWithInput {
    /// The asset that is meant.
    pub fn asset(self, first_chain: u64) -> value::Asset {
        value::Asset {
            chain_id: self.chain_id.map_or(first_chain, |id| id.0),
            token: self.token.map_or(value::Address::ZERO, |token| token.0),
        }
    }
}

/// Something that an order can be paid with.
#[derive(Debug, Clone, SimpleObject)]
pub struct PayableAsset {
    /// The chain.
    chain_id: Long,
    /// The token's contract; the zero address is the chain's own coin.
    token: Address,
    /// What amounts are shown with.
    symbol: String,
    /// Digits after the decimal point when an amount is shown.
    decimals: u8,
}

impl From<&AcceptedAsset> for PayableAsset {
    fn from(accepted: &AcceptedAsset) -> Self {
        Self {
            chain_id: Long(accepted.asset.chain_id),
            token: Address(accepted.asset.token),
            symbol: accepted.symbol.clone(),
            decimals: accepted.decimals,
        }
    }
}
