//! What a read model is.

use async_trait::async_trait;
use gage_application::{event::Recorded, ports::wake::Notice};
use sqlx::PgConnection;

use crate::failure::ApplyError;

/// A read model: its tables, and what each event makes of them.
///
/// Invariants that an implementation MUST keep:
/// - rows depend on the events alone, never on a clock, on chance or on another read model, so
///   that a rebuilt one is identical;
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
    /// Makes its tables in the schema that is first in the search path.
    const DDL: &'static str;

    /// Writes what the event changes, and says what may have changed for whom. An event that
    /// the rows have seen already changes nothing.
    ///
    /// # Errors
    /// [`ApplyError`]; the transaction is then rolled back.
    async fn apply(db: &mut PgConnection, event: &Recorded) -> Result<Vec<Notice>, ApplyError>;
}
