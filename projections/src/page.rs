//! Pages of lists, newest first, by key and never by offset: rows that come or go between two
//! pages neither repeat nor hide others.

use gage_application::position::LogPosition;
use sqlx::{PgPool, Postgres, QueryBuilder, Row, postgres::PgRow};
use thiserror::Error;

use crate::failure::QueryError;

/// How many rows a page may have: 1 to [`PageSize::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageSize(u32);

/// A number that is no page size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{given} is not a page size: 1 to {}", PageSize::MAX.get())]
pub struct InvalidPageSize {
    /// What was given.
    pub given: i64,
}

impl PageSize {
    /// The largest page.
    pub const MAX: Self = Self(100);

    /// The number of rows.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The number of rows as a count of memory.
    fn rows(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl TryFrom<i64> for PageSize {
    type Error = InvalidPageSize;

    fn try_from(given: i64) -> Result<Self, Self::Error> {
        match u32::try_from(given) {
            Ok(rows) if (1..=Self::MAX.0).contains(&rows) => Ok(Self(rows)),
            _ => Err(InvalidPageSize { given }),
        }
    }
}

/// Which end of the range a page is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// The first rows after `after`.
    First(PageSize),
    /// The last rows before `before`.
    Last(PageSize),
}

impl Take {
    fn size(self) -> PageSize {
        match self {
            Self::First(size) | Self::Last(size) => size,
        }
    }
}

/// Which rows of a list are wanted (Relay's `first`, `after`, `last`, `before`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// How many, from which end.
    pub take: Take,
    /// Only rows that come after the row of this cursor.
    pub after: Option<LogPosition>,
    /// Only rows that come before the row of this cursor.
    pub before: Option<LogPosition>,
}

impl PageRequest {
    /// The first page.
    #[must_use]
    pub const fn first(size: PageSize) -> Self {
        Self {
            take: Take::First(size),
            after: None,
            before: None,
        }
    }

    /// The last page, still newest first.
    #[must_use]
    pub const fn last(size: PageSize) -> Self {
        Self {
            take: Take::Last(size),
            after: None,
            before: None,
        }
    }

    /// The same, after a row.
    #[must_use]
    pub const fn after(self, cursor: LogPosition) -> Self {
        Self {
            after: Some(cursor),
            ..self
        }
    }

    /// The same, before a row.
    #[must_use]
    pub const fn before(self, cursor: LogPosition) -> Self {
        Self {
            before: Some(cursor),
            ..self
        }
    }
}

/// Rows of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether there are rows before these.
    pub has_previous: bool,
    /// Whether there are rows after these.
    pub has_next: bool,
}

/// A row with a place in a list.
pub trait Listed {
    /// Where the thing began in the log: unique, never changing, and so the row's cursor.
    fn cursor(&self) -> LogPosition;
}

/// A list, as SQL.
pub(crate) struct Listing<T> {
    /// `SELECT … FROM …`, without `WHERE`.
    pub(crate) select: String,
    /// The two columns of the rows' key.
    pub(crate) key: (&'static str, &'static str),
    /// Reads a row.
    pub(crate) read: fn(&PgRow) -> Result<T, QueryError>,
}

type Query = QueryBuilder<'static, Postgres>;

/// Whether there is a row at the cursor `after`, or before it in the list.
const NEWER: &str = "has_newer";
/// Whether there is a row at the cursor `before`, or after it in the list.
const OLDER: &str = "has_older";

impl<T> Listing<T> {
    /// A page of the rows for which `filter` writes a condition. One statement says also
    /// whether there are rows beyond the cursors.
    pub(crate) async fn page(
        &self,
        pool: &PgPool,
        filter: impl Fn(&mut Query) + Send + Sync,
        request: &PageRequest,
    ) -> Result<Page<T>, QueryError> {
        let size = request.take.size();
        let found = self
            .statement(&filter, request)
            .build()
            .fetch_all(pool)
            .await?;
        let beyond = |column| match found.first() {
            Some(row) => row.try_get(column),
            None => Ok(false),
        };
        let (has_newer, has_older): (bool, bool) = (beyond(NEWER)?, beyond(OLDER)?);
        // Without a row of the list, a single one says what lies beyond the cursors.
        let there = found
            .iter()
            .filter(|row| !matches!(row.try_get::<Option<i64>, _>(self.outer().0), Ok(None)));
        let more = there.clone().count() > size.rows();
        let mut rows = there
            .take(size.rows())
            .map(self.read)
            .collect::<Result<Vec<_>, _>>()?;
        match request.take {
            Take::First(_) => Ok(Page {
                rows,
                has_previous: has_newer,
                has_next: more || has_older,
            }),
            Take::Last(_) => {
                rows.reverse();
                Ok(Page {
                    rows,
                    has_previous: more || has_newer,
                    has_next: has_older,
                })
            }
        }
    }

    fn statement(&self, filter: &impl Fn(&mut Query), request: &PageRequest) -> Query {
        let order = match request.take {
            Take::First(_) => "DESC",
            Take::Last(_) => "ASC",
        };
        let mut query = QueryBuilder::new("SELECT * FROM (SELECT ");
        self.push_beyond(&mut query, filter, (">=", "ASC"), request.after);
        query.push(format!(" AS {NEWER}, "));
        self.push_beyond(&mut query, filter, ("<=", "DESC"), request.before);
        query.push(format!(" AS {OLDER}) beyond LEFT JOIN LATERAL ("));
        self.push_filtered(&mut query, filter);
        // Newest first: what comes after a row has a smaller key.
        self.push_bound(&mut query, "<", request.after);
        self.push_bound(&mut query, ">", request.before);
        let (xact_id, position) = self.key;
        query.push(format!(
            " ORDER BY {xact_id} {order}, {position} {order} LIMIT "
        ));
        query.push_bind(i64::from(request.take.size().get()) + 1);
        let (xact_id, position) = self.outer();
        query.push(format!(
            ") page ON true ORDER BY {xact_id} {order}, {position} {order}"
        ));
        query
    }

    fn push_filtered(&self, query: &mut Query, filter: &impl Fn(&mut Query)) {
        query.push(&self.select).push(" WHERE ");
        filter(query);
    }

    fn push_bound(&self, query: &mut Query, comparison: &str, cursor: Option<LogPosition>) {
        if let Some(cursor) = cursor {
            let (xact_id, position) = self.key;
            query.push(format!(" AND ({xact_id}, {position}) {comparison} ("));
            query.push_bind(cursor.xact_id).push(", ");
            query.push_bind(cursor.position).push(")");
        }
    }

    /// Whether a row lies at a cursor or beyond it. The nearest one is looked for: of any one
    /// (`EXISTS`) PostgreSQL hopes to meet it soon when it reads the whole table.
    fn push_beyond(
        &self,
        query: &mut Query,
        filter: &impl Fn(&mut Query),
        (comparison, order): (&str, &str),
        cursor: Option<LogPosition>,
    ) {
        if cursor.is_none() {
            query.push("false");
            return;
        }
        query.push("(SELECT true FROM (");
        self.push_filtered(query, filter);
        self.push_bound(query, comparison, cursor);
        let (xact_id, position) = self.key;
        query.push(format!(
            " ORDER BY {xact_id} {order}, {position} {order} LIMIT 1) nearest) IS NOT NULL"
        ));
    }

    /// The key's columns as the page shows them: without their table.
    fn outer(&self) -> (&'static str, &'static str) {
        let bare =
            |column: &'static str| column.split_once('.').map_or(column, |(_, column)| column);
        (bare(self.key.0), bare(self.key.1))
    }
}
