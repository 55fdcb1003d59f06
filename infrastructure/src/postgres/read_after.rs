//! Reading the log in its order, stretch by stretch.

use futures::TryStreamExt;
use gage_application::{
    event::StoredEvent,
    ports::event_log::{LogError, Page},
    position::LogPosition,
};
use sqlx::{Either, Executor, PgPool, Row, postgres::PgRow};

use super::{
    failure,
    rows::{self, RowFailure},
};

/// Events after a position that no open transaction can precede any more: horizon and rows
/// come from one snapshot. Always at least one row, which says whether the log is displaced.
/// Of an event that is not wanted neither payload nor metadata travel.
///
/// The rows come as the index has them, one after the other below a single row. An `ORDER BY`
/// around that would sort them again, payloads and all; that they rise is looked at instead.
const READ_AFTER: &str = "
SELECT log.displaced, e.wanted, e.xact_id, e.position, e.aggregate_type, e.aggregate_id,
       e.sequence, e.event_type, e.event_version, CASE WHEN e.wanted THEN e.payload END,
       CASE WHEN e.wanted THEN e.metadata END, e.recorded_at
  FROM (SELECT value + pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
               coalesce((SELECT max(xact_id) FROM events), 0)
                 >= value + pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS displaced
          FROM log_offset) AS log
  LEFT JOIN LATERAL (
        SELECT *, aggregate_type <> ALL ($4) AS wanted
          FROM events
         WHERE (xact_id, position) > ($1, $2) AND xact_id < log.horizon
         ORDER BY xact_id, position
         LIMIT $3) AS e ON true";

/// Where the columns of an event begin in a row of [`READ_AFTER`].
const EVENT: usize = 2;

/// See [`gage_application::ports::event_log::EventLog::read_after`].
pub(super) async fn read_after(
    pool: &PgPool,
    after: LogPosition,
    limit: u32,
    without: &[&str],
) -> Result<Page, LogError> {
    let mut answer = pool.fetch_many(
        sqlx::query(READ_AFTER)
            .bind(after.xact_id)
            .bind(after.position)
            .bind(i64::from(limit))
            .bind(without),
    );
    let mut stretch = Stretch::new(after);
    while let Some(item) = answer
        .try_next()
        .await
        .map_err(|error| failure::of_read(&error))?
    {
        match item {
            Either::Right(row) => stretch.take(&row)?,
            Either::Left(done) => stretch.counted = Some(done.rows_affected()),
        }
    }
    stretch.finish(limit)
}

/// What was read so far.
struct Stretch {
    after: LogPosition,
    /// The last event, wanted or not.
    end: LogPosition,
    wanted: Vec<StoredEvent>,
    rows: u64,
    events: u32,
    /// How many rows the server says that it sent.
    counted: Option<u64>,
}

impl Stretch {
    fn new(after: LogPosition) -> Self {
        Self {
            after,
            end: after,
            wanted: Vec::new(),
            rows: 0,
            events: 0,
            counted: None,
        }
    }

    fn take(&mut self, row: &PgRow) -> Result<(), LogError> {
        self.rows += 1;
        match self.wanted_event(row) {
            Ok(event) => {
                self.wanted.extend(event);
                Ok(())
            }
            Err(failure) => Err(failure.about(&format!("after {}", self.end))),
        }
    }

    fn wanted_event(&mut self, row: &PgRow) -> Result<Option<StoredEvent>, RowFailure> {
        if row.try_get(0)? {
            return Err(failure::displaced().into());
        }
        // Without an event the row only says whether the log is displaced.
        let Some(wanted) = row.try_get(1)? else {
            return Ok(None);
        };
        let position = rows::position(row, EVENT)?;
        if position <= self.end {
            return Err(out_of_order(self.end, position).into());
        }
        self.end = position;
        self.events += 1;
        if wanted {
            rows::event(row, EVENT).map(Some)
        } else {
            Ok(None)
        }
    }

    fn finish(self, limit: u32) -> Result<Page, LogError> {
        if self.counted != Some(self.rows) {
            let (rows, after) = (self.rows, self.after);
            let reason = format!("the answer was cut short after {rows} rows, after {after}");
            return Err(LogError::Unavailable { reason });
        }
        Ok(Page {
            events: self.wanted,
            end: self.end,
            at_end: self.events < limit,
        })
    }
}

fn out_of_order(before: LogPosition, position: LogPosition) -> LogError {
    LogError::Unavailable {
        reason: format!("the log was read out of its order: {position} after {before}"),
    }
}
