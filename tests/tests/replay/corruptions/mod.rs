//! What somebody who can write to the database may do behind the server's back, and how a replay
//! names it.

mod derived;
mod events;
mod people_and_money;

use std::fmt::Write as _;

use gage_application::replay::{Fault, Plan};
use sqlx::PgPool;

use crate::world::{World, administer, copy, id, open, replayed};

/// A change behind the server's back.
struct Corruption {
    what: &'static str,
    sql: String,
    /// One of what has to be found.
    fault: Fault,
    /// What the finding has to name.
    names: String,
}

/// `Order:…` of an order by number, as a condition on the table of events.
fn of_order(number: u128) -> String {
    let id = World::order(number);
    format!("aggregate_type = 'Order' AND aggregate_id = '{id}'")
}

fn of_payment(number: u128) -> String {
    let id = World::order(number);
    format!("aggregate_type = 'Payment' AND aggregate_id = '{id}'")
}

fn of_stock(number: u128) -> String {
    let id = id(10 + number);
    format!("aggregate_type = 'Inventory' AND aggregate_id = '{id}'")
}

fn order(number: u128) -> String {
    format!("Order:{}", World::order(number))
}

fn payment(number: u128) -> String {
    format!("Payment:{}", World::order(number))
}

fn corruption(
    what: &'static str,
    fault: Fault,
    names: impl Into<String>,
    sql: impl Into<String>,
) -> Corruption {
    Corruption {
        what,
        sql: sql.into(),
        fault,
        names: names.into(),
    }
}

/// Does something as a superuser may: with the log's protection off.
async fn corrupt(pool: &PgPool, sql: &str) {
    let statements = format!(
        "ALTER TABLE events DISABLE TRIGGER events_append_only; {sql}; \
         ALTER TABLE events ENABLE TRIGGER events_append_only"
    );
    sqlx::Executor::execute(pool, statements.as_str())
        .await
        .unwrap();
}

/// Looks for each of them in a copy of one history; says what was not found.
async fn undetected(corruptions: Vec<Corruption>) -> String {
    let world = World::new().await;
    world.tell_all().await;
    let template = world.name.clone();
    world.pool.close().await;
    let mut undetected = String::new();
    for Corruption {
        what,
        sql,
        fault,
        names,
    } in corruptions
    {
        let name = copy(&template).await;
        let pool = open(&name).await;
        corrupt(&pool, &sql).await;
        let report = replayed(&pool, Plan::default()).await;
        pool.close().await;
        administer(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
        let named = |finding: &&gage_application::replay::Finding| {
            finding.fault == fault && finding.place.to_string().contains(&names)
        };
        if !report.findings.iter().any(|finding| named(&finding)) {
            writeln!(undetected, "{what}: no {fault:?} that names {names}, but").unwrap();
            for finding in &report.findings {
                writeln!(undetected, "    {:?} {finding}", finding.fault).unwrap();
            }
        }
    }
    world.end().await;
    undetected
}

#[tokio::test]
async fn what_is_done_to_events_is_found_and_named() {
    assert_eq!(undetected(events::of_events()).await, "");
}

#[tokio::test]
async fn what_is_done_to_people_and_money_is_found_and_named() {
    assert_eq!(
        undetected(people_and_money::of_people_and_money()).await,
        ""
    );
}

#[tokio::test]
async fn what_is_done_to_what_is_derived_is_found_and_named() {
    assert_eq!(undetected(derived::of_what_is_derived()).await, "");
}
