//! Time and randomness, so that nothing else asks for them.

use time::OffsetDateTime;
use uuid::Uuid;

/// The clock.
pub trait Clock: Send + Sync {
    /// Now, UTC.
    fn now(&self) -> OffsetDateTime;
}

/// The source of ids and secrets.
pub trait Entropy: Send + Sync {
    /// 32 bytes that nobody can guess.
    fn secret(&self) -> [u8; 32];
    /// A new id, rising in time (UUID version 7).
    fn id(&self) -> Uuid;
    /// A number below `bound` (0 for a bound of 0), for jitter.
    fn below(&self, bound: u64) -> u64;
}
