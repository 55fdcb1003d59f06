//! The gateway over the real event log: whole appends, races, repetitions, lost connections.

mod fault;
mod races;
mod refusals;
mod repetitions;
mod support;
mod whole_appends;
