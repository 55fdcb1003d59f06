//! The architecture, as rules that are checked: which crate may name which, and which part
//! of a crate may see which. ARCHITECTURE.md explains them.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking where something is not as it must be"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What a crate may depend on (normal and build dependencies).
enum External {
    /// These and no others.
    Only(&'static [&'static str]),
    /// Anything but these.
    Except(&'static [&'static str]),
}

struct CrateRule {
    name: &'static str,
    ours: &'static [&'static str],
    external: External,
}

const WEB: [&str; 4] = ["axum", "async-graphql", "siwe", "tower-http"];

const CRATES: [CrateRule; 5] = [
    CrateRule {
        name: "gage-domain",
        ours: &[],
        external: External::Only(&[
            "alloy-primitives",
            "cqrs-es",
            "ed25519-dalek",
            "serde",
            "serde_json",
            "sha2",
            "signed_note",
            "thiserror",
            "time",
            "tlog_tiles",
            "uuid",
        ]),
    },
    CrateRule {
        name: "gage-application",
        ours: &["gage-domain"],
        external: External::Only(&[
            "async-trait",
            "cqrs-es",
            "futures",
            "lru",
            "metrics",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "time",
            "tokio",
            "tokio-util",
            "tracing",
            "unicode-normalization",
            "uuid",
        ]),
    },
    CrateRule {
        name: "gage-infrastructure",
        ours: &["gage-application", "gage-domain"],
        external: External::Except(&WEB),
    },
    CrateRule {
        name: "gage-projections",
        ours: &["gage-application", "gage-domain"],
        external: External::Except(&[
            "alloy",
            "axum",
            "async-graphql",
            "postgres-es",
            "redis",
            "siwe",
            "tower-http",
        ]),
    },
    CrateRule {
        name: "gage-api",
        ours: &[
            "gage-application",
            "gage-domain",
            "gage-infrastructure",
            "gage-projections",
        ],
        external: External::Except(&["postgres-es", "redis"]),
    },
];

/// Below these paths, source code must not name these paths.
const SIGHT: [(&str, &[&str]); 6] = [
    // Only the composition root names adapters (see EXEMPT).
    ("api/src", &["gage_infrastructure"]),
    // Writes go to the gateway and never look at a read model …
    ("api/src/graphql/mutations", &["gage_projections"]),
    // … reads look at read models and never write.
    (
        "api/src/graphql/queries",
        &["gage_application::gateway", "gage_application::operations"],
    ),
    (
        "api/src/graphql/subscriptions",
        &["gage_application::gateway", "gage_application::operations"],
    ),
    // A decision is pure.
    (
        "domain/src",
        &[
            "tokio",
            "std::fs",
            "std::net",
            "std::env",
            "std::thread",
            "sqlx",
        ],
    ),
    (
        "application/src",
        &["sqlx", "redis", "alloy", "std::fs", "std::net", "std::env"],
    ),
];

/// What stands outside a rule of [`SIGHT`].
const EXEMPT: [(&str, &str); 2] = [
    ("api/src/wiring.rs", "gage_infrastructure"),
    ("api/src/wiring/", "gage_infrastructure"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn dependency_faults(rule: &CrateRule, dependencies: &BTreeSet<String>) -> Vec<String> {
    let allowed = |name: &str| {
        if name.starts_with("gage-") {
            return rule.ours.contains(&name);
        }
        match rule.external {
            External::Only(names) => names.contains(&name),
            External::Except(names) => !names.contains(&name),
        }
    };
    let fault = |name: &String| format!("{} may not depend on {name}", rule.name);
    dependencies
        .iter()
        .filter(|name| !allowed(name))
        .map(fault)
        .collect()
}

/// Whether code (not comments) of `source` names the path `forbidden`.
fn names(source: &str, forbidden: &str) -> bool {
    let is_path = |c: char| c.is_alphanumeric() || c == '_';
    source.lines().any(|line| {
        let code = line.split("//").next().unwrap_or_default();
        code.match_indices(forbidden).any(|(at, _)| {
            let before = code[..at].chars().next_back();
            let after = code[at + forbidden.len()..].chars().next();
            !before.is_some_and(|c| is_path(c) || c == '.' || c == '"')
                && !after.is_some_and(is_path)
                && (forbidden.contains("::")
                    || code.trim_start().starts_with("use ")
                    || code[at + forbidden.len()..].starts_with("::"))
        })
    })
}

fn sight_faults(path: &str, source: &str) -> Vec<String> {
    let exempt = |forbidden: &str| {
        EXEMPT
            .iter()
            .any(|(prefix, name)| path.starts_with(prefix) && *name == forbidden)
    };
    SIGHT
        .iter()
        .filter(|(folder, _)| Path::new(path).starts_with(folder))
        .flat_map(|(_, forbidden)| forbidden.iter())
        .filter(|forbidden| !exempt(forbidden) && names(source, forbidden))
        .map(|forbidden| format!("{path} may not name {forbidden}"))
        .collect()
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn crates_depend_only_on_what_they_may() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let dependencies: BTreeMap<String, BTreeSet<String>> = metadata
        .workspace_packages()
        .into_iter()
        .map(|package| {
            let normal = package.dependencies.iter();
            let normal = normal.filter(|dependency| dependency.kind != DependencyKind::Development);
            (
                package.name.to_string(),
                normal.map(|dependency| dependency.name.clone()).collect(),
            )
        })
        .collect();
    let faults: Vec<String> = CRATES
        .iter()
        .flat_map(|rule| dependency_faults(rule, &dependencies[rule.name]))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let known: BTreeSet<&str> = CRATES
        .iter()
        .map(|rule| rule.name)
        .chain(["gage-tests"])
        .collect();
    let unknown: Vec<_> = dependencies
        .keys()
        .filter(|name| !known.contains(name.as_str()))
        .collect();
    assert!(unknown.is_empty(), "crates without a rule: {unknown:?}");
}

#[test]
fn source_code_names_only_what_it_may_see() {
    let root = root();
    let mut files = Vec::new();
    for folder in [
        "domain/src",
        "application/src",
        "infrastructure/src",
        "projections/src",
        "api/src",
    ] {
        rust_files(&root.join(folder), &mut files);
    }
    assert!(
        files.len() > 50,
        "only {} files were looked at",
        files.len()
    );
    let faults: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let path = file
                .strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            sight_faults(&path, &fs::read_to_string(file).unwrap())
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_top_level_shows_the_architecture() {
    for folder in [
        "domain",
        "application",
        "infrastructure",
        "api",
        "projections",
        "migrations",
        "tests",
    ] {
        assert!(root().join(folder).is_dir(), "{folder} is missing");
    }
}

#[test]
fn a_forbidden_dependency_is_found() {
    let domain = &CRATES[0];
    let with = |name: &str| BTreeSet::from(["serde".to_owned(), name.to_owned()]);
    assert_eq!(
        dependency_faults(domain, &with("uuid")),
        Vec::<String>::new()
    );
    assert_eq!(dependency_faults(domain, &with("sqlx")).len(), 1);
    let projections = &CRATES[3];
    assert_eq!(
        dependency_faults(projections, &with("gage-infrastructure")).len(),
        1
    );
    assert_eq!(dependency_faults(projections, &with("redis")).len(), 1);
}

#[test]
fn a_forbidden_name_is_found_in_each_way_it_can_be_written() {
    let found = |path, source| sight_faults(path, source).len();
    let mutation = "api/src/graphql/mutations/place_order.rs";
    assert_eq!(
        found(mutation, "use gage_projections::orders::OrderQueries;"),
        1
    );
    assert_eq!(
        found(mutation, "    let rows = gage_projections::orders::all();"),
        1
    );
    assert_eq!(
        found(mutation, "// gage_projections::orders is not for us"),
        0
    );
    assert_eq!(
        found(
            "api/src/graphql/queries/order.rs",
            "use gage_projections::orders::Row;"
        ),
        0
    );
    let query = "api/src/graphql/queries/order.rs";
    assert_eq!(found(query, "use gage_application::gateway::Gateway;"), 1);
    assert_eq!(
        found(
            "api/src/http/mod.rs",
            "use gage_infrastructure::redis::RedisNonces;"
        ),
        1
    );
    assert_eq!(
        found(
            "api/src/wiring.rs",
            "use gage_infrastructure::redis::RedisNonces;"
        ),
        0
    );
    assert_eq!(
        found(
            "domain/src/order/decide.rs",
            "let x = tokio::spawn(async {});"
        ),
        1
    );
    assert_eq!(
        found("application/src/gateway/mod.rs", "use sqlx::PgPool;"),
        1
    );
}
