//! The customers' keys, in the table `personal_keys`, wrapped with a key that is not in the
//! database; what they seal is read from the orders' first events.
//!
//! A key is unwrapped for one call and forgotten with it. An erasure overwrites the wrapped key in
//! its row; that older copies of the row go too is the operator's part (docs/privacy.md).

mod cipher;
mod rotation;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use gage_application::{
    event::{Decoder, StoredEvent},
    ports::{
        StoreUnavailable,
        clock::Entropy,
        personal_data::{Delivery, Erased, Erasure, KeyState, PersonalData, Reading, SealError},
    },
};
use gage_domain::{
    decider::Decider,
    ids::OrderId,
    order::{Order, OrderEvent},
    personal::{DeliveryDetails, PersonalKeyId, Sealed},
    value::Address,
};
use sqlx::{FromRow, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

pub use self::cipher::WrappingKey;
use self::cipher::{CipherError, CustomerKey};
use super::{
    failure::{of_store, unavailable},
    rows::{self, RowFailure},
};

/// Attempts to find or make a customer's key: of two that make one, one finds the other's.
const ATTEMPTS: usize = 4;

/// Personal data, with the keys in the pool's database.
#[derive(Clone)]
pub struct PostgresPersonalData {
    pool: PgPool,
    wrapping: Option<Arc<WrappingKey>>,
    entropy: Arc<dyn Entropy>,
}

/// A key's row.
#[derive(FromRow)]
struct KeyRow {
    id: Uuid,
    customer: Vec<u8>,
    wrapped: Option<Vec<u8>>,
}

/// An erasure's row.
#[derive(FromRow)]
struct ErasureRow {
    erased_at: OffsetDateTime,
    keys: i32,
}

impl From<ErasureRow> for Erased {
    fn from(row: ErasureRow) -> Self {
        Self {
            at: row.erased_at,
            keys: u32::try_from(row.keys).unwrap_or_default(),
        }
    }
}

/// What an order's first event says of its delivery.
enum Placed {
    Sealed {
        buyer: Address,
        sealed: Sealed,
    },
    /// The event cannot be read.
    Unreadable,
}

impl Placed {
    fn key(&self) -> Option<PersonalKeyId> {
        match self {
            Self::Sealed { sealed, .. } => Some(sealed.key()),
            Self::Unreadable => None,
        }
    }
}

impl PostgresPersonalData {
    /// The keys in the pool's database, which must be migrated. Without a key that wraps them,
    /// nothing is sealed and nothing opened; erasing needs none.
    pub fn new(pool: PgPool, wrapping: Option<WrappingKey>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            pool,
            wrapping: wrapping.map(Arc::new),
            entropy,
        }
    }

    /// Whether any customer's key is wrapped with another key than ours.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    pub async fn is_wrapped_otherwise(&self) -> Result<bool, StoreUnavailable> {
        let Some(wrapping) = &self.wrapping else {
            return Ok(false);
        };
        // Ids rise with time, and a rotation goes by them: one that stopped half way, or beside a
        // server, left the oldest and the newest wrapped differently.
        let ends: Vec<KeyRow> = sqlx::query_as(
            "(SELECT id, customer, wrapped FROM personal_keys WHERE erased_at IS NULL \
               ORDER BY id LIMIT 1) UNION ALL \
             (SELECT id, customer, wrapped FROM personal_keys WHERE erased_at IS NULL \
               ORDER BY id DESC LIMIT 1)",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(|error| of_store(&error))?;
        Ok(ends.iter().any(|row| unwrapped(wrapping, row).is_err()))
    }

    /// The customer's key, which is made when there is none.
    async fn key_of(
        &self,
        wrapping: &WrappingKey,
        customer: Address,
    ) -> Result<CustomerKey, SealError> {
        for _ in 0..ATTEMPTS {
            let found: Option<KeyRow> = sqlx::query_as(
                "SELECT id, customer, wrapped FROM personal_keys \
                 WHERE customer = $1 AND erased_at IS NULL",
            )
            .bind(customer.to_vec())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| of_store(&error))?;
            if let Some(row) = found {
                return unwrapped(wrapping, &row).map_err(|_| SealError::OtherKey);
            }
            let id = PersonalKeyId(self.entropy.id());
            let made = CustomerKey::new(id, customer, self.entropy.secret());
            let wrapped = wrapping.wrap(&made).map_err(|_| SealError::Cipher)?;
            let kept = sqlx::query(
                "INSERT INTO personal_keys (id, customer, wrapped) VALUES ($1, $2, $3) \
                 ON CONFLICT (customer) WHERE erased_at IS NULL DO NOTHING",
            )
            .bind(id.0)
            .bind(customer.to_vec())
            .bind(wrapped)
            .execute(&self.pool)
            .await
            .map_err(|error| of_store(&error))?;
            if kept.rows_affected() == 1 {
                return Ok(made);
            }
        }
        Err(unavailable("a customer's key is made and erased all the time".to_owned()).into())
    }

    /// What orders' first events say of their delivery; those that say nothing are left out. An
    /// event that cannot be read hides no other.
    async fn placed(
        &self,
        orders: &[OrderId],
    ) -> Result<HashMap<OrderId, Placed>, StoreUnavailable> {
        let ids: Vec<String> = orders.iter().map(ToString::to_string).collect();
        let found = sqlx::query(
            "SELECT xact_id, position, aggregate_type, aggregate_id, sequence, event_type, \
                    event_version, payload, metadata, recorded_at \
             FROM events \
             WHERE aggregate_type = $1 AND aggregate_id = ANY($2) AND sequence = 1",
        )
        .bind(Order::TYPE)
        .bind(ids)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| of_store(&error))?;
        let decoder = Decoder::current();
        let mut placed = HashMap::new();
        for row in &found {
            match rows::event(row, 0) {
                Ok(event) => {
                    let Ok(order) = event.stream.aggregate_id.parse() else {
                        continue;
                    };
                    if let Some(read) = read(&decoder, &event) {
                        placed.insert(order, read);
                    }
                }
                Err(RowFailure::Column(error)) => return Err(of_store(&error)),
                Err(RowFailure::Content(error)) => {
                    tracing::error!(%error, "an order's first event cannot be read");
                }
            }
        }
        Ok(placed)
    }

    async fn keys(
        &self,
        ids: impl IntoIterator<Item = PersonalKeyId>,
    ) -> Result<HashMap<PersonalKeyId, KeyRow>, StoreUnavailable> {
        let ids: Vec<Uuid> = ids.into_iter().map(|id| id.0).collect();
        let found: Vec<KeyRow> =
            sqlx::query_as("SELECT id, customer, wrapped FROM personal_keys WHERE id = ANY($1)")
                .bind(ids)
                .fetch_all(&self.pool)
                .await
                .map_err(|error| of_store(&error))?;
        let keyed = found.into_iter().map(|row| (PersonalKeyId(row.id), row));
        Ok(keyed.collect())
    }

    fn delivery(
        &self,
        order: OrderId,
        placed: &Placed,
        keys: &HashMap<PersonalKeyId, KeyRow>,
        reading: Reading,
    ) -> Delivery {
        let Placed::Sealed { buyer, sealed } = placed else {
            return Delivery::Unreadable;
        };
        let key = keys.get(&sealed.key());
        match (state_of(key), key, reading) {
            (KeyState::Erased, ..) => Delivery::Erased,
            (KeyState::Held, _, Reading::Closed) => Delivery::Sealed,
            // A server without the key is told so when it starts, not at each view.
            (KeyState::Held, ..) if self.wrapping.is_none() => Delivery::Unreadable,
            (KeyState::Held, Some(key), Reading::Open) => {
                let details = self.open(order, *buyer, sealed, key);
                details.map_or_else(
                    |reason| {
                        tracing::error!(%order, reason, "delivery details cannot be opened");
                        Delivery::Unreadable
                    },
                    Delivery::Open,
                )
            }
            (KeyState::Missing, ..) | (KeyState::Held, None, _) => Delivery::Unreadable,
        }
    }

    fn open(
        &self,
        order: OrderId,
        buyer: Address,
        sealed: &Sealed,
        key: &KeyRow,
    ) -> Result<DeliveryDetails, &'static str> {
        let wrapping = self
            .wrapping
            .as_ref()
            .ok_or("GAGE_PERSONAL_DATA_KEY_FILE is not set")?;
        if key.customer != buyer.as_slice() {
            return Err("the key is another customer's");
        }
        let unwrapped = unwrapped(wrapping, key).map_err(
            |_| "GAGE_PERSONAL_DATA_KEY_FILE is not the key that wrapped the customer's",
        )?;
        unwrapped
            .open(order, sealed.ciphertext())
            .map_err(|_| "they are not what was sealed for this order")
    }
}

#[async_trait]
impl PersonalData for PostgresPersonalData {
    async fn seal(
        &self,
        customer: Address,
        order: OrderId,
        details: &DeliveryDetails,
    ) -> Result<Sealed, SealError> {
        let wrapping = self.wrapping.as_ref().ok_or(SealError::NoKey)?;
        let key = self.key_of(wrapping, customer).await?;
        let ciphertext = key.seal(order, details).map_err(|_| SealError::Cipher)?;
        Sealed::new(key.id(), ciphertext).map_err(|_| SealError::Cipher)
    }

    async fn deliveries(
        &self,
        orders: &[OrderId],
        reading: Reading,
    ) -> Result<HashMap<OrderId, Delivery>, StoreUnavailable> {
        let placed = self.placed(orders).await?;
        let keys = self.keys(placed.values().filter_map(Placed::key)).await?;
        let found = placed
            .iter()
            .map(|(order, placed)| (*order, self.delivery(*order, placed, &keys, reading)));
        Ok(found.collect())
    }

    async fn key_states(
        &self,
        keys: &[PersonalKeyId],
    ) -> Result<HashMap<PersonalKeyId, KeyState>, StoreUnavailable> {
        let found = self.keys(keys.iter().copied()).await?;
        let state = |key: &PersonalKeyId| (*key, state_of(found.get(key)));
        Ok(keys.iter().map(state).collect())
    }

    async fn earlier_erasure(&self, erasure: &Erasure) -> Result<Option<Erased>, StoreUnavailable> {
        let found: Option<ErasureRow> = sqlx::query_as(
            "SELECT erased_at, keys FROM personal_erasures WHERE customer = $1 AND request = $2",
        )
        .bind(erasure.customer.to_vec())
        .bind(&erasure.request)
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| of_store(&error))?;
        Ok(found.map(Into::into))
    }

    async fn erase(&self, erasure: &Erasure) -> Result<Erased, StoreUnavailable> {
        // A repetition at the same moment waits for the row's lock, and finds nothing to destroy.
        sqlx::query(
            "WITH destroyed AS ( \
                UPDATE personal_keys SET wrapped = NULL, erased_at = clock_timestamp() \
                WHERE customer = $1 AND erased_at IS NULL AND NOT EXISTS ( \
                    SELECT FROM personal_erasures WHERE customer = $1 AND request = $2) \
                RETURNING id) \
             INSERT INTO personal_erasures (customer, request, erased_by, keys) \
             SELECT $1, $2, $3, count(*)::integer FROM destroyed \
             ON CONFLICT (customer, request) DO NOTHING",
        )
        .bind(erasure.customer.to_vec())
        .bind(&erasure.request)
        .bind(erasure.by.to_string())
        .execute(&self.pool)
        .await
        .map_err(|error| of_store(&error))?;
        let written = self.earlier_erasure(erasure).await?;
        written.ok_or_else(|| unavailable("an erasure was not written down".to_owned()))
    }
}

/// What an order's first event says of its delivery; none when there is nothing to deliver.
fn read(decoder: &Decoder, event: &StoredEvent) -> Option<Placed> {
    match decoder.event::<Order>(event) {
        Ok(OrderEvent::OrderPlaced {
            buyer,
            delivery: Some(sealed),
            ..
        }) => Some(Placed::Sealed { buyer, sealed }),
        Ok(_) => None,
        Err(error) => {
            tracing::error!(%error, "an order's first event cannot be read");
            Some(Placed::Unreadable)
        }
    }
}

fn state_of(key: Option<&KeyRow>) -> KeyState {
    match key {
        None => KeyState::Missing,
        Some(row) if row.wrapped.is_none() => KeyState::Erased,
        Some(_) => KeyState::Held,
    }
}

fn unwrapped(wrapping: &WrappingKey, row: &KeyRow) -> Result<CustomerKey, CipherError> {
    let customer = Address::try_from(row.customer.as_slice()).map_err(|_| CipherError)?;
    let wrapped = row.wrapped.as_deref().ok_or(CipherError)?;
    wrapping.unwrap(PersonalKeyId(row.id), customer, wrapped)
}
