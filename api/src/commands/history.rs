//! `gage history STREAM`: every event of a stream.

use std::io::{self, Write};

use anyhow::{Context as _, bail};
use gage_application::event::StoredEvent;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use crate::{
    config::{
        self,
        args::{DatabaseArgs, LogArgs},
    },
    streams, telemetry, wiring,
};

/// Prints a stream.
pub(super) async fn run(
    stream: &str,
    json: bool,
    database: &DatabaseArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let stream = streams::parse(stream)?;
    let (database, log) = config::database(database, log)?;
    telemetry::start_logs(&log)?;
    let database = wiring::database(&database).await?;
    let events = database
        .log
        .load(&stream, 0)
        .await
        .context("the event log")?;
    if events.is_empty() {
        bail!("the stream {stream} has no events");
    }
    let mut out = io::stdout().lock();
    for event in &events {
        if json {
            print_json(&mut out, event)?;
        } else {
            print(&mut out, event)?;
        }
    }
    database.pool.close().await;
    Ok(())
}

pub(super) fn print(out: &mut impl Write, event: &StoredEvent) -> io::Result<()> {
    let decided_at = event
        .metadata
        .decided_at
        .format(&Rfc3339)
        .unwrap_or_default();
    writeln!(
        out,
        "{:>4}  {}  {} {}  at {decided_at}",
        event.sequence, event.position, event.event_type, event.event_version
    )?;
    writeln!(out, "      by {}", event.metadata.actor)?;
    writeln!(
        out,
        "      correlation {}  caused by {}",
        event.metadata.correlation_id, event.metadata.causation_id
    )?;
    let payload = serde_json::to_string_pretty(&payload_of(event)?).unwrap_or_default();
    payload
        .lines()
        .try_for_each(|line| writeln!(out, "      {line}"))
}

pub(super) fn print_json(out: &mut impl Write, event: &StoredEvent) -> io::Result<()> {
    let line = json!({
        "stream": event.stream.to_string(),
        "sequence": event.sequence,
        "position": event.position.to_string(),
        "type": event.event_type,
        "version": event.event_version,
        "payload": payload_of(event)?,
        "metadata": event.metadata.to_map(),
        "recordedAt": event.recorded_at.format(&Rfc3339).unwrap_or_default(),
    });
    writeln!(out, "{line}")
}

fn payload_of(event: &StoredEvent) -> io::Result<Value> {
    event.payload.parse().map_err(io::Error::other)
}
