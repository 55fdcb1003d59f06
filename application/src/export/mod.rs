//! The log as a file: one event a line, as JSON or as CSV, with a manifest beside it that says
//! how many there are, which the first and the last are, and what the file's SHA-256 is.
//!
//! Payload and metadata stand in it as the database prints them, so that a log that is made of
//! the file is the same to the byte. What the log was committed to is in the manifest, and can be
//! worked out anew from the file and the leaves' salts beside it.

mod committed;
mod csv;
mod json;
mod manifest;

use std::str::FromStr;

use thiserror::Error;

pub use self::{
    committed::{Committed, Proven, Unproven},
    manifest::{Manifest, Root, SignedRoot, Tally},
};
use crate::ports::replay::EventRow;

/// How an event is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// One JSON object a line ([JSON Lines](https://jsonlines.org)).
    Jsonl,
    /// Comma-separated values (RFC 4180) with a header.
    Csv,
}

/// A text that is no form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is no form: jsonl or csv")]
pub struct UnknownForm {
    /// What was given.
    pub text: String,
}

impl FromStr for Form {
    type Err = UnknownForm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "jsonl" => Ok(Self::Jsonl),
            "csv" => Ok(Self::Csv),
            _ => Err(UnknownForm {
                text: text.chars().take(40).collect(),
            }),
        }
    }
}

/// A line that is no event.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line} is no event: {reason}")]
pub struct InvalidLine {
    /// Its number, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

impl Form {
    /// What stands before the first event.
    pub const fn header(self) -> &'static str {
        match self {
            Self::Jsonl => "",
            Self::Csv => csv::HEADER,
        }
    }

    /// An event as a line, with its end.
    pub fn print(self, event: &EventRow) -> String {
        match self {
            Self::Jsonl => json::print(event),
            Self::Csv => csv::print(event),
        }
    }

    /// The event that a line is, without its end; none for the header.
    ///
    /// # Errors
    /// [`InvalidLine`].
    pub fn read(self, number: u64, line: &str) -> Result<Option<EventRow>, InvalidLine> {
        let read = match self {
            Self::Jsonl => json::read(line).map(Some),
            Self::Csv if number == 1 => {
                let header = line == csv::HEADER.trim_end();
                let other = || format!("the header is not {:?}", csv::HEADER.trim_end());
                if header { Ok(None) } else { Err(other()) }
            }
            Self::Csv => csv::read(line).map(Some),
        };
        read.map_err(|reason| InvalidLine {
            line: number,
            reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::position::LogPosition;

    fn event() -> EventRow {
        EventRow {
            position: LogPosition {
                xact_id: 771,
                position: 42,
            },
            aggregate_type: "Order".to_owned(),
            aggregate_id: "a\"b, c".to_owned(),
            sequence: 3,
            event_type: "OrderRejected".to_owned(),
            event_version: "1.0.0".to_owned(),
            payload: r#"{"OrderRejected": {"reason": "품절, \"sold out\"\n"}}"#.to_owned(),
            metadata: "{}".to_owned(),
            recorded_at: datetime!(2026-03-01 09:00:00.123456 UTC),
        }
    }

    #[test]
    fn an_event_is_read_as_it_was_printed_in_each_form() {
        for form in [Form::Jsonl, Form::Csv] {
            let line = form.print(&event());
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            let read = form.read(2, line.trim_end_matches(['\r', '\n']));
            assert_eq!(read, Ok(Some(event())));
        }
    }

    #[test]
    fn what_is_no_event_is_told_with_its_line() {
        for form in [Form::Jsonl, Form::Csv] {
            let error = form.read(7, "nothing").unwrap_err();
            assert_eq!(error.line, 7, "{error}");
        }
        assert!(Form::Csv.read(1, "a,b").is_err());
    }
}
