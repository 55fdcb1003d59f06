//! `gage audit history`: the events of a stream, or of everything.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use gage_application::{
    event::Decoder,
    history::words,
    metadata::Actor,
    ports::chronicle::{Of, Wanted, Way},
    position::LogPosition,
};
use gage_domain::personal::{PersonalKeyId, Sealed};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{
    commands::history::{print, print_json},
    config::{
        self,
        args::{DatabaseArgs, LogArgs},
    },
    streams, telemetry, wiring,
};

/// Events that are read at once.
const PAGE: u32 = 500;
/// Time between looks for new ones.
const PAUSE: Duration = Duration::from_millis(500);

/// Which events are wanted.
#[derive(Debug, Clone, Args)]
pub struct HistoryArgs {
    /// Only of this stream: TYPE:UUID, or a global id of the API
    #[arg(long)]
    pub stream: Option<String>,
    /// Only of this type, for example `OrderPlaced`; may be given again
    #[arg(long = "type", value_name = "TYPE")]
    pub types: Vec<String>,
    /// Only of this actor: wallet:0x… or system:NAME
    #[arg(long)]
    pub actor: Option<Actor>,
    /// Only with this correlation
    #[arg(long, value_name = "UUID")]
    pub correlation: Option<Uuid>,
    /// Only recorded at this moment or later (RFC 3339)
    #[arg(long, value_parser = moment)]
    pub from: Option<OffsetDateTime>,
    /// Only recorded before this moment (RFC 3339)
    #[arg(long, value_parser = moment)]
    pub until: Option<OffsetDateTime>,
    /// Only after this position
    #[arg(long, value_name = "POSITION")]
    pub after: Option<LogPosition>,
    /// At most so many events
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Wait for more at the end
    #[arg(long)]
    pub follow: bool,
    /// One JSON object a line, for other programs
    #[arg(long)]
    pub json: bool,
}

/// A moment, as it is written on a command line.
pub(super) fn moment(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| format!("{text:?} is no moment: it is like 2026-01-31T12:00:00Z"))
}

/// Prints events, oldest first.
pub(super) async fn run(
    args: HistoryArgs,
    database: &DatabaseArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let wanted = Wanted {
        of: match args.stream.as_deref().map(streams::parse).transpose()? {
            Some(stream) => Of::Streams(vec![stream]),
            None => Of::Everything,
        },
        types: args.types,
        actor: args.actor.map(|actor| actor.to_string()),
        correlation_id: args.correlation,
        from: args.from,
        until: args.until,
        up_to: None,
    };
    let (database, log) = config::database(database, log)?;
    telemetry::start_logs(&log)?;
    let database = wiring::database(&database).await?;
    wiring::check_log(&database).await?;
    let history = wiring::history(&database);
    let personal = wiring::personal::unopened(&database);
    let decoder = Decoder::current();
    let (mut at, mut left) = (args.after, args.limit.unwrap_or(u64::MAX));
    while left > 0 {
        let limit = u32::try_from(left).unwrap_or(PAGE).min(PAGE);
        let leaf = history.page(&wanted, Way::Onwards(at), limit).await?;
        let keys: Vec<PersonalKeyId> = leaf
            .events
            .iter()
            .filter_map(|event| Some(decoder.decode(event.clone()).ok()?.fact.sealed()?.key()))
            .collect();
        let keys = personal.key_states(&keys).await?;
        {
            let mut out = io::stdout().lock();
            for event in &leaf.events {
                if args.json {
                    print_json(&mut out, event).context("standard output")?;
                    continue;
                }
                print(&mut out, event).context("standard output")?;
                if let Ok(read) = decoder.decode(event.clone()) {
                    let key = read.fact.sealed().map(Sealed::key);
                    let key = key.and_then(|key| keys.get(&key).copied());
                    let words = words::of(&read.fact, key);
                    writeln!(out, "      {}\n      {}", words.en, words.ko)?;
                }
            }
        }
        left -= u64::try_from(leaf.events.len()).unwrap_or(left).min(left);
        at = leaf.looked_to.or(at);
        if leaf.at_end {
            if !args.follow {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    database.pool.close().await;
    Ok(())
}
