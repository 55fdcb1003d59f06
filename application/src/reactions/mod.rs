//! Reactions (process managers): events lead to operations, through the same gateway.
//!
//! Dispatch first, checkpoint after: a crash between the two dispatches again, which the
//! idempotency key derived from (reaction, source event, index) makes harmless.

mod arrows;

use std::sync::Arc;

use async_trait::async_trait;
use gage_domain::{decider::Decider, inventory::Inventory, product::Product, shop::Shop};
use metrics::counter;

pub use arrows::{Reaction, reactions_to};

use crate::{
    catch_up::{Consumed, Consumer, ConsumerError},
    event::Recorded,
    gateway::{Gateway, GatewayError, Request},
    log_reader::Stretch,
    metadata::Actor,
    operations::{
        complete_order::CompleteOrder, mark_order_paid::MarkOrderPaid,
        mark_order_refunded::MarkOrderRefunded, mark_order_unpaid::MarkOrderUnpaid,
    },
    ports::{StoreUnavailable, checkpoint::Checkpoints, event_log::reaction_key},
    position::LogPosition,
};

/// The name of the reactions' checkpoint and actor.
const NAME: &str = "reactions";

/// The consumer that carries reactions out.
pub struct Reactions {
    gateway: Arc<Gateway>,
    checkpoints: Arc<dyn Checkpoints>,
}

impl Reactions {
    /// Reactions through this gateway.
    pub fn new(gateway: Arc<Gateway>, checkpoints: Arc<dyn Checkpoints>) -> Self {
        Self {
            gateway,
            checkpoints,
        }
    }

    async fn dispatch(
        &self,
        source: &Recorded,
        index: usize,
        reaction: Reaction,
    ) -> Result<(), ConsumerError> {
        let request = Request {
            actor: Actor::System(NAME),
            correlation_id: source.metadata.correlation_id,
            causation_id: source.position.to_string(),
            idempotency_key: Some(reaction_key(NAME, source.position, index)),
        };
        let gateway = &self.gateway;
        let result = match reaction {
            Reaction::MarkOrderPaid(order) => {
                gateway.execute(MarkOrderPaid { order }, request).await
            }
            Reaction::MarkOrderUnpaid(order) => {
                gateway.execute(MarkOrderUnpaid { order }, request).await
            }
            Reaction::CompleteOrder(order) => {
                gateway.execute(CompleteOrder { order }, request).await
            }
            Reaction::MarkOrderRefunded(order) => {
                gateway.execute(MarkOrderRefunded { order }, request).await
            }
        };
        match result {
            Ok(_) => Ok(()),
            Err(GatewayError::Refused(refusal)) => {
                // For example a payment that was confirmed after its order was cancelled: the
                // payment's own state says that a refund is due.
                counter!("gage_reactions_refused_total").increment(1);
                tracing::warn!(?reaction, source = %source.position, %refusal, "reaction refused");
                Ok(())
            }
            Err(error) => Err(ConsumerError::Unavailable {
                reason: error.to_string(),
            }),
        }
    }
}

#[async_trait]
impl Consumer for Reactions {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn checkpoint(&self) -> Result<LogPosition, ConsumerError> {
        Ok(self.checkpoints.load(NAME).await?)
    }

    fn ignores(&self) -> &'static [&'static str] {
        &[Shop::TYPE, Product::TYPE, Inventory::TYPE]
    }

    async fn consume(&self, stretch: Stretch<'_>) -> Result<Consumed, ConsumerError> {
        for source in stretch.events {
            for (index, reaction) in reactions_to(&source.fact).into_iter().enumerate() {
                self.dispatch(source, index, reaction).await?;
            }
        }
        let (from, to) = (stretch.from, stretch.to);
        if self.checkpoints.advance(NAME, from, to).await? {
            Ok(Consumed::Advanced {
                notices: Vec::new(),
            })
        } else {
            Ok(Consumed::Superseded)
        }
    }
}

impl From<StoreUnavailable> for ConsumerError {
    fn from(error: StoreUnavailable) -> Self {
        Self::Unavailable {
            reason: error.to_string(),
        }
    }
}
