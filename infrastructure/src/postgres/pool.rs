//! Connections.

use std::{str::FromStr, time::Duration};

use sqlx::{
    Connection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use thiserror::Error;

/// How a pool behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolOptions {
    /// Connections at most.
    pub max_connections: u32,
    /// How long a caller waits for a connection.
    pub acquire_timeout: Duration,
    /// When a statement is given up.
    pub statement_timeout: Duration,
    /// When waiting for another transaction's lock is given up.
    pub lock_timeout: Duration,
    /// When a transaction that does nothing is ended. It may hold a transaction id, and that
    /// holds back all readers of the log.
    pub idle_in_transaction_timeout: Duration,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(10),
            idle_in_transaction_timeout: Duration::from_secs(10),
        }
    }
}

/// Idle for longer than this, a connection is asked before it is used: it may have been lost
/// meanwhile. Asking always would cost each statement a round trip.
const ASK_AFTER_IDLE: Duration = Duration::from_secs(1);

/// What was acknowledged must outlive a crash. Other than `off` is the operator's choice.
const COMMIT_SYNCHRONOUSLY: &str = "SELECT set_config('synchronous_commit', 'on', false) \
                                    WHERE current_setting('synchronous_commit') = 'off'";

/// Why there is no pool.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The URL is not one of PostgreSQL.
    #[error("DATABASE_URL is not a PostgreSQL URL (postgres://user:password@host:port/database)")]
    InvalidUrl(#[source] sqlx::Error),
    /// Nobody answers, or it refuses us.
    #[error("PostgreSQL does not accept connections (DATABASE_URL)")]
    Unreachable(#[source] sqlx::Error),
}

/// Connects to the database.
///
/// # Errors
/// [`ConnectError`]; never shows the URL, which may hold a password.
pub async fn connect(url: &str, options: PoolOptions) -> Result<PgPool, ConnectError> {
    let millis = |duration: Duration| duration.as_millis().to_string();
    let connection = PgConnectOptions::from_str(url)
        .map_err(ConnectError::InvalidUrl)?
        .application_name("gage")
        .options([
            // Half a second of compiling for statements of a fifth of a millisecond: the planner
            // takes a generic plan's guessed costs for real (seen with 300,000 events).
            ("jit", "off".to_owned()),
            // Planning an append anew each time takes three times as long as carrying it out.
            // Tests pin the plans of all statements as they are planned here.
            ("plan_cache_mode", "force_generic_plan".to_owned()),
            ("statement_timeout", millis(options.statement_timeout)),
            ("lock_timeout", millis(options.lock_timeout)),
            (
                "idle_in_transaction_session_timeout",
                millis(options.idle_in_transaction_timeout),
            ),
        ]);
    PgPoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::query(COMMIT_SYNCHRONOUSLY)
                    .execute(connection)
                    .await
                    .map(|_| ())
            })
        })
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > ASK_AFTER_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(connection)
        .await
        .map_err(ConnectError::Unreachable)
}
