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
    replay::history,
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
    let verified = &report["signed"]["head"]["size"];
    ensure!(
        *verified == events,
        "{events} events, but {verified} leaves"
    );
    let per_sec = |phase: &str| {
        let figure = |name: &str| replay[phase][name].as_f64().context(name.to_owned());
        Ok::<f64, anyhow::Error>(figure("read")? * 1_000.0 / figure("millis")?.max(1.0))
    };
    let most = real(most_kib) / 1024.0;
    Ok(vec![
        Row::of(
            "audit replay, every event checked and its leaf verified",
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

/// The memory for a log with fewer orders, beside which that for the whole one can be seen.
pub(super) async fn memory_of_less(orders: usize) -> Result<Row> {
    let (shop, events) = history(orders.max(1)).await;
    shop.settle().await;
    for (_, read_model) in shop.read_models() {
        read_model.run_to_end().await?;
    }
    shop.tree().run_to_end().await?;
    let (report, most_kib) = audit(shop.url().to_owned()).await?;
    ensure!(report["agrees"] == true, "the log differs: {report}");
    shop.end().await;
    let most = real(most_kib) / 1024.0;
    let name = "audit replay's memory at most, of a shorter log";
    Ok(Row::of(name, most, Unit::Mebibytes).note(format!("of a log of {events} events")))
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
        ensure!(most > 0, "its memory was never seen");
        let report = serde_json::from_slice(&output.stdout);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok((report.with_context(|| told)?, most))
    })
    .await?
}
