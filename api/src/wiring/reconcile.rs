//! Comparing the event log with the chain: by command, and again and again in the server.

use std::sync::Arc;

use gage_application::reconciliation::{Reconciliation, Schedule, ScheduleStatus};
use gage_infrastructure::{
    chain::{EscrowViewSettings, EvmEscrowView, Node},
    postgres::PostgresChainStore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Adapters, Database, chain};
use crate::config::{ChainSettings, Settings};

/// Prepares a comparison. Asks nobody anything.
pub(super) fn prepare(database: &Database, node: Node, chain: &ChainSettings) -> Reconciliation {
    let ChainSettings {
        chain_id,
        escrow,
        start_block,
        confirmations,
        ..
    } = *chain;
    let settings = EscrowViewSettings {
        chain_id,
        escrow,
        start_block,
        confirmations,
    };
    let record = PostgresChainStore::new(database.pool.clone(), chain_id, escrow);
    Reconciliation {
        log: database.log.clone(),
        record: Arc::new(record),
        escrow: Arc::new(EvmEscrowView::new(node, settings)),
    }
}

/// Starts comparing again and again, unless that is switched off; the status shows the results.
pub(super) fn start(
    settings: &Settings,
    adapters: &Adapters,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> anyhow::Result<Option<ScheduleStatus>> {
    let Some(interval) = settings.server.reconcile_interval else {
        return Ok(None);
    };
    let node = chain::node(&settings.node.rpc_url)?;
    let status = ScheduleStatus::default();
    let schedule = Schedule {
        reconciliation: prepare(&adapters.database, node, &settings.chain),
        interval,
        clock: adapters.clock.clone(),
        entropy: adapters.entropy.clone(),
        status: status.clone(),
    };
    tasks.spawn(schedule.run(stop.clone()));
    Ok(Some(status))
}
