//! What a payment is said to cost, and what it costs.

use std::time::{Duration, Instant};

use alloy::primitives::{Address, U256};
use gage_application::ports::{
    chain::{GasQuote, GasUnavailable, PaymentRail},
    clock::Clock,
};
use gage_domain::payment::Terms;
use gage_infrastructure::clock::SystemClock;
use serde_json::Value;

use crate::{node::Program, on_both, world::World};

on_both!(
    a_payment_costs_what_was_quoted,
    a_payment_that_would_fail_says_why,
    without_the_node_the_rest_is_answered,
);

/// The quote of a node that is there; a busy machine may keep it longer than a buyer waits.
async fn quoted(world: &World, terms: &Terms, payer: Address) -> Result<GasQuote, GasUnavailable> {
    for _ in 0..10 {
        let gas = world.rail.instructions(terms, payer).await.gas;
        if gas != Err(GasUnavailable::NodeUnreachable) {
            return gas;
        }
    }
    panic!("the node does not answer");
}

async fn reason(world: &World, terms: &Terms, payer: Address) -> String {
    match quoted(world, terms, payer).await {
        Err(GasUnavailable::WouldFail { reason }) => reason,
        other => panic!("would not fail: {other:?}"),
    }
}

async fn a_payment_costs_what_was_quoted(program: Program) {
    let world = World::bare(program).await;
    let terms = world.terms_of_nothing(5_000);
    let asked_at = SystemClock.now();
    let quote = quoted(&world, &terms, world.buyer).await.unwrap();
    let paid = world.pay(&terms).await;
    let receipt = world.node.receipt(paid).await;

    let field = |name: &str| -> U256 { number(&receipt[name]) };
    let (used, price) = (field("gasUsed"), field("effectiveGasPrice"));
    let limit = U256::from(quote.gas_limit);
    assert!(used <= limit, "{used} used, {limit} quoted");
    assert!(
        limit <= used * U256::from(13) / U256::from(10),
        "{used} used, {limit} quoted"
    );
    let cost = used * price;
    assert!(
        cost <= quote.maximum_cost.0,
        "{cost} paid, at most {} quoted",
        quote.maximum_cost
    );
    assert!(quote.expected_cost <= quote.maximum_cost);
    assert!(!quote.base_fee_per_gas.is_zero() && !quote.max_fee_per_gas.is_zero());
    assert!(quote.quoted_at >= asked_at);
}

fn number(hex: &Value) -> U256 {
    serde_json::from_value(hex.clone()).unwrap()
}

async fn a_payment_that_would_fail_says_why(program: Program) {
    let world = World::bare(program).await;
    let terms = world.terms_of_nothing(5_000);

    let poor = reason(&world, &terms, Address::repeat_byte(0xdd)).await;
    assert!(poor.starts_with("insufficient funds"), "{poor}");

    let paid = world.pay(&terms).await;
    world.node.receipt(paid).await;
    assert_eq!(
        reason(&world, &terms, world.buyer).await,
        "this order was paid already"
    );

    let mut late = world.terms_of_nothing(5_000);
    late.deadline -= Duration::from_hours(1);
    let late = reason(&world, &late, world.buyer).await;
    assert!(late.starts_with("the deadline is over"), "{late}");

    let elsewhere = Terms {
        chain_id: 1,
        ..world.terms_of_nothing(5_000)
    };
    assert_eq!(
        reason(&world, &elsewhere, world.buyer).await,
        "no payments are taken on chain 1 any more"
    );
}

async fn without_the_node_the_rest_is_answered(program: Program) {
    let mut world = World::bare(program).await;
    let terms = world.terms_of_nothing(5_000);
    let with = world.rail.instructions(&terms, world.buyer).await;
    world.node.stop().await;

    let since = Instant::now();
    let without = world.rail.instructions(&terms, world.buyer).await;
    assert!(since.elapsed() < Duration::from_secs(8));
    assert_eq!(without.gas, Err(GasUnavailable::NodeUnreachable));
    assert_eq!(without.call_data, with.call_data);
    assert_eq!(
        (without.contract, without.value),
        (world.escrow.address, terms.amount)
    );
    assert_eq!(without.chain_id, crate::node::CHAIN_ID);
}
