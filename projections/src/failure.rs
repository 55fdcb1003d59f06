//! What can go wrong with a read model.

use gage_application::ports::StoreUnavailable;
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

/// Why events could not be written into a read model.
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
    /// The database refused a row of a batch, or is away.
    #[error("table {table}: {source}")]
    Database {
        /// The table.
        table: &'static str,
        /// What the database said.
        source: sqlx::Error,
    },
    /// Rows changed between loading and writing, although their checkpoint did not move.
    #[error("table {table}: somebody else changed rows")]
    Interfered {
        /// The table.
        table: &'static str,
    },
    /// A row that is there cannot be read.
    #[error(transparent)]
    Unreadable(#[from] QueryError),
}

impl ApplyError {
    pub(crate) fn database(table: &'static str, source: sqlx::Error) -> Self {
        Self::Database { table, source }
    }

    /// Whether one of the batch's events is to blame. All else is tried again.
    pub(crate) fn blames_an_event(&self) -> bool {
        match self {
            Self::Impossible { .. } => true,
            Self::Database { source, .. } => blames_the_row(source),
            Self::Interfered { .. } | Self::Unreadable(_) => false,
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
