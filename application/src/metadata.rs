//! Who, why and when: what every stored event carries beside its payload.

use std::{collections::BTreeMap, fmt, str::FromStr};

use gage_domain::value::Address;
use thiserror::Error;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

/// Who caused an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A signed-in wallet.
    Wallet(Address),
    /// A part of the server, for example `listener` or `expiry`.
    System(&'static str),
    /// A part of the server as read back from the log.
    StoredSystem(String),
}

impl fmt::Display for Actor {
    /// `wallet:0x…` (lower case) or `system:NAME`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wallet(address) => write!(f, "wallet:{address:#x}"),
            Self::System(name) => write!(f, "system:{name}"),
            Self::StoredSystem(name) => write!(f, "system:{name}"),
        }
    }
}

impl FromStr for Actor {
    type Err = InvalidMetadata;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidMetadata {
            key: "actor",
            value: text.to_owned(),
        };
        match text.split_once(':') {
            Some(("wallet", address)) => address.parse().map(Self::Wallet).map_err(|_| invalid()),
            Some(("system", name)) => Ok(Self::StoredSystem(name.to_owned())),
            _ => Err(invalid()),
        }
    }
}

/// Who, why and when. One append has one metadata: its events were decided together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Who asked.
    pub actor: Actor,
    /// One id for everything that follows from one outside request.
    pub correlation_id: Uuid,
    /// What led to it: the position of the source event, or the request's id.
    pub causation_id: String,
    /// The time of the decision.
    pub decided_at: OffsetDateTime,
}

/// Stored metadata that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("event metadata: {key} is missing or malformed ({value:?})")]
pub struct InvalidMetadata {
    /// The key.
    pub key: &'static str,
    /// What stood there; empty when missing.
    pub value: String,
}

impl Metadata {
    /// As stored: flat and textual, because cqrs-es reads metadata as a map of strings.
    pub fn to_map(&self) -> BTreeMap<String, String> {
        let decided_at = self.decided_at.format(&Rfc3339).unwrap_or_default();
        BTreeMap::from([
            ("actor".to_owned(), self.actor.to_string()),
            ("correlation_id".to_owned(), self.correlation_id.to_string()),
            ("causation_id".to_owned(), self.causation_id.clone()),
            ("decided_at".to_owned(), decided_at),
        ])
    }

    /// Reads what [`Metadata::to_map`] wrote.
    ///
    /// # Errors
    /// The key that is missing or malformed.
    pub fn from_map(map: &BTreeMap<String, String>) -> Result<Self, InvalidMetadata> {
        let text = |key: &'static str| {
            map.get(key).ok_or(InvalidMetadata {
                key,
                value: String::new(),
            })
        };
        let invalid = |key, value: &str| InvalidMetadata {
            key,
            value: value.to_owned(),
        };
        let correlation = text("correlation_id")?;
        let decided_at = text("decided_at")?;
        Ok(Self {
            actor: text("actor")?.parse()?,
            correlation_id: Uuid::parse_str(correlation)
                .map_err(|_| invalid("correlation_id", correlation))?,
            causation_id: text("causation_id")?.clone(),
            decided_at: OffsetDateTime::parse(decided_at, &Rfc3339)
                .map_err(|_| invalid("decided_at", decided_at))?,
        })
    }
}
