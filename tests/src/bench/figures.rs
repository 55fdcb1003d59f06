//! Numbers: latencies with their tails, rates, and what is made of several runs.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Latencies are told apart up to this; what took longer counts as this long.
const LONGEST: Duration = Duration::from_mins(1);

/// How long things took, in steps of a microsecond, within 0.1 %.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        Self(Histogram::new_with_max(micros(LONGEST), 3).unwrap())
    }
}

impl Latencies {
    /// Adds one.
    pub fn record(&mut self, took: Duration) {
        self.0.saturating_record(micros(took));
    }

    /// Adds those of another.
    ///
    /// # Panics
    /// Never: all have the same bounds.
    pub fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).unwrap();
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// What this share of them (0 to 1) did not exceed, in milliseconds.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        real(self.0.value_at_quantile(share)) / 1_000.0
    }

    /// Half of them, 99 % of them, and 99.9 % of them did not exceed these.
    pub fn tail(&self) -> Tail {
        Tail {
            p50_ms: self.quantile_ms(0.5),
            p99_ms: self.quantile_ms(0.99),
            p999_ms: self.quantile_ms(0.999),
        }
    }
}

/// The latencies that a report shows, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Tail {
    /// Half of all.
    pub p50_ms: f64,
    /// 99 %.
    pub p99_ms: f64,
    /// 99.9 %.
    pub p999_ms: f64,
}

/// How many a second.
pub fn per_sec(count: u64, took: Duration) -> f64 {
    real(count) / took.as_secs_f64().max(f64::MIN_POSITIVE)
}

/// A count as a number with a fraction.
#[expect(
    clippy::cast_precision_loss,
    reason = "a figure of a report needs no more than 52 bits"
)]
pub fn real(count: u64) -> f64 {
    count as f64
}

/// A count as people read it, thousands apart.
pub fn grouped(count: impl std::fmt::Display) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The one in the middle; zero of none.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_what_so_many_did_not_exceed() {
        let mut latencies = Latencies::default();
        for millis in 1..=1_000 {
            latencies.record(Duration::from_millis(millis));
        }
        let Tail {
            p50_ms,
            p99_ms,
            p999_ms,
        } = latencies.tail();
        assert!((p50_ms - 500.0).abs() <= 1.0, "{p50_ms}");
        assert!((p99_ms - 990.0).abs() <= 1.0, "{p99_ms}");
        assert!((p999_ms - 999.0).abs() <= 1.0, "{p999_ms}");
    }

    #[test]
    fn what_is_too_long_to_tell_counts_as_the_longest() {
        let mut latencies = Latencies::default();
        latencies.record(Duration::from_hours(1));
        assert_eq!(latencies.count(), 1);
        assert!(latencies.quantile_ms(0.5) >= 59_000.0);
    }

    #[test]
    fn the_median_does_not_care_for_outliers() {
        assert!((median(vec![9_000.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!(median(vec![]).abs() < f64::EPSILON);
    }
}
