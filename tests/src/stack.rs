//! Everything that a shop needs, for one test: a database, a chain with the escrow, servers.

use std::{collections::BTreeMap, path::Path};

use alloy::primitives::Address;
use tempfile::TempDir;
use uuid::Uuid;

use crate::{
    database::{Database, required},
    node::{CHAIN_ID, Node, Program, wallet},
    server::Server,
};

/// Settings of a test's server that differ from the defaults.
pub type Settings = BTreeMap<&'static str, String>;

/// A database, a chain with the escrow, and one server that runs. More can be added.
#[derive(Debug)]
pub struct Stack {
    /// The database.
    pub database: Database,
    /// The chain.
    pub node: Node,
    /// The first server.
    pub server: Server,
    settings: Settings,
    folder: TempDir,
}

impl Stack {
    /// A stack on Ganache with settings for tests: one confirmation, quick polls.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// A stack with these settings changed.
    pub async fn with(changed: &[(&'static str, &str)]) -> Self {
        Self::on(Program::Ganache, changed).await
    }

    /// A stack on Ganache whose server releases what nobody disputed after the hold time, from
    /// account 7.
    ///
    /// # Panics
    /// When a part cannot be started.
    pub async fn with_keeper(changed: &[(&'static str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let key = key_file(folder.path(), "keeper.key", 7);
        let mut changed = changed.to_vec();
        changed.push(("GAGE_KEEPER_KEY_FILE", &key));
        Self::inside(folder, Program::Ganache, &changed).await
    }

    /// A stack on Ganache whose server writes anchors of its log every second, from account 6.
    ///
    /// # Panics
    /// When a part cannot be started.
    pub async fn with_anchors(changed: &[(&'static str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let key = key_file(folder.path(), "anchor.key", 6);
        let mut changed = changed.to_vec();
        changed.push(("GAGE_ANCHOR_KEY_FILE", &key));
        changed.push(("GAGE_ANCHOR_INTERVAL_SECS", "1"));
        Self::inside(folder, Program::Ganache, &changed).await
    }

    /// A stack on this chain program.
    ///
    /// # Panics
    /// When a part cannot be started.
    pub async fn on(program: Program, changed: &[(&'static str, &str)]) -> Self {
        Self::inside(TempDir::new().unwrap(), program, changed).await
    }

    async fn inside(folder: TempDir, program: Program, changed: &[(&'static str, &str)]) -> Self {
        let node = Node::start(program, folder.path()).await;
        let database = Database::new().await;
        let mut settings = settings(&database, &node, folder.path());
        settings.extend(
            changed
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        let mut server = Server::new(settings.clone(), folder.path());
        server.run(&["migrate"]);
        deploy_escrow(&server, &mut settings, folder.path());
        if settings.contains_key("GAGE_ANCHOR_KEY_FILE") {
            deploy_anchor(&server, &mut settings, folder.path());
        }
        server = Server::new(settings.clone(), folder.path());
        server.start().await;
        Self {
            database,
            node,
            server,
            settings,
            folder,
        }
    }

    /// One more server on the same database, chain and Redis; not yet started.
    pub fn replica(&self) -> Server {
        Server::new(self.settings.clone(), self.folder.path())
    }

    /// Deletes everything that Redis holds for this stack, as a flush would.
    ///
    /// # Panics
    /// When Redis is away.
    pub async fn forget_redis(&self) {
        let client = redis::Client::open(required("REDIS_URL")).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let pattern = format!("{}*", self.settings["GAGE_REDIS_PREFIX"]);
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg(pattern)
            .query_async(&mut connection)
            .await
            .unwrap();
        assert!(!keys.is_empty(), "Redis holds nothing of this stack");
        let _: i64 = redis::cmd("DEL")
            .arg(keys)
            .query_async(&mut connection)
            .await
            .unwrap();
    }

    /// Everything that Redis holds for this stack: keys and values, as text where they are.
    ///
    /// # Panics
    /// When Redis is away.
    pub async fn held_by_redis(&self) -> Vec<String> {
        let client = redis::Client::open(required("REDIS_URL")).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let pattern = format!("{}*", self.settings["GAGE_REDIS_PREFIX"]);
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg(pattern)
            .query_async(&mut connection)
            .await
            .unwrap();
        let mut held = Vec::new();
        for key in keys {
            let kind: String = redis::cmd("TYPE")
                .arg(&key)
                .query_async(&mut connection)
                .await
                .unwrap();
            let read = match kind.as_str() {
                "string" => redis::cmd("GET").arg(&key).clone(),
                "set" => redis::cmd("SMEMBERS").arg(&key).clone(),
                "hash" => redis::cmd("HGETALL").arg(&key).clone(),
                "zset" => redis::cmd("ZRANGE").arg(&key).arg(0).arg(-1).clone(),
                // Gone in the meantime.
                "none" => continue,
                other => panic!("nobody looks into a {other} ({key})"),
            };
            let value: redis::Value = read.query_async(&mut connection).await.unwrap();
            held.push(format!("{key} {value:?}"));
        }
        held
    }

    /// A folder of the test's own.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Looks whether the event log and the chain say the same of all money, then ends
    /// everything and leaves nothing behind.
    ///
    /// # Panics
    /// When they do not.
    pub async fn end(self) {
        self.reconciles();
        self.leave().await;
    }

    /// Whatever a story came to, nothing may differ; a chain that the story took away cannot be
    /// compared with.
    fn reconciles(&self) {
        let output = self.server.command().arg("reconcile").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() || errors.contains("nothing was compared"),
            "{text}\n{errors}"
        );
    }

    /// Ends everything and leaves nothing behind.
    pub async fn leave(self) {
        let Self {
            database,
            mut node,
            mut server,
            ..
        } = self;
        server.stop();
        node.kill();
        database.end().await;
    }
}

/// The key of an account of the chain's wallet, in a file.
pub(crate) fn key_file(folder: &Path, name: &str, place: usize) -> String {
    let path = folder.join(name);
    let key = format!("0x{}", hex::encode(wallet(place).to_bytes()));
    std::fs::write(&path, key).unwrap();
    path.to_string_lossy().into_owned()
}

fn settings(database: &Database, node: &Node, folder: &Path) -> Settings {
    let mut settings = base_settings(database, folder);
    settings.extend([
        ("CHAIN_RPC_URL", node.url()),
        ("GAGE_CHAIN_ID", CHAIN_ID.to_string()),
        ("GAGE_ARBITER_ADDRESS", wallet(5).address().to_string()),
        ("GAGE_CONFIRMATIONS", "1".to_owned()),
        ("GAGE_POLL_INTERVAL_MS", "100".to_owned()),
    ]);
    settings
}

/// Everything but the chain.
pub(crate) fn base_settings(database: &Database, folder: &Path) -> Settings {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test's own name, part of no event"
    )]
    let prefix = format!("gage-test-{}:", Uuid::new_v4().simple());
    BTreeMap::from([
        ("DATABASE_URL", database.url.to_string()),
        ("REDIS_URL", required("REDIS_URL")),
        ("GAGE_REDIS_PREFIX", prefix),
        ("GAGE_ENV", "development".to_owned()),
        (
            "GAGE_QUOTE_SIGNER_KEY_FILE",
            key_file(folder, "signer.key", 8),
        ),
        (
            "GAGE_CHECKPOINT_KEY_FILE",
            key_file(folder, "checkpoint.key", 7),
        ),
        (
            "GAGE_PERSONAL_DATA_KEY_FILE",
            key_file(folder, "personal-data.key", 9),
        ),
        ("GAGE_CHECKPOINT_ORIGIN", "shop.example/log".to_owned()),
        ("GAGE_AUDITORS", wallet(3).address().to_string()),
        ("GAGE_OPERATORS", wallet(4).address().to_string()),
        ("GAGE_LOG_FORMAT", "text".to_owned()),
        // Every customer of a test comes from the same address.
        ("GAGE_SIGN_INS_PER_MINUTE", "100000".to_owned()),
        ("GAGE_REQUESTS_PER_MINUTE", "1000000".to_owned()),
    ])
}

/// Deploys the escrow and remembers where it is.
fn deploy_escrow(server: &Server, settings: &mut Settings, folder: &Path) {
    let (escrow, block) = deployed(server, &key_file(folder, "deployer.key", 9));
    settings.insert("GAGE_ESCROW_ADDRESS", escrow.to_string());
    settings.insert("GAGE_ESCROW_START_BLOCK", block);
}

/// Deploys the contract for anchors and remembers where it is.
fn deploy_anchor(server: &Server, settings: &mut Settings, folder: &Path) {
    let key_file = key_file(folder, "deployer.key", 9);
    let told = server.run(&["deploy-anchor", "--deployer-key-file", &key_file]);
    let contract = told.trim().strip_prefix("GAGE_ANCHOR_CONTRACT=").unwrap();
    settings.insert("GAGE_ANCHOR_CONTRACT", contract.to_owned());
}

/// Deploys the escrow: its address and its block.
pub(crate) fn deployed(server: &Server, key_file: &str) -> (Address, String) {
    let told = server.run(&["deploy-escrow", "--deployer-key-file", key_file]);
    let said = |name: &str| {
        let mut lines = told.lines().filter_map(|line| line.trim().split_once('='));
        let found = lines.find(|(said, _)| *said == name);
        found.unwrap_or_else(|| panic!("no {name} in {told:?}")).1
    };
    let escrow = said("GAGE_ESCROW_ADDRESS").parse().unwrap();
    (escrow, said("GAGE_ESCROW_START_BLOCK").to_owned())
}
