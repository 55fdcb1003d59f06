//! Who may do what, and whether a payment asks for what its order costs.

use gage_domain::{
    ids::OrderId,
    payment::Terms,
    rate::Conversion,
    value::{BaseUnits, Currency},
};

use super::{
    catalogue::{Catalogue, same_currency},
    entry::{StreamKey, place},
    finding::{Fault, Findings},
    legal,
    life::Life,
};
use crate::{event::Recorded, metadata::Actor};

/// Whether the payment asks for what the order costs.
pub(super) fn agreed(
    life: &Life,
    order: OrderId,
    terms: &Terms,
    conversion: Option<&Conversion>,
    event: &Recorded,
    catalogue: &Catalogue,
) -> Result<(), String> {
    let details = life
        .order
        .state
        .details()
        .map_err(|_| format!("a payment of an order that is placed, {order} is not"))?;
    if (terms.order, terms.buyer, terms.deadline) != (order, details.buyer, details.pay_by) {
        let (buyer, pay_by) = (details.buyer, details.pay_by);
        return Err(format!(
            "the order {order} of {buyer}, to be paid by {pay_by}"
        ));
    }
    let seller = catalogue.payout_at(details.shop, event.position);
    if seller != Some(terms.seller) {
        let wallet = seller.map_or_else(|| "nobody".to_owned(), |wallet| wallet.to_string());
        return Err(format!("{wallet} as seller, where the shop's money went"));
    }
    let asset = Currency::Token {
        chain_id: Some(terms.chain_id),
        token: terms.token,
    };
    let (total, fits) = match (details.total.currency, conversion) {
        (currency @ Currency::Token { .. }, None) => {
            let same = same_currency(currency, asset);
            (
                details.total.amount,
                same && details.total.amount == terms.amount,
            )
        }
        (Currency::Fiat(fiat), Some(conversion)) => {
            let same = conversion.fiat == fiat && conversion.amount == details.total.amount;
            (details.total.amount, same)
        }
        (Currency::Token { .. }, Some(_)) | (Currency::Fiat(_), None) => (BaseUnits::ZERO, false),
    };
    if fits {
        return Ok(());
    }
    let currency = legal::json(&details.total);
    Err(format!("the order's total, {total} ({currency})"))
}

/// Looks whether who may did it.
pub(super) fn actor_is(
    may: Option<Actor>,
    key: StreamKey,
    event: &Recorded,
    findings: &mut Findings,
) {
    let actor = &event.metadata.actor;
    let same = match (&may, actor) {
        (Some(Actor::Wallet(one)), Actor::Wallet(other)) => one == other,
        (Some(Actor::System(one)), Actor::StoredSystem(other)) => one == other,
        _ => false,
    };
    if same {
        return;
    }
    let expected = may.map_or_else(|| "the order's buyer".to_owned(), |may| may.to_string());
    let found = format!("done by {actor}");
    findings.add(Fault::WrongActor, place(key, event), found, expected);
}
