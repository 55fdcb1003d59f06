//! The statements of a page.

use gage_application::{
    event::StreamName,
    ports::chronicle::{Of, Wanted, Way},
    position::LogPosition,
};
use sqlx::{Postgres, QueryBuilder};

/// Events that one page looks at: of the log, or of each stream.
pub(super) const LOOKED_AT: u32 = 10_000;

/// As [`crate::postgres::rows::event`] reads them.
const COLUMNS: &str = "e.xact_id, e.position, e.aggregate_type, e.aggregate_id, e.sequence, \
    e.event_type, e.event_version, e.payload, e.metadata, e.recorded_at";

/// Below the horizon: no earlier event can appear any more.
const READABLE: &str = "e.xact_id < (SELECT value \
    + pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM log_offset)";

/// An event of a stream that is asked for.
const STREAM: &str =
    "e.aggregate_type = asked.aggregate_type AND e.aggregate_id = asked.aggregate_id";

/// A stretch of the log, and in which way it is gone through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    /// The last event before it.
    pub(super) after: LogPosition,
    /// The first event behind it.
    pub(super) before: LogPosition,
    pub(super) way: Way,
}

type Statement = QueryBuilder<'static, Postgres>;

impl Range {
    fn push(&self, sql: &mut Statement) {
        sql.push("(e.xact_id, e.position) > (")
            .push_bind(self.after.xact_id)
            .push(", ")
            .push_bind(self.after.position)
            .push(") AND (e.xact_id, e.position) < (")
            .push_bind(self.before.xact_id)
            .push(", ")
            .push_bind(self.before.position)
            .push(")");
    }

    /// Whether an event at a position is met before one at an edge, or is it.
    pub(super) fn reaches(&self, edge: LogPosition, position: LogPosition) -> bool {
        match self.way {
            Way::Onwards(_) => position <= edge,
            Way::Back(_) => position >= edge,
        }
    }

    /// In the order in which it is gone through.
    fn order(&self) -> &'static str {
        match self.way {
            Way::Onwards(_) => " ORDER BY e.xact_id, e.position",
            Way::Back(_) => " ORDER BY e.xact_id DESC, e.position DESC",
        }
    }

    fn turned_order(&self) -> &'static str {
        match self.way {
            Way::Onwards(_) => " ORDER BY e.xact_id DESC, e.position DESC",
            Way::Back(_) => " ORDER BY e.xact_id, e.position",
        }
    }
}

/// What is wanted of what is looked at.
fn push_filter(sql: &mut Statement, wanted: &Wanted) {
    sql.push("true");
    if !wanted.types.is_empty() {
        sql.push(" AND e.event_type = ANY (")
            .push_bind(wanted.types.clone())
            .push(")");
    }
    if let Some(actor) = wanted.actor.clone() {
        sql.push(" AND e.metadata ->> 'actor' = ").push_bind(actor);
    }
    if let Some(id) = wanted.correlation_id {
        sql.push(" AND e.metadata ->> 'correlation_id' = ")
            .push_bind(id.to_string());
    }
    if let Some(from) = wanted.from {
        sql.push(" AND e.recorded_at >= ").push_bind(from);
    }
    if let Some(until) = wanted.until {
        sql.push(" AND e.recorded_at < ").push_bind(until);
    }
}

/// The events that are wanted, at most `most`.
pub(super) fn page(wanted: &Wanted, range: &Range, most: u32) -> Statement {
    let mut sql = QueryBuilder::new(format!("SELECT {COLUMNS} FROM "));
    match &wanted.of {
        Of::Everything => push_log(&mut sql, wanted, range),
        Of::Streams(streams) => {
            push_streams(&mut sql, streams, range);
            sql.push(" CROSS JOIN LATERAL (SELECT * FROM (SELECT * FROM events e WHERE ");
            push_stream(&mut sql, range);
            sql.push(format!(" LIMIT {LOOKED_AT}) AS e WHERE "));
            range.push(&mut sql);
            sql.push(" AND ");
            push_filter(&mut sql, wanted);
            sql.push(format!(" LIMIT {most}) AS e{}", range.order()));
        }
    }
    sql.push(format!(" LIMIT {most}"));
    sql
}

/// Where the events that are wanted stand, of all that is looked at.
pub(super) fn places(wanted: &Wanted, range: &Range) -> Statement {
    let columns = "e.xact_id, e.position, e.aggregate_type, e.aggregate_id";
    let mut sql = QueryBuilder::new(format!("SELECT {columns} FROM "));
    push_log(&mut sql, wanted, range);
    sql
}

/// A bound that is not looked beyond comes before what is asked of each event, so that a page ends
/// with the last that it needs.
fn push_log(sql: &mut Statement, wanted: &Wanted, range: &Range) {
    sql.push(format!("(SELECT * FROM events e WHERE {READABLE} AND "));
    range.push(sql);
    let order = range.order();
    sql.push(format!("{order} LIMIT {LOOKED_AT} OFFSET 0) AS e WHERE "));
    push_filter(sql, wanted);
}

/// The event up to which a page looks when it finds less than it may have: one row, or none when
/// it comes to the end of the range.
pub(super) fn edge(wanted: &Wanted, range: &Range) -> Statement {
    let last = LOOKED_AT - 1;
    let mut sql = QueryBuilder::new("SELECT e.xact_id, e.position FROM ");
    match &wanted.of {
        Of::Everything => {
            sql.push(format!("events e WHERE {READABLE} AND "));
            range.push(&mut sql);
            sql.push(format!("{} OFFSET {last} LIMIT 1", range.order()));
        }
        Of::Streams(streams) => {
            push_streams(&mut sql, streams, range);
            sql.push(" CROSS JOIN LATERAL (SELECT e.xact_id, e.position FROM events e WHERE ");
            push_stream(&mut sql, range);
            sql.push(format!(" OFFSET {last} LIMIT 1) AS e WHERE "));
            // What lies behind the range was not looked for.
            range.push(&mut sql);
            sql.push(format!("{} LIMIT 1", range.order()));
        }
    }
    sql
}

/// The last event of the range.
pub(super) fn last(range: &Range) -> Statement {
    let mut sql = QueryBuilder::new(format!(
        "SELECT e.xact_id, e.position FROM events e WHERE {READABLE} AND "
    ));
    range.push(&mut sql);
    sql.push(format!("{} LIMIT 1", range.turned_order()));
    sql
}

/// The streams, each with the number of its last event before the range (or, backwards, in it):
/// positions rise with numbers, so halving finds it with a few looks at the stream's index.
fn push_streams(sql: &mut Statement, streams: &[StreamName], range: &Range) {
    let types: Vec<String> = streams
        .iter()
        .map(|name| name.aggregate_type.clone())
        .collect();
    let ids: Vec<String> = streams
        .iter()
        .map(|name| name.aggregate_id.clone())
        .collect();
    sql.push("unnest(").push_bind(types).push("::text[], ");
    sql.push_bind(ids)
        .push("::text[]) AS asked (aggregate_type, aggregate_id) CROSS JOIN LATERAL (");
    let edge = match range.way {
        Way::Onwards(_) if range.after == LogPosition::START => {
            sql.push("SELECT 0::bigint AS low) AS half");
            return;
        }
        Way::Onwards(_) => (" <= (", range.after),
        Way::Back(_) => (" < (", range.before),
    };
    sql.push(format!(
        "WITH RECURSIVE half (low, high) AS (SELECT 0::bigint, coalesce((SELECT e.sequence \
         FROM events e WHERE {STREAM} ORDER BY e.sequence DESC LIMIT 1), 0) UNION ALL \
         SELECT CASE WHEN at.passed THEN at.sequence ELSE half.low END, \
         CASE WHEN at.passed THEN half.high ELSE (half.low + half.high + 1) / 2 - 1 END \
         FROM half CROSS JOIN LATERAL (SELECT e.sequence, (e.xact_id, e.position){}",
        edge.0
    ));
    sql.push_bind(edge.1.xact_id)
        .push(", ")
        .push_bind(edge.1.position)
        .push(format!(
            ") AS passed FROM events e WHERE {STREAM} \
             AND e.sequence >= (half.low + half.high + 1) / 2 ORDER BY e.sequence LIMIT 1) AS at \
             WHERE half.low < half.high) SELECT low FROM half WHERE low >= high) AS half"
        ));
}

fn push_stream(sql: &mut Statement, range: &Range) {
    let (side, order) = match range.way {
        Way::Onwards(_) => (">", ""),
        Way::Back(_) => ("<=", " DESC"),
    };
    sql.push(format!(
        "e.aggregate_type = asked.aggregate_type AND e.aggregate_id = asked.aggregate_id \
         AND e.sequence {side} half.low AND {READABLE} ORDER BY e.sequence{order}"
    ));
}
