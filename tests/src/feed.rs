//! A price feed on a test chain, which says what the test wants.

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, Bytes, I256},
    rpc::types::TransactionRequest,
    sol,
    sol_types::{SolCall, SolConstructor},
};

use crate::{node::Node, token::send};

sol!(
    #[derive(Debug)]
    TestFeed,
    "../contracts/artifacts/PriceFeed.json"
);

/// A feed with eight decimals, as Chainlink's `AggregatorV3Interface` has it.
#[derive(Debug, Clone, Copy)]
pub struct Feed {
    /// Its contract.
    pub address: Address,
}

impl Feed {
    /// Puts a feed on a chain. It has no answer yet.
    ///
    /// # Panics
    /// When the chain does not take it.
    pub async fn deploy(node: &Node, description: &str) -> Self {
        let constructor = TestFeed::constructorCall {
            decimals_: 8,
            description_: description.to_owned(),
        };
        let code = [&TestFeed::BYTECODE[..], &constructor.abi_encode()].concat();
        let deploy = TransactionRequest::default().with_deploy_code(Bytes::from(code));
        let receipt = send(&node.url(), deploy).await;
        Self {
            address: receipt.contract_address.unwrap(),
        }
    }

    /// Its next answer, of this moment.
    ///
    /// # Panics
    /// When the chain does not take it.
    pub async fn answers(&self, node: &Node, answer: i64) {
        let answer = I256::try_from(answer).unwrap();
        let call = TestFeed::setAnswerCall { answer }.abi_encode();
        let call = TransactionRequest::default()
            .with_to(self.address)
            .with_input(call);
        send(&node.url(), call).await;
    }
}
