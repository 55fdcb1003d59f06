//! Whether the process lives (`/healthz`), whether it can serve (`/readyz`), and its metrics.

use async_trait::async_trait;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use time::OffsetDateTime;

use crate::http::state::HttpState;

/// Looks at the parts of the server.
#[async_trait]
pub trait HealthView: Send + Sync {
    /// How they fare now. Bounded in time, whatever is away.
    async fn report(&self) -> Report;
}

/// How a part fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It works.
    Up,
    /// It does not, and what needs it has to wait.
    Down,
    /// It has not been heard of yet.
    Starting,
    /// It stopped and needs the operator.
    Stopped,
    /// It works, and what it looks at stands still.
    Stalled,
    /// It works, and found what needs the operator.
    Differs,
}

/// Why a part does not work: a word of ours. What others said of it, a node or a database, may
/// hold what is nobody's business, and is in the log alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The node is away or gives no answer that can be used.
    NodeAway,
    /// The database is away.
    DatabaseAway,
    /// An event cannot be read or applied.
    BadEvent,
    /// The node is on another chain.
    OtherChain,
    /// The keeper's key does not sign.
    KeyUnusable,
    /// Gas costs more than the keeper may pay.
    FeesTooHigh,
    /// The keeper's budget of the day is spent.
    OverBudget,
    /// The keeper's account holds too little.
    OutOfFunds,
    /// The node did not take the keeper's transaction.
    TransactionRefused,
    /// The keeper's transaction is not mined for long.
    TransactionStuck,
    /// The chain was never followed.
    NotFollowed,
    /// An open transaction keeps events from readers.
    EventsHeldBack,
}

/// How what follows a chain fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainHealth {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// Following, or what keeps it from that.
    pub condition: Condition,
    /// The newest block of the chain.
    pub head: Option<u64>,
    /// Blocks that are still to be read.
    pub lag_blocks: u64,
    /// Until when the chain has surely been read.
    #[serde(with = "time::serde::rfc3339::option")]
    pub read_until: Option<OffsetDateTime>,
    /// Who releases after the hold time; nothing when nobody does. Without, buyers, sellers and
    /// everybody else still can.
    pub keeper: Option<KeeperHealth>,
    /// Reconciliation with the chain; nothing when it is switched off.
    pub reconciliation: Option<ReconciliationHealth>,
}

/// How a reader of the log fares: a projection or the reactions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReaderHealth {
    /// Its name.
    pub name: &'static str,
    /// Running, or what keeps it from that.
    pub condition: Condition,
    /// How far it has come, `TRANSACTION-POSITION`.
    pub checkpoint: String,
    /// Whether it had read everything at its last look.
    pub at_end: bool,
    /// What stopped it.
    pub reason: Option<Reason>,
}

/// How the keeper fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeeperHealth {
    /// Working, or what keeps it from that.
    pub condition: Condition,
    /// What today's releases cost, or may cost, wei.
    pub spent_wei: String,
    /// What a day's releases may cost, wei.
    pub daily_budget_wei: String,
    /// Payments that are due, and worth less than the gas of their release.
    pub left_alone: u64,
    /// What it waits for.
    pub reason: Option<Reason>,
}

/// What the last comparisons of the event log with the chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReconciliationHealth {
    /// Agreeing, differing, or what kept it from a result.
    pub condition: Condition,
    /// Differences of the last one that came to a result.
    pub differences: Option<u64>,
    /// When that ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_success: Option<OffsetDateTime>,
    /// The block of which it was.
    pub block: Option<u64>,
    /// Why the last one came to no result, if it did not.
    pub reason: Option<Reason>,
}

/// How signing and anchoring of the event log fare.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProofHealth {
    /// Signing, or what keeps it from that: `differs` when the history is not the one that was
    /// signed before. Nothing when there is no key.
    pub checkpoints: Option<Condition>,
    /// Events under the newest checkpoint.
    pub signed: Option<u64>,
    /// Anchoring; nothing when there is no key.
    pub anchors: Option<AnchorHealth>,
}

/// How anchoring fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnchorHealth {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// Working, or what keeps it from that.
    pub condition: Condition,
    /// What it waits for.
    pub reason: Option<Reason>,
}

/// How the parts of the server fare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether requests can be served.
    pub ready: bool,
    /// PostgreSQL: nothing works without.
    pub database: Condition,
    /// Redis: without, nobody signs in and nobody is known; orders go on.
    pub redis: Condition,
    /// The chains: without one, its payments are not seen; orders and payments go on, and so do
    /// the other chains.
    pub chains: Vec<ChainHealth>,
    /// The readers of the log.
    pub readers: Vec<ReaderHealth>,
    /// Checkpoints of the event log and their anchors: without, everything goes on, unproven.
    pub proofs: ProofHealth,
    /// Seconds since which an open transaction keeps new events from the readers.
    pub horizon_age_secs: Option<i64>,
}

/// Says that the process lives.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Says whether requests can be served, and how the parts fare.
pub(super) async fn ready(State(state): State<HttpState>) -> Response {
    let report = state.health.report().await;
    let status = if report.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    (status, no_store, Json(report)).into_response()
}

/// Metrics in Prometheus' text form.
pub(super) async fn metrics(State(state): State<HttpState>) -> Response {
    match state.metrics {
        Some(metrics) => {
            let text_format = [(
                header::CONTENT_TYPE,
                "text/plain; version=0.0.4; charset=utf-8",
            )];
            (text_format, metrics.render()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
