//! Rebuilding while customers write, replicas project and people read.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use gage_application::{catch_up::CatchUp, position::LogPosition};
use gage_domain::ids::SkuId;
use gage_projections::{
    PageRequest, PageSize,
    catalog::{CatalogQueries, ProductFilter, StockLevel, Visibility},
    consumer,
    name::ProjectionName,
    orders::{OrderQueries, PlacedWithin},
    rebuild::{Progress, RebuildError, Stage, rebuild},
};
use sqlx::PgPool;
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    story::Story,
    support::{EarlierLog, World},
};

/// Between two appends of a writer, so that a busy machine's read models keep up.
const WRITE_PAUSE: Duration = Duration::from_millis(50);

/// Asks again and again; no answer may fail, and none may be older than the one before.
async fn ask(pool: PgPool, story: Story, stop: CancellationToken, asked: Arc<AtomicU64>) {
    let (catalog, orders) = (CatalogQueries::new(pool.clone()), OrderQueries::new(pool));
    let sku = SkuId::from(story.product_id(0));
    let filter = ProductFilter {
        search: Some("bean".to_owned()),
        shop: Some(story.shop_id()),
        level: StockLevel::Any,
        visibility: Visibility::All,
    };
    let page = PageRequest::first(PageSize::MAX);
    let (mut stock_seen, mut order_seen) = (LogPosition::START, LogPosition::START);
    while !stop.is_cancelled() {
        let stock = catalog.stock(sku).await.expect("the catalog answers");
        assert!(stock.position >= stock_seen, "stock went back in time");
        stock_seen = stock.position;
        assert_eq!(
            catalog
                .products(&filter, &page)
                .await
                .expect("answers")
                .rows
                .len(),
            3
        );
        let placed = orders
            .orders_of_shop(story.shop_id(), &[], None, PlacedWithin::default(), &page)
            .await
            .expect("answers");
        let newest = placed
            .rows
            .iter()
            .map(|row| row.position)
            .max()
            .unwrap_or_default();
        assert!(
            newest >= order_seen || placed.has_next,
            "orders went back in time"
        );
        order_seen = newest;
        let ids: Vec<_> = placed.rows.iter().map(|row| row.id).collect();
        let lines = orders.lines(&ids).await.expect("answers");
        assert_eq!(lines.len(), ids.len(), "an order without lines");
        asked.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_notices_a_rebuild_and_nothing_is_lost() {
    let world = World::new().await;
    let (stop, asked) = (CancellationToken::new(), Arc::new(AtomicU64::new(0)));
    for number in 0..3 {
        Story::new(number).play(&*world.log, 0).await;
    }
    world.catch_up().await.unwrap();
    let mut beside = JoinSet::new();
    for _replica in 0..2 {
        let tail = world.tail();
        beside.spawn(tail.clone().run(stop.clone()));
        for consumer in consumer::all(&world.pool) {
            beside.spawn(CatchUp::new(consumer, tail.clone()).run(stop.clone()));
        }
    }
    for number in 10..13 {
        let (log, stop) = (world.log.clone(), stop.clone());
        beside.spawn(async move {
            let mut story = Story::new(number);
            story.play(&*log, 0).await;
            while !stop.is_cancelled() {
                story.step(&*log).await;
                sleep(WRITE_PAUSE).await;
            }
        });
    }
    for number in 0..3 {
        let story = Story::new(number);
        beside.spawn(ask(world.pool.clone(), story, stop.clone(), asked.clone()));
    }
    let mut asked_before = 0;
    for _ in 0..2 {
        for name in ProjectionName::ALL {
            let report = world.rebuild(name).await.unwrap();
            assert!(report.identical_to_live(), "{report:?}");
            assert_eq!(report.stopped, None);
            let asked_now = asked.load(Ordering::Relaxed);
            assert!(
                asked_now > asked_before,
                "questions were held up by the rebuild"
            );
            asked_before = asked_now;
        }
    }
    stop.cancel();
    while let Some(ended) = beside.join_next().await {
        ended.unwrap();
    }
    world.catch_up().await.unwrap();
    let head = world.settle().await;
    for name in ProjectionName::ALL {
        let report = world.rebuild(name).await.unwrap();
        assert!(report.identical_to_live(), "{report:?}");
        assert_eq!(report.checkpoint, head);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_comes_while_tables_are_compared_waits_for_the_swap() {
    let world = World::new().await;
    let mut story = Story::new(1);
    story.play(&*world.log, 30).await;
    world.catch_up().await.unwrap();
    let before = world.settle().await;
    for _ in 0..20 {
        story.step(&*world.log).await;
    }
    let after = world.settle().await;
    // The rebuild believes that the log ends before these events; the live loop sees them.
    let log = EarlierLog {
        log: world.log.clone(),
        end: before,
    };
    let (comparing, compared) = tokio::sync::oneshot::channel();
    let catalog = world.loop_of(consumer::all(&world.pool).remove(0));
    let live = tokio::spawn(async move {
        compared.await.unwrap();
        catalog.run_to_end().await
    });
    let comparing = Mutex::new(Some(comparing));
    let tell = |progress: Progress| {
        if progress.stage == Stage::Comparing
            && let Some(go) = comparing.lock().unwrap().take()
        {
            go.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(500));
        }
    };
    let report = rebuild(&world.pool, Arc::new(log), ProjectionName::Catalog, &tell)
        .await
        .unwrap();
    assert!(report.identical_to_live(), "{report:?}");
    assert_eq!(report.checkpoint, before);
    live.await.unwrap().unwrap();
    let report = world.rebuild(ProjectionName::Catalog).await.unwrap();
    assert!(report.identical_to_live(), "{report:?}");
    assert_eq!(report.checkpoint, after);
    world.end().await;
}

#[tokio::test]
async fn two_rebuilds_of_one_read_model_do_not_meet() {
    let world = World::new().await;
    Story::new(1).play(&*world.log, 300).await;
    let mut rebuilds = JoinSet::new();
    for _ in 0..4 {
        let (pool, log) = (world.pool.clone(), world.log.clone());
        rebuilds.spawn(async move { rebuild(&pool, log, ProjectionName::Catalog, &|_| {}).await });
    }
    let outcomes = rebuilds.join_all().await;
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(done >= 1);
    for outcome in outcomes {
        match outcome {
            Ok(report) => assert!(report.identical_to_live()),
            Err(RebuildError::AlreadyRunning(name)) => assert_eq!(name, ProjectionName::Catalog),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(
        world.schemas().await,
        ["catalog_v4", "ledger_v1", "orders_v4", "payments_v3"]
    );
    world.end().await;
}

#[tokio::test]
async fn a_writer_that_waits_for_the_swap_holds_no_reader_of_the_log_back() {
    let world = World::new().await;
    Story::new(1).play(&*world.log, 30).await;
    // As a rebuild that compares for long.
    let mut holder = world.pool.acquire().await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(hashtextextended('catalog_v4', 0))")
        .execute(&mut *holder)
        .await
        .unwrap();
    world.settle().await;
    let catalog = consumer::all(&world.pool).remove(0);
    let waiting = world.loop_of(catalog);
    let waiting = tokio::spawn(async move { waiting.run_to_end().await });
    sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished());
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
               AND backend_xid IS NOT NULL";
    let with_id: i64 = sqlx::query_scalar(sql)
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(with_id, 0, "it waits without a transaction id");
    sqlx::query("SELECT pg_advisory_unlock_all()")
        .execute(&mut *holder)
        .await
        .unwrap();
    waiting.await.unwrap().unwrap();
    drop(holder);
    world.end().await;
}
