//! What a read model is.

use std::collections::BTreeSet;

use async_trait::async_trait;
use gage_application::{event::Recorded, ports::wake::Notice};
use sqlx::PgConnection;

use crate::failure::ApplyError;

/// A read model: its tables, and what events make of them.
///
/// A batch of events is applied in three steps: the rows that it is about are loaded, the
/// events change them in memory one after the other, and what changed is written with one
/// statement a table. So a batch costs as many statements as one event.
///
/// Invariants that an implementation MUST keep:
/// - rows depend on the events alone, never on a clock, on chance, on another read model, or on
///   where a batch ends, so that a rebuilt one is identical;
/// - every table named is found through the search path, so that the same code fills the live
///   tables and a copy beside them.
#[async_trait]
pub trait Projection: Send + Sync + 'static {
    /// Its name, for operators.
    const NAME: &'static str;
    /// The version of its tables and of what events make of them. Raise it with any change.
    const VERSION: i32;
    /// The schema of its live tables: `NAME_vVERSION`.
    const SCHEMA: &'static str;
    /// Makes its tables in the schema that is first in the search path, with the keys by which
    /// rows are loaded and written.
    const TABLES: &'static str;
    /// The indexes that queries need. A copy gets them when it is filled.
    const INDEXES: &'static [Index];
    /// Aggregate types of which it looks at no event.
    const IGNORES: &'static [&'static str];

    /// The rows that a batch is about, and what it adds.
    type Rows: Default + Send;

    /// Loads the rows that events are about, and those that they refer to, as far as they are
    /// not held already.
    ///
    /// # Errors
    /// [`ApplyError`].
    async fn load(
        db: &mut PgConnection,
        rows: &mut Self::Rows,
        events: &[Recorded],
    ) -> Result<(), ApplyError>;

    /// Changes the rows as the event says. An event that the rows have seen already changes
    /// nothing.
    ///
    /// # Errors
    /// [`ApplyError::Impossible`] when the event contradicts the rows.
    fn fold(rows: &mut Self::Rows, event: &Recorded) -> Result<(), ApplyError>;

    /// How many rows that later events may change are held.
    fn held(rows: &Self::Rows) -> usize;

    /// Writes rows, after which they are not held any more.
    ///
    /// # Errors
    /// [`ApplyError`]; the transaction is then rolled back.
    async fn write(
        db: &mut PgConnection,
        rows: &mut Self::Rows,
        extent: Extent,
    ) -> Result<(), ApplyError>;

    /// What may have changed for whom since this was asked last.
    fn take_notices(rows: &mut Self::Rows) -> BTreeSet<Notice>;
}

/// What is written of the rows that are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Rows that no later event changes.
    Added,
    /// All that changed.
    All,
}

/// An index of a read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// The table.
    pub table: &'static str,
    /// Whether two rows may have the same key.
    pub uniqueness: Uniqueness,
    /// What follows `ON table`: the method, the columns, the condition.
    pub definition: &'static str,
}

/// Whether two rows may have the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Uniqueness {
    /// They may not.
    Unique,
    /// They may.
    Any,
}

/// How an index is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Making {
    /// With the empty table, in its transaction.
    AtOnce,
    /// On a filled table, in short transactions, so that no reader of the log waits for it.
    Concurrently,
}

impl Index {
    /// An index that only finds rows.
    pub(crate) const fn on(
        table: &'static str,
        name: &'static str,
        definition: &'static str,
    ) -> Self {
        Self {
            name,
            table,
            uniqueness: Uniqueness::Any,
            definition,
        }
    }

    /// An index that also keeps two rows from having the same key.
    pub(crate) const fn unique_on(
        table: &'static str,
        name: &'static str,
        definition: &'static str,
    ) -> Self {
        Self {
            name,
            table,
            uniqueness: Uniqueness::Unique,
            definition,
        }
    }

    /// The statement that makes it in a schema.
    pub(crate) fn sql(&self, schema: &str, making: Making) -> String {
        let unique = match self.uniqueness {
            Uniqueness::Unique => "UNIQUE ",
            Uniqueness::Any => "",
        };
        let concurrently = match making {
            Making::AtOnce => "",
            Making::Concurrently => "CONCURRENTLY ",
        };
        let Self {
            name,
            table,
            definition,
            ..
        } = self;
        format!("CREATE {unique}INDEX {concurrently}{name} ON {schema}.{table} {definition}")
    }
}
