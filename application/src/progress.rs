//! How far this replica knows a reader of the log to have come.
//!
//! Whoever waits for a read model, or keeps something made from it, asks here and not the
//! database. What is known may be older than what is written, by another replica, but never
//! newer: what is known to be reached can be read.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::{sync::watch, time::Instant};

use crate::{
    catch_up::{Consumed, Consumer, ConsumerError},
    log_reader::Stretch,
    position::LogPosition,
};

/// How old the last look at a checkpoint may be while it still tells about the present. The
/// loop looks twice a second; only while the database is away, or a batch takes long, is a look
/// older than this.
const FRESH: Duration = Duration::from_secs(2);

/// What is known of a reader of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    checkpoint: LogPosition,
    /// Moves that others made, whose notices may be lost.
    moves_of_others: u64,
    /// When it surely stood there.
    at: Option<Instant>,
}

/// How far this replica knows a reader of the log to have come.
#[derive(Debug, Clone)]
pub struct Progress(watch::Sender<Known>);

impl Default for Progress {
    fn default() -> Self {
        Self(watch::Sender::new(Known {
            checkpoint: LogPosition::START,
            moves_of_others: 0,
            at: None,
        }))
    }
}

impl Progress {
    /// The checkpoint, if it was looked at just now; nothing while that cannot be said.
    pub fn now(&self) -> Option<LogPosition> {
        let known = *self.0.borrow();
        known
            .at
            .filter(|at| at.elapsed() < FRESH)
            .map(|_| known.checkpoint)
    }

    /// Waits until the reader has come to a position.
    pub async fn reach(&self, position: LogPosition) {
        let mut known = self.0.subscribe();
        // An error means that the sender is gone; it is ours.
        let _ = known.wait_for(|known| known.checkpoint >= position).await;
    }

    /// How often others moved the checkpoint. What they changed they told, but being told is
    /// not sure.
    pub fn moves_of_others(&self) -> u64 {
        self.0.borrow().moves_of_others
    }

    fn looked(&self, checkpoint: LogPosition, at: Instant) {
        self.update(checkpoint, at, 1);
    }

    fn moved(&self, checkpoint: LogPosition, at: Instant) {
        self.update(checkpoint, at, 0);
    }

    fn update(&self, checkpoint: LogPosition, at: Instant, others: u64) {
        self.0.send_if_modified(|known| {
            known.at = Some(at);
            let moved = known.checkpoint != checkpoint;
            if moved {
                known.checkpoint = checkpoint;
                known.moves_of_others += others;
            }
            moved
        });
    }
}

/// A reader of the log whose progress is told within this replica, before its notices are.
pub struct Watched {
    consumer: Arc<dyn Consumer>,
    progress: Progress,
}

impl Watched {
    /// Tells the progress of this reader.
    pub fn new(consumer: Arc<dyn Consumer>, progress: Progress) -> Self {
        Self { consumer, progress }
    }
}

#[async_trait]
impl Consumer for Watched {
    fn name(&self) -> &'static str {
        self.consumer.name()
    }

    async fn checkpoint(&self) -> Result<LogPosition, ConsumerError> {
        let at = Instant::now();
        let checkpoint = self.consumer.checkpoint().await?;
        self.progress.looked(checkpoint, at);
        Ok(checkpoint)
    }

    fn ignores(&self) -> &'static [&'static str] {
        self.consumer.ignores()
    }

    fn bulk(&self) -> u32 {
        self.consumer.bulk()
    }

    fn rest(&self) -> Option<Duration> {
        self.consumer.rest()
    }

    async fn consume(&self, stretch: Stretch<'_>) -> Result<Consumed, ConsumerError> {
        let consumed = self.consumer.consume(stretch).await?;
        if let Consumed::Advanced { .. } = consumed {
            // The commit is a moment old; nothing is newer, since only another replica could.
            self.progress.moved(stretch.to, Instant::now());
        }
        Ok(consumed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(position: i64) -> LogPosition {
        LogPosition {
            xact_id: 1,
            position,
        }
    }

    #[test]
    fn nothing_is_known_before_the_first_look() {
        let progress = Progress::default();
        assert_eq!(progress.now(), None);
        progress.looked(at(7), Instant::now());
        assert_eq!(progress.now(), Some(at(7)));
    }

    #[tokio::test]
    async fn a_look_of_long_ago_tells_nothing_of_the_present() {
        let progress = Progress::default();
        let long_ago = Instant::now().checked_sub(FRESH).unwrap();
        progress.looked(at(7), long_ago);
        assert_eq!(progress.now(), None);
        // What was reached stays reached.
        progress.reach(at(7)).await;
    }

    #[tokio::test]
    async fn who_waits_is_told_when_it_is_reached() {
        let progress = Progress::default();
        let waiting = (1..=3).map(|position| {
            let progress = progress.clone();
            tokio::spawn(async move { progress.reach(at(position)).await })
        });
        let waiting: Vec<_> = waiting.collect();
        progress.moved(at(2), Instant::now());
        for (place, one) in waiting.into_iter().enumerate() {
            if place == 2 {
                progress.moved(at(3), Instant::now());
            }
            one.await.unwrap();
        }
    }

    #[test]
    fn only_moves_of_others_are_counted_as_theirs() {
        let progress = Progress::default();
        progress.moved(at(1), Instant::now());
        progress.looked(at(1), Instant::now());
        assert_eq!(progress.moves_of_others(), 0);
        progress.looked(at(2), Instant::now());
        assert_eq!(progress.moves_of_others(), 1);
    }
}
