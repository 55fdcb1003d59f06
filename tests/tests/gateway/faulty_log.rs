//! The real log behind a connection that tests break, and hold.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use gage_application::{
    event::StoredEvent,
    ports::event_log::{
        Append, AppendError, EarlierRequest, EventLog, IdempotencyKey, Incarnation, LogError,
        LogState, Page, StreamVersion,
    },
    position::LogPosition,
};
use tokio::sync::Semaphore;

/// What becomes of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection breaks before the commit.
    LostBefore,
    /// The connection breaks after the commit.
    LostAfter,
    /// There is no connection.
    Away,
    /// Another writer is said to have been first.
    Conflict,
    /// The program fails.
    Panic,
}

/// The real log behind a connection that breaks, and waits, on demand.
pub(crate) struct FaultyLog {
    real: Arc<dyn EventLog>,
    /// What becomes of the next appends, the first last.
    faults: Mutex<Vec<Fault>>,
    /// Appends wait for a permit each.
    gate: Semaphore,
    /// Appends that came here.
    pub(crate) appends: AtomicUsize,
    /// How often the server is said to have been started anew.
    restarts: AtomicI64,
}

/// More appends than a test makes.
const OPEN: usize = 1_000_000;

impl FaultyLog {
    pub(crate) fn new(real: Arc<dyn EventLog>) -> Arc<Self> {
        Arc::new(Self {
            real,
            faults: Mutex::new(Vec::new()),
            gate: Semaphore::new(OPEN),
            appends: AtomicUsize::new(0),
            restarts: AtomicI64::new(0),
        })
    }

    /// The next appends fail like this.
    pub(crate) fn fail(&self, faults: &[Fault]) {
        self.faults.lock().unwrap().extend(faults.iter().rev());
    }

    /// The log's server is started anew, as far as anyone can see who asks when.
    pub(crate) fn restart(&self) {
        self.restarts.fetch_add(1, Ordering::SeqCst);
    }

    /// Lets no append through until it is opened again.
    pub(crate) fn hold(&self) {
        self.gate.forget_permits(OPEN);
    }

    pub(crate) fn open(&self) {
        self.gate.add_permits(OPEN);
    }
}

#[async_trait]
impl EventLog for FaultyLog {
    async fn load_many(
        &self,
        wanted: &[StreamVersion],
    ) -> Result<Vec<Result<Vec<StoredEvent>, LogError>>, LogError> {
        self.real.load_many(wanted).await
    }

    async fn append(&self, append: &Append) -> Result<LogPosition, AppendError> {
        self.appends.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        let restarts = self.restarts.load(Ordering::SeqCst);
        let append = &Append {
            incarnation: append.incarnation.map(|run| Incarnation(run.0 - restarts)),
            ..append.clone()
        };
        let reason = "connection reset".to_owned();
        let fault = self.faults.lock().unwrap().pop();
        match fault {
            None => self.real.append(append).await,
            Some(Fault::LostBefore) => Err(AppendError::OutcomeUnknown { reason }),
            Some(Fault::LostAfter) => {
                self.real.append(append).await?;
                Err(AppendError::OutcomeUnknown { reason })
            }
            Some(Fault::Away) => Err(LogError::Unavailable { reason }.into()),
            Some(Fault::Conflict) => Err(AppendError::Conflict),
            Some(Fault::Panic) => panic!("a mistake in the program, made for a test"),
        }
    }

    async fn read_after(
        &self,
        after: LogPosition,
        limit: u32,
        without: &[&str],
    ) -> Result<Page, LogError> {
        self.real.read_after(after, limit, without).await
    }

    async fn earlier_requests(
        &self,
        keys: &[IdempotencyKey],
    ) -> Result<Vec<Option<EarlierRequest>>, LogError> {
        self.real.earlier_requests(keys).await
    }

    async fn incarnation(&self) -> Result<Incarnation, LogError> {
        let real = self.real.incarnation().await?;
        Ok(Incarnation(real.0 + self.restarts.load(Ordering::SeqCst)))
    }

    async fn state(&self) -> Result<LogState, LogError> {
        self.real.state().await
    }
}
