//! Every question is answered from an index, also on large tables.
//!
//! The questions are asked through the very types that the API uses, on a single connection.
//! PostgreSQL then knows their statements as prepared ones, and is asked for the plan of each.

use std::sync::Arc;

use gage_application::{
    catch_up::Consumer,
    ports::{
        attempts::{AttemptPlace, PendingAttempts},
        due_payments::DuePayments,
        due_releases::DueReleases,
    },
    position::LogPosition,
};
use gage_domain::{
    ids::{OrderId, ProductId, ShopId, SkuId},
    inventory::InventoryEvent,
    order::Phase,
    value::Address,
};
use gage_projections::{
    PageRequest, PageSize,
    catalog::{CatalogQueries, ProductFilter, StockLevel, Visibility},
    consumer,
    ledger::LedgerQueries,
    orders::{OrderQueries, OrderSearch, PlacedWithin},
    payments::PaymentQueries,
    sales::{MOST_ORDERS, SalesQueries, SalesRequest},
};
use serde_json::Value;
use sqlx::{PgPool, Row, postgres::PgPoolOptions};
use time::Duration;
use uuid::Uuid;

use crate::support::{
    DAWN, History, TestDb, order_placed, payment_requested, pieces, product_listed, shop_opened,
    sku, stretch, text,
};

/// Many rows, written as they are: only the plans matter here.
const ROWS: &str = "
    CREATE FUNCTION id(i bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
        RETURN lpad(to_hex(i), 32, '0')::uuid;
    CREATE FUNCTION wallet(i bigint) RETURNS bytea LANGUAGE sql IMMUTABLE
        RETURN decode(lpad(to_hex(i), 40, '0'), 'hex');
    CREATE FUNCTION hash(i bigint) RETURNS bytea LANGUAGE sql IMMUTABLE
        RETURN decode(lpad(to_hex(i), 64, '0'), 'hex');

    INSERT INTO catalog_v4.shops
    SELECT id(i), wallet(i % 5000), 'a', 'b', wallet(i), now(), i, 1, i, 1
      FROM generate_series(1, 20000) i;
    INSERT INTO catalog_v4.products
    SELECT id(i), id(1 + i % 20), id(i), 'a', 'b', NULL, NULL, word,
           ARRAY(SELECT ascii(substr(word, n, 1))::bigint << 21 | ascii(substr(word, n + 1, 1))
                   FROM generate_series(1, length(word) - 1) n),
           1, wallet(0), NULL, 1, NULL, CASE WHEN i % 50 = 0 THEN 9 END, i % 20 > 0, now(), i, 1, i, 1
      FROM generate_series(1, 120000) i, LATERAL (SELECT 'tea ' || to_hex(i * 7919)) w(word);
    INSERT INTO catalog_v4.stock SELECT id(i), 5, 1, i, 1 FROM generate_series(1, 120000) i;

    INSERT INTO orders_v4.shops SELECT id(i), wallet(i % 5000), 1, i FROM generate_series(1, 20000) i;
    INSERT INTO orders_v4.orders
    SELECT id(i), wallet(i % 5000), id(1 + i % 20),
           CASE WHEN i % 5000 = 0 THEN 'awaiting_payment' ELSE 'completed' END, 1, wallet(0), NULL, 1,
           now() + i * interval '1 second', now(), 1337, i % 10000 = 0, now() + i * interval '1 second',
           wallet(7), i % 1000 = 0, NULL, NULL, NULL, i, 1, i, 3
      FROM generate_series(1, 120000) i;
    INSERT INTO orders_v4.order_lines
    SELECT id(i), 0, id(i), id(i), 'a', 'b', 1, wallet(0), NULL, 1, 1 FROM generate_series(1, 120000) i;
    INSERT INTO orders_v4.timeline
    SELECT id(i), i, n, 'OrderPlaced', now(), 'system:test', '{}'
      FROM generate_series(1, 120000) i, generate_series(1, 3) n;

    INSERT INTO payments_v3.payments
    SELECT id(i), wallet(1), wallet(2), wallet(7), wallet(0), 1, now(), 1, 1, 1, wallet(4),
           hash(i), NULL, 'awaited', 'confirmed', 1, 1, hash(i), hash(i), 1, wallet(1), 1, now(),
           now() + i * interval '1 second', 1, CASE WHEN i % 100 = 0 THEN 0 ELSE 1 END, 0,
           CASE WHEN i % 1000 = 0 THEN wallet(1) END, CASE WHEN i % 1000 = 0 THEN now() END,
           CASE WHEN i % 1000 = 0 THEN i END, CASE WHEN i % 1000 = 0 THEN 1 END, true, now(), i, 1
      FROM generate_series(1, 120000) i;
    INSERT INTO payments_v3.attempts
    SELECT id(i), hash(i), 1, wallet(1), now() - i * interval '1 second', NULL, i % 100 = 0, i, 2
      FROM generate_series(1, 120000) i;

    INSERT INTO ledger_v1.accounts
    SELECT wallet(i), wallet(0), 1, wallet(4), 1, 1, 0, 0, 0, i, 1 FROM generate_series(1, 120000) i;
    INSERT INTO ledger_v1.shop_wallets SELECT id(i), wallet(i), i, 1 FROM generate_series(1, 20000) i;
    ANALYZE;
";

/// A table that may be read whole: more rows must not be read or sorted for one question.
const FEW_ROWS: f64 = 1000.0;

async fn fill(pool: &PgPool) {
    let mut db = pool.begin().await.unwrap();
    sqlx::raw_sql("SET LOCAL synchronous_commit = off")
        .execute(&mut *db)
        .await
        .unwrap();
    sqlx::raw_sql(ROWS).execute(&mut *db).await.unwrap();
    db.commit().await.unwrap();
}

fn shop() -> ShopId {
    ShopId(Uuid::from_u128(7))
}

fn wallet() -> Address {
    Address::left_padding_from(&[7])
}

fn middle() -> LogPosition {
    LogPosition {
        xact_id: 60_000,
        position: 1,
    }
}

fn pages() -> Vec<PageRequest> {
    let size = PageSize::try_from(20).unwrap();
    vec![
        PageRequest::first(size),
        PageRequest::first(size).after(middle()),
        PageRequest::last(size),
        PageRequest::last(size).before(middle()),
    ]
}

async fn ask_catalog(pool: &PgPool) {
    let catalog = CatalogQueries::new(pool.clone());
    assert!(catalog.reached(LogPosition::START).await.unwrap());
    assert!(catalog.shop(shop()).await.unwrap().is_some());
    catalog.product(ProductId(shop().0)).await.unwrap();
    catalog.stock(SkuId(shop().0)).await.unwrap();
    let visibilities = [
        Visibility::Published,
        Visibility::PublishedOrOwnedBy(wallet()),
        Visibility::All,
    ];
    for page in pages() {
        for owner in [None, Some(wallet())] {
            catalog.shops(owner, &page).await.unwrap();
        }
        let low = ProductFilter {
            search: None,
            shop: Some(shop()),
            level: StockLevel::Low,
            visibility: Visibility::All,
        };
        catalog.products(&low, &page).await.unwrap();
        for visibility in visibilities {
            for shop in [None, Some(shop())] {
                for search in [None, Some("tea"), Some("tea 7b1c"), Some("e")] {
                    let filter = ProductFilter {
                        search: search.map(str::to_owned),
                        shop,
                        level: StockLevel::Any,
                        visibility,
                    };
                    catalog.products(&filter, &page).await.unwrap();
                }
            }
        }
    }
}

async fn ask_orders(pool: &PgPool) {
    let orders = OrderQueries::new(pool.clone());
    let some = [OrderId(shop().0)];
    let size = PageSize::try_from(20).unwrap();
    assert!(orders.reached(LogPosition::START).await.unwrap());
    assert_eq!(orders.orders_by_id(&some).await.unwrap().len(), 1);
    assert_eq!(orders.lines(&some).await.unwrap().len(), 1);
    orders.timeline(some[0], middle(), size).await.unwrap();
    orders.order_after(some[0], middle()).await.unwrap();
    orders.changed_after(shop(), middle(), size).await.unwrap();
    orders.due(1337, DAWN, 100).await.unwrap();
    assert_eq!(orders.count_by_phase(shop()).await.unwrap().len(), 10);
    for page in pages() {
        for phases in [
            vec![],
            vec![Phase::AwaitingPayment],
            vec![Phase::AwaitingPayment, Phase::Paid],
        ] {
            orders
                .orders_of_buyer(wallet(), &phases, &page)
                .await
                .unwrap();
            for search in searches() {
                for placed in times() {
                    orders
                        .orders_of_shop(shop(), &phases, search.as_ref(), placed, &page)
                        .await
                        .unwrap();
                }
            }
        }
    }
}

/// When what an owner looks for was placed.
fn times() -> [PlacedWithin; 2] {
    let (from, before) = (Some(DAWN), Some(DAWN + Duration::days(30)));
    [PlacedWithin::default(), PlacedWithin { from, before }]
}

/// What an owner looks for.
fn searches() -> Vec<Option<OrderSearch>> {
    let products = |numbers: &[u128]| {
        let ids = numbers.iter().map(|id| ProductId(Uuid::from_u128(*id)));
        Some(OrderSearch::Products(ids.collect()))
    };
    vec![
        None,
        Some(OrderSearch::Ids {
            first: OrderId(Uuid::from_u128(7)),
            last: OrderId(Uuid::from_u128(7)),
        }),
        Some(OrderSearch::Buyer(wallet())),
        products(&[7]),
        products(&[7, 8, 9]),
    ]
}

async fn ask_sales(pool: &PgPool) {
    let request = SalesRequest {
        shop: shop(),
        now: DAWN,
        until: None,
        days: 30,
        time_zone: "Asia/Seoul".to_owned(),
    };
    let sales = SalesQueries::new(pool.clone());
    sales.sales(&request, 10).await.unwrap();
}

async fn ask_payments(pool: &PgPool) {
    let payments = PaymentQueries::new(pool.clone());
    let orders = [OrderId(shop().0), OrderId(Uuid::from_u128(8))];
    assert!(payments.reached(LogPosition::START).await.unwrap());
    assert_eq!(payments.payments(&orders).await.unwrap().len(), 2);
    for page in pages() {
        payments.disputes_of_arbiter(wallet(), &page).await.unwrap();
    }
    for after in [None, Some((DAWN, orders[0]))] {
        payments.due(1337, DAWN, after, 100).await.unwrap();
    }
    let pending = payments.pending(AttemptPlace::since(DAWN), 20).await;
    assert_eq!(pending.unwrap().len(), 20);
}

async fn ask_ledger(pool: &PgPool) {
    let ledger = LedgerQueries::new(pool.clone());
    assert!(ledger.reached(LogPosition::START).await.unwrap());
    assert_eq!(ledger.accounts_of(wallet()).await.unwrap().len(), 1);
    assert_eq!(ledger.wallets_of_shop(shop(), 20).await.unwrap().len(), 1);
}

/// A statement that was asked, as PostgreSQL has it.
struct Asked {
    name: String,
    sql: String,
    parameters: Vec<String>,
}

impl Asked {
    /// Rows that may be sorted for it: a look at sales says itself how many it walks.
    fn few_rows(&self) -> f64 {
        if self.sql.contains(&format!("LIMIT {MOST_ORDERS})")) {
            f64::from(MOST_ORDERS)
        } else {
            FEW_ROWS
        }
    }

    /// Values for the parameters: of what is there often, or seldom.
    fn values(&self, words: &str) -> String {
        let value = |(number, parameter): (usize, &String)| match parameter.as_str() {
            "uuid" => "id(7)".to_owned(),
            "uuid[]" => "ARRAY[id(7), id(8)]".to_owned(),
            "bytea" => "wallet(7)".to_owned(),
            "boolean" => "true".to_owned(),
            "integer" => "2".to_owned(),
            "bigint" if self.sql.contains(&format!("LIMIT ${number}")) => "21".to_owned(),
            "bigint" => "60000".to_owned(),
            "bigint[]" => words.to_owned(),
            // A chain's id: numbers beyond `bigint` travel as text.
            "text" if self.sql.contains(&format!("${number}::numeric")) => "'1337'".to_owned(),
            "text" if self.sql.contains(&format!("TIME ZONE ${number}")) => {
                "'Asia/Seoul'".to_owned()
            }
            "text" => "'awaiting_payment'".to_owned(),
            "text[]" => "ARRAY['awaiting_payment', 'paid']".to_owned(),
            "timestamp with time zone" => "now()".to_owned(),
            "date" => "current_date".to_owned(),
            other => panic!("a value of type {other} for {}", self.sql),
        };
        let values: Vec<String> = (1..).zip(&self.parameters).map(value).collect();
        values.join(", ")
    }
}

/// Every statement that was asked on the pool's only connection.
async fn asked(pool: &PgPool) -> Vec<Asked> {
    let sql = "SELECT name, statement, parameter_types::text[] FROM pg_prepared_statements \
               WHERE statement ~ '_v[0-9]|projections'";
    let rows = sqlx::query(sql).fetch_all(pool).await.unwrap();
    rows.iter()
        .map(|row| Asked {
            name: row.get(0),
            sql: row.get(1),
            parameters: row.get(2),
        })
        .filter(|asked| !asked.sql.contains("pg_prepared_statements"))
        .collect()
}

/// What is wrong with a plan that may read and sort few rows.
fn faults(node: &Value, few: f64, found: &mut Vec<String>) {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let table = node["Relation Name"].as_str().unwrap_or_default();
    if kind == "Seq Scan" && table != "projections" {
        found.push(format!("reads all of {table}"));
    }
    let parts = node["Plans"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    for part in parts {
        let is_input = part["Parent Relationship"] != "InitPlan";
        let rows = part["Plan Rows"].as_f64().unwrap_or_default();
        if is_input && kind.ends_with("Sort") && rows > few {
            found.push(format!("sorts {rows} rows"));
        }
        faults(part, few, found);
    }
}

/// The faults of all plans, with their statements.
async fn all_faults(pool: &PgPool) -> Vec<String> {
    let mut all = vec![];
    for asked in asked(pool).await {
        for words in ["ARRAY[243269733, 211812449]", "ARRAY[115343458, 205520945]"] {
            let (name, values) = (&asked.name, asked.values(words));
            let execute = if values.is_empty() {
                format!("EXPLAIN (FORMAT JSON) EXECUTE {name}")
            } else {
                format!("EXPLAIN (FORMAT JSON) EXECUTE {name}({values})")
            };
            let explained = sqlx::raw_sql(&execute).fetch_one(pool).await.unwrap();
            let plan: Value = explained.get(0);
            let mut found = vec![];
            faults(&plan[0]["Plan"], asked.few_rows(), &mut found);
            if !found.is_empty() {
                all.push(format!("{found:?}\n{}\n{plan:#}", asked.sql));
            }
        }
    }
    all
}

/// How often each table was read whole so far.
const READ_WHOLE: &str = "SELECT relid::regclass::text, seq_scan FROM pg_stat_user_tables \
                          WHERE schemaname ~ '_v[0-9]' ORDER BY 1";
/// How many entries of each index were read so far.
const ENTRIES_READ: &str = "SELECT indexrelid::regclass::text, idx_tup_read \
                            FROM pg_stat_user_indexes WHERE schemaname ~ '_v[0-9]' ORDER BY 1";

async fn counted(pool: &PgPool, counts: &str) -> Vec<(String, i64)> {
    let mut db = pool.acquire().await.unwrap();
    let flush = "SELECT pg_stat_force_next_flush()";
    sqlx::query(flush).execute(&mut *db).await.unwrap();
    sqlx::query_as(counts).fetch_all(&mut *db).await.unwrap()
}

/// Gives everybody what is new, and says where it ends.
async fn handled(
    consumers: &[Arc<dyn Consumer>],
    history: &History,
    from: LogPosition,
) -> LogPosition {
    let seen = history
        .events
        .partition_point(|event| event.position <= from);
    for consumer in consumers {
        let batch = stretch(from, &history.events[seen..]);
        consumer.consume(batch).await.unwrap();
    }
    history.last()
}

#[tokio::test]
async fn events_are_applied_by_reading_no_more_than_their_rows() {
    const BATCHES: u32 = 30;
    let db = TestDb::new().await;
    let options = (*db.pool.connect_options()).clone();
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .unwrap();
    let consumers = consumer::all(&pool);
    let mut history = History::default();
    history.then(shop_opened(1));
    history.then(product_listed(1, text("커피", "Coffee")));
    let mut from = handled(&consumers, &history, LogPosition::START).await;
    // As autovacuum does with a new shop: to PostgreSQL, the tables of orders are empty from now on.
    sqlx::raw_sql("VACUUM ANALYZE")
        .execute(&pool)
        .await
        .unwrap();
    let mut before = vec![];
    // PostgreSQL settles for a plan with the sixth batch, when the tables are still small.
    for number in (1..=BATCHES).map(u128::from) {
        history.then((
            sku(1),
            InventoryEvent::StockReceived {
                quantity: pieces(1),
            },
        ));
        history.then(order_placed(number, 7));
        history.then(payment_requested(number));
        from = handled(&consumers, &history, from).await;
        if number == 1 {
            before = counted(&pool, READ_WHOLE).await;
        }
    }
    assert_eq!(counted(&pool, READ_WHOLE).await, before);
    // All orders are one shop's: who looks through that shop's reads some 900 entries.
    for (index, entries) in counted(&pool, ENTRIES_READ).await {
        assert!(
            entries <= i64::from(4 * BATCHES),
            "{entries} entries of {index}"
        );
    }
    pool.close().await;
}

#[tokio::test]
async fn every_question_is_answered_from_an_index() {
    let db = TestDb::new().await;
    fill(&db.pool).await;
    let options = (*db.pool.connect_options()).clone();
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(
            options
                .statement_cache_capacity(1000)
                .options([("jit", "off"), ("plan_cache_mode", "force_custom_plan")]),
        )
        .await
        .unwrap();
    ask_catalog(&pool).await;
    ask_orders(&pool).await;
    ask_payments(&pool).await;
    ask_ledger(&pool).await;
    ask_sales(&pool).await;
    assert!(asked(&pool).await.len() > 60);
    let faults = all_faults(&pool).await;
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));

    // What the above is there for is seen.
    sqlx::raw_sql(
        "DROP INDEX orders_v4.orders_shop_changed, orders_v4.order_lines_product,
         catalog_v4.products_listed,
         payments_v3.payments_to_decide, payments_v3.payments_to_release,
         payments_v3.attempts_watched",
    )
    .execute(&pool)
    .await
    .unwrap();
    let faults = all_faults(&pool).await.join("\n");
    assert!(faults.contains("reads all of attempts"), "{faults}");
    assert!(faults.contains("reads all of order_lines"), "{faults}");
    assert!(faults.contains("sorts"), "{faults}");
    assert!(faults.contains("reads all of products"), "{faults}");
    assert!(faults.contains("reads all of payments"), "{faults}");
    pool.close().await;
}
