//! What can go wrong with a read model.

use gage_application::{catch_up::ConsumerError, ports::StoreUnavailable, position::LogPosition};
use thiserror::Error;

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QueryError {
    /// The database is away. Try later.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
    /// A row says what it cannot. Never skipped, never guessed.
    #[error("table {table}, column {column}, key {key}: {reason}")]
    Corrupt {
        /// The table with its schema.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        key: String,
        /// What is wrong.
        reason: String,
    },
}

impl From<sqlx::Error> for QueryError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(unavailable(&error))
    }
}

pub(crate) fn unavailable(error: &sqlx::Error) -> StoreUnavailable {
    StoreUnavailable {
        store: "postgres",
        reason: error.to_string(),
    }
}

/// Why an event could not be written into a read model.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The event contradicts the rows: it is about something that is not there.
    #[error("table {table}, key {key}: {reason}")]
    Impossible {
        /// The table.
        table: &'static str,
        /// The row that the event is about.
        key: String,
        /// The contradiction.
        reason: &'static str,
    },
    /// The database refused a row, or is away.
    #[error("table {table}, key {key}: {source}")]
    Database {
        /// The table.
        table: &'static str,
        /// The row that the event is about.
        key: String,
        /// What the database said.
        source: sqlx::Error,
    },
}

impl ApplyError {
    /// As the catch-up loop knows it: what the event is to blame for stops the consumer, all
    /// else is tried again.
    pub(crate) fn at(&self, position: LogPosition) -> ConsumerError {
        let reason = self.to_string();
        match self {
            Self::Impossible { .. } => ConsumerError::Poison { position, reason },
            Self::Database { source, .. } if blames_the_row(source) => {
                ConsumerError::Poison { position, reason }
            }
            Self::Database { .. } => ConsumerError::Unavailable { reason },
        }
    }
}

/// Whether a value was refused: SQLSTATE class 22 is a value out of range, 23 a broken
/// constraint (PostgreSQL, appendix A). An encoding error never reached the database.
fn blames_the_row(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(refusal) => refusal
            .code()
            .is_some_and(|code| code.starts_with("22") || code.starts_with("23")),
        sqlx::Error::Encode(_) => true,
        _ => false,
    }
}
