//! Several nodes for one chain: one is read at a time, the next when it fails, and two that
//! disagree settle nothing wrongly.

use std::{sync::Arc, time::Duration};

use alloy::{primitives::Address, sol_types::SolCall};
use gage_application::ports::{
    chain::{ChainCondition, ChainStatus, PaymentChain, PaymentRail},
    clock::Clock,
};
use gage_domain::payment::Terms;
use gage_infrastructure::{
    chain::{ClientError, EvmRail, ListenerSettings, Node, NodeError, RailChain, ShopEscrow},
    clock::SystemClock,
};

use crate::{
    node::{CHAIN_ID, Program, TestNode},
    proxy::{Fault, Proxy},
    world::{Following, World, quote_signer},
};

const CONFIRMED: [&str; 2] = ["detected", "confirmed"];

/// An order that is paid on the world's own node.
async fn paid(world: &World) -> Terms {
    let terms = world.order(2).await;
    world.node.receipt(world.pay(&terms).await).await;
    terms
}

fn follow(world: &World, urls: [url::Url; 2]) -> Following {
    world.follow_over(Node::new(urls).unwrap(), world.settings(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_node_is_read_when_the_first_fails_and_the_first_again_later() {
    let world = World::new(Program::Anvil).await;
    let first = Proxy::start(world.node.port(), Fault::Sound).await;
    let second = Proxy::start(world.node.port(), Fault::Sound).await;
    let listener = follow(&world, [first.url(), second.url()]);
    let terms = paid(&world).await;
    world.until_told(terms.order, &CONFIRMED).await;
    for fault in [
        Fault::TooManyRequests,
        Fault::Limits,
        Fault::Page,
        Fault::Cut,
        Fault::NoReceipts,
        Fault::RefusesAll,
        Fault::RefusesCalls,
        Fault::Away,
        Fault::Silent,
    ] {
        second.becomes(Fault::Sound);
        first.becomes(fault);
        let terms = paid(&world).await;
        world.until_told(terms.order, &CONFIRMED).await;
        // Now the other way round.
        first.becomes(Fault::Sound);
        second.becomes(fault);
        let terms = paid(&world).await;
        world.until_told(terms.order, &CONFIRMED).await;
    }
    second.becomes(Fault::Sound);
    world.ends(listener).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_refuses_another_answers_and_what_the_chain_refuses_none() {
    let world = World::new(Program::Anvil).await;
    let (first, second) = tokio::join!(
        Proxy::start(world.node.port(), Fault::RefusesAll),
        Proxy::start(world.node.port(), Fault::Sound),
    );
    let node = Node::new([first.url(), second.url()]).unwrap();
    let escrow = world.escrow.address;
    let call = |data: Vec<u8>| node.call(escrow, data.into());
    let signer = ShopEscrow::quoteSignerCall {}.abi_encode();
    assert_eq!(node.chain_id().await.unwrap(), world.settings(1).chain_id);
    assert!(!node.code(escrow).await.unwrap().is_empty());
    call(signer.clone()).await.unwrap();
    second.becomes(Fault::Away);
    let refused = call(signer).await.unwrap_err();
    assert!(
        matches!(&refused, NodeError::Refused { code: -32600, .. }),
        "{refused}"
    );
    // The escrow's own word: nobody else is asked.
    first.becomes(Fault::Sound);
    let asked = second.asked();
    let refused = call(vec![0xff; 4]).await.unwrap_err();
    assert!(matches!(refused, NodeError::Refused { .. }), "{refused}");
    assert_eq!(second.asked(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stands_still_is_left_for_one_that_goes_on() {
    let world = World::new(Program::Anvil).await;
    let still = Proxy::start(world.node.port(), Fault::Sound).await;
    let listener = follow(&world, [still.url(), world.node.url()]);
    listener.until_at_head().await;
    let height = world.node.height().await;
    still.becomes(Fault::Lags(height));
    listener.until_at_head().await;

    // Alone it would be taken for the head of the chain, and the order would expire.
    let terms = world.order(1).await;
    world.node.receipt(world.pay(&terms).await).await;
    for _ in 0..2 {
        looked_on(&listener, &still).await;
        let read_until = listener.now().read_until;
        looked_on(&listener, &still).await;
        assert_eq!(listener.now().read_until, read_until, "another is further");
        world.node.mine(1).await;
    }
    assert_eq!(world.told(terms.order).await, ["requested"]);
    let read_until = listener.now().read_until;
    world.node.mine(1).await;
    world.until_told(terms.order, &CONFIRMED).await;
    listener
        .until("read on", |now| now.read_until > read_until)
        .await;
    world.ends(listener).await;
}

/// Waits for several turns that began from now on.
async fn looked_on(listener: &Following, proxy: &Proxy) {
    let asked = proxy.asked();
    listener
        .until("asked again", |_| proxy.asked() > asked + 10)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_node_that_stands_still_is_not_taken_for_the_head() {
    let world = World::new(Program::Anvil).await;
    let still = Proxy::start(world.node.port(), Fault::Sound).await;
    let head_age_max = Duration::from_secs(5);
    let settings = ListenerSettings {
        head_age_max: Some(head_age_max),
        ..world.settings(1)
    };
    world.node.mine_every(Some(1)).await;
    let listener = world.follow_over(still.client(), settings);
    listener.until_at_head().await;
    world.node.mine_every(None).await;
    let height = world.node.height().await;
    let all = |now: ChainStatus| now.lag_blocks == 0 && now.head.unwrap().number == height;
    listener.until("at the last block", all).await;
    still.becomes(Fault::Lags(height));

    // The chain goes on, and nothing of it is seen.
    world.node.mine_every(Some(1)).await;
    let terms = world.order(1).await;
    world.node.receipt(world.pay(&terms).await).await;
    listener.until_fares(ChainCondition::Stalled).await;
    let read_until = listener.now().read_until;
    assert!(read_until <= Some(world.node.made(height).await + head_age_max));
    looked_on(&listener, &still).await;
    assert_eq!(listener.now().read_until, read_until);
    assert_eq!(world.told(terms.order).await, ["requested"]);

    still.becomes(Fault::Sound);
    world.until_told(terms.order, &CONFIRMED).await;
    listener.until_fares(ChainCondition::Following).await;
    listener.until_at_head().await;
    world.node.mine_every(None).await;
    listener.stop().await;
    world.agrees(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_chain_is_read_as_far_as_its_newest_block() {
    let world = World::new(Program::Anvil).await;
    let terms = paid(&world).await;
    let last = world.node.made(world.node.height().await).await;
    let settings = ListenerSettings {
        head_age_max: Some(Duration::from_secs(1)),
        ..world.settings(1)
    };
    while SystemClock.now() <= last + 2 * Duration::from_secs(1) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let listener = world.follow(1);
    world.until_told(terms.order, &CONFIRMED).await;
    listener.stop().await;
    let listener = world.follow_with(settings);
    listener
        .until("read so far", |now| now.read_until.is_some())
        .await;
    assert_eq!(listener.now().read_until, Some(last));
    listener.until_fares(ChainCondition::Stalled).await;
    listener.stop().await;
}

/// A world with a payment, and a node of the same chain that never had it and is as far.
async fn with_other_past() -> (World, TestNode, Terms) {
    let mut world = World::new(Program::Anvil).await;
    let other = world.node.twin().await;
    let terms = paid(&world).await;
    world.node.mine(2).await;
    other.mine(3).await;
    assert_eq!(world.node.height().await, other.height().await);
    (world, other, terms)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_back_while_another_node_stands_by_it() {
    let (mut world, mut other, terms) = with_other_past().await;
    let first = Proxy::start(world.node.port(), Fault::Sound).await;
    let listener = follow(&world, [first.url(), world.node.url()]);
    world.until_told(terms.order, &CONFIRMED).await;
    listener.until_at_head().await;
    // The first node has other blocks now. The listener says so, and waits.
    first.leads_to(other.port());
    listener.until_fares(ChainCondition::Halted).await;
    let read_until = listener.now().read_until;
    assert_eq!(world.told(terms.order).await[1..], CONFIRMED);

    // It goes on and the second does not: now it is a reorganisation like any other.
    std::mem::swap(&mut world.node, &mut other);
    world.node.mine(1).await;
    let taken_back = ["detected", "confirmed", "reverted"];
    world.until_told(terms.order, &taken_back).await;
    listener.until_at_head().await;
    assert!(listener.now().read_until > read_until);
    world.node.receipt(world.pay(&terms).await).await;
    let again = ["detected", "confirmed", "reverted", "detected", "confirmed"];
    world.until_told(terms.order, &again).await;
    world.ends(listener).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_never_had_the_payment_goes_through_the_ring_and_back() {
    let (world, other, terms) = with_other_past().await;
    let first = Proxy::start(world.node.port(), Fault::Sound).await;
    let listener = follow(&world, [first.url(), other.url()]);
    world.until_told(terms.order, &CONFIRMED).await;
    listener.until_at_head().await;
    assert_eq!(world.told(terms.order).await[1..], CONFIRMED);

    // Alone, the other one is the chain.
    first.becomes(Fault::Away);
    let taken_back = ["detected", "confirmed", "reverted"];
    world.until_told(terms.order, &taken_back).await;
    // Both are there, and disagree: nothing is settled on either.
    first.becomes(Fault::Sound);
    listener.until_fares(ChainCondition::Halted).await;
    assert_eq!(world.told(terms.order).await[1..], taken_back);
    // The first goes on, the other one does not.
    world.node.mine(1).await;
    let again = ["detected", "confirmed", "reverted", "detected", "confirmed"];
    world.until_told(terms.order, &again).await;
    let report = world.ends(listener).await;
    assert_eq!(report.tokens[0].funded, terms.amount, "credited once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_parted_below_all_known_blocks_halts_until_the_other_is_back() {
    let mut world = World::new(Program::Anvil).await;
    let twin = world.node.twin().await;
    twin.mine(310).await;
    let terms = paid(&world).await;
    world.node.mine(320).await;
    let first = Proxy::start(world.node.port(), Fault::Sound).await;
    let listener = follow(&world, [first.url(), twin.url()]);
    world.until_told(terms.order, &CONFIRMED).await;
    listener.until_at_head().await;

    first.becomes(Fault::Away);
    listener.until_fares(ChainCondition::Halted).await;
    let settled = world.store().cursor().await.unwrap();
    assert_eq!(world.told(terms.order).await[1..], CONFIRMED);
    first.becomes(Fault::Sound);
    listener.until_fares(ChainCondition::Following).await;
    assert_eq!(world.store().cursor().await.unwrap(), settled);
    assert_eq!(world.told(terms.order).await[1..], CONFIRMED);
    world.ends(listener).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_chain_does_not_take_the_right_one_down() {
    let world = World::new(Program::Anvil).await;
    // Anvil's first block consists of the second at which it started, so that one has to be over.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let other = TestNode::start(Program::Anvil).await;
    other.mine(500).await;
    // Another first block; and another chain id, though that node is further as well.
    let spare = Proxy::start(other.port(), Fault::Sound).await;
    for (fault, questions) in [(Fault::Sound, 2), (Fault::OtherChain, 1)] {
        spare.becomes(fault);
        let asked = spare.asked();
        let listener = follow(&world, [world.node.url(), spare.url()]);
        let terms = paid(&world).await;
        world.until_told(terms.order, &CONFIRMED).await;
        listener.until_at_head().await;
        assert_eq!(listener.now().condition, ChainCondition::Following);
        for _ in 0..3 {
            listener.until_at_head().await;
        }
        // For who it is, once: nothing is read from it.
        assert_eq!(spare.asked() - asked, questions, "{fault:?}");
        world.ends(listener).await;

        // Named first, it is left for the right one.
        let listener = follow(&world, [spare.url(), world.node.url()]);
        let terms = paid(&world).await;
        world.until_told(terms.order, &CONFIRMED).await;
        listener.until_at_head().await;
        assert_eq!(listener.now().condition, ChainCondition::Following);
        world.ends(listener).await;
    }
    // Nobody is left to go on with.
    let listener = follow(&world, [spare.url(), spare.url()]);
    listener.until_fares(ChainCondition::Halted).await;
    listener.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_is_never_shown() {
    assert!(matches!(Node::new([]), Err(ClientError::NoUrl)));
    let url = "http://user:secret@127.0.0.1:9/secret?key=secret";
    let node = Node::new([url.parse().unwrap(), url.parse().unwrap()]).unwrap();
    let away = tokio::time::timeout(Duration::from_mins(1), node.chain_id()).await;
    let away = away.unwrap().unwrap_err();
    for shown in [format!("{node:?}"), format!("{away:?}"), away.to_string()] {
        assert!(!shown.contains("secret"), "{shown}");
        assert!(!shown.contains("127.0.0.1"), "{shown}");
    }
}

/// A rail over nodes.
fn rail(world: &World, node: &Node) -> EvmRail {
    let chain = RailChain {
        chain: PaymentChain::of_ether(CHAIN_ID, world.escrow.address),
        arbiter: Address::ZERO,
        node: node.clone(),
    };
    EvmRail::new(chain, [], quote_signer(), Arc::new(SystemClock))
}

#[tokio::test(flavor = "multi_thread")]
async fn peoples_questions_do_not_decide_which_node_is_read() {
    let world = World::bare(Program::Anvil).await;
    let first = Proxy::start(world.node.port(), Fault::TooManyRequests).await;
    let node = Node::new([first.url(), world.node.url()]).unwrap();
    let rail = rail(&world, &node);
    let withdrawal = rail.withdrawal(CHAIN_ID, world.buyer, Address::ZERO).await;
    assert!(withdrawal.is_ok(), "the next node answers: {withdrawal:?}");
    assert_eq!(first.asked(), 1);

    // The server's own question goes to the first one all the same, and does count.
    node.chain_id().await.unwrap();
    assert_eq!(first.asked(), 2);
    node.chain_id().await.unwrap();
    assert_eq!(first.asked(), 2, "it rests now");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_of_peoples_questions_are_asked_at_once() {
    let world = World::bare(Program::Anvil).await;
    let proxy = Proxy::start(world.node.port(), Fault::Sound).await;
    let rail = rail(&world, &proxy.client());
    let account = |n: u8| Address::repeat_byte(n);
    let asked = (1..=100).map(|n| rail.withdrawal(CHAIN_ID, account(n), Address::ZERO));
    for answer in futures::future::join_all(asked).await {
        assert!(answer.is_ok(), "{answer:?}");
    }
    assert_eq!(proxy.asked(), 100, "each has its turn");
    let most = proxy.asked_at_once();
    assert!(most <= 16, "{most} at once");
}
