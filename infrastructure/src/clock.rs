//! The operating system's time and randomness: the one place that asks for them.

use gage_application::ports::clock::{Clock, Entropy};
use rand::Rng;
use time::OffsetDateTime;
use uuid::Uuid;

/// The system's clock, UTC.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter of the clock port"
    )]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// The system's randomness: a cryptographic generator, seeded by the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter of the entropy port"
    )]
    fn secret(&self) -> [u8; 32] {
        rand::rng().random()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter of the entropy port"
    )]
    fn id(&self) -> Uuid {
        Uuid::now_v7()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter of the entropy port"
    )]
    fn below(&self, bound: u64) -> u64 {
        if bound == 0 {
            0
        } else {
            rand::rng().random_range(0..bound)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_secrets_differ() {
        let entropy = SystemEntropy;
        let ids: Vec<Uuid> = (0..1000).map(|_| entropy.id()).collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.get_version_num() == 7));
        assert_ne!(entropy.secret(), entropy.secret());
    }

    #[test]
    fn jitter_stays_below_its_bound() {
        let entropy = SystemEntropy;
        assert_eq!(entropy.below(0), 0);
        assert_eq!(entropy.below(1), 0);
        assert!((0..1000).all(|_| entropy.below(7) < 7));
    }
}
