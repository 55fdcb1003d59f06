//! Looking up idempotency keys: many in one look at the log.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::ports::event_log::{EarlierRequest, EventLog, IdempotencyKey, LogError};

/// Keys in one look.
const KEYS_MAX: usize = 500;

type Answer = Result<Option<EarlierRequest>, LogError>;

/// Asks what earlier requests did.
#[derive(Clone)]
pub(super) struct EarlierRequests(mpsc::UnboundedSender<(IdempotencyKey, oneshot::Sender<Answer>)>);

impl EarlierRequests {
    /// The asking side, and the task that looks; it ends when nobody can ask any more.
    pub(super) fn of(log: Arc<dyn EventLog>) -> (Self, impl Future<Output = ()> + Send) {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let looking = async move {
            let mut asked = Vec::new();
            // What is asked during one look is the next one's.
            while receiver.recv_many(&mut asked, KEYS_MAX).await > 0 {
                let (keys, askers): (Vec<_>, Vec<_>) = asked.drain(..).unzip();
                tell(log.earlier_requests(&keys).await, askers);
            }
        };
        (Self(sender), looking)
    }

    /// What an earlier request with this key did.
    pub(super) async fn find(&self, key: &IdempotencyKey) -> Answer {
        let gone = || LogError::Unavailable {
            reason: "the gateway is closed".to_owned(),
        };
        let (sender, receiver) = oneshot::channel();
        self.0.send((key.clone(), sender)).map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())?
    }
}

fn tell(
    found: Result<Vec<Option<EarlierRequest>>, LogError>,
    askers: Vec<oneshot::Sender<Answer>>,
) {
    // Whoever has gone misses nothing.
    match found {
        Ok(found) => {
            for (asker, request) in askers.into_iter().zip(found) {
                let _ = asker.send(Ok(request));
            }
        }
        Err(error) => {
            for asker in askers {
                let _ = asker.send(Err(error.clone()));
            }
        }
    }
}
