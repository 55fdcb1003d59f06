//! `gage-bench run` measures everything, prints it and writes it down; `gage-bench table` puts a
//! report's table into a page; `gage-bench bare` is the handler that pages are compared with.
//! `script/bench` calls it, with the servers around it.

#![expect(clippy::print_stdout, reason = "a program for people at a terminal")]

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Result, bail};
use clap::{Parser, ValueEnum};
use gage_tests::bench::{
    self, Measurement,
    report::Report,
    sizes::Form,
    table::{self, Choice, Language},
};

/// The server's own, so that the gateway in here and the bare handler cost what they cost there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The benchmark.
#[derive(Debug, Parser)]
enum Command {
    /// Measures, prints, and writes down
    Run {
        /// How much is measured
        #[arg(long, value_enum, default_value = "short")]
        form: Form,
        /// Only these
        #[arg(long, value_enum, value_delimiter = ',')]
        only: Vec<Measurement>,
        /// Where the report goes
        #[arg(long)]
        json: PathBuf,
    },
    /// Puts a report's table between a page's marks
    Table {
        /// The report
        #[arg(long)]
        json: PathBuf,
        /// The page
        #[arg(long)]
        into: PathBuf,
        /// The page's tongue
        #[arg(long, value_enum, default_value = "en")]
        language: Language,
        /// Which figures
        #[arg(long, value_enum, default_value = "all")]
        choice: Choice,
    },
    /// Serves a file's bytes, whatever is asked
    Bare {
        /// Where
        #[arg(long)]
        listen: SocketAddr,
        /// The file
        #[arg(long)]
        body: PathBuf,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    match Command::parse() {
        Command::Run { form, only, json } => {
            let wanted = if only.is_empty() {
                Measurement::value_variants().to_vec()
            } else {
                only
            };
            let report = tokio::select! {
                report = bench::run(form, wanted) => report?,
                // What is dropped ends the programs that it started.
                () = stopped() => bail!("stopped"),
            };
            report.write(&json)?;
            println!("{}", table::plain(&report));
            Ok(())
        }
        Command::Table {
            json,
            into,
            language,
            choice,
        } => table::write_into(&into, &Report::read(&json)?, language, choice),
        Command::Bare { listen, body } => bench::bare::serve(listen, &body).await,
    }
}

/// Waits until somebody wants it to end.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    let [Ok(mut interrupt), Ok(mut terminate)] = signals else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
