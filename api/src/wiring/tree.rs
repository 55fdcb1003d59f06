//! The tree over the event log: kept, signed, and written to a chain.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use gage_application::{
    catch_up::Consumer,
    ports::{
        anchors::AnchorPlace,
        history_tree::{HistoryTree, IssuedCheckpoints},
    },
    tree::{Issuer, IssuerStatus, Receipts, TreeReader},
};
use gage_domain::{
    proof::{AnchorNote, CheckpointKey},
    value::Address,
};
use gage_infrastructure::{
    chain::{
        Anchoring, AnchoringParts, AnchoringSettings, AnchoringStatus, anchor_on_chain,
        deploy_anchor,
    },
    clock::SystemEntropy,
    postgres::{PostgresAnchorLedger, PostgresAnchors, PostgresCheckpointStore, PostgresTree},
};
use sqlx::PgPool;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Adapters, chain};
use crate::config::{
    AnchorSettings, ChainSettings, CheckpointSettings, PrivateKey, ServiceUrl, Settings,
};

/// How proofs fare, for the health page.
#[derive(Default)]
pub(super) struct ProofStatus {
    /// Signing; nothing without a key.
    pub(super) issuing: Option<IssuerStatus>,
    /// Anchoring, with its chain; nothing without a key.
    pub(super) anchoring: Option<(u64, AnchoringStatus)>,
}

/// What is known of the tree, for proofs and receipts.
pub(super) fn receipts(pool: &PgPool) -> Receipts {
    Receipts {
        tree: Arc::new(PostgresTree::new(pool.clone(), Arc::new(SystemEntropy))),
        issued: Arc::new(PostgresCheckpointStore::new(pool.clone())),
        anchors: Arc::new(PostgresAnchors::new(pool.clone())),
    }
}

/// The reader of the log that lets the tree grow.
pub(super) fn reader(adapters: &Adapters) -> Arc<dyn Consumer> {
    let pool = adapters.database.pool.clone();
    let tree = PostgresTree::new(pool, adapters.entropy.clone());
    Arc::new(TreeReader::new(Arc::new(tree)))
}

/// The key of checkpoints.
pub(super) fn key(settings: &CheckpointSettings) -> anyhow::Result<CheckpointKey> {
    let key = CheckpointKey::new(settings.origin.clone(), settings.key.reveal());
    key.context("GAGE_CHECKPOINT_KEY_FILE")
}

/// Starts signing and anchoring, if someone is to.
pub(super) fn start(
    settings: &Settings,
    adapters: &Adapters,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> anyhow::Result<ProofStatus> {
    let mut status = ProofStatus::default();
    let Some(checkpoints) = &settings.checkpoints else {
        tracing::warn!(
            "no checkpoints of the event log are signed, and so no receipts are given: \
             GAGE_CHECKPOINT_KEY_FILE is not set. The tree is kept all the same"
        );
        return Ok(status);
    };
    let Receipts { tree, issued, .. } = receipts(&adapters.database.pool);
    let issuer = issuer(checkpoints, adapters, tree, issued.clone())?;
    status.issuing = Some(issuer.status.clone());
    tasks.spawn(issuer.run(stop.clone()));
    if let Some(anchors) = &settings.anchors {
        let anchoring = anchoring(anchors, settings, adapters, issued)?;
        status.anchoring = Some((anchors.chain_id, anchoring.status()));
        tasks.spawn(anchoring.run(stop.clone()));
    }
    Ok(status)
}

fn issuer(
    settings: &CheckpointSettings,
    adapters: &Adapters,
    tree: Arc<dyn HistoryTree>,
    issued: Arc<dyn IssuedCheckpoints>,
) -> anyhow::Result<Issuer> {
    let key = key(settings)?;
    tracing::info!(key = %key.verifier(), "checkpoints of the event log are signed by");
    Ok(Issuer {
        tree,
        issued,
        key,
        interval: settings.interval,
        clock: adapters.clock.clone(),
        status: IssuerStatus::default(),
    })
}

fn anchoring(
    settings: &AnchorSettings,
    all: &Settings,
    adapters: &Adapters,
    issued: Arc<dyn IssuedCheckpoints>,
) -> anyhow::Result<Anchoring> {
    let mut chains = all.chains.iter();
    let chain = chains.find(|chain| chain.chain_id == settings.chain_id);
    let ChainSettings {
        rpc, confirmations, ..
    } = chain.context("GAGE_ANCHOR_CHAIN_ID names no configured chain")?;
    let key = chain::local_key(&settings.key)?;
    let place = AnchorPlace {
        chain_id: settings.chain_id,
        contract: settings.contract,
        publisher: key.address(),
    };
    tracing::info!(chain_id = place.chain_id, account = %place.publisher, "anchors are written by");
    let parts = AnchoringParts {
        node: chain::node(rpc)?,
        ledger: PostgresAnchorLedger::new(adapters.database.pool.clone(), place),
        key,
        issued,
        clock: adapters.clock.clone(),
    };
    let settings = AnchoringSettings {
        confirmations: *confirmations,
        interval: settings.interval,
        daily_budget: settings.daily_budget,
        max_fee_per_gas: settings.max_fee_per_gas,
    };
    Ok(Anchoring::new(parts, settings))
}

/// Puts the contract for anchors on a chain: its address.
pub(super) async fn deploy(nodes: &[ServiceUrl], deployer: &PrivateKey) -> anyhow::Result<Address> {
    let node = chain::node(nodes)?;
    let contract = deploy_anchor(&node, &chain::local_key(deployer)?).await;
    let contract = contract.context("the contract was not deployed")?;
    Ok(contract.address)
}

/// Asks any node of its chain whether an anchor stands there; says what stands.
pub(super) async fn look_up(anchor: &AnchorNote, nodes: &[ServiceUrl]) -> anyhow::Result<String> {
    let node = chain::node(nodes)?;
    let AnchorNote {
        chain_id,
        contract,
        publisher,
        tx_hash,
        size,
        root,
        ..
    } = *anchor;
    let found = anchor_on_chain(&node, contract, publisher, size, tx_hash).await?;
    ensure!(
        found.chain_id == chain_id,
        "the node is on chain {}, and the anchor is said to be on chain {chain_id}",
        found.chain_id
    );
    let standing = found.root.with_context(|| {
        format!("the contract {contract} has no root of {size} events that {publisher} wrote")
    })?;
    ensure!(
        standing == root,
        "the contract {contract} has another root of {size} events: {standing}"
    );
    let block = match found.block {
        Some(block) => format!("since block {block}"),
        // A node that prunes may have forgotten the transaction; what stands, stands.
        None => "(its node does not know the transaction)".to_owned(),
    };
    Ok(format!(
        "chain {chain_id} says so: the account {publisher} wrote this root of {size} events into \
         {contract}, {block}"
    ))
}
