//! A server on real parts, or with every part away.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use gage_api::{
    config::{Environment, Origin},
    graphql::{engine::Engine, limits::DocumentLimits, schema},
    http::{
        Admission, Gallery, HttpState,
        health::{ChainHealth, Condition, HealthView, ProofHealth, Report},
        pages::Pages,
        router,
    },
    identity::{
        brief_sessions::BriefSessions,
        desk::{Desk, DeskParts},
        roles::RoleBook,
    },
};
use gage_application::{
    ports::{
        StoreUnavailable,
        clock::{Clock, Entropy},
        contract_signatures::ContractSignatures,
    },
    progress::Progress,
};
use gage_domain::value::{Address, B256};
use gage_infrastructure::{
    clock::SystemEntropy,
    images::PostgresImages,
    redis::{RedisNonces, RedisRateLimiter, RedisSessions, RedisStore},
};
use gage_projections::catalog::CatalogQueries;
use serde_json::Value;
use sqlx::postgres::PgPoolOptions;
use time::{OffsetDateTime, macros::datetime};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// The origin of the tests' pages.
pub(crate) const ORIGIN: &str = "https://shop.example";
/// The tests' chain.
pub(crate) const CHAIN_ID: u64 = 1337;

/// A clock that stands until it is moved.
pub(crate) struct HandClock(Mutex<OffsetDateTime>);

impl HandClock {
    pub(crate) fn forward(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for HandClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

/// A chain on which no contract wallet lives.
struct NoContracts;

#[async_trait]
impl ContractSignatures for NoContracts {
    async fn is_valid(&self, _: Address, _: B256, _: &[u8]) -> Result<bool, StoreUnavailable> {
        Ok(false)
    }
}

/// A health page that says what it was told.
struct Told(Report);

#[async_trait]
impl HealthView for Told {
    async fn report(&self) -> Report {
        self.0.clone()
    }
}

/// A report of a server that fares well.
pub(crate) fn well() -> Report {
    Report {
        ready: true,
        database: Condition::Up,
        redis: Condition::Up,
        chains: vec![ChainHealth {
            chain_id: 1,
            condition: Condition::Up,
            head: Some(7),
            lag_blocks: 0,
            read_until: Some(datetime!(2026-01-31 12:00 UTC)),
            keeper: None,
            reconciliation: None,
        }],
        readers: Vec::new(),
        proofs: ProofHealth::default(),
        horizon_age_secs: None,
    }
}

/// A server without a database: the schema, the desk and the transports.
pub(crate) struct Server {
    pub(crate) clock: Arc<HandClock>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) stop: CancellationToken,
    pub(crate) state: HttpState,
    store: RedisStore,
}

/// Where a server's Redis is.
#[derive(Clone, Copy)]
pub(crate) enum Redis {
    /// Nowhere: nothing listens there.
    Away,
    /// Where `REDIS_URL` says.
    Real,
}

impl Server {
    pub(crate) fn new(redis: Redis) -> Self {
        Self::with(redis, Environment::Development, 1_000_000, well())
    }

    pub(crate) fn with(
        redis: Redis,
        environment: Environment,
        per_minute: u32,
        report: Report,
    ) -> Self {
        let store = RedisStore::new(&url(redis), &prefix()).unwrap();
        Self::on(store, environment, per_minute, report)
    }

    /// Another server on the same Redis.
    pub(crate) fn replica(&self, per_minute: u32) -> Self {
        Self::on(
            self.store.clone(),
            Environment::Development,
            per_minute,
            well(),
        )
    }

    fn on(store: RedisStore, environment: Environment, per_minute: u32, report: Report) -> Self {
        let clock = Arc::new(HandClock(Mutex::new(datetime!(2026-01-31 12:00 UTC))));
        let limiter = Arc::new(RedisRateLimiter::new(store.clone()));
        let origin = Origin::parse(ORIGIN).unwrap();
        let desk = Desk::new(DeskParts {
            nonces: Arc::new(RedisNonces::new(store.clone())),
            sessions: Arc::new(BriefSessions::new(Arc::new(RedisSessions::new(
                store.clone(),
            )))),
            limiter: limiter.clone(),
            contracts: Arc::new(NoContracts),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            roles: RoleBook::default(),
            origin: origin.clone(),
            chain_id: CHAIN_ID,
            session_ttl: Duration::from_hours(1),
            sign_ins_per_minute: per_minute,
        });
        let desk = Arc::new(desk.unwrap());
        let limits = DocumentLimits::STANDARD;
        let schema = schema::without_services(environment, &limits).finish();
        let stop = CancellationToken::new();
        // What needs the database is tested end to end; here it is away.
        let away = PgPoolOptions::new()
            .acquire_timeout(Duration::from_millis(200))
            .connect_lazy("postgres://127.0.0.1:1/none");
        let away = away.unwrap();
        let gallery = Gallery::new(
            Arc::new(PostgresImages::new(away.clone())),
            CatalogQueries::new(away),
            limiter.clone(),
        );
        // What is built in this checkout makes no difference to a test.
        let pages = Pages::new(|_, _| None, &origin, &[]);
        let state = HttpState {
            engine: Engine::new(
                schema,
                limits,
                desk.clone(),
                Duration::from_secs(10),
                Progress::default(),
            ),
            origin,
            admission: Arc::new(Admission::new(limiter, per_minute)),
            gallery: Arc::new(gallery),
            entropy: Arc::new(SystemEntropy),
            health: Arc::new(Told(report)),
            metrics: None,
            pages,
            stop: stop.clone(),
        };
        Self {
            clock,
            desk,
            stop,
            state,
            store,
        }
    }

    pub(crate) fn router(&self) -> Router {
        router(self.state.clone())
    }

    /// Sends a request through the router.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }

    /// Listens on a free port.
    pub(crate) async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = self
            .router()
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(axum::serve(listener, service).into_future());
        address
    }
}

fn url(redis: Redis) -> String {
    match redis {
        Redis::Away => "redis://127.0.0.1:1".to_owned(),
        Redis::Real => std::env::var("REDIS_URL")
            .expect("REDIS_URL is not set: run the tests with script/test, or name a Redis"),
    }
}

/// Keys of one test's own.
fn prefix() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let id = SystemEntropy.id().simple();
    format!(
        "gage-api-test-{id}-{}:",
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The code of the first error.
    pub(crate) fn code(&self) -> String {
        let json = self.json();
        json["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// A POST of JSON that accepts the new media type.
pub(crate) fn post(body: &Value) -> Request<Body> {
    Request::post("/graphql")
        .header("content-type", "application/json")
        .header("accept", "application/graphql-response+json")
        .body(Body::from(body.to_string()))
        .unwrap()
}
