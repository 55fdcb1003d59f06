//! Old events in their current form.
//!
//! cqrs-es skips what it cannot match: an event of a non-semver or a future version passes
//! its upcasters unchanged, and is read wrongly or not at all. Here every event has a known
//! current version, a chain of steps leads from each old version to it, and anything else is
//! an error.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::{
    decider::Decider,
    inventory::{Inventory, InventoryEvent},
    order::{Order, OrderEvent},
    payment::{Payment, PaymentEvent},
    payout::{Payout, PayoutEvent},
    product::{Product, ProductEvent},
    shop::{Shop, ShopEvent},
};

/// Turns a payload of one version, as it stands in the log, into a later one.
pub type Step = fn(Value) -> Result<Value, MalformedPayload>;

/// A payload that is not what its version says.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the payload lacks or garbles {field:?}")]
pub struct MalformedPayload {
    /// The field that is missing or wrong.
    pub field: &'static str,
}

/// An event that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UpcastError {
    /// No aggregate has such an event.
    #[error("{aggregate_type}/{event_type} is no known event")]
    UnknownEvent {
        /// The aggregate type.
        aggregate_type: String,
        /// The event type.
        event_type: String,
    },
    /// The version is not three numbers.
    #[error("{aggregate_type}/{event_type} has the version {version:?}, which is not semver")]
    NotSemver {
        /// The aggregate type.
        aggregate_type: String,
        /// The event type.
        event_type: String,
        /// What was found.
        version: String,
    },
    /// A newer Gage wrote the event.
    #[error("{aggregate_type}/{event_type} {version} is newer than the known {current}")]
    TooNew {
        /// The aggregate type.
        aggregate_type: String,
        /// The event type.
        event_type: String,
        /// What was found.
        version: String,
        /// What is known.
        current: String,
    },
    /// No step leads on from the version.
    #[error("nothing leads from {aggregate_type}/{event_type} {version} to {current}")]
    NoPath {
        /// The aggregate type.
        aggregate_type: String,
        /// The event type.
        event_type: String,
        /// Where the steps end.
        version: String,
        /// Where they should lead.
        current: String,
    },
    /// The payload is not what its version says.
    #[error("{aggregate_type}/{event_type} {version} cannot be upcast")]
    Malformed {
        /// The aggregate type.
        aggregate_type: String,
        /// The event type.
        event_type: String,
        /// The version.
        version: String,
        /// What is wrong.
        source: MalformedPayload,
    },
}

/// A semantic version without pre-release and build (semver.org, 2.0.0, §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Another form.
    pub major: u64,
    /// More than before.
    pub minor: u64,
    /// The same, put right.
    pub patch: u64,
}

impl Version {
    /// A version from its three numbers.
    #[must_use]
    pub const fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| {
            let plain = part.bytes().all(|byte| byte.is_ascii_digit());
            let leading_zero = part.len() > 1 && part.starts_with('0');
            if plain && !leading_zero {
                part.parse().ok()
            } else {
                None
            }
        });
        let mut next = || parts.next().flatten();
        let version = Self::new(next()?, next()?, next()?);
        parts.next().is_none().then_some(version)
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// What is known of one event.
#[derive(Debug, Clone)]
struct Known {
    current: Version,
    /// From a version to a later one.
    steps: BTreeMap<Version, (Version, Step)>,
}

/// The known events, their current versions, and the steps that lead there.
#[derive(Debug, Clone, Default)]
pub struct Upcasters {
    events: BTreeMap<(&'static str, &'static str), Known>,
}

impl Upcasters {
    /// Those of this Gage.
    #[must_use]
    pub fn current() -> Self {
        Self::default()
            .aggregate(Shop::TYPE, ShopEvent::TYPES)
            .aggregate(Product::TYPE, ProductEvent::TYPES)
            // Since 1.1.0 a price may be in fiat money, and one in a token names its chain. One that
            // does not stays as it is: it means the first chain of whoever reads it.
            .step(
                (Product::TYPE, "ProductListed"),
                Version::new(1, 0, 0),
                Version::new(1, 1, 0),
                Ok,
            )
            .step(
                (Product::TYPE, "PriceChanged"),
                Version::new(1, 0, 0),
                Version::new(1, 1, 0),
                Ok,
            )
            .aggregate(Inventory::TYPE, InventoryEvent::TYPES)
            .aggregate(Order::TYPE, OrderEvent::TYPES)
            .step(
                (Order::TYPE, "OrderPlaced"),
                Version::new(1, 0, 0),
                Version::new(2, 0, 0),
                join_total,
            )
            // Since 2.1.0 an order may have sealed delivery details. One that has none stays as it is.
            .step(
                (Order::TYPE, "OrderPlaced"),
                Version::new(2, 0, 0),
                Version::new(2, 1, 0),
                Ok,
            )
            .aggregate(Payment::TYPE, PaymentEvent::TYPES)
            .step(
                (Payment::TYPE, "PaymentRequested"),
                Version::new(1, 0, 0),
                Version::new(2, 0, 0),
                name_terms,
            )
            .step(
                (Payment::TYPE, "PaymentDetected"),
                Version::new(1, 0, 0),
                Version::new(1, 1, 0),
                |payload| add_mined_at(payload, "PaymentDetected"),
            )
            .step(
                (Payment::TYPE, "DisputeOpened"),
                Version::new(1, 0, 0),
                Version::new(1, 1, 0),
                |payload| add_mined_at(payload, "DisputeOpened"),
            )
            .aggregate(Payout::TYPE, PayoutEvent::TYPES)
    }

    /// Adds the events of an aggregate with their current versions. One whose version is not
    /// semver stays unknown, so that it cannot be read at all.
    #[must_use]
    pub fn aggregate(
        self,
        aggregate_type: &'static str,
        types: &[(&'static str, &'static str)],
    ) -> Self {
        types.iter().fold(
            self,
            |upcasters, (event_type, version)| match Version::parse(version) {
                Some(current) => upcasters.event(aggregate_type, event_type, current),
                None => upcasters,
            },
        )
    }

    /// Adds an event with its current version.
    #[must_use]
    pub fn event(
        mut self,
        aggregate_type: &'static str,
        event_type: &'static str,
        current: Version,
    ) -> Self {
        let known = Known {
            current,
            steps: BTreeMap::new(),
        };
        self.events.insert((aggregate_type, event_type), known);
        self
    }

    /// Adds a step of an event that was added before. A step that does not lead upwards, or of
    /// an unknown event, is not added: reading then says that there is no path.
    #[must_use]
    pub fn step(
        mut self,
        (aggregate_type, event_type): (&'static str, &'static str),
        from: Version,
        to: Version,
        step: Step,
    ) -> Self {
        if let Some(known) = self.events.get_mut(&(aggregate_type, event_type))
            && from < to
        {
            known.steps.insert(from, (to, step));
        }
        self
    }

    /// Whether an event of this version needs no step: it is known, and its version is current.
    #[must_use]
    pub fn is_current(&self, aggregate_type: &str, event_type: &str, version: &str) -> bool {
        self.events
            .get(&(aggregate_type, event_type))
            .is_some_and(|known| Version::parse(version) == Some(known.current))
    }

    /// An event's payload in its current version, with that version.
    ///
    /// # Errors
    /// [`UpcastError`]: the event is unknown, its version is no version, newer than this Gage
    /// or without a path, or its payload is malformed.
    pub fn upcast(
        &self,
        aggregate_type: &str,
        event_type: &str,
        version: &str,
        mut payload: Value,
    ) -> Result<(String, Value), UpcastError> {
        let event = || (aggregate_type.to_owned(), event_type.to_owned());
        let Some(known) = self.events.get(&(aggregate_type, event_type)) else {
            let (aggregate_type, event_type) = event();
            return Err(UpcastError::UnknownEvent {
                aggregate_type,
                event_type,
            });
        };
        let Some(mut at) = Version::parse(version) else {
            let (aggregate_type, event_type) = event();
            let version = version.to_owned();
            return Err(UpcastError::NotSemver {
                aggregate_type,
                event_type,
                version,
            });
        };
        let current = known.current;
        if at > current {
            let (aggregate_type, event_type) = event();
            let (version, current) = (at.to_string(), current.to_string());
            return Err(UpcastError::TooNew {
                aggregate_type,
                event_type,
                version,
                current,
            });
        }
        // Ends: every step leads upwards, and there are finitely many.
        while at != current {
            let Some((to, step)) = known.steps.get(&at).filter(|(to, _)| *to <= current) else {
                let (aggregate_type, event_type) = event();
                let (version, current) = (at.to_string(), current.to_string());
                return Err(UpcastError::NoPath {
                    aggregate_type,
                    event_type,
                    version,
                    current,
                });
            };
            payload = step(payload).map_err(|source| {
                let (aggregate_type, event_type) = event();
                UpcastError::Malformed {
                    aggregate_type,
                    event_type,
                    version: at.to_string(),
                    source,
                }
            })?;
            at = *to;
        }
        Ok((current.to_string(), payload))
    }
}

/// 2.0.0 has the total as a price like that of a line. Before, its token and its amount stood apart.
fn join_total(mut payload: Value) -> Result<Value, MalformedPayload> {
    let body = body_of(&mut payload, "OrderPlaced")?;
    let mut take = |field| body.remove(field).ok_or(MalformedPayload { field });
    let total = json!({ "token": take("token")?, "amount": take("total")? });
    body.insert("total".to_owned(), total);
    Ok(payload)
}

/// 2.0.0 has the terms in a field of their own, beside the conversion of a price in fiat money.
/// Before, prices were in tokens alone.
fn name_terms(mut payload: Value) -> Result<Value, MalformedPayload> {
    let body = body_of(&mut payload, "PaymentRequested")?;
    let terms = std::mem::take(body);
    body.insert("terms".to_owned(), Value::Object(terms));
    body.insert("conversion".to_owned(), Value::Null);
    Ok(payload)
}

/// 1.1.0 says when the log's block was made. Before, nobody had asked.
fn add_mined_at(mut payload: Value, event: &'static str) -> Result<Value, MalformedPayload> {
    let body = body_of(&mut payload, event)?;
    body.insert("mined_at".to_owned(), Value::Null);
    Ok(payload)
}

/// What stands below the event's name.
fn body_of<'p>(
    payload: &'p mut Value,
    event: &'static str,
) -> Result<&'p mut Map<String, Value>, MalformedPayload> {
    let body = payload.get_mut(event).and_then(Value::as_object_mut);
    body.ok_or(MalformedPayload { field: event })
}
