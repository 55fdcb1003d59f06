//! What the keeper sent, and what it cost.

use gage_application::ports::StoreUnavailable;
use gage_domain::{
    ids::PaymentId,
    value::{Address, B256, BaseUnits},
};
use sqlx::{FromRow, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::failure;

/// A transaction that the keeper signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeeperTransaction {
    /// Its hash.
    pub tx_hash: B256,
    /// Its nonce.
    pub nonce: u64,
    /// As it is sent.
    pub raw: Vec<u8>,
    /// The payment that it releases.
    pub payment: PaymentId,
    /// When it was sent first.
    pub sent_at: OffsetDateTime,
}

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeeperOutcome {
    /// It released.
    Released,
    /// It was mined, and the escrow refused.
    Reverted,
    /// The node did not take it.
    Refused,
    /// Another transaction took its nonce.
    Lost,
}

impl KeeperOutcome {
    /// Its name in the table and in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Reverted => "reverted",
            Self::Refused => "refused",
            Self::Lost => "lost",
        }
    }
}

/// Whether a transaction may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// It may: it is written down as sent.
    Made,
    /// Another one of the account is on its way.
    Busy,
    /// It might cost more than is left of the budget.
    OverBudget,
}

/// The ledger of one keeper's account on one chain, in the table `keeper_releases`.
#[derive(Debug, Clone)]
pub struct PostgresKeeperLedger {
    pool: PgPool,
    chain_id: u64,
    sender: Address,
}

impl PostgresKeeperLedger {
    /// The ledger in the pool's database, which must be migrated.
    pub fn new(pool: PgPool, chain_id: u64, sender: Address) -> Self {
        Self {
            pool,
            chain_id,
            sender,
        }
    }

    /// The transaction that is on its way.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    pub async fn on_its_way(&self) -> Result<Option<KeeperTransaction>, StoreUnavailable> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT tx_hash, nonce, raw, payment_id, sent_at FROM keeper_releases
              WHERE chain_id = $1 AND sender = $2 AND state = 'sent'",
        )
        .bind(column(self.chain_id)?)
        .bind(self.sender.as_slice())
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| failure::of_store(&error))?;
        row.map(KeeperTransaction::try_from).transpose()
    }

    /// Writes a transaction down before it is sent, if it is the only one on its way and what it
    /// may cost at most is left of the `budget` for what was sent since a moment. Amounts are wei.
    /// The very same one may be written down again: the node did not take it before, or a
    /// reorganisation took it back.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    pub async fn reserve(
        &self,
        transaction: &KeeperTransaction,
        most: BaseUnits,
        budget: BaseUnits,
        since: OffsetDateTime,
    ) -> Result<Reservation, StoreUnavailable> {
        if self.on_its_way().await?.is_some() {
            return Ok(Reservation::Busy);
        }
        let written = sqlx::query(
            "INSERT INTO keeper_releases (tx_hash, chain_id, sender, nonce, raw, payment_id,
                    cost_wei, state, sent_at)
             SELECT $1, $2, $3, $4, $5, $6, $7::numeric, 'sent', $8
              WHERE (SELECT coalesce(sum(cost_wei), 0) FROM keeper_releases
                      WHERE chain_id = $2 AND sender = $3 AND sent_at >= $9)
                    + $7::numeric <= $10::numeric
             ON CONFLICT ON CONSTRAINT keeper_releases_pkey DO UPDATE
                SET state = 'sent', settled_at = NULL, cost_wei = excluded.cost_wei,
                    sent_at = excluded.sent_at
              WHERE keeper_releases.state <> 'sent'",
        )
        .bind(transaction.tx_hash.as_slice())
        .bind(column(self.chain_id)?)
        .bind(self.sender.as_slice())
        .bind(column(transaction.nonce)?)
        .bind(&transaction.raw)
        .bind(transaction.payment.0)
        .bind(most.to_string())
        .bind(transaction.sent_at)
        .bind(since)
        .bind(budget.to_string())
        .execute(&self.pool)
        .await;
        match written {
            Ok(written) if written.rows_affected() == 1 => Ok(Reservation::Made),
            Ok(_) => Ok(Reservation::OverBudget),
            Err(sqlx::Error::Database(refusal))
                if refusal.constraint() == Some("keeper_releases_one") =>
            {
                Ok(Reservation::Busy)
            }
            Err(error) => Err(failure::of_store(&error)),
        }
    }

    /// Writes down what became of a transaction, and what it cost, wei.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    pub async fn settle(
        &self,
        tx_hash: B256,
        outcome: KeeperOutcome,
        cost: BaseUnits,
        at: OffsetDateTime,
    ) -> Result<(), StoreUnavailable> {
        sqlx::query(
            "UPDATE keeper_releases SET state = $2, cost_wei = $3::numeric, settled_at = $4
              WHERE tx_hash = $1 AND state = 'sent'",
        )
        .bind(tx_hash.as_slice())
        .bind(outcome.name())
        .bind(cost.to_string())
        .bind(at)
        .execute(&self.pool)
        .await
        .map_err(|error| failure::of_store(&error))?;
        Ok(())
    }

    /// What the transactions that were sent since a moment cost, or may cost, wei.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    pub async fn spent_since(&self, since: OffsetDateTime) -> Result<BaseUnits, StoreUnavailable> {
        let spent: String = sqlx::query_scalar(
            "SELECT coalesce(sum(cost_wei), 0)::text FROM keeper_releases
              WHERE chain_id = $1 AND sender = $2 AND sent_at >= $3",
        )
        .bind(column(self.chain_id)?)
        .bind(self.sender.as_slice())
        .bind(since)
        .fetch_one(&self.pool)
        .await
        .map_err(|error| failure::of_store(&error))?;
        spent
            .parse()
            .map_err(|error| unreadable("cost_wei", &error))
    }
}

#[derive(FromRow)]
struct Row {
    tx_hash: Vec<u8>,
    nonce: i64,
    raw: Vec<u8>,
    payment_id: Uuid,
    sent_at: OffsetDateTime,
}

impl TryFrom<Row> for KeeperTransaction {
    type Error = StoreUnavailable;

    fn try_from(row: Row) -> Result<Self, StoreUnavailable> {
        Ok(Self {
            tx_hash: B256::try_from(&*row.tx_hash)
                .map_err(|error| unreadable("tx_hash", &error))?,
            nonce: u64::try_from(row.nonce).map_err(|error| unreadable("nonce", &error))?,
            raw: row.raw,
            payment: PaymentId(row.payment_id),
            sent_at: row.sent_at,
        })
    }
}

fn column(number: u64) -> Result<i64, StoreUnavailable> {
    i64::try_from(number).map_err(|error| unreadable("chain_id or nonce", &error))
}

fn unreadable(column: &str, error: &dyn std::error::Error) -> StoreUnavailable {
    failure::unavailable(format!("table keeper_releases, column {column}: {error}"))
}
