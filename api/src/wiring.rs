//! The composition root: the only place that knows which adapter stands behind which port.

mod chain;
mod health;
pub(crate) mod personal;
mod rates;
mod reconcile;
mod tree;
mod watch;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use gage_application::{
    catch_up::{CatchUp, Consumer, HealthHandle},
    expiry::Expiry,
    gateway::{Gateway, Parts, snapshotter},
    history::History,
    ports::{
        chain::FollowedChains,
        clock::{Clock, Entropy},
        event_log::EventLog,
        rate_limit::RateLimiter,
        replay::Stored,
        wake::WakeUps,
    },
    progress::Watched,
    reactions::Reactions,
    reconciliation::Reconciliation,
    tail::Tail,
    tree::Receipts,
};
use gage_domain::{
    proof::{AnchorNote, CheckpointVerifier},
    value::Address,
};
use gage_infrastructure::{
    clock::{SystemClock, SystemEntropy},
    images::PostgresImages,
    postgres::{
        self, Migrated, PoolOptions, PostgresCheckpoints, PostgresChronicle, PostgresEventLog,
        PostgresSnapshots, PostgresStored, Restore,
    },
    redis::{RedisNonces, RedisRateLimiter, RedisSessions, RedisStore, RedisWakeUps},
};
use gage_projections::{
    catalog::CatalogQueries, consumer, ledger::LedgerQueries, name::ProjectionName,
    orders::OrderQueries, payments::PaymentQueries, sales::SalesQueries, setup,
};
use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::PgPool;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::{
        ChainSettings, CheckpointSettings, DatabaseSettings, Environment, NodeSettings, PrivateKey,
        ServiceUrl, Settings,
    },
    graphql::{
        context::{ReadProgress, Services},
        engine::Engine,
        limits::DocumentLimits,
        live::Hints,
        schema,
    },
    http::{
        self, Admission, Gallery, HttpState,
        pages::{self, Pages, TestNode},
    },
    identity::{
        brief_sessions::BriefSessions,
        desk::{Desk, DeskParts},
        roles::RoleBook,
    },
};

/// Groups of commands that are committed at once. More lanes make smaller groups, which cost
/// more each.
const LANES: usize = 3;

/// How long a query or a mutation may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// The database, and the log in it.
pub(crate) struct Database {
    /// Connections.
    pub(crate) pool: PgPool,
    /// The log.
    pub(crate) log: Arc<dyn EventLog>,
}

/// A server that runs.
pub(crate) struct Running {
    /// Its routes.
    pub(crate) router: Router,
    /// Its loops.
    pub(crate) tasks: TaskTracker,
}

/// Connects to the database.
///
/// # Errors
/// When it is away.
pub(crate) async fn database(settings: &DatabaseSettings) -> anyhow::Result<Database> {
    let options = PoolOptions {
        max_connections: settings.pool,
        ..PoolOptions::default()
    };
    let pool = postgres::connect(settings.url.reveal(), options).await?;
    let log = Arc::new(PostgresEventLog::new(pool.clone()));
    Ok(Database { pool, log })
}

/// Brings the database up to date.
///
/// # Errors
/// When it cannot be.
pub(crate) async fn migrate(database: &Database) -> anyhow::Result<Migrated> {
    Ok(postgres::migrate(&database.pool).await?)
}

/// Checks that the database is up to date and the log is this cluster's.
///
/// # Errors
/// When it is not, with what to do.
pub(crate) async fn check_log(database: &Database) -> anyhow::Result<()> {
    Ok(postgres::check_log(&database.pool).await?)
}

/// Makes the read models that are missing; their consumers fill them.
///
/// # Errors
/// When the database is away.
pub(crate) async fn ensure_read_models(database: &Database) -> anyhow::Result<()> {
    setup::ensure(&database.pool).await.context("read models")?;
    Ok(())
}

/// Checks that every escrow is followed in which payments are not settled: what happens in another
/// one would never be seen.
///
/// # Errors
/// When one is not, with what to do; when the database is away.
pub(crate) async fn check_escrows(settings: &Settings, database: &Database) -> anyhow::Result<()> {
    let payments = PaymentQueries::new(database.pool.clone());
    let followed = |chain_id: u64, escrow: Address| {
        let mut chains = settings.chains.iter();
        chains.any(|chain| (chain.chain_id, chain.escrow) == (chain_id, escrow))
    };
    for (chain_id, escrow, count) in payments.escrows_in_use().await? {
        if !followed(chain_id, escrow) && !settings.unfollowed_escrows.contains(&escrow) {
            anyhow::bail!(
                "{count} payments into the escrow {escrow} on chain {chain_id} are not settled, \
                 and it is not configured: configure it until they are, or name it in \
                 GAGE_UNFOLLOWED_ESCROWS to leave them alone"
            );
        }
    }
    Ok(())
}

/// Puts the escrow contract on the chain; its address and block.
///
/// # Errors
/// When the node is away, or refuses.
pub(crate) async fn deploy_escrow(
    node: &NodeSettings,
    deployer: &PrivateKey,
    tokens: &[Address],
) -> anyhow::Result<(Address, u64)> {
    chain::deploy(node, deployer, tokens).await
}

/// Everything that is stored, as of now.
///
/// # Errors
/// When the database is away.
pub(crate) async fn stored(database: &Database) -> anyhow::Result<Arc<dyn Stored>> {
    Ok(Arc::new(PostgresStored::now(&database.pool).await?))
}

/// The history, to look things up in.
pub(crate) fn history(database: &Database) -> History {
    let chronicle = Arc::new(PostgresChronicle::new(database.pool.clone()));
    History::new(database.log.clone(), chronicle)
}

/// A log that is made of an export.
///
/// # Errors
/// When the database is away, or has events.
pub(crate) async fn restore(database: &Database) -> anyhow::Result<Restore> {
    Ok(Restore::begin(&database.pool).await?)
}

/// Puts the contract for anchors on a chain; its address.
///
/// # Errors
/// When the node is away, or refuses.
pub(crate) async fn deploy_anchor(
    nodes: &[ServiceUrl],
    deployer: &PrivateKey,
) -> anyhow::Result<Address> {
    tree::deploy(nodes, deployer).await
}

/// Asks any node of its chain whether an anchor stands there; says what stands.
///
/// # Errors
/// When it does not, or the node is away.
pub(crate) async fn look_up_anchor(
    anchor: &AnchorNote,
    nodes: &[ServiceUrl],
) -> anyhow::Result<String> {
    tree::look_up(anchor, nodes).await
}

/// What is known of the tree over the event log.
pub(crate) fn receipts(database: &Database) -> Receipts {
    tree::receipts(&database.pool)
}

/// What checks the checkpoints that a key signs.
///
/// # Errors
/// When the key cannot be used.
pub(crate) fn verifier(settings: &CheckpointSettings) -> anyhow::Result<CheckpointVerifier> {
    Ok(tree::key(settings)?.verifier().clone())
}

/// What compares the event log with the chain.
///
/// # Errors
/// When a setting cannot be used.
pub(crate) fn reconciliation(
    database: &Database,
    chain: &ChainSettings,
) -> anyhow::Result<Reconciliation> {
    reconcile::prepare(database, chain)
}

/// The adapters that everything stands on.
struct Adapters {
    database: Database,
    redis: RedisStore,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    wake: Arc<dyn WakeUps>,
    limiter: Arc<dyn RateLimiter>,
}

/// Puts a server together and starts its loops, which end when `loops_stop` is cancelled.
/// Nothing here waits for Redis or the chain's node: they may be away.
///
/// # Errors
/// When a setting cannot be used.
#[expect(clippy::too_many_lines, reason = "a straight line of parts")]
pub(crate) fn assemble(
    settings: &Settings,
    database: Database,
    metrics: PrometheusHandle,
    stop: CancellationToken,
    loops_stop: &CancellationToken,
) -> anyhow::Result<Running> {
    let tasks = TaskTracker::new();
    let adapters = adapters(settings, database)?;
    let side = chain::prepare(settings, &adapters)?;
    let gateway = gateway(settings, &adapters, side.rail.clone(), &tasks);
    let progress = ReadProgress::default();
    let hints = Hints::new(adapters.wake.clone(), progress.clone());
    tasks.spawn(hints.clone().run(loops_stop.clone()));
    let tail = Tail::new(adapters.database.log.clone(), adapters.wake.clone());
    tasks.spawn(tail.clone().run(loops_stop.clone()));
    let readers = start_readers(&adapters, &gateway, &tail, &progress, &tasks, loops_stop);
    let (rail, contracts) = (side.rail.clone(), side.contracts.clone());
    let (followed, keepers) = side.start(settings, &adapters, &gateway, &tasks, loops_stop)?;
    let pool = &adapters.database.pool;
    let orders = OrderQueries::new(pool.clone());
    let expiry = expiry(settings, &adapters, &gateway, &orders, &followed);
    tasks.spawn(expiry.run(loops_stop.clone()));
    let payments = PaymentQueries::new(pool.clone());
    let reconciled = reconcile::start(settings, &adapters, &tasks, loops_stop)?;
    let proofs = tree::start(settings, &adapters, &tasks, loops_stop)?;
    let log = adapters.database.log.clone();
    tasks.spawn(watch::run(
        log.clone(),
        readers.clone(),
        metrics.clone(),
        loops_stop.clone(),
    ));
    let health = health::Health {
        log,
        redis: adapters.redis.clone(),
        chains: followed.clone(),
        keepers,
        readers,
        reconciled,
        proofs,
        clock: adapters.clock.clone(),
    };
    let desk = Arc::new(desk(settings, &adapters, contracts)?);
    let images = Arc::new(PostgresImages::new(pool.clone()));
    let gallery = gallery(&adapters, images.clone());
    let personal = personal::personal_data(settings, &adapters.database);
    let admission = admission(settings, &adapters);
    let services = Services {
        eraser: personal::eraser_with(&adapters.database, personal.clone()),
        personal,
        history: history(&adapters.database),
        tail,
        admission: admission.clone(),
        gateway,
        catalog: CatalogQueries::new(pool.clone()),
        orders,
        payments,
        ledger: LedgerQueries::new(pool.clone()),
        sales: SalesQueries::new(pool.clone()),
        images,
        receipts: tree::receipts(pool),
        rail,
        chains: followed,
        desk: desk.clone(),
        hints: hints.clone(),
        clock: adapters.clock.clone(),
        entropy: adapters.entropy.clone(),
        progress: progress.clone(),
    };
    let limits = DocumentLimits::STANDARD;
    let schema = schema::build(services, settings.log.environment, &limits);
    let state = HttpState {
        engine: Engine::new(schema, limits, desk, PATIENCE, progress.catalog),
        origin: settings.server.origin.clone(),
        admission,
        gallery,
        entropy: adapters.entropy.clone(),
        health: Arc::new(health),
        metrics: Some(metrics),
        pages: pages(settings),
        stop,
    };
    Ok(Running {
        router: http::router(state),
        tasks,
    })
}

fn adapters(settings: &Settings, database: Database) -> anyhow::Result<Adapters> {
    let redis = RedisStore::new(settings.redis.url.reveal(), &settings.redis.prefix)?;
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    Ok(Adapters {
        database,
        wake: Arc::new(RedisWakeUps::start(redis.clone(), entropy.clone())),
        limiter: Arc::new(RedisRateLimiter::new(redis.clone())),
        redis,
        clock: Arc::new(SystemClock),
        entropy,
    })
}

fn admission(settings: &Settings, adapters: &Adapters) -> Arc<Admission> {
    let per_minute = settings.server.requests_per_minute;
    Arc::new(Admission::new(adapters.limiter.clone(), per_minute))
}

fn gallery(adapters: &Adapters, images: Arc<PostgresImages>) -> Arc<Gallery> {
    let catalog = CatalogQueries::new(adapters.database.pool.clone());
    Arc::new(Gallery::new(images, catalog, adapters.limiter.clone()))
}

fn gateway(
    settings: &Settings,
    adapters: &Adapters,
    rail: Arc<dyn gage_application::ports::chain::PaymentRail>,
    tasks: &TaskTracker,
) -> Arc<Gateway> {
    let snapshots = Arc::new(PostgresSnapshots::new(adapters.database.pool.clone()));
    let (snapshotter, writing) = snapshotter(snapshots.clone());
    // Ends with the gateway; a snapshot that is not written costs a longer fold later.
    tasks.spawn(writing);
    let (gateway, writing) = Gateway::open(Parts {
        log: adapters.database.log.clone(),
        snapshots,
        snapshotter,
        wake: adapters.wake.clone(),
        clock: adapters.clock.clone(),
        entropy: adapters.entropy.clone(),
        rail,
        policy: settings.rules.policy,
        lanes: LANES,
    });
    tasks.spawn(writing);
    Arc::new(gateway)
}

/// Starts projections and reactions, each on a loop of its own.
fn start_readers(
    adapters: &Adapters,
    gateway: &Arc<Gateway>,
    tail: &Arc<Tail>,
    progress: &ReadProgress,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Vec<HealthHandle> {
    let pool = &adapters.database.pool;
    let checkpoints = Arc::new(PostgresCheckpoints::new(pool.clone()));
    let reactions: Arc<dyn Consumer> = Arc::new(Reactions::new(gateway.clone(), checkpoints));
    let consumers = consumer::all(pool).into_iter();
    let consumers = consumers.chain([reactions, tree::reader(adapters)]);
    let consumers = consumers.map(|consumer| watched(consumer, progress));
    consumers
        .map(|consumer| {
            let catch_up = CatchUp::new(consumer, tail.clone());
            let health = catch_up.health();
            tasks.spawn(catch_up.run(stop.clone()));
            health
        })
        .collect()
}

/// The worker that lets payment windows end.
fn expiry(
    settings: &Settings,
    adapters: &Adapters,
    gateway: &Arc<Gateway>,
    orders: &OrderQueries,
    chains: &FollowedChains,
) -> Expiry {
    Expiry {
        gateway: gateway.clone(),
        due: Arc::new(orders.clone()),
        chains: chains.clone(),
        clock: adapters.clock.clone(),
        entropy: adapters.entropy.clone(),
        grace: settings.rules.expiry_grace,
    }
}

/// A read model's progress is told to those who wait for it or keep answers from it.
fn watched(consumer: Arc<dyn Consumer>, progress: &ReadProgress) -> Arc<dyn Consumer> {
    let progress = match consumer.name().parse() {
        Ok(ProjectionName::Catalog) => &progress.catalog,
        Ok(ProjectionName::Orders) => &progress.orders,
        Ok(ProjectionName::Payments) => &progress.payments,
        // Nobody waits for accounts, and a reader of another kind keeps nothing that is looked at.
        Ok(ProjectionName::Ledger) | Err(_) => return consumer,
    };
    Arc::new(Watched::new(consumer, progress.clone()))
}

/// The storefront. In development its test wallets may ask the test chain's nodes.
fn pages(settings: &Settings) -> Pages {
    let node = |chain: &ChainSettings| {
        let url = chain.rpc.first()?.reveal().parse().ok()?;
        Some(TestNode {
            chain_id: chain.chain_id,
            url,
        })
    };
    let nodes: Vec<TestNode> = match settings.log.environment {
        Environment::Development => settings.chains.iter().filter_map(node).collect(),
        Environment::Production => Vec::new(),
    };
    Pages::new(
        pages::embedded(settings.log.environment),
        &settings.server.origin,
        &nodes,
    )
}

fn desk(
    settings: &Settings,
    adapters: &Adapters,
    contracts: Arc<dyn gage_application::ports::contract_signatures::ContractSignatures>,
) -> anyhow::Result<Desk> {
    let server = &settings.server;
    let roles = RoleBook::new(
        server.auditors.iter().copied(),
        server.operators.iter().copied(),
    );
    let parts = DeskParts {
        nonces: Arc::new(RedisNonces::new(adapters.redis.clone())),
        sessions: Arc::new(BriefSessions::new(Arc::new(RedisSessions::new(
            adapters.redis.clone(),
        )))),
        limiter: adapters.limiter.clone(),
        contracts,
        clock: adapters.clock.clone(),
        entropy: adapters.entropy.clone(),
        roles,
        origin: server.origin.clone(),
        chain_id: settings.chains.first().chain_id,
        session_ttl: server.session_ttl,
        sign_ins_per_minute: server.sign_ins_per_minute,
    };
    Desk::new(parts).context("GAGE_PUBLIC_URL")
}
