//! Questions that are asked often are answered from an index.

use sqlx::PgPool;

use crate::support::TestDb;

/// Many shops with orders and products, written as rows: only the plans matter here.
const ROWS: &str = "
    INSERT INTO orders_v1.shops
    SELECT gen_random_uuid(), decode(md5(i::text) || '00000000', 'hex'), 1, i
    FROM generate_series(1, 4) i;
    INSERT INTO orders_v1.orders
    SELECT gen_random_uuid(), decode(md5((i % 500)::text) || '00000000', 'hex'), s.id,
           CASE WHEN (i / 4) % 50 = 0 THEN 'awaiting_payment' ELSE 'completed' END, s.owner, 1,
           now() + i * interval '1 second', now(), (i / 4) % 100 = 0, NULL, NULL, NULL, i, 1, i, 1
    FROM generate_series(1, 20000) i
    JOIN (SELECT *, row_number() OVER () n FROM orders_v1.shops) s ON s.n = 1 + i % 4;
    INSERT INTO orders_v1.timeline
    SELECT id, xact_id, position, 'OrderPlaced', now(), 'system:test', '{}' FROM orders_v1.orders;
    INSERT INTO catalog_v1.shops
    SELECT id, owner, 'a', 'b', owner, now(), 1, position, 1, position FROM orders_v1.shops;
    INSERT INTO catalog_v1.products
    SELECT gen_random_uuid(), s.id, gen_random_uuid(), 'a', 'b', NULL, NULL, 'a b', s.owner, 1,
           true, now(), i, 1, i, 1
    FROM generate_series(1, 20000) i
    JOIN (SELECT *, row_number() OVER () n FROM catalog_v1.shops) s ON s.n = 1 + i % 4;
    ANALYZE;
";

async fn plan(pool: &PgPool, sql: &str) -> String {
    let lines: Vec<String> = sqlx::query_scalar(&format!("EXPLAIN {sql}"))
        .fetch_all(pool)
        .await
        .unwrap();
    lines.join("\n")
}

#[tokio::test]
async fn frequent_questions_use_an_index_that_also_sorts() {
    let db = TestDb::new().await;
    sqlx::raw_sql(ROWS).execute(&db.pool).await.unwrap();
    let shop = "(SELECT id FROM orders_v1.shops LIMIT 1)";
    let buyer = r"'\x00112233445566778899aabbccddeeff00112233'";
    let newest = "ORDER BY placed_xact_id DESC, placed_position DESC LIMIT 21";
    let questions = [
        (
            format!("SELECT * FROM orders_v1.orders WHERE buyer = {buyer} {newest}"),
            "orders_buyer",
        ),
        (
            format!(
                "SELECT * FROM orders_v1.orders WHERE shop = {shop} \
                 AND (placed_xact_id, placed_position) < (9000, 1) {newest}"
            ),
            "orders_shop",
        ),
        (
            format!(
                "SELECT * FROM orders_v1.orders WHERE shop = {shop} \
                 AND phase = 'awaiting_payment' {newest}"
            ),
            "orders_shop_phase",
        ),
        (
            format!(
                "SELECT * FROM orders_v1.orders WHERE shop = {shop} \
                 AND (xact_id, position) > (9000, 1) ORDER BY xact_id, position LIMIT 100"
            ),
            "orders_shop_changed",
        ),
        (
            "SELECT id FROM orders_v1.orders WHERE phase = 'awaiting_payment' \
             AND NOT payment_seen AND pay_by <= now() ORDER BY pay_by, id LIMIT 100"
                .to_owned(),
            "orders_due",
        ),
        (
            "SELECT * FROM catalog_v1.products p WHERE p.published \
             ORDER BY p.listed_xact_id DESC, p.listed_position DESC LIMIT 21"
                .to_owned(),
            "products_published_listed",
        ),
        (
            format!(
                "SELECT * FROM catalog_v1.products p WHERE p.published AND p.shop = {shop} \
                 AND (p.listed_xact_id, p.listed_position) < (9000, 1) \
                 ORDER BY p.listed_xact_id DESC, p.listed_position DESC LIMIT 21"
            ),
            "products_shop",
        ),
    ];
    for (sql, index) in questions {
        let plan = plan(&db.pool, &sql).await;
        assert!(plan.contains(&format!("using {index} ")), "{sql}\n{plan}");
        assert!(!plan.contains("Sort"), "{sql}\n{plan}");
    }
}
