//! PostgreSQL: the event log, and what is kept beside it.
//!
//! The tables are those of `migrations/`. Invariants of the event log:
//! - an append is one statement in a transaction of its own, and never notifies inside it;
//! - a stream's sequences are dense from 1: `events_pkey` decides races, and an append on a
//!   sequence that is not there is refused;
//! - readers see events in the order (`xact_id`, `position`), and none while an earlier one
//!   could still appear;
//! - a history that is cut short is an error, never a shorter history.
//!
//! PostgreSQL knows one order of transaction ids for the whole cluster: a transaction that
//! writes anywhere in the cluster and stays open holds back the readers of the log.

mod anchors;
mod append;
mod chain_store;
mod checkpoints;
mod chronicle;
mod cqrs;
mod event_log;
mod failure;
mod keeper_ledger;
mod migration;
mod personal;
mod pool;
mod read_after;
mod reader;
mod replay;
mod restore;
mod rows;
mod snapshots;
mod tree;

pub(crate) use anchors::name as anchor_state_name;
pub use anchors::{AnchorTransaction, PostgresAnchorLedger, PostgresAnchors};
pub use chain_store::{ChainCursor, ChainStoreError, PostgresChainStore, RING_BLOCKS};
pub use checkpoints::PostgresCheckpoints;
pub use chronicle::PostgresChronicle;
pub use cqrs::StockSnapshotsRefused;
pub use event_log::PostgresEventLog;
pub(crate) use failure::of_store as store_unavailable;
pub use keeper_ledger::{KeeperOutcome, KeeperTransaction, PostgresKeeperLedger, Reservation};
pub use migration::{DisplacedLog, Migrated, MigrationError, check_log, migrate};
pub use personal::{PostgresPersonalData, WrappingKey};
pub use pool::{ConnectError, PoolOptions, connect};
pub use replay::PostgresStored;
pub use restore::{Restore, RestoreError};
pub use snapshots::PostgresSnapshots;
pub use tree::{PostgresCheckpointStore, PostgresTree};
