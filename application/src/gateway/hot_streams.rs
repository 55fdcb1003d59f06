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

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU32, Ordering},
        time::Duration,
    };

    use super::*;

    fn stream(name: &str) -> StreamName {
        StreamName {
            aggregate_type: "Inventory".to_owned(),
            aggregate_id: name.to_owned(),
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_at_a_time_on_a_stream_and_no_deadlock_in_any_order() {
        let hot = Arc::new(HotStreams::default());
        let inside = Arc::new(AtomicU32::new(0));
        let tasks = (0..200).map(|index| {
            let (hot, inside) = (hot.clone(), inside.clone());
            tokio::spawn(async move {
                let mut wanted = vec![stream("a"), stream("b"), stream("a")];
                if index % 2 == 0 {
                    wanted.reverse();
                }
                let _guards = hot.lock(wanted).await;
                assert_eq!(
                    inside.fetch_add(1, Ordering::SeqCst),
                    0,
                    "two were inside at once"
                );
                tokio::task::yield_now().await;
                inside.fetch_sub(1, Ordering::SeqCst);
            })
        });
        let all = futures::future::try_join_all(tasks);
        tokio::time::timeout(Duration::from_secs(20), all)
            .await
            .expect("no deadlock")
            .unwrap();
    }

    #[tokio::test]
    async fn streams_that_nobody_wants_leave_no_lock_behind() {
        let hot = HotStreams::default();
        for index in 0..(SWEEP_AT * 3) {
            drop(hot.lock(vec![stream(&index.to_string())]).await);
        }
        assert!(hot.locks.lock().unwrap().len() <= SWEEP_AT);
    }
}
