//! A worker that watches reported transactions, whose turns and whose time are a test's.

use std::sync::{Arc, Mutex};

use alloy::primitives::{B256, U64, U256};
use async_trait::async_trait;
use gage_application::{
    attempts::{AttemptWatch, WatchError, WatchParts, WatchSettings, WatchTurn},
    event::{Decoder, StreamName},
    operations::report_payment_attempt::ReportPaymentAttempt,
    ports::{
        StoreUnavailable,
        attempts::{AttemptPlace, PendingAttempt, PendingAttempts},
        chain::PaymentRail,
        clock::Clock,
        event_log::EventLog,
    },
};
use gage_domain::{
    decider::Decider,
    ids::PaymentId,
    payment::{AttemptFailure, AttemptStanding, Payment, PaymentEvent, Terms},
};
use gage_infrastructure::{
    chain::{EvmAttempts, Node},
    clock::{SystemClock, SystemEntropy},
    postgres::PostgresEventLog,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use crate::{
    node::CHAIN_ID,
    world::{World, request},
};

const MINUTE: Duration = Duration::MINUTE;

/// A clock that a test moves on.
pub(crate) struct OwnClock(Mutex<OffsetDateTime>);

impl Clock for OwnClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

/// The list as the read model keeps it, made from the log.
struct FromTheLog {
    pool: PgPool,
    log: PostgresEventLog,
}

#[async_trait]
impl PendingAttempts for FromTheLog {
    async fn pending(
        &self,
        after: AttemptPlace,
        limit: u32,
    ) -> Result<Vec<PendingAttempt>, StoreUnavailable> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT aggregate_id FROM events WHERE event_type = 'AttemptReported'",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        let mut pending = Vec::new();
        for id in ids {
            let id: PaymentId = id.parse().unwrap();
            pending.extend(self.of_payment(id).await);
        }
        pending.retain(|attempt| attempt.place() > after);
        pending.sort_unstable_by_key(PendingAttempt::place);
        pending.truncate(usize::try_from(limit).unwrap());
        Ok(pending)
    }
}

impl FromTheLog {
    async fn of_payment(&self, id: PaymentId) -> Vec<PendingAttempt> {
        let stored = self.log.load(&StreamName::of::<Payment>(id), 0).await;
        let stored = stored.unwrap();
        let (decoder, mut payment) = (Decoder::current(), Payment::default());
        let mut reported_at = Vec::new();
        for stored in &stored {
            let event = decoder.event::<Payment>(stored).unwrap();
            if let PaymentEvent::AttemptReported { .. } = event {
                reported_at.push(stored.metadata.decided_at);
            }
            payment = payment.evolve(&event);
        }
        let request = payment.request().unwrap();
        let attempts = request.attempts.iter().zip(reported_at);
        let open = |standing| {
            standing == AttemptStanding::Pending
                || standing == AttemptStanding::Failed(AttemptFailure::Dropped)
        };
        attempts
            .filter(|(attempt, _)| open(attempt.standing))
            .map(|(attempt, reported_at)| PendingAttempt {
                order: id.into(),
                tx_hash: attempt.tx_hash,
                nonce: attempt.nonce,
                by: attempt.by,
                reported_at,
                standing: attempt.standing,
                chain_id: request.terms.chain_id,
            })
            .collect()
    }
}

/// A worker whose turns and whose time are the test's.
pub(crate) struct Watching {
    watch: AttemptWatch,
    clock: Arc<OwnClock>,
}

impl Watching {
    pub(crate) fn new(
        world: &World,
        node: Node,
        confirmations: u64,
        dropped_after: Duration,
    ) -> Self {
        let clock = Arc::new(OwnClock(Mutex::new(SystemClock.now() + MINUTE)));
        let parts = WatchParts {
            gateway: world.gateway.clone(),
            pending: Arc::new(FromTheLog {
                pool: world.db.pool.clone(),
                log: world.db.log(),
            }),
            chain: Arc::new(EvmAttempts::new(
                node,
                world.store(),
                CHAIN_ID,
                confirmations,
            )),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
        };
        let settings = WatchSettings {
            interval: Duration::ZERO,
            dropped_after,
            payment_window: Duration::days(30),
            watched_for: Duration::days(30),
        };
        let watch = AttemptWatch::new(parts, settings);
        Self { watch, clock }
    }

    /// A look, a while after the last one.
    pub(crate) async fn looks(&mut self) -> Result<WatchTurn, WatchError> {
        *self.clock.0.lock().unwrap() += MINUTE * 11;
        self.watch.turn().await
    }

    /// Two looks: what follows from absence is said when they agree.
    pub(crate) async fn looks_twice(&mut self) {
        for _ in 0..2 {
            assert_eq!(self.looks().await.unwrap(), WatchTurn::Swept);
        }
    }
}

impl World {
    pub(crate) async fn reports(&self, terms: &Terms, tx_hash: B256, nonce: u64) {
        let report = ReportPaymentAttempt {
            order: terms.order,
            by: self.buyer,
            tx_hash,
            nonce,
        };
        self.gateway.execute(report, request()).await.unwrap();
    }

    /// What became of a reported transaction.
    pub(crate) async fn standing(&self, terms: &Terms, tx_hash: B256) -> AttemptStanding {
        let payment = self.payment(terms.order).await;
        let attempts = &payment.request().unwrap().attempts;
        let attempt = attempts.iter().find(|attempt| attempt.tx_hash == tx_hash);
        attempt.expect("it was reported").standing
    }

    pub(crate) async fn nonce(&self) -> u64 {
        let nonce = self
            .node
            .ask("eth_getTransactionCount", json!([self.buyer, "latest"]))
            .await;
        serde_json::from_value::<U64>(nonce).unwrap().to()
    }

    /// Sends a transaction with a nonce and a price of one's own; it waits to be mined.
    pub(crate) async fn sends(&self, mut transaction: Value, nonce: u64, gwei: u64) -> B256 {
        transaction["from"] = json!(self.buyer);
        transaction["gas"] = json!("0x3d0900");
        transaction["nonce"] = json!(U64::from(nonce));
        transaction["gasPrice"] = json!(U256::from(gwei) * U256::from(1_000_000_000));
        let hash = self.node.ask("eth_sendTransaction", json!([transaction]));
        serde_json::from_value(hash.await).unwrap()
    }

    pub(crate) async fn payment_of(&self, terms: &Terms) -> Value {
        let instructions = self.rail.instructions(terms, self.buyer).await;
        json!({
            "to": instructions.contract,
            "value": instructions.value.0,
            "data": alloy::primitives::Bytes::from(instructions.call_data),
        })
    }

    /// A transfer of nothing to oneself: how wallets cancel.
    pub(crate) fn cancellation(&self) -> Value {
        json!({ "to": self.buyer, "value": "0x0" })
    }

    pub(crate) async fn is_payable(&self, terms: &Terms) -> bool {
        self.payment(terms.order).await.payable().is_ok()
    }
}
