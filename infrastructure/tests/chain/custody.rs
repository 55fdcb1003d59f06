//! The domain's copy of the escrow's rules, held against the escrow itself.

use alloy::primitives::{Address, U64, U256};
use gage_application::ports::chain::{GasUnavailable, PaymentRail, WalletCall};
use gage_domain::{
    payment::{Custody, Demand, Dispute, Terms},
    value::BaseUnits,
};
use gage_infrastructure::chain::key_of;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::{node::Program, on_both, world::World};

on_both!(the_domain_says_what_the_contract_does);

/// What is paid, wei.
const AMOUNT: u64 = 5_000;

struct Scene {
    world: World,
    terms: Terms,
    wallets: [Address; 4],
    custody: Custody,
}

impl Scene {
    /// A payment of the world's buyer; all parties have money for gas.
    async fn paid(program: Program) -> Self {
        let world = World::bare(program).await;
        let node = &world.node;
        let (seller, arbiter) = (node.account(2).await, node.account(3).await);
        let mut terms = Terms {
            seller,
            arbiter,
            hold_secs: 1_000,
            dispute_secs: 5_000,
            ..world.terms_of_nothing(AMOUNT)
        };
        terms.key = key_of(&terms);
        node.receipt(world.pay(&terms).await).await;
        let wallets = [world.buyer, seller, arbiter, node.account(4).await];
        let paid_at = head_time(&world).await;
        let custody = Custody {
            buyer: world.buyer,
            seller,
            arbiter,
            held: terms.amount,
            hold_ends: terms.hold_ends(paid_at),
            dispute: None,
        };
        Self {
            world,
            terms,
            wallets,
            custody,
        }
    }

    async fn call(&self, demand: Demand, by: Address) -> WalletCall {
        let asked = async || self.world.rail.wallet_call(&self.terms, demand, by).await;
        for _ in 0..10 {
            let call = asked().await;
            if call.gas != Err(GasUnavailable::NodeUnreachable) {
                return call;
            }
        }
        panic!("the node does not answer");
    }

    async fn does(&self, demand: Demand, by: Address) {
        let call = self.call(demand, by).await;
        let (node, data) = (&self.world.node, call.call_data.into());
        let sent = node.send(by, Some(call.contract), U256::ZERO, data).await;
        node.receipt(sent).await;
    }

    /// Lets time pass on the chain.
    async fn wait(&self, secs: u64) {
        let node = &self.world.node;
        node.ask("evm_increaseTime", json!([secs])).await;
        node.mine(1).await;
    }

    /// Asks both about everything that anyone could want now.
    async fn both_agree(&self, when: &str) {
        let now = head_time(&self.world).await;
        let amounts = [0, 1, AMOUNT, AMOUNT + 1].map(BaseUnits::from);
        let demands = amounts
            .into_iter()
            .flat_map(|amount| [Demand::Release(amount), Demand::Refund(amount)])
            .chain([Demand::Dispute]);
        for demand in demands {
            for by in self.wallets {
                let said = self.custody.check(demand, by, now);
                let done = self.call(demand, by).await.gas;
                let what = format!("{when}: {demand:?} by {by}: {said:?}, {done:?}");
                assert_eq!(said.is_ok(), done.is_ok(), "{what}");
            }
        }
    }
}

/// The time of the newest block, in which the node tries a call.
async fn head_time(world: &World) -> OffsetDateTime {
    let block: Value = world
        .node
        .ask("eth_getBlockByNumber", json!(["latest", false]))
        .await;
    let secs: U64 = serde_json::from_value(block["timestamp"].clone()).unwrap();
    OffsetDateTime::from_unix_timestamp(secs.to()).unwrap()
}

async fn the_domain_says_what_the_contract_does(program: Program) {
    let held = Scene::paid(program).await;
    held.both_agree("held").await;
    held.wait(1_000).await;
    held.both_agree("the hold time is over").await;

    let mut disputed = Scene::paid(program).await;
    disputed.does(Demand::Dispute, disputed.terms.seller).await;
    let opened_at = head_time(&disputed.world).await;
    let arbiter_ends = disputed.terms.arbiter_ends(opened_at);
    disputed.custody.dispute = Some(Dispute { arbiter_ends });
    disputed.both_agree("in dispute").await;
    disputed.wait(1_000).await;
    disputed.both_agree("in dispute after the hold time").await;
    disputed.wait(4_000).await;
    disputed.both_agree("the arbiter was silent").await;

    let arbiter = disputed.terms.arbiter;
    let all_but_one = BaseUnits::from(AMOUNT - 1);
    disputed.does(Demand::Refund(all_but_one), arbiter).await;
    disputed.custody.held = BaseUnits::from(1);
    disputed.both_agree("one wei is left").await;
    let last = Demand::Release(BaseUnits::from(1));
    disputed.does(last, disputed.terms.buyer).await;
    disputed.custody.held = BaseUnits::ZERO;
    disputed.both_agree("nothing is left").await;
}
