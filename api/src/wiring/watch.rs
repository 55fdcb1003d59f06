//! Gauges that somebody has to look at: the readers' lag and the age of the log's horizon.

use std::{sync::Arc, time::Duration};

use gage_application::{
    catch_up::HealthHandle,
    ports::{clock::Clock, event_log::EventLog},
};
use gage_infrastructure::clock::SystemClock;
use metrics::{describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;

/// Time between looks.
const EVERY: Duration = Duration::from_secs(5);

/// Looks until `stop`.
pub(super) async fn run(
    log: Arc<dyn EventLog>,
    readers: Vec<HealthHandle>,
    metrics: PrometheusHandle,
    stop: CancellationToken,
) {
    describe();
    loop {
        look(log.as_ref(), &readers).await;
        metrics.run_upkeep();
        select! {
            () = stop.cancelled() => return,
            () = sleep(EVERY) => {}
        }
    }
}

async fn look(log: &dyn EventLog, readers: &[HealthHandle]) {
    let Ok(state) = log.state().await else {
        gauge!("gage_database_up").set(0.0);
        return;
    };
    gauge!("gage_database_up").set(1.0);
    let age = state
        .horizon_since
        .map_or(time::Duration::ZERO, |since| SystemClock.now() - since);
    gauge!("gage_horizon_age_seconds").set(age.as_seconds_f64().max(0.0));
    for reader in readers {
        let health = reader.get();
        // Positions are handed out one by one: the difference is about the events to come.
        let behind = if health.checkpoint >= state.head {
            0
        } else {
            (state.head.position - health.checkpoint.position).max(1)
        };
        let behind = u32::try_from(behind).unwrap_or(u32::MAX);
        gauge!("gage_projection_lag_events", "consumer" => health.name).set(behind);
    }
}

fn describe() {
    describe_gauge!("gage_database_up", "1 when the database answers");
    describe_gauge!(
        "gage_horizon_age_seconds",
        "Age of the oldest transaction that keeps new events from the readers"
    );
    describe_gauge!(
        "gage_projection_lag_events",
        "Events that a reader of the log has still to handle"
    );
    describe_gauge!(
        "gage_consumer_stopped",
        "1 when a poison event stopped a reader of the log"
    );
    describe_histogram!(
        "gage_command_seconds",
        "Time of an operation in the gateway"
    );
    describe_counter!("gage_commands_total", "Operations, by outcome");
    describe_counter!(
        "gage_attempts_failed_total",
        "Reported transactions that will not pay, by reason"
    );
    describe_gauge!(
        "gage_reconcile_differences",
        "Differences between the event log and the chain in the last reconciliation"
    );
    describe_gauge!(
        "gage_reconcile_last_success_timestamp_seconds",
        "When the last reconciliation came to a result"
    );
    describe_counter!("gage_reconcile_runs_total", "Reconciliations, by outcome");
    describe_counter!("gage_conflicts_total", "Appends that another writer won");
    describe_counter!(
        "gage_keeper_transactions_total",
        "Transactions of the keeper, by what became of them"
    );
    describe_gauge!(
        "gage_keeper_spent_wei",
        "What the keeper's transactions of the day cost, or may cost"
    );
    describe_gauge!(
        "gage_keeper_waiting",
        "1 when something keeps the keeper from releasing"
    );
    describe_counter!(
        "gage_checkpoints_total",
        "Checkpoints of the event log that were signed"
    );
    describe_gauge!(
        "gage_tree_refused",
        "1 when the history is not the one that was signed: nothing is signed any more"
    );
    describe_counter!("gage_anchors_total", "Anchors, by how far they came");
    describe_gauge!(
        "gage_anchoring_waiting",
        "1 when something keeps anchors from being written"
    );
    describe_counter!("gage_http_requests_total", "HTTP requests");
    describe_histogram!("gage_http_request_seconds", "Time of an HTTP request");
    describe_counter!(
        "gage_requests_uncounted_total",
        "Requests that no limit counted because Redis was away"
    );
}
