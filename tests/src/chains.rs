//! A server that takes payments on several chains, in their coins and in tokens.

use std::{fmt::Write as _, path::Path};

use alloy::primitives::Address;
use tempfile::TempDir;

use crate::{
    database::Database,
    feed::Feed,
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
    /// Another one, of 18 decimals, which are configured as 6.
    pub misread: Token,
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
    /// Won for an ether of the first chain; it is on the second, and has no answer yet.
    pub feed: Feed,
    /// The server.
    pub server: Server,
    settings: Settings,
    folder: TempDir,
}

impl TwoChains {
    /// Starts everything.
    ///
    /// # Panics
    /// When a part cannot be started.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// The same with these settings changed.
    ///
    /// # Panics
    /// When a part cannot be started.
    pub async fn with(changed: &[(&'static str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let database = Database::new().await;
        let mut settings = base_settings(&database, folder.path());
        let first = place(&settings, folder.path(), (Program::Ganache, 1337), 6).await;
        let second = place(&settings, folder.path(), (Program::Anvil, 31_338), 0).await;
        let file = folder.path().join("chains.toml");
        let feed = Feed::deploy(&second.node, "ETH / KRW").await;
        let text = [
            toml_of(&first, "1.00", true),
            rate_of_coin(&feed, second.chain_id),
            toml_of(&second, "0.5", false),
        ]
        .concat();
        std::fs::write(&file, text).unwrap();
        let changed = changed
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        settings.extend(changed);
        settings.insert("GAGE_CHAINS_FILE", file.to_string_lossy().into_owned());
        let mut server = Server::new(settings.clone(), folder.path());
        server.run(&["migrate"]);
        server.start().await;
        Self {
            database,
            first,
            second,
            feed,
            server,
            settings,
            folder,
        }
    }

    /// One more server on the same database, chains and Redis; not yet started.
    pub fn replica(&self) -> Server {
        Server::new(self.settings.clone(), self.folder.path())
    }

    /// A server, not yet started, whose file names the first chain alone.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn with_the_first_alone(&self) -> Server {
        let file = self.folder.path().join("first.toml");
        std::fs::write(&file, toml_of(&self.first, "1.00", true)).unwrap();
        let mut settings = self.settings.clone();
        settings.insert("GAGE_CHAINS_FILE", file.to_string_lossy().into_owned());
        Server::new(settings, self.folder.path())
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
    let misread = Token::deploy(&node, "ODD", 18).await;
    let tokens = format!("{},{}", token.address, misread.address);
    settings.insert("GAGE_ESCROW_TOKENS", tokens);
    let deployer = key_file(&folder, "deployer.key", 9);
    let (escrow, _) = deployed(&Server::new(settings, &folder), &deployer);
    Place {
        node,
        chain_id,
        escrow,
        token,
        misread,
    }
}

/// A chain as the file has it, its token at a price in dollars, with permits or without.
fn toml_of(place: &Place, dollars: &str, permit: bool) -> String {
    let Place {
        node,
        chain_id,
        escrow,
        token,
        misread,
    } = place;
    let mut text = String::new();
    let arbiter = wallet(5).address();
    write!(
        text,
        "[[chain]]\nid = {chain_id}\nname = \"Chain {chain_id}\"\nrpc = [\"{}\"]\n\
         escrow = \"{escrow}\"\narbiter = \"{arbiter}\"\nconfirmations = 1\n\
         poll_interval_ms = 100\n\n[[chain.token]]\naddress = \"{}\"\nsymbol = \"{}\"\n\
         decimals = {}\npermit = {permit}\n\n\
         [[chain.token.rate]]\nfiat = \"USD\"\nprice = \"{dollars}\"\n\n",
        node.url(),
        token.address,
        token.symbol,
        token.decimals,
    )
    .unwrap();
    // Configured by mistake: the escrow was not deployed with the first, and the second counts
    // otherwise.
    let gone = wallet(7).address();
    for (address, symbol, decimals) in [(gone, "GONE", 18), (misread.address, "ODD", 6)] {
        writeln!(
            text,
            "[[chain.token]]\naddress = \"{address}\"\nsymbol = \"{symbol}\"\n\
         decimals = {decimals}\n\n[[chain.token.rate]]\nfiat = \"USD\"\nprice = \"1\"\n",
        )
        .unwrap();
    }
    text
}

/// What a chain's own coin costs in won, below the chain.
fn rate_of_coin(feed: &Feed, chain: u64) -> String {
    format!(
        "[chain.coin]\nsymbol = \"ETH\"\n\n[[chain.coin.rate]]\nfiat = \"KRW\"\n\
         feed = {{ address = \"{}\", heartbeat_secs = 3600, chain = {chain} }}\n\n",
        feed.address
    )
}
