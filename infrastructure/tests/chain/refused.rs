//! What the contract refuses, or nobody asked for: the order stays as it was.

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::{SolCall, SolEvent},
};
use gage_application::{operations::cancel_order::CancelOrder, ports::chain::SightingStatus};
use gage_domain::payment::Terms;
use gage_infrastructure::chain::{ListenerSettings, ShopEscrow, deploy, key_of};
use serde_json::{Value, json};

use crate::{
    bytecode,
    node::{Program, TestNode},
    on_both,
    world::{World, quote_signer},
};

on_both!(
    what_the_contract_refuses_leaves_the_order_payable,
    a_quote_that_is_late_pays_nothing,
    an_order_is_paid_once,
    a_quote_of_another_contract_pays_nothing,
);

impl World {
    /// Sends a transaction that must be mined, and fail there.
    async fn fails(&self, by: Address, to: Address, value: U256, data: Bytes, why: &str) {
        let call = json!({ "from": by, "to": to, "value": value, "data": data, "gas": "0x3d0900" });
        let sent = self.node.ask("eth_sendTransaction", json!([call])).await;
        for _ in 0..200 {
            let asked = json!([sent]);
            let receipt = self.node.ask("eth_getTransactionReceipt", asked).await;
            if receipt != Value::Null {
                assert_eq!(receipt["status"], "0x0", "{why}");
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{why}: it is not mined");
    }

    /// Tries to pay, and is refused.
    async fn cannot_pay(&self, terms: &Terms, why: &str) {
        let data = self.call_that_pays(terms).await;
        let (escrow, value) = (self.escrow.address, terms.amount.0);
        self.fails(self.buyer, escrow, value, data, why).await;
    }

    async fn logs(&self, status: SightingStatus) -> usize {
        self.store().sightings(status, 100).await.unwrap().len()
    }
}

/// The call that pays, changed by whoever sends it.
fn altered(call: &[u8], change: impl FnOnce(&mut ShopEscrow::payCall)) -> Bytes {
    let mut call = ShopEscrow::payCall::abi_decode(call).unwrap();
    change(&mut call);
    call.abi_encode().into()
}

async fn what_the_contract_refuses_leaves_the_order_payable(program: Program) {
    let world = World::taking_and_selling(program).await;
    let listener = world.follow(1);
    let terms = world.order(2).await;
    let (buyer, escrow, value) = (world.buyer, world.escrow.address, terms.amount.0);
    let call = world.call_that_pays(&terms).await;
    let one = U256::from(1);
    let token = world.tokens[0].address;
    let forged = |call: &mut ShopEscrow::payCall| {
        let mut signature = call.signature.to_vec();
        signature[5] ^= 1;
        call.signature = signature.into();
    };
    let cases: [(&str, U256, Bytes); 8] = [
        ("too little", value - one, call.clone()),
        ("too much", value + one, call.clone()),
        ("nothing", U256::ZERO, call.clone()),
        ("coins sent blindly", value, Bytes::new()),
        (
            "a smaller amount written into the quote",
            one,
            altered(&call, |call| call.quote.amount = one),
        ),
        (
            "another seller written into the quote",
            value,
            altered(&call, |call| call.quote.seller = buyer),
        ),
        (
            "another token written into the quote",
            U256::ZERO,
            altered(&call, |call| call.quote.token = token),
        ),
        ("a forged signature", value, altered(&call, forged)),
    ];
    for (why, value, data) in cases {
        world.fails(buyer, escrow, value, data, why).await;
    }
    listener.until_at_head().await;
    assert_eq!(world.told(terms.order).await, ["requested"]);
    assert!(world.is_payable(&terms).await);

    world.node.receipt(world.pay(&terms).await).await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    let report = world.ends(listener).await;
    assert_eq!(report.tokens[0].balance, terms.amount, "and no more");
}

impl World {
    /// A shop that sells for coins, and a contract that takes a token as well.
    async fn taking_and_selling(program: Program) -> Self {
        let mut world = Self::taking(program, &[18]).await;
        world.sells(Address::ZERO, U256::from(1_000_000)).await;
        world
    }
}

async fn a_quote_that_is_late_pays_nothing(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let (late, cancelled) = (world.order(1).await, world.order(2).await);
    let (order, by) = (cancelled.order, world.buyer);
    world.does(CancelOrder { order, by }).await;
    let window = json!([3_600]);
    world.node.ask("evm_increaseTime", window).await;
    world.node.mine(1).await;
    for terms in [&late, &cancelled] {
        world.cannot_pay(terms, "the deadline is over").await;
    }
    listener.until_at_head().await;
    assert_eq!(world.told(late.order).await, ["requested"]);
    assert_eq!(world.told(cancelled.order).await, ["requested", "expired"]);
    let report = world.ends(listener).await;
    assert_eq!(report.logs, 0);
}

async fn an_order_is_paid_once(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let terms = world.order(2).await;
    let paid = world.pay(&terms).await;
    world.node.receipt(paid).await;
    world.cannot_pay(&terms, "it is paid").await;
    // A second quote for the same order, which the server never gives; signed all the same.
    let mut second = Terms {
        amount: gage_domain::value::BaseUnits::from(5),
        ..terms.clone()
    };
    second.key = key_of(&second);
    world.node.receipt(world.pay(&second).await).await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    let seen = world.payment(terms.order).await.sighting().unwrap();
    assert_eq!(seen.log.tx_hash, paid);

    let report = world.ends(listener).await;
    assert_eq!(report.unmatched.count, 1, "it is listed, with the reason");
    let words = report.unmatched.first[0].to_string();
    assert!(words.contains("paid 5"), "{words}");
    assert_eq!(report.tokens[0].funded, terms.amount);
}

async fn a_quote_of_another_contract_pays_nothing(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let terms = world.order(2).await;
    let signer = quote_signer().address();
    let (node, deployer) = (world.node.client(), TestNode::deployer());
    let other = deploy(&node, &deployer, signer, &[]).await.unwrap();
    let (value, data) = (terms.amount.0, world.call_that_pays(&terms).await);
    // Our quote there, and a quote for there, or for another chain, here.
    let why = "it is signed for another contract";
    world
        .fails(world.buyer, other.address, value, data, why)
        .await;
    let elsewhere = [
        Terms {
            escrow: other.address,
            ..terms.clone()
        },
        Terms {
            chain_id: 1,
            ..terms.clone()
        },
    ];
    for quote in elsewhere {
        world.cannot_pay(&quote, "it is signed for elsewhere").await;
    }
    // Paid there with a quote for there, it is no payment here.
    let there = Terms {
        escrow: other.address,
        ..terms.clone()
    };
    let data = world.call_that_pays(&there).await;
    world
        .does_call(world.buyer, other.address, value, data)
        .await;
    listener.until_at_head().await;
    assert_eq!(world.told(terms.order).await, ["requested"]);
    assert!(world.is_payable(&terms).await);
    world.ends(listener).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_a_contract_that_lies_credits_nothing() {
    let world = World::new(Program::Anvil).await;
    let terms = world.order(2).await;
    let escrow = bytecode::repeater(quote_signer().address(), ShopEscrow::Paid::SIGNATURE_HASH);
    let escrow = world.node.create(escrow).await;
    let listener = world.follow_with(ListenerSettings {
        escrow,
        ..world.settings(1)
    });
    // The log says: paid, for this order, as much as there can be.
    let paid = ShopEscrow::Paid {
        key: terms.key,
        order: B256::from(U256::from(terms.order.0.as_u128())),
        payer: world.buyer,
        buyer: terms.buyer,
        seller: terms.seller,
        token: terms.token,
        amount: U256::MAX,
    };
    let topics_and_data = bytecode::said(&paid);
    world
        .does_call(world.buyer, escrow, U256::ZERO, topics_and_data)
        .await;
    listener.until_at_head().await;
    assert_eq!(world.told(terms.order).await, ["requested"]);
    listener.stop().await;
    let stored = "SELECT observation->'what'->'Paid'->>'amount' FROM chain_sightings \
                  WHERE status = 'unmatched'";
    let amount: String = sqlx::query_scalar(stored)
        .fetch_one(&world.db.pool)
        .await
        .unwrap();
    assert_eq!(amount, U256::MAX.to_string());
    assert_eq!(world.logs(SightingStatus::Confirmed).await, 0);
}
