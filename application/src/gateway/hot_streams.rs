//! Turns on hot streams: within a process, operations that want the same stream at once wait
//! for each other instead of all but one deciding in vain.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use crate::event::StreamName;

/// One lock for each hot stream that is wanted right now.
#[derive(Default)]
pub(super) struct HotStreams {
    // Weak: a stream that nobody wants any more leaves no lock behind.
    locks: Mutex<HashMap<StreamName, Weak<Turn<()>>>>,
}

/// Size at which locks that nobody holds are swept out.
const SWEEP_AT: usize = 1024;

impl HotStreams {
    /// Waits until the caller is alone on all of these streams. Taken in sorted order, so
    /// that two callers never wait for each other. Fair: first come, first served.
    pub(super) async fn lock(&self, mut streams: Vec<StreamName>) -> Vec<OwnedMutexGuard<()>> {
        streams.sort();
        streams.dedup();
        let mut guards = Vec::with_capacity(streams.len());
        for stream in streams {
            guards.push(self.turn_of(stream).lock_owned().await);
        }
        guards
    }

    fn turn_of(&self, stream: StreamName) -> Arc<Turn<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = locks.get(&stream).and_then(Weak::upgrade) {
            return turn;
        }
        if locks.len() >= SWEEP_AT {
            locks.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::new(Turn::new(()));
        locks.insert(stream, Arc::downgrade(&turn));
        turn
    }
}
