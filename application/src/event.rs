//! Events as the log holds them, and as typed facts.

use std::fmt;

use gage_domain::{
    decider::Decider,
    ids::{OrderId, PaymentId, PayoutId, ProductId, ShopId, SkuId},
    inventory::{Inventory, InventoryEvent},
    order::{Order, OrderEvent},
    payment::{Payment, PaymentEvent},
    payout::{Payout, PayoutEvent},
    personal::Sealed,
    product::{Product, ProductEvent},
    shop::{Shop, ShopEvent},
    upcast::Upcasters,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use time::OffsetDateTime;

use crate::{metadata::Metadata, ports::event_log::LogError, position::LogPosition};

/// The name of one aggregate's events: its type and its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName {
    /// The aggregate type, for example `Order`.
    pub aggregate_type: String,
    /// The aggregate's id in its printed form.
    pub aggregate_id: String,
}

impl StreamName {
    /// The stream of one aggregate.
    pub fn of<D: Decider>(id: D::Id) -> Self {
        Self {
            aggregate_type: D::TYPE.to_owned(),
            aggregate_id: id.to_string(),
        }
    }
}

impl fmt::Display for StreamName {
    /// `Type:id`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.aggregate_type, self.aggregate_id)
    }
}

/// JSON as the log printed it. It is parsed once, where its type is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonText(String);

impl JsonText {
    /// A text that is JSON; whether it is, shows when it is parsed.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it says.
    ///
    /// # Errors
    /// It is no JSON, or not a `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }
}

/// An event as the log holds it: text and JSON, before upcasting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place in the log.
    pub position: LogPosition,
    /// Its stream.
    pub stream: StreamName,
    /// Its number in its stream, from 1, without gaps.
    pub sequence: u64,
    /// For example `OrderPlaced`.
    pub event_type: String,
    /// Semver of the payload's layout.
    pub event_version: String,
    /// The event itself.
    pub payload: JsonText,
    /// Who, why, when.
    pub metadata: Metadata,
    /// When the log took it (the database's clock).
    pub recorded_at: OffsetDateTime,
}

/// An event of any aggregate, typed, with its stream's id.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Of a shop.
    Shop(ShopId, ShopEvent),
    /// Of a product.
    Product(ProductId, ProductEvent),
    /// Of a SKU's stock.
    Inventory(SkuId, InventoryEvent),
    /// Of an order.
    Order(OrderId, OrderEvent),
    /// Of a payment.
    Payment(PaymentId, PaymentEvent),
    /// Of what an account took out of an escrow.
    Payout(PayoutId, PayoutEvent),
}

impl Fact {
    /// The personal data that it holds, sealed.
    pub fn sealed(&self) -> Option<&Sealed> {
        match self {
            Self::Order(_, OrderEvent::OrderPlaced { delivery, .. }) => delivery.as_ref(),
            Self::Shop(..)
            | Self::Product(..)
            | Self::Inventory(..)
            | Self::Order(..)
            | Self::Payment(..)
            | Self::Payout(..) => None,
        }
    }
}

/// A typed event with its place and circumstances: what consumers of the log see.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its place in the log.
    pub position: LogPosition,
    /// Its number in its stream, from 1.
    pub sequence: u64,
    /// What happened, to what.
    pub fact: Fact,
    /// Who, why, when.
    pub metadata: Metadata,
    /// When the log took it (the database's clock).
    pub recorded_at: OffsetDateTime,
}

/// The types of all aggregates: those that [`Decoder::decode`] knows.
pub const AGGREGATE_TYPES: [&str; 6] = [
    Shop::TYPE,
    Product::TYPE,
    Inventory::TYPE,
    Order::TYPE,
    Payment::TYPE,
    Payout::TYPE,
];

/// Reads stored events as typed ones, through the upcasters.
#[derive(Debug, Clone, Default)]
pub struct Decoder {
    upcasters: Upcasters,
}

impl Decoder {
    /// With the project's own upcasters.
    pub fn current() -> Self {
        Self {
            upcasters: Upcasters::current(),
        }
    }

    /// With upcasters of the caller's choice.
    pub fn with(upcasters: Upcasters) -> Self {
        Self { upcasters }
    }

    /// The typed event of one aggregate.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] names stream and sequence when version, payload or type do not fit.
    pub fn event<D: Decider>(&self, stored: &StoredEvent) -> Result<D::Event, LogError> {
        let (event_type, version) = (&stored.event_type, &stored.event_version);
        let corrupt = |error: &dyn fmt::Display| LogError::corrupt(stored, error.to_string());
        if self.upcasters.is_current(D::TYPE, event_type, version) {
            return stored.payload.parse().map_err(|error| corrupt(&error));
        }
        let payload: Value = stored.payload.parse().map_err(|error| corrupt(&error))?;
        let (_, payload) = self
            .upcasters
            .upcast(D::TYPE, event_type, version, payload)
            .map_err(|error| corrupt(&error))?;
        serde_json::from_value(payload).map_err(|error| corrupt(&error))
    }

    /// The typed event of whatever aggregate it is.
    ///
    /// # Errors
    /// [`LogError::Corrupt`], also for an aggregate type that is not known.
    pub fn decode(&self, stored: StoredEvent) -> Result<Recorded, LogError> {
        let fact = match stored.stream.aggregate_type.as_str() {
            Shop::TYPE => Fact::Shop(id(&stored)?, self.event::<Shop>(&stored)?),
            Product::TYPE => Fact::Product(id(&stored)?, self.event::<Product>(&stored)?),
            Inventory::TYPE => Fact::Inventory(id(&stored)?, self.event::<Inventory>(&stored)?),
            Order::TYPE => Fact::Order(id(&stored)?, self.event::<Order>(&stored)?),
            Payment::TYPE => Fact::Payment(id(&stored)?, self.event::<Payment>(&stored)?),
            Payout::TYPE => Fact::Payout(id(&stored)?, self.event::<Payout>(&stored)?),
            _ => {
                return Err(LogError::corrupt(
                    &stored,
                    "unknown aggregate type".to_owned(),
                ));
            }
        };
        Ok(Recorded {
            position: stored.position,
            sequence: stored.sequence,
            fact,
            metadata: stored.metadata,
            recorded_at: stored.recorded_at,
        })
    }
}

fn id<I: gage_domain::ids::StreamId>(stored: &StoredEvent) -> Result<I, LogError> {
    stored
        .stream
        .aggregate_id
        .parse()
        .map_err(|error| LogError::corrupt(stored, format!("aggregate id: {error}")))
}
