//! Whether the tokens that are configured are what they are said to be: their escrow takes them,
//! and they count with as many decimals. An escrow's list is fixed at the deployment, so a token
//! that is missing there can never be paid with: orders in it would only hold stock.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use alloy::sol_types::SolCall;
use gage_application::ports::chain::{AcceptedToken, PaymentChain};
use gage_domain::value::{Address, Asset};
use thiserror::Error;
use tokio::{select, sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    ShopEscrow::acceptsCall,
    erc20,
    node::{Node, NodeError},
};

/// Time between tries while a node is away.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// The tokens that turned out not to be taken. Cheap to clone; all clones know the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Refused(Arc<watch::Sender<BTreeSet<Asset>>>);

impl Refused {
    /// Whether an escrow was found not to take a token.
    pub(super) fn contains(&self, asset: Asset) -> bool {
        self.0.borrow().contains(&asset)
    }
}

/// Looks at each token, once.
#[derive(Debug)]
pub struct TokenCheck {
    pub(super) chains: Vec<(PaymentChain, Node)>,
    pub(super) refused: Refused,
}

impl TokenCheck {
    /// Looks until every chain has answered, or until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        while !self.chains.is_empty() {
            let mut unanswered = Vec::new();
            for (chain, node) in std::mem::take(&mut self.chains) {
                let asked = select! {
                    () = stop.cancelled() => return,
                    asked = faults_of(&chain, &node) => asked,
                };
                match asked {
                    Ok(faults) => self.tell(&chain, faults),
                    Err(error) => {
                        tracing::warn!(chain_id = chain.chain_id, %error, "the tokens are not checked yet");
                        unanswered.push((chain, node));
                    }
                }
            }
            self.chains = unanswered;
            if self.chains.is_empty() {
                return;
            }
            select! {
                () = stop.cancelled() => return,
                () = sleep(TRY_AGAIN) => {}
            }
        }
    }

    fn tell(&self, chain: &PaymentChain, faults: Vec<(Asset, TokenFault)>) {
        for (asset, fault) in &faults {
            tracing::error!(
                chain_id = chain.chain_id,
                escrow = %chain.escrow,
                token = %asset.token,
                %fault,
                "nothing is sold in a token that GAGE_CHAINS_FILE names wrongly"
            );
        }
        let refused = faults.into_iter().map(|(asset, _)| asset);
        self.refused.0.send_modify(|known| known.extend(refused));
    }
}

/// What is wrong with a token as it is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
enum TokenFault {
    #[error("the escrow does not take it: remove it, or deploy an escrow that takes it")]
    NotTaken,
    // Amounts at a rate would be wrong by powers of ten.
    #[error("it counts with {found} decimals, and {configured} are configured")]
    OtherDecimals { found: u8, configured: u8 },
}

/// What is wrong with a chain's tokens.
async fn faults_of(
    chain: &PaymentChain,
    node: &Node,
) -> Result<Vec<(Asset, TokenFault)>, NodeError> {
    let mut faults = Vec::new();
    for token in chain.tokens.iter().filter(|token| !token.address.is_zero()) {
        if let Some(fault) = fault_of(chain.escrow, token, node).await? {
            let asset = Asset {
                chain_id: chain.chain_id,
                token: token.address,
            };
            faults.push((asset, fault));
        }
    }
    Ok(faults)
}

async fn fault_of(
    escrow: Address,
    token: &AcceptedToken,
    node: &Node,
) -> Result<Option<TokenFault>, NodeError> {
    let question = acceptsCall {
        token: token.address,
    };
    let answer = node.call(escrow, question.abi_encode().into()).await?;
    let accepts = acceptsCall::abi_decode_returns(&answer);
    let accepts = accepts.map_err(|error| NodeError::Unintelligible {
        method: "eth_call",
        reason: format!("the escrow answers {answer} for a token: {error}"),
    })?;
    if !accepts {
        return Ok(Some(TokenFault::NotTaken));
    }
    let configured = token.decimals;
    let found = erc20::decimals(node, token.address).await?;
    let other = found.filter(|found| *found != configured);
    Ok(other.map(|found| TokenFault::OtherDecimals { found, configured }))
}
