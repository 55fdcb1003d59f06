//! Wake-ups: at once within the process, and over one channel to the other replicas.
//!
//! Two tasks run until the value is dropped. The sender collects notices for a moment and
//! publishes each once; what cannot be published is dropped and counted, as every reader polls
//! as well. The receiver listens, and begins anew whenever the connection is lost.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use gage_application::ports::{
    clock::Entropy,
    wake::{Notice, WakeUps},
};
use metrics::counter;
use redis::{RedisError, aio::PubSub, cmd};
use tokio::{
    sync::{Notify, broadcast},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    outage::Outage,
    store::{CONNECTION_TIMEOUT, RedisStore, whole_millis},
};

/// Notices that a receiver may lag behind.
const CAPACITY: usize = 1024;
/// Different notices that may wait for the channel. More are dropped: their readers poll.
const MAX_WAITING: usize = 4096;
/// How long notices are collected: a burst of appends becomes one message.
const COLLECT: Duration = Duration::from_millis(5);
/// How often the receiver's connection is asked whether it still stands.
const PING_EVERY: Duration = Duration::from_secs(10);
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// Wake-ups through Redis.
pub struct RedisWakeUps {
    shared: Arc<Shared>,
    /// Ends both tasks when the value is dropped.
    _tasks: DropGuard,
}

struct Shared {
    store: RedisStore,
    channel: String,
    /// First line of each message, so that a replica does not wake itself twice.
    origin: String,
    local: broadcast::Sender<Notice>,
    /// What is to be published next. Held for an insertion only, never over an await.
    waiting: Mutex<BTreeSet<Notice>>,
    /// Wakes the sender.
    more: Notify,
    entropy: Arc<dyn Entropy>,
}

impl RedisWakeUps {
    /// Starts both tasks. Must be called inside a tokio runtime.
    pub fn start(store: RedisStore, entropy: Arc<dyn Entropy>) -> Self {
        let shared = Arc::new(Shared {
            channel: format!("{}wake-ups", store.prefix()),
            origin: entropy.id().to_string(),
            local: broadcast::Sender::new(CAPACITY),
            waiting: Mutex::default(),
            more: Notify::new(),
            store,
            entropy,
        });
        let over = CancellationToken::new();
        tokio::spawn(
            over.clone()
                .run_until_cancelled_owned(send_forever(Arc::clone(&shared))),
        );
        tokio::spawn(
            over.clone()
                .run_until_cancelled_owned(receive_forever(Arc::clone(&shared))),
        );
        Self {
            shared,
            _tasks: over.drop_guard(),
        }
    }
}

impl WakeUps for RedisWakeUps {
    fn notify(&self, notice: Notice) {
        self.shared.tell_locally(notice);
        let mut waiting = self
            .shared
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MAX_WAITING {
            waiting.insert(notice);
        } else {
            counter!("gage_wake_ups_dropped_total").increment(1);
        }
        drop(waiting);
        self.shared.more.notify_one();
    }

    fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.shared.local.subscribe()
    }
}

impl Shared {
    fn tell_locally(&self, notice: Notice) {
        // An error means that nobody listens just now.
        let _ = self.local.send(notice);
    }

    fn take_waiting(&self) -> BTreeSet<Notice> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn publish(&self, notices: &BTreeSet<Notice>) -> Result<(), String> {
        let mut connection = self.store.connection();
        let mut publish = cmd("PUBLISH");
        publish
            .arg(&self.channel)
            .arg(message(&self.origin, notices));
        match self
            .store
            .call(async move { publish.query_async::<()>(&mut connection).await })
            .await
        {
            Ok(()) => Ok(()),
            Err(unavailable) => Err(unavailable.reason),
        }
    }

    /// Listens until the connection is lost, and says why it was.
    async fn listen(&self, outage: &Outage) -> Result<(), ListenError> {
        let connecting = async {
            let mut channel: PubSub = self.store.client().get_async_pubsub().await?;
            channel.subscribe(&self.channel).await?;
            Ok::<_, RedisError>(channel)
        };
        let (mut sink, mut messages) = timeout(CONNECTION_TIMEOUT, connecting)
            .await
            .map_err(|_| ListenError::Silent)??
            .split();
        outage.worked();
        // What was said while we did not listen is unknown.
        self.tell_locally(Notice::Appended);
        let mut ping = interval(PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.next() => {
                    let message = message.ok_or(ListenError::Closed)?;
                    self.tell_locally_all(&message.get_payload::<String>()?);
                }
                _ = ping.tick() => {
                    timeout(CONNECTION_TIMEOUT, sink.ping::<redis::Value>())
                        .await
                        .map_err(|_| ListenError::Silent)??;
                }
            }
        }
    }

    fn tell_locally_all(&self, message: &str) {
        let mut lines = message.lines();
        if lines.next() != Some(self.origin.as_str()) {
            // Another version of the server may know notices that we do not.
            lines
                .filter_map(|line| line.parse().ok())
                .for_each(|notice| self.tell_locally(notice));
        }
    }
}

/// Why the receiver begins anew.
#[derive(Debug, thiserror::Error)]
enum ListenError {
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error(transparent)]
    Payload(#[from] redis::ParsingError),
    #[error("the connection was closed")]
    Closed,
    #[error("no answer within {CONNECTION_TIMEOUT:?}")]
    Silent,
}

/// One line for who speaks, one for each notice.
fn message(origin: &str, notices: &BTreeSet<Notice>) -> String {
    notices.iter().fold(origin.to_owned(), |text, notice| {
        format!("{text}\n{notice}")
    })
}

async fn send_forever(shared: Arc<Shared>) {
    loop {
        shared.more.notified().await;
        sleep(COLLECT).await;
        let notices = shared.take_waiting();
        if !notices.is_empty() && shared.publish(&notices).await.is_err() {
            counter!("gage_wake_ups_dropped_total").increment(notices.len() as u64);
        }
    }
}

async fn receive_forever(shared: Arc<Shared>) {
    let outage = Outage::new("wake-ups");
    let mut backoff = FIRST_BACKOFF;
    loop {
        let listened_since = std::time::Instant::now();
        if let Err(error) = shared.listen(&outage).await {
            outage.failed(&error);
        }
        // A connection that stood for a while was a good one: begin again quickly.
        if listened_since.elapsed() > LONGEST_BACKOFF {
            backoff = FIRST_BACKOFF;
        }
        let jitter = shared.entropy.below(whole_millis(backoff));
        sleep(backoff + Duration::from_millis(jitter)).await;
        backoff = (backoff * 2).min(LONGEST_BACKOFF);
    }
}
