//! What an execution of a subscription and its subscriber tell each other, around GraphQL.

use std::sync::{Arc, Mutex, PoisonError};

use gage_application::position::LogPosition;
use gage_domain::ids::{OrderId, ProductId, ShopId};
use tokio::time::Instant;

/// What is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) enum Subject {
    /// An order and its payment.
    Order(OrderId),
    /// The orders of a shop.
    ShopOrders(ShopId),
    /// The stock of a product.
    Stock(ProductId),
}

impl Subject {
    /// What those who are slower than the changes are told.
    pub(super) fn told(self) -> Told {
        match self {
            Self::Order(_) | Self::ShopOrders(_) => Told::Each,
            Self::Stock(_) => Told::Newest,
        }
    }
}

/// What those are told who are slower than the changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Every change.
    Each,
    /// Only the newest: it says all that the others said.
    Newest,
}

/// How far an execution goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum Mode {
    /// To the end of what is there, then it ends.
    CatchUp,
    /// On and on.
    Live,
}

/// Where a subscriber stands who was told everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CaughtUp {
    pub(super) subject: Subject,
    /// The last that it was told.
    pub(super) position: LogPosition,
    /// When the look began that found no more.
    pub(super) looked_at: Instant,
}

/// The plan of an execution, and what it has come to.
#[derive(Debug, Clone)]
pub(in crate::graphql) struct Feed {
    mode: Mode,
    /// Where it begins; nothing for where the arguments say.
    after: Option<LogPosition>,
    said: Arc<Mutex<Said>>,
}

#[derive(Debug, Default)]
struct Said {
    position: Option<LogPosition>,
    caught_up: Option<CaughtUp>,
}

impl Feed {
    pub(super) fn new(mode: Mode, after: Option<LogPosition>) -> Self {
        Self {
            mode,
            after,
            said: Arc::default(),
        }
    }

    pub(in crate::graphql) fn mode(&self) -> Mode {
        self.mode
    }

    /// Where it begins, if not where the arguments say.
    pub(in crate::graphql) fn after(&self) -> Option<LogPosition> {
        self.after
    }

    /// The next answer will be about this.
    pub(in crate::graphql) fn tell(&self, position: LogPosition) {
        self.with(|said| said.position = Some(position));
    }

    /// Everything was told that a look, begun then, found.
    pub(in crate::graphql) fn end(
        &self,
        subject: Subject,
        position: LogPosition,
        looked_at: Instant,
    ) {
        self.with(|said| {
            said.caught_up = Some(CaughtUp {
                subject,
                position,
                looked_at,
            });
        });
    }

    /// What the last answer was about.
    pub(super) fn position(&self) -> Option<LogPosition> {
        self.with(|said| said.position)
    }

    /// Where the execution ended well; nothing when it broke off.
    pub(super) fn caught_up(&self) -> Option<CaughtUp> {
        self.with(|said| said.caught_up)
    }

    fn with<T>(&self, look: impl FnOnce(&mut Said) -> T) -> T {
        look(&mut self.said.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
