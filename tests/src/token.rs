//! Tokens (ERC-20) on a test chain.

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, Bytes, U256},
    providers::{Provider, ProviderBuilder},
    rpc::types::{TransactionReceipt, TransactionRequest},
    sol,
    sol_types::{SolCall, SolConstructor},
};

use crate::node::{Node, wallet};

sol!(
    #[derive(Debug)]
    TestToken,
    "../contracts/artifacts/TestToken.json"
);

/// A token that anyone may make more of.
#[derive(Debug, Clone)]
pub struct Token {
    /// Its contract.
    pub address: Address,
    /// What it is called in short.
    pub symbol: String,
    /// Digits after the decimal point.
    pub decimals: u8,
}

impl Token {
    /// Puts a token on a chain.
    ///
    /// # Panics
    /// When the chain does not take it.
    pub async fn deploy(node: &Node, symbol: &str, decimals: u8) -> Self {
        Self::deploy_at(&node.url(), symbol, decimals).await
    }

    /// The same on the chain behind a URL.
    ///
    /// # Panics
    /// When the chain does not take it.
    pub async fn deploy_at(chain: &str, symbol: &str, decimals: u8) -> Self {
        let constructor = TestToken::constructorCall {
            name_: format!("Test {symbol}"),
            symbol_: symbol.to_owned(),
            decimals_: decimals,
        };
        let code = [&TestToken::BYTECODE[..], &constructor.abi_encode()].concat();
        let receipt = send(
            chain,
            TransactionRequest::default().with_deploy_code(Bytes::from(code)),
        )
        .await;
        Self {
            address: receipt.contract_address.unwrap(),
            symbol: symbol.to_owned(),
            decimals,
        }
    }

    /// Makes tokens for an account, base units.
    ///
    /// # Panics
    /// When the chain does not take it.
    pub async fn mint(&self, node: &Node, to: Address, amount: u128) {
        self.mint_at(&node.url(), to, amount).await;
    }

    /// The same on the chain behind a URL.
    ///
    /// # Panics
    /// When the chain does not take it.
    pub async fn mint_at(&self, chain: &str, to: Address, amount: u128) {
        let call = TestToken::mintCall {
            to,
            amount: U256::from(amount),
        };
        let call = TransactionRequest::default()
            .with_to(self.address)
            .with_input(call.abi_encode());
        send(chain, call).await;
    }

    /// What an account has, base units.
    ///
    /// # Panics
    /// When the chain does not answer.
    pub async fn balance(&self, node: &Node, account: Address) -> u128 {
        let question = TestToken::balanceOfCall { account };
        let question = TransactionRequest::default()
            .with_to(self.address)
            .with_input(question.abi_encode());
        let answer = node.provider().call(question).await.unwrap();
        TestToken::balanceOfCall::abi_decode_returns(&answer)
            .unwrap()
            .to()
    }
}

/// From the deployer's account, which is rich.
pub(crate) async fn send(chain: &str, call: TransactionRequest) -> TransactionReceipt {
    let rich = wallet(9);
    let call = call.with_from(rich.address());
    let provider = ProviderBuilder::new()
        .wallet(rich)
        .connect_http(chain.parse().unwrap());
    let sent = provider.send_transaction(call).await.unwrap();
    let receipt = sent.get_receipt().await.unwrap();
    assert!(receipt.status(), "{receipt:?}");
    receipt
}
