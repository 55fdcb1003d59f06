//! Wrapping the customers' keys with another key.

use gage_application::ports::personal_data::SealError;
use uuid::Uuid;

use super::{KeyRow, PostgresPersonalData, WrappingKey, cipher::CipherError, of_store, unwrapped};

/// Keys that are wrapped anew by one statement.
const AT_ONCE: i64 = 500;

/// What one look at all keys came to.
#[derive(Default)]
struct Pass {
    wrapped: u64,
    /// Wrapped with neither key.
    foreign: u64,
}

impl PostgresPersonalData {
    /// Wraps every key that is left with another key, some at a time; those that are wrapped with
    /// it already are passed by, so that it can be carried on where it stopped. How many it was.
    /// No server may use the old key meanwhile; what one that does makes is found as long as it
    /// comes before the last pass, which finds nothing to wrap.
    ///
    /// # Errors
    /// [`SealError`]; [`SealError::OtherKey`] when keys are wrapped with neither, after all others
    /// are wrapped anew.
    pub async fn rewrap(&self, new: &WrappingKey) -> Result<u64, SealError> {
        let mut count = 0;
        loop {
            let pass = self.pass(new).await?;
            count += pass.wrapped;
            if pass.wrapped > 0 {
                continue;
            }
            if pass.foreign > 0 {
                tracing::error!(keys = pass.foreign, "keys are wrapped with neither key");
                return Err(SealError::OtherKey);
            }
            return Ok(count);
        }
    }

    /// Goes through all keys once.
    async fn pass(&self, new: &WrappingKey) -> Result<Pass, SealError> {
        let old = self.wrapping.as_ref().ok_or(SealError::NoKey)?;
        let mut after = Uuid::nil();
        let mut pass = Pass::default();
        loop {
            let found: Vec<KeyRow> = sqlx::query_as(
                "SELECT id, customer, wrapped FROM personal_keys \
                 WHERE erased_at IS NULL AND id > $1 ORDER BY id LIMIT $2",
            )
            .bind(after)
            .bind(AT_ONCE)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| of_store(&error))?;
            let Some(last) = found.last() else {
                return Ok(pass);
            };
            after = last.id;
            let (mut ids, mut before, mut wrapped) = (Vec::new(), Vec::new(), Vec::new());
            for row in &found {
                match unwrapped(old, row) {
                    Ok(key) => {
                        ids.push(row.id);
                        before.push(row.wrapped.clone());
                        wrapped.push(new.wrap(&key).map_err(|_| SealError::Cipher)?);
                    }
                    Err(CipherError) if unwrapped(new, row).is_ok() => {}
                    Err(CipherError) => pass.foreign += 1,
                }
            }
            // What was erased in the meantime stays erased.
            let done = sqlx::query(
                "UPDATE personal_keys k SET wrapped = n.wrapped \
                 FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS n (id, before, wrapped) \
                 WHERE k.id = n.id AND k.wrapped = n.before",
            )
            .bind(ids)
            .bind(before)
            .bind(wrapped)
            .execute(&self.pool)
            .await
            .map_err(|error| of_store(&error))?;
            pass.wrapped += done.rows_affected();
        }
    }
}
