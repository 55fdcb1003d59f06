//! The settings' names, once: errors, the table of `gage config` and the checks use them.

use super::problem::Setting;

macro_rules! settings {
    ($($name:ident = $variable:literal, $flag:literal, $help:literal;)*) => {
        $(
            #[doc = concat!("`", $variable, "`")]
            pub const $name: Setting =
                Setting { variable: $variable, flag: $flag, help: $help };
        )*
    };
}

settings! {
    DATABASE_URL = "DATABASE_URL", "database-url",
        "the PostgreSQL server, for example postgres://gage@localhost/gage";
    DATABASE_POOL = "GAGE_DATABASE_POOL", "database-pool",
        "how many database connections this process opens at most, for example 16";
    REDIS_URL = "REDIS_URL", "redis-url", "the Redis server, for example redis://localhost:6379";
    REDIS_PREFIX = "GAGE_REDIS_PREFIX", "redis-prefix",
        "what all keys in Redis begin with, for example gage:";
    CHAIN_RPC_URL = "CHAIN_RPC_URL", "chain-rpc-url",
        "the HTTP JSON-RPC of an Ethereum node, for example http://localhost:8545";
    CHAINS_FILE = "GAGE_CHAINS_FILE", "chains-file",
        "a TOML file with all chains and tokens, in place of the settings of one chain";
    UNFOLLOWED_ESCROWS = "GAGE_UNFOLLOWED_ESCROWS", "unfollowed-escrows",
        "escrows that are left alone although payments in them are not settled, comma-separated";
    CHAIN_ID = "GAGE_CHAIN_ID", "chain-id", "the chain that the node must be on, for example 1";
    ESCROW_ADDRESS = "GAGE_ESCROW_ADDRESS", "escrow-address",
        "the ShopEscrow contract; `gage deploy-escrow` makes one";
    ESCROW_START_BLOCK = "GAGE_ESCROW_START_BLOCK", "escrow-start-block",
        "the block at which reading begins; `gage deploy-escrow` prints it";
    SIGNER_KEY_FILE = "GAGE_QUOTE_SIGNER_KEY_FILE", "quote-signer-key-file",
        "a file with the private key that signs payment quotes (or GAGE_QUOTE_SIGNER_KEY: the key itself)";
    SIGNER_KEY = "GAGE_QUOTE_SIGNER_KEY", "", "the private key that signs payment quotes";
    ARBITER = "GAGE_ARBITER_ADDRESS", "arbiter-address",
        "the wallet that decides disputes; nobody when it is the zero address";
    CONFIRMATIONS = "GAGE_CONFIRMATIONS", "confirmations",
        "how many blocks a payment needs, its own included, for example 12";
    POLL_INTERVAL = "GAGE_POLL_INTERVAL_MS", "poll-interval-ms",
        "the time between looks at the chain in milliseconds, for example 1000";
    HEAD_AGE_MAX = "GAGE_HEAD_AGE_MAX_SECS", "head-age-max-secs",
        "how many seconds the chain's newest block may be old, for example 300, or 0 for any age";
    KEEPER_KEY_FILE = "GAGE_KEEPER_KEY_FILE", "keeper-key-file",
        "a file with the private key that sends releases after the hold time (or GAGE_KEEPER_KEY: the key itself)";
    KEEPER_KEY = "GAGE_KEEPER_KEY", "", "the private key that sends releases after the hold time";
    KEEPER_BUDGET = "GAGE_KEEPER_DAILY_BUDGET_WEI", "keeper-daily-budget-wei",
        "what a day's releases may cost in gas, for example 10000000000000000";
    KEEPER_MAX_FEE = "GAGE_KEEPER_MAX_FEE_WEI", "keeper-max-fee-wei",
        "what a unit of gas may cost a release, for example 100000000000";
    CHECKPOINT_KEY_FILE = "GAGE_CHECKPOINT_KEY_FILE", "checkpoint-key-file",
        "a file with the private key (Ed25519) that signs checkpoints of the event log (or GAGE_CHECKPOINT_KEY: the key itself)";
    CHECKPOINT_KEY = "GAGE_CHECKPOINT_KEY", "", "the private key that signs checkpoints of the event log";
    CHECKPOINT_ORIGIN = "GAGE_CHECKPOINT_ORIGIN", "checkpoint-origin",
        "the name of the log in its checkpoints, for example shop.example/log";
    CHECKPOINT_INTERVAL = "GAGE_CHECKPOINT_INTERVAL_SECS", "checkpoint-interval-secs",
        "the time between checkpoints in seconds, for example 10";
    ANCHOR_KEY_FILE = "GAGE_ANCHOR_KEY_FILE", "anchor-key-file",
        "a file with the private key that sends and pays for anchors (or GAGE_ANCHOR_KEY: the key itself)";
    ANCHOR_KEY = "GAGE_ANCHOR_KEY", "", "the private key that sends and pays for anchors";
    ANCHOR_CONTRACT = "GAGE_ANCHOR_CONTRACT", "anchor-contract",
        "the RootAnchor contract; `gage deploy-anchor` makes one";
    ANCHOR_CHAIN_ID = "GAGE_ANCHOR_CHAIN_ID", "anchor-chain-id",
        "the configured chain on which anchors are written, for example 1";
    ANCHOR_INTERVAL = "GAGE_ANCHOR_INTERVAL_SECS", "anchor-interval-secs",
        "the time between anchors in seconds, for example 3600";
    ANCHOR_BUDGET = "GAGE_ANCHOR_DAILY_BUDGET_WEI", "anchor-daily-budget-wei",
        "what a day's anchors may cost in gas, for example 10000000000000000";
    ANCHOR_MAX_FEE = "GAGE_ANCHOR_MAX_FEE_WEI", "anchor-max-fee-wei",
        "what a unit of gas may cost an anchor, for example 100000000000";
    PERSONAL_DATA_KEY_FILE = "GAGE_PERSONAL_DATA_KEY_FILE", "personal-data-key-file",
        "a file with the key that wraps the customers' keys (or GAGE_PERSONAL_DATA_KEY: the key itself)";
    PERSONAL_DATA_KEY = "GAGE_PERSONAL_DATA_KEY", "", "the key that wraps the customers' keys";
    PAYMENT_WINDOW = "GAGE_PAYMENT_WINDOW_SECS", "payment-window-secs",
        "how long an order waits for its payment in seconds, for example 900";
    EXPIRY_GRACE = "GAGE_EXPIRY_GRACE_SECS", "expiry-grace-secs",
        "how much longer the chain is read before an unpaid order expires, for example 30";
    HOLD = "GAGE_HOLD_SECS", "hold-secs",
        "how long after a payment anyone may release it to the seller, for example 1209600";
    DISPUTE = "GAGE_DISPUTE_SECS", "dispute-secs",
        "how long the arbiter of a dispute has, for example 1209600";
    LISTEN = "GAGE_LISTEN", "listen",
        "the address and port to listen on, for example 127.0.0.1:8080";
    PUBLIC_URL = "GAGE_PUBLIC_URL", "public-url",
        "the origin of the pages that use the API, for example https://shop.example";
    SESSION_TTL = "GAGE_SESSION_TTL_SECS", "session-ttl-secs",
        "how long a sign-in holds in seconds, for example 86400";
    SIGN_INS = "GAGE_SIGN_INS_PER_MINUTE", "sign-ins-per-minute",
        "how many sign-ins one address may try in a minute, for example 60";
    REQUESTS = "GAGE_REQUESTS_PER_MINUTE", "requests-per-minute",
        "how many requests one wallet, or one address, may make in a minute, for example 1200";
    RECONCILE_INTERVAL = "GAGE_RECONCILE_INTERVAL", "reconcile-interval",
        "the time between reconciliations in seconds, for example 3600, or 0 for none";
    AUDITORS = "GAGE_AUDITORS", "auditors", "wallets of auditors, comma-separated";
    OPERATORS = "GAGE_OPERATORS", "operators", "wallets of operators, comma-separated";
    ENVIRONMENT = "GAGE_ENV", "env", "the kind of place it runs in";
    LOG = "GAGE_LOG", "log", "what is logged, for example info or gage_api=debug,info";
    LOG_FORMAT = "GAGE_LOG_FORMAT", "log-format", "the form of the log";
}
