//! A chain of one's own: Ganache or Anvil, with the well-known deterministic wallet.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use alloy::{
    primitives::{Address, U256},
    providers::{DynProvider, Provider, ProviderBuilder},
    signers::local::PrivateKeySigner,
};

use crate::{
    database::required,
    process::{Process, free_port},
    wait::until,
};

/// Which program plays the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Ganache 7.9.2: the chain of development.
    Ganache,
    /// Anvil: a second opinion, with reorganisations on demand.
    Anvil,
}

/// The chain id where none is chosen.
pub const CHAIN_ID: u64 = 1337;

/// A running chain. Its data outlive a restart.
#[derive(Debug)]
pub struct Node {
    program: Program,
    chain_id: u64,
    port: u16,
    folder: PathBuf,
    process: Option<Process>,
}

impl Node {
    /// Starts a chain with its data in `folder`.
    pub async fn start(program: Program, folder: &Path) -> Self {
        Self::start_as(program, CHAIN_ID, folder).await
    }

    /// The same with a chain id of its own.
    pub async fn start_as(program: Program, chain_id: u64, folder: &Path) -> Self {
        let mut node = Self {
            program,
            chain_id,
            port: free_port(),
            folder: folder.to_owned(),
            process: None,
        };
        node.resume().await;
        node
    }

    /// Its JSON-RPC over HTTP.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts it again on its own data and port.
    pub async fn resume(&mut self) {
        let log = self.folder.join("node.log");
        self.process = Some(Process::start("the chain", &mut self.command(), &log));
        let provider = self.provider();
        until("the chain answers", Duration::from_secs(30), async || {
            provider.get_block_number().await.ok()
        })
        .await;
    }

    /// Kills it (`SIGKILL`); its data stay.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    /// A provider that signs nothing.
    ///
    /// # Panics
    /// Never: the URL is well-formed.
    pub fn provider(&self) -> DynProvider {
        ProviderBuilder::new()
            .connect_http(self.url().parse().unwrap())
            .erased()
    }

    /// Gives a wallet `wei` to spend: from the chain's first account, which is rich.
    ///
    /// # Panics
    /// When the chain refuses.
    pub async fn fund(&self, wallets: &[Address], wei: U256) {
        use alloy::{network::TransactionBuilder, rpc::types::TransactionRequest};
        let rich = wallet(9);
        let from = rich.address();
        let provider = ProviderBuilder::new()
            .wallet(rich)
            .connect_http(self.url().parse().unwrap());
        for to in wallets {
            let gift = TransactionRequest::default()
                .with_from(from)
                .with_to(*to)
                .with_value(wei);
            provider
                .send_transaction(gift)
                .await
                .unwrap()
                .get_receipt()
                .await
                .unwrap();
        }
    }

    fn command(&self) -> Command {
        let port = self.port.to_string();
        let chain_id = self.chain_id.to_string();
        match self.program {
            Program::Ganache => {
                let mut command = Command::new(required("GAGE_GANACHE_BIN"));
                command
                    .args(["--server.host", "127.0.0.1", "--server.port", &port])
                    .args(["--wallet.deterministic", "--chain.hardfork", "shanghai"])
                    .args(["--chain.chainId", &chain_id, "--chain.networkId", &chain_id])
                    .arg("--database.dbPath")
                    .arg(self.folder.join("chain"));
                command
            }
            Program::Anvil => {
                let mut command = Command::new(required("GAGE_ANVIL_BIN"));
                command
                    .args([
                        "--host",
                        "127.0.0.1",
                        "--port",
                        &port,
                        "--hardfork",
                        "shanghai",
                    ])
                    .args(["--chain-id", &chain_id, "--mnemonic", MNEMONIC, "--silent"])
                    .arg("--state")
                    .arg(self.folder.join("anvil.json"))
                    // Old states, which it leaves behind in the home folder: gigabytes of a long run.
                    .arg("--cache-path")
                    .arg(self.folder.join("states"));
                command
            }
        }
    }
}

/// The words of Ganache's deterministic wallet. Public: never send real money to it.
const MNEMONIC: &str =
    "myth like bonus scare over problem client lizard pioneer submit female collect";

/// The first ten keys of that wallet, `m/44'/60'/0'/0/n`.
const KEYS: [&str; 10] = [
    "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d",
    "6cbed15c793ce57650b9877cf6fa156fbef513c4e6134f022a85b1ffdd59b2a1",
    "6370fd033278c143179d81c5526140625662b8daa446c22ee2d73db3707e620c",
    "646f1ce2fdad0e6deeeb5c7e8e5543bdde65e86029e2fd9fc169899c440a7913",
    "add53f9a7e588d003326d1cbf9e4a43c061aadd9bc938c843a79e7b4fd2ad743",
    "395df67f0c2d2d9fe1ad08d1bc8b6627011959b79c53d7dd6a3536a33ab8a4fd",
    "e485d098507f54e7733a205420dfddbe58db035fa577fc294ebd14db90767a52",
    "a453611d9419d0e56f499079478fd72c37b251a94bfde4d19872c44cf65386e3",
    "829e924fdf021ba3dbbc4225edfece9aca04b929d6e75613329ca6f1d31c0bb4",
    "b0057716d5917badaf911b193b12b910811c1497b5bada8d7711f758981c3773",
];

/// A wallet of the chain, by its place: 0 owner, 1 and 2 customers, 3 auditor, 4 operator,
/// 5 arbiter, 9 deployer and giver of test money.
///
/// # Panics
/// When there is no such place.
pub fn wallet(place: usize) -> PrivateKeySigner {
    KEYS[place].parse().unwrap()
}
