//! Personal data: where the customers' keys are, and who erases them.

use std::sync::Arc;

use gage_application::{erasure::Eraser, ports::personal_data::PersonalData};
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

/// Erases; that needs no key.
pub(super) fn eraser(database: &Database, personal: Arc<dyn PersonalData>) -> Eraser {
    Eraser {
        personal,
        orders: Arc::new(OrderQueries::new(database.pool.clone())),
        log: database.log.clone(),
    }
}

/// Personal data as somebody sees it who has no key: what is there, and what was erased.
pub(super) fn unopened(database: &Database) -> Arc<dyn PersonalData> {
    Arc::new(keys(database, None))
}

/// Checks that the customers' keys are wrapped with the key that is configured.
pub(super) async fn check(settings: &Settings, database: &Database) -> anyhow::Result<()> {
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
pub(super) async fn rewrap(
    database: &Database,
    old: &PrivateKey,
    new: &PrivateKey,
) -> anyhow::Result<u64> {
    let new = WrappingKey::new(*new.reveal());
    Ok(keys(database, Some(old)).rewrap(&new).await?)
}
