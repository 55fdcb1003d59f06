//! Following the history, event by event.

use std::{collections::VecDeque, time::Duration};

use async_graphql::{Context, Result};
use futures::{Stream, stream};
use gage_application::{
    event::StoredEvent,
    history::History,
    ports::chronicle::{Wanted, Way},
    position::LogPosition,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::sleep,
};

use crate::graphql::{
    context::Asked as _,
    errors::ApiError,
    queries::wanted_history,
    scalars::Cursor,
    types::{HistoryEvent, HistoryFilter},
};

/// Events that are read at once.
const PAGE: u32 = 100;
/// Time between looks for new ones.
const PAUSE: Duration = Duration::from_secs(1);

/// Followers of the history at once, of this replica: each looks by itself.
const FOLLOWERS: usize = 200;
static SEATS: Semaphore = Semaphore::const_new(FOLLOWERS);

struct Follower {
    _seat: SemaphorePermit<'static>,
    history: History,
    wanted: Wanted,
    after: Option<LogPosition>,
    found: VecDeque<StoredEvent>,
}

/// Every event that is wanted after a cursor: those that are there, and those that come.
pub(super) async fn follow(
    ctx: &Context<'_>,
    filter: Option<HistoryFilter>,
    after: Option<Cursor>,
) -> Result<impl Stream<Item = Result<HistoryEvent>>> {
    let wanted = wanted_history(ctx, filter).await?;
    let asking = ctx.asking()?.clone();
    let retry_after = Duration::from_secs(10);
    let seat = SEATS.try_acquire();
    let seat = seat.map_err(|_| ctx.error(ApiError::Busy { retry_after }))?;
    let begun = Follower {
        _seat: seat,
        history: ctx.services()?.history.clone(),
        wanted,
        after: after.map(|cursor| cursor.0),
        found: VecDeque::new(),
    };
    Ok(stream::unfold(Some(begun), move |state| {
        let asking = asking.clone();
        async move {
            let mut state = state?;
            match state.next().await {
                Ok(event) => Some((Ok(HistoryEvent(event)), Some(state))),
                Err(error) => Some((Err(asking.error(error)), None)),
            }
        }
    }))
}

impl Follower {
    async fn next(&mut self) -> Result<StoredEvent, ApiError> {
        loop {
            if let Some(event) = self.found.pop_front() {
                return Ok(event);
            }
            let way = Way::Onwards(self.after);
            match self.history.page(&self.wanted, way, PAGE).await {
                Ok(leaf) => {
                    self.after = leaf.looked_to.or(self.after);
                    self.found.extend(leaf.events);
                    if self.found.is_empty() && leaf.at_end {
                        sleep(PAUSE).await;
                    }
                }
                Err(error) => match ApiError::from(error) {
                    // The database comes back, and the cursor still stands.
                    ApiError::Unavailable { .. } => sleep(PAUSE).await,
                    other => return Err(other),
                },
            }
        }
    }
}
