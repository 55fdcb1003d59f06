//! `pgbench`: what `PostgreSQL` itself takes, on a table of the log's layout.

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use sqlx::PgPool;
use tempfile::TempDir;

use super::{figures::Latencies, figures::Tail, figures::real};
use crate::database::required;

/// A row as `receive_stock` writes it.
const SINGLE: &str = "
INSERT INTO events_bench (aggregate_type, aggregate_id, sequence, event_type, event_version,
                          payload, metadata)
VALUES ('Inventory', gen_random_uuid()::text, 1, 'StockReceived', '1.0.0', PAYLOAD, METADATA);
";

/// A hundred of them in one statement.
const HUNDRED: &str = "
INSERT INTO events_bench (aggregate_type, aggregate_id, sequence, event_type, event_version,
                          payload, metadata)
SELECT 'Inventory', gen_random_uuid()::text, 1, 'StockReceived', '1.0.0', payload, METADATA
  FROM unnest(array_fill(PAYLOAD, ARRAY[100])) AS payload;
";

const PAYLOAD: &str = r#"'{"StockReceived": {"quantity": 1}}'::jsonb"#;
const METADATA: &str = r#"'{"actor": "wallet:0x00000000000000000000000000000000000000b0",
 "causation_id": "0192f3a0-0000-7000-8000-000000000000",
 "correlation_id": "0192f3a0-0000-7000-8000-000000000000",
 "decided_at": "2026-01-01T00:00:00.123456789Z"}'::jsonb"#;

/// What clients write in one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// One row.
    Single,
    /// A hundred rows.
    Hundred,
}

/// What clients did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    /// Rows a second.
    pub(super) rows_per_sec: f64,
    /// Of a statement.
    pub(super) tail: Tail,
}

/// Makes an empty table like the log's, with its indexes and defaults, so that the log stays as
/// it is.
///
/// # Errors
/// When the database refuses.
pub(super) async fn table(pool: &PgPool) -> Result<()> {
    sqlx::query("DROP TABLE IF EXISTS events_bench")
        .execute(pool)
        .await?;
    sqlx::query("CREATE TABLE events_bench (LIKE events INCLUDING ALL)")
        .execute(pool)
        .await?;
    Ok(())
}

/// Lets so many clients insert for so long, each statement a transaction of its own.
///
/// # Errors
/// When pgbench fails, or tells nothing.
pub(super) async fn insert(
    url: &str,
    rows: Rows,
    clients: usize,
    length: Duration,
) -> Result<Written> {
    let url = url.to_owned();
    // It keeps a thread waiting.
    tokio::task::spawn_blocking(move || run(&url, rows, clients, length)).await?
}

fn run(url: &str, rows: Rows, clients: usize, length: Duration) -> Result<Written> {
    let folder = TempDir::new()?;
    let (script, per_statement) = match rows {
        Rows::Single => (SINGLE, 1.0),
        Rows::Hundred => (HUNDRED, 100.0),
    };
    let script = script
        .replace("PAYLOAD", PAYLOAD)
        .replace("METADATA", METADATA);
    let file = folder.path().join("insert.sql");
    fs::write(&file, script)?;
    // It counts in whole seconds.
    let secs = length.as_secs().max(1);
    let output = Command::new(required("GAGE_PGBENCH_BIN"))
        .current_dir(folder.path())
        .args(["--no-vacuum", "--protocol=prepared", "--log"])
        .args([format!("--client={clients}"), format!("--time={secs}")])
        .arg(format!("--jobs={}", clients.min(2)))
        .arg(format!("--file={}", file.display()))
        .arg(url)
        .output()
        .context("pgbench does not start")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "pgbench failed: {errors}");
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(
        told.contains("number of failed transactions: 0 "),
        "pgbench: {told}"
    );
    let rate = told
        .lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next())
        .with_context(|| format!("pgbench tells no rate: {told}"))?;
    let rate: f64 = rate.parse()?;
    let tail = latencies(folder.path())?;
    Ok(Written {
        rows_per_sec: rate * per_statement,
        tail,
    })
}

/// From its logs, one for each thread: client, transaction, microseconds, …
fn latencies(folder: &Path) -> Result<Tail> {
    let mut latencies = Latencies::default();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with("pgbench_log.") {
            continue;
        }
        for line in fs::read_to_string(&path)?.lines() {
            let micros = line.split(' ').nth(2).context("a line of pgbench's log")?;
            latencies.record(Duration::from_micros(micros.parse()?));
        }
    }
    ensure!(real(latencies.count()) > 0.0, "pgbench logged nothing");
    Ok(latencies.tail())
}
