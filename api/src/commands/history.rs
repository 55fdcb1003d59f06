//! `gage history STREAM`: every event of a stream.

use std::io::{self, Write};

use anyhow::{Context as _, bail};
use gage_application::event::{StoredEvent, StreamName};
use gage_domain::ids::PayoutId;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use crate::{
    config::{
        self,
        args::{DatabaseArgs, LogArgs},
    },
    graphql::node_id::NodeId,
    telemetry, wiring,
};

/// The types of streams, as the log names them.
const TYPES: [&str; 6] = ["Shop", "Product", "Inventory", "Order", "Payment", PAYOUT];

/// Of which the streams are named by what they are about, and not by a UUID.
const PAYOUT: &str = "Payout";

/// Prints a stream.
pub(super) async fn run(
    stream: &str,
    json: bool,
    database: &DatabaseArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let stream = stream_name(stream)?;
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

/// `TYPE:UUID`, or a global id.
pub(super) fn stream_name(text: &str) -> anyhow::Result<StreamName> {
    let named = NodeId::decode(text).map_or_else(|| text.to_owned(), |id| id.to_string());
    let (aggregate_type, aggregate_id) = named
        .split_once(':')
        .with_context(|| format!("{text:?} is no stream: it is TYPE:UUID, for example Order:…"))?;
    let Some(aggregate_type) = TYPES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(aggregate_type))
    else {
        bail!(
            "there is no stream type {aggregate_type:?}; there are {}",
            TYPES.join(", ")
        );
    };
    let aggregate_id = if *aggregate_type == PAYOUT {
        let id: PayoutId = aggregate_id.to_ascii_lowercase().parse()?;
        id.to_string()
    } else {
        let id: uuid::Uuid = aggregate_id
            .parse()
            .with_context(|| format!("{aggregate_id:?} is no UUID"))?;
        id.hyphenated().to_string()
    };
    Ok(StreamName {
        aggregate_type: (*aggregate_type).to_owned(),
        aggregate_id,
    })
}

fn print(out: &mut impl Write, event: &StoredEvent) -> io::Result<()> {
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

fn print_json(out: &mut impl Write, event: &StoredEvent) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use gage_domain::ids::OrderId;
    use uuid::Uuid;

    use super::*;
    use crate::graphql::node_id::GlobalId as _;

    #[test]
    fn a_stream_is_named_by_type_and_uuid_or_by_a_global_id() {
        let id = Uuid::from_u128(7);
        let named = stream_name(&format!("order:{id}")).unwrap();
        assert_eq!(named.to_string(), format!("Order:{id}"));
        assert_eq!(stream_name(&OrderId(id).to_global()).unwrap(), named);
    }

    #[test]
    fn a_payout_is_named_by_chain_escrow_account_and_token() {
        let address = |digits: &str| format!("0x{}", digits.repeat(20));
        let (escrow, account, coin) = (address("E5"), address("A1"), address("00"));
        let named = stream_name(&format!("payout:1337-{escrow}-{account}-{coin}")).unwrap();
        let (escrow, account) = (escrow.to_lowercase(), account.to_lowercase());
        let expected = format!("Payout:1337-{escrow}-{account}-{coin}");
        assert_eq!(named.to_string(), expected);
        assert!(stream_name("Payout:1337").is_err());
    }

    #[test]
    fn what_is_no_stream_is_told_why() {
        for (text, told) in [
            ("Order", "TYPE:UUID"),
            ("Cart:1", "Shop, Product"),
            ("Order:1", "no UUID"),
        ] {
            let error = format!("{:#}", stream_name(text).unwrap_err());
            assert!(error.contains(told), "{error}");
        }
    }
}
