//! Following a read model: everything after a position, then what comes.
//!
//! A hint is only a hint: what counts is the read model, asked again after each. So nothing is
//! lost between two looks, two executions, two connections or two replicas.

use std::{collections::VecDeque, time::Duration};

use futures::{Stream, future::BoxFuture, stream};
use gage_application::{ports::wake::Notice, position::LogPosition};
use metrics::counter;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};

use crate::graphql::{
    errors::ApiError,
    live::{Feed, Hints, Mode, Subject},
};

/// Changes that come closer together than this are looked at together. Counted from a look that
/// found something: several read models tell of one event, and the first may be early.
const PACE: Duration = Duration::from_millis(5);
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

/// What is followed, and how it is looked at.
pub(super) struct Followed<T> {
    pub(super) subject: Subject,
    /// What is told when it changes.
    pub(super) notice: Notice,
    /// Where it begins, unless the feed says otherwise.
    pub(super) after: LogPosition,
    pub(super) look: Look<T>,
}

struct Follower<T> {
    followed: Followed<T>,
    feed: Feed,
    hints: watch::Receiver<()>,
    found: VecDeque<Change<T>>,
    /// No look before this.
    rests_until: Instant,
}

/// Every change after a position: those that are there, and those that come if the feed is live.
/// Ends otherwise only with an error that no waiting mends.
pub(super) fn follow<T: Send + 'static>(
    hints: &Hints,
    feed: Feed,
    what: Followed<T>,
) -> impl Stream<Item = Result<T, ApiError>> + Send + 'static {
    let begun = Follower {
        // Before the first look, so that no hint falls between the two.
        hints: hints.about(what.notice),
        followed: Followed {
            after: feed.after().unwrap_or(what.after),
            ..what
        },
        feed,
        found: VecDeque::new(),
        rests_until: Instant::now(),
    };
    stream::unfold(Some(begun), |state| async {
        let mut state = state?;
        match state.next().await? {
            Ok(change) => Some((Ok(change), Some(state))),
            Err(error) => Some((Err(error), None)),
        }
    })
}

impl<T> Follower<T> {
    async fn next(&mut self) -> Option<Result<T, ApiError>> {
        loop {
            if let Some(change) = self.found.pop_front() {
                self.followed.after = change.position;
                self.feed.tell(change.position);
                return Some(Ok(change.what));
            }
            sleep_until(self.rests_until).await;
            self.hints.borrow_and_update();
            let looked_at = Instant::now();
            counter!("gage_subscription_looks_total").increment(1);
            match (self.followed.look)(self.followed.after).await {
                Ok(found) if !found.is_empty() => {
                    self.found.extend(found);
                    if self.feed.mode() == Mode::Live {
                        self.rests_until = looked_at + PACE;
                    }
                }
                Ok(_) => match self.feed.mode() {
                    Mode::CatchUp => {
                        let Followed { subject, after, .. } = self.followed;
                        self.feed.end(subject, after, looked_at);
                        return None;
                    }
                    Mode::Live => self.hint().await,
                },
                // The database comes back, and the cursor still stands.
                Err(ApiError::Unavailable { .. }) => sleep(AWAY).await,
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Waits until something may have changed since a look.
    async fn hint(&mut self) {
        if self.hints.changed().await.is_err() {
            // Nobody will tell any more: the server stops.
            std::future::pending::<()>().await;
        }
    }
}
