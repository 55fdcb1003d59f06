//! Whether an escrow takes the tokens that are configured for it. Its list is fixed at the
//! deployment, so a token that is missing there can never be paid with: orders in it would only
//! hold stock.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use alloy::sol_types::SolCall;
use gage_application::ports::chain::PaymentChain;
use gage_domain::value::Asset;
use tokio::{select, sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    ShopEscrow::acceptsCall,
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

/// Asks each escrow, once, whether it takes the tokens that are configured for it.
#[derive(Debug)]
pub struct TokenCheck {
    pub(super) chains: Vec<(PaymentChain, Node)>,
    pub(super) refused: Refused,
}

impl TokenCheck {
    /// Asks until every escrow has answered, or until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        while !self.chains.is_empty() {
            let mut unanswered = Vec::new();
            for (chain, node) in std::mem::take(&mut self.chains) {
                let asked = select! {
                    () = stop.cancelled() => return,
                    asked = refused_by(&chain, &node) => asked,
                };
                match asked {
                    Ok(refused) => self.tell(&chain, refused),
                    Err(error) => {
                        tracing::debug!(chain_id = chain.chain_id, %error, "asking again");
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

    fn tell(&self, chain: &PaymentChain, refused: Vec<Asset>) {
        for asset in &refused {
            tracing::error!(
                chain_id = chain.chain_id,
                escrow = %chain.escrow,
                token = %asset.token,
                "the escrow does not take a token that is configured for it, so nothing is sold in \
                 it: remove it from GAGE_CHAINS_FILE, or deploy an escrow that takes it"
            );
        }
        self.refused.0.send_modify(|known| known.extend(refused));
    }
}

/// The tokens that a chain's escrow does not take.
async fn refused_by(chain: &PaymentChain, node: &Node) -> Result<Vec<Asset>, NodeError> {
    let mut refused = Vec::new();
    for token in &chain.tokens {
        let token = token.address;
        let question = acceptsCall { token }.abi_encode();
        let answer = node.call(chain.escrow, question.into()).await?;
        let taken = acceptsCall::abi_decode_returns(&answer);
        let taken = taken.map_err(|error| NodeError::Unintelligible {
            method: "eth_call",
            reason: format!("the escrow answers {answer} for a token: {error}"),
        })?;
        if !taken {
            refused.push(Asset {
                chain_id: chain.chain_id,
                token,
            });
        }
    }
    Ok(refused)
}
