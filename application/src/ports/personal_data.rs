//! Personal data: sealed before anything is decided, opened for those whom it concerns, erased
//! with its key.
//!
//! Each customer has a key of their own, and after an erasure another with the next data. A key
//! in the clear MUST NOT outlive the call that needed it: an erasure holds on every replica from
//! the moment at which it is written.

use std::collections::HashMap;

use async_trait::async_trait;
use gage_domain::{
    ids::OrderId,
    personal::{DeliveryDetails, PersonalKeyId, Sealed},
    value::Address,
};
use thiserror::Error;
use time::OffsetDateTime;

use crate::{metadata::Actor, ports::StoreUnavailable};

/// What has become of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// It is here.
    Held,
    /// It was destroyed: what it sealed is erased.
    Erased,
    /// It was never here: the log came without its keys.
    Missing,
}

/// How delivery details are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reading {
    /// In the clear.
    Open,
    /// Only whether they are there.
    Closed,
}

/// Delivery details as somebody finds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// In the clear.
    Open(DeliveryDetails),
    /// They are there, and were not opened.
    Sealed,
    /// They were erased.
    Erased,
    /// They cannot be opened: their key is not here, or they are not what was sealed.
    Unreadable,
}

/// Why nothing can be sealed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SealError {
    /// There is no key that wraps the customers' keys.
    #[error("no personal data is taken here: GAGE_PERSONAL_DATA_KEY_FILE is not set")]
    NoKey,
    /// The customers' keys are wrapped with another key.
    #[error("GAGE_PERSONAL_DATA_KEY_FILE is not the key that the customers' keys are wrapped with")]
    OtherKey,
    /// The cipher refuses.
    #[error("the data cannot be sealed")]
    Cipher,
    /// The store is away.
    #[error(transparent)]
    Store(#[from] StoreUnavailable),
}

/// That a customer's personal data is to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Whose.
    pub customer: Address,
    /// Who asks for it.
    pub by: Actor,
    /// Makes a repetition recognisable, among those of the customer.
    pub request: String,
}

/// What an erasure came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// When.
    pub at: OffsetDateTime,
    /// How many keys were destroyed: one, or none when there was nothing to erase.
    pub keys: u32,
}

/// Keeps the customers' keys.
#[async_trait]
pub trait PersonalData: Send + Sync {
    /// Seals where an order goes with the customer's key, which is made when there is none. The
    /// same details for the same order MUST give the same bytes for as long as the key is there,
    /// and MUST open for this customer and this order alone.
    ///
    /// # Errors
    /// [`SealError`].
    async fn seal(
        &self,
        customer: Address,
        order: OrderId,
        details: &DeliveryDetails,
    ) -> Result<Sealed, SealError>;

    /// Where orders go; those without details are left out. MUST take a bounded number of
    /// questions for any number of orders.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn deliveries(
        &self,
        orders: &[OrderId],
        reading: Reading,
    ) -> Result<HashMap<OrderId, Delivery>, StoreUnavailable>;

    /// What has become of keys, each of those that are asked for.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn key_states(
        &self,
        keys: &[PersonalKeyId],
    ) -> Result<HashMap<PersonalKeyId, KeyState>, StoreUnavailable>;

    /// What an earlier erasure with the same request came to.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn earlier_erasure(&self, erasure: &Erasure) -> Result<Option<Erased>, StoreUnavailable>;

    /// Destroys the customer's key, once for each request, and writes down that it was done.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn erase(&self, erasure: &Erasure) -> Result<Erased, StoreUnavailable>;
}
