//! The log as a file, and a server that is made of it.

use std::{
    path::Path,
    process::{Command, Output},
};

use gage_application::replay::Plan;
use gage_infrastructure::postgres::migrate;
use gage_projections::{name::ProjectionName, setup};
use gage_tests::server::binary;
use sqlx::PgPool;

use crate::world::{World, administer, follow, new_name, open, replayed, url_of};

/// Runs `gage audit …` on a database.
fn audit(database: &str, arguments: &[&str]) -> Output {
    let arguments = arguments.iter().map(ToString::to_string);
    Command::new(binary())
        .arg("audit")
        .args(arguments)
        .env("DATABASE_URL", url_of(database))
        .env("GAGE_ENV", "development")
        .output()
        .unwrap()
}

fn works(database: &str, arguments: &[&str]) -> String {
    let output = audit(database, arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

fn fails(database: &str, arguments: &[&str]) -> String {
    let output = audit(database, arguments);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Every row of the read models, and of the log, printed.
async fn everything(pool: &PgPool) -> Vec<String> {
    let mut tables = vec!["public.events".to_owned()];
    for name in ProjectionName::ALL {
        let schema = format!("{name}_v{}", name.version());
        let of: Vec<String> = sqlx::query_scalar(
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1",
        )
        .bind(&schema)
        .fetch_all(pool)
        .await
        .unwrap();
        tables.extend(of);
    }
    let mut rows = Vec::new();
    for table in tables {
        let sql = format!("SELECT '{table} ' || t::text FROM {table} t ORDER BY 1");
        let found: Vec<String> = sqlx::query_scalar(&sql).fetch_all(pool).await.unwrap();
        rows.extend(found);
    }
    rows
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_log_that_is_made_of_an_export_answers_every_query_as_before() {
    let world = World::new().await;
    world.tell_all().await;
    let before = everything(&world.pool).await;
    let folder = tempfile::tempdir().unwrap();
    for form in ["jsonl", "csv"] {
        let file = folder.path().join(form);
        works(&world.name, &["export", text(&file), "--form", form]);
        works(&world.name, &["verify-export", text(&file)]);
        let name = new_name();
        administer(&format!("CREATE DATABASE {name}")).await;
        let pool = open(&name).await;
        migrate(&pool).await.unwrap();
        works(&name, &["import", text(&file)]);
        setup::ensure(&pool).await.unwrap();
        follow(&pool).await;
        assert_eq!(everything(&pool).await, before, "{form}");
        let report = replayed(&pool, Plan::default()).await;
        let told: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
        // The listener's record and the reactions' checkpoint are no part of an export.
        assert!(
            told.iter().all(|one| one.contains("chain_sightings")),
            "{told:?}"
        );
        let again = fails(&name, &["import", text(&file)]);
        assert!(again.contains("not empty"), "{again}");
        pool.close().await;
        administer(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
    world.end().await;
}

#[tokio::test]
async fn an_export_goes_on_where_it_ended_and_the_whole_is_as_if_made_at_once() {
    let world = World::new().await;
    world.place(1, 1).await;
    world.settled().await;
    let folder = tempfile::tempdir().unwrap();
    let (parts, whole) = (folder.path().join("parts"), folder.path().join("whole"));
    works(&world.name, &["export", text(&parts)]);
    // What was written after the manifest is not known to be whole.
    let mut broken_off = std::fs::read(&parts).unwrap();
    broken_off.extend(b"{\"position\":\"77");
    std::fs::write(&parts, broken_off).unwrap();
    let exists = fails(&world.name, &["export", text(&parts)]);
    assert!(exists.contains("--resume"), "{exists}");
    let order = world.place(2, 2).await;
    world.pay(order).await;
    world.settled().await;
    works(&world.name, &["export", text(&parts), "--resume"]);
    works(&world.name, &["export", text(&whole)]);
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    assert_eq!(read(&parts), read(&whole));
    let manifest = |path: &Path| read(&path.with_extension("manifest.json"));
    assert_eq!(manifest(&parts), manifest(&whole));
    world.end().await;
}

#[tokio::test]
async fn a_file_that_is_not_what_its_manifest_says_is_refused() {
    let world = World::new().await;
    world.settled().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    works(&world.name, &["export", text(&file)]);
    let sound = std::fs::read_to_string(&file).unwrap();
    let cut = sound.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n";
    for (changed, told) in [
        (sound.replacen("Tea house", "Tee house", 1), "sha256"),
        (cut, "events"),
    ] {
        std::fs::write(&file, changed).unwrap();
        for command in ["verify-export", "import"] {
            let refused = fails(&world.name, &[command, text(&file)]);
            assert!(refused.contains(told), "{refused}");
        }
    }
    world.end().await;
}

/// Changes a file, and makes its manifest say what the changed one is by itself.
async fn forge(pool: &PgPool, file: &Path, from: &str, to: &str) {
    let changed = std::fs::read_to_string(file).unwrap();
    let place = file.with_extension("manifest.json");
    let manifest = std::fs::read_to_string(&place).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert!(changed.contains(from) && from.len() == to.len());
    let changed = changed.replacen(from, to, 1);
    let digest: String = sqlx::query_scalar("SELECT encode(sha256($1), 'hex')")
        .bind(changed.as_bytes())
        .fetch_one(pool)
        .await
        .unwrap();
    assert_ne!(manifest["sha256"], digest.as_str());
    manifest["sha256"] = digest.into();
    std::fs::write(file, changed).unwrap();
    std::fs::write(place, manifest.to_string()).unwrap();
}

#[tokio::test]
async fn one_changed_byte_of_an_export_is_found_though_its_manifest_was_changed_with_it() {
    let world = World::new().await;
    world.grow_tree().await;
    let key = world.sign().await;
    world.place(1, 1).await;
    world.grow_tree().await;
    // Behind the tree.
    world.place(2, 1).await;
    world.settled().await;
    let folder = tempfile::tempdir().unwrap();
    for form in ["jsonl", "csv"] {
        let file = folder.path().join(form);
        works(&world.name, &["export", text(&file), "--form", form]);
        let verify = ["verify-export", text(&file), "--key", &key];
        let proven = works(&world.name, &verify);
        for said in [
            "are as the manifest says",
            "have the root 0x",
            "are what was signed",
        ] {
            assert!(proven.contains(said), "{said:?} not in {proven}");
        }
        let sound = std::fs::read(&file).unwrap();
        let manifest_place = file.with_extension("manifest.json");
        let manifest = std::fs::read(&manifest_place).unwrap();
        let order = World::order(1).to_string();
        let other = order.replace(['1', '2'], "3");
        for (from, to, told) in [
            ("Tea house", "Tee house", "the checkpoint signs"),
            // After the checkpoint, which says nothing of it.
            (&*order, &*other, "the manifest says"),
        ] {
            forge(&world.pool, &file, from, to).await;
            for arguments in [&verify[..2], &verify[..]] {
                let found = fails(&world.name, arguments);
                assert!(found.contains(told), "{found}");
            }
            assert!(fails(&world.name, &["import", text(&file)]).contains(told));
            std::fs::write(&file, &sound).unwrap();
            std::fs::write(&manifest_place, &manifest).unwrap();
        }
        works(&world.name, &verify);
    }
    world.end().await;
}

/// Waits until an import has compared the file, and waits for the log itself.
async fn waits_for_the_log(pool: &PgPool) {
    let waiting =
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'events'::regclass";
    for _ in 0..600 {
        let found: i64 = sqlx::query_scalar(waiting).fetch_one(pool).await.unwrap();
        if found > 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the import never came to the log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_exchanged_after_it_was_compared_is_not_imported() {
    let world = World::new().await;
    world.place(1, 1).await;
    world.settled().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    works(&world.name, &["export", text(&file)]);
    let whole = std::fs::read_to_string(&file).unwrap();
    let forged = whole.replace("OrderPlaced", "OrderPlaces");
    assert_ne!(whole, forged);
    for in_place in [false, true] {
        std::fs::write(&file, &whole).unwrap();
        let name = new_name();
        administer(&format!("CREATE DATABASE {name}")).await;
        let pool = open(&name).await;
        migrate(&pool).await.unwrap();
        let mut held = pool.begin().await.unwrap();
        sqlx::query("LOCK TABLE events IN EXCLUSIVE MODE")
            .execute(&mut *held)
            .await
            .unwrap();
        let (database, path) = (name.clone(), text(&file).to_owned());
        let import = tokio::task::spawn_blocking(move || audit(&database, &["import", &path]));
        waits_for_the_log(&pool).await;
        if in_place {
            std::fs::write(&file, &forged).unwrap();
        } else {
            let other = folder.path().join("other");
            std::fs::write(&other, &forged).unwrap();
            std::fs::rename(&other, &file).unwrap();
        }
        held.rollback().await.unwrap();
        let output = import.await.unwrap();
        // The file that was compared is imported, or nothing is.
        assert_eq!(output.status.success(), !in_place);
        let forgeries: i64 =
            sqlx::query_scalar("SELECT count(*) FROM events WHERE event_type = 'OrderPlaces'")
                .fetch_one(&pool)
                .await
                .unwrap();
        assert_eq!(forgeries, 0);
        pool.close().await;
        administer(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
    world.end().await;
}

#[tokio::test]
async fn the_command_ends_with_an_error_that_names_the_event() {
    let world = World::new().await;
    world.tell_all().await;
    let sound = works(&world.name, &["replay", "--without-chain"]);
    assert!(sound.contains("says what the log says"), "{sound}");
    let sql = format!(
        "ALTER TABLE events DISABLE TRIGGER events_append_only; UPDATE events \
         SET payload = jsonb_set(payload, '{{StockReserved,quantity}}', '3') \
         WHERE event_type = 'StockReserved' AND payload #>> '{{StockReserved,order}}' = '{}'",
        World::order(9)
    );
    sqlx::Executor::execute(&world.pool, sql.as_str())
        .await
        .unwrap();
    let output = audit(&world.name, &["replay", "--without-chain", "--json"]);
    assert!(!output.status.success());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["agrees"], false);
    let findings = report["replay"]["findings"].as_array().unwrap();
    let stream = format!("Inventory:{}", world.products[0]);
    let named = |finding: &&serde_json::Value| finding["place"]["stream"] == stream.as_str();
    let finding = findings.iter().find(|finding| named(finding)).unwrap();
    assert!(finding["place"]["sequence"].is_u64() && finding["place"]["position"].is_string());
    let shown = works(
        &world.name,
        &["show", &format!("Order:{}", World::order(1)), "--at", "#2"],
    );
    assert!(shown.contains("\"phase\": \"paid\""), "{shown}");
    let history = works(&world.name, &["history", "--type", "OrderShipped"]);
    assert!(
        history.contains("발송") && history.contains("on its way"),
        "{history}"
    );
    world.end().await;
}
