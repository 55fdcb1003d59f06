//! `gage-demo seed` opens the demo shop; `gage-demo play` plays an order from the sign-in to the
//! delivery against a running server, as a customer and an owner with real signatures and
//! transactions; `gage-demo token` puts a test dollar on the chain and gives some to the test
//! wallets. `script/server` and `script/demo` call it.

#![expect(clippy::print_stdout, reason = "a program for people at a terminal")]

use std::{env, process::ExitCode};

use alloy::providers::{Provider, ProviderBuilder};
use anyhow::{Context, Result, bail};
use gage_tests::{
    actors::{Instructions, Person, events},
    client::{Client, Refused},
    node::wallet,
    token::Token,
};
use serde_json::{Value, json};

/// Places of the test wallets.
const OWNER: usize = 0;
const CUSTOMER: usize = 1;

/// Test wallets that get test dollars, and how much each: a hundred thousand.
const TEST_WALLETS: usize = 8;
const MINTED: u128 = 100_000_000_000;

/// What the demo shop sells: key, Korean, English, wei, pieces.
const PRODUCTS: [(&str, &str, &str, &str, u32); 3] = [
    (
        "tea",
        "녹차 100 g",
        "Green tea, 100 g",
        "3000000000000000",
        500,
    ),
    (
        "cup",
        "백자 찻잔",
        "White porcelain cup",
        "12000000000000000",
        120,
    ),
    ("pot", "다관", "Tea pot", "45000000000000000", 25),
];

#[tokio::main]
async fn main() -> ExitCode {
    let told = match env::args().nth(1).as_deref() {
        Some("seed") => seed().await.map(|_| ()),
        Some("play") => play().await,
        Some("token") => token().await,
        _ => Err(anyhow::anyhow!(
            "usage: gage-demo seed|play|token, with GAGE_URL and CHAIN_RPC_URL set"
        )),
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Puts a test dollar on the chain, gives some to the test wallets, and prints its address.
async fn token() -> Result<()> {
    let chain = setting("CHAIN_RPC_URL")?;
    let token = Token::deploy_at(&chain, "TUSD", 6).await;
    for place in 0..TEST_WALLETS {
        token.mint_at(&chain, wallet(place).address(), MINTED).await;
    }
    println!("TEST_DOLLAR={}", token.address);
    Ok(())
}

/// The demo shop.
struct Shop {
    id: String,
    /// Ids of [`PRODUCTS`], in that order.
    products: Vec<String>,
}

/// Opens the demo shop, once: the idempotency keys are fixed.
async fn seed() -> Result<Shop> {
    let owner = sign_in(OWNER).await?;
    let name = json!({ "ko": "찻집 가게", "en": "Gage Tea House" });
    let opened = send(
        &owner,
        "openShop",
        "shopId",
        json!({ "idempotencyKey": "demo-shop", "name": name }),
    );
    let id = text(&opened.await?["shopId"]);
    let mut products = Vec::new();
    for (key, ko, en, wei, pieces) in PRODUCTS {
        let list = json!({
            "idempotencyKey": format!("demo-list-{key}"), "shop": id,
            "name": { "ko": ko, "en": en }, "price": { "amount": wei },
        });
        let product = text(&send(&owner, "listProduct", "productId", list).await?["productId"]);
        let publish =
            json!({ "idempotencyKey": format!("demo-publish-{key}"), "product": product });
        send(&owner, "publishProduct", "productId", publish).await?;
        let stock = json!({
            "idempotencyKey": format!("demo-stock-{key}"), "product": product, "quantity": pieces,
        });
        send(&owner, "receiveStock", "productId", stock).await?;
        products.push(product);
    }
    Ok(Shop { id, products })
}

async fn play() -> Result<()> {
    let shop = seed().await?;
    let chain = setting("CHAIN_RPC_URL")?;
    let owner = sign_in(OWNER).await?;
    let customer = sign_in(CUSTOMER).await?;
    step(
        "Sign in",
        &format!("customer {}, owner {}", customer.address(), owner.address()),
    );
    browse(&customer, &shop).await?;

    let order = place(&customer, &shop).await?;
    let instructions = customer.asks_how_to_pay(&order).await.map_err(told)?;
    let answer = &instructions.answer;
    step(
        "Payment requested",
        &format!(
            "{} wei into {}",
            text(&answer["value"]),
            text(&answer["contract"])
        ),
    );
    match answer["gas"]["expectedCost"].as_str() {
        Some(wei) => note(&format!(
            "gas about {wei} wei, at most {}",
            text(&answer["gas"]["maximumCost"])
        )),
        None => note(&format!(
            "no gas quote: {}",
            text(&answer["gasUnavailable"]["message"])
        )),
    }
    pay(&customer, &chain, &order, &instructions).await?;
    finish(&owner, &customer, &order).await
}

/// Sends the transaction that the server described, and reports it.
async fn pay(
    customer: &Person,
    chain: &str,
    order: &str,
    instructions: &Instructions,
) -> Result<()> {
    let receipt = customer.sends(chain, instructions).await;
    if !receipt.status() {
        bail!("the payment was reverted in {}", receipt.transaction_hash);
    }
    step(
        "Paid on-chain",
        &format!("transaction {}", receipt.transaction_hash),
    );
    note(&format!(
        "block {}, {} gas",
        receipt.block_number.unwrap_or_default(),
        receipt.gas_used
    ));
    let provider = ProviderBuilder::new().connect_http(chain.parse()?);
    let nonce = provider
        .get_transaction_count(customer.address())
        .await?
        .saturating_sub(1);
    customer
        .reports_attempt(order, receipt.transaction_hash, nonce)
        .await
        .map_err(told)?;
    Ok(())
}

/// From the confirmation to the delivery.
async fn finish(owner: &Person, customer: &Person, order: &str) -> Result<()> {
    let page = customer.sees(order, "PAID").await;
    let payment = &page["payment"];
    step(
        "Confirmed",
        &format!(
            "{} of {} confirmations, the escrow holds {} wei",
            text(&payment["confirmations"]),
            text(&payment["confirmationsRequired"]),
            text(&payment["held"]),
        ),
    );
    owner.approves(order).await.map_err(told)?;
    step("Approved", "by the owner; the stock has left");
    owner.ships(order).await.map_err(told)?;
    step("Shipped", "CJ 1234-5678");
    customer.confirms_delivery(order).await.map_err(told)?;
    step("Delivered", "confirmed by the customer");
    history(customer, order).await
}

async fn browse(customer: &Person, shop: &Shop) -> Result<()> {
    let document = "query($shop: ID!) { products(shop: $shop, first: 10) { nodes {
        name { en } price { amount } available } } }";
    let data = customer
        .client
        .ask(document, json!({ "shop": shop.id }))
        .await
        .map_err(told)?;
    step("Browse", "what the shop sells");
    for product in data["products"]["nodes"].as_array().into_iter().flatten() {
        note(&format!(
            "{:<22} {:>20} wei, {} left",
            text(&product["name"]["en"]),
            text(&product["price"]["amount"]),
            product["available"],
        ));
    }
    Ok(())
}

async fn place(customer: &Person, shop: &Shop) -> Result<String> {
    let [tea, cup] = [0, 1].map(|place| shop.products.get(place).cloned().unwrap_or_default());
    let lines = json!([{ "product": tea, "quantity": 2 }, { "product": cup, "quantity": 1 }]);
    let key = gage_tests::actors::new_key();
    let input = json!({ "idempotencyKey": key, "shop": shop.id, "lines": lines });
    let selection = "orderId order { status payBy total { amount } }";
    let placed = send(customer, "placeOrder", selection, input).await?;
    let order = &placed["order"];
    step("Order placed", &text(&placed["orderId"]));
    note(&format!(
        "{} wei, to be paid by {}; 2 × tea and 1 × cup are reserved",
        text(&order["total"]["amount"]),
        text(&order["payBy"]),
    ));
    Ok(text(&placed["orderId"]))
}

async fn history(customer: &Person, order: &str) -> Result<()> {
    let page = customer.sees(order, "DELIVERED").await;
    step("History", &format!("{} events", events(&page).len()));
    for entry in page["timeline"].as_array().into_iter().flatten() {
        let by = entry["by"].as_str().unwrap_or("the server");
        note(&format!(
            "{:<30} {:<20} {by}",
            text(&entry["at"]),
            text(&entry["event"])
        ));
    }
    Ok(())
}

async fn sign_in(place: usize) -> Result<Person> {
    let url = setting("GAGE_URL")?;
    let health = reqwest::get(format!("{url}/healthz")).await;
    health.with_context(|| format!("no server answers at {url}; is script/server running?"))?;
    Person::try_signing_in(&url, wallet(place))
        .await
        .map_err(told)
}

async fn send(person: &Person, mutation: &str, selection: &str, input: Value) -> Result<Value> {
    let client: &Client = &person.client;
    client
        .mutate(mutation, selection, input)
        .await
        .map_err(told)
        .context(mutation.to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err hands it over")]
fn told(refused: Refused) -> anyhow::Error {
    anyhow::anyhow!("refused: {refused}")
}

fn setting(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("{name} is not set; script/demo sets it"))
}

fn step(what: &str, detail: &str) {
    println!("\n■ {what}: {detail}");
}

fn note(line: &str) {
    println!("    {line}");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
