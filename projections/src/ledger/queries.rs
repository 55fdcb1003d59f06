//! Questions about accounts.

use gage_application::position::LogPosition;
use gage_domain::{ids::ShopId, value::Address};
use sqlx::PgPool;

use super::{
    Ledger,
    rows::{self, ACCOUNT_COLUMNS, AccountRow},
};
use crate::{columns::Columns, failure::QueryError, progress, projection::Projection};

const SCHEMA: &str = Ledger::SCHEMA;

/// Questions about accounts. Who may ask about which one, the caller decides.
#[derive(Debug, Clone)]
pub struct LedgerQueries {
    pool: PgPool,
}

impl LedgerQueries {
    /// Asks through this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Whether the ledger holds everything up to a position.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn reached(&self, position: LogPosition) -> Result<bool, QueryError> {
        progress::reached::<Ledger>(&self.pool, position).await
    }

    /// A wallet's accounts: one for each token, chain and escrow in which anything happened to it.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn accounts_of(&self, owner: Address) -> Result<Vec<AccountRow>, QueryError> {
        let sql = format!(
            "SELECT {ACCOUNT_COLUMNS} FROM {SCHEMA}.accounts a WHERE a.owner = $1 \
             ORDER BY a.token, a.chain_id, a.escrow"
        );
        let found = sqlx::query(&sql)
            .bind(owner.as_slice())
            .fetch_all(&self.pool)
            .await?;
        found.iter().map(rows::account).collect()
    }

    /// The wallets that a shop's money goes or went to, at most so many of them; the one it goes
    /// to now comes first, and the one that it went to first is the first to be left out.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn wallets_of_shop(
        &self,
        shop: ShopId,
        most: u32,
    ) -> Result<Vec<Address>, QueryError> {
        let sql = format!(
            "SELECT w.shop_id, w.wallet FROM {SCHEMA}.shop_wallets w WHERE w.shop_id = $1 \
             ORDER BY w.xact_id DESC, w.position DESC LIMIT $2"
        );
        let found = sqlx::query(&sql)
            .bind(shop.0)
            .bind(i64::from(most))
            .fetch_all(&self.pool)
            .await?;
        let wallet = |row| Columns::of(row, "ledger.shop_wallets", "shop_id").address("wallet");
        found.iter().map(wallet).collect()
    }
}
