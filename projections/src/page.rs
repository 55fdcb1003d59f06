//! Pages of lists, newest first, by key and never by offset: rows that come or go between two
//! pages neither repeat nor hide others.

use gage_application::position::LogPosition;
use sqlx::{PgPool, Postgres, QueryBuilder, postgres::PgRow};
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

impl<T> Listing<T> {
    /// A page of the rows for which `filter` writes a condition.
    pub(crate) async fn page(
        &self,
        pool: &PgPool,
        filter: impl Fn(&mut Query) + Send + Sync,
        request: &PageRequest,
    ) -> Result<Page<T>, QueryError> {
        let (size, order) = match request.take {
            Take::First(size) => (size, "DESC"),
            Take::Last(size) => (size, "ASC"),
        };
        let mut query = self.filtered(&filter);
        // Newest first: what comes after a row has a smaller key.
        self.bound(&mut query, "<", request.after);
        self.bound(&mut query, ">", request.before);
        let (xact_id, position) = self.key;
        query.push(format!(
            " ORDER BY {xact_id} {order}, {position} {order} LIMIT "
        ));
        query.push_bind(i64::from(size.get()) + 1);
        let found = query.build().fetch_all(pool).await?;
        let more = found.len() > size.rows();
        let mut rows = found
            .iter()
            .take(size.rows())
            .map(self.read)
            .collect::<Result<Vec<_>, _>>()?;
        let has_newer = self.exists(pool, &filter, ">=", request.after).await?;
        let has_older = self.exists(pool, &filter, "<=", request.before).await?;
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

    fn filtered(&self, filter: impl Fn(&mut Query)) -> Query {
        let mut query = QueryBuilder::new(&self.select);
        query.push(" WHERE ");
        filter(&mut query);
        query
    }

    fn bound(&self, query: &mut Query, comparison: &str, cursor: Option<LogPosition>) {
        if let Some(cursor) = cursor {
            let (xact_id, position) = self.key;
            query.push(format!(" AND ({xact_id}, {position}) {comparison} ("));
            query.push_bind(cursor.xact_id).push(", ");
            query.push_bind(cursor.position).push(")");
        }
    }

    /// Whether a row lies at a cursor or beyond it.
    async fn exists(
        &self,
        pool: &PgPool,
        filter: impl Fn(&mut Query),
        comparison: &str,
        cursor: Option<LogPosition>,
    ) -> Result<bool, QueryError> {
        if cursor.is_none() {
            return Ok(false);
        }
        let mut query = self.filtered(filter);
        self.bound(&mut query, comparison, cursor);
        query.push(" LIMIT 1");
        Ok(query.build().fetch_optional(pool).await?.is_some())
    }
}
