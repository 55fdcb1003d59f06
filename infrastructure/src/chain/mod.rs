//! The EVM: how payments are asked for, and how they are seen.
//!
//! - [`EvmRail`] signs quotes for the escrow contract and says what a payment costs in gas;
//! - [`Rates`] knows what a token costs in fiat money, and [`RatePoller`] reads it from feeds;
//! - [`Listener`] follows the chain and settles what the escrow's logs say;
//! - [`Keeper`] releases what nobody disputed when the hold time is over;
//! - [`Anchoring`] writes down what the tree over the log was;
//! - [`EvmAttempts`] looks for transactions that buyers reported;
//! - [`EvmEscrowView`] shows the contract as it was after a block, to compare it with;
//! - [`EvmContractSignatures`] asks contract wallets, deployed or not yet, whether they signed;
//! - [`Node`] is the JSON-RPC client below both, which knows what nodes differ in.
//!
//! Assumptions: a block's hash commits to its parents and its logs; a log is the same log
//! while its block and its place in it are the same; the escrow's code never changes.

mod acceptance;
mod anchoring;
mod attempts;
mod contract;
mod contract_signatures;
mod deploy;
mod erc20;
mod escrow_view;
mod gas;
mod keeper;
mod key;
mod listener;
mod logs;
mod node;
mod payment_uri;
mod permit;
mod quote;
mod rail;
mod ranges;
mod rates;
mod sending;
mod wallet_call;
mod wrapped_signature;

pub use acceptance::TokenCheck;
pub use anchoring::{
    AnchorOnChain, Anchoring, AnchoringCondition, AnchoringParts, AnchoringSettings,
    AnchoringStatus, AnchoringWaits, anchor_on_chain,
};
pub use attempts::EvmAttempts;
pub use contract::{RootAnchor, ShopEscrow};
pub use contract_signatures::EvmContractSignatures;
pub use deploy::{DeployError, Deployed, deploy, deploy_anchor};
pub use escrow_view::{EscrowViewSettings, EvmEscrowView};
pub use keeper::{
    Keeper, KeeperCondition, KeeperParts, KeeperSettings, KeeperStatus, KeeperWaits, Minimum,
};
pub use key::{InvalidKey, LocalKey, SigningFailed};
pub use listener::{Listener, ListenerParts, ListenerSettings, ListenerStatus};
pub use node::{ClientError, Node, NodeError};
pub use quote::key_of;
pub use rail::{EvmRail, RailChain};
pub use rates::{
    FeedChain, FeedId, FeedSettings, FeedWithoutNode, FiatQuote, OfferedRate, RatePoller,
    RatePollerParts, RateSettings, RateTwice, Rates,
};
