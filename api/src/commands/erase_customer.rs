//! `gage erase-customer ADDRESS`: erases a customer's personal data.

use std::io::Write as _;

use anyhow::Context as _;
use gage_application::{
    erasure::{EraseError, OpenOrderRule},
    metadata::Actor,
    ports::personal_data::Erasure,
};
use gage_domain::value::Address;
use time::format_description::well_known::Rfc3339;

use crate::{
    config::{
        self,
        args::{DatabaseArgs, LogArgs},
    },
    telemetry, wiring,
};

/// Erases, unless orders are in the way.
pub(super) async fn run(
    customer: Address,
    rule: OpenOrderRule,
    database: &DatabaseArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let (database, log) = config::database(database, log)?;
    telemetry::start_logs(&log)?;
    let database = wiring::database(&database).await?;
    wiring::check_log(&database).await?;
    let erasure = Erasure {
        customer,
        by: Actor::System("operator"),
        request: wiring::personal::new_request(),
    };
    let erased = wiring::personal::eraser(&database)
        .erase(&erasure, rule)
        .await;
    let mut out = std::io::stdout().lock();
    match erased {
        Ok(erased) if erased.keys == 0 => {
            writeln!(out, "there is no personal data of {customer}")?;
        }
        Ok(erased) => {
            let at = erased.at.format(&Rfc3339).unwrap_or_default();
            writeln!(out, "the personal data of {customer} was erased at {at}")?;
        }
        Err(EraseError::OpenOrders(orders)) => {
            for order in &orders {
                writeln!(out, "Order:{order}")?;
            }
            drop(out);
            let count = orders.len();
            anyhow::bail!(
                "{count} orders with delivery details are still to be delivered: settle them \
                 first, or erase all the same with --even-with-open-orders"
            );
        }
        Err(error @ EraseError::Behind) => {
            drop(out);
            return Err(error).context(
                "does a server run? It keeps the orders up to date. Or erase whatever they are, \
                 with --even-with-open-orders",
            );
        }
        Err(error) => return Err(error.into()),
    }
    database.pool.close().await;
    Ok(())
}
