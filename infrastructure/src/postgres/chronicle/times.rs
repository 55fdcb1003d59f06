//! From times to places in the log.

use gage_application::{ports::event_log::LogError, position::LogPosition};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::postgres::failure;

/// About the last event that was recorded before a time: the log is in the order of time but
/// for [`SLACK`], so halving finds it with some twenty looks at the index.
pub(super) async fn before(pool: &PgPool, time: OffsetDateTime) -> Result<LogPosition, LogError> {
    let first = next_from(pool, LogPosition::START).await?;
    let last: Option<(i64, i64)> = sqlx::query_as(
        "SELECT xact_id, position FROM events ORDER BY xact_id DESC, position DESC LIMIT 1",
    )
    .fetch_optional(pool)
    .await
    .map_err(|error| failure::of_read(&error))?;
    let (Some((first, recorded_at)), Some((highest, position))) = (first, last) else {
        return Ok(LogPosition::START);
    };
    if recorded_at >= time {
        return Ok(LogPosition::START);
    }
    let (mut low, mut high) = (first, highest.saturating_add(1));
    while high - low.xact_id > 1 {
        let middle = low.xact_id + (high - low.xact_id) / 2;
        let from = LogPosition {
            xact_id: middle,
            position: 0,
        };
        match next_from(pool, from).await? {
            Some((at, recorded_at)) if recorded_at < time => low = at,
            _ => high = middle,
        }
    }
    // All of the last append that began before the time.
    let whole = low.xact_id == highest;
    Ok(LogPosition {
        xact_id: low.xact_id,
        position: if whole { position } else { i64::MAX - 1 },
    })
}

async fn next_from(
    pool: &PgPool,
    from: LogPosition,
) -> Result<Option<(LogPosition, OffsetDateTime)>, LogError> {
    let row: Option<(i64, i64, OffsetDateTime)> = sqlx::query_as(
        "SELECT xact_id, position, recorded_at FROM events \
         WHERE (xact_id, position) >= ($1, $2) ORDER BY xact_id, position LIMIT 1",
    )
    .bind(from.xact_id)
    .bind(from.position)
    .fetch_optional(pool)
    .await
    .map_err(|error| failure::of_read(&error))?;
    let found = row
        .map(|(xact_id, position, recorded_at)| (LogPosition { xact_id, position }, recorded_at));
    Ok(found)
}
