//! Logs and metrics of the process.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{
    Layer as _, Registry,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::config::{LogFormat, LogSettings};

/// Upper bounds of the latency buckets, seconds: from a read in memory to a time-out.
const LATENCY_SECS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// Sends logs to standard error in the form that is set.
///
/// # Errors
/// When the filter cannot be read, or a subscriber is already there.
pub fn start_logs(settings: &LogSettings) -> anyhow::Result<()> {
    let filter: Targets = settings.filter.parse().context("GAGE_LOG")?;
    // Its debug spans print the node's URL, which may hold a key.
    let filter = filter.with_target("alloy_transport_http", LevelFilter::INFO);
    let lines = match settings.format {
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(std::io::stderr)
            .boxed(),
        LogFormat::Text => fmt::layer()
            .with_target(false)
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr)
            .boxed(),
    };
    // The filter stands before the layer, not in it: a filter of a layer keeps state between
    // calls, and lost events of requests here (tracing-subscriber 0.3.23).
    Registry::default()
        .with(filter)
        .with(lines)
        .try_init()
        .context("logs")
}

/// Collects metrics; the handle renders them for `/metrics`.
///
/// # Errors
/// When a recorder is already there.
pub fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &LATENCY_SECS)
        .context("latency buckets")?;
    recorder.install_recorder().context("metrics")
}
