//! What an owner types to find an order.

use std::str::FromStr as _;

use async_graphql::{Context, Error, ID};
use gage_domain::{
    ids::{OrderId, ShopId},
    value::Address,
};
use gage_projections::{
    PageRequest, PageSize,
    catalog::{ProductFilter, StockLevel, Visibility},
    orders::OrderSearch,
};
use uuid::Uuid;

use crate::graphql::{context::Asked as _, node_id::GlobalId as _};

/// Hexadecimal digits of an order's number: the first of its id. Shorter beginnings are no
/// numbers, since many words could be.
pub(super) const NUMBER_DIGITS: usize = 8;
/// Hexadecimal digits of an id.
const ID_DIGITS: usize = 32;
/// Products whose names are found; of more, the newest.
const MOST_PRODUCTS: i64 = 50;

/// What people call an order by.
pub(super) fn number(order: OrderId) -> String {
    let mut digits = order.0.simple().to_string();
    digits.truncate(NUMBER_DIGITS);
    digits.make_ascii_uppercase();
    digits
}

/// The orders that a text means: by number or id, by their buyer's wallet, or by words in the name
/// of a product of the shop. Nothing when the text is empty.
pub(super) async fn meant(
    ctx: &Context<'_>,
    shop: ShopId,
    text: &str,
) -> Result<Option<OrderSearch>, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(search) = by_order(text).or_else(|| by_buyer(text)) {
        return Ok(Some(search));
    }
    let filter = ProductFilter {
        search: Some(text.to_owned()),
        shop: Some(shop),
        level: StockLevel::Any,
        visibility: Visibility::All,
    };
    let size = PageSize::try_from(MOST_PRODUCTS).unwrap_or(PageSize::MAX);
    let found = ctx
        .catalog()?
        .products(&filter, &PageRequest::first(size))
        .await
        .map_err(|error| ctx.error(error.into()))?;
    let products = found.rows.into_iter().map(|product| product.id).collect();
    Ok(Some(OrderSearch::Products(products)))
}

/// A global id, an id, or a number: with or without the sign and the dashes that people write.
fn by_order(text: &str) -> Option<OrderSearch> {
    if let Some(order) = OrderId::from_global(&ID::from(text)) {
        let (first, last) = (order, order);
        return Some(OrderSearch::Ids { first, last });
    }
    let digits = text.trim_start_matches('#').replace('-', "");
    let is_number = (NUMBER_DIGITS..=ID_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_number {
        return None;
    }
    let bound = |filler: char| {
        let padded: String = digits
            .chars()
            .chain(std::iter::repeat(filler))
            .take(ID_DIGITS)
            .collect();
        Uuid::try_parse(&padded).ok().map(OrderId)
    };
    let (first, last) = (bound('0')?, bound('f')?);
    Some(OrderSearch::Ids { first, last })
}

fn by_buyer(text: &str) -> Option<OrderSearch> {
    text.starts_with("0x")
        .then(|| Address::from_str(text).ok())
        .flatten()
        .map(OrderSearch::Buyer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: OrderId = OrderId(Uuid::from_u128(0x9a55_6d6f_dd55_591c_995a_26f7_0d9b_5e8c));

    fn ids(text: &str) -> Option<(OrderId, OrderId)> {
        match by_order(text) {
            Some(OrderSearch::Ids { first, last }) => Some((first, last)),
            _ => None,
        }
    }

    #[test]
    fn an_order_is_found_by_its_number_however_it_is_written() {
        assert_eq!(number(ORDER), "9A556D6F");
        for text in ["9A556D6F", "#9a556d6f", "9a556d6f-dd55", "9A556D6FDD55"] {
            let (first, last) = ids(text).unwrap();
            assert!(first <= ORDER && ORDER <= last, "{text}");
            assert!(first.0.as_u128() >> 96 == last.0.as_u128() >> 96, "{text}");
        }
    }

    #[test]
    fn an_id_means_one_order() {
        let global = ORDER.to_global().to_string();
        for text in [&*ORDER.to_string(), &*global] {
            assert_eq!(ids(text), Some((ORDER, ORDER)), "{text}");
        }
    }

    #[test]
    fn words_are_no_numbers_and_only_whole_addresses_are_buyers() {
        for text in [
            "tea",
            "facade",
            "9a556d6",
            "9a556d6f9a556d6f9a556d6f9a556d6f0",
            "커피",
        ] {
            assert_eq!(ids(text), None, "{text}");
        }
        let buyer = "0xFFcf8FDEE72ac11b5c542428B35EEF5769C409f0";
        assert!(matches!(by_buyer(buyer), Some(OrderSearch::Buyer(_))));
        assert!(by_buyer(&buyer.to_lowercase()).is_some());
        assert_eq!(by_buyer(&buyer[..20]), None);
        assert_eq!(by_buyer(&buyer[2..]), None);
    }
}
