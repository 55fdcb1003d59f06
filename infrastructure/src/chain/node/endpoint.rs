//! One URL of a chain's nodes, and whether it is asked first or rests.

use std::{
    fmt::{self, Debug},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use alloy::rpc::client::{ClientBuilder, RpcClient};
use alloy::transports::http::reqwest;
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;
use url::Url;

use super::NodeError;

/// How long a node that failed is not asked first; doubles with each failure in a row.
const REST_START: Duration = Duration::from_secs(2);
/// The longest rest.
const REST_MAX: Duration = Duration::from_mins(1);

/// How long a node that is on another chain is not asked first.
const REST_OF_OTHERS: Duration = Duration::from_mins(10);

/// One node. Known by its place in the list: its URL may hold a key and is never shown.
pub(super) struct Endpoint {
    place: usize,
    client: RpcClient,
    fitness: Mutex<Fitness>,
    belonging: Mutex<Belonging>,
}

/// Whether a node is on the chain that it is configured for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chain) enum Belonging {
    /// Nobody looked.
    Unknown,
    /// It was.
    Ours,
    /// It is on another one.
    Others,
}

/// Whether a node may be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fitness {
    /// It answered.
    Fit,
    /// It failed; it is asked first again when its rest is over.
    Failed {
        rests_until: Instant,
        rest: Duration,
        last: Instant,
    },
}

/// Whether how a question ends says something about the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weighs {
    Yes,
    No,
}

impl Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    pub(super) fn new(place: usize, http: reqwest::Client, url: Url) -> Self {
        Self {
            place,
            client: ClientBuilder::default().http_with_client(http, url),
            fitness: Mutex::new(Fitness::Fit),
            belonging: Mutex::new(Belonging::Unknown),
        }
    }

    pub(super) fn is_awake(&self) -> bool {
        self.rests_since().is_none()
    }

    /// When it failed last, if it rests.
    pub(super) fn rests_since(&self) -> Option<Instant> {
        match *self.fitness() {
            Fitness::Failed {
                rests_until, last, ..
            } if rests_until > Instant::now() => Some(last),
            Fitness::Fit | Fitness::Failed { .. } => None,
        }
    }

    pub(super) async fn ask<P, R>(
        &self,
        method: &'static str,
        params: P,
        weighs: Weighs,
    ) -> Result<R, NodeError>
    where
        P: Serialize + Clone + Debug + Send + Sync + Unpin,
        R: DeserializeOwned + Debug + Send + Sync + Unpin + 'static,
    {
        let answer = self.client.request(method, params).await;
        let answer = answer.map_err(|error| NodeError::of(method, error));
        match &answer {
            _ if weighs == Weighs::No => {}
            Err(error) if error.is_the_nodes() => self.rest(error),
            // One that refuses everything is not well because it says so.
            Err(error) if error.another_may_answer() => {}
            Ok(_) | Err(_) => self.answered(),
        }
        answer
    }

    /// Lets others be asked first for a while.
    pub(super) fn rest(&self, why: &dyn fmt::Display) {
        let now = Instant::now();
        let mut fitness = self.fitness();
        let (rest, rests_until) = match *fitness {
            Fitness::Fit => (REST_START, now + REST_START),
            // Several questions that were on their way fail together.
            Fitness::Failed {
                rests_until, rest, ..
            } if rests_until > now => (rest, rests_until),
            Fitness::Failed { rest, .. } => {
                let longer = rest.saturating_mul(2).min(REST_MAX);
                (longer, now + longer)
            }
        };
        if *fitness == Fitness::Fit {
            tracing::info!(node = self.place, %why, "a node rests");
        }
        *fitness = Fitness::Failed {
            rests_until,
            rest,
            last: now,
        };
    }

    pub(super) fn belonging(&self) -> Belonging {
        *self
            .belonging
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What was found; tells the operator of a node that is on another chain, once, and lets it
    /// rest for long: it would be further than all others, or take what is settled for gone.
    pub(super) fn belongs(&self, found: Belonging, why: &dyn fmt::Display) {
        let mut belonging = self
            .belonging
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if found == Belonging::Others {
            if *belonging != found {
                tracing::error!(node = self.place, %why, "a node is on another chain");
            }
            let now = Instant::now();
            *self.fitness() = Fitness::Failed {
                rests_until: now + REST_OF_OTHERS,
                rest: REST_MAX,
                last: now,
            };
        } else if *belonging == Belonging::Others {
            *self.fitness() = Fitness::Fit;
        }
        *belonging = found;
    }

    fn answered(&self) {
        let mut fitness = self.fitness();
        // What it still answers while it rests ends no rest.
        if matches!(*fitness, Fitness::Failed { rests_until, .. } if rests_until <= Instant::now())
        {
            tracing::info!(node = self.place, "a node answers again");
            *fitness = Fitness::Fit;
        }
    }

    fn fitness(&self) -> std::sync::MutexGuard<'_, Fitness> {
        // Nothing is left half-done by a panic.
        self.fitness.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
