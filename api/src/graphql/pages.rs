//! Relay's pages: arguments in, connections out.

use async_graphql::{
    InputObject, OutputType,
    connection::{Connection, Edge},
};
use gage_projections::{Listed, Page, PageRequest, PageSize, Take};

use crate::graphql::{
    errors::{ApiError, BadArgument},
    scalars::Cursor,
};

/// Rows of a page when nothing is said.
const USUAL: i64 = 20;

/// Which rows of a list are wanted.
#[derive(Debug, Clone, Default, InputObject)]
pub struct PageArguments {
    /// So many rows from the beginning.
    pub first: Option<i32>,
    /// Only rows after this cursor.
    pub after: Option<String>,
    /// So many rows from the end.
    pub last: Option<i32>,
    /// Only rows before this cursor.
    pub before: Option<String>,
}

impl PageArguments {
    /// Checks the arguments.
    ///
    /// # Errors
    /// [`BadArgument`].
    pub fn request(self) -> Result<PageRequest, ApiError> {
        let take = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(BadArgument::FirstAndLast.into()),
            (None, Some(last)) => Take::Last(size(last.into())?),
            (first, None) => Take::First(size(first.map_or(USUAL, i64::from))?),
        };
        let cursor = |text: Option<String>| {
            text.map(|text| {
                Cursor::decode(&text)
                    .map(|cursor| cursor.0)
                    .ok_or(BadArgument::Cursor)
            })
            .transpose()
        };
        Ok(PageRequest {
            take,
            after: cursor(self.after)?,
            before: cursor(self.before)?,
        })
    }
}

fn size(given: i64) -> Result<PageSize, BadArgument> {
    PageSize::try_from(given).map_err(|_| BadArgument::PageSize { given })
}

/// Rows that a page may have, for the complexity of what asks for it.
pub fn weight(first: Option<i32>, last: Option<i32>) -> usize {
    let rows = first
        .or(last)
        .map_or(USUAL, i64::from)
        .clamp(1, i64::from(PageSize::MAX.get()));
    usize::try_from(rows).unwrap_or(1)
}

/// A page of rows as a connection of nodes.
pub fn connection<R, N>(page: Page<R>, node: impl Fn(R) -> N) -> Connection<String, N>
where
    R: Listed,
    N: OutputType,
{
    let mut connection = Connection::new(page.has_previous, page.has_next);
    let edges = page
        .rows
        .into_iter()
        .map(|row| Edge::new(Cursor(row.cursor()).encode(), node(row)));
    connection.edges.extend(edges);
    connection
}
