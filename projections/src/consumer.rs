//! Read models as readers of the log.

use std::{marker::PhantomData, sync::Arc};

use async_trait::async_trait;
use gage_application::{
    catch_up::{Consumed, Consumer, ConsumerError},
    log_reader::Stretch,
    position::LogPosition,
};
use sqlx::PgPool;

use crate::{
    catalog::Catalog,
    ledger::Ledger,
    orders::Orders,
    payments::Payments,
    progress,
    projection::Projection,
    tables::{BULK, Tables},
};

/// A read model on the catch-up loop. Any number of replicas may run it at once.
#[derive(Debug)]
pub struct ProjectionConsumer<P> {
    pool: PgPool,
    projection: PhantomData<P>,
}

impl<P: Projection> ProjectionConsumer<P> {
    /// Writes through this pool.
    pub fn new(pool: PgPool) -> Self {
        Self {
            pool,
            projection: PhantomData,
        }
    }
}

/// Every read model as a consumer, for the composition root.
pub fn all(pool: &PgPool) -> Vec<Arc<dyn Consumer>> {
    vec![
        Arc::new(ProjectionConsumer::<Catalog>::new(pool.clone())),
        Arc::new(ProjectionConsumer::<Orders>::new(pool.clone())),
        Arc::new(ProjectionConsumer::<Payments>::new(pool.clone())),
        Arc::new(ProjectionConsumer::<Ledger>::new(pool.clone())),
    ]
}

#[async_trait]
impl<P: Projection> Consumer for ProjectionConsumer<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    async fn checkpoint(&self) -> Result<LogPosition, ConsumerError> {
        match progress::checkpoint::<P>(&self.pool, Tables::Live).await {
            Ok(Some(checkpoint)) => Ok(checkpoint),
            Ok(None) => Err(ConsumerError::Unavailable {
                reason: format!(
                    "{} version {} was not set up: run `gage migrate`",
                    P::NAME,
                    P::VERSION
                ),
            }),
            Err(error) => Err(ConsumerError::Unavailable {
                reason: error.to_string(),
            }),
        }
    }

    fn ignores(&self) -> &'static [&'static str] {
        P::IGNORES
    }

    fn bulk(&self) -> u32 {
        BULK
    }

    async fn consume(&self, stretch: Stretch<'_>) -> Result<Consumed, ConsumerError> {
        Tables::Live.write::<P>(&self.pool, stretch).await
    }
}
