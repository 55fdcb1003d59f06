//! Paging: every row exactly once, whichever way and however it is cut.

use std::cell::RefCell;

use gage_application::position::LogPosition;
use gage_domain::product::ProductEvent;
use gage_projections::{
    InvalidPageSize, Listed, Page, PageRequest, PageSize,
    catalog::{Catalog, CatalogQueries, ProductFilter, ProductRow, StockLevel, Visibility},
};
use proptest::{
    prelude::any,
    test_runner::{Config, TestRunner},
};

use crate::support::{
    FactOf, History, TestDb, product_id, product_listed, shop_id, shop_opened, text, wallet,
};

fn size(rows: i64) -> PageSize {
    PageSize::try_from(rows).unwrap()
}

fn cursors(rows: &[ProductRow]) -> Vec<LogPosition> {
    rows.iter().map(Listed::cursor).collect()
}

/// The published products of a shop.
struct Shop {
    catalog: CatalogQueries,
    filter: ProductFilter,
}

impl Shop {
    fn of(db: &TestDb, number: u8) -> Self {
        let shop = Some(shop_id(u128::from(number)));
        Self {
            catalog: CatalogQueries::new(db.pool.clone()),
            filter: ProductFilter {
                search: None,
                shop,
                level: StockLevel::Any,
                visibility: Visibility::Published,
            },
        }
    }

    async fn page(&self, request: PageRequest) -> Page<ProductRow> {
        self.catalog.products(&self.filter, &request).await.unwrap()
    }

    /// Walks from the newest to the oldest.
    async fn forward(&self, sizes: &[i64]) -> Vec<LogPosition> {
        let mut walked: Vec<LogPosition> = vec![];
        for rows in sizes.iter().cycle() {
            let request = PageRequest::first(size(*rows));
            let request = match walked.last() {
                Some(last) => request.after(*last),
                None => request,
            };
            let page = self.page(request).await;
            assert_eq!(page.has_previous, !walked.is_empty());
            assert!(page.rows.len() <= usize::try_from(*rows).unwrap());
            walked.extend(cursors(&page.rows));
            if !page.has_next {
                break;
            }
        }
        walked
    }

    /// Walks from the oldest to the newest.
    async fn backward(&self, sizes: &[i64]) -> Vec<LogPosition> {
        let mut walked: Vec<LogPosition> = vec![];
        for rows in sizes.iter().cycle() {
            let request = PageRequest::last(size(*rows));
            let request = match walked.first() {
                Some(first) => request.before(*first),
                None => request,
            };
            let page = self.page(request).await;
            assert_eq!(page.has_next, !walked.is_empty());
            walked.splice(0..0, cursors(&page.rows));
            if !page.has_previous {
                break;
            }
        }
        walked
    }
}

/// A shop of which the products that the mask marks are published; returns where these were
/// listed, newest first. Many are listed in one transaction, so that the first column of the
/// key is often equal.
fn open_shop(history: &mut History, number: u8, mask: &[bool]) -> Vec<LogPosition> {
    history.then(shop_opened(number));
    let first = 1000 * u128::from(number);
    let numbered: Vec<(u128, bool)> = (first..).zip(mask.iter().copied()).collect();
    let mut published = vec![];
    for chunk in numbered.chunks(5) {
        let listings = chunk.iter().map(|(product, _)| {
            let (id, mut event) = product_listed(*product, text("콩", "Bean"));
            if let ProductEvent::ProductListed { shop, .. } = &mut event {
                *shop = shop_id(u128::from(number));
            }
            FactOf::from((id, event)).0
        });
        history.together(listings);
        let listed = history.events[history.events.len() - chunk.len()..].to_vec();
        for ((product, public), event) in chunk.iter().zip(listed) {
            if *public {
                history.then((product_id(*product), ProductEvent::ProductPublished {}));
                published.push(event.position);
            }
        }
    }
    published.reverse();
    published
}

#[test]
fn every_row_comes_exactly_once_forward_and_backward() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let db = runtime.block_on(TestDb::new());
    // Every case is another shop in the same database.
    let state = RefCell::new((History::default(), 0));
    let mut runner = TestRunner::new(Config {
        cases: 100,
        ..Config::default()
    });
    let mask = proptest::collection::vec(any::<bool>(), 0..40);
    let sizes = proptest::collection::vec(1_i64..=7, 1..4);
    let outcome = runner.run(&(mask, sizes), |(mask, sizes)| {
        let (history, number) = &mut *state.borrow_mut();
        *number += 1;
        let expected = open_shop(history, *number, &mask);
        runtime.block_on(async {
            db.project::<Catalog>(history).await;
            let shop = Shop::of(&db, *number);
            assert_eq!(shop.forward(&sizes).await, expected);
            assert_eq!(shop.backward(&sizes).await, expected);
        });
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test]
async fn a_page_between_two_cursors_leaves_both_out() {
    let db = TestDb::new().await;
    let mut history = History::default();
    let all = open_shop(&mut history, 1, &[true; 8]);
    db.project::<Catalog>(&history).await;
    let shop = Shop::of(&db, 1);
    let between = |request: PageRequest| request.after(all[1]).before(all[5]);
    let first = shop.page(between(PageRequest::first(PageSize::MAX))).await;
    assert_eq!(cursors(&first.rows), all[2..5]);
    assert!(first.has_previous && first.has_next);
    let last = shop.page(between(PageRequest::last(size(2)))).await;
    assert_eq!(cursors(&last.rows), all[3..5]);
    let nothing = shop.page(PageRequest::first(size(1)).after(all[7])).await;
    assert_eq!(
        (nothing.rows.len(), nothing.has_previous, nothing.has_next),
        (0, true, false)
    );
}

#[tokio::test]
async fn rows_that_come_between_two_pages_neither_repeat_nor_hide_others() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    let publish = |history: &mut History, number| {
        history.then(product_listed(number, text("콩", "Bean")));
        history.then((product_id(number), ProductEvent::ProductPublished {}));
    };
    (1..=4).for_each(|number| publish(&mut history, number));
    db.project::<Catalog>(&history).await;
    let shop = Shop::of(&db, 1);
    let first = shop.page(PageRequest::first(size(2))).await;
    publish(&mut history, 5);
    history.then((product_id(4), ProductEvent::ProductUnpublished {}));
    db.project::<Catalog>(&history).await;
    let cursor = first.rows[1].cursor();
    let second = shop.page(PageRequest::first(size(2)).after(cursor)).await;
    let ids: Vec<_> = first
        .rows
        .iter()
        .chain(&second.rows)
        .map(|row| row.id)
        .collect();
    assert_eq!(ids, [4, 3, 2, 1].map(product_id));
}

#[tokio::test]
async fn shops_are_listed_newest_first_and_by_owner() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    history.then(shop_opened(2));
    db.project::<Catalog>(&history).await;
    let catalog = CatalogQueries::new(db.pool.clone());
    let all = catalog
        .shops(None, &PageRequest::first(size(10)))
        .await
        .unwrap();
    assert_eq!(
        all.rows.iter().map(|row| row.id).collect::<Vec<_>>(),
        [shop_id(2), shop_id(1)]
    );
    let his = catalog
        .shops(Some(wallet(1)), &PageRequest::first(size(10)))
        .await
        .unwrap();
    assert_eq!(
        his.rows.iter().map(|row| row.id).collect::<Vec<_>>(),
        [shop_id(1)]
    );
}

#[test]
fn a_page_has_1_to_100_rows() {
    for given in [i64::MIN, -1, 0, 101, i64::MAX] {
        assert_eq!(PageSize::try_from(given), Err(InvalidPageSize { given }));
    }
    assert_eq!((size(1).get(), size(100)), (1, PageSize::MAX));
}
