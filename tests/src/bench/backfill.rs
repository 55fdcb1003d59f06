//! Payments that were made while nobody followed the chain: real orders, paid into the real
//! escrow on Anvil, then found by the listener from the contract's first block on.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use alloy::{
    network::TransactionBuilder,
    primitives::Address,
    providers::{Provider, ProviderBuilder},
    rpc::types::{Filter, TransactionRequest},
};
use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
use gage_application::{
    event::{Decoder, StreamName},
    operations::place_order::PlaceOrder,
    ports::{
        chain::{ChainView, PaymentRail},
        clock::{Clock, Entropy},
        event_log::EventLog,
    },
};
use gage_domain::{
    decider::Decider,
    ids::{OrderId, PaymentId},
    order::Wanted,
    payment::{Payment, Terms},
};
use gage_infrastructure::{
    chain::{
        Deployed, EvmRail, Listener, ListenerParts, ListenerSettings, LocalKey, Node as Client,
        deploy,
    },
    clock::{SystemClock, SystemEntropy},
    postgres::PostgresChainStore,
};
use sqlx::{FromRow, PgPool};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::{
    figures::{grouped, per_sec},
    pgbench,
    report::{Row, Unit},
    shop::{Shop, asked_by, quote_signer, rail},
    sizes::Sizes,
    story::{Story, one},
    targets::Headline,
};
use crate::{
    node::{CHAIN_ID, Node, Program, wallet},
    wait::until,
};

/// Payments in a block.
const IN_A_BLOCK: usize = 20;
/// Events that are written at once for comparison: two of each of a listener's stretch.
const IN_A_STATEMENT: usize = 4_000;
/// As in production.
const CONFIRMATIONS: u64 = 12;
/// Orders that are placed or looked up at once.
const AT_ONCE: usize = 64;
/// How long the listener may take.
const FOUND: Duration = Duration::from_mins(10);

/// A chain with the escrow, and a shop that is paid through it.
struct World {
    node: Node,
    client: Client,
    escrow: Deployed,
    rail: Arc<EvmRail>,
    shop: Shop,
    _folder: TempDir,
}

pub(super) async fn measure(sizes: &Sizes) -> Result<Vec<Row>> {
    let world = World::new().await?;
    let terms = world.orders(sizes.payments).await?;
    world.pay(&terms).await?;
    let took = world.listen().await?;
    let payments = terms.len() as u64;
    for event in ["PaymentDetected", "PaymentConfirmed"] {
        let found = world.count(event).await?;
        ensure!(found == payments, "{found} of {payments}: {event}");
    }
    let bare = world.bare().await?;
    let blocks = terms.len().div_ceil(IN_A_BLOCK);
    let row = Row::of(
        format!(
            "chain backfill, {} payments in {blocks} blocks",
            grouped(payments)
        ),
        per_sec(payments, took),
        Unit::Payments,
    )
    .headline(Headline::Backfill)
    .beside(
        "one eth_getLogs, and the same events in bulk",
        per_sec(payments, bare),
    )
    .note("every payment detected and, 12 blocks deep, confirmed; once each");
    world.shop.end().await;
    Ok(vec![row])
}

impl World {
    async fn new() -> Result<Self> {
        let folder = TempDir::new()?;
        let node = Node::start(Program::Anvil, folder.path()).await;
        let client = Client::new([node.url().parse()?])?;
        let deployer = LocalKey::from_hex(&hex::encode(wallet(9).to_bytes()))?;
        let escrow = deploy(&client, &deployer, quote_signer().address(), &[]).await?;
        let rail = rail(escrow.address);
        let shop = Shop::paid_through(rail.clone()).await;
        Ok(Self {
            node,
            client,
            escrow,
            rail,
            shop,
            _folder: folder,
        })
    }

    fn buyer() -> Address {
        wallet(1).address()
    }

    /// Places orders, and gives what is to be paid for each.
    async fn orders(&self, count: usize) -> Result<Vec<Terms>> {
        let log = &*self.shop.log;
        let story = Story::open(log, wallet(0).address(), 10, 1_000_000).await;
        stream::iter(0..count)
            .map(|number| self.order(&story, number))
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn order(&self, story: &Story, number: usize) -> Result<Terms> {
        let order = OrderId(SystemEntropy.id());
        let place = PlaceOrder {
            order,
            by: Self::buyer(),
            shop: story.shop,
            lines: vec![Wanted {
                product: story.products[number % story.products.len()],
                quantity: one(),
            }],
            seen_prices: Vec::new(),
            pay_with: None,
            delivery: None,
        };
        let gateway = &self.shop.gateway;
        gateway.execute(place, asked_by(Self::buyer())).await?;
        let name = StreamName::of::<Payment>(PaymentId::from(order));
        let decoder = Decoder::current();
        let mut payment = Payment::default();
        for stored in self.shop.log.load(&name, 0).await? {
            payment = payment.evolve(&decoder.event::<Payment>(&stored)?);
        }
        Ok(payment.request()?.terms.clone())
    }

    /// The buyer pays all, twenty in a block; then come the blocks that confirm the last.
    async fn pay(&self, terms: &[Terms]) -> Result<()> {
        let provider = ProviderBuilder::new()
            .wallet(wallet(1))
            .connect_http(self.node.url().parse()?);
        tell(&provider, "evm_setAutomine", false).await?;
        let mut nonce = provider.get_transaction_count(Self::buyer()).await?;
        for block in terms.chunks(IN_A_BLOCK) {
            let mut sent = Vec::with_capacity(block.len());
            for terms in block {
                let call = self.rail.instructions(terms, Self::buyer()).await;
                let transaction = TransactionRequest::default()
                    .with_from(Self::buyer())
                    .with_to(call.contract)
                    .with_input(call.call_data)
                    .with_value(call.value.0)
                    .with_nonce(nonce)
                    .with_chain_id(CHAIN_ID)
                    .with_gas_limit(400_000)
                    .with_max_fee_per_gas(100_000_000_000)
                    .with_max_priority_fee_per_gas(1_000_000_000);
                sent.push(provider.send_transaction(transaction));
                nonce += 1;
            }
            try_join_all(sent).await?;
            tell(&provider, "anvil_mine", 1).await?;
        }
        tell(&provider, "anvil_mine", CONFIRMATIONS).await
    }

    /// Follows the chain from the contract's block on, up to its head.
    async fn listen(&self) -> Result<Duration> {
        let settings = ListenerSettings {
            chain_id: CHAIN_ID,
            escrow: self.escrow.address,
            quote_signer: quote_signer().address(),
            start_block: self.escrow.block,
            confirmations: CONFIRMATIONS,
            poll_interval: Duration::from_millis(50),
            head_age_max: None,
        };
        let (pool, escrow) = (self.shop.pool.clone(), self.escrow.address);
        let parts = ListenerParts {
            node: self.client.clone(),
            store: PostgresChainStore::new(pool, CHAIN_ID, escrow),
            settle: self.shop.gateway.clone(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        };
        let listener = Listener::new(parts, settings);
        let (status, stop) = (listener.status(), CancellationToken::new());
        let (began, since) = (Instant::now(), SystemClock.now());
        let task = tokio::spawn(listener.run(stop.clone()));
        until("the listener is at the head", FOUND, async || {
            (status.status().read_until >= Some(since)).then_some(())
        })
        .await;
        let took = began.elapsed();
        stop.cancel();
        task.await?;
        Ok(took)
    }

    async fn count(&self, event: &str) -> Result<u64> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM events WHERE event_type = $1")
            .bind(event)
            .fetch_one(&self.shop.pool)
            .await?;
        Ok(count.unsigned_abs())
    }

    /// The least that it can take: the logs in one question, then the same events, ready-made, in
    /// statements as large as the listener's. Nothing is decided, compared or kept of the chain.
    async fn bare(&self) -> Result<Duration> {
        pgbench::table(&self.shop.pool).await?;
        let events = self.events().await?;
        let provider = self.node.provider();
        let began = Instant::now();
        let filter = Filter::new()
            .address(self.escrow.address)
            .from_block(self.escrow.block);
        let logs = provider.get_logs(&filter).await.context("eth_getLogs")?;
        for some in events.chunks(IN_A_STATEMENT) {
            write(&self.shop.pool, some).await?;
        }
        let took = began.elapsed();
        ensure!(
            events.len() == 2 * logs.len(),
            "{} logs, {} events",
            logs.len(),
            events.len()
        );
        Ok(took)
    }

    /// What the listener wrote, in the order of the log.
    async fn events(&self) -> Result<Vec<Event>> {
        Ok(sqlx::query_as(
            "SELECT aggregate_type, aggregate_id, sequence, event_type AS kind,
                    event_version AS version, payload::text, metadata::text
               FROM events WHERE event_type IN ('PaymentDetected', 'PaymentConfirmed')
              ORDER BY xact_id, position",
        )
        .fetch_all(&self.shop.pool)
        .await?)
    }
}

/// An event as a client has it before it is written.
#[derive(FromRow)]
struct Event {
    aggregate_type: String,
    aggregate_id: String,
    sequence: i64,
    kind: String,
    version: String,
    payload: String,
    metadata: String,
}

async fn write(pool: &PgPool, events: &[Event]) -> Result<()> {
    let texts = |of: fn(&Event) -> &str| events.iter().map(of).collect::<Vec<_>>();
    let sequences: Vec<i64> = events.iter().map(|event| event.sequence).collect();
    sqlx::query(
        "INSERT INTO events_bench (aggregate_type, aggregate_id, sequence, event_type,
                                   event_version, payload, metadata)
         SELECT e.type, e.id, e.sequence, e.event, e.version, e.payload::jsonb, e.metadata::jsonb
           FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
                       $7::text[]) AS e (type, id, sequence, event, version, payload, metadata)",
    )
    .bind(texts(|event| &event.aggregate_type))
    .bind(texts(|event| &event.aggregate_id))
    .bind(sequences)
    .bind(texts(|event| &event.kind))
    .bind(texts(|event| &event.version))
    .bind(texts(|event| &event.payload))
    .bind(texts(|event| &event.metadata))
    .execute(pool)
    .await?;
    Ok(())
}

/// Tells the node something that it answers with nothing.
async fn tell(
    provider: &impl Provider,
    method: &'static str,
    what: impl serde::Serialize + Clone + Send + Sync + std::fmt::Debug + Unpin + 'static,
) -> Result<()> {
    provider
        .raw_request::<_, serde_json::Value>(method.into(), (what,))
        .await
        .context(method)?;
    Ok(())
}
