//! What prices are taken, and what an order costs in the asset that it is paid with.

use gage_domain::{
    order::OrderRejection,
    payment::{PaymentRejection, TermsFault},
    rate::{Conversion, ConversionFault},
    rejection::Rejection,
    value::{Asset, BaseUnits, Denomination, Fiat, Price},
};

use crate::{
    gateway::{Refusal, Unit, UnitError},
    ports::chain::{AcceptedAsset, RateUnavailable},
};

/// What an order costs in the asset that it is paid with.
pub(super) struct Due {
    pub(super) asset: Asset,
    /// Base units.
    pub(super) amount: BaseUnits,
    /// How a price in fiat money became this amount.
    pub(super) conversion: Option<Box<Conversion>>,
}

/// The price with its chain named, if orders at it can be paid.
pub(super) fn accepted(unit: &Unit<'_>, price: Price) -> Result<Price, Refusal> {
    let rail = unit.rail();
    let denomination = price.currency.on(rail.first_chain());
    let taken = match denomination {
        Denomination::Token(asset) => rail.accepted(asset).is_some(),
        Denomination::Fiat(fiat) => !payable_with(unit, fiat).is_empty(),
    };
    if !taken {
        return Err(Refusal::CurrencyNotAccepted { denomination });
    }
    Ok(price.on(rail.first_chain()))
}

/// What a total comes to: itself in a token, or at the rate of this moment in fiat money.
pub(super) fn due(
    unit: &Unit<'_>,
    total: Price,
    pay_with: Option<Asset>,
) -> Result<Due, UnitError> {
    let rail = unit.rail();
    let denomination = total.currency.on(rail.first_chain());
    let due = match denomination {
        Denomination::Token(asset) => {
            let token = rail.accepted(asset);
            let token = token.ok_or(Refusal::CurrencyNotAccepted { denomination })?;
            let priced_in = AcceptedAsset::of(asset.chain_id, token);
            Due {
                asset: chosen(vec![priced_in], pay_with)?.asset,
                amount: total.amount,
                conversion: None,
            }
        }
        Denomination::Fiat(fiat) => {
            let paid_with = chosen(payable_with(unit, fiat), pay_with)?;
            convert(unit, fiat, total.amount, &paid_with)?
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
    price: BaseUnits,
    paid_with: &AcceptedAsset,
) -> Result<Due, UnitError> {
    let rate = unit.rail().rate(fiat, paid_with.asset, unit.now());
    let conversion = Conversion {
        fiat,
        amount: price,
        token_decimals: paid_with.decimals,
        rate: rate.map_err(Refusal::from)?,
    };
    let amount = conversion.tokens().map_err(|fault| match fault {
        ConversionFault::TooLarge => Rejection::from(OrderRejection::AmountOverflow),
        ConversionFault::ZeroPrice | ConversionFault::TooManyDecimals => {
            PaymentRejection::Terms(TermsFault::Conversion(fault)).into()
        }
    })?;
    Ok(Due {
        asset: paid_with.asset,
        amount,
        conversion: Some(Box::new(conversion)),
    })
}

/// The accepted assets that have a rate in a currency, whether it is known now or not: what can
/// be chosen does not change with every answer of a feed.
fn payable_with(unit: &Unit<'_>, fiat: Fiat) -> Vec<AcceptedAsset> {
    let (rail, now) = (unit.rail(), unit.now());
    let configured = rail.chains().iter().flat_map(|chain| {
        let tokens = chain.tokens.iter();
        tokens.map(|token| AcceptedAsset::of(chain.chain_id, token))
    });
    // Its escrow may have been found to refuse a token that is configured.
    let accepted = configured.filter(|configured| rail.accepted(configured.asset).is_some());
    let has_rate = |accepted: &AcceptedAsset| {
        let rate = rail.rate(fiat, accepted.asset, now);
        !matches!(rate, Err(RateUnavailable::NotConfigured { .. }))
    };
    accepted.filter(has_rate).collect()
}

/// What the customer chose of these, or the only one.
fn chosen(choices: Vec<AcceptedAsset>, pay_with: Option<Asset>) -> Result<AcceptedAsset, Refusal> {
    let found = match (pay_with, &choices[..]) {
        (Some(asset), _) => choices.iter().find(|choice| choice.asset == asset),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    match (found, pay_with) {
        (Some(found), _) => Ok(found.clone()),
        (None, Some(asset)) => Err(Refusal::PayWithRefused { asset, choices }),
        (None, None) => Err(Refusal::PayWithMissing { choices }),
    }
}
