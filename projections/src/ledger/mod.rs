//! The ledger: what the escrow holds for whom, and what can be taken out of it.
//!
//! Accounts are credited by releases and refunds, and debited by withdrawals, as in the
//! contract; so the totals are the contract's, as far as its logs are deep enough.

mod fold;
mod queries;
mod rows;
mod store;

use std::collections::BTreeSet;

use async_trait::async_trait;
use gage_application::{event::Recorded, ports::wake::Notice};
use gage_domain::{decider::Decider, inventory::Inventory, order::Order, product::Product};
use sqlx::PgConnection;

pub use self::{queries::LedgerQueries, rows::AccountRow};
use crate::{
    failure::ApplyError,
    projection::{Extent, Index, Projection},
};

/// The read model of accounts.
#[derive(Debug, Clone, Copy)]
pub struct Ledger;

#[async_trait]
impl Projection for Ledger {
    const NAME: &'static str = "ledger";
    const VERSION: i32 = 1;
    const SCHEMA: &'static str = "ledger_v1";
    const TABLES: &'static str = include_str!("schema.sql");
    /// The keys serve all questions.
    const INDEXES: &'static [Index] = &[];
    const IGNORES: &'static [&'static str] = &[Product::TYPE, Inventory::TYPE, Order::TYPE];

    type Rows = fold::Rows;

    async fn load(
        db: &mut PgConnection,
        rows: &mut Self::Rows,
        events: &[Recorded],
    ) -> Result<(), ApplyError> {
        store::load(db, rows, events).await
    }

    fn fold(rows: &mut Self::Rows, event: &Recorded) -> Result<(), ApplyError> {
        rows.fold(event)
    }

    fn held(rows: &Self::Rows) -> usize {
        rows.payments.held() + rows.accounts.len() + rows.wallets.len()
    }

    async fn write(
        db: &mut PgConnection,
        rows: &mut Self::Rows,
        extent: Extent,
    ) -> Result<(), ApplyError> {
        store::write_rows(db, rows, extent).await
    }

    /// Nobody follows accounts.
    fn take_notices(_rows: &mut Self::Rows) -> BTreeSet<Notice> {
        BTreeSet::new()
    }
}
