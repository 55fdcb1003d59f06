//! Which idempotency keys were used a short while ago.
//!
//! A key that is new, as nearly all are, need not be looked up before a command is decided: the
//! append refuses one that is not. But that costs everyone in the group a second attempt. Who is
//! slow to get an answer asks again soon, so what was used last is looked up first; and so is
//! everything of those whose used key an append once had to refuse, else whoever has many old
//! keys could make everyone's commits fail.

use std::{
    hash::{BuildHasher as _, RandomState},
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use lru::LruCache;
use tokio::time::{Duration, Instant};

use crate::ports::event_log::IdempotencyKey;

/// Keys that are remembered: some 3 MB.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(32_768).unwrap();
/// Suspects that are remembered.
const SUSPECTS: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();
/// For how long everything is looked up after a used key made a group fail. Where many repeat
/// their last request at once (after an outage) one group fails for it, and not one after another.
const WARY: Duration = Duration::from_secs(1);

/// The keys that were used last.
pub(super) struct UsedKeys {
    /// Only hashes are kept: two with the same one cost a look-up.
    hasher: RandomState,
    /// Held for a moment only, never over an await.
    memory: Mutex<Memory>,
}

struct Memory {
    keys: LruCache<u64, ()>,
    suspects: LruCache<u64, ()>,
    suspected_at: Option<Instant>,
}

impl Default for UsedKeys {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            memory: Mutex::new(Memory {
                keys: LruCache::unbounded(),
                suspects: LruCache::unbounded(),
                suspected_at: None,
            }),
        }
    }
}

impl UsedKeys {
    /// Whether the key was used a short while ago, as far as is remembered here.
    pub(super) fn may_have(&self, key: &IdempotencyKey) -> bool {
        let key_hash = self.hasher.hash_one(key);
        let principal_hash = self.hasher.hash_one(&key.principal);
        self.with(|memory| {
            memory.suspected_at.is_some_and(|at| at.elapsed() < WARY)
                // Who is still there stays remembered.
                || memory.suspects.get(&principal_hash).is_some()
                || memory.keys.contains(&key_hash)
        })
    }

    /// The key was used.
    pub(super) fn remember(&self, key: &IdempotencyKey) {
        let hash = self.hasher.hash_one(key);
        self.with(|memory| keep(&mut memory.keys, hash, REMEMBERED));
    }

    /// Whose key it is has made a group of commands fail with a used one.
    pub(super) fn suspect(&self, key: &IdempotencyKey) {
        let hash = self.hasher.hash_one(&key.principal);
        self.with(|memory| {
            keep(&mut memory.suspects, hash, SUSPECTS);
            memory.suspected_at = Some(Instant::now());
        });
    }

    fn with<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> T {
        look(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn keep(hashes: &mut LruCache<u64, ()>, hash: u64, most: NonZeroUsize) {
    hashes.put(hash, ());
    if hashes.len() > most.get() {
        hashes.pop_lru();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> IdempotencyKey {
        IdempotencyKey {
            principal: "wallet:0x0b".to_owned(),
            key: number.to_string(),
        }
    }

    #[test]
    fn the_last_ones_are_remembered_and_no_more() {
        let used = UsedKeys::default();
        for number in 0..=REMEMBERED.get() {
            used.remember(&key(number));
        }
        assert!(!used.may_have(&key(0)), "one too many");
        assert!(used.may_have(&key(1)));
        assert!(used.may_have(&key(REMEMBERED.get())));
        assert_eq!(used.with(|memory| memory.keys.len()), REMEMBERED.get());
    }

    #[test]
    fn all_keys_of_a_suspect_are_looked_up_and_for_a_moment_those_of_others_too() {
        let used = UsedKeys::default();
        let others = IdempotencyKey {
            principal: "wallet:0x0c".to_owned(),
            ..key(2)
        };
        assert!(!used.may_have(&others));
        used.suspect(&key(1));
        assert!(used.may_have(&others));
        used.with(|memory| memory.suspected_at = Instant::now().checked_sub(WARY));
        assert!(!used.may_have(&others));
        for number in 0..=REMEMBERED.get() {
            used.remember(&key(number));
        }
        assert!(used.may_have(&key(REMEMBERED.get() + 1)), "of the suspect");
    }
}
