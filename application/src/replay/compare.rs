//! Rows, one by one, beside what they should say.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use futures::TryStreamExt;
use gage_domain::ids::{OrderId, PayoutId, ProductId, ShopId, SkuId};
use uuid::Uuid;

use super::{
    catalogue::{Catalogue, wallets},
    digest,
    entry::StreamKey,
    finding::{Fault, Findings, Place},
    life::Life,
    moments::{Model, Moments},
    stock::StockFold,
    witness::{self, Accounts, Table, timeline},
};
use crate::{
    ports::replay::{ReadFailure, ReadModel, Row, Rows, Stored},
    position::LogPosition,
};

/// What was folded, of orders those that are looked at closely.
pub(super) struct Folds {
    pub(super) lives: Moments<OrderId, Life>,
    /// By worker.
    pub(super) stock: Vec<Moments<SkuId, StockFold>>,
    pub(super) catalogue: Catalogue,
    pub(super) accounts: Accounts,
    pub(super) hasher: RandomState,
}

/// Whether a table's rows belong to orders.
pub(super) fn of_orders(table: &Table) -> bool {
    let of = |other: &Table| (other.model, other.name) == (table.model, table.name);
    digest::TABLES.iter().any(of)
}

/// What a row should be, and the stream that says so.
struct Expected {
    row: Row,
    stream: String,
}

/// Rows one by one, each beside what it should say.
pub(super) struct Comparison<'c> {
    pub(super) stored: &'c dyn Stored,
    pub(super) folds: &'c Folds,
    /// The orders whose rows are compared.
    pub(super) orders: &'c [Uuid],
    pub(super) findings: &'c mut Findings,
    pub(super) read: usize,
}

impl Comparison<'_> {
    pub(super) async fn table(
        &mut self,
        table: &Table,
        model: &ReadModel,
    ) -> Result<(), ReadFailure> {
        let name = format!("{}.{}", model.schema, table.name);
        let rows = Rows {
            schema: &model.schema,
            table: table.name,
            columns: table.columns,
            of: of_orders(table).then_some((table.columns[0], self.orders)),
        };
        let is_timeline = table.name == witness::TIMELINE.name;
        let mut shown: HashSet<(Uuid, LogPosition)> = HashSet::new();
        let mut seen: HashSet<String> = HashSet::new();
        let stored = self.stored;
        let mut batches = stored.rows(rows);
        while let Some(batch) = batches.try_next().await? {
            self.read += batch.len();
            for row in &batch {
                if is_timeline {
                    self.entry(&name, row, &mut shown);
                    continue;
                }
                let key = key_of(table, row);
                match self.expected(table, row) {
                    Some(expected) => self.same(table, &name, &key, row, &expected),
                    None => self.unknown(&name, &key, row, table),
                }
                if !seen.insert(key.clone()) {
                    self.unknown(&name, &key, row, table);
                }
            }
        }
        drop(batches);
        if is_timeline {
            self.missing_entries(&name, &shown);
        } else {
            self.missing(table, &name, &seen);
        }
        Ok(())
    }

    /// The row that should be there instead of this one.
    fn expected(&self, table: &Table, row: &Row) -> Option<Expected> {
        let text = |index: usize| row.get(index).and_then(Option::as_deref);
        let id = || text(0).and_then(|id| Uuid::parse_str(id).ok());
        match (table.model, table.name) {
            (Model::Ledger, "accounts") => {
                let id = PayoutId {
                    account: witness::address(text(0)?)?,
                    token: witness::address(text(1)?)?,
                    chain_id: text(2)?.parse().ok()?,
                    escrow: witness::address(text(3)?)?,
                };
                account(&id, &self.folds.accounts)
            }
            (Model::Ledger, "shop_wallets") => {
                let wallet = witness::address(text(1)?)?;
                let shop = ShopId(id()?);
                let fold = self.folds.catalogue.shops.seen_by(Model::Ledger, &shop)?;
                let at = *wallets(&fold.payouts).get(&wallet)?;
                Some(of(
                    StreamKey::Shop(shop.0),
                    witness::wallet(shop, wallet, at),
                ))
            }
            (_, "order_lines") => self.of_order(table, id()?, text(1)?.parse().ok()?),
            (_, "attempts") => {
                let hash = text(1)?;
                let life = self.folds.lives.seen_by(table.model, &OrderId(id()?))?;
                let attempts = &life.payment.state.request().ok()?.attempts;
                let number = attempts
                    .iter()
                    .position(|attempt| witness::hexadecimal(attempt.tx_hash.as_slice()) == hash)?;
                self.of_order(table, id()?, number)
            }
            _ if of_orders(table) => self.of_order(table, id()?, 0),
            _ => self.of_catalogue(table, id()?),
        }
    }

    fn of_order(&self, table: &Table, id: Uuid, number: usize) -> Option<Expected> {
        let life = self.folds.lives.seen_by(table.model, &OrderId(id))?;
        let key = if table.model == Model::Orders {
            StreamKey::Order(id)
        } else {
            StreamKey::Payment(id)
        };
        Some(of(key, digest::row(table, OrderId(id), life, number)?))
    }

    fn of_catalogue(&self, table: &Table, id: Uuid) -> Option<Expected> {
        let (catalogue, model) = (&self.folds.catalogue, table.model);
        match table.name {
            "shops" => {
                let shop = catalogue.shops.seen_by(model, &ShopId(id))?;
                let row = if model == Model::Catalog {
                    witness::shop(ShopId(id), shop)
                } else {
                    witness::owner(ShopId(id), shop)
                };
                Some(of(StreamKey::Shop(id), row?))
            }
            "products" => {
                let product = catalogue.products.seen_by(model, &ProductId(id))?;
                let row = witness::product(ProductId(id), product)?;
                Some(of(StreamKey::Product(id), row))
            }
            _ => {
                let key = StreamKey::Inventory(id);
                let mut stock = self.folds.stock.iter();
                let stock = stock.find_map(|stock| stock.seen_by(model, &SkuId(id)))?;
                Some(of(key, witness::stock(SkuId(id), stock)?))
            }
        }
    }

    fn same(&mut self, table: &Table, name: &str, key: &str, row: &Row, expected: &Expected) {
        if *row == expected.row {
            return;
        }
        let both = row.iter().zip(&expected.row).zip(table.columns);
        let (mut is, mut should) = (Vec::new(), Vec::new());
        for ((found, expected), column) in both {
            if found != expected {
                is.push(cell(column, found.as_deref()));
                should.push(cell(column, expected.as_deref()));
            }
        }
        let place = Place {
            stream: Some(expected.stream.clone()),
            ..Place::row(name, key)
        };
        let (found, expected) = (is.join(", "), should.join(", "));
        self.findings.add(Fault::RowDiffers, place, found, expected);
    }

    fn unknown(&mut self, name: &str, key: &str, row: &Row, table: &Table) {
        let cells = row.iter().zip(table.columns);
        let found: Vec<String> = cells
            .map(|(value, column)| cell(column, value.as_deref()))
            .collect();
        let (place, expected) = (Place::row(name, key), "no such row".to_owned());
        self.findings
            .add(Fault::RowUnknown, place, found.join(", "), expected);
    }

    fn missing(&mut self, table: &Table, name: &str, seen: &HashSet<String>) {
        for expected in self.all(table) {
            let key = key_of(table, &expected.row);
            if !seen.contains(&key) {
                let place = Place {
                    stream: Some(expected.stream),
                    ..Place::row(name, &key)
                };
                let cells = expected.row.iter().zip(table.columns);
                let row: Vec<String> = cells
                    .map(|(value, column)| cell(column, value.as_deref()))
                    .collect();
                let found = "no such row".to_owned();
                self.findings
                    .add(Fault::RowMissing, place, found, row.join(", "));
            }
        }
    }

    /// Every row that should be there.
    fn all(&self, table: &Table) -> Vec<Expected> {
        let folds = self.folds;
        let orders = || folds.lives.ids().map(|id| id.0);
        match (table.model, table.name) {
            (Model::Ledger, "accounts") => {
                let ids = folds.accounts.keys();
                ids.filter_map(|id| account(id, &folds.accounts)).collect()
            }
            (Model::Ledger, "shop_wallets") => {
                let shops = folds.catalogue.shops.ids();
                let of_shop = |shop: &ShopId| {
                    let fold = folds.catalogue.shops.seen_by(Model::Ledger, shop);
                    let held = fold.map(|fold| wallets(&fold.payouts)).unwrap_or_default();
                    let key = StreamKey::Shop(shop.0);
                    let row = |(wallet, at)| of(key, witness::wallet(*shop, wallet, at));
                    held.into_iter().map(row).collect::<Vec<_>>()
                };
                shops.flat_map(of_shop).collect()
            }
            (_, "order_lines" | "attempts") => {
                let numbered =
                    |id: Uuid| (0..).map_while(move |number| self.of_order(table, id, number));
                orders().flat_map(numbered).collect()
            }
            (_, "stock") => {
                let ids = folds.stock.iter().flat_map(Moments::ids);
                ids.filter_map(|id| self.of_catalogue(table, id.0))
                    .collect()
            }
            (_, "products") => {
                let ids = folds.catalogue.products.ids();
                ids.filter_map(|id| self.of_catalogue(table, id.0))
                    .collect()
            }
            _ if of_orders(table) => orders()
                .filter_map(|id| self.of_order(table, id, 0))
                .collect(),
            _ => {
                let ids = folds.catalogue.shops.ids();
                ids.filter_map(|id| self.of_catalogue(table, id.0))
                    .collect()
            }
        }
    }

    /// An entry of a timeline.
    fn entry(&mut self, name: &str, row: &Row, shown: &mut HashSet<(Uuid, LogPosition)>) {
        let table = &witness::TIMELINE;
        let id = row.first().and_then(Option::as_deref);
        let id = id
            .and_then(|id| Uuid::parse_str(id).ok())
            .unwrap_or_default();
        let (position, entry) = timeline::of_row(row);
        let key = key_of(table, row);
        let life = self.folds.lives.seen_by(Model::Orders, &OrderId(id));
        let mark = life.and_then(|life| {
            let marks = life.marks.iter();
            marks.clone().find(|mark| mark.position == position)
        });
        let Some(mark) = mark else {
            return self.unknown(name, &key, row, table);
        };
        if self.folds.hasher.hash_one((position, &entry)) != mark.hash {
            let stream = mark.stream(id);
            let place = Place {
                row: Some(format!("{name} {key}")),
                ..Place::event(stream, mark.sequence, position)
            };
            let timeline::Shown {
                milestone,
                at,
                actor,
                details,
            } = entry;
            let found = format!("{milestone} at {at} by {actor}: {details}");
            let expected = "what the event at this position says".to_owned();
            self.findings.add(Fault::RowDiffers, place, found, expected);
        }
        if !shown.insert((id, position)) {
            self.unknown(name, &key, row, table);
        }
    }

    fn missing_entries(&mut self, name: &str, shown: &HashSet<(Uuid, LogPosition)>) {
        let folds = self.folds;
        for id in folds.lives.ids() {
            let marks = folds.lives.seen_by(Model::Orders, id);
            let (id, marks) = (id.0, marks.map(|life| &life.marks));
            for mark in marks.into_iter().flatten() {
                if !shown.contains(&(id, mark.position)) {
                    let place = Place {
                        row: Some(format!("{name} {id} {}", mark.position)),
                        ..Place::event(mark.stream(id), mark.sequence, mark.position)
                    };
                    let found = "no such row".to_owned();
                    let expected = "an entry of this event".to_owned();
                    self.findings.add(Fault::RowMissing, place, found, expected);
                }
            }
        }
    }
}

fn account(id: &PayoutId, accounts: &Accounts) -> Option<Expected> {
    let account = accounts.get(id)?;
    Some(of(StreamKey::Payout(*id), account.row(id)))
}

fn of(key: StreamKey, row: Row) -> Expected {
    Expected {
        row,
        stream: key.to_string(),
    }
}

fn key_of(table: &Table, row: &Row) -> String {
    let key = row.iter().take(table.key);
    let key: Vec<&str> = key.map(|column| column.as_deref().unwrap_or("")).collect();
    key.join(" ")
}

fn cell(column: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("{column} {value:?}"),
        None => format!("{column} null"),
    }
}
