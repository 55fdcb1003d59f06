//! Rows as values.

use gage_application::{
    event::{JsonText, StoredEvent, StreamName},
    metadata::{Actor, Metadata},
    ports::event_log::LogError,
    position::LogPosition,
};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use sqlx::{
    Decode, FromRow, Postgres, Row, Type,
    error::BoxDynError,
    postgres::{PgRow, PgTypeInfo, PgValueFormat, PgValueRef},
};
use time::OffsetDateTime;
use uuid::Uuid;

/// The event whose columns begin at a column of a row: `xact_id`, `position`,
/// `aggregate_type`, `aggregate_id`, `sequence`, `event_type`, `event_version`, `payload`,
/// `metadata`, `recorded_at`. By number, because looking ten names up costs as much as reading
/// what they name.
///
/// # Errors
/// [`RowFailure`].
pub(super) fn event(row: &PgRow, first: usize) -> Result<StoredEvent, RowFailure> {
    let stream = StreamName {
        aggregate_type: row.try_get(first + 2)?,
        aggregate_id: row.try_get(first + 3)?,
    };
    let corrupt = |sequence, reason| LogError::Corrupt {
        stream: stream.to_string(),
        sequence,
        reason,
    };
    let sequence = u64::try_from(row.try_get::<i64, _>(first + 4)?)
        .map_err(|error| corrupt(0, format!("column sequence: {error}")))?;
    let recorded_at = row.try_get(first + 9)?;
    let metadata = metadata(row.try_get::<JsonbText<'_>, _>(first + 8)?.0, recorded_at)
        .map_err(|reason| corrupt(sequence, format!("column metadata: {reason}")))?;
    Ok(StoredEvent {
        position: position(row, first)?,
        stream,
        sequence,
        event_type: row.try_get(first + 5)?,
        event_version: row.try_get(first + 6)?,
        payload: JsonText::new(row.try_get::<JsonbText<'_>, _>(first + 7)?.0.to_owned()),
        metadata,
        recorded_at,
    })
}

/// The position whose two columns begin at a column of a row.
///
/// # Errors
/// A column has another type.
pub(super) fn position(row: &PgRow, first: usize) -> Result<LogPosition, sqlx::Error> {
    Ok(LogPosition {
        xact_id: row.try_get(first)?,
        position: row.try_get(first + 1)?,
    })
}

/// Metadata as we write it. A stock cqrs-es writer leaves it empty: then nobody knows who it
/// was, and the time of the decision is the time of recording.
fn metadata(stored: &str, recorded_at: OffsetDateTime) -> Result<Metadata, String> {
    let known = Metadata::parse(stored).map_err(|error| error.to_string())?;
    Ok(known.unwrap_or_else(|| Metadata {
        actor: Actor::StoredSystem("unknown".to_owned()),
        correlation_id: Uuid::nil(),
        causation_id: String::new(),
        decided_at: recorded_at,
    }))
}

/// A `jsonb` as its text, which sqlx would parse.
pub(super) struct JsonbText<'r>(pub(super) &'r str);

impl Type<Postgres> for JsonbText<'_> {
    fn type_info() -> PgTypeInfo {
        <Value as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for JsonbText<'r> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let format = value.format();
        let text = value.as_str()?;
        match format {
            PgValueFormat::Text => Ok(Self(text)),
            // jsonb_send: a byte for its version, which is 1, and the text.
            PgValueFormat::Binary => match text.strip_prefix('\u{1}') {
                Some(text) => Ok(Self(text)),
                None => Err("a jsonb of an unknown version".into()),
            },
        }
    }
}

/// Why a row is no event.
pub(super) enum RowFailure {
    /// A column has another type than the migrations gave it.
    Column(sqlx::Error),
    /// A column holds what no writer of ours writes.
    Content(LogError),
}

impl RowFailure {
    /// The failure, of a row somewhere in the log.
    pub(super) fn about(self, place: &str) -> LogError {
        match self {
            Self::Column(error) => LogError::Corrupt {
                stream: place.to_owned(),
                sequence: 0,
                reason: error.to_string(),
            },
            Self::Content(error) => error,
        }
    }
}

impl From<sqlx::Error> for RowFailure {
    fn from(error: sqlx::Error) -> Self {
        Self::Column(error)
    }
}

impl From<LogError> for RowFailure {
    fn from(error: LogError) -> Self {
        Self::Content(error)
    }
}

/// A position that a row names.
#[derive(Debug, FromRow)]
pub(super) struct PositionRow {
    pub(super) xact_id: i64,
    pub(super) position: i64,
}

impl From<PositionRow> for LogPosition {
    fn from(row: PositionRow) -> Self {
        Self {
            xact_id: row.xact_id,
            position: row.position,
        }
    }
}

/// Metadata as it is stored.
pub(super) fn stored_metadata(metadata: &Metadata) -> Result<Box<RawValue>, serde_json::Error> {
    to_raw_value(&metadata.to_map())
}
