//! The binary `gage`.

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;
use gage_api::{cli::Cli, commands};

/// Many small allocations on several threads: see docs/performance.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match commands::run(Cli::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // `{:#}` gives the causes too, on one line.
            let told = writeln!(std::io::stderr(), "gage: {error:#}");
            // Standard error may be closed; then the exit code has to do.
            if told.is_ok() {
                ExitCode::FAILURE
            } else {
                ExitCode::from(2)
            }
        }
    }
}
