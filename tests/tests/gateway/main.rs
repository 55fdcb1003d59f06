//! The gateway over the real event log: whole appends, races, repetitions, lost connections.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking where something is not as it must be"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "ids of the test's own, as a client makes them"
)]

mod acknowledged;
mod fault;
mod faulty_log;
mod groups;
mod money;
mod prices;
mod races;
mod refusals;
mod repetitions;
mod support;
mod whole_appends;
