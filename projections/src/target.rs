//! The row that an event is about, guarded by position.

use gage_application::position::LogPosition;
use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::Query};
use uuid::Uuid;

use crate::failure::ApplyError;

/// A statement on a row.
pub(crate) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// The row that an event is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// The table, found through the search path.
    pub(crate) table: &'static str,
    /// Its key's column.
    pub(crate) key_column: &'static str,
    /// The row.
    pub(crate) key: Uuid,
    /// The event. A row that has seen it, or a later one, stays as it is.
    pub(crate) position: LogPosition,
}

impl Target {
    /// A statement of which `$1` is the key, `$2` and `$3` the event's position.
    pub(crate) fn statement(self, sql: &str) -> Statement<'_> {
        sqlx::query(sql)
            .bind(self.key)
            .bind(self.position.xact_id)
            .bind(self.position.position)
    }

    /// Runs an `INSERT … ON CONFLICT DO NOTHING`.
    pub(crate) async fn insert(
        self,
        db: &mut PgConnection,
        statement: Statement<'_>,
    ) -> Result<Outcome, ApplyError> {
        if self.run(db, statement).await? > 0 {
            return Ok(Outcome::Written);
        }
        match self.seen(db).await? {
            Some(true) => Ok(Outcome::Seen),
            Some(false) | None => Err(self.impossible("it is there already")),
        }
    }

    /// Runs an `UPDATE … WHERE … (xact_id, position) < ($2, $3)`.
    pub(crate) async fn update(
        self,
        db: &mut PgConnection,
        statement: Statement<'_>,
    ) -> Result<Outcome, ApplyError> {
        if self.run(db, statement).await? > 0 {
            return Ok(Outcome::Written);
        }
        match self.seen(db).await? {
            Some(true) => Ok(Outcome::Seen),
            Some(false) => Err(self.impossible("the event does not fit it")),
            None => Err(self.impossible("it is not there")),
        }
    }

    /// Runs a statement, and says how many rows it wrote.
    pub(crate) async fn run(
        self,
        db: &mut PgConnection,
        statement: Statement<'_>,
    ) -> Result<u64, ApplyError> {
        let done = statement
            .execute(db)
            .await
            .map_err(|source| self.failed(source))?;
        Ok(done.rows_affected())
    }

    pub(crate) fn impossible(self, reason: &'static str) -> ApplyError {
        ApplyError::Impossible {
            table: self.table,
            key: self.key.to_string(),
            reason,
        }
    }

    pub(crate) fn failed(self, source: sqlx::Error) -> ApplyError {
        ApplyError::Database {
            table: self.table,
            key: self.key.to_string(),
            source,
        }
    }

    /// Whether the row has seen the event; nothing when there is no row.
    async fn seen(self, db: &mut PgConnection) -> Result<Option<bool>, ApplyError> {
        let sql = format!(
            "SELECT (xact_id, position) >= ($2, $3) FROM {} WHERE {} = $1",
            self.table, self.key_column
        );
        sqlx::query_scalar(&sql)
            .bind(self.key)
            .bind(self.position.xact_id)
            .bind(self.position.position)
            .fetch_optional(db)
            .await
            .map_err(|source| self.failed(source))
    }
}

/// What came of a guarded statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The row changed.
    Written,
    /// The row had seen the event already.
    Seen,
}
