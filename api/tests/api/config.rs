//! The configuration: what is wrong is told at once, with what to set, and without secrets.

use gage_api::config::{
    Environment, LogFormat, Problems, Settings, Source,
    args::{
        ChainArgs, DatabaseArgs, KeeperArgs, NodeArgs, PersonalArgs, RedisArgs, RpcArgs, ServeArgs,
    },
    table,
};

const KEY: &str = "0x0101010101010101010101010101010101010101010101010101010101010101";
const ESCROW: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

#[expect(clippy::unnecessary_wraps, reason = "settings are optional texts")]
fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn complete() -> ServeArgs {
    ServeArgs {
        database: DatabaseArgs {
            database_url: text("postgres://gage:hunter2@db/gage"),
            ..DatabaseArgs::default()
        },
        redis: RedisArgs {
            redis_url: text("redis://:hunter2@redis"),
            ..RedisArgs::default()
        },
        node: NodeArgs {
            rpc: RpcArgs {
                chain_rpc_url: text("https://node.example/v3/hunter2"),
            },
            quote_signer_key: text(KEY),
            ..NodeArgs::default()
        },
        chain: ChainArgs {
            chain_id: text("1"),
            escrow_address: text(ESCROW),
            ..ChainArgs::default()
        },
        ..ServeArgs::default()
    }
}

fn problems(args: &ServeArgs) -> String {
    let Problems(found) = Settings::check(args).unwrap_err();
    found
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn nothing_set_names_everything_that_is_needed() {
    let told = problems(&ServeArgs::default());
    for needed in [
        "DATABASE_URL (--database-url) is not set",
        "REDIS_URL (--redis-url) is not set",
        "CHAIN_RPC_URL (--chain-rpc-url) is not set",
        "GAGE_QUOTE_SIGNER_KEY_FILE (--quote-signer-key-file) is not set",
        "GAGE_CHAIN_ID (--chain-id) is not set",
        "GAGE_ESCROW_ADDRESS (--escrow-address) is not set",
        "for example postgres://gage@localhost/gage",
    ] {
        assert!(told.contains(needed), "{needed:?} is not told:\n{told}");
    }
    assert_eq!(told.lines().count(), 6, "{told}");
}

#[test]
fn what_is_needed_is_enough() {
    let settings = Settings::check(&complete()).unwrap();
    assert_eq!(settings.log.environment, Environment::Production);
    assert_eq!(settings.log.format, LogFormat::Json);
    assert_eq!(settings.chains.first().confirmations, 12);
    assert_eq!(settings.server.origin.to_string(), "http://127.0.0.1:8080");
    assert_eq!(
        settings.rules.policy.payment_window,
        time::Duration::minutes(15)
    );
}

#[test]
fn development_has_the_defaults_of_a_private_chain() {
    let mut args = complete();
    args.log.environment = text("development");
    args.chain.chain_id = None;
    let settings = Settings::check(&args).unwrap();
    assert_eq!(
        (
            settings.chains.first().chain_id,
            settings.chains.first().confirmations
        ),
        (1337, 1)
    );
    assert_eq!(settings.log.format, LogFormat::Text);
}

#[test]
fn each_setting_says_what_it_must_be() {
    type Change = fn(&mut ServeArgs);
    let cases: [(Change, &str); 13] = [
        (
            |args| args.database.database_url = text("mysql://db"),
            "must begin with postgres://",
        ),
        (
            |args| args.database.database_url = text("no url"),
            "is no URL",
        ),
        (
            |args| args.database.database_pool = text("1"),
            "from 2 to 1000, not \"1\"",
        ),
        (|args| args.chain.chain_id = text("-1"), "from 1 to"),
        (
            |args| args.chain.escrow_address = text("0x12"),
            "EIP-55 checksum, not \"0x12\"",
        ),
        (
            |args| args.chain.escrow_address = text("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"),
            "EIP-55 checksum",
        ),
        (
            |args| args.chain.confirmations = text("0"),
            "from 1 to 10000",
        ),
        (
            |args| args.rules.payment_window_secs = text("2592001"),
            "from 1 to 2592000",
        ),
        (
            |args| args.server.listen = text("here"),
            "an IP address and a port",
        ),
        (
            |args| args.server.public_url = text("https://a/b"),
            "and nothing else",
        ),
        (
            |args| args.server.auditors = text("0x1, 0x2"),
            "not \"0x1\"",
        ),
        (
            |args| args.log.environment = text("staging"),
            "production or development",
        ),
        (|args| args.log.log = text("a=b=c"), "a level or a list"),
    ];
    for (change, told) in cases {
        let mut args = complete();
        change(&mut args);
        let problems = problems(&args);
        assert!(problems.contains(told), "{told:?} is not told: {problems}");
        assert_eq!(problems.lines().count(), 1, "{problems}");
    }
}

#[test]
fn a_key_that_cannot_be_used_is_refused_and_not_repeated() {
    let zero = format!("0x{}", "0".repeat(64));
    for key in [&KEY[..60], "0xhunter2", &zero] {
        let mut args = complete();
        args.node.quote_signer_key = text(key);
        let told = problems(&args);
        assert!(
            told.contains("64 hexadecimal digits") && !told.contains(key),
            "{told}"
        );
    }
    let mut args = complete();
    args.node.quote_signer_key_file = Some("/nowhere/key".into());
    assert!(problems(&args).contains("/nowhere/key, which cannot be read"));
}

#[test]
fn a_key_is_read_from_its_file() {
    let path = std::env::temp_dir().join(format!("gage-key-{}", std::process::id()));
    std::fs::write(&path, format!("{KEY}\n")).unwrap();
    let mut args = complete();
    args.node.quote_signer_key = None;
    args.node.quote_signer_key_file = Some(path.clone());
    let settings = Settings::check(&args);
    std::fs::remove_file(path).unwrap();
    assert_eq!(settings.unwrap().signer_key.reveal(), &[1; 32]);
}

#[test]
fn neither_the_table_nor_debug_shows_a_secret() {
    let args = complete();
    let settings = Settings::check(&args).unwrap();
    let environment =
        |name: &str| (name == "DATABASE_URL").then(|| args.database.database_url.clone().unwrap());
    let rows = table(&args, &settings, environment);
    let lines = rows
        .iter()
        .map(|row| format!("{} {}", row.setting.variable, row.value));
    let shown = lines.collect::<Vec<_>>().join(
        "
",
    );
    for secret in ["hunter2", "0101"] {
        assert!(!shown.contains(secret), "{shown}");
        assert!(!format!("{settings:?}").contains(secret));
    }
    assert!(
        shown.contains("DATABASE_URL postgres://gage:…@db/gage"),
        "{shown}"
    );
    assert!(
        shown.contains("CHAIN_RPC_URL https://node.example/…"),
        "{shown}"
    );
    let source = |name: &str| {
        rows.iter()
            .find(|row| row.setting.variable == name)
            .unwrap()
            .source
    };
    assert_eq!(source("DATABASE_URL"), Source::Environment);
    assert_eq!(source("GAGE_CHAIN_ID"), Source::Flag);
    assert_eq!(source("GAGE_LISTEN"), Source::Default);
}

#[test]
fn personal_data_is_taken_when_there_is_a_key_of_its_own() {
    assert_eq!(
        Settings::check(&complete()).unwrap().personal_data_key,
        None
    );
    let with = |key: String| ServeArgs {
        personal: PersonalArgs {
            personal_data_key: Some(key),
            ..PersonalArgs::default()
        },
        ..complete()
    };
    let args = with(KEY.replace("01", "02"));
    let settings = Settings::check(&args).unwrap();
    assert!(settings.personal_data_key.is_some());
    assert!(!format!("{settings:?}").contains("0202"));
    let shown = |args: &ServeArgs, variable: &str| {
        let rows = table(args, &Settings::check(args).unwrap(), |_| None);
        let row = rows.iter().find(|row| row.setting.variable == variable);
        row.map(|row| row.value.clone())
    };
    let hidden = shown(&args, "GAGE_PERSONAL_DATA_KEY");
    assert_eq!(hidden.as_deref(), Some("(hidden)"));
    let none = shown(&complete(), "GAGE_PERSONAL_DATA_KEY_FILE");
    assert!(none.unwrap().contains("no delivery details"));

    let told = problems(&with(KEY.to_owned()));
    assert!(
        told.contains("must be another key than the one that signs quotes"),
        "{told}"
    );
    let garbled = problems(&with("0x12".to_owned()));
    assert!(garbled.contains("GAGE_PERSONAL_DATA_KEY_FILE"), "{garbled}");
}

#[test]
fn there_is_a_keeper_when_it_has_a_key_of_its_own() {
    assert_eq!(Settings::check(&complete()).unwrap().keeper, None);
    let with = |key: String| ServeArgs {
        keeper: KeeperArgs {
            keeper_key: Some(key),
            keeper_daily_budget_wei: text("7"),
            ..KeeperArgs::default()
        },
        ..complete()
    };
    let args = with(KEY.replace("01", "02"));
    let settings = Settings::check(&args).unwrap();
    let keeper = settings.keeper.as_ref().unwrap();
    assert_eq!(keeper.daily_budget.to_string(), "7");
    assert_eq!(keeper.max_fee_per_gas.to_string(), "100000000000");
    let rows = table(&args, &settings, |_| None);
    let key = rows
        .iter()
        .find(|row| row.setting.variable == "GAGE_KEEPER_KEY");
    assert_eq!(key.unwrap().value, "(hidden)");
    assert!(!format!("{settings:?}").contains("0202"));

    let told = problems(&with(KEY.to_owned()));
    assert!(
        told.contains("must be another key than the one that signs quotes"),
        "{told}"
    );
    let nobodys = ServeArgs {
        keeper: KeeperArgs {
            keeper_max_fee_wei: text("cheap"),
            ..KeeperArgs::default()
        },
        ..complete()
    };
    assert!(problems(&nobodys).contains("GAGE_KEEPER_MAX_FEE_WEI"));
}

#[test]
fn every_setting_is_in_the_table() {
    let args = complete();
    let rows = table(&args, &Settings::check(&args).unwrap(), |_| None);
    let shown: Vec<&str> = rows.iter().map(|row| row.setting.variable).collect();
    for line in include_str!("../../src/config/args.rs").lines() {
        let Some((_, rest)) = line.split_once("env = \"") else {
            continue;
        };
        let variable = rest.split('"').next().unwrap();
        // The key has one row, under the name that it was given by.
        if variable != "GAGE_QUOTE_SIGNER_KEY_FILE" {
            assert!(shown.contains(&variable), "{variable} is not in the table");
        }
    }
}
