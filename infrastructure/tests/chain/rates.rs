//! Prices in won and dollars, converted at rates of price feeds on real chains and of the operator.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use alloy::{
    primitives::{Address, I256, U256},
    sol,
    sol_types::{SolCall, SolConstructor},
};
use gage_application::{
    gateway::{GatewayError, Refusal},
    operations::change_price::ChangePrice,
    ports::{
        chain::{AcceptedAsset, AcceptedToken, PaymentRail, RateUnavailable},
        clock::Clock,
    },
};
use gage_domain::{
    ids::OrderId,
    payment::{PaymentEvent, Terms},
    rate::{Conversion, FeedRound, RateSource, RoundId},
    value::{Asset, BaseUnits, Denomination, Fiat, Price},
};
use gage_infrastructure::{
    chain::{
        FeedChain, FeedId, FeedSettings, FeedWithoutNode, FiatQuote, Node, OfferedRate, RatePoller,
        RatePollerParts, RateSettings, RateTwice, Rates,
    },
    clock::SystemClock,
};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::{
    node::{CHAIN_ID, Program, TestNode},
    on_both,
    proxy::{Fault, Proxy},
    world::{Product, World, coin, request},
};

sol!(
    #[derive(Debug)]
    PriceFeed,
    "../contracts/artifacts/PriceFeed.json"
);

on_both!(
    an_order_in_won_is_paid_at_the_rate_of_its_placing,
    a_feed_that_cannot_be_right_gives_no_rate,
    a_feed_in_other_decimals_or_too_old_gives_no_rate,
    while_the_node_is_away_a_rate_holds_for_minutes_within_its_heartbeat,
);

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(1);
/// A heartbeat that no test outlasts.
const LONG: Duration = Duration::from_hours(1);
/// A heartbeat that every test can wait for.
const SHORT: Duration = Duration::from_secs(5);

/// Price feeds with what the tests make them say.
struct Feeds {
    ether: Address,
    won: Address,
    /// A dollar in a token of six decimals.
    dollar: Asset,
    rates: Rates,
    stop: CancellationToken,
}

impl Drop for Feeds {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A shop that may set prices in won (paid in ether, from two feeds) and in dollars (paid in
/// ether, from a feed, or in a dollar token at the operator's rate).
async fn world(program: Program, dollars: Duration) -> (World, Feeds) {
    let mut feeds = None;
    let mut world = World::converting(program, &[6], async |node, tokens| {
        let dollar = Asset {
            token: tokens[0].address,
            ..coin()
        };
        feeds
            .insert(made(node, dollar, dollars).await)
            .rates
            .clone()
    })
    .await;
    world.sells(Address::ZERO, U256::from(1_000_000)).await;
    (world, feeds.unwrap())
}

async fn made(node: &TestNode, dollar: Asset, dollars: Duration) -> Feeds {
    let (ether, won) = (
        deployed(node, "ETH / USD").await,
        deployed(node, "KRW / USD").await,
    );
    let feed = |address, heartbeat| FeedSettings {
        id: FeedId {
            chain_id: CHAIN_ID,
            address,
        },
        heartbeat,
    };
    let in_won = RateSettings::Composed {
        token: feed(ether, LONG),
        fiat: feed(won, LONG),
        quoted: FiatQuote::UsdPerFiat,
    };
    let in_dollars = RateSettings::Feed(feed(ether, dollars));
    let of_operator = RateSettings::Fixed("1.0005".parse().unwrap());
    let offers = [
        (coin(), Fiat::Krw, in_won),
        (coin(), Fiat::Usd, in_dollars),
        (dollar, Fiat::Usd, of_operator),
    ]
    .map(|(asset, fiat, rate)| OfferedRate { asset, fiat, rate });
    let rates = Rates::new(offers, SystemClock.now()).unwrap();
    let stop = CancellationToken::new();
    let poller = RatePoller::new(RatePollerParts {
        rates: rates.clone(),
        chains: BTreeMap::from([(CHAIN_ID, feed_chain(node.client()))]),
        clock: Arc::new(SystemClock),
        interval: Duration::from_millis(50),
    });
    tokio::spawn(poller.unwrap().run(stop.clone()));
    Feeds {
        ether,
        won,
        dollar,
        rates,
        stop,
    }
}

fn feed_chain(node: Node) -> FeedChain {
    let head_age_max = None;
    FeedChain { node, head_age_max }
}

/// A feed of eight decimals that has said nothing yet.
async fn deployed(node: &TestNode, description: &str) -> Address {
    let made = PriceFeed::constructorCall {
        decimals_: 8,
        description_: description.to_owned(),
    };
    let code = [PriceFeed::BYTECODE.to_vec(), made.abi_encode()].concat();
    node.create(code).await
}

async fn send(node: &TestNode, feed: Address, call: impl SolCall) {
    let from = node.account(8).await;
    let sent = node.send(from, Some(feed), U256::ZERO, call.abi_encode().into());
    node.receipt(sent.await).await;
}

async fn answers(node: &TestNode, feed: Address, answer: i64) {
    let answer = I256::try_from(answer).unwrap();
    send(node, feed, PriceFeed::setAnswerCall { answer }).await;
}

fn seconds(time: OffsetDateTime) -> U256 {
    U256::from(time.unix_timestamp().unsigned_abs())
}

/// A round that is as it should be.
fn round(number: u64, answer: i64) -> PriceFeed::Round {
    let (id, now) = (alloy::primitives::Uint::from(number), SystemClock.now());
    PriceFeed::Round {
        roundId: id,
        answer: I256::try_from(answer).unwrap(),
        startedAt: seconds(now),
        updatedAt: seconds(now),
        answeredInRound: id,
    }
}

/// Ether at 3456.78901234 dollars, a won at 0.00072345.
async fn usual(node: &TestNode, feeds: &Feeds) {
    answers(node, feeds.ether, 345_678_901_234).await;
    answers(node, feeds.won, 72_345).await;
}

impl Feeds {
    /// Waits until this is what is known of a rate.
    async fn until(
        &self,
        fiat: Fiat,
        what: &str,
        holds: impl Fn(&Result<String, RateUnavailable>) -> bool,
    ) {
        let since = Instant::now();
        loop {
            let rate = self.rates.rate(fiat, coin(), SystemClock.now());
            let rate = rate.map(|rate| rate.price.to_string());
            if holds(&rate) {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "not {what}: {rate:?}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    async fn until_known(&self, fiat: Fiat) {
        self.until(fiat, "known", Result::is_ok).await;
    }
}

/// Why an order in a product is refused.
async fn refusal(world: &World, product: Product, pay_with: Option<Asset>) -> Refusal {
    match world.tries_to_pay_with(pay_with, product, 1).await {
        Err(GatewayError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

/// The terms of an order that is placed.
async fn ordered(world: &World, product: Product, pieces: u32, pay_with: Option<Asset>) -> Terms {
    let order = world.tries_to_pay_with(pay_with, product, pieces).await;
    let payment = world.payment(order.unwrap()).await;
    payment.request().unwrap().terms.clone()
}

async fn conversion(world: &World, order: OrderId) -> Conversion {
    match &world.history(order).await[0] {
        PaymentEvent::PaymentRequested { conversion, .. } => *conversion.clone().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn won(units: u64) -> Price {
    Price::fiat(Fiat::Krw, BaseUnits::from(units))
}

fn cents(units: u64) -> Price {
    Price::fiat(Fiat::Usd, BaseUnits::from(units))
}

async fn an_order_in_won_is_paid_at_the_rate_of_its_placing(program: Program) {
    let (world, feeds) = world(program, LONG).await;
    usual(&world.node, &feeds).await;
    feeds.until_known(Fiat::Krw).await;
    let tea = world.offers(won(12_000)).await;
    let listener = world.follow(1);

    let terms = ordered(&world, tea, 2, None).await;
    // 24,000 won, worked out by hand with whole fractions.
    assert_eq!(terms.amount.to_string(), "5022811614483414");
    assert_eq!((terms.chain_id, terms.token), (CHAIN_ID, Address::ZERO));
    let frozen = conversion(&world, terms.order).await;
    assert_eq!(
        (frozen.fiat, frozen.amount),
        (Fiat::Krw, BaseUnits::from(24_000))
    );
    assert_eq!(frozen.rate.price.to_string(), "4778200.307332918653673370");
    let first_round = |feed| FeedRound {
        chain_id: CHAIN_ID,
        feed,
        round: RoundId(1),
    };
    let feeds_used = [feeds.ether, feeds.won].map(first_round).to_vec();
    assert_eq!(frozen.rate.source, RateSource::Feeds(feeds_used));
    assert!(frozen.rate.as_of <= SystemClock.now() + Duration::from_mins(1));

    // The rate moves; what was asked for does not, and it is what the contract takes.
    answers(&world.node, feeds.ether, 350_000_000_000).await;
    let moved = |rate: &Result<String, _>| matches!(rate, Ok(rate) if rate.starts_with("4837"));
    feeds.until(Fiat::Krw, "moved", moved).await;
    world.node.receipt(world.pay(&terms).await).await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    assert_eq!(world.escrowed().await, terms.amount.0);
    let later = ordered(&world, tea, 1, None).await;
    assert_eq!(later.amount.to_string(), "2480400000000001");
    listener.stop().await;
}

async fn a_feed_that_cannot_be_right_gives_no_rate(program: Program) {
    let (world, feeds) = world(program, LONG).await;
    let tea = world.offers(won(12_000)).await;
    let now = SystemClock.now();
    let good = |number| round(number, 345_678_901_234);
    let wrong = [
        round(1, 0),
        round(2, -345_678_901_234),
        round(3, i64::MIN),
        // Carried over from an earlier round; not answered; of tomorrow; a feed without a round.
        PriceFeed::Round {
            answeredInRound: good(4).answeredInRound - alloy::primitives::Uint::ONE,
            ..good(5)
        },
        PriceFeed::Round {
            updatedAt: U256::ZERO,
            ..good(6)
        },
        PriceFeed::Round {
            updatedAt: seconds(now + Duration::from_hours(24)),
            ..good(7)
        },
        PriceFeed::Round {
            updatedAt: U256::MAX,
            ..good(8)
        },
        good(0),
    ];
    let (fiat, asset) = (Fiat::Krw, coin());
    let no_answer = RateUnavailable::NoAnswer { fiat, asset };
    let is_gone = |rate: &Result<String, _>| *rate == Err(no_answer.clone());
    assert_eq!(
        refusal(&world, tea, Some(coin())).await,
        no_answer.clone().into()
    );
    for round in wrong {
        usual(&world.node, &feeds).await;
        feeds.until_known(fiat).await;
        ordered(&world, tea, 1, None).await;
        let told = format!("without a rate after {round:?}");
        send(&world.node, feeds.ether, PriceFeed::setRoundCall { round }).await;
        feeds.until(fiat, &told, is_gone).await;
        assert_eq!(
            refusal(&world, tea, Some(coin())).await,
            no_answer.clone().into()
        );
        // A price in a token needs no rate.
        world.order(1).await;
    }
}

async fn a_feed_in_other_decimals_or_too_old_gives_no_rate(program: Program) {
    let (world, feeds) = world(program, LONG).await;
    let tea = world.offers(won(12_000)).await;
    let (fiat, asset) = (Fiat::Krw, coin());
    let no_answer = RateUnavailable::NoAnswer { fiat, asset };
    let is_gone = |rate: &Result<String, _>| *rate == Err(no_answer.clone());

    // What a feed counts in is what it counted in at first.
    usual(&world.node, &feeds).await;
    feeds.until_known(fiat).await;
    send(
        &world.node,
        feeds.won,
        PriceFeed::setDecimalsCall { decimals_: 18 },
    )
    .await;
    feeds
        .until(fiat, "without a rate in other decimals", is_gone)
        .await;
    send(
        &world.node,
        feeds.won,
        PriceFeed::setDecimalsCall { decimals_: 8 },
    )
    .await;
    feeds.until_known(fiat).await;

    // An old answer takes the place of none; in place of a newer one it would say nothing.
    let none = PriceFeed::setRoundCall {
        round: round(0, 345_678_901_234),
    };
    send(&world.node, feeds.ether, none).await;
    feeds.until(fiat, "without a rate", is_gone).await;
    let late = SystemClock.now() - 2 * LONG;
    let old = PriceFeed::setRoundCall {
        round: PriceFeed::Round {
            updatedAt: seconds(late),
            ..round(9, 345_678_901_234)
        },
    };
    send(&world.node, feeds.ether, old).await;
    let as_of = late.replace_nanosecond(0).unwrap();
    let stale = RateUnavailable::Stale { fiat, asset, as_of };
    feeds
        .until(fiat, "stale", |rate| *rate == Err(stale.clone()))
        .await;
    assert_eq!(refusal(&world, tea, Some(coin())).await, stale.into());
}

async fn while_the_node_is_away_a_rate_holds_for_minutes_within_its_heartbeat(program: Program) {
    let (mut world, feeds) = world(program, SHORT).await;
    let in_won = world.offers(won(12_000)).await;
    usual(&world.node, &feeds).await;
    feeds.until_known(Fiat::Krw).await;
    let in_dollars = world.offers(cents(1_999)).await;

    world.node.stop().await;
    let stale = |rate: &Result<_, _>| matches!(rate, Err(RateUnavailable::Stale { .. }));
    feeds.until(Fiat::Usd, "stale", stale).await;
    let refused = refusal(&world, in_dollars, Some(coin())).await;
    assert!(
        matches!(
            refused,
            Refusal::RateUnavailable(RateUnavailable::Stale { .. })
        ),
        "{refused:?}"
    );
    // The same answers, under a longer heartbeat; another asset; and a price in a token.
    ordered(&world, in_won, 1, None).await;
    ordered(&world, in_dollars, 1, Some(feeds.dollar)).await;
    world.order(1).await;
    // Within the heartbeat of an hour, the price may have moved unseen.
    let rate_in = |after| {
        let rate = feeds
            .rates
            .rate(Fiat::Krw, coin(), SystemClock.now() + after);
        rate.map(|rate| rate.price.to_string())
    };
    rate_in(Duration::from_mins(3)).unwrap();
    assert!(stale(&rate_in(Duration::from_mins(6))));

    world.node.resume().await;
    answers(&world.node, feeds.ether, 345_678_901_234).await;
    feeds.until_known(Fiat::Usd).await;
}

/// Rates in dollars for the coins of some chains, from a feed on each.
fn of_coins(ether: Address, chains: BTreeMap<u64, FeedChain>) -> Feeds {
    let offer = |chain_id| OfferedRate {
        asset: Asset { chain_id, ..coin() },
        fiat: Fiat::Usd,
        rate: RateSettings::Feed(FeedSettings {
            id: FeedId {
                chain_id,
                address: ether,
            },
            heartbeat: LONG,
        }),
    };
    let rates = Rates::new(chains.keys().copied().map(offer), SystemClock.now()).unwrap();
    let stop = CancellationToken::new();
    let poller = RatePoller::new(RatePollerParts {
        rates: rates.clone(),
        chains,
        clock: Arc::new(SystemClock),
        interval: Duration::from_millis(50),
    });
    tokio::spawn(poller.unwrap().run(stop.clone()));
    Feeds {
        ether,
        won: Address::ZERO,
        dollar: coin(),
        rates,
        stop,
    }
}

/// What ether cost so long ago.
fn round_of(number: u64, answer: i64, ago: Duration) -> PriceFeed::Round {
    PriceFeed::Round {
        updatedAt: seconds(SystemClock.now() - ago),
        ..round(number, answer)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lags_does_not_bring_an_old_rate_back() {
    let node = TestNode::start(Program::Anvil).await;
    let ether = deployed(&node, "ETH / USD").await;
    let round = round_of(1, 300_000_000_000, Duration::from_mins(2));
    send(&node, ether, PriceFeed::setRoundCall { round }).await;
    let height = node.height().await;
    let round = round_of(2, 200_000_000_000, Duration::from_mins(1));
    send(&node, ether, PriceFeed::setRoundCall { round }).await;
    let proxy = Proxy::start(node.port(), Fault::Sound).await;
    let chain = feed_chain(proxy.client());
    let feeds = of_coins(ether, BTreeMap::from([(CHAIN_ID, chain)]));
    feeds.until_known(Fiat::Usd).await;
    proxy.becomes(Fault::Lags(height));
    let asked = proxy.asked();
    while proxy.asked() < asked + 20 {
        tokio::time::sleep(Duration::from_millis(25)).await;
        let rate = feeds.rates.rate(Fiat::Usd, coin(), SystemClock.now());
        let price = rate.unwrap().price.to_string();
        assert!(price.starts_with("2000"), "{price}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_is_too_old_gives_no_rate() {
    let node = TestNode::start(Program::Anvil).await;
    let ether = deployed(&node, "ETH / USD").await;
    answers(&node, ether, 300_000_000_000).await;
    let last = node.made(node.height().await).await;
    while SystemClock.now() <= last + Duration::from_secs(3) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let proxy = Proxy::start(node.port(), Fault::Sound).await;
    let chain = FeedChain {
        node: proxy.client(),
        head_age_max: Some(Duration::from_secs(3)),
    };
    let feeds = of_coins(ether, BTreeMap::from([(CHAIN_ID, chain)]));
    while proxy.asked() < 20 {
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let rate = feeds.rates.rate(Fiat::Usd, coin(), SystemClock.now());
    let (fiat, asset) = (Fiat::Usd, coin());
    assert_eq!(rate, Err(RateUnavailable::NoAnswer { fiat, asset }));
    node.mine_every(Some(1)).await;
    feeds.until_known(Fiat::Usd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_chain_holds_up_only_its_own_rates() {
    let node = TestNode::start(Program::Anvil).await;
    let ether = deployed(&node, "ETH / USD").await;
    answers(&node, ether, 300_000_000_000).await;
    let silent = Proxy::start(node.port(), Fault::Silent).await;
    // Each of them is waited for longer than its part of a test's patience.
    let silent = Node::new([(); 12].map(|()| silent.url())).unwrap();
    let chains = [(CHAIN_ID - 1, silent), (CHAIN_ID, node.client())];
    let chains = chains.map(|(chain_id, node)| (chain_id, feed_chain(node)));
    let feeds = of_coins(ether, BTreeMap::from(chains));
    feeds.until_known(Fiat::Usd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_chooses_among_what_has_a_rate() {
    let (world, feeds) = world(Program::Anvil, LONG).await;
    usual(&world.node, &feeds).await;
    feeds.until_known(Fiat::Usd).await;
    let (tea, dollar) = (world.offers(cents(1_999)).await, feeds.dollar);
    let ether = AcceptedAsset::of(CHAIN_ID, &AcceptedToken::coin("ETH".to_owned()));
    let choices = vec![
        ether.clone(),
        AcceptedAsset {
            asset: dollar,
            symbol: "T6".to_owned(),
            decimals: 6,
        },
    ];
    let missing = Refusal::PayWithMissing {
        choices: choices.clone(),
    };
    assert_eq!(
        missing.to_string(),
        format!(
            "say what the order is to be paid with: ETH (token {} of chain 1337) or T6 (token \
             {} of chain 1337)",
            Address::ZERO,
            dollar.token
        )
    );
    assert_eq!(refusal(&world, tea, None).await, missing);
    let asset = Asset {
        chain_id: CHAIN_ID + 1,
        ..coin()
    };
    let wrong = Refusal::PayWithRefused { asset, choices };
    assert_eq!(refusal(&world, tea, Some(asset)).await, wrong);

    // 19.99 dollars at 1.0005 dollars for a token of six decimals, and in ether.
    let in_tokens = ordered(&world, tea, 1, Some(dollar)).await;
    assert_eq!(in_tokens.amount, BaseUnits::from(19_980_010));
    assert_eq!(
        (in_tokens.chain_id, in_tokens.token),
        (CHAIN_ID, dollar.token)
    );
    let source = conversion(&world, in_tokens.order).await.rate.source;
    assert_eq!(source, RateSource::Operator);
    let in_ether = ordered(&world, tea, 1, Some(coin())).await;
    assert_eq!(in_ether.amount.to_string(), "5782823287345557");

    // Only ether has a rate in won; and what is priced in ether is paid in ether.
    let in_won = world.offers(won(12_000)).await;
    let in_coin = world.offers(Price::token(coin(), BaseUnits::from(7))).await;
    for product in [in_won, in_coin] {
        ordered(&world, product, 1, None).await;
        let wrong = Refusal::PayWithRefused {
            asset: dollar,
            choices: vec![ether.clone()],
        };
        assert_eq!(refusal(&world, product, Some(dollar)).await, wrong);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_rate_nothing_is_priced_in_fiat_money() {
    let world = World::new(Program::Anvil).await;
    let product = world.offers(Price::token(coin(), BaseUnits::from(7))).await;
    let change = ChangePrice {
        product: product.1,
        by: world.owner,
        price: won(12_000),
    };
    let changed = world.gateway.execute(change, request()).await;
    let denomination = Denomination::Fiat(Fiat::Krw);
    assert!(
        matches!(
            &changed,
            Err(GatewayError::Refused(Refusal::CurrencyNotAccepted { denomination: of }))
                if *of == denomination
        ),
        "{changed:?}"
    );
    let no_rate = world.rail.rate(Fiat::Krw, coin(), SystemClock.now());
    let (fiat, asset) = (Fiat::Krw, coin());
    assert_eq!(no_rate, Err(RateUnavailable::NotConfigured { fiat, asset }));
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_that_contradict_each_other_or_cannot_be_read_are_told() {
    let asset = coin();
    let id = FeedId {
        chain_id: 1,
        address: Address::repeat_byte(0xfe),
    };
    let heartbeat = LONG;
    let rate = RateSettings::Feed(FeedSettings { id, heartbeat });
    let offer = |fiat| OfferedRate { asset, fiat, rate };
    let twice = Rates::new([offer(Fiat::Krw), offer(Fiat::Krw)], SystemClock.now());
    let fiat = Fiat::Krw;
    assert_eq!(twice.unwrap_err(), RateTwice { fiat, asset });
    let rates = Rates::new([offer(Fiat::Krw), offer(Fiat::Usd)], SystemClock.now()).unwrap();
    let poller = RatePoller::new(RatePollerParts {
        rates,
        chains: BTreeMap::new(),
        clock: Arc::new(SystemClock),
        interval: LONG,
    });
    assert_eq!(poller.unwrap_err(), FeedWithoutNode { feed: id });
}
