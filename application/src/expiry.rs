//! Expiry: orders whose payment window has passed give their stock back.
//!
//! An order expires only once the chain has surely been read past its deadline (plus a
//! grace for clocks that differ), each order by the chain that it is to be paid on: a payment that was mined in time while the server, or the
//! node, was down is found first, and its order stays. A payment that a reorganisation took
//! back after the deadline may be in another block: its order expires only once the chain was
//! read past that moment too. The aggregates decide; asking twice, or from two replicas, is
//! harmless.

use std::{sync::Arc, time::Duration};

use metrics::counter;
use time::OffsetDateTime;
use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    gateway::{Gateway, GatewayError, Request},
    metadata::Actor,
    operations::expire_order::ExpireOrder,
    ports::{
        chain::{ChainView, FollowedChains},
        clock::{Clock, Entropy},
        due_payments::DuePayments,
    },
};

/// Time between looks at what is due.
const INTERVAL: Duration = Duration::from_secs(1);
/// Orders that are looked at in one go.
const BATCH: u32 = 200;

/// The worker that lets payment windows end.
pub struct Expiry {
    /// Where to end them.
    pub gateway: Arc<Gateway>,
    /// Which may have ended.
    pub due: Arc<dyn DuePayments>,
    /// How far each chain has been read.
    pub chains: FollowedChains,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Correlation ids.
    pub entropy: Arc<dyn Entropy>,
    /// How far clocks (ours, the database's, the chain's) may differ.
    pub grace: Duration,
}

impl Expiry {
    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.turn().await {
                tracing::warn!(%error, "expiry will try again");
            }
            select! {
                () = stop.cancelled() => return,
                () = sleep(INTERVAL) => {}
            }
        }
    }

    /// Ends what is due now, and says how many.
    ///
    /// # Errors
    /// [`GatewayError`] other than a refusal: then the rest waits for the next turn.
    pub async fn turn(&self) -> Result<u32, ExpiryError> {
        let mut expired = 0;
        for (chain_id, chain) in self.chains.iter() {
            if let Some(until) = self.safe_until(chain) {
                expired += self.end(chain_id, until).await?;
            }
        }
        counter!("gage_orders_expired_total").increment(u64::from(expired));
        Ok(expired)
    }

    async fn end(&self, chain_id: u64, until: OffsetDateTime) -> Result<u32, ExpiryError> {
        let mut expired = 0;
        for order in self.due.due(chain_id, until, BATCH).await? {
            let id = self.entropy.id();
            let request = Request {
                actor: Actor::System("expiry"),
                correlation_id: id,
                causation_id: id.to_string(),
                idempotency_key: None,
            };
            match self.gateway.execute(ExpireOrder { order }, request).await {
                Ok(_) => expired += 1,
                // Paid or cancelled in the meantime; the read model will follow.
                Err(GatewayError::Refused(refusal)) => {
                    tracing::debug!(%order, %refusal, "not expired");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(expired)
    }

    /// Deadlines up to here have surely passed on the chain too.
    fn safe_until(&self, chain: &dyn ChainView) -> Option<OffsetDateTime> {
        let read_until = chain.status().read_until?;
        Some(read_until.min(self.clock.now()) - self.grace)
    }
}

/// Why a turn of the expiry stopped early.
#[derive(Debug, thiserror::Error)]
pub enum ExpiryError {
    /// The read model is away.
    #[error(transparent)]
    Store(#[from] crate::ports::StoreUnavailable),
    /// The gateway is.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
}
