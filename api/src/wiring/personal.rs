//! Personal data: where the customers' keys are, and who erases them.

use std::sync::Arc;

use gage_application::{
    erasure::Eraser,
    ports::{clock::Entropy as _, personal_data::PersonalData},
};
use gage_infrastructure::{
    clock::SystemEntropy,
    postgres::{PostgresPersonalData, WrappingKey},
};
use gage_projections::orders::OrderQueries;

use super::Database;
use crate::config::{PrivateKey, Settings};

fn keys(database: &Database, key: Option<&PrivateKey>) -> PostgresPersonalData {
    let wrapping = key.map(|key| WrappingKey::new(*key.reveal()));
    PostgresPersonalData::new(database.pool.clone(), wrapping, Arc::new(SystemEntropy))
}

/// Seals, opens and erases.
pub(super) fn personal_data(settings: &Settings, database: &Database) -> Arc<dyn PersonalData> {
    let key = settings.personal_data_key.as_ref();
    if key.is_none() {
        tracing::warn!(
            "orders have no delivery details, and none are opened: GAGE_PERSONAL_DATA_KEY_FILE is \
             not set"
        );
    }
    Arc::new(keys(database, key))
}

/// What erases personal data; that needs no key.
pub(crate) fn eraser(database: &Database) -> Eraser {
    eraser_with(database, unopened(database))
}

pub(super) fn eraser_with(database: &Database, personal: Arc<dyn PersonalData>) -> Eraser {
    Eraser {
        personal,
        orders: Arc::new(OrderQueries::new(database.pool.clone())),
        log: database.log.clone(),
    }
}

/// Personal data as somebody sees it who has no key: what is there, and what was erased.
pub(crate) fn unopened(database: &Database) -> Arc<dyn PersonalData> {
    Arc::new(keys(database, None))
}

/// Checks that the customers' keys are wrapped with the key that is configured.
///
/// # Errors
/// When they are not, with what to do; when the database is away.
pub(crate) async fn check(settings: &Settings, database: &Database) -> anyhow::Result<()> {
    let keys = keys(database, settings.personal_data_key.as_ref());
    if keys.is_wrapped_otherwise().await? {
        anyhow::bail!(
            "GAGE_PERSONAL_DATA_KEY_FILE is not the key that the customers' keys are wrapped \
             with: give the one that was there before, or no delivery details can be read"
        );
    }
    Ok(())
}

/// Wraps every customer's key that is left with another key; how many.
///
/// # Errors
/// When one is wrapped with neither; when the database is away.
pub(crate) async fn rewrap(
    database: &Database,
    old: &PrivateKey,
    new: &PrivateKey,
) -> anyhow::Result<u64> {
    let new = WrappingKey::new(*new.reveal());
    Ok(keys(database, Some(old)).rewrap(&new).await?)
}

/// A name for an erasure that no other has.
pub(crate) fn new_request() -> String {
    SystemEntropy.id().to_string()
}
