//! How old the newest block is: a node that stands still cannot be told from the head of the chain
//! by anything else, when nobody else can be asked.

use std::time::Duration;

use time::OffsetDateTime;

use crate::chain::node::Block;

/// Whether the newest block may be the newest one of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadAge {
    Fresh,
    /// There should be newer ones.
    Stale {
        /// When the block was made.
        of: OffsetDateTime,
    },
}

impl HeadAge {
    pub(super) fn of(head: &Block, now: OffsetDateTime, max: Option<Duration>) -> Self {
        match max {
            Some(max) if head.is_older_than(max, now) => Self::Stale { of: head.made_at() },
            Some(_) | None => Self::Fresh,
        }
    }

    /// Until when the chain was read by a look that began then and found all of it settled. What a
    /// node that stands still does not show is newer than what it shows last.
    pub(super) fn surely_read(self, began: OffsetDateTime) -> OffsetDateTime {
        match self {
            Self::Fresh => began,
            Self::Stale { of } => of.min(began),
        }
    }
}
