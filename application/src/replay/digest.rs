//! What is kept of an order that was put away: for each table a number that its rows have to add
//! up to. Rows are hashed with a key that nobody knows, so no other rows add up to the same.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use gage_domain::{ids::OrderId, payment::LogId};
use uuid::Uuid;

use super::{
    life::Life,
    moments::Model,
    sightings,
    witness::{self, Table},
};
use crate::{ports::replay::Row, position::LogPosition};

/// The tables whose rows belong to orders.
pub(super) const TABLES: [Table; 6] = [
    witness::ORDERS,
    witness::LINES,
    witness::TIMELINE,
    witness::PAYMENTS,
    witness::ATTEMPTS,
    witness::LEDGER_PAYMENTS,
];

/// An order in few bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Digest {
    /// What the rows of each of [`TABLES`] add up to.
    rows: [u64; TABLES.len()],
    /// What the logs of chains add up to that the listener has to have as confirmed.
    logs: u64,
    /// The read models that stand before the last event: what they should say stays.
    settled: [bool; Model::ALL.len()],
    /// Whether there is an order, and whether a payment.
    streams: [bool; 2],
    /// Whether it has to be looked at in any case.
    open: bool,
}

/// What does not depend on the order.
pub(super) struct Against<'a> {
    /// How far reactions were carried out.
    pub(super) reacted: LogPosition,
    /// The chains that a listener followed.
    pub(super) followed: &'a HashSet<u64>,
    pub(super) hasher: &'a RandomState,
}

impl Digest {
    /// Whether what a read model should say is settled.
    pub(super) fn is_settled(&self, model: Model) -> bool {
        self.settled[model as usize]
    }

    /// What a read model should say is what it would say now, whatever comes.
    pub(super) fn settle(&mut self, model: Model, id: OrderId, life: &Life, hasher: &RandomState) {
        self.add_up(model, id, life, hasher);
        self.settled[model as usize] = true;
    }

    /// The order as it is now.
    pub(super) fn put_away(&mut self, id: OrderId, life: &Life, against: &Against<'_>) {
        for model in Model::ALL {
            if !self.is_settled(model) {
                self.add_up(model, id, life, against.hasher);
            }
        }
        let confirmed = sightings::confirmed(life).into_iter();
        self.logs = confirmed
            .filter(|log| against.followed.contains(&log.chain_id))
            .map(|log| against.hasher.hash_one(log))
            .fold(0, u64::wrapping_add);
        self.streams = [life.order.sequence() > 0, life.payment.sequence() > 0];
        let seen = !against.followed.is_empty() && sightings::is_only_seen(life);
        self.open = seen || life.owed(against.reacted).is_some();
    }

    fn add_up(&mut self, model: Model, id: OrderId, life: &Life, hasher: &RandomState) {
        for (sum, table) in self.rows.iter_mut().zip(&TABLES) {
            if table.model != model {
                continue;
            }
            *sum = if table.name == witness::TIMELINE.name {
                life.shown
            } else {
                let rows = (0..).map_while(|number| row(table, id, life, number));
                rows.map(|row| hasher.hash_one(row))
                    .fold(0, u64::wrapping_add)
            };
        }
    }

    /// Takes off what is there.
    pub(super) fn take_row(&mut self, table: usize, hash: u64) {
        self.rows[table] = self.rows[table].wrapping_sub(hash);
    }

    /// Takes off what the listener has as confirmed.
    pub(super) fn take_log(&mut self, log: &LogId, hasher: &RandomState) {
        self.logs = self.logs.wrapping_sub(hasher.hash_one(log));
    }

    /// Leaves tables out that cannot be compared.
    pub(super) fn leave_out(&mut self, tables: &[usize]) {
        for table in tables {
            self.rows[*table] = 0;
        }
    }

    /// Whether all that is there is what should be.
    pub(super) fn adds_up(&self) -> bool {
        !self.open && self.logs == 0 && self.rows.iter().all(|sum| *sum == 0)
    }

    /// How many streams it is made of.
    pub(super) fn streams(&self) -> u64 {
        self.streams.iter().map(|there| u64::from(*there)).sum()
    }
}

/// A row that a table should have of an order; of most tables there is one, with the number 0.
pub(super) fn row(table: &Table, id: OrderId, life: &Life, number: usize) -> Option<Row> {
    match (table.model, table.name) {
        (Model::Orders, "order_lines") => witness::line(id, life, number),
        (Model::Payments, "attempts") => witness::attempt(id, life, number),
        _ if number > 0 => None,
        (Model::Orders, _) => witness::order(id, life),
        (Model::Payments, _) => witness::payment(id, life),
        _ => witness::ledger_payment(id, life),
    }
}

/// The order that a row belongs to, and what it adds to the sum of its table.
pub(super) fn of_row(table: &Table, row: &Row, hasher: &RandomState) -> (Uuid, u64) {
    let id = row.first().and_then(Option::as_deref);
    let id = id.and_then(|id| Uuid::parse_str(id).ok());
    let hash = if table.name == witness::TIMELINE.name {
        let (position, shown) = witness::timeline::of_row(row);
        hasher.hash_one((position, shown))
    } else {
        hasher.hash_one(row)
    };
    (id.unwrap_or_default(), hash)
}
