//! A node of one test, with an account that the node signs for.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use alloy::{
    primitives::{Address, Bytes},
    rpc::client::{ClientBuilder, RpcClient},
};
use serde_json::{Value, json};
use url::Url;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Program {
    Ganache,
    Anvil,
}

/// A node that ends with the value.
pub(crate) struct TestNode {
    url: Url,
    client: RpcClient,
    running: Child,
}

impl TestNode {
    /// Starts an empty chain on a free port.
    pub(crate) async fn start(program: Program) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
            .to_string();
        let (variable, arguments) = match program {
            Program::Ganache => (
                "GAGE_GANACHE_BIN",
                ["--server.host", "127.0.0.1", "--server.port", &port],
            ),
            Program::Anvil => ("GAGE_ANVIL_BIN", ["--host", "127.0.0.1", "--port", &port]),
        };
        let binary = std::env::var(variable)
            .unwrap_or_else(|_| panic!("{variable} is not set: script/test sets it"));
        let running = Command::new(&binary)
            .args(arguments)
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{binary}: {error}"));
        let url: Url = format!("http://127.0.0.1:{port}").parse().unwrap();
        let client = ClientBuilder::default().http(url.clone());
        let node = Self {
            url,
            client,
            running,
        };
        for _ in 0..600 {
            if node
                .client
                .request::<_, Value>("eth_chainId", ())
                .await
                .is_ok()
            {
                return node;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{program:?} does not answer");
    }

    pub(crate) fn url(&self) -> Url {
        self.url.clone()
    }

    /// Puts a contract on the chain.
    pub(crate) async fn deploy(&self, creation_code: Bytes) -> Address {
        let receipt = self.mines(json!({ "data": creation_code })).await;
        receipt["contractAddress"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Calls a contract in a transaction.
    pub(crate) async fn send(&self, contract: Address, data: Bytes) {
        self.mines(json!({ "to": contract, "data": data })).await;
    }

    /// The code at an address.
    pub(crate) async fn code(&self, address: Address) -> Bytes {
        let question = (address, "latest");
        self.client.request("eth_getCode", question).await.unwrap()
    }

    /// Sends from the node's first account, and gives the receipt.
    async fn mines(&self, mut transaction: Value) -> Value {
        let accounts: Vec<Address> = self.client.request("eth_accounts", ()).await.unwrap();
        transaction["from"] = json!(accounts[0]);
        transaction["gas"] = json!("0x2dc6c0");
        let hash: Value = self
            .client
            .request("eth_sendTransaction", (transaction,))
            .await
            .unwrap();
        for _ in 0..200 {
            let receipt: Value = self
                .client
                .request("eth_getTransactionReceipt", (&hash,))
                .await
                .unwrap();
            if receipt["blockNumber"].is_string() {
                assert_eq!(receipt["status"], "0x1");
                return receipt;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the transaction is not mined");
    }

    /// Ends it now.
    pub(crate) fn kill(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

impl Drop for TestNode {
    fn drop(&mut self) {
        self.kill();
    }
}
