//! A chain of one test: Ganache or Anvil on a free port, with the same well-known wallet.

use std::{
    env,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use alloy::{
    primitives::{Address, B256, Bytes, U64, U256},
    rpc::client::{ClientBuilder, RpcClient},
};
use gage_infrastructure::chain::{LocalKey, Node};
use serde_json::{Value, json};
use time::OffsetDateTime;
use url::Url;

/// The chain id of both.
pub const CHAIN_ID: u64 = 1337;
/// The words of Ganache's deterministic wallet. Public: never send real money to it.
const MNEMONIC: &str =
    "myth like bonus scare over problem client lizard pioneer submit female collect";
/// The wallet's key that deploys.
const DEPLOYER_KEY: &str = "b0057716d5917badaf911b193b12b910811c1497b5bada8d7711f758981c3773";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    Ganache,
    Anvil,
}

/// A running chain; its program ends with the value.
pub struct TestNode {
    pub program: Program,
    client: RpcClient,
    port: u16,
    running: Option<Child>,
    data: PathBuf,
}

impl TestNode {
    /// Starts a new chain.
    pub async fn start(program: Program) -> Self {
        Self::start_on(program, free_port()).await
    }

    /// Starts a new chain on a port where another one was.
    pub async fn start_on(program: Program, port: u16) -> Self {
        let data = folder_of(port);
        remove(&data);
        std::fs::create_dir_all(&data).unwrap();
        let mut node = Self::at(program, port, data);
        node.resume().await;
        node
    }

    fn at(program: Program, port: u16, data: PathBuf) -> Self {
        let url: Url = format!("http://127.0.0.1:{port}").parse().unwrap();
        Self {
            program,
            client: ClientBuilder::default().http(url),
            port,
            running: None,
            data,
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it is reached.
    pub fn url(&self) -> Url {
        format!("http://127.0.0.1:{}", self.port).parse().unwrap()
    }

    /// A client as the server has it.
    pub fn client(&self) -> Node {
        Node::new([self.url()]).unwrap()
    }

    /// Who puts the contract on the chain.
    pub fn deployer() -> LocalKey {
        LocalKey::from_hex(DEPLOYER_KEY).unwrap()
    }

    /// Starts the program on the data that it left.
    pub async fn resume(&mut self) {
        self.running = Some(self.command().spawn().expect("the chain's program starts"));
        for _ in 0..1200 {
            if self.try_ask("eth_chainId", json!([])).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{:?} does not answer on port {}", self.program, self.port);
    }

    /// A second node of the same chain: it has the same past, and goes its own way from here.
    pub async fn twin(&mut self) -> Self {
        self.stop().await;
        let port = free_port();
        let data = folder_of(port);
        remove(&data);
        std::fs::create_dir_all(&data).unwrap();
        for file in std::fs::read_dir(&self.data).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), data.join(file.file_name())).unwrap();
        }
        let mut twin = Self::at(self.program, port, data);
        twin.resume().await;
        self.resume().await;
        twin
    }

    /// Ends the program as an operator would; its data stay.
    pub async fn stop(&mut self) {
        let Some(mut running) = self.running.take() else {
            return;
        };
        // Anvil writes its state when it is asked to end; Ganache is killed hard.
        if self.program == Program::Anvil {
            let asked = Command::new("kill").arg(running.id().to_string()).status();
            assert!(asked.unwrap().success());
            for _ in 0..200 {
                if running.try_wait().unwrap().is_some() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        running.kill().unwrap();
        running.wait().unwrap();
    }

    /// Asks the program itself.
    pub async fn ask(&self, method: &'static str, params: Value) -> Value {
        self.try_ask(method, params)
            .await
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    async fn try_ask(&self, method: &'static str, params: Value) -> Result<Value, String> {
        self.client
            .request(method, params)
            .await
            .map_err(|error| error.to_string())
    }

    /// An account of the wallet, for which the program signs.
    pub async fn account(&self, place: usize) -> Address {
        let accounts = self.ask("eth_accounts", json!([])).await;
        serde_json::from_value(accounts[place].clone()).unwrap()
    }

    /// Sends a transaction; it may wait to be mined.
    pub async fn send(&self, from: Address, to: Option<Address>, value: U256, data: Bytes) -> B256 {
        let mut transaction =
            json!({ "from": from, "value": value, "data": data, "gas": "0x3d0900" });
        if let Some(to) = to {
            transaction["to"] = json!(to);
        }
        let hash = self.ask("eth_sendTransaction", json!([transaction])).await;
        serde_json::from_value(hash).unwrap()
    }

    /// The receipt of a transaction that must be mined soon, and carried out.
    pub async fn receipt(&self, transaction: B256) -> Value {
        for _ in 0..200 {
            let receipt = self
                .ask("eth_getTransactionReceipt", json!([transaction]))
                .await;
            if !receipt.is_null() {
                assert_eq!(receipt["status"], "0x1", "{receipt}");
                return receipt;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{transaction} is not mined");
    }

    /// Puts a contract on the chain from its creation code.
    pub async fn create(&self, code: Vec<u8>) -> Address {
        let from = self.account(8).await;
        let hash = self.send(from, None, U256::ZERO, code.into()).await;
        serde_json::from_value(self.receipt(hash).await["contractAddress"].clone()).unwrap()
    }

    /// Where [`create`](Self::create) will put the next contract.
    pub async fn next_contract(&self) -> Address {
        let from = self.account(8).await;
        let count = self.ask("eth_getTransactionCount", json!([from, "latest"]));
        let nonce: U64 = serde_json::from_value(count.await).unwrap();
        from.create(nonce.to())
    }

    /// Mines blocks.
    pub async fn mine(&self, blocks: u64) {
        match self.program {
            Program::Ganache => self.ask("evm_mine", json!([{ "blocks": blocks }])).await,
            Program::Anvil => self.ask("anvil_mine", json!([U64::from(blocks)])).await,
        };
    }

    /// Whether every transaction is mined at once, in a block of its own.
    pub async fn mine_at_once(&self, at_once: bool) {
        match (self.program, at_once) {
            (Program::Ganache, true) => self.ask("miner_start", json!([])).await,
            (Program::Ganache, false) => self.ask("miner_stop", json!([])).await,
            (Program::Anvil, _) => self.ask("evm_setAutomine", json!([at_once])).await,
        };
    }

    /// From now on a block comes so often, whether there is something to put into it or not; or
    /// only then (Anvil).
    pub async fn mine_every(&self, seconds: Option<u64>) {
        match seconds {
            Some(seconds) => self.ask("evm_setIntervalMining", json!([seconds])).await,
            None => self.ask("evm_setAutomine", json!([true])).await,
        };
    }

    /// When a block was made.
    pub async fn made(&self, number: u64) -> OffsetDateTime {
        let block = self.ask("eth_getBlockByNumber", json!([U64::from(number), false]));
        let made: U64 = serde_json::from_value(block.await["timestamp"].clone()).unwrap();
        OffsetDateTime::from_unix_timestamp(made.to::<i64>()).unwrap()
    }

    /// The height of the chain.
    pub async fn height(&self) -> u64 {
        let number = self.ask("eth_blockNumber", json!([])).await;
        serde_json::from_value::<U64>(number).unwrap().to()
    }

    fn command(&self) -> Command {
        let (port, chain_id) = (self.port.to_string(), CHAIN_ID.to_string());
        let mut command = Command::new(binary(self.program));
        match self.program {
            Program::Ganache => command
                .args(["--server.host", "127.0.0.1", "--server.port", &port])
                .args(["--wallet.deterministic", "--chain.hardfork", "shanghai"])
                .args(["--chain.chainId", &chain_id, "--chain.networkId", &chain_id])
                .arg("--database.dbPath")
                .arg(self.data.join("ganache")),
            Program::Anvil => command
                .args([
                    "--host",
                    "127.0.0.1",
                    "--port",
                    &port,
                    "--hardfork",
                    "shanghai",
                ])
                .args(["--chain-id", &chain_id, "--mnemonic", MNEMONIC])
                .arg("--state")
                .arg(self.data.join("anvil.json")),
        };
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

impl Drop for TestNode {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            let ended = running.kill().and_then(|()| running.wait());
            assert!(ended.is_ok() || std::thread::panicking(), "{ended:?}");
        }
        remove(&self.data);
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn folder_of(port: u16) -> PathBuf {
    env::temp_dir().join(format!("gage-chain-{port}-{}", std::process::id()))
}

fn remove(folder: &Path) {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            assert!(std::thread::panicking(), "{}: {error}", folder.display());
        }
        _ => {}
    }
}

/// The program: as `script/test` says, or where npm put it.
fn binary(program: Program) -> PathBuf {
    let (variable, name) = match program {
        Program::Ganache => ("GAGE_GANACHE_BIN", "ganache"),
        Program::Anvil => ("GAGE_ANVIL_BIN", "anvil"),
    };
    if let Some(path) = env::var_os(variable) {
        return path.into();
    }
    let installed = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../contracts/node_modules/.bin")
        .join(name);
    assert!(
        installed.exists(),
        "{variable} is not set and {} is not there: run script/test",
        installed.display()
    );
    installed
}
