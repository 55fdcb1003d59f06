//! The server as a process: what it holds after all of it, how long it takes to start, how
//! large it is.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::time::sleep;

use super::{
    figures::{median, real},
    machine::memory_kib,
    report::{Row, Unit},
    site::Site,
    targets::Headline,
    wire::Wire,
};
use crate::server::binary;

/// Starts, of which the middle one counts.
const STARTS: usize = 5;
/// How long a start may take.
const READY: Duration = Duration::from_secs(30);

pub(super) async fn measure(site: &mut Site) -> Result<Vec<Row>> {
    let pid = site.stack.server.pid().context("the server")?;
    let (now, most) = memory_kib(pid).context("the server's memory")?;
    let mebibytes = |kib: u64| real(kib) / 1024.0;
    let binary = real(std::fs::metadata(binary())?.len()) / f64::from(1 << 20);
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(start(site).await?.as_secs_f64() * 1_000.0);
    }
    Ok(vec![
        Row::of(
            "server's memory after the run",
            mebibytes(now),
            Unit::Mebibytes,
        )
        .headline(Headline::Memory)
        .note(format!("at most {:.0} MiB", mebibytes(most))),
        Row::of(
            "server's start, from the spawn to /readyz",
            median(starts),
            Unit::Millis,
        )
        .headline(Headline::Start),
        Row::of("server's binary, with line tables", binary, Unit::Mebibytes)
            .headline(Headline::Binary),
    ])
}

async fn start(site: &mut Site) -> Result<Duration> {
    site.stack.server.stop();
    let began = Instant::now();
    site.stack.server.launch();
    while began.elapsed() < READY {
        if ready(site).await.is_ok() {
            return Ok(began.elapsed());
        }
        sleep(Duration::from_millis(1)).await;
    }
    anyhow::bail!("not ready within {READY:?}")
}

async fn ready(site: &Site) -> Result<()> {
    let mut wire = Wire::connect(site.address()).await?;
    wire.exchange(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await?;
    Ok(())
}
