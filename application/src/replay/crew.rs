//! Those that fold in parallel, each on a thread of its own.

use std::hash::{Hash, Hasher};

use tokio::{sync::mpsc, task::JoinHandle};

use super::{entry::StreamKey, worker::Worker};
use crate::{
    event::{Fact, Recorded},
    ports::replay::ReadFailure,
    position::LogPosition,
};

/// Batches that wait for a worker.
const WAITING: usize = 4;

/// Work for one worker, in order.
enum Work {
    Events(Vec<Recorded>),
    Unreadable(StreamKey, u64, LogPosition),
}

/// All workers.
pub(super) struct Crew {
    desks: Vec<Desk>,
}

struct Desk {
    /// What is for this worker, and was not sent yet.
    pile: Vec<Work>,
    sender: mpsc::Sender<Vec<Work>>,
    task: JoinHandle<Result<Worker, ReadFailure>>,
}

impl Crew {
    pub(super) fn start(workers: usize, mut worker: impl FnMut(usize) -> Worker) -> Self {
        let desks = (0..workers.max(1)).map(|index| {
            let (sender, mut receiver) = mpsc::channel::<Vec<Work>>(WAITING);
            let mut worker = worker(index);
            let task = tokio::task::spawn_blocking(move || {
                while let Some(pile) = receiver.blocking_recv() {
                    for work in pile {
                        match work {
                            Work::Events(events) => worker.take(&events)?,
                            Work::Unreadable(key, sequence, position) => {
                                worker.unreadable(key, sequence, position)?;
                            }
                        }
                    }
                }
                worker.lives.put_all_away();
                Ok(worker)
            });
            Desk {
                pile: Vec::new(),
                sender,
                task,
            }
        });
        Self {
            desks: desks.collect(),
        }
    }

    pub(super) fn give(&mut self, event: Recorded) {
        let key = match &event.fact {
            Fact::Shop(..) | Fact::Product(..) => return,
            Fact::Inventory(id, _) => StreamKey::Inventory(id.0),
            Fact::Order(id, _) => StreamKey::Order(id.0),
            Fact::Payment(id, _) => StreamKey::Payment(id.0),
            Fact::Payout(id, _) => StreamKey::Payout(*id),
        };
        let pile = self.pile_of(key);
        if let Some(Work::Events(events)) = pile.last_mut() {
            events.push(event);
        } else {
            pile.push(Work::Events(vec![event]));
        }
    }

    pub(super) fn give_unreadable(&mut self, key: StreamKey, sequence: u64, position: LogPosition) {
        self.pile_of(key)
            .push(Work::Unreadable(key, sequence, position));
    }

    fn pile_of(&mut self, key: StreamKey) -> &mut Vec<Work> {
        let index = worker_of(key, self.desks.len());
        &mut self.desks[index].pile
    }

    pub(super) async fn send(&mut self) -> Result<(), ReadFailure> {
        for index in 0..self.desks.len() {
            let desk = &mut self.desks[index];
            let pile = std::mem::take(&mut desk.pile);
            if !pile.is_empty() && desk.sender.send(pile).await.is_err() {
                // Ended before its time: it says why.
                let desk = self.desks.swap_remove(index);
                return Err(desk.end().await.err().unwrap_or_else(ended));
            }
        }
        Ok(())
    }

    pub(super) async fn finish(self) -> Result<Vec<Worker>, ReadFailure> {
        let mut workers = Vec::with_capacity(self.desks.len());
        for desk in self.desks {
            workers.push(desk.end().await?);
        }
        Ok(workers)
    }
}

impl Desk {
    async fn end(self) -> Result<Worker, ReadFailure> {
        drop(self.sender);
        self.task.await.map_err(|_| ended())?
    }
}

pub(super) fn ended() -> ReadFailure {
    ReadFailure {
        reason: "a worker of the replay ended".to_owned(),
    }
}

/// Whose stream it is: an order's and its payment's the same.
pub(super) fn worker_of(key: StreamKey, workers: usize) -> usize {
    let mut hasher = std::hash::DefaultHasher::new();
    match key {
        StreamKey::Shop(id)
        | StreamKey::Product(id)
        | StreamKey::Inventory(id)
        | StreamKey::Order(id)
        | StreamKey::Payment(id) => id.hash(&mut hasher),
        StreamKey::Payout(id) => id.hash(&mut hasher),
    }
    let hash = hasher.finish() % u64::try_from(workers.max(1)).unwrap_or(1);
    usize::try_from(hash).unwrap_or(0)
}
