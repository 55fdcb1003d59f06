//! Who, why and when: what every stored event carries beside its payload.

use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr};

use gage_domain::value::Address;
use serde::Deserialize;
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

    /// Reads the JSON of what [`Metadata::to_map`] gave; nothing when the map is empty, as a
    /// stock cqrs-es writer leaves it.
    ///
    /// # Errors
    /// The key that is missing or malformed.
    pub fn parse(json: &str) -> Result<Option<Self>, InvalidMetadata> {
        let invalid = |key, value: &str| InvalidMetadata {
            key,
            value: value.to_owned(),
        };
        if json == "{}" {
            return Ok(None);
        }
        let stored: Stored<'_> =
            serde_json::from_str(json).map_err(|error| invalid("JSON", &error.to_string()))?;
        Ok(Some(Self {
            actor: stored.actor.parse()?,
            correlation_id: Uuid::parse_str(&stored.correlation_id)
                .map_err(|_| invalid("correlation_id", &stored.correlation_id))?,
            causation_id: stored
                .causation_id
                .ok_or_else(|| invalid("causation_id", ""))?,
            decided_at: OffsetDateTime::parse(&stored.decided_at, &Rfc3339)
                .map_err(|_| invalid("decided_at", &stored.decided_at))?,
        }))
    }
}

/// Metadata as it is stored. An empty text is none of the first three, so it stands for a key
/// that is missing.
#[derive(Deserialize)]
struct Stored<'a> {
    #[serde(borrow, default)]
    actor: Cow<'a, str>,
    #[serde(borrow, default)]
    correlation_id: Cow<'a, str>,
    #[serde(borrow, default)]
    decided_at: Cow<'a, str>,
    causation_id: Option<String>,
}
