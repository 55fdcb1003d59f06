//! Writing the rows of a batch: one statement a table.

use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::Query};

use crate::failure::ApplyError;

/// Runs the statement that writes a table's rows, of which every single one MUST be written.
/// Without rows nothing is run.
///
/// # Errors
/// [`ApplyError`].
pub(crate) async fn write(
    db: &mut PgConnection,
    table: &'static str,
    rows: usize,
    statement: Query<'_, Postgres, PgArguments>,
) -> Result<(), ApplyError> {
    if rows == 0 {
        return Ok(());
    }
    let done = statement
        .execute(db)
        .await
        .map_err(|source| ApplyError::database(table, source))?;
    if usize::try_from(done.rows_affected()) == Ok(rows) {
        Ok(())
    } else {
        Err(ApplyError::Interfered { table })
    }
}
