//! Subscriptions, executed once for all that get the same.
//!
//! Everyone who subscribes is caught up by an execution of their own: it looks whether they may
//! see what they ask for, tells what happened after their cursor, and ends. Then they take a
//! seat in a `channel`: one execution for all who asked the same and for whom its answers are
//! the same, at the end of the history. Who falls behind its memory is caught up again.
//!
//! - `hints`: the one reader of notices of this replica;
//! - `feed`: what an execution and its subscriber tell each other;
//! - `channel`: an execution that many follow;
//! - `channels`: which channel is whose;
//! - `subscriber`: one subscription from its beginning to its end.

mod beginning;
mod channel;
mod channels;
mod feed;
mod hints;
mod subscriber;

pub(super) use self::{
    channels::Channels,
    feed::{Feed, Mode, Subject},
    subscriber::{Answered, Execution, Subscriber},
};
pub use hints::Hints;
