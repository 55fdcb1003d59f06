//! `gage audit prove`: the receipt of an order, or one event with its proof.

use std::io::Write as _;

use anyhow::{Context as _, bail};
use gage_application::{event::StreamName, tree::Receipts};
use gage_domain::{
    Decider as _,
    ids::OrderId,
    order::Order,
    proof::{Statement, Trust, verify_document},
};

use crate::{
    config::{
        self,
        args::{DatabaseArgs, LogArgs},
    },
    streams, telemetry, wiring,
};

const NOT_SIGNED: &str = "there is no such event, or no checkpoint above it yet";

/// Prints the document, and fails when it does not prove what it should.
pub(super) async fn run(
    stream: &str,
    event: Option<u64>,
    database: &DatabaseArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let stream = streams::parse(stream)?;
    let (database, log) = config::database(database, log)?;
    telemetry::start_logs(&log)?;
    let database = wiring::database(&database).await?;
    let document = document(&wiring::receipts(&database), &stream, event).await;
    database.pool.close().await;
    let document = document?;
    writeln!(std::io::stdout().lock(), "{document}")?;
    // The log of now against what was signed: the proof is of what it was then.
    let verdict = verify_document(&document, &Trust::default())?;
    let refuted: Vec<_> = verdict
        .statements
        .iter()
        .filter(|statement| matches!(statement, Statement::Refuted(_)))
        .map(ToString::to_string)
        .collect();
    if !refuted.is_empty() {
        bail!(
            "the event log is not what was signed:\n{}",
            refuted.join("\n")
        );
    }
    Ok(())
}

async fn document(
    receipts: &Receipts,
    stream: &StreamName,
    event: Option<u64>,
) -> anyhow::Result<String> {
    if let Some(sequence) = event {
        let document = receipts.event(stream, sequence).await?;
        return Ok(serde_json::to_string_pretty(
            &document.context(NOT_SIGNED)?,
        )?);
    }
    if stream.aggregate_type != Order::TYPE {
        bail!("only orders have receipts: say which event of {stream} with --event");
    }
    let order: OrderId = stream.aggregate_id.parse()?;
    let receipt = receipts.of_order(order).await?.context(NOT_SIGNED)?;
    Ok(serde_json::to_string_pretty(&receipt)?)
}
