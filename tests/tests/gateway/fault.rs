//! A connection that is lost during the commit: nothing is guessed.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use async_trait::async_trait;
use gage_application::{
    event::{StoredEvent, StreamName},
    gateway::GatewayError,
    ports::event_log::{
        Append, AppendError, EarlierRequest, EventLog, IdempotencyKey, LogError, LogState, Page,
    },
    position::LogPosition,
};

use super::support::{BUYER, World, keyed, shelf};

/// Where the connection breaks, on the next append.
const NOWHERE: u8 = 0;
const BEFORE_COMMIT: u8 = 1;
const AFTER_COMMIT: u8 = 2;

/// The real log behind a connection that breaks on demand.
struct BreakingLog {
    real: Arc<dyn EventLog>,
    breaks: AtomicU8,
}

#[async_trait]
impl EventLog for BreakingLog {
    async fn load(&self, stream: &StreamName, after: u64) -> Result<Vec<StoredEvent>, LogError> {
        self.real.load(stream, after).await
    }

    async fn append(&self, append: &Append) -> Result<LogPosition, AppendError> {
        let breaks = self.breaks.swap(NOWHERE, Ordering::SeqCst);
        if breaks == AFTER_COMMIT {
            self.real.append(append).await?;
        }
        if breaks == NOWHERE {
            return self.real.append(append).await;
        }
        Err(AppendError::OutcomeUnknown {
            reason: "connection reset".to_owned(),
        })
    }

    async fn read_after(
        &self,
        after: LogPosition,
        limit: u32,
        without: &[&str],
    ) -> Result<Page, LogError> {
        self.real.read_after(after, limit, without).await
    }

    async fn earlier_request(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<EarlierRequest>, LogError> {
        self.real.earlier_request(key).await
    }

    async fn state(&self) -> Result<LogState, LogError> {
        self.real.state().await
    }
}

#[tokio::test]
async fn a_commit_that_arrived_is_answered_by_its_key() {
    let world = World::new().await;
    let log = Arc::new(BreakingLog {
        real: world.log(),
        breaks: AtomicU8::new(NOWHERE),
    });
    let gateway = world.replica_on(log.clone());
    let shelf = shelf(&gateway, 5).await;
    log.breaks.store(AFTER_COMMIT, Ordering::SeqCst);
    let order = shelf.order(2);
    let committed = gateway.execute(&order, keyed(BUYER, "1")).await.unwrap();
    assert_eq!(committed.output, order.order);
    assert_eq!(world.inventory(shelf.product).await.stock().reserved(), 2);
    world.end().await;
}

#[tokio::test]
async fn a_commit_that_never_arrived_is_an_error_and_can_be_repeated() {
    let world = World::new().await;
    let log = Arc::new(BreakingLog {
        real: world.log(),
        breaks: AtomicU8::new(NOWHERE),
    });
    let gateway = world.replica_on(log.clone());
    let shelf = shelf(&gateway, 5).await;
    log.breaks.store(BEFORE_COMMIT, Ordering::SeqCst);
    let order = shelf.order(2);
    let error = gateway
        .execute(&order, keyed(BUYER, "1"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, GatewayError::Log(LogError::Unavailable { .. })),
        "{error}"
    );
    assert_eq!(world.inventory(shelf.product).await.stock().reserved(), 0);
    gateway.execute(&order, keyed(BUYER, "1")).await.unwrap();
    assert_eq!(world.inventory(shelf.product).await.stock().reserved(), 2);
    world.end().await;
}
