//! What accounts take out of the escrow is recorded, once.

use alloy::primitives::Address;
use gage_application::{
    event::{Decoder, StreamName},
    ports::{chain::SightingStatus, event_log::EventLog},
};
use gage_domain::{
    decider::Decider,
    ids::PayoutId,
    payout::{Payout, PayoutEvent},
    value::BaseUnits,
};
use serde_json::json;

use crate::{
    node::{CHAIN_ID, Program},
    on_both,
    world::World,
};

on_both!(
    a_withdrawal_is_recorded_once_it_is_deep_enough,
    a_withdrawal_that_left_the_chain_is_taken_back,
    withdrawals_that_are_read_again_count_once,
);

impl World {
    fn payout(&self, account: Address) -> PayoutId {
        PayoutId {
            chain_id: CHAIN_ID,
            escrow: self.escrow.address,
            account,
            token: Address::ZERO,
        }
    }

    async fn payouts(&self, account: Address) -> Vec<PayoutEvent> {
        let name = StreamName::of::<Payout>(self.payout(account));
        let stored = self.db.log().load(&name, 0).await.unwrap();
        let decoder = Decoder::current();
        stored
            .iter()
            .map(|event| decoder.event::<Payout>(event).unwrap())
            .collect()
    }

    async fn withdrawn(&self, account: Address) -> BaseUnits {
        let payout = Payout::fold(&self.payouts(account).await);
        payout.withdrawn().unwrap()
    }

    /// The buyer pays for some pieces and gets a part back; the seller has the rest.
    async fn settles(&self, pieces: u32, back: u64) -> Address {
        let terms = self.order(pieces).await;
        self.node.receipt(self.pay(&terms).await).await;
        self.refunds(&terms, back).await;
        let rest: u64 = terms.amount.0.to();
        self.releases(&terms, rest - back).await;
        self.node.account(0).await
    }
}

async fn a_withdrawal_is_recorded_once_it_is_deep_enough(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(3);
    let seller = world.settles(3, 700).await;
    world.withdraws(seller).await;
    world.withdraws(world.buyer).await;
    world.node.mine(1).await;
    listener.until_at_head().await;
    // The seller's is three blocks deep, the buyer's two.
    assert_eq!(world.withdrawn(seller).await, BaseUnits::from(2_999_300));
    assert_eq!(world.payouts(world.buyer).await, []);

    world.node.mine(1).await;
    listener.until_at_head().await;
    assert_eq!(world.withdrawn(world.buyer).await, BaseUnits::from(700));
    world.settles(1, 1).await;
    world.withdraws(seller).await;
    world.node.mine(2).await;
    listener.until_at_head().await;
    assert_eq!(world.payouts(seller).await.len(), 2);
    assert_eq!(world.withdrawn(seller).await, BaseUnits::from(3_999_299));
    let unmatched = world.store().sightings(SightingStatus::Unmatched, 9).await;
    assert_eq!(unmatched.unwrap(), []);
    world.ends(listener).await;
}

async fn a_withdrawal_that_left_the_chain_is_taken_back(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let seller = world.settles(2, 5).await;
    let then = world.node.ask("evm_snapshot", json!([])).await;
    world.withdraws(seller).await;
    listener.until_at_head().await;
    assert_eq!(world.withdrawn(seller).await, BaseUnits::from(1_999_995));

    let forgotten = world.node.ask("evm_revert", json!([then])).await;
    assert_eq!(forgotten, true);
    world.node.mine(2).await;
    listener.until_at_head().await;
    let [
        PayoutEvent::FundsWithdrawn { log, amount },
        PayoutEvent::WithdrawalReverted {
            log: gone,
            amount: back,
        },
    ] = world.payouts(seller).await[..]
    else {
        panic!("{:?}", world.payouts(seller).await)
    };
    assert_eq!((log, amount), (gone, back));
    assert_eq!(world.withdrawn(seller).await, BaseUnits::ZERO);

    world.withdraws(seller).await;
    listener.until_at_head().await;
    assert_eq!(world.withdrawn(seller).await, BaseUnits::from(1_999_995));
    world.ends(listener).await;
}

async fn withdrawals_that_are_read_again_count_once(program: Program) {
    let world = World::new(program).await;
    let listeners = [world.follow(1), world.follow(1)];
    let seller = world.settles(2, 5).await;
    world.withdraws(seller).await;
    world.withdraws(world.buyer).await;
    for listener in listeners {
        listener.until_at_head().await;
        listener.stop().await;
    }
    let events = world.db.number("SELECT count(*) FROM events").await;
    assert_eq!(world.payouts(seller).await.len(), 1);
    assert_eq!(world.payouts(world.buyer).await.len(), 1);

    // From receipts, then as logs of a range.
    for blocks in [0, 100] {
        world.rewind().await;
        world.node.mine(blocks).await;
        let listener = world.follow(1);
        listener.until_at_head().await;
        listener.stop().await;
        assert_eq!(world.db.number("SELECT count(*) FROM events").await, events);
    }
}
