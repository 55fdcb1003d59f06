//! `gage schema`: the GraphQL schema.

use std::io::Write as _;

use crate::graphql::schema::sdl;

/// Prints the schema.
pub(super) fn run() -> anyhow::Result<()> {
    Ok(std::io::stdout().write_all(sdl().as_bytes())?)
}
