//! Which channel is whose.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::StreamExt as _;
use metrics::gauge;
use tokio::select;

use super::{
    channel::{Channel, End, NoSeat, Seat},
    feed::{CaughtUp, Subject},
    subscriber::Execution,
};
use crate::{
    graphql::{answer::Answer, audience::Alike},
    identity::viewer::Standing,
};

/// What the followers of a channel have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) document: u64,
    pub(super) operation: Option<String>,
    /// Those that matter to answers.
    pub(super) variables: String,
    pub(super) subject: Subject,
    /// Nothing where anyone may follow.
    pub(super) standing: Option<Standing>,
}

impl Key {
    fn alike(&self) -> Alike {
        match self.standing {
            Some(_) => Alike::Yes,
            None => Alike::No,
        }
    }
}

/// The channels that somebody follows.
#[derive(Debug, Default)]
pub(in crate::graphql) struct Channels {
    /// Held for a moment only, never over an await.
    open: Mutex<HashMap<Key, Arc<Channel>>>,
}

impl Channels {
    /// A seat in a channel, which is opened if there is none; nothing when the channel forgot
    /// what was not told yet.
    pub(super) fn seat(
        self: &Arc<Self>,
        key: Key,
        caught_up: CaughtUp,
        execution: impl FnOnce() -> Execution,
    ) -> Option<Seat> {
        self.with(|open| {
            let taken = open.get(&key).map(|channel| channel.seat(caught_up));
            match taken {
                Some(Ok(seat)) => return Some(seat),
                Some(Err(NoSeat::Forgotten)) => return None,
                Some(Err(NoSeat::Ended)) | None => {}
            }
            let channel = Channel::new(key.subject.told());
            let seat = channel.seat(caught_up).ok();
            open.insert(key.clone(), channel.clone());
            gauge!("gage_subscription_channels").set(u32::try_from(open.len()).unwrap_or(u32::MAX));
            let opened = Opened {
                channels: self.clone(),
                key,
                channel,
            };
            tokio::spawn(opened.run(execution()));
            seat
        })
    }

    fn with<T>(&self, look: impl FnOnce(&mut HashMap<Key, Arc<Channel>>) -> T) -> T {
        look(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A channel with its execution. Whatever ends this, a panic too, ends the channel.
struct Opened {
    channels: Arc<Channels>,
    key: Key,
    channel: Arc<Channel>,
}

impl Opened {
    async fn run(self, mut execution: Execution) {
        loop {
            select! {
                () = self.channel.left() => {
                    if self.close_if_left() {
                        return;
                    }
                }
                answered = execution.answers.next() => {
                    let Some(answered) = answered else {
                        return self.channel.end(End::Over);
                    };
                    let position = execution.feed.position();
                    // An error names one request; each follower gets its own.
                    let (Answer::Executed(payload), true, Some(position)) =
                        (answered.answer, answered.whole, position)
                    else {
                        return self.channel.end(End::Over);
                    };
                    if !execution.sources.is_for(self.key.alike()) {
                        return self.channel.end(End::Private);
                    }
                    self.channel.tell(position, payload);
                }
            }
        }
    }

    /// Seats are taken under the same lock: none can be taken in between.
    fn close_if_left(&self) -> bool {
        self.channels.with(|open| {
            let left = self.channel.is_left();
            if left {
                self.remove(open);
            }
            left
        })
    }

    fn remove(&self, open: &mut HashMap<Key, Arc<Channel>>) {
        let is_this = |channel: &Arc<Channel>| Arc::ptr_eq(channel, &self.channel);
        if open.get(&self.key).is_some_and(is_this) {
            open.remove(&self.key);
        }
        gauge!("gage_subscription_channels").set(u32::try_from(open.len()).unwrap_or(u32::MAX));
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.channel.end(End::Over);
        self.channels.with(|open| self.remove(open));
    }
}
