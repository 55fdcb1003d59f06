//! Rows in memory: as they were loaded, and as the events of a batch change them.

use std::collections::{BTreeSet, HashMap, hash_map::Entry};

use gage_application::position::LogPosition;
use sqlx::{PgConnection, postgres::PgRow};
use uuid::Uuid;

use crate::failure::{ApplyError, QueryError};

/// A row that events change, with the position of the last one that did.
pub(crate) trait Entity {
    /// Its table.
    const TABLE: &'static str;

    /// Its key.
    fn key(&self) -> Uuid;

    /// The last event that it has seen.
    fn position(&self) -> LogPosition;

    /// Notes that it has seen an event.
    fn move_to(&mut self, position: LogPosition);
}

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The row changed.
    Changed,
    /// The row had seen the event already.
    Seen,
}

/// The rows of one table that a batch is about.
#[derive(Debug)]
pub(crate) struct Entities<R> {
    rows: HashMap<Uuid, Held<R>>,
}

#[derive(Debug)]
struct Held<R> {
    row: R,
    changed: bool,
}

impl<R: Entity> Entities<R> {
    /// Loads those of the keys that are there, with a statement whose `$1` are the keys.
    pub(crate) async fn load(
        db: &mut PgConnection,
        sql: &str,
        keys: BTreeSet<Uuid>,
        read: fn(&PgRow) -> Result<R, QueryError>,
    ) -> Result<Self, ApplyError> {
        let mut rows = HashMap::with_capacity(keys.len());
        if !keys.is_empty() {
            let keys: Vec<Uuid> = keys.into_iter().collect();
            let found = sqlx::query(sql)
                .bind(keys)
                .fetch_all(db)
                .await
                .map_err(|source| ApplyError::database(R::TABLE, source))?;
            for found in &found {
                let row = read(found)?;
                let changed = false;
                rows.insert(row.key(), Held { row, changed });
            }
        }
        Ok(Self { rows })
    }

    /// A row that is there.
    ///
    /// # Errors
    /// It is not there.
    pub(crate) fn existing(&self, key: Uuid) -> Result<&R, ApplyError> {
        match self.rows.get(&key) {
            Some(held) => Ok(&held.row),
            None => Err(impossible::<R>(key, "it is not there")),
        }
    }

    /// Adds the row that an event makes.
    ///
    /// # Errors
    /// It is there already.
    pub(crate) fn add(&mut self, row: R) -> Result<Outcome, ApplyError> {
        let (key, position) = (row.key(), row.position());
        match self.rows.entry(key) {
            Entry::Vacant(place) => {
                let changed = true;
                place.insert(Held { row, changed });
                Ok(Outcome::Changed)
            }
            Entry::Occupied(held) if held.get().row.position() >= position => Ok(Outcome::Seen),
            Entry::Occupied(_) => Err(impossible::<R>(key, "it is there already")),
        }
    }

    /// The row, made first if it is not there.
    pub(crate) fn or_add(&mut self, row: R) {
        let (key, changed) = (row.key(), false);
        self.rows.entry(key).or_insert(Held { row, changed });
    }

    /// Changes the row that an event is about, unless it has seen the event.
    ///
    /// # Errors
    /// It is not there, or the event does not fit it.
    pub(crate) fn change(
        &mut self,
        key: Uuid,
        at: LogPosition,
        change: impl FnOnce(&mut R) -> Result<(), &'static str>,
    ) -> Result<Outcome, ApplyError> {
        let Some(held) = self.rows.get_mut(&key) else {
            return Err(impossible::<R>(key, "it is not there"));
        };
        if held.row.position() >= at {
            return Ok(Outcome::Seen);
        }
        change(&mut held.row).map_err(|reason| impossible::<R>(key, reason))?;
        held.row.move_to(at);
        held.changed = true;
        Ok(Outcome::Changed)
    }

    /// The rows that changed, in the order of their keys.
    pub(crate) fn into_changed(self) -> Vec<R> {
        let mut changed: Vec<R> = self
            .rows
            .into_values()
            .filter(|held| held.changed)
            .map(|held| held.row)
            .collect();
        changed.sort_unstable_by_key(Entity::key);
        changed
    }
}

fn impossible<R: Entity>(key: Uuid, reason: &'static str) -> ApplyError {
    ApplyError::Impossible {
        table: R::TABLE,
        key: key.to_string(),
        reason,
    }
}

/// One column of many rows, for `unnest`.
pub(crate) fn column<'r, R, T>(rows: &'r [R], value: impl FnMut(&'r R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}
