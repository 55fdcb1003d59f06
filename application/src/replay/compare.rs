//! Read models, row by row, beside what they should say.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher, RandomState},
};

use futures::TryStreamExt;
use gage_domain::ids::{OrderId, PayoutId, ProductId, ShopId, SkuId};
use uuid::Uuid;

use super::{
    catalogue::{Catalogue, wallets},
    entry::StreamKey,
    finding::{Fault, Findings, Place},
    life::Life,
    moments::Model,
    run::worker_of,
    witness::{self, Account, Accounts, Table, timeline},
    worker::Worker,
};
use crate::{
    ports::replay::{Part, ReadFailure, ReadModel, Row, Rows, Stored},
    position::LogPosition,
};

/// What a part of the log was folded to.
pub(super) struct Folds {
    pub(super) workers: Vec<Worker>,
    pub(super) catalogue: Catalogue,
    pub(super) hasher: RandomState,
}

impl Folds {
    fn worker(&self, key: StreamKey) -> Option<&Worker> {
        self.workers.get(worker_of(key, self.workers.len()))
    }

    /// An order where a read model stands.
    fn life(&self, model: Model, id: Uuid) -> Option<&Life> {
        let worker = self.worker(StreamKey::Order(id))?;
        worker.lives.seen_by(model, &OrderId(id))
    }

    /// An order at the end.
    pub(super) fn life_now(&self, id: Uuid) -> Option<&Life> {
        let worker = self.worker(StreamKey::Order(id))?;
        worker.lives.get(&OrderId(id))
    }

    fn orders(&self) -> impl Iterator<Item = Uuid> {
        let workers = self.workers.iter();
        workers.flat_map(|worker| worker.lives.ids().map(|id| id.0))
    }
}

/// Compares the read models that are there. Returns how many rows were read.
pub(super) async fn compare(
    stored: &dyn Stored,
    read_models: &BTreeMap<&'static str, ReadModel>,
    part: Part,
    folds: &Folds,
    accounts: &mut Accounts,
    findings: &mut Findings,
    tell: &(dyn Fn(u64) + Send + Sync),
) -> Result<u64, ReadFailure> {
    add_up(folds, part, accounts);
    let mut comparison = Comparison {
        stored,
        part,
        folds,
        findings,
        read: 0,
        tell,
    };
    for table in witness::TABLES {
        let Some(model) = read_models.get(table.model.name()) else {
            continue;
        };
        let last = part.index + 1 == part.of;
        let due = match table.name {
            "accounts" => last,
            _ if of_orders(&table) => true,
            _ => part.index == 0,
        };
        if due && comparison.layout_fits(&table, model).await? {
            comparison.table(&table, model, accounts).await?;
        }
    }
    Ok(comparison.read)
}

/// Whether a table's rows belong to orders, and its first column is the order's id.
fn of_orders(table: &Table) -> bool {
    table.columns.first() == Some(&"order_id")
        || (table.model == Model::Orders && table.name == "orders")
}

fn add_up(folds: &Folds, part: Part, accounts: &mut Accounts) {
    for worker in &folds.workers {
        for id in worker.lives.ids() {
            if let Some(life) = worker.lives.seen_by(Model::Ledger, id) {
                Account::add_payment(accounts, life);
            }
        }
        if part.index == 0 {
            for id in worker.payouts.ids() {
                if let Some(payout) = worker.payouts.seen_by(Model::Ledger, id) {
                    Account::add_payout(accounts, *id, payout);
                }
            }
        }
    }
}

/// What a row should be, and the stream that says so.
struct Expected {
    row: Row,
    stream: String,
}

struct Comparison<'c> {
    stored: &'c dyn Stored,
    part: Part,
    folds: &'c Folds,
    findings: &'c mut Findings,
    read: u64,
    tell: &'c (dyn Fn(u64) + Send + Sync),
}

impl Comparison<'_> {
    async fn layout_fits(&mut self, table: &Table, model: &ReadModel) -> Result<bool, ReadFailure> {
        let mut known: Vec<String> = table.columns.iter().map(ToString::to_string).collect();
        known.sort_unstable();
        let found = self.stored.columns(&model.schema, table.name).await?;
        if found == known {
            return Ok(true);
        }
        let place = Place::row(&format!("{}.{}", model.schema, table.name), "");
        let (found, expected) = (found.join(", "), known.join(", "));
        self.findings.add(Fault::Layout, place, found, expected);
        Ok(false)
    }

    async fn table(
        &mut self,
        table: &Table,
        model: &ReadModel,
        accounts: &Accounts,
    ) -> Result<(), ReadFailure> {
        let name = format!("{}.{}", model.schema, table.name);
        let rows = Rows {
            schema: &model.schema,
            table: table.name,
            columns: table.columns,
            part: of_orders(table).then_some((table.columns[0], self.part)),
        };
        let is_timeline = table.name == witness::TIMELINE.name;
        let mut shown: HashSet<(Uuid, LogPosition)> = HashSet::new();
        let mut seen: HashSet<String> = HashSet::new();
        let stored = self.stored;
        let mut batches = stored.rows(rows);
        while let Some(batch) = batches.try_next().await? {
            self.read += u64::try_from(batch.len()).unwrap_or(0);
            (self.tell)(self.read);
            for row in &batch {
                if is_timeline {
                    self.entry(&name, row, &mut shown);
                    continue;
                }
                let key = key_of(table, row);
                match self.expected(table, row, accounts) {
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
            self.missing(table, &name, &seen, accounts);
        }
        Ok(())
    }

    /// The row that should be there instead of this one.
    fn expected(&self, table: &Table, row: &Row, accounts: &Accounts) -> Option<Expected> {
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
                account(&id, accounts)
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
                let life = self.folds.life(table.model, id()?)?;
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
        let life = self.folds.life(table.model, id)?;
        let order = OrderId(id);
        let (row, key) = match (table.model, table.name) {
            (Model::Orders, "orders") => (witness::order(order, life), StreamKey::Order(id)),
            (Model::Orders, _) => (witness::line(order, life, number), StreamKey::Order(id)),
            (Model::Payments, "payments") => {
                (witness::payment(order, life), StreamKey::Payment(id))
            }
            (Model::Payments, _) => (
                witness::attempt(order, life, number),
                StreamKey::Payment(id),
            ),
            _ => (witness::ledger_payment(order, life), StreamKey::Payment(id)),
        };
        Some(of(key, row?))
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
                let stock = self.folds.worker(key)?.stock.seen_by(model, &SkuId(id))?;
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

    fn missing(&mut self, table: &Table, name: &str, seen: &HashSet<String>, accounts: &Accounts) {
        for expected in self.all(table, accounts) {
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
    fn all<'s>(&'s self, table: &'s Table, accounts: &'s Accounts) -> Vec<Expected> {
        let folds = self.folds;
        match (table.model, table.name) {
            (Model::Ledger, "accounts") => {
                let ids = accounts.keys();
                ids.filter_map(|id| account(id, accounts)).collect()
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
                folds.orders().flat_map(numbered).collect()
            }
            (_, "stock") => {
                let workers = folds.workers.iter();
                let ids = workers.flat_map(|worker| worker.stock.ids());
                ids.filter_map(|id| self.of_catalogue(table, id.0))
                    .collect()
            }
            (_, "products") => {
                let ids = folds.catalogue.products.ids();
                ids.filter_map(|id| self.of_catalogue(table, id.0))
                    .collect()
            }
            _ if of_orders(table) => {
                let ids = folds.orders();
                ids.filter_map(|id| self.of_order(table, id, 0)).collect()
            }
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
        let text = |index: usize| row.get(index).and_then(Option::as_deref).unwrap_or("");
        let id = Uuid::parse_str(text(0)).unwrap_or_default();
        let position = LogPosition {
            xact_id: text(1).parse().unwrap_or(-1),
            position: text(2).parse().unwrap_or(-1),
        };
        let key = key_of(table, row);
        let life = self.folds.life(Model::Orders, id);
        let mark = life.and_then(|life| {
            let marks = life.marks.iter();
            marks.clone().find(|mark| mark.position == position)
        });
        let Some(mark) = mark else {
            return self.unknown(name, &key, row, table);
        };
        let entry = timeline::Shown {
            milestone: text(3),
            at: text(4).parse().unwrap_or(-1),
            actor: text(5),
            details: text(6),
        };
        if self.folds.hasher.hash_one(&entry) != mark.hash {
            let stream = mark.stream(id);
            let place = Place {
                row: Some(format!("{name} {key}")),
                ..Place::event(stream, mark.sequence, position)
            };
            let (at, actor) = (text(4), text(5));
            let found = format!("{} at {at} by {actor}: {}", text(3), text(6));
            let expected = "what the event at this position says".to_owned();
            self.findings.add(Fault::RowDiffers, place, found, expected);
        }
        if !shown.insert((id, position)) {
            self.unknown(name, &key, row, table);
        }
    }

    fn missing_entries(&mut self, name: &str, shown: &HashSet<(Uuid, LogPosition)>) {
        let folds = self.folds;
        for id in folds.orders() {
            let marks = folds.life(Model::Orders, id).map(|life| &life.marks);
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
