//! A server that takes payments on several chains, in their coins and in tokens.

use std::{fmt::Write as _, path::Path};

use alloy::primitives::Address;
use tempfile::TempDir;

use crate::{
    database::Database,
    node::{Node, Program, wallet},
    server::Server,
    stack::{Settings, base_settings, deployed, key_file},
    token::Token,
};

/// One of the chains.
#[derive(Debug)]
pub struct Place {
    /// The chain.
    pub node: Node,
    /// Its id.
    pub chain_id: u64,
    /// The escrow on it.
    pub escrow: Address,
    /// A token that the escrow takes.
    pub token: Token,
}

/// A database, two chains with an escrow and a token each, and a server that runs.
#[derive(Debug)]
pub struct TwoChains {
    /// The database.
    pub database: Database,
    /// Ganache, chain 1337, the first; its token has 6 decimals and takes permits.
    pub first: Place,
    /// Anvil, chain 31338; its token has none.
    pub second: Place,
    /// The server.
    pub server: Server,
    settings: Settings,
    folder: TempDir,
}

impl TwoChains {
    /// Starts everything; `more` is appended to the file of chains, for the second one.
    ///
    /// # Panics
    /// When a part cannot be started.
    pub async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let database = Database::new().await;
        let mut settings = base_settings(&database, folder.path());
        let first = place(&settings, folder.path(), (Program::Ganache, 1337), 6).await;
        let second = place(&settings, folder.path(), (Program::Anvil, 31_338), 0).await;
        let file = folder.path().join("chains.toml");
        std::fs::write(
            &file,
            [toml_of(&first, true), toml_of(&second, false)].concat(),
        )
        .unwrap();
        settings.insert("GAGE_CHAINS_FILE", file.to_string_lossy().into_owned());
        let mut server = Server::new(settings.clone(), folder.path());
        server.run(&["migrate"]);
        server.start().await;
        Self {
            database,
            first,
            second,
            server,
            settings,
            folder,
        }
    }

    /// One more server on the same database, chains and Redis; not yet started.
    pub fn replica(&self) -> Server {
        Server::new(self.settings.clone(), self.folder.path())
    }

    /// Looks whether the event log and the chains say the same of all money, then ends
    /// everything and leaves nothing behind.
    ///
    /// # Panics
    /// When they do not.
    pub async fn end(mut self) {
        let told = self.server.run(&["reconcile"]);
        assert_eq!(
            told.matches("the event log and the chain agree").count(),
            2,
            "{told}"
        );
        self.server.stop();
        self.first.node.kill();
        self.second.node.kill();
        self.database.end().await;
    }
}

async fn place(
    settings: &Settings,
    folder: &Path,
    (program, chain_id): (Program, u64),
    decimals: u8,
) -> Place {
    let folder = folder.join(chain_id.to_string());
    std::fs::create_dir(&folder).unwrap();
    let node = Node::start_as(program, chain_id, &folder).await;
    let token = Token::deploy(&node, &format!("T{chain_id}"), decimals).await;
    let mut settings = settings.clone();
    settings.insert("CHAIN_RPC_URL", node.url());
    settings.insert("GAGE_ESCROW_TOKENS", token.address.to_string());
    let deployer = key_file(&folder, "deployer.key", 9);
    let (escrow, _) = deployed(&Server::new(settings, &folder), &deployer);
    Place {
        node,
        chain_id,
        escrow,
        token,
    }
}

fn toml_of(place: &Place, permit: bool) -> String {
    let Place {
        node,
        chain_id,
        escrow,
        token,
    } = place;
    let mut text = String::new();
    let arbiter = wallet(5).address();
    write!(
        text,
        "[[chain]]\nid = {chain_id}\nname = \"Chain {chain_id}\"\nrpc = [\"{}\"]\n\
         escrow = \"{escrow}\"\narbiter = \"{arbiter}\"\nconfirmations = 1\n\
         poll_interval_ms = 100\n\n[[chain.token]]\naddress = \"{}\"\nsymbol = \"{}\"\n\
         decimals = {}\npermit = {permit}\n\n",
        node.url(),
        token.address,
        token.symbol,
        token.decimals,
    )
    .unwrap();
    text
}
