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

impl<R> Default for Entities<R> {
    fn default() -> Self {
        Self {
            rows: HashMap::new(),
        }
    }
}

impl<R: Entity> Entities<R> {
    /// Loads those of the keys that are there and not held yet, with a statement whose `$1` are
    /// the keys.
    pub(crate) async fn load(
        &mut self,
        db: &mut PgConnection,
        sql: &str,
        keys: BTreeSet<Uuid>,
        read: fn(&PgRow) -> Result<R, QueryError>,
    ) -> Result<(), ApplyError> {
        let unheld: Vec<Uuid> = keys
            .into_iter()
            .filter(|key| !self.rows.contains_key(key))
            .collect();
        if unheld.is_empty() {
            return Ok(());
        }
        let found = sqlx::query(sql)
            .bind(unheld)
            .fetch_all(db)
            .await
            .map_err(|source| ApplyError::database(R::TABLE, source))?;
        for found in &found {
            let row = read(found)?;
            let changed = false;
            self.rows.insert(row.key(), Held { row, changed });
        }
        Ok(())
    }

    /// How many rows are held.
    pub(crate) fn held(&self) -> usize {
        self.rows.len()
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

    /// The rows that changed, in the order of their keys. None is held any more.
    pub(crate) fn take_changed(&mut self) -> Vec<R> {
        let mut changed: Vec<R> = std::mem::take(&mut self.rows)
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
