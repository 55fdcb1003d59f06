//! The chain's side: the rail, the listener, and the contract wallets' signatures.

use std::sync::Arc;

use anyhow::Context as _;
use gage_application::{
    attempts::{AttemptWatch, WatchParts, WatchSettings},
    gateway::Gateway,
    ports::{
        attempts::PendingAttempts,
        chain::{AcceptedToken, ChainView, FollowedChains, PaymentChain, PaymentRail},
        contract_signatures::ContractSignatures,
    },
};
use gage_domain::value::Address;
use gage_infrastructure::{
    chain::{
        EvmAttempts, EvmContractSignatures, EvmRail, FeedChain, Keeper, KeeperParts,
        KeeperSettings, KeeperStatus, Listener, ListenerParts, ListenerSettings, LocalKey, Minimum,
        Node, RailChain, RatePoller, TokenCheck, deploy as deploy_contract,
    },
    postgres::{PostgresChainStore, PostgresKeeperLedger},
};
use gage_projections::payments::PaymentQueries;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Adapters, rates};
use crate::config::{self, ChainSettings, NodeSettings, PrivateKey, ServiceUrl, Settings};

/// The chains' side of the server, whether their nodes answer or not.
pub(super) struct ChainSide {
    /// How payments are asked for.
    pub(super) rail: Arc<dyn PaymentRail>,
    /// Asks contract wallets, on the chain that sign-ins are for.
    pub(super) contracts: Arc<dyn ContractSignatures>,
    /// Each chain on which payments are taken.
    chains: Vec<Chain>,
    /// Reads what coins and tokens cost.
    poller: RatePoller,
    /// Asks the escrows for their tokens.
    token_check: TokenCheck,
}

/// The keeper of each chain that has one.
pub(super) type Keepers = Vec<(u64, KeeperStatus)>;

impl ChainSide {
    /// Starts following each chain, watching what buyers reported on it, and releasing after the
    /// hold time, if someone is to.
    pub(super) fn start(
        self,
        settings: &Settings,
        adapters: &Adapters,
        gateway: &Arc<Gateway>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> anyhow::Result<(FollowedChains, Keepers)> {
        let pending = Arc::new(PaymentQueries::new(adapters.database.pool.clone()));
        let (mut views, mut keepers) = (Vec::new(), Vec::new());
        for chain in &self.chains {
            let chain_id = chain.settings.chain_id;
            let view = chain.follow(adapters, gateway.clone(), tasks, stop);
            views.push((chain_id, view));
            let watch = chain.watch(settings, adapters, gateway.clone(), pending.clone());
            tasks.spawn(watch.run(stop.clone()));
            let keeper = chain.keep(settings.keeper.as_ref(), adapters, tasks, stop)?;
            keepers.extend(keeper.map(|keeper| (chain_id, keeper)));
        }
        tasks.spawn(self.poller.run(stop.clone()));
        tasks.spawn(self.token_check.run(stop.clone()));
        Ok((views.into_iter().collect(), keepers))
    }
}

/// A chain that is followed.
struct Chain {
    node: Node,
    settings: ListenerSettings,
    /// What is worth a release by the keeper.
    worth_a_release: Minimum,
}

/// Prepares the chains' side. Asks no node anything.
pub(super) fn prepare(settings: &Settings, adapters: &Adapters) -> anyhow::Result<ChainSide> {
    let signer = local_key(&settings.signer_key)?;
    let mut chains = Vec::new();
    let mut rails = Vec::new();
    for chain in &settings.chains {
        let node = node(&chain.rpc)?;
        rails.push(rail_chain(chain, node.for_people()));
        chains.push(Chain {
            node,
            worth_a_release: worth_a_release(chain),
            settings: ListenerSettings {
                chain_id: chain.chain_id,
                escrow: chain.escrow,
                quote_signer: signer.address(),
                start_block: chain.start_block,
                confirmations: chain.confirmations,
                poll_interval: chain.poll_interval,
                head_age_max: chain.head_age_max,
            },
        });
    }
    let mut rails = rails.into_iter();
    let first = rails.next().context("no chain is configured")?;
    let contracts = EvmContractSignatures::new(&first.node);
    let feed_chains = chains.iter().map(|chain| {
        let feeds = FeedChain {
            node: chain.node.clone(),
            head_age_max: chain.settings.head_age_max,
        };
        (chain.settings.chain_id, feeds)
    });
    let clock = adapters.clock.clone();
    let (rates, poller) = rates::prepare(&settings.chains, feed_chains.collect(), clock.clone())?;
    let rail = EvmRail::new(first, rails, signer, clock).with_rates(rates);
    Ok(ChainSide {
        token_check: rail.token_check(),
        rail: Arc::new(rail),
        contracts: Arc::new(contracts),
        chains,
        poller,
    })
}

fn rail_chain(chain: &ChainSettings, node: Node) -> RailChain {
    let coin = AcceptedToken::coin(chain.coin.symbol.clone());
    let tokens = chain.tokens.iter().map(|token| AcceptedToken {
        address: token.address,
        symbol: token.symbol.clone(),
        decimals: token.decimals,
        permit: token.permit,
    });
    RailChain {
        chain: PaymentChain {
            chain_id: chain.chain_id,
            name: chain.name.clone(),
            escrow: chain.escrow,
            tokens: std::iter::once(coin).chain(tokens).collect(),
        },
        arbiter: chain.arbiter,
        node,
    }
}

fn worth_a_release(chain: &ChainSettings) -> Minimum {
    let tokens = chain.tokens.iter();
    Minimum {
        coin: chain.coin.keeper_min,
        tokens: tokens
            .filter_map(|token| Some((token.address, token.keeper_min?)))
            .collect(),
    }
}

impl Chain {
    /// Starts following the chain; the view shows how it fares.
    fn follow(
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
    fn keep(
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
        tracing::info!(chain_id, account = %key.address(), "releases after the hold time are sent by");
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
            minimum: self.worth_a_release.clone(),
        };
        let keeper = Keeper::new(parts, settings);
        let status = keeper.status();
        tasks.spawn(keeper.run(stop.clone()));
        Ok(Some(status))
    }

    /// The worker that watches reported transactions.
    fn watch(
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
    tokens: &[Address],
) -> anyhow::Result<(Address, u64)> {
    let node = node(&settings.rpc)?;
    let signer = local_key(&settings.signer_key)?;
    let contract = deploy_contract(&node, &local_key(deployer)?, signer.address(), tokens)
        .await
        .context("the contract was not deployed")?;
    Ok((contract.address, contract.block))
}

/// A chain's node. Asks it nothing.
pub(super) fn node(rpc: &[ServiceUrl]) -> anyhow::Result<Node> {
    Ok(Node::new(rpc.iter().map(ServiceUrl::to_url))?)
}

/// A key that signs transactions or quotes.
pub(super) fn local_key(key: &PrivateKey) -> anyhow::Result<LocalKey> {
    Ok(LocalKey::from_hex(&hex::encode(key.reveal()))?)
}
