//! Following the history, event by event.
//!
//! What is new comes from the end of the log that this replica reads for everyone; what is older,
//! from the log. Whether the viewer may still look is looked at before anything is told, and now
//! and then.

use std::{
    collections::{BTreeSet, HashMap, VecDeque, hash_map::Entry},
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use async_graphql::{Context, Result};
use futures::{Stream, stream};
use gage_application::{
    event::{StoredEvent, StreamName},
    history::History,
    ports::{
        chronicle::{Wanted, Way},
        clock::Clock,
    },
    position::LogPosition,
    tail::Tail,
};
use gage_domain::value::Address;
use tokio::{
    select,
    sync::{Semaphore, SemaphorePermit, watch},
    time::{sleep, timeout},
};

use crate::graphql::{
    context::{Asked as _, ReadProgress},
    errors::ApiError,
    queries::asked_history,
    scalars::Cursor,
    sight::{Sight, Whose},
    types::{HistoryEvent, HistoryFilter},
};

/// Events that are read at once.
const PAGE: u32 = 100;
/// Time between looks when nobody tells of anything: a net, and whether the viewer may still look.
const NET: Duration = Duration::from_secs(5);
/// Time between looks while the database is away.
const AWAY: Duration = Duration::from_secs(1);
/// How long after a moment an event may still appear that was recorded before it.
const GRACE: time::Duration = time::Duration::seconds(2);
/// How long the read models may take to know whose an event is.
const KNOWN_WITHIN: Duration = Duration::from_secs(1);
/// Streams of which is remembered whether they belong to what is followed.
const REMEMBERED: usize = 10_000;

/// Time between looks that found nothing, while there is more to look at.
const BREATH: Duration = Duration::from_millis(50);

/// Followers of the history at once, of this replica.
const FOLLOWERS: usize = 200;
/// Of these, of one wallet.
const FOLLOWERS_OF_ONE: usize = 5;
static SEATS: Semaphore = Semaphore::const_new(FOLLOWERS);
static TAKEN: LazyLock<Mutex<HashMap<Address, usize>>> = LazyLock::new(Mutex::default);

/// A follower's place: no wallet takes everyone's.
struct Seat {
    wallet: Address,
    _one_of_all: SemaphorePermit<'static>,
}

impl Seat {
    /// A place, if there is one for this wallet.
    fn of(wallet: Address) -> Option<Self> {
        let one_of_all = SEATS.try_acquire().ok()?;
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.entry(wallet).or_default();
        if *own >= FOLLOWERS_OF_ONE {
            return None;
        }
        *own += 1;
        Some(Self {
            wallet,
            _one_of_all: one_of_all,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut own) = taken.entry(self.wallet) {
            *own.get_mut() -= 1;
            if *own.get() == 0 {
                own.remove();
            }
        }
    }
}

struct Follower {
    _seat: Seat,
    history: History,
    sight: Sight,
    whose: Whose,
    wanted: Wanted,
    tail: Arc<Tail>,
    moves: watch::Receiver<u64>,
    progress: ReadProgress,
    clock: Arc<dyn Clock>,
    after: Option<LogPosition>,
    found: VecDeque<StoredEvent>,
    /// Streams that were asked about, and whether they belong to what is followed.
    belonging: HashMap<StreamName, bool>,
}

/// Every event that is wanted after a cursor: those that are there, and those that come, until the
/// end of the time that is asked for.
pub(super) async fn follow(
    ctx: &Context<'_>,
    filter: Option<HistoryFilter>,
    after: Option<Cursor>,
) -> Result<impl Stream<Item = Result<HistoryEvent>>> {
    let sight = Sight::of(ctx)?;
    let (whose, wanted) = asked_history(ctx, &sight, filter)?;
    let may = sight.check(&whose).await;
    may.map_err(|error| ctx.error(error))?;
    let asking = ctx.asking()?.clone();
    let retry_after = Duration::from_secs(10);
    let seat = Seat::of(ctx.wallet()?.address);
    let seat = seat.ok_or_else(|| ctx.error(ApiError::Busy { retry_after }))?;
    let services = ctx.services()?;
    let begun = Follower {
        _seat: seat,
        history: services.history.clone(),
        sight,
        whose,
        wanted,
        tail: services.tail.clone(),
        moves: services.tail.moves(),
        progress: services.progress.clone(),
        clock: services.clock.clone(),
        after: after.map(|cursor| cursor.0),
        found: VecDeque::new(),
        belonging: HashMap::new(),
    };
    Ok(stream::unfold(Some(begun), move |state| {
        let asking = asking.clone();
        async move {
            let mut state = state?;
            match state.next().await? {
                Ok(event) => Some((Ok(HistoryEvent::whole(event)), Some(state))),
                Err(error) => Some((Err(asking.error(error)), None)),
            }
        }
    }))
}

/// What a look came to.
enum Looked {
    /// There may be more.
    On,
    /// There is nothing more yet.
    AtEnd,
}

impl Follower {
    /// The next event; none when none can come any more.
    async fn next(&mut self) -> Option<Result<StoredEvent, ApiError>> {
        loop {
            if let Some(event) = self.found.pop_front() {
                return Some(Ok(event));
            }
            // Before the look, so that nothing falls between the two.
            self.moves.borrow_and_update();
            let now = self.clock.now();
            let until = self.wanted.until;
            let over = until.is_some_and(|until| now >= until.saturating_add(GRACE));
            // Before the look too: what becomes known after it is not missed.
            let last_look = over && self.knows_all().await;
            match self.look().await {
                Ok(Looked::On) if self.found.is_empty() => sleep(BREATH).await,
                Ok(Looked::On) => {}
                Ok(Looked::AtEnd) if !self.found.is_empty() => {}
                Ok(Looked::AtEnd) => {
                    if last_look {
                        return None;
                    }
                    if let Err(error) = self.rest().await {
                        return Some(Err(error));
                    }
                }
                // The database comes back, and the cursor still stands.
                Err(ApiError::Unavailable { .. }) => sleep(AWAY).await,
                Err(error) => return Some(Err(error)),
            }
        }
    }

    async fn look(&mut self) -> Result<Looked, ApiError> {
        let from = self.after.unwrap_or(LogPosition::START);
        let Some((events, end)) = self.tail.stored_after(from) else {
            let way = Way::Onwards(self.after);
            let page = self
                .sight
                .page(&self.history, &self.whose, &self.wanted, way, PAGE);
            let leaf = page.await?;
            self.after = leaf.looked_to.max(self.after);
            self.found.extend(leaf.events);
            return Ok(if leaf.at_end {
                Looked::AtEnd
            } else {
                Looked::On
            });
        };
        let wanted = events.iter().filter(|event| self.wanted.has(event));
        let wanted: Vec<&StoredEvent> = wanted.map(AsRef::as_ref).collect();
        if !wanted.is_empty() {
            if !self.know(&wanted).await? {
                return Ok(Looked::On);
            }
            let theirs = |event: &&StoredEvent| self.belonging.get(&event.stream) == Some(&true);
            let theirs: Vec<StoredEvent> = wanted.into_iter().filter(theirs).cloned().collect();
            if !theirs.is_empty() {
                self.sight.check(&self.whose).await?;
            }
            self.found.extend(theirs);
        }
        self.after = Some(end.max(from));
        Ok(Looked::AtEnd)
    }

    /// Finds out of which events the streams belong to what is followed. False when the read models
    /// do not know it yet.
    async fn know(&mut self, events: &[&StoredEvent]) -> Result<bool, ApiError> {
        if self.belonging.len() > REMEMBERED {
            self.belonging.clear();
        }
        let streams = events.iter().map(|event| &event.stream);
        let streams = streams.filter(|stream| !self.belonging.contains_key(stream));
        let unknown: BTreeSet<StreamName> = streams.cloned().collect();
        let Some(last) = events.last().filter(|_| !unknown.is_empty()) else {
            return Ok(true);
        };
        if !self.is_known(last.position).await {
            return Ok(false);
        }
        let theirs = self.sight.belonging(&self.whose, &unknown).await?;
        for stream in unknown {
            let belongs = theirs.contains(&stream);
            self.belonging.insert(stream, belongs);
        }
        Ok(true)
    }

    /// Whether the read models know, of the log up to here, whose it is.
    async fn is_known(&self, position: LogPosition) -> bool {
        if !matches!(
            self.whose,
            Whose::Shop(_) | Whose::Customer(_) | Whose::Wallet(_)
        ) {
            return true;
        }
        let known = async {
            self.progress.catalog.reach(position).await;
            self.progress.orders.reach(position).await;
        };
        timeout(KNOWN_WITHIN, known).await.is_ok()
    }

    /// Whether the end that was found is the log's, and not that of what the read models know.
    async fn knows_all(&self) -> bool {
        match self.tail.end() {
            Some(end) => self.is_known(end).await,
            None => false,
        }
    }

    /// Waits until there may be more; looks meanwhile whether the viewer may go on looking.
    async fn rest(&mut self) -> Result<(), ApiError> {
        select! {
            moved = self.moves.changed() => {
                if moved.is_err() {
                    // Nobody will tell any more: the server stops.
                    std::future::pending::<()>().await;
                }
                Ok(())
            }
            () = sleep(NET) => self.sight.check(&self.whose).await,
        }
    }
}
