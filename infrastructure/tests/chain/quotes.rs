//! The quote of the server and the contract's are one and the same.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use gage_application::ports::chain::PaymentRail;
use gage_domain::{
    ids::OrderId,
    payment::Terms,
    value::{Asset, B256, BaseUnits},
};
use gage_infrastructure::chain::{ShopEscrow, key_of};
use rand::{Rng, SeedableRng, rngs::StdRng};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    node::Program,
    on_both,
    world::{World, coin},
};

on_both!(
    a_key_is_what_the_contract_says,
    who_pays_as_told_is_in_the_contracts_books
);

async fn a_key_is_what_the_contract_says(program: Program) {
    let world = World::bare(program).await;
    let node = world.node.client();
    let mut random = StdRng::seed_from_u64(20_261_121);
    for round in 0..100 {
        let terms = any_terms(&mut random, &world);
        let call = ShopEscrow::keyOfCall {
            quote: contracts_quote(&terms),
        };
        let answer = node
            .call(world.escrow.address, call.abi_encode().into())
            .await
            .unwrap();
        let expected = ShopEscrow::keyOfCall::abi_decode_returns(&answer).unwrap();
        assert_eq!(key_of(&terms), expected, "round {round}: {terms:?}");
    }
}

/// The quote as the contract's source describes it.
fn contracts_quote(terms: &Terms) -> ShopEscrow::Quote {
    let mut order = B256::ZERO;
    order[16..].copy_from_slice(terms.order.0.as_bytes());
    ShopEscrow::Quote {
        order,
        buyer: terms.buyer,
        seller: terms.seller,
        arbiter: terms.arbiter,
        token: terms.token,
        amount: terms.amount.0,
        deadline: terms.deadline.unix_timestamp().unsigned_abs(),
        holdSeconds: terms.hold_secs,
        disputeSeconds: terms.dispute_secs,
    }
}

/// Terms with small, large and extreme members.
fn any_terms(random: &mut StdRng, world: &World) -> Terms {
    let mut number = |top: u64| match random.random_range(0..4) {
        0 => 0,
        1 => top,
        _ => random.random_range(0..=top),
    };
    let latest = 253_402_300_799; // The last second of the year 9999.
    let deadline = i64::try_from(number(latest)).unwrap();
    let (hold_secs, dispute_secs) = (number(u64::MAX), number(u64::MAX));
    let amount = U256::from_limbs([0; 4].map(|_: u64| number(u64::MAX)));
    Terms {
        order: OrderId(Uuid::from_u128(random.random())),
        buyer: Address::from(random.random::<[u8; 20]>()),
        seller: Address::from(random.random::<[u8; 20]>()),
        arbiter: Address::from(random.random::<[u8; 20]>()),
        token: Address::from(random.random::<[u8; 20]>()),
        amount: BaseUnits(amount),
        deadline: OffsetDateTime::from_unix_timestamp(deadline).unwrap(),
        hold_secs,
        dispute_secs,
        chain_id: crate::node::CHAIN_ID,
        escrow: world.escrow.address,
        key: B256::ZERO,
    }
}

async fn who_pays_as_told_is_in_the_contracts_books(program: Program) {
    let world = World::bare(program).await;
    let terms = world.terms_of_nothing(12_345);
    assert_eq!(terms.key, key_of(&terms));
    let paid = world.pay(&terms).await;
    world.node.receipt(paid).await;

    let call = ShopEscrow::paymentsCall { key: terms.key };
    let node = world.node.client();
    let answer = node
        .call(world.escrow.address, call.abi_encode().into())
        .await
        .unwrap();
    let payment = ShopEscrow::paymentsCall::abi_decode_returns(&answer).unwrap();
    assert_eq!((payment.buyer, payment.seller), (terms.buyer, terms.seller));
    assert_eq!(payment.funded, 12_345);
    assert_eq!(world.escrowed().await, U256::from(12_345));
    // The order's UUID, as the log names it too.
    assert_eq!(payment.order.0, terms.order.0.into_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_holds_for_its_chain_and_contract_alone() {
    let world = World::bare(Program::Anvil).await;
    let terms = world.terms_of_nothing(1);
    let other_chain = Terms {
        chain_id: terms.chain_id + 1,
        ..terms.clone()
    };
    let other_contract = Terms {
        escrow: Address::repeat_byte(1),
        ..terms.clone()
    };
    assert_ne!(key_of(&other_chain), terms.key);
    assert_ne!(key_of(&other_contract), terms.key);
    assert!(world.rail.accepted(coin()).is_some());
    let token = Address::repeat_byte(1);
    let chain_id = coin().chain_id + 1;
    for other in [Asset { token, ..coin() }, Asset { chain_id, ..coin() }] {
        assert_eq!(world.rail.accepted(other), None);
    }
}
