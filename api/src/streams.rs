//! Names of streams as people write them.

use anyhow::{Context as _, bail};
use gage_application::event::StreamName;
use gage_domain::ids::PayoutId;

use crate::graphql::node_id::NodeId;

/// The types of streams, as the log names them.
const TYPES: [&str; 6] = ["Shop", "Product", "Inventory", "Order", "Payment", PAYOUT];

/// Of which the streams are named by what they are about, and not by a UUID.
const PAYOUT: &str = "Payout";

/// `TYPE:UUID`, or a global id.
///
/// # Errors
/// What is no stream, with what one is.
pub fn parse(text: &str) -> anyhow::Result<StreamName> {
    let named = NodeId::decode(text).map_or_else(|| text.to_owned(), |id| id.to_string());
    let (aggregate_type, aggregate_id) = named
        .split_once(':')
        .with_context(|| format!("{text:?} is no stream: it is TYPE:UUID, for example Order:…"))?;
    let Some(aggregate_type) = TYPES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(aggregate_type))
    else {
        bail!(
            "there is no stream type {aggregate_type:?}; there are {}",
            TYPES.join(", ")
        );
    };
    let aggregate_id = if *aggregate_type == PAYOUT {
        let id: PayoutId = aggregate_id.to_ascii_lowercase().parse()?;
        id.to_string()
    } else {
        let id: uuid::Uuid = aggregate_id
            .parse()
            .with_context(|| format!("{aggregate_id:?} is no UUID"))?;
        id.hyphenated().to_string()
    };
    Ok(StreamName {
        aggregate_type: (*aggregate_type).to_owned(),
        aggregate_id,
    })
}

#[cfg(test)]
mod tests {
    use gage_domain::ids::OrderId;
    use uuid::Uuid;

    use super::*;
    use crate::graphql::node_id::GlobalId as _;

    #[test]
    fn a_stream_is_named_by_type_and_uuid_or_by_a_global_id() {
        let id = Uuid::from_u128(7);
        let named = parse(&format!("order:{id}")).unwrap();
        assert_eq!(named.to_string(), format!("Order:{id}"));
        assert_eq!(parse(&OrderId(id).to_global()).unwrap(), named);
    }

    #[test]
    fn a_payout_is_named_by_chain_escrow_account_and_token() {
        let address = |digits: &str| format!("0x{}", digits.repeat(20));
        let (escrow, account, coin) = (address("E5"), address("A1"), address("00"));
        let named = parse(&format!("payout:1337-{escrow}-{account}-{coin}")).unwrap();
        let (escrow, account) = (escrow.to_lowercase(), account.to_lowercase());
        let expected = format!("Payout:1337-{escrow}-{account}-{coin}");
        assert_eq!(named.to_string(), expected);
        assert!(parse("Payout:1337").is_err());
    }

    #[test]
    fn what_is_no_stream_is_told_why() {
        for (text, told) in [
            ("Order", "TYPE:UUID"),
            ("Cart:1", "Shop, Product"),
            ("Order:1", "no UUID"),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(told), "{error}");
        }
    }
}
