//! Where a benchmark ran, and what a process uses of it.

use std::{fmt, fs, process::Command};

use serde::{Deserialize, Serialize};
use sqlx::{Connection, PgConnection};

use crate::database::required;

/// A machine and what runs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub cpu: String,
    /// Its cores, as this process may use them.
    pub cores: usize,
    /// Memory, in GiB.
    pub memory_gib: u64,
    /// The kernel's release.
    pub kernel: String,
    /// `PostgreSQL`'s version.
    pub postgres: String,
    /// Its settings that trade safety for speed, and its memory.
    pub postgres_settings: String,
}

impl Machine {
    /// This one.
    ///
    /// # Panics
    /// When `PostgreSQL` is away.
    pub async fn this() -> Self {
        let mut db = PgConnection::connect(&required("DATABASE_URL"))
            .await
            .unwrap();
        let postgres: String = sqlx::query_scalar("SHOW server_version")
            .fetch_one(&mut db)
            .await
            .unwrap();
        let settings: String = sqlx::query_scalar(
            "SELECT string_agg(format('%s %s', name, current_setting(name)), ', ' ORDER BY name)
               FROM unnest(ARRAY['fsync', 'full_page_writes', 'shared_buffers',
                                 'synchronous_commit']) AS name",
        )
        .fetch_one(&mut db)
        .await
        .unwrap();
        let memory_kib = field("/proc/meminfo", "MemTotal").unwrap_or_default();
        Self {
            cpu: cpu(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: (memory_kib + (1 << 19)) >> 20,
            kernel: text("/proc/sys/kernel/osrelease"),
            postgres,
            postgres_settings: settings,
        }
    }
}

/// Lets `PostgreSQL` write to the disk what is left of earlier work, so that no measurement pays
/// for what was written before it. A server of one's own may not allow it; then it is left out.
///
/// # Panics
/// When `PostgreSQL` is away.
pub(super) async fn checkpoint() {
    let mut db = PgConnection::connect(&required("DATABASE_URL"))
        .await
        .unwrap();
    if let Err(error) = sqlx::query("CHECKPOINT").execute(&mut db).await {
        eprintln!("    no checkpoint before the measurement: {error}");
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cpu,
            cores,
            memory_gib,
            kernel,
            postgres,
            postgres_settings,
        } = self;
        write!(
            f,
            "{cpu}, {cores} cores, {memory_gib} GiB, Linux {kernel}, PostgreSQL {postgres} \
             ({postgres_settings})"
        )
    }
}

/// The checkout's commit; with a `+` when tracked files were changed.
pub fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(text)
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return "unknown".to_owned();
    };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]);
    let mark = if changed.is_none_or(|files| !files.is_empty()) {
        "+"
    } else {
        ""
    };
    format!("{commit}{mark}")
}

/// What a process holds in memory now, and what it held at most, in KiB.
pub fn memory_kib(pid: u32) -> Option<(u64, u64)> {
    let file = format!("/proc/{pid}/status");
    Some((field(&file, "VmRSS")?, field(&file, "VmHWM")?))
}

fn cpu() -> String {
    let named = text("/proc/cpuinfo")
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|rest| rest.trim_start_matches([' ', '\t', ':']).to_owned());
    named.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

/// A number of a file of `/proc` with a line `NAME: number …`.
fn field(file: &str, name: &str) -> Option<u64> {
    let text = text(file);
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

fn text(file: &str) -> String {
    fs::read_to_string(file)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_says_what_it_holds() {
        let (now, most) = memory_kib(std::process::id()).unwrap();
        assert!(now > 1_000 && most >= now, "{now} of {most} KiB");
    }
}
