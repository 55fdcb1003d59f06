//! Turns: within a process, requests with the same idempotency key go one after another. The
//! second one then finds what the first one did, instead of a group of commands failing for it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use crate::ports::event_log::IdempotencyKey;

/// One lock for each key that is in use right now.
#[derive(Default)]
pub(super) struct Turns {
    locks: Mutex<Locks>,
}

/// The locks, and how many there may be before those that nobody holds are swept out.
struct Locks {
    // Weak: a key that nobody uses any more leaves no lock behind.
    by_key: HashMap<IdempotencyKey, Weak<Turn<()>>>,
    sweep_at: usize,
}

/// Size at which locks that nobody holds are swept out, at least.
const SWEEP_AT: usize = 1024;

impl Default for Locks {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            sweep_at: SWEEP_AT,
        }
    }
}

impl Locks {
    /// Sweeps at every doubling only: with many keys in use, each sweep would find little.
    fn sweep(&mut self) {
        if self.by_key.len() >= self.sweep_at {
            self.by_key.retain(|_, turn| turn.strong_count() > 0);
            self.sweep_at = SWEEP_AT.max(2 * self.by_key.len());
        }
    }
}

impl Turns {
    /// Waits until the caller is alone with this key. Fair: first come, first served.
    pub(super) async fn take(&self, key: &IdempotencyKey) -> OwnedMutexGuard<()> {
        self.turn_of(key).lock_owned().await
    }

    fn turn_of(&self, key: &IdempotencyKey) -> Arc<Turn<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = locks.by_key.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        locks.sweep();
        let turn = Arc::new(Turn::new(()));
        locks.by_key.insert(key.clone(), Arc::downgrade(&turn));
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

    fn key(name: &str) -> IdempotencyKey {
        IdempotencyKey {
            principal: "wallet:0x0b".to_owned(),
            key: name.to_owned(),
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_at_a_time_with_a_key() {
        let turns = Arc::new(Turns::default());
        let inside = Arc::new(AtomicU32::new(0));
        let tasks = (0..200).map(|_| {
            let (turns, inside) = (turns.clone(), inside.clone());
            tokio::spawn(async move {
                let _turn = turns.take(&key("once")).await;
                let others = inside.fetch_add(1, Ordering::SeqCst);
                assert_eq!(others, 0, "two were inside at once");
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
    async fn keys_that_nobody_uses_leave_no_lock_behind() {
        let turns = Turns::default();
        for index in 0..(SWEEP_AT * 8) {
            drop(turns.take(&key(&index.to_string())).await);
        }
        assert!(turns.locks.lock().unwrap().by_key.len() <= SWEEP_AT);
    }
}
