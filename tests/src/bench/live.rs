//! From an event to those who follow it, over WebSocket: many on one order's page, many on one
//! product.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use gage_application::ports::clock::Entropy;
use gage_infrastructure::clock::SystemEntropy;
use serde_json::{Value, json};
use tokio::{runtime::Builder, sync::oneshot, task::LocalSet};

use super::{
    figures::{Latencies, grouped, real},
    report::{Row, Unit},
    site::{Site, global_id},
    sizes::Sizes,
    targets::Headline,
};
use crate::{actors::Person, client::Client, node::wallet, subscription::Subscription};

/// Reports of transactions that an order's payment takes: each is an event of the order's page.
const REPORTS_OF_AN_ORDER: usize = 20;
/// When nothing has come for so long, nothing more is on its way.
const QUIET: Duration = Duration::from_millis(300);
/// How long a change may take to reach everyone.
const REACHED: Duration = Duration::from_secs(20);

const ORDER: &str =
    "subscription($order:ID!){orderUpdates(order:$order){cursor entry{event} order{status}}}";
const STOCK: &str =
    "subscription($product:ID!){stock(product:$product){cursor product{available}}}";

pub(super) async fn measure(site: &mut Site, sizes: &Sizes) -> Result<Vec<Row>> {
    let most = sizes.subscribers.iter().copied().max();
    let mut rows = Vec::new();
    for &subscribers in sizes.subscribers {
        for (what, latencies) in [
            (
                "one order's page",
                of_an_order(site, sizes, subscribers).await?,
            ),
            ("one product", of_a_product(site, sizes, subscribers).await?),
        ] {
            let count = latencies.since_answer.count();
            let tail = latencies.since_answer.tail();
            let asked = latencies.since_request.tail();
            let what = format!("event to subscription, {} on {what}", grouped(subscribers));
            let mut row = Row::of(what, real(count), Unit::Messages);
            row.tail = Some(tail);
            row.note = format!(
                "from the mutation's answer; from its request p50 {:.1} ms, p99 {:.1} ms",
                asked.p50_ms, asked.p99_ms
            );
            if Some(subscribers) == most {
                row = row.headline(Headline::Subscription);
            }
            rows.push(row);
        }
    }
    Ok(rows)
}

#[derive(Default)]
struct Delays {
    /// From when the mutation was sent.
    since_request: Latencies,
    /// From when it was answered, and so committed; nothing when the message was there earlier.
    since_answer: Latencies,
}

async fn of_an_order(site: &mut Site, sizes: &Sizes, subscribers: usize) -> Result<Delays> {
    let buyer = Person::signed_in(&site.stack.server.url(), wallet(1)).await;
    let shop = global_id("Shop", &site.story.shop);
    let product = global_id("Product", &site.products[0]);
    let mut delays = Delays::default();
    let mut left = sizes.changes;
    while left > 0 {
        let changes = left.min(REPORTS_OF_AN_ORDER);
        left -= changes;
        let order = refusal(buyer.orders(&shop, &product, 1).await)?;
        site.followed().await;
        let variables = json!({ "order": order });
        let audience = Audience::gather(&buyer.client, ORDER, variables, subscribers).await?;
        for nonce in 0..changes {
            let sent = Instant::now();
            let transaction = SystemEntropy.secret().into();
            let nonce = u64::try_from(nonce).unwrap_or_default();
            refusal(buyer.reports_attempt(&order, transaction, nonce).await)?;
            audience.hear("\"ATTEMPT_REPORTED\"", sent, Instant::now(), &mut delays)?;
        }
        audience.leave();
    }
    Ok(delays)
}

async fn of_a_product(site: &mut Site, sizes: &Sizes, subscribers: usize) -> Result<Delays> {
    let mut pieces = 1_000;
    let product = site.list_one(pieces).await;
    let product = global_id("Product", &product);
    let owner = Person::signed_in(&site.stack.server.url(), wallet(0)).await;
    let anyone = Client::new(&site.stack.server.url());
    let variables = json!({ "product": product });
    let audience = Audience::gather(&anyone, STOCK, variables, subscribers).await?;
    let mut delays = Delays::default();
    for _ in 0..sizes.changes {
        pieces += 1;
        let sent = Instant::now();
        refusal(owner.receives_stock(&product, 1).await)?;
        let told = format!("\"available\":{pieces}}}");
        audience.hear(&told, sent, Instant::now(), &mut delays)?;
    }
    audience.leave();
    Ok(delays)
}

fn refusal<T>(answer: Result<T, crate::client::Refused>) -> Result<T> {
    answer.map_err(|refused| anyhow::anyhow!("{refused}"))
}

/// Subscribers, all on one thread of their own.
struct Audience {
    subscribers: usize,
    heard: mpsc::Receiver<(Instant, String)>,
    leave: oneshot::Sender<()>,
}

impl Audience {
    /// Lets so many subscribe to the same, and waits until all are told how it stands.
    async fn gather(
        client: &Client,
        document: &'static str,
        variables: Value,
        subscribers: usize,
    ) -> Result<Self> {
        let (tell, heard) = mpsc::channel();
        let (seated, all_seated) = oneshot::channel();
        let (leave, left) = oneshot::channel::<()>();
        let client = client.clone();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        thread::spawn(move || {
            LocalSet::new().block_on(&runtime, async move {
                for _ in 0..subscribers {
                    let seat = Subscription::open(&client, document, variables.clone()).await;
                    tokio::task::spawn_local(listen(seat, tell.clone()));
                }
                // Nobody waits any more, or leaves: the benchmark is being ended.
                let _ = seated.send(());
                let _ = left.await;
            });
        });
        all_seated.await.context("the subscribers")?;
        let audience = Self {
            subscribers,
            heard,
            leave,
        };
        tokio::task::block_in_place(|| while audience.heard.recv_timeout(QUIET).is_ok() {});
        Ok(audience)
    }

    /// Waits until everybody was told this.
    fn hear(
        &self,
        what: &str,
        sent: Instant,
        answered: Instant,
        delays: &mut Delays,
    ) -> Result<()> {
        tokio::task::block_in_place(|| {
            let mut missing = self.subscribers;
            while missing > 0 {
                let (at, text) = self
                    .heard
                    .recv_timeout(REACHED)
                    .with_context(|| format!("{missing} were not told {what}"))?;
                if text.contains(what) {
                    missing -= 1;
                    delays
                        .since_request
                        .record(at.saturating_duration_since(sent));
                    delays
                        .since_answer
                        .record(at.saturating_duration_since(answered));
                }
            }
            Ok(())
        })
    }

    fn leave(self) {
        // Its thread has ended already when nobody is there to hear.
        let _ = self.leave.send(());
    }
}

async fn listen(mut seat: Subscription, tell: mpsc::Sender<(Instant, String)>) {
    while let Some(text) = seat.next_text().await {
        // Nobody listens any more: they have left.
        if tell.send((Instant::now(), text)).is_err() {
            return;
        }
    }
}
