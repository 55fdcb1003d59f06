//! What was measured, where, and when; as JSON between runs.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{
    figures::Tail,
    load::Tally,
    machine::Machine,
    sizes::Form,
    targets::{Headline, Target},
};

/// A run of the benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// How much was measured.
    pub form: Form,
    /// The day (UTC), as `2026-01-31`.
    pub date: String,
    /// The commit; with a `+` when the checkout was changed.
    pub commit: String,
    /// How long the whole run took, in seconds.
    pub took_secs: u64,
    /// What was measured.
    pub rows: Vec<Row>,
}

/// A figure with its baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// The figure.
    pub figure: f64,
    /// What it counts.
    pub unit: Unit,
    /// The latencies of what was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<Tail>,
    /// The figure's measure in the same run, on the same servers, in the same unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// What it stands for, if it stands for more than itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<Headline>,
    /// What was checked, and what else one should know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What a figure is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// What was measured.
    pub what: String,
    /// Its figure.
    pub figure: f64,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Commands a second.
    #[serde(rename = "commands/s")]
    Commands,
    /// Reservations a second.
    #[serde(rename = "reservations/s")]
    Reservations,
    /// Orders a second.
    #[serde(rename = "orders/s")]
    Orders,
    /// Requests a second.
    #[serde(rename = "requests/s")]
    Requests,
    /// Events a second.
    #[serde(rename = "events/s")]
    Events,
    /// Payments a second.
    #[serde(rename = "payments/s")]
    Payments,
    /// Things told to subscribers.
    #[serde(rename = "messages")]
    Messages,
    /// Microseconds a command.
    #[serde(rename = "µs/command")]
    MicrosPerCommand,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Millis,
    /// Mebibytes.
    #[serde(rename = "MiB")]
    Mebibytes,
}

impl Row {
    /// A figure without latencies.
    pub fn of(what: impl Into<String>, figure: f64, unit: Unit) -> Self {
        Self {
            what: what.into(),
            figure: thousandths(figure),
            unit,
            tail: None,
            baseline: None,
            headline: None,
            note: String::new(),
        }
    }

    /// What callers did.
    pub fn rate(what: impl Into<String>, tally: &Tally, unit: Unit) -> Self {
        Self {
            tail: Some(tally.tail()),
            ..Self::of(what, tally.rate(), unit)
        }
    }

    /// Compares it.
    #[must_use]
    pub fn beside(mut self, what: impl Into<String>, figure: f64) -> Self {
        self.baseline = Some(Baseline {
            what: what.into(),
            figure: thousandths(figure),
        });
        self
    }

    /// Lets it stand for more than itself.
    #[must_use]
    pub fn headline(mut self, headline: Headline) -> Self {
        self.headline = Some(headline);
        self
    }

    /// Says what else one should know.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The figure by its baseline's.
    pub fn ratio(&self) -> Option<f64> {
        let baseline = self.baseline.as_ref()?;
        (baseline.figure > 0.0).then(|| self.figure / baseline.figure)
    }

    /// What it is to reach.
    pub fn targets(&self) -> Vec<Target> {
        self.headline.map_or_else(Vec::new, Headline::targets)
    }

    /// Whether it reaches all that it is to reach; nothing when that is nothing.
    pub fn reached(&self) -> Option<bool> {
        let targets = self.targets();
        (!targets.is_empty()).then(|| targets.iter().all(|target| target.reached_by(self)))
    }
}

impl Report {
    /// Reads one.
    ///
    /// # Errors
    /// When the file is away, or no report.
    pub fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        serde_json::from_str(&text).with_context(|| format!("{} is no report", file.display()))
    }

    /// Writes it down.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(file, text).with_context(|| file.display().to_string())
    }
}

/// A report is read by people too: no figure is known to more than a thousandth.
fn thousandths(figure: f64) -> f64 {
    (figure * 1_000.0).round() / 1_000.0
}
