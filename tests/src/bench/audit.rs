//! `gage audit replay` on a long log, beside `COPY` of the same rows.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{
    figures::real,
    machine::memory_kib,
    report::{Row, Unit},
    shop::Shop,
    targets::Headline,
};
use crate::server::binary;

/// Time between looks at the process's memory.
const LOOK: Duration = Duration::from_millis(20);

/// Replays the shop's log and compares its read models; `copied` is how many of these events the
/// server copies out in a second.
pub(super) async fn replayed(shop: &Shop, events: u64, copied: f64) -> Result<Vec<Row>> {
    let (report, most_kib) = audit(shop.url().to_owned()).await?;
    let replay = &report["replay"];
    ensure!(report["agrees"] == true, "the log differs: {replay}");
    ensure!(replay["events"] == events, "{events} events, but {replay}");
    let per_sec = |phase: &str| {
        let figure = |name: &str| replay[phase][name].as_f64().context(name.to_owned());
        Ok::<f64, anyhow::Error>(figure("read")? * 1_000.0 / figure("millis")?.max(1.0))
    };
    let most = real(most_kib) / 1024.0;
    Ok(vec![
        Row::of(
            "audit replay, every event checked",
            per_sec("folding")?,
            Unit::Events,
        )
        .headline(Headline::AuditReplay)
        .beside("COPY of the same rows", copied),
        Row::of(
            "audit replay, rows of read models",
            per_sec("comparing")?,
            Unit::Events,
        )
        .note("rows a second, each compared with what the log says"),
        Row::of("audit replay's memory at most", most, Unit::Mebibytes)
            .headline(Headline::AuditMemory)
            .note(format!("of a log of {events} events")),
    ])
}

/// Runs the command; its report, and the most memory that it had.
async fn audit(url: String) -> Result<(Value, u64)> {
    tokio::task::spawn_blocking(move || {
        let child = Command::new(binary())
            .args(["audit", "replay", "--json", "--without-chain"])
            .env("DATABASE_URL", url)
            .env("GAGE_ENV", "development")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let pid = child.id();
        let watch = std::thread::spawn(move || {
            let mut most = 0;
            // Until it is gone.
            while let Some((_, so_far)) = memory_kib(pid) {
                most = most.max(so_far);
                std::thread::sleep(LOOK);
            }
            most
        });
        let output = child.wait_with_output()?;
        let most = watch.join().unwrap_or_default();
        let report = serde_json::from_slice(&output.stdout);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok((report.with_context(|| told)?, most))
    })
    .await?
}
