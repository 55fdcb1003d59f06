//! The lines of an order: merging what a buyer wants, and adding up what it costs.

use std::collections::{BTreeSet, btree_map::BTreeMap};

use serde::{Deserialize, Serialize};

use super::OrderRejection;
use crate::{
    ids::{ProductId, SkuId},
    policy,
    text::LocalizedText,
    value::{BaseUnits, Price, Quantity},
};

/// A line of an order, with name and price as they were at placing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// The product.
    pub product: ProductId,
    /// Whose stock it takes from.
    pub sku: SkuId,
    /// The product's name at placing.
    pub name: LocalizedText,
    /// What one piece cost at placing.
    pub unit_price: Price,
    /// How many pieces.
    pub quantity: Quantity,
}

/// What a buyer wants of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The product.
    pub product: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
}

/// One line per product: quantities of the same product are summed. A product stands where
/// it was named first.
///
/// # Errors
/// [`OrderRejection::NoLines`], [`OrderRejection::TooManyLines`] (counted after merging), or
/// [`OrderRejection::QuantityOverflow`].
pub fn merge_lines(wanted: &[Wanted]) -> Result<Vec<Wanted>, OrderRejection> {
    let mut merged: Vec<Wanted> = Vec::new();
    let mut place: BTreeMap<ProductId, usize> = BTreeMap::new();
    for line in wanted {
        if let Some(first) = place
            .get(&line.product)
            .and_then(|&index| merged.get_mut(index))
        {
            first.quantity = first.quantity.checked_add(line.quantity).ok_or(
                OrderRejection::QuantityOverflow {
                    product: line.product,
                },
            )?;
        } else {
            place.insert(line.product, merged.len());
            merged.push(*line);
        }
    }
    check_count(merged.len())?;
    Ok(merged)
}

/// What all lines cost together.
///
/// # Errors
/// Every rule of lines: their number, one line per SKU, one currency, prices above zero, and a
/// total that fits 256 bits.
pub fn total(lines: &[OrderLine]) -> Result<Price, OrderRejection> {
    check_count(lines.len())?;
    let currency = lines
        .first()
        .ok_or(OrderRejection::NoLines)?
        .unit_price
        .currency;
    let mut amount = BaseUnits::ZERO;
    let mut skus = BTreeSet::new();
    for line in lines {
        if !skus.insert(line.sku) {
            return Err(OrderRejection::SkuTwice { sku: line.sku });
        }
        if line.unit_price.currency != currency {
            return Err(OrderRejection::MixedCurrencies);
        }
        if line.unit_price.amount.is_zero() {
            return Err(OrderRejection::ZeroPrice {
                product: line.product,
            });
        }
        amount = line
            .unit_price
            .amount
            .checked_mul(line.quantity)
            .and_then(|cost| amount.checked_add(cost))
            .ok_or(OrderRejection::AmountOverflow)?;
    }
    Ok(Price { currency, amount })
}

fn check_count(lines: usize) -> Result<(), OrderRejection> {
    match lines {
        0 => Err(OrderRejection::NoLines),
        lines if lines > policy::MAX_LINES => Err(OrderRejection::TooManyLines {
            lines,
            max: policy::MAX_LINES,
        }),
        _ => Ok(()),
    }
}
