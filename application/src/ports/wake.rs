//! Wake-ups: hints that something may have changed. Losing one costs time until the next
//! poll, never truth.

use std::{fmt, str::FromStr};

use gage_domain::ids::{OrderId, ShopId, SkuId};
use tokio::sync::broadcast;

/// What may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Notice {
    /// The event log grew.
    Appended,
    /// The read model of one order changed.
    Order(OrderId),
    /// The read model of a shop's orders changed.
    ShopOrders(ShopId),
    /// The read model of a SKU's stock changed.
    Stock(SkuId),
}

impl fmt::Display for Notice {
    /// The form that travels between replicas.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Appended => f.write_str("appended"),
            Self::Order(id) => write!(f, "order:{id}"),
            Self::ShopOrders(id) => write!(f, "shop-orders:{id}"),
            Self::Stock(id) => write!(f, "stock:{id}"),
        }
    }
}

/// A text that is no notice; ignored by whoever received it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a notice")]
pub struct InvalidNotice;

impl FromStr for Notice {
    type Err = InvalidNotice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "appended" => Ok(Self::Appended),
            Some(("order", id)) => id.parse().map(Self::Order).map_err(|_| InvalidNotice),
            Some(("shop-orders", id)) => {
                id.parse().map(Self::ShopOrders).map_err(|_| InvalidNotice)
            }
            Some(("stock", id)) => id.parse().map(Self::Stock).map_err(|_| InvalidNotice),
            _ => Err(InvalidNotice),
        }
    }
}

/// Carries notices within this process and, through the adapter, between replicas.
pub trait WakeUps: Send + Sync {
    /// Tells everyone, here at once and elsewhere soon. MUST NOT block or fail.
    fn notify(&self, notice: Notice);

    /// Notices from now on. A receiver that lags loses the oldest ones: treat that as
    /// "anything may have changed".
    fn subscribe(&self) -> broadcast::Receiver<Notice>;
}
