//! A server with a shop in it, and customers who are signed in.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result, bail};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::{StreamExt, TryStreamExt, stream};
use gage_application::ports::{clock::Entropy, event_log::EventLog};
use gage_domain::ids::ProductId;
use gage_infrastructure::{clock::SystemEntropy, postgres::PostgresEventLog};
use memchr::memmem;
use sqlx::PgPool;

use super::{
    load::Verdict,
    story::Story,
    wire::{self, Caller},
};
use crate::{
    client::Client,
    node::{Program, wallet},
    stack::Stack,
    wait::until,
};

/// Pieces of every product: more than anyone orders.
const PLENTY: u32 = 100_000_000;
/// How long read models may take to follow.
const FOLLOWED: Duration = Duration::from_mins(5);
/// Sign-ins at once.
const SIGN_INS: usize = 16;

const PLACE_ORDER: &str = "mutation($input:PlaceOrderInput!){placeOrder(input:$input){orderId \
                           position userErrors{code}}}";

/// A server with a shop in it.
pub struct Site {
    /// The server, its database and its chain.
    pub stack: Stack,
    /// The shop's history.
    pub story: Story,
    /// What it has plenty of.
    pub products: Vec<ProductId>,
    customers: Vec<String>,
}

impl Site {
    /// A server on Anvil, and a shop with one product.
    ///
    /// # Errors
    /// When the server does not follow.
    pub async fn open() -> Result<Self> {
        let stack = Stack::on(
            Program::Anvil,
            &[
                ("GAGE_LOG_FORMAT", "json"),
                // Everybody comes from one address here.
                ("GAGE_REQUESTS_PER_MINUTE", "100000000"),
                ("GAGE_POLL_INTERVAL_MS", "1000"),
                // Nobody pays, and orders that expire would be work of another kind.
                ("GAGE_PAYMENT_WINDOW_SECS", "86400"),
            ],
        )
        .await;
        let pool = stack.database.pool().await;
        let log = PostgresEventLog::new(pool.clone());
        let story = Story::open(&log, wallet(0).address(), 1, PLENTY).await;
        pool.close().await;
        let site = Self {
            stack,
            products: story.products.clone(),
            story,
            customers: Vec::new(),
        };
        site.followed().await;
        Ok(site)
    }

    /// Where the server listens.
    ///
    /// # Panics
    /// Never: it listens on an address.
    pub fn address(&self) -> SocketAddr {
        let url = self.stack.server.url();
        url.trim_start_matches("http://").parse().unwrap()
    }

    /// Connections of one's own to the server's database.
    pub async fn pool(&self) -> PgPool {
        self.stack.database.pool().await
    }

    /// The server's log.
    pub fn log(&self, pool: &PgPool) -> PostgresEventLog {
        PostgresEventLog::new(pool.clone())
    }

    /// Brings the shop to so many products, with plenty of each.
    ///
    /// # Panics
    /// When the database is away.
    pub async fn stock_up(&mut self, products: usize) {
        let pool = self.pool().await;
        let log = self.log(&pool);
        let more = products.saturating_sub(self.products.len());
        let listed = self.story.products.len();
        self.story.list(&log, more, PLENTY).await;
        self.products.extend(&self.story.products[listed..]);
        sqlx::query("VACUUM ANALYZE").execute(&pool).await.unwrap();
        pool.close().await;
        self.followed().await;
    }

    /// One more product, with so many pieces.
    ///
    /// # Panics
    /// When the story lists none.
    pub async fn list_one(&mut self, pieces: u32) -> ProductId {
        let pool = self.pool().await;
        self.story.list(&self.log(&pool), 1, pieces).await;
        pool.close().await;
        self.followed().await;
        *self.story.products.last().unwrap()
    }

    /// Waits until the read models are at the end of the log.
    ///
    /// # Panics
    /// When they are not in time.
    pub async fn followed(&self) {
        let pool = self.pool().await;
        let log = self.log(&pool);
        until("the read models are at the end", FOLLOWED, async || {
            let head = log.state().await.ok()?.head;
            let behind = "SELECT count(*) FROM projections
                           WHERE live AND (xact_id, position) < ($1, $2)";
            let behind: i64 = sqlx::query_scalar(behind)
                .bind(head.xact_id)
                .bind(head.position)
                .fetch_one(&pool)
                .await
                .ok()?;
            (behind == 0).then_some(())
        })
        .await;
        pool.close().await;
    }

    /// So many customers' session tokens; who is not signed in yet does it now, each with a
    /// wallet of their own.
    ///
    /// # Errors
    /// When a sign-in is refused.
    pub async fn customers(&mut self, count: usize) -> Result<Vec<String>> {
        let missing = count.saturating_sub(self.customers.len());
        let client = Client::new(&self.stack.server.url());
        let signed_in: Vec<String> = stream::iter(0..missing)
            .map(|_| sign_in(client.clone(), PrivateKeySigner::random()))
            .buffer_unordered(SIGN_INS)
            .try_collect()
            .await?;
        self.customers.extend(signed_in);
        Ok(self.customers[..count].to_vec())
    }

    /// The owner's session token.
    ///
    /// # Errors
    /// When the sign-in is refused.
    pub async fn owner(&self) -> Result<String> {
        sign_in(Client::new(&self.stack.server.url()), wallet(0)).await
    }

    /// A customer who orders a piece of one of these products after the other, from a place of
    /// their own in the row.
    pub fn orders_of(&self, token: &str, products: &Arc<[ProductId]>) -> Caller {
        let token = token.to_owned();
        let shop = global_id("Shop", &self.story.shop);
        let products = products.clone();
        let mut place = usize::try_from(SystemEntropy.below(products.len() as u64)).unwrap_or(0);
        Box::new(move || {
            let product = global_id("Product", &products[place]);
            place = (place + 1) % products.len();
            let key = SystemEntropy.id();
            let body = format!(
                "{{\"query\":\"{PLACE_ORDER}\",\"variables\":{{\"input\":{{\
                 \"idempotencyKey\":\"{key}\",\"shop\":\"{shop}\",\
                 \"lines\":[{{\"product\":\"{product}\",\"quantity\":1}}]}}}}}}"
            );
            wire::post(Some(&token), &body)
        })
    }

    /// So many customers who order whatever there is plenty of.
    ///
    /// # Errors
    /// When a sign-in is refused.
    pub async fn orderers(&mut self, count: usize) -> Result<Vec<Caller>> {
        let customers = self.customers(count).await?;
        let products: Arc<[ProductId]> = self.products.clone().into();
        let order = |token: &String| self.orders_of(token, &products);
        Ok(customers.iter().map(order).collect())
    }

    /// Ends everything.
    pub async fn end(self) {
        self.stack.leave().await;
    }
}

async fn sign_in(mut client: Client, wallet: PrivateKeySigner) -> Result<String> {
    let refused = |refused| anyhow::anyhow!("no sign-in: {refused}");
    client.sign_in(&wallet).await.map_err(refused)?;
    let token = client.token().context("a sign-in without a token")?;
    Ok(token.to_owned())
}

/// What an answer to [`Site::orders_of`] means.
///
/// # Errors
/// With the answer, when it is neither an order nor out of stock.
pub fn order_verdict(body: &[u8]) -> Result<Verdict> {
    let has = |text: &[u8]| memmem::find(body, text).is_some();
    if has(b"\"userErrors\":[]") && has(b"\"orderId\":\"") && !has(b"\"errors\":[") {
        Ok(Verdict::Accepted)
    } else if has(b"\"userErrors\":[{\"code\":\"OUT_OF_STOCK\"}]") {
        Ok(Verdict::Refused)
    } else {
        bail!("{}", String::from_utf8_lossy(body))
    }
}

/// An id as the API has it.
pub fn global_id(kind: &str, id: &impl std::fmt::Display) -> String {
    URL_SAFE_NO_PAD.encode(format!("{kind}:{id}"))
}
