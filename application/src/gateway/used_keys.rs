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

use crate::ports::event_log::IdempotencyKey;

/// Keys and principals that are remembered: some 3 MB.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(32_768).unwrap();

/// The keys that were used last.
pub(super) struct UsedKeys {
    /// Only hashes are kept: two with the same one cost a look-up.
    hasher: RandomState,
    /// Held for a moment only, never over an await.
    hashes: Mutex<LruCache<u64, ()>>,
}

impl Default for UsedKeys {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            hashes: Mutex::new(LruCache::unbounded()),
        }
    }
}

impl UsedKeys {
    /// Whether the key was used a short while ago, as far as is remembered here.
    pub(super) fn may_have(&self, key: &IdempotencyKey) -> bool {
        let key_hash = self.hasher.hash_one(key);
        let principal_hash = self.hasher.hash_one(&key.principal);
        self.with(|hashes| hashes.contains(&key_hash) || hashes.contains(&principal_hash))
    }

    /// The key was used.
    pub(super) fn remember(&self, key: &IdempotencyKey) {
        self.keep(self.hasher.hash_one(key));
    }

    /// Whose key it is has made a group of commands fail with a used one.
    pub(super) fn suspect(&self, key: &IdempotencyKey) {
        self.keep(self.hasher.hash_one(&key.principal));
    }

    fn keep(&self, hash: u64) {
        self.with(|hashes| {
            hashes.put(hash, ());
            if hashes.len() > REMEMBERED.get() {
                hashes.pop_lru();
            }
        });
    }

    fn with<T>(&self, look: impl FnOnce(&mut LruCache<u64, ()>) -> T) -> T {
        look(&mut self.hashes.lock().unwrap_or_else(PoisonError::into_inner))
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
        assert_eq!(used.with(|hashes| hashes.len()), REMEMBERED.get());
    }

    #[test]
    fn all_keys_of_a_suspect_are_looked_up() {
        let used = UsedKeys::default();
        used.suspect(&key(1));
        assert!(used.may_have(&key(2)));
        let others = IdempotencyKey {
            principal: "wallet:0x0c".to_owned(),
            ..key(2)
        };
        assert!(!used.may_have(&others));
    }
}
