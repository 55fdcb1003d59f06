//! `gage audit show STREAM`: how things stood at a moment, and what changed until another.

use std::io::{self, Write as _};

use anyhow::{Context as _, bail};
use gage_application::{
    history::moment::{Changed, Moment, Standing, difference},
    position::LogPosition,
};
use serde_json::{Value, json};

use super::history::moment as time_of;
use crate::{
    config::{
        self,
        args::{DatabaseArgs, LogArgs},
    },
    streams, telemetry, wiring,
};

/// A moment as it is written: `now`, `#SEQUENCE`, a position or a time.
pub(super) fn parse(text: &str) -> Result<Moment, String> {
    if text == "now" {
        return Ok(Moment::Now);
    }
    if let Some(sequence) = text.strip_prefix('#') {
        let number = sequence.parse().map(Moment::Sequence);
        return number.map_err(|_| format!("{sequence:?} is no number of an event"));
    }
    if let Ok(position) = text.parse::<LogPosition>() {
        return Ok(Moment::Position(position));
    }
    time_of(text).map(Moment::Time).map_err(|_| {
        format!("{text:?} is no moment: it is now, #3, a position like 771-42, or an RFC 3339 time")
    })
}

/// Prints how a stream stood; with a second moment, what is other then.
pub(super) async fn run(
    stream: &str,
    at: Moment,
    until: Option<Moment>,
    database: &DatabaseArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let stream = streams::parse(stream)?;
    let (database, log) = config::database(database, log)?;
    telemetry::start_logs(&log)?;
    let database = wiring::database(&database).await?;
    let history = wiring::history(&database);
    let Some(past) = history.past(&stream).await? else {
        bail!("the stream {stream} has no events");
    };
    let before = past.standing(at)?;
    let shown = match until {
        None => standing(&before),
        Some(until) => {
            let after = past.standing(until)?;
            let changed: Vec<Value> = difference(&before, &after).iter().map(change).collect();
            json!({
                "stream": stream.to_string(),
                "from": before.sequence,
                "to": after.sequence,
                "changed": changed,
            })
        }
    };
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &shown).context("standard output")?;
    writeln!(out)?;
    database.pool.close().await;
    Ok(())
}

fn standing(standing: &Standing) -> Value {
    json!({
        "stream": standing.stream.to_string(),
        "sequence": standing.sequence,
        "lastSequence": standing.last_sequence,
        "position": standing.event.as_ref().map(|event| event.position.to_string()),
        "event": standing.event.as_ref().map(|event| &event.event_type),
        "state": standing.state,
        "answers": standing.answers,
    })
}

fn change(changed: &Changed) -> Value {
    json!({ "path": changed.path, "before": changed.before, "after": changed.after })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_word_a_number_a_position_or_a_time() {
        assert_eq!(parse("now"), Ok(Moment::Now));
        assert_eq!(parse("#3"), Ok(Moment::Sequence(3)));
        let position = LogPosition {
            xact_id: 771,
            position: 42,
        };
        assert_eq!(parse("771-42"), Ok(Moment::Position(position)));
        assert!(matches!(parse("2026-01-31T12:00:00Z"), Ok(Moment::Time(_))));
        assert!(parse("yesterday").is_err() && parse("#x").is_err());
    }
}
