//! History is never changed, and nothing is notified inside an append.

use std::{fs, path::Path};

use gage_application::ports::event_log::EventLog;
use sqlx::Executor;

use crate::support::{TestDb, append, events, stream};

#[tokio::test]
async fn history_cannot_be_changed_or_deleted() {
    let db = TestDb::new().await;
    db.log()
        .append(&append(vec![events(&stream("Order", "o"), 0, 2)]))
        .await
        .expect("appends");
    for change in [
        "UPDATE events SET payload = '{}' WHERE sequence = 1",
        "DELETE FROM events WHERE sequence = 2",
        "DELETE FROM events WHERE false",
        "TRUNCATE events",
    ] {
        let error = db.pool.execute(change).await.expect_err("refused");
        assert!(
            error.to_string().contains("append-only"),
            "{change}: {error}"
        );
    }
    assert_eq!(db.number("SELECT count(*) FROM events").await, 2);
}

#[tokio::test]
async fn positions_cannot_be_chosen() {
    let db = TestDb::new().await;
    let chosen = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type,
                                      event_version, payload, metadata, position)
                  VALUES ('Order', 'o', 1, 'Happened', '1.0.0', '{}', '{}', 1)";
    let error = db.pool.execute(chosen).await.expect_err("refused");
    assert!(error.to_string().contains("position"), "{error}");
}

/// NOTIFY takes one lock for the whole cluster at commit, and so makes commits queue up.
#[test]
fn no_statement_notifies() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut looked_at = 0;
    for folder in [root.join("src/postgres"), root.join("../migrations")] {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path
                .extension()
                .is_none_or(|extension| extension != "sql" && extension != "rs")
            {
                continue;
            }
            let text = fs::read_to_string(&path).expect("text").to_lowercase();
            let statements = text.lines().filter(|line| {
                !line.trim_start().starts_with("--") && !line.trim_start().starts_with("//")
            });
            for line in statements {
                let notifies = ["notify ", "notify(", "notify\"", "notify'"];
                assert!(
                    !notifies.iter().any(|word| line.contains(word)),
                    "{}: {line}",
                    path.display()
                );
            }
            looked_at += 1;
        }
    }
    assert!(looked_at > 10, "looked at {looked_at} files only");
}

#[tokio::test]
async fn nothing_but_the_guard_of_history_runs_on_an_insert() {
    let db = TestDb::new().await;
    let triggers = "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'events'::regclass
                       AND NOT (tgname = 'events_append_only' AND tgtype & 4 = 0)";
    assert_eq!(db.number(triggers).await, 0);
}
