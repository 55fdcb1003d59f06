//! Global ids: opaque to clients, a kind and a UUID to us.

use std::fmt;

use async_graphql::ID;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gage_domain::ids::{OrderId, PaymentId, ProductId, ShopId};

/// What a global id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeId {
    /// A shop.
    Shop(ShopId),
    /// A product.
    Product(ProductId),
    /// An order.
    Order(OrderId),
    /// The payment of an order.
    Payment(PaymentId),
}

impl fmt::Display for NodeId {
    /// `Kind:UUID`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shop(id) => write!(f, "Shop:{id}"),
            Self::Product(id) => write!(f, "Product:{id}"),
            Self::Order(id) => write!(f, "Order:{id}"),
            Self::Payment(id) => write!(f, "Payment:{id}"),
        }
    }
}

impl NodeId {
    /// Reads a global id; nothing if it is none of ours.
    pub fn decode(id: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
        let (kind, uuid) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
        match kind {
            "Shop" => uuid.parse().ok().map(Self::Shop),
            "Product" => uuid.parse().ok().map(Self::Product),
            "Order" => uuid.parse().ok().map(Self::Order),
            "Payment" => uuid.parse().ok().map(Self::Payment),
            _ => None,
        }
    }
}

/// Turns ids to global ids and back.
pub trait GlobalId: Sized {
    /// The global id.
    fn to_global(self) -> ID;
    /// The id, if the global one names such a thing. A text that is no id is an id that is not
    /// known: both are answered alike.
    fn from_global(id: &ID) -> Option<Self>;
}

macro_rules! global_id {
    ($id:ident, $kind:ident) => {
        impl GlobalId for $id {
            fn to_global(self) -> ID {
                ID(URL_SAFE_NO_PAD.encode(NodeId::$kind(self).to_string()))
            }

            fn from_global(id: &ID) -> Option<Self> {
                match NodeId::decode(id) {
                    Some(NodeId::$kind(id)) => Some(id),
                    _ => None,
                }
            }
        }
    };
}

global_id!(ShopId, Shop);
global_id!(ProductId, Product);
global_id!(OrderId, Order);
global_id!(PaymentId, Payment);

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_id_is_read_as_what_it_was_written_as() {
        let shop = ShopId(Uuid::from_u128(7));
        assert_eq!(ShopId::from_global(&shop.to_global()), Some(shop));
        assert_eq!(OrderId::from_global(&shop.to_global()), None);
    }

    #[test]
    fn what_is_no_id_names_nothing() {
        for text in ["", "?", "U2hvcDo", &URL_SAFE_NO_PAD.encode("Shop:7")] {
            assert_eq!(NodeId::decode(text), None, "{text}");
        }
    }
}
