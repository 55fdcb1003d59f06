//! What prices are taken, and what an order costs in the asset that it is paid with.

use gage_domain::{
    order::OrderRejection,
    payment::{PaymentRejection, TermsFault},
    rate::{Conversion, ConversionFault},
    rejection::Rejection,
    value::{Address, Asset, BaseUnits, Currency, Fiat, Price},
};

use crate::{
    gateway::{Refusal, Unit, UnitError},
    ports::chain::{AcceptedAsset, PaymentRail, RateUnavailable},
};

/// What an order costs in the asset that it is paid with.
pub(super) struct Due {
    pub(super) asset: Asset,
    /// Base units.
    pub(super) amount: BaseUnits,
    /// How a price in fiat money became this amount.
    pub(super) conversion: Option<Conversion>,
}

/// The price with its chain named, if orders at it can be paid.
pub(super) fn accepted(unit: &Unit<'_>, price: Price) -> Result<Price, UnitError> {
    let (rail, price) = (unit.rail(), price.on(unit.rail().first_chain()));
    match price.currency {
        Currency::Token { chain_id, token } => {
            accepted_asset(rail, asset(rail, chain_id, token))?;
        }
        Currency::Fiat(fiat) => {
            if priced_in(unit, fiat).is_empty() {
                return Err(Refusal::FiatNotAccepted { fiat }.into());
            }
        }
    }
    Ok(price)
}

/// What a total comes to: itself in a token, converted at the rate of this moment in fiat money.
pub(super) fn due(
    unit: &Unit<'_>,
    total: Price,
    pay_with: Option<Asset>,
) -> Result<Due, UnitError> {
    let rail = unit.rail();
    let due = match total.currency {
        Currency::Token { chain_id, token } => {
            let priced = accepted_asset(rail, asset(rail, chain_id, token))?;
            Due {
                asset: chosen(vec![priced], pay_with)?.asset,
                amount: total.amount,
                conversion: None,
            }
        }
        Currency::Fiat(fiat) => {
            let choices = priced_in(unit, fiat);
            if choices.is_empty() {
                return Err(Refusal::FiatNotAccepted { fiat }.into());
            }
            convert(unit, fiat, total.amount, chosen(choices, pay_with)?)?
        }
    };
    // An order that can never be paid would only hold stock.
    if due.amount > rail.largest_payment() {
        return Err(Rejection::from(OrderRejection::AmountOverflow).into());
    }
    Ok(due)
}

fn convert(
    unit: &Unit<'_>,
    fiat: Fiat,
    amount: BaseUnits,
    paid_with: AcceptedAsset,
) -> Result<Due, UnitError> {
    let asset = paid_with.asset;
    let rate = unit.rail().rate(fiat, asset, unit.now());
    let conversion = Conversion {
        fiat,
        amount,
        token_decimals: paid_with.decimals,
        rate: rate.map_err(Refusal::from)?,
    };
    let amount = conversion.tokens().map_err(|fault| match fault {
        ConversionFault::TooLarge => Rejection::from(OrderRejection::AmountOverflow),
        // No order is free, and no asset is accepted in such parts.
        ConversionFault::ZeroPrice | ConversionFault::TooManyDecimals => {
            PaymentRejection::Terms(TermsFault::Conversion(fault)).into()
        }
    })?;
    Ok(Due {
        asset,
        amount,
        conversion: Some(conversion),
    })
}

/// The accepted assets that have a rate in a currency, whether it is known now or not: what can
/// be chosen does not change with every answer of a feed.
fn priced_in(unit: &Unit<'_>, fiat: Fiat) -> Vec<AcceptedAsset> {
    let (rail, now) = (unit.rail(), unit.now());
    let has_rate = |accepted: &&AcceptedAsset| {
        let rate = rail.rate(fiat, accepted.asset, now);
        !matches!(rate, Err(RateUnavailable::NotConfigured { .. }))
    };
    rail.assets().iter().filter(has_rate).cloned().collect()
}

/// What the customer chose of these, or the only one.
fn chosen(choices: Vec<AcceptedAsset>, pay_with: Option<Asset>) -> Result<AcceptedAsset, Refusal> {
    let of_these = |asset| choices.iter().find(|choice| choice.asset == asset).cloned();
    match (pay_with, &choices[..]) {
        (Some(asset), _) => of_these(asset).ok_or(Refusal::PayWithRefused { asset, choices }),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(Refusal::PayWithMissing { choices }),
    }
}

fn accepted_asset(rail: &dyn PaymentRail, asset: Asset) -> Result<AcceptedAsset, Refusal> {
    let is_it = |accepted: &&AcceptedAsset| accepted.asset == asset;
    let accepted = rail.assets().iter().find(is_it).cloned();
    accepted.ok_or(Refusal::TokenNotAccepted { asset })
}

fn asset(rail: &dyn PaymentRail, chain_id: Option<u64>, token: Address) -> Asset {
    let chain_id = chain_id.unwrap_or_else(|| rail.first_chain());
    Asset { chain_id, token }
}
