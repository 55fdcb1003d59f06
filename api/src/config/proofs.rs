//! The settings of proofs: who signs checkpoints, and who writes them to a chain.

use std::time::Duration;

use gage_domain::{
    proof,
    value::{Address, BaseUnits},
};

use super::{
    args::{AnchorArgs, CheckpointArgs},
    checks::{Checks, parse_key, read_key},
    names,
    origin::Origin,
    problem::Fault,
    settings::{Chains, Environment, PrivateKey},
};

/// Who signs checkpoints of the event log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointSettings {
    /// Signs (Ed25519).
    pub key: PrivateKey,
    /// The log's name.
    pub origin: proof::Origin,
    /// Time between checkpoints.
    pub interval: Duration,
}

/// Who writes checkpoints to a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorSettings {
    /// Sends and pays.
    pub key: PrivateKey,
    /// The contract that remembers.
    pub contract: Address,
    /// The chain that it is on, one of those that are configured.
    pub chain_id: u64,
    /// Time between anchors.
    pub interval: Duration,
    /// What a day's anchors may cost, wei.
    pub daily_budget: BaseUnits,
    /// What a unit of gas may cost, wei.
    pub max_fee_per_gas: BaseUnits,
}

/// Keys that no other part may have: each account has one nonce.
pub(super) struct OtherKeys<'a> {
    /// Signs quotes.
    pub(super) signer: Option<&'a PrivateKey>,
    /// Releases after the hold time.
    pub(super) keeper: Option<&'a PrivateKey>,
}

impl OtherKeys<'_> {
    /// Nobody's.
    pub(super) const NONE: Self = Self {
        signer: None,
        keeper: None,
    };

    /// The key, when it is none of theirs.
    pub(super) fn have_not(&self, key: PrivateKey) -> Result<PrivateKey, Fault> {
        let with = match self {
            Self {
                signer: Some(other),
                ..
            } if **other == key => "signs quotes",
            Self {
                keeper: Some(other),
                ..
            } if **other == key => "sends releases",
            Self { .. } => return Ok(key),
        };
        Err(Fault::SharedKey { with })
    }
}

impl Checks {
    /// None without a key, and when something is wrong: then there is a problem more.
    pub(super) fn checkpoints(
        &mut self,
        args: &CheckpointArgs,
        public: Option<&Origin>,
        environment: Environment,
    ) -> Option<CheckpointSettings> {
        let usual = match environment {
            Environment::Production => 10,
            Environment::Development => 1,
        };
        let interval = args.checkpoint_interval_secs.as_deref();
        let interval = self.number(names::CHECKPOINT_INTERVAL, interval, usual, 1, 86_400);
        let key = match (&args.checkpoint_key_file, &args.checkpoint_key) {
            (Some(path), _) => read_key(path),
            (None, Some(text)) => parse_key(text),
            (None, None) => return None,
        };
        let key = self.keep(names::CHECKPOINT_KEY_FILE, key);
        let origin = match (args.checkpoint_origin.as_deref(), public) {
            (Some(name), _) => proof::Origin::parse(name).map_err(Fault::from),
            (None, Some(public)) => {
                let public = public.to_string();
                let host = public.split("://").last().unwrap_or_default();
                proof::Origin::parse(&format!("{host}/log")).map_err(Fault::from)
            }
            // What is wrong with the public URL is said there.
            (None, None) => return None,
        };
        let origin = self.keep(names::CHECKPOINT_ORIGIN, origin);
        Some(CheckpointSettings {
            key: key?,
            origin: origin?,
            interval: Duration::from_secs(interval?),
        })
    }

    /// None without a key, and when something is wrong: then there is a problem more.
    pub(super) fn anchors(
        &mut self,
        args: &AnchorArgs,
        checkpoints: &CheckpointArgs,
        others: &OtherKeys<'_>,
        chains: Option<&Chains>,
    ) -> Option<AnchorSettings> {
        let interval = args.anchor_interval_secs.as_deref();
        let interval = self.number(names::ANCHOR_INTERVAL, interval, 3_600, 1, 31_536_000);
        let budget = args.anchor_daily_budget_wei.as_deref();
        let hundredth = 10_000_000_000_000_000;
        let budget = self.number(names::ANCHOR_BUDGET, budget, hundredth, 0, u64::MAX);
        let fee = args.anchor_max_fee_wei.as_deref();
        let hundred_gwei = 100_000_000_000;
        let fee = self.number(names::ANCHOR_MAX_FEE, fee, hundred_gwei, 1, u64::MAX);
        let key = match (&args.anchor_key_file, &args.anchor_key) {
            (Some(path), _) => read_key(path),
            (None, Some(text)) => parse_key(text),
            (None, None) => return None,
        };
        let key = key.and_then(|key| others.have_not(key));
        let key = self.keep(names::ANCHOR_KEY_FILE, key);
        if checkpoints.checkpoint_key_file.is_none() && checkpoints.checkpoint_key.is_none() {
            let by = names::ANCHOR_KEY_FILE.variable;
            self.keep::<()>(names::CHECKPOINT_KEY_FILE, Err(Fault::NeededBy { by }));
        }
        let contract = self
            .required(names::ANCHOR_CONTRACT, args.anchor_contract.as_deref())
            .and_then(|text| self.address(names::ANCHOR_CONTRACT, &text));
        let chain_id = self.anchor_chain(args, chains?);
        Some(AnchorSettings {
            key: key?,
            contract: contract?,
            chain_id: chain_id?,
            interval: Duration::from_secs(interval?),
            daily_budget: budget?.into(),
            max_fee_per_gas: fee?.into(),
        })
    }

    fn anchor_chain(&mut self, args: &AnchorArgs, chains: &Chains) -> Option<u64> {
        let first = chains.first().chain_id;
        let given = args.anchor_chain_id.as_deref();
        let chain_id = self.number(names::ANCHOR_CHAIN_ID, given, first, 1, u64::MAX >> 1)?;
        let known = chains.iter().any(|chain| chain.chain_id == chain_id);
        let checked = known
            .then_some(chain_id)
            .ok_or(Fault::UnknownChain { chain_id });
        self.keep(names::ANCHOR_CHAIN_ID, checked)
    }
}
