//! Following a read model: everything after a cursor, then what comes.
//!
//! A wake-up is a hint: what counts is the read model, asked again after each hint and every
//! [`LOOK_EVERY`]. So nothing is lost between two looks, two connections or two replicas.

use std::{collections::VecDeque, time::Duration};

use futures::{Stream, future::BoxFuture, stream};
use gage_application::{
    ports::wake::{Notice, WakeUps},
    position::LogPosition,
};
use tokio::{
    select,
    sync::broadcast::{Receiver, error::RecvError},
    time::sleep,
};

use crate::graphql::errors::ApiError;

/// Time between looks when no wake-up comes.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Time between looks while the database is away.
const AWAY: Duration = Duration::from_secs(1);

/// Something that changed, with its place in the history.
pub(super) struct Change<T> {
    pub(super) position: LogPosition,
    pub(super) what: T,
}

/// Looks for changes after a position: at most a page of them, oldest first.
type Look<T> =
    Box<dyn Fn(LogPosition) -> BoxFuture<'static, Result<Vec<Change<T>>, ApiError>> + Send + Sync>;

struct Follower<T> {
    look: Look<T>,
    notices: Receiver<Notice>,
    about: Notice,
    after: LogPosition,
    found: VecDeque<Change<T>>,
}

/// Every change after a position, as it comes. Ends only with an error that no waiting mends.
pub(super) fn follow<T: Send + 'static>(
    wake: &dyn WakeUps,
    about: Notice,
    after: LogPosition,
    look: Look<T>,
) -> impl Stream<Item = Result<T, ApiError>> + Send + 'static {
    // Before the first look, so that no hint falls between the two.
    let notices = wake.subscribe();
    let follower = Follower {
        look,
        notices,
        about,
        after,
        found: VecDeque::new(),
    };
    stream::unfold(Some(follower), |follower| async {
        let mut follower = follower?;
        match follower.next().await {
            Ok(what) => Some((Ok(what), Some(follower))),
            Err(error) => Some((Err(error), None)),
        }
    })
}

impl<T> Follower<T> {
    async fn next(&mut self) -> Result<T, ApiError> {
        loop {
            if let Some(change) = self.found.pop_front() {
                self.after = change.position;
                return Ok(change.what);
            }
            match (self.look)(self.after).await {
                Ok(found) if found.is_empty() => self.hint().await,
                Ok(found) => self.found.extend(found),
                // The database comes back, and the cursor still stands.
                Err(ApiError::Unavailable { .. }) => sleep(AWAY).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until something may have changed.
    async fn hint(&mut self) {
        let told = async {
            loop {
                match self.notices.recv().await {
                    Ok(notice) if notice == self.about => return,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return,
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        select! {
            () = told => {}
            () = sleep(LOOK_EVERY) => {}
        }
    }
}
