//! What is stored beside the log, compared with what the log was folded to: first by sums, a
//! number for each order and table, and then, of what does not add up, row by row.

use std::collections::{HashMap, HashSet};

use futures::{StreamExt, TryStreamExt, stream};
use gage_domain::ids::OrderId;
use uuid::Uuid;

use super::{
    compare::{Comparison, Folds, of_orders},
    crew::ended,
    digest::{self, Digest},
    entry::StreamKey,
    finding::{Fault, Place},
    moments::Moments,
    reading,
    run::{FoldedLog, Run},
    sightings,
    witness::{self, Table},
};
use crate::ports::replay::{ReadFailure, ReadModel, Rows};

/// Tables that are read at once, and batches of each that are hashed at once.
const AT_ONCE: usize = 2;
/// Orders that are looked at closely at once.
const CLOSELY: usize = 2_000;

impl Run<'_> {
    /// Compares everything.
    pub(super) async fn compare(&mut self, folded: FoldedLog) -> Result<(), ReadFailure> {
        let tables = self.tables().await?;
        let mut digests = folded.digests;
        let mut suspects = self.add_up(&tables, &mut digests).await?;
        let other = |(id, digest): (&OrderId, &Digest)| (!digest.adds_up()).then_some(id.0);
        suspects.extend(digests.iter().filter_map(other));
        drop(digests);
        let mut suspects: Vec<Uuid> = suspects.into_iter().collect();
        suspects.sort_unstable();
        let mut folds = Folds {
            lives: Moments::default(),
            stock: folded.stock,
            catalogue: folded.catalogue,
            accounts: folded.accounts,
            hasher: self.hasher.clone(),
        };
        for orders in suspects.chunks(CLOSELY) {
            self.look_closely(orders, &tables, &mut folds).await?;
        }
        folds.lives = Moments::default();
        let others = tables.iter().filter(|(table, _)| !of_orders(table));
        let read = self.each_row(others, &folds, &[]).await?;
        self.rows(read);
        Ok(())
    }

    /// The tables that are there and are laid out as this program knows them.
    async fn tables(&mut self) -> Result<Vec<(Table, ReadModel)>, ReadFailure> {
        let mut tables = Vec::new();
        for table in witness::TABLES {
            let Some(model) = self.read_models.get(table.model.name()) else {
                continue;
            };
            let mut known: Vec<&str> = table.columns.to_vec();
            known.sort_unstable();
            let found = self.stored.columns(&model.schema, table.name).await?;
            if found == known {
                tables.push((table, model.clone()));
                continue;
            }
            let place = Place::row(&format!("{}.{}", model.schema, table.name), "");
            let (found, expected) = (found.join(", "), known.join(", "));
            self.findings.add(Fault::Layout, place, found, expected);
        }
        Ok(tables)
    }

    /// Takes every row of an order off what its table should add up to; gives orders of which the
    /// log says nothing.
    async fn add_up(
        &mut self,
        tables: &[(Table, ReadModel)],
        digests: &mut HashMap<OrderId, Digest>,
    ) -> Result<HashSet<Uuid>, ReadFailure> {
        let mut strangers = HashSet::new();
        let of = |index: usize| {
            let wanted = &digest::TABLES[index];
            let found = tables
                .iter()
                .find(|(table, _)| (table.model, table.name) == (wanted.model, wanted.name));
            found.map(|(table, model)| (index, table, model))
        };
        let (there, missing): (Vec<usize>, Vec<usize>) =
            (0..digest::TABLES.len()).partition(|index| of(*index).is_some());
        let (stored, hasher) = (self.stored.clone(), self.hasher.clone());
        let streams = there
            .into_iter()
            .filter_map(of)
            .map(|(index, table, model)| {
                let batches = stored.rows(Rows {
                    schema: &model.schema,
                    table: table.name,
                    columns: table.columns,
                    of: None,
                });
                let hasher = hasher.clone();
                let sums = batches.map(move |batch| {
                    let (hasher, table) = (hasher.clone(), *table);
                    async move {
                        let batch = batch?;
                        let work = move || {
                            let rows = batch.iter();
                            rows.map(|row| digest::of_row(&table, row, &hasher))
                                .collect::<Vec<_>>()
                        };
                        let sums = tokio::task::spawn_blocking(work).await;
                        Ok::<_, ReadFailure>((index, sums.map_err(|_| ended())?))
                    }
                });
                sums.buffered(AT_ONCE).boxed()
            });
        let mut sums = stream::iter(streams).flatten_unordered(AT_ONCE);
        while let Some((index, rows)) = sums.try_next().await? {
            self.rows(rows.len());
            for (order, hash) in rows {
                match digests.get_mut(&OrderId(order)) {
                    Some(digest) => digest.take_row(index, hash),
                    None => _ = strangers.insert(order),
                }
            }
        }
        drop(sums);
        // Without a listener nothing has to be confirmed: the logs add up to nothing.
        if !self.followed.is_empty() {
            let (read, more) = sightings::take_off(&*self.stored, &self.hasher, digests).await?;
            self.comparing.read += read;
            strangers.extend(more);
        }
        for digest in digests.values_mut() {
            digest.leave_out(&missing);
        }
        Ok(strangers)
    }

    /// Folds some orders once more, and compares all that is stored of them row by row.
    async fn look_closely(
        &mut self,
        orders: &[Uuid],
        tables: &[(Table, ReadModel)],
        folds: &mut Folds,
    ) -> Result<(), ReadFailure> {
        folds.lives = Moments::with(self.checkpoints);
        let end = crate::position::LogPosition {
            xact_id: i64::MAX,
            position: i64::MAX,
        };
        for entry in reading::decode(self.stored.events_of(orders, end).await?) {
            if let Some((order, position)) = entry.order() {
                let life = folds.lives.at(order, position);
                if let Some(mark) = entry.tell_again(life, &self.hasher) {
                    life.marks.push(mark);
                }
            }
        }
        self.owed(folds);
        let stored = self.stored.clone();
        let findings = &mut self.findings;
        sightings::compare(&*stored, orders, folds, &self.followed, findings).await?;
        let theirs = tables.iter().filter(|(table, _)| of_orders(table));
        self.each_row(theirs, folds, orders).await?;
        Ok(())
    }

    async fn each_row(
        &mut self,
        tables: impl Iterator<Item = &(Table, ReadModel)>,
        folds: &Folds,
        orders: &[Uuid],
    ) -> Result<usize, ReadFailure> {
        let mut comparison = Comparison {
            stored: &*self.stored,
            folds,
            orders,
            findings: &mut self.findings,
            read: 0,
        };
        for (table, model) in tables {
            comparison.table(table, model).await?;
        }
        Ok(comparison.read)
    }

    /// What reactions should have done.
    fn owed(&mut self, folds: &Folds) {
        for (id, life) in folds.lives.iter() {
            if let Some(event) = life.owed(self.reacted) {
                let stream = StreamKey::Order(id.0).to_string();
                let place = Place::event(stream, life.order.sequence(), life.last);
                let found = "an order that was not told of its payment".to_owned();
                let expected = format!("{event} after this");
                self.findings
                    .add(Fault::NotCarriedOut, place, found, expected);
            }
        }
    }
}
