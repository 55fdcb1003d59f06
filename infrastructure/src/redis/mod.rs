//! Redis: what may be lost. Sessions, sign-in nonces, rate limits, and wake-ups between
//! replicas. Orders and payments never depend on it; losing it signs people out.
//!
//! Every key begins with the store's prefix, so that several shops can share one server:
//!
//! | key | what |
//! |---|---|
//! | `PREFIXnonce:NONCE` | a nonce that was issued and not taken |
//! | `PREFIXsession:SHA256(TOKEN)` | a session, as JSON |
//! | `PREFIXsessions-of:ADDRESS` | hashes of a wallet's sessions, by their end |
//! | `PREFIXlimit:KEY` | when the next attempt fits, in microseconds |
//! | `PREFIXwake-ups` | the channel between replicas |
//!
//! One server, or a primary with replicas; not a cluster, as the scripts touch keys of several
//! slots.

mod nonces;
mod outage;
mod rate_limiter;
mod sessions;
mod store;
mod wake_ups;

pub use self::{
    nonces::RedisNonces,
    rate_limiter::RedisRateLimiter,
    sessions::RedisSessions,
    store::{InvalidRedisUrl, RedisStore},
    wake_ups::RedisWakeUps,
};
