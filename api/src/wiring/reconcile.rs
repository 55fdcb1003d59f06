//! Comparing the event log with the chain: by command, and again and again in the server.

use std::sync::Arc;

use gage_application::reconciliation::{Reconciliation, Schedule, ScheduleStatus};
use gage_infrastructure::{
    chain::{EscrowViewSettings, EvmEscrowView},
    postgres::PostgresChainStore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Adapters, Database, chain};
use crate::config::{ChainSettings, Settings};

/// Prepares a comparison. Asks nobody anything.
pub(super) fn prepare(
    database: &Database,
    chain: &ChainSettings,
) -> anyhow::Result<Reconciliation> {
    let node = chain::node(&chain.rpc)?;
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
    Ok(Reconciliation {
        log: database.log.clone(),
        record: Arc::new(record),
        escrow: Arc::new(EvmEscrowView::new(node, settings)),
    })
}

/// Starts comparing again and again, each chain by itself, unless that is switched off; the status
/// of each shows the results.
pub(super) fn start(
    settings: &Settings,
    adapters: &Adapters,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> anyhow::Result<Vec<(u64, ScheduleStatus)>> {
    let Some(interval) = settings.server.reconcile_interval else {
        return Ok(Vec::new());
    };
    let mut statuses = Vec::new();
    for chain in &settings.chains {
        let status = ScheduleStatus::default();
        let schedule = Schedule {
            chain_id: chain.chain_id,
            reconciliation: prepare(&adapters.database, chain)?,
            interval,
            clock: adapters.clock.clone(),
            entropy: adapters.entropy.clone(),
            status: status.clone(),
        };
        tasks.spawn(schedule.run(stop.clone()));
        statuses.push((chain.chain_id, status));
    }
    Ok(statuses)
}
