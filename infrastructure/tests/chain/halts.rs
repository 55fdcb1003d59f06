//! What only the operator can mend: the listener halts, and says so.

use alloy::{
    primitives::{Address, U256, keccak256},
    sol_types::SolEvent,
};
use gage_application::ports::chain::ChainCondition;
use gage_infrastructure::chain::{ListenerSettings, ShopEscrow, deploy};

use crate::{
    bytecode,
    node::{Program, TestNode},
    on_both,
    world::{World, quote_signer},
};

on_both!(
    another_chain_at_the_same_address_halts,
    a_malformed_log_stops_the_cursor
);

async fn halts(world: &World, settings: ListenerSettings) {
    let listener = world.follow_with(settings);
    listener.until_fares(ChainCondition::Halted).await;
    assert_eq!(listener.now().read_until, None);
    listener.stop().await;
}

async fn another_chain_at_the_same_address_halts(program: Program) {
    let mut world = World::new(program).await;
    let listener = world.follow(1);
    let terms = world.order(1).await;
    world.node.receipt(world.pay(&terms).await).await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;

    // The same program with the same contract at the same address: only the beginning differs.
    // Anvil's consists of the second at which it started, so that one has to be over.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let port = world.node.port();
    world.node.stop().await;
    drop(std::mem::replace(
        &mut world.node,
        TestNode::start_on(program, port).await,
    ));
    let signer = quote_signer().address();
    let again = deploy(&world.node.client(), &TestNode::deployer(), signer, &[])
        .await
        .unwrap();
    assert_eq!(again, world.escrow);
    world.node.mine(10).await;
    listener.until_fares(ChainCondition::Halted).await;
    assert_eq!(
        world.told(terms.order).await,
        ["requested", "detected", "confirmed"]
    );
    listener.stop().await;
}

async fn a_malformed_log_stops_the_cursor(program: Program) {
    let world = World::bare(program).await;
    let signer = quote_signer().address();
    let unknown = world
        .node
        .create(bytecode::logger(signer, keccak256("Other()")))
        .await;
    let malformed = bytecode::logger(signer, ShopEscrow::Paid::SIGNATURE_HASH);
    let malformed = world.node.create(malformed).await;

    // A log of a name that we do not know is passed over.
    let says = |escrow: Address| {
        world
            .node
            .send(world.buyer, Some(escrow), U256::ZERO, vec![].into())
    };
    let said = says(unknown).await;
    world.node.receipt(said).await;
    let settings = |escrow| ListenerSettings {
        escrow,
        ..world.settings(1)
    };
    let listener = world.follow_with(settings(unknown));
    listener.until_at_head().await;
    listener.stop().await;

    let listener = world.follow_with(settings(malformed));
    listener.until_at_head().await;
    let before = listener.now().head.unwrap().number;
    let said = says(malformed).await;
    world.node.receipt(said).await;
    listener.until_fares(ChainCondition::Halted).await;
    listener.stop().await;
    let cursor = "SELECT block_number FROM chain_cursor ORDER BY moved_at DESC LIMIT 1";
    assert_eq!(world.db.number(cursor).await.unsigned_abs(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_setting_halts() {
    let world = World::bare(Program::Anvil).await;
    let right = world.settings(1);
    halts(
        &world,
        ListenerSettings {
            chain_id: 1,
            ..right
        },
    )
    .await;
    let nobody = Address::repeat_byte(0x77);
    halts(
        &world,
        ListenerSettings {
            escrow: nobody,
            ..right
        },
    )
    .await;
    halts(
        &world,
        ListenerSettings {
            quote_signer: nobody,
            ..right
        },
    )
    .await;
    let other_contract = world.node.create(bytecode::forwarder(nobody)).await;
    halts(
        &world,
        ListenerSettings {
            escrow: other_contract,
            ..right
        },
    )
    .await;
    assert_eq!(
        world.db.number("SELECT count(*) FROM chain_cursor").await,
        0
    );

    let listener = world.follow(1);
    listener.until_at_head().await;
    listener.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_block_that_is_not_there_yet_is_waited_for() {
    let world = World::bare(Program::Anvil).await;
    let start_block = world.node.height().await + 5;
    let listener = world.follow_with(ListenerSettings {
        start_block,
        ..world.settings(1)
    });
    listener.until_fares(ChainCondition::Following).await;
    assert_eq!(
        world.db.number("SELECT count(*) FROM chain_cursor").await,
        0
    );
    world.node.mine(6).await;
    listener.until_at_head().await;
    assert_eq!(
        world.store().ring().await.unwrap().last().unwrap().number,
        start_block - 1
    );
    listener.stop().await;
}
