//! Several chains: each by itself, and prices in fiat money that are paid on any of them.

use std::time::Duration;

use gage_tests::{
    actors::{Instructions, Person},
    chains::{Place, TwoChains},
    node::wallet,
    wait::until,
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);

/// The health of a chain.
async fn condition(stack: &TwoChains, place: &Place) -> Option<String> {
    let url = format!("{}/readyz", stack.server.url());
    let report: Value = reqwest::get(url).await.ok()?.json().await.ok()?;
    let mut chains = report["chains"].as_array()?.iter();
    let chain = chains.find(|chain| chain["chain_id"] == place.chain_id)?;
    Some(chain["condition"].as_str()?.to_owned())
}

async fn fares(stack: &TwoChains, place: &Place, expected: &str) {
    let what = format!("chain {} is {expected}", place.chain_id);
    until(&what, SOON, async || {
        (condition(stack, place).await? == expected).then_some(())
    })
    .await;
}

/// A price in a chain's own coin.
fn in_coin(place: &Place, wei: u64) -> Value {
    json!({ "chainId": place.chain_id.to_string(), "amount": wei.to_string() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_one_chain_neither_hides_nor_delays_the_payments_of_another() {
    let mut stack = TwoChains::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let green = owner
        .sells_at(&shop, "Green tea", in_coin(&stack.first, 5_000), 10)
        .await;
    let black = owner
        .sells_at(&shop, "Black tea", in_coin(&stack.second, 7_000), 10)
        .await;
    fares(&stack, &stack.second, "up").await;
    stack.first.node.kill();
    fares(&stack, &stack.first, "down").await;

    let waits = customer.orders(&shop, &green, 1).await.unwrap();
    let goes_on = customer.orders(&shop, &black, 2).await.unwrap();
    let chain = stack.second.node.url();
    customer.pays(&chain, &goes_on).await;
    let page = customer.sees_payment(&goes_on, "CONFIRMED").await;
    assert_eq!(page["payment"]["held"], "14000");
    customer.sees(&goes_on, "PAID").await;
    fares(&stack, &stack.second, "up").await;
    fares(&stack, &stack.first, "down").await;
    let unpaid = customer.looks_at(&waits).await.unwrap();
    assert_eq!(unpaid["status"], "AWAITING_PAYMENT");

    stack.first.node.resume().await;
    fares(&stack, &stack.first, "up").await;
    let chain = stack.first.node.url();
    customer.pays(&chain, &waits).await;
    customer.sees(&waits, "PAID").await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_expires_by_the_chain_that_it_is_to_be_paid_on() {
    let window = [
        ("GAGE_PAYMENT_WINDOW_SECS", "3"),
        ("GAGE_EXPIRY_GRACE_SECS", "1"),
    ];
    let mut stack = TwoChains::with(&window).await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let green = owner
        .sells_at(&shop, "Green tea", in_coin(&stack.first, 5_000), 10)
        .await;
    let black = owner
        .sells_at(&shop, "Black tea", in_coin(&stack.second, 7_000), 10)
        .await;
    stack.first.node.kill();
    fares(&stack, &stack.first, "down").await;
    let unread = customer.orders(&shop, &green, 1).await.unwrap();
    let read = customer.orders(&shop, &black, 1).await.unwrap();
    customer.sees(&read, "EXPIRED").await;
    let page = customer.looks_at(&unread).await.unwrap();
    assert_eq!(page["status"], "AWAITING_PAYMENT", "it may have been paid");
    stack.first.node.resume().await;
    customer.sees(&unread, "EXPIRED").await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_in_dollars_is_paid_in_the_token_that_the_customer_chooses() {
    let stack = TwoChains::new().await;
    let (url, place) = (stack.server.url(), &stack.second);
    let (chain, token) = (place.node.url(), &place.token);
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let price = json!({ "fiat": "USD", "amount": "1234" });
    let tea = owner.sells_at(&shop, "Green tea", price, 10).await;
    token.mint(&place.node, customer.address(), 1_000).await;

    let undecided = customer.orders(&shop, &tea, 2).await.unwrap_err();
    assert_eq!(undecided.code, "PAY_WITH_MISSING");
    let coin = json!({ "chainId": place.chain_id.to_string() });
    let unrated = customer.orders_paying_with(&shop, &tea, 2, coin).await;
    assert_eq!(
        unrated.unwrap_err().code,
        "PAY_WITH_REFUSED",
        "ether has no rate here"
    );
    let with = json!({ "chainId": place.chain_id.to_string(), "token": token.address.to_string() });
    let order = customer
        .orders_paying_with(&shop, &tea, 2, with)
        .await
        .unwrap();

    let document = "query($id: ID!) { order(id: $id) { total { fiat amount } payment {
        price { token chainId amount }
        rate { fiat amount fiatPerToken tokenDecimals source } } } }";
    let found = until("the order's page", SOON, async || {
        let data = customer
            .client
            .ask(document, json!({ "id": order }))
            .await
            .ok()?;
        (!data["order"]["payment"].is_null()).then(|| data["order"].clone())
    })
    .await;
    assert_eq!(found["total"], json!({ "fiat": "USD", "amount": "2468" }));
    // 24.68 dollars at half a dollar a token without decimals: 49.36, rounded up.
    let payment = &found["payment"];
    assert_eq!(payment["price"]["amount"], "50");
    assert_eq!(payment["price"]["chainId"], place.chain_id.to_string());
    assert_eq!(payment["rate"]["fiatPerToken"], "0.5");
    assert_eq!(payment["rate"]["source"], "OPERATOR");

    let how = customer.asks_how_to_pay(&order).await.unwrap();
    customer
        .sends(&chain, &Instructions::of(&how.answer["approval"]))
        .await;
    customer.pays(&chain, &order).await;
    customer.sees(&order, "PAID").await;
    assert_eq!(token.balance(&place.node, place.escrow).await, 50);
    stack.end().await;
}

/// The order and its payment, once it is visible.
async fn page_of(customer: &Person, order: &str) -> Value {
    let document = "query($id: ID!) { order(id: $id) {
        total { currency fiat chainId token amount decimals } payment {
        price { currency chainId amount }
        rate { fiat amount fiatPerToken source feeds { chainId feed round } } } } }";
    until("the order's page", SOON, async || {
        let asked = customer.client.ask(document, json!({ "id": order }));
        let order = asked.await.ok()?["order"].clone();
        (!order["payment"].is_null()).then_some(order)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_in_won_follows_its_feed_until_it_is_ordered() {
    let stack = TwoChains::new().await;
    let (url, feeds) = (stack.server.url(), &stack.second.node);
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let price = json!({ "fiat": "KRW", "amount": "12000" });
    // Enough for all who ask whether there is a rate yet.
    let tea = owner.sells_at(&shop, "Green tea", price, 100_000).await;
    let refused = async || {
        let order = customer.orders(&shop, &tea, 1).await;
        (order.err()?.code == "RATE_UNAVAILABLE").then_some(())
    };
    refused().await.expect("the feed has said nothing");

    // 4,500,000 won for an ether.
    stack.feed.answers(feeds, 450_000_000_000_000).await;
    let order = until("a rate", SOON, async || {
        customer.orders(&shop, &tea, 1).await.ok()
    })
    .await;
    let page = page_of(&customer, &order).await;
    let total = json!({ "currency": "KRW", "fiat": "KRW", "chainId": null, "token": null,
        "amount": "12000", "decimals": 0 });
    assert_eq!(page["total"], total);
    let chain_id = stack.first.chain_id.to_string();
    let price = json!({ "currency": "ETH", "chainId": chain_id, "amount": "2666666666666667" });
    assert_eq!(page["payment"]["price"], price);
    let feed = stack.feed.address.to_checksum(None);
    let rate = json!({ "fiat": "KRW", "amount": "12000", "fiatPerToken": "4500000.00000000",
        "source": "FEEDS", "feeds": [{ "chainId": "31338", "feed": feed, "round": "1" }] });
    assert_eq!(page["payment"]["rate"], rate);

    // What cannot be a price ends the rate; what was ordered before is paid as it was agreed.
    stack.feed.answers(feeds, -450_000_000_000_000).await;
    until("no rate", SOON, refused).await;
    customer.pays(&stack.first.node.url(), &order).await;
    let paid = customer.sees_payment(&order, "CONFIRMED").await;
    assert_eq!(paid["payment"]["held"], "2666666666666667");

    let document = "{ chains { tokens { symbol fiats } } }";
    let told = customer.client.ask(document, Value::Null).await.unwrap();
    let tokens = |symbol: &str, coin: &[&str]| {
        json!({ "tokens": [
            { "symbol": "ETH", "fiats": coin },
            { "symbol": symbol, "fiats": ["USD"] },
        ] })
    };
    let expected = json!([tokens("T1337", &["KRW"]), tokens("T31338", &[])]);
    assert_eq!(told["chains"], expected);
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_does_not_start_without_following_where_money_is_held() {
    let mut stack = TwoChains::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let black = owner
        .sells_at(&shop, "Black tea", in_coin(&stack.second, 7_000), 10)
        .await;
    let order = customer.orders(&shop, &black, 1).await.unwrap();
    customer.pays(&stack.second.node.url(), &order).await;
    customer.sees_payment(&order, "CONFIRMED").await;
    stack.server.stop();

    let without = stack.with_the_first_alone();
    let told = without.refuses_to_start();
    let escrow = stack.second.escrow.to_string();
    assert!(told.contains("1 payments into the escrow"), "{told}");
    assert!(told.contains(&escrow), "{told}");
    stack.server.start().await;
    stack.end().await;
}
