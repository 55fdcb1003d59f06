//! What a database error means to the application.

use gage_application::ports::{
    StoreUnavailable,
    event_log::{AppendError, LogError},
};

/// What kind of failure a database error is.
enum Kind {
    /// The server refused the statement and rolled it back.
    Refused,
    /// The connection was lost; the server may have carried the statement out.
    Lost,
}

/// Server errors after which the connection is gone. With synchronous replication the commit
/// may already have been made when `admin_shutdown` cuts its waiting short.
const FATAL_CODES: [&str; 3] = ["57P01", "57P02", "57P05"];

fn kind(error: &sqlx::Error) -> Kind {
    match error {
        sqlx::Error::Database(refusal) => match refusal.code() {
            Some(code) if FATAL_CODES.contains(&&*code) || code.starts_with("08") => Kind::Lost,
            _ => Kind::Refused,
        },
        // Made by the driver before anything is sent.
        sqlx::Error::Encode(_) | sqlx::Error::InvalidArgument(_) => Kind::Refused,
        _ => Kind::Lost,
    }
}

/// The failure of a statement that only reads.
pub(super) fn of_read(error: &sqlx::Error) -> LogError {
    LogError::Unavailable {
        reason: error.to_string(),
    }
}

/// The failure of the append statement, once it was sent.
pub(super) fn of_append(error: &sqlx::Error) -> AppendError {
    if let sqlx::Error::Database(refusal) = error {
        // By the constraint's name: another unique index that reports the same SQLSTATE
        // would otherwise be taken for a conflict and tried again for ever.
        match refusal.constraint() {
            Some("events_pkey") => return AppendError::Conflict,
            Some("idempotency_keys_pkey") => return AppendError::KeyUsed,
            _ => {}
        }
        // Serialisation failure, deadlock: rolled back, and the next attempt may succeed.
        if matches!(refusal.code().as_deref(), Some("40001" | "40P01")) {
            return AppendError::Conflict;
        }
    }
    let reason = error.to_string();
    match kind(error) {
        Kind::Refused => AppendError::Refused { reason },
        Kind::Lost => AppendError::OutcomeUnknown { reason },
    }
}

/// The failure of a store beside the log.
pub(crate) fn of_store(error: &sqlx::Error) -> StoreUnavailable {
    unavailable(error.to_string())
}

/// A store beside the log that cannot be used.
pub(super) fn unavailable(reason: String) -> StoreUnavailable {
    StoreUnavailable {
        store: "PostgreSQL",
        reason,
    }
}

/// The log holds transaction ids that this cluster has not reached: its readers would not see
/// those events, and new events would be sorted before them.
pub(super) fn displaced() -> LogError {
    LogError::Unavailable {
        reason: "the event log was restored from another cluster: run `gage migrate`".to_owned(),
    }
}
