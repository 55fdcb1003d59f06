//! Sessions, remembered for a moment, so that not every request of a busy client asks Redis.
//!
//! A session that is ended through this replica is over at once; one that is ended elsewhere is
//! over here [`REMEMBERED`] later at most. That nobody is signed in is never remembered, but for
//! sessions that were ended here: no token is given out twice.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use gage_application::ports::{
    StoreUnavailable,
    session::{Session, Sessions},
};
use gage_domain::value::Address;
use quick_cache::sync::Cache;
use tokio::time::Instant;

/// How long a session is taken for open after it was looked up.
pub const REMEMBERED: Duration = Duration::from_secs(1);
/// Sessions that are remembered at the same time.
const CAPACITY: usize = 16 * 1024;

/// Sessions of another store, remembered for a moment.
pub struct BriefSessions {
    store: Arc<dyn Sessions>,
    known: Cache<String, Arc<Known>>,
}

/// What is known of one session. Held for a moment only.
#[derive(Default)]
struct Known(Mutex<State>);

#[derive(Debug, Clone, Default)]
enum State {
    #[default]
    Unknown,
    Open {
        session: Session,
        looked_up: Instant,
    },
    /// It was ended here. A look-up that began before must not open it again.
    Ended,
}

/// What is remembered of a session.
enum Remembered {
    /// It is open.
    Open(Session),
    /// It is over.
    Ended,
    /// Nothing: the store must be asked.
    No,
}

impl State {
    fn forget(&mut self) {
        if matches!(self, Self::Open { .. }) {
            *self = Self::Unknown;
        }
    }
}

impl Known {
    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn now(&self) -> Remembered {
        self.with(|state| match state {
            State::Open { session, looked_up } if looked_up.elapsed() < REMEMBERED => {
                Remembered::Open(session.clone())
            }
            State::Ended => Remembered::Ended,
            State::Open { .. } | State::Unknown => Remembered::No,
        })
    }
}

impl BriefSessions {
    /// Remembers sessions of this store.
    pub fn new(store: Arc<dyn Sessions>) -> Self {
        Self {
            store,
            known: Cache::new(CAPACITY),
        }
    }

    fn of(&self, token: &str) -> Arc<Known> {
        let known = self
            .known
            .get_or_insert_with(token, || Ok::<_, Infallible>(Arc::default()));
        match known {
            Ok(known) => known,
            Err(never) => match never {},
        }
    }
}

#[async_trait]
impl Sessions for BriefSessions {
    async fn open(
        &self,
        token: &str,
        session: &Session,
        ttl: Duration,
    ) -> Result<(), StoreUnavailable> {
        self.store.open(token, session, ttl).await
    }

    async fn find(&self, token: &str) -> Result<Option<Session>, StoreUnavailable> {
        match self.known.get(token).map(|known| known.now()) {
            Some(Remembered::Open(session)) => return Ok(Some(session)),
            Some(Remembered::Ended) => return Ok(None),
            Some(Remembered::No) | None => {}
        }
        let looked_up = Instant::now();
        let Some(session) = self.store.find(token).await? else {
            if let Some(known) = self.known.get(token) {
                known.with(State::forget);
            }
            return Ok(None);
        };
        Ok(self.of(token).with(|state| match state {
            State::Ended => None,
            State::Open { .. } | State::Unknown => {
                *state = State::Open {
                    session: session.clone(),
                    looked_up,
                };
                Some(session)
            }
        }))
    }

    async fn revoke(&self, token: &str) -> Result<bool, StoreUnavailable> {
        let revoked = self.store.revoke(token).await?;
        self.of(token).with(|state| *state = State::Ended);
        Ok(revoked)
    }

    async fn revoke_all(&self, address: Address) -> Result<u64, StoreUnavailable> {
        let ended = self.store.revoke_all(address).await?;
        // Which tokens it had, the store alone knows.
        self.known.clear();
        Ok(ended)
    }
}
