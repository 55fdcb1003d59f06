//! The chain's side: the rail, the listener, and the contract wallets' signatures.

use std::sync::Arc;

use anyhow::Context as _;
use gage_application::{
    attempts::{AttemptWatch, WatchParts, WatchSettings},
    gateway::Gateway,
    ports::{
        attempts::PendingAttempts,
        chain::{ChainView, PaymentRail},
        contract_signatures::ContractSignatures,
    },
};
use gage_domain::value::Address;
use gage_infrastructure::{
    chain::{
        EvmAttempts, EvmContractSignatures, EvmRail, Keeper, KeeperParts, KeeperSettings,
        KeeperStatus, Listener, ListenerParts, ListenerSettings, LocalKey, Node, RailSettings,
        deploy as deploy_contract,
    },
    postgres::{PostgresChainStore, PostgresKeeperLedger},
};
use gage_projections::payments::PaymentQueries;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::Adapters;
use crate::config::{self, ChainSettings, NodeSettings, PrivateKey, ServiceUrl, Settings};

/// What the server asks of the chain, whether its node answers or not.
pub(super) struct Chain {
    /// How payments are asked for.
    pub(super) rail: Arc<dyn PaymentRail>,
    /// Asks contract wallets.
    pub(super) contracts: Arc<dyn ContractSignatures>,
    node: Node,
    settings: ListenerSettings,
}

/// Prepares the chain's side. Asks the node nothing.
pub(super) fn prepare(settings: &Settings, adapters: &Adapters) -> anyhow::Result<Chain> {
    let node = node(&settings.node.rpc_url)?;
    let signer = local_key(&settings.node.signer_key)?;
    let ChainSettings {
        chain_id,
        escrow,
        start_block,
        arbiter,
        confirmations,
        poll_interval,
    } = settings.chain;
    let listener = ListenerSettings {
        chain_id,
        escrow,
        quote_signer: signer.address(),
        start_block,
        confirmations,
        poll_interval,
    };
    let rail = RailSettings {
        chain_id,
        escrow,
        arbiter,
    };
    Ok(Chain {
        rail: Arc::new(EvmRail::new(
            rail,
            signer,
            node.clone(),
            adapters.clock.clone(),
        )),
        contracts: Arc::new(EvmContractSignatures::new(node.clone())),
        node,
        settings: listener,
    })
}

impl Chain {
    /// Starts following the chain; the view shows how it fares.
    pub(super) fn follow(
        &self,
        adapters: &Adapters,
        gateway: Arc<Gateway>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Arc<dyn ChainView> {
        let parts = ListenerParts {
            node: self.node.clone(),
            store: self.store(adapters),
            settle: gateway,
            clock: adapters.clock.clone(),
            entropy: adapters.entropy.clone(),
        };
        let listener = Listener::new(parts, self.settings);
        let view = Arc::new(listener.status());
        tasks.spawn(listener.run(stop.clone()));
        view
    }

    /// Starts releasing what nobody disputed when the hold time is over, if someone is to.
    pub(super) fn keep(
        &self,
        settings: Option<&config::KeeperSettings>,
        adapters: &Adapters,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<KeeperStatus>> {
        let Some(settings) = settings else {
            return Ok(None);
        };
        let chain_id = self.settings.chain_id;
        let (key, pool) = (local_key(&settings.key)?, &adapters.database.pool);
        tracing::info!(account = %key.address(), "releases after the hold time are sent by");
        let parts = KeeperParts {
            node: self.node.clone(),
            ledger: PostgresKeeperLedger::new(pool.clone(), chain_id, key.address()),
            key,
            due: Arc::new(PaymentQueries::new(pool.clone())),
            clock: adapters.clock.clone(),
        };
        let settings = KeeperSettings {
            chain_id,
            daily_budget: settings.daily_budget,
            max_fee_per_gas: settings.max_fee_per_gas,
        };
        let keeper = Keeper::new(parts, settings);
        let status = keeper.status();
        tasks.spawn(keeper.run(stop.clone()));
        Ok(Some(status))
    }

    /// The worker that watches reported transactions.
    pub(super) fn watch(
        &self,
        settings: &Settings,
        adapters: &Adapters,
        gateway: Arc<Gateway>,
        pending: Arc<dyn PendingAttempts>,
    ) -> AttemptWatch {
        let ListenerSettings {
            chain_id,
            confirmations,
            ..
        } = self.settings;
        let store = self.store(adapters);
        let chain = EvmAttempts::new(self.node.clone(), store, chain_id, confirmations);
        let parts = WatchParts {
            gateway,
            pending,
            chain: Arc::new(chain),
            clock: adapters.clock.clone(),
            entropy: adapters.entropy.clone(),
        };
        let window = settings.rules.policy.payment_window;
        AttemptWatch::new(parts, WatchSettings::standard(window))
    }

    /// What the listener has stored.
    fn store(&self, adapters: &Adapters) -> PostgresChainStore {
        let ListenerSettings {
            chain_id, escrow, ..
        } = self.settings;
        PostgresChainStore::new(adapters.database.pool.clone(), chain_id, escrow)
    }
}

/// Puts the escrow contract on the chain; its address and block.
pub(super) async fn deploy(
    settings: &NodeSettings,
    deployer: &PrivateKey,
) -> anyhow::Result<(Address, u64)> {
    let node = node(&settings.rpc_url)?;
    let signer = local_key(&settings.signer_key)?;
    let contract = deploy_contract(&node, &local_key(deployer)?, signer.address())
        .await
        .context("the contract was not deployed")?;
    Ok((contract.address, contract.block))
}

/// The chain's node. Asks it nothing.
pub(super) fn node(rpc_url: &ServiceUrl) -> anyhow::Result<Node> {
    Ok(Node::new([rpc_url.to_url()])?)
}

fn local_key(key: &PrivateKey) -> anyhow::Result<LocalKey> {
    Ok(LocalKey::from_hex(&hex::encode(key.reveal()))?)
}
