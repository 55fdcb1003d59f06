//! Where an event stands in the log.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An event's place in the log's order: first the writing transaction, then the position.
///
/// The pair, not the position alone, is the order in which readers see events: positions
/// are handed out before commits, so a reader by position alone skips late commits.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct LogPosition {
    /// The transaction that wrote the event (`xact_id`, with the log's offset added).
    pub xact_id: i64,
    /// The event's number, unique and rising within a transaction.
    pub position: i64,
}

impl LogPosition {
    /// Before the first event.
    pub const START: Self = Self {
        xact_id: 0,
        position: 0,
    };
}

/// A text that is no log position.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a log position: {text:?}")]
pub struct InvalidPosition {
    /// What was given.
    pub text: String,
}

impl fmt::Display for LogPosition {
    /// `XACT-POSITION`, for example `771-42`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.xact_id, self.position)
    }
}

impl FromStr for LogPosition {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidPosition {
            text: text.chars().take(60).collect(),
        };
        let (xact_id, position) = text.split_once('-').ok_or_else(invalid)?;
        let number = |part: &str| match part.parse::<i64>() {
            Ok(number) if number >= 0 && number.to_string() == part => Ok(number),
            _ => Err(invalid()),
        };
        Ok(Self {
            xact_id: number(xact_id)?,
            position: number(position)?,
        })
    }
}
