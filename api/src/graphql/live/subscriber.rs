//! One subscription from its beginning to its end.

use std::sync::Arc;

use futures::{StreamExt as _, stream::BoxStream};

use super::{
    beginning,
    channel::{End, Lost, Seat},
    channels::Key,
    feed::{CaughtUp, Feed, Mode},
};
use crate::graphql::{
    answer::Answer,
    audience::{Alike, Sources},
    engine::{Engine, Prepared},
};
use gage_application::position::LogPosition;

/// An execution of a subscription.
pub(in crate::graphql) struct Execution {
    pub(in crate::graphql) answers: BoxStream<'static, Answered>,
    /// What its answers were made from.
    pub(in crate::graphql) sources: Sources,
    pub(in crate::graphql) feed: Feed,
}

/// An answer of a subscription.
pub(in crate::graphql) struct Answered {
    pub(in crate::graphql) answer: Answer,
    /// Whether it has no errors.
    pub(in crate::graphql) whole: bool,
}

/// With whom a subscriber may share, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Share {
    /// With nobody.
    Alone,
    /// With those of the same standing.
    Alike,
    /// With anyone.
    Anyone,
}

/// A subscription that runs.
pub(in crate::graphql) struct Subscriber {
    engine: Engine,
    prepared: Arc<Prepared>,
    share: Share,
    phase: Phase,
}

enum Phase {
    /// It is told what is there already.
    CatchingUp(Execution),
    /// It follows with others.
    Seated(Seat),
    /// It follows by itself.
    Alone(Execution),
}

impl Subscriber {
    pub(in crate::graphql) fn new(engine: Engine, prepared: Prepared) -> Self {
        let prepared = Arc::new(prepared);
        let execution = engine.follow(&prepared, Feed::new(Mode::CatchUp, None));
        Self {
            engine,
            prepared,
            share: Share::Anyone,
            phase: Phase::CatchingUp(execution),
        }
    }

    /// The next answer; nothing when it is over.
    pub(in crate::graphql) async fn next(mut self) -> Option<(Answer, Self)> {
        loop {
            match &mut self.phase {
                Phase::CatchingUp(execution) => {
                    if let Some(answered) = execution.answers.next().await {
                        return Some((answered.answer, self));
                    }
                    // It broke off, and its last answer said why.
                    let caught_up = execution.feed.caught_up()?;
                    self.share = self.share.min(Share::of(&execution.sources));
                    self.phase = self.settle(caught_up);
                }
                Phase::Seated(seat) => match seat.next().await {
                    Ok(payload) => return Some((Answer::Executed(payload), self)),
                    Err(lost) => {
                        let position = seat.position();
                        self.lost(lost, position);
                    }
                },
                Phase::Alone(execution) => {
                    let answered = execution.answers.next().await?;
                    return Some((answered.answer, self));
                }
            }
        }
    }

    /// Where to go on once everything was told that is there.
    fn settle(&self, caught_up: CaughtUp) -> Phase {
        let live = || {
            let feed = Feed::new(Mode::Live, Some(caught_up.position));
            self.engine.follow(&self.prepared, feed)
        };
        let Some(key) = self.key(caught_up) else {
            return Phase::Alone(live());
        };
        match self.engine.channels().seat(key, caught_up, live) {
            Some(seat) => Phase::Seated(seat),
            None => self.catch_up(caught_up.position),
        }
    }

    fn key(&self, caught_up: CaughtUp) -> Option<Key> {
        let prepared = &self.prepared;
        let standing = match self.share {
            Share::Alone => return None,
            Share::Alike => Some(prepared.context.viewer.standing()),
            Share::Anyone => None,
        };
        let operation = prepared.operation_name.as_deref();
        Some(Key {
            document: prepared.document.id,
            operation: prepared.operation_name.clone(),
            variables: beginning::left_out(&prepared.document, operation, &prepared.variables),
            subject: caught_up.subject,
            standing,
        })
    }

    fn lost(&mut self, lost: Lost, position: LogPosition) {
        if lost == Lost::Ended(End::Private) {
            self.share = match self.share {
                Share::Anyone => Share::Alike,
                Share::Alike | Share::Alone => Share::Alone,
            };
        }
        self.phase = self.catch_up(position);
    }

    fn catch_up(&self, after: LogPosition) -> Phase {
        let feed = Feed::new(Mode::CatchUp, Some(after));
        Phase::CatchingUp(self.engine.follow(&self.prepared, feed))
    }
}

impl Share {
    fn of(sources: &Sources) -> Self {
        if sources.is_for(Alike::No) {
            Self::Anyone
        } else if sources.is_for(Alike::Yes) {
            Self::Alike
        } else {
            Self::Alone
        }
    }
}
