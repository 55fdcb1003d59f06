//! Hints that something changed, from the one reader of notices of this replica to those who
//! follow it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gage_application::{
    ports::wake::{Notice, WakeUps},
    progress::Progress,
};
use tokio::{
    select,
    sync::{broadcast::error::RecvError, watch},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::graphql::context::ReadProgress;

/// How often is looked whether another replica moved a read model: its notices may be lost.
const EVERY: Duration = Duration::from_secs(1);
/// After so many of these everyone looks, whatever was heard: a net below the net.
const ALL_EVERY: u32 = 15;

/// Who follows what.
pub struct Hints {
    wake: Arc<dyn WakeUps>,
    progress: ReadProgress,
    /// Held for a moment only, never over an await.
    followers: Mutex<HashMap<Notice, watch::Sender<()>>>,
}

impl Hints {
    /// Nobody follows anything yet. What is heard is told while [`Self::run`] runs.
    pub fn new(wake: Arc<dyn WakeUps>, progress: ReadProgress) -> Arc<Self> {
        Arc::new(Self {
            wake,
            progress,
            followers: Mutex::default(),
        })
    }

    /// Hints about one thing, from now on.
    pub(in crate::graphql) fn about(&self, notice: Notice) -> watch::Receiver<()> {
        self.with(|followers| {
            followers
                .entry(notice)
                .or_insert_with(|| watch::Sender::new(()))
                .subscribe()
        })
    }

    /// Tells until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut notices = self.wake.subscribe();
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut moves, mut quiet) = (self.moves_of_others(), 0);
        loop {
            select! {
                () = stop.cancelled() => return,
                notice = notices.recv() => match notice {
                    // Nobody follows the log itself here.
                    Ok(Notice::Appended) => {}
                    Ok(notice) => self.tell(notice),
                    Err(RecvError::Lagged(_)) => self.tell_all(),
                    // The ticks go on.
                    Err(RecvError::Closed) => std::future::pending().await,
                },
                _ = ticks.tick() => {
                    let now = self.moves_of_others();
                    quiet += 1;
                    if now != moves || quiet == ALL_EVERY {
                        (moves, quiet) = (now, 0);
                        self.tell_all();
                    }
                }
            }
        }
    }

    fn tell(&self, notice: Notice) {
        self.with(|followers| {
            if let Some(follower) = followers.get(&notice) {
                follower.send_replace(());
            }
        });
    }

    fn tell_all(&self) {
        self.with(|followers| {
            followers.retain(|_, follower| {
                follower.send_replace(());
                follower.receiver_count() > 0
            });
        });
    }

    fn moves_of_others(&self) -> u64 {
        let ReadProgress {
            catalog,
            orders,
            payments,
        } = &self.progress;
        let moves = [catalog, orders, payments].map(Progress::moves_of_others);
        moves.iter().sum()
    }

    fn with<T>(&self, look: impl FnOnce(&mut HashMap<Notice, watch::Sender<()>>) -> T) -> T {
        look(
            &mut self
                .followers
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}
