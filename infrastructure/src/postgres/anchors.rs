//! What was written to chains of the tree, in the table `anchors`.

use async_trait::async_trait;
use gage_application::ports::{
    StoreUnavailable,
    anchors::{Anchor, AnchorPlace, AnchorState, Anchors},
};
use gage_domain::{
    proof::TreeHead,
    value::{Address, B256, BaseUnits},
};
use sqlx::{FromRow, PgPool};
use time::OffsetDateTime;

use super::{failure, keeper_ledger::Reservation};

/// A transaction that writes an anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorTransaction {
    /// What it writes, and how far it is.
    pub anchor: Anchor,
    /// Its nonce.
    pub nonce: u64,
    /// As it is sent.
    pub raw: Vec<u8>,
}

/// All anchors, for whoever shows them.
#[derive(Debug, Clone)]
pub struct PostgresAnchors {
    pool: PgPool,
}

/// The ledger of one publisher on one chain.
#[derive(Debug, Clone)]
pub struct PostgresAnchorLedger {
    pool: PgPool,
    place: AnchorPlace,
}

impl PostgresAnchors {
    /// The anchors in the pool's database, which must be migrated.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl Anchors for PostgresAnchors {
    async fn confirmed_above(&self, index: u64) -> Result<Option<Anchor>, StoreUnavailable> {
        let row: Option<Row> = sqlx::query_as(
            "(SELECT tx_hash, chain_id, contract, publisher, nonce, raw, size, root, state,
                     block_number, sent_at
                FROM anchors WHERE state = 'confirmed' AND size > $1 ORDER BY size LIMIT 1)
             UNION ALL
             (SELECT tx_hash, chain_id, contract, publisher, nonce, raw, size, root, state,
                     block_number, sent_at
                FROM anchors WHERE state = 'confirmed' AND size <= $1 ORDER BY size DESC LIMIT 1)
             LIMIT 1",
        )
        .bind(i64::try_from(index).unwrap_or(i64::MAX))
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| failure::of_store(&error))?;
        Ok(row
            .map(AnchorTransaction::try_from)
            .transpose()?
            .map(|known| known.anchor))
    }

    async fn newest(&self, limit: u32) -> Result<Vec<Anchor>, StoreUnavailable> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT tx_hash, chain_id, contract, publisher, nonce, raw, size, root, state,
                    block_number, sent_at
               FROM anchors ORDER BY size DESC, sent_at DESC LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(|error| failure::of_store(&error))?;
        let rows = rows.into_iter().map(AnchorTransaction::try_from);
        rows.map(|known| known.map(|known| known.anchor)).collect()
    }
}

impl PostgresAnchorLedger {
    /// The ledger in the pool's database, which must be migrated.
    pub fn new(pool: PgPool, place: AnchorPlace) -> Self {
        Self { pool, place }
    }

    /// Whose ledger it is.
    pub fn place(&self) -> AnchorPlace {
        self.place
    }

    /// The transaction of the account that is on its way, whatever contract it is for.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    pub async fn on_its_way(&self) -> Result<Option<AnchorTransaction>, StoreUnavailable> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT tx_hash, chain_id, contract, publisher, nonce, raw, size, root, state,
                    block_number, sent_at
               FROM anchors WHERE chain_id = $1 AND publisher = $2 AND settled_at IS NULL",
        )
        .bind(column(self.place.chain_id)?)
        .bind(self.place.publisher.as_slice())
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| failure::of_store(&error))?;
        row.map(AnchorTransaction::try_from).transpose()
    }

    /// The newest that came to its end well, at this place.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    pub async fn last_confirmed(&self) -> Result<Option<Anchor>, StoreUnavailable> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT tx_hash, chain_id, contract, publisher, nonce, raw, size, root, state,
                    block_number, sent_at
               FROM anchors
              WHERE chain_id = $1 AND publisher = $2 AND contract = $3 AND state = 'confirmed'
              ORDER BY sent_at DESC LIMIT 1",
        )
        .bind(column(self.place.chain_id)?)
        .bind(self.place.publisher.as_slice())
        .bind(self.place.contract.as_slice())
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| failure::of_store(&error))?;
        Ok(row
            .map(AnchorTransaction::try_from)
            .transpose()?
            .map(|known| known.anchor))
    }

    /// Writes a transaction down before it is sent, if it is the only one on its way and what it
    /// may cost at most is left of the `budget` for what was sent since a moment. Amounts are wei.
    /// The very same one may be written down again, if no node took it before.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    pub async fn reserve(
        &self,
        transaction: &AnchorTransaction,
        most: BaseUnits,
        budget: BaseUnits,
        since: OffsetDateTime,
    ) -> Result<Reservation, StoreUnavailable> {
        if self.on_its_way().await?.is_some() {
            return Ok(Reservation::Busy);
        }
        let AnchorPlace {
            chain_id,
            contract,
            publisher,
        } = transaction.anchor.place;
        let TreeHead { size, root } = transaction.anchor.head;
        let written = sqlx::query(
            "INSERT INTO anchors (tx_hash, chain_id, contract, publisher, nonce, raw, size, root,
                    cost_wei, state, sent_at)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9::numeric, 'pending', $10
              WHERE (SELECT coalesce(sum(cost_wei), 0) FROM anchors
                      WHERE chain_id = $2 AND publisher = $4 AND sent_at >= $11)
                    + $9::numeric <= $12::numeric
             ON CONFLICT ON CONSTRAINT anchors_pkey DO UPDATE
                SET state = 'pending', settled_at = NULL, cost_wei = excluded.cost_wei,
                    sent_at = excluded.sent_at
              WHERE anchors.state IN ('refused', 'lost')",
        )
        .bind(transaction.anchor.tx_hash.as_slice())
        .bind(column(chain_id)?)
        .bind(contract.as_slice())
        .bind(publisher.as_slice())
        .bind(column(transaction.nonce)?)
        .bind(&transaction.raw)
        .bind(column(size)?)
        .bind(root.as_slice())
        .bind(most.to_string())
        .bind(transaction.anchor.sent_at)
        .bind(since)
        .bind(budget.to_string())
        .execute(&self.pool)
        .await;
        match written {
            Ok(written) if written.rows_affected() == 1 => Ok(Reservation::Made),
            Ok(_) => Ok(Reservation::OverBudget),
            Err(sqlx::Error::Database(refusal)) if refusal.constraint() == Some("anchors_one") => {
                Ok(Reservation::Busy)
            }
            Err(error) => Err(failure::of_store(&error)),
        }
    }

    /// Writes down how far a transaction is, and, once it is known, what it cost, wei.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    pub async fn note(
        &self,
        tx_hash: B256,
        state: AnchorState,
        cost: Option<BaseUnits>,
        at: OffsetDateTime,
    ) -> Result<(), StoreUnavailable> {
        let block = match state {
            AnchorState::Mined { block } | AnchorState::Confirmed { block } => Some(column(block)?),
            _ => None,
        };
        sqlx::query(
            "UPDATE anchors SET state = $2, block_number = $3,
                    cost_wei = coalesce($4::numeric, cost_wei), settled_at = $5
              WHERE tx_hash = $1 AND settled_at IS NULL",
        )
        .bind(tx_hash.as_slice())
        .bind(name(state))
        .bind(block)
        .bind(cost.map(|cost| cost.to_string()))
        .bind(is_settled(state).then_some(at))
        .execute(&self.pool)
        .await
        .map_err(|error| failure::of_store(&error))?;
        Ok(())
    }
}

/// The state's name in the table and in metrics.
pub(crate) const fn name(state: AnchorState) -> &'static str {
    match state {
        AnchorState::Pending => "pending",
        AnchorState::Sent => "sent",
        AnchorState::Mined { .. } => "mined",
        AnchorState::Confirmed { .. } => "confirmed",
        AnchorState::Reverted => "reverted",
        AnchorState::Refused => "refused",
        AnchorState::Lost => "lost",
    }
}

const fn is_settled(state: AnchorState) -> bool {
    !matches!(
        state,
        AnchorState::Pending | AnchorState::Sent | AnchorState::Mined { .. }
    )
}

#[derive(FromRow)]
struct Row {
    tx_hash: Vec<u8>,
    chain_id: i64,
    contract: Vec<u8>,
    publisher: Vec<u8>,
    nonce: i64,
    raw: Vec<u8>,
    size: i64,
    root: Vec<u8>,
    state: String,
    block_number: Option<i64>,
    sent_at: OffsetDateTime,
}

impl TryFrom<Row> for AnchorTransaction {
    type Error = StoreUnavailable;

    fn try_from(row: Row) -> Result<Self, StoreUnavailable> {
        let state = state(&row)?;
        let anchor = Anchor {
            place: AnchorPlace {
                chain_id: number("chain_id", row.chain_id)?,
                contract: address("contract", &row.contract)?,
                publisher: address("publisher", &row.publisher)?,
            },
            head: TreeHead {
                size: number("size", row.size)?,
                root: hash("root", &row.root)?,
            },
            tx_hash: hash("tx_hash", &row.tx_hash)?,
            state,
            sent_at: row.sent_at,
        };
        Ok(Self {
            anchor,
            nonce: number("nonce", row.nonce)?,
            raw: row.raw,
        })
    }
}

fn state(row: &Row) -> Result<AnchorState, StoreUnavailable> {
    let block = || number("block_number", row.block_number.unwrap_or(-1));
    match &*row.state {
        "pending" => Ok(AnchorState::Pending),
        "sent" => Ok(AnchorState::Sent),
        "mined" => Ok(AnchorState::Mined { block: block()? }),
        "confirmed" => Ok(AnchorState::Confirmed { block: block()? }),
        "reverted" => Ok(AnchorState::Reverted),
        "refused" => Ok(AnchorState::Refused),
        "lost" => Ok(AnchorState::Lost),
        other => Err(unreadable("state", &format!("{other:?} is none"))),
    }
}

fn number(column: &str, value: i64) -> Result<u64, StoreUnavailable> {
    u64::try_from(value).map_err(|error| unreadable(column, &error))
}

fn address(column: &str, bytes: &[u8]) -> Result<Address, StoreUnavailable> {
    Address::try_from(bytes).map_err(|error| unreadable(column, &error))
}

fn hash(column: &str, bytes: &[u8]) -> Result<B256, StoreUnavailable> {
    B256::try_from(bytes).map_err(|error| unreadable(column, &error))
}

fn column(number: u64) -> Result<i64, StoreUnavailable> {
    i64::try_from(number).map_err(|error| unreadable("a number", &error))
}

fn unreadable(column: &str, error: &dyn std::fmt::Display) -> StoreUnavailable {
    failure::unavailable(format!("table anchors, column {column}: {error}"))
}
