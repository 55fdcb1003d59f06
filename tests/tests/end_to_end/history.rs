//! The history over the API: to whom it is shown, page by page, as it comes, and as of any moment.

use std::collections::BTreeSet;

use gage_application::ports::clock::Clock as _;
use gage_infrastructure::clock::SystemClock;
use gage_tests::{
    actors::Person,
    client::Client,
    node::wallet,
    stack::Stack,
    subscription::{Sent, Subscription},
};
use serde_json::{Value, json};

const HISTORY: &str = "query($filter: HistoryFilter, $first: Int, $from: Cursor) { \
    history(filter: $filter, first: $first, from: $from) { \
    events { cursor stream sequence type payload actor words { ko en } } lookedTo hasMore } }";

async fn asks(client: &Client, filter: Value) -> Result<Vec<Value>, String> {
    let (mut from, mut events) = (Value::Null, Vec::new());
    loop {
        let variables = json!({ "filter": filter, "first": 4, "from": from });
        let answer = client.ask(HISTORY, variables).await;
        let page = answer.map_err(|refused| refused.code)?["history"].clone();
        events.extend(page["events"].as_array().unwrap().iter().cloned());
        if page["hasMore"] == false {
            return Ok(events);
        }
        from = page["lookedTo"].clone();
    }
}

fn types(events: &[Value]) -> Vec<&str> {
    let types = events.iter().map(|event| event["type"].as_str().unwrap());
    types.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_is_shown_to_those_whose_it_is_and_all_of_it_to_auditors() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let stranger = Person::signed_in(&url, wallet(2)).await;
    let auditor = Person::signed_in(&url, wallet(3)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 2).await.unwrap();
    customer.sees(&order, "AWAITING_PAYMENT").await;
    customer.cancels(&order).await.unwrap();
    customer.sees(&order, "CANCELLED").await;

    let of_order = json!({ "stream": order });
    for person in [&owner, &customer, &auditor] {
        let events = asks(&person.client, of_order.clone()).await.unwrap();
        assert_eq!(types(&events), ["OrderPlaced", "OrderCancelled"]);
        let words = &events[1]["words"];
        assert_eq!(words["en"], "The customer cancelled the order.");
        assert_eq!(words["ko"], "고객이 주문을 취소했습니다.");
        let stored: Value = serde_json::from_str(events[1]["payload"].as_str().unwrap()).unwrap();
        assert_eq!(stored, json!({ "OrderCancelled": {} }));
    }
    assert_eq!(
        asks(&stranger.client, of_order).await.unwrap_err(),
        "NOT_FOUND"
    );
    let nobody = asks(&Client::new(&url), json!({ "stream": order })).await;
    assert_eq!(nobody.unwrap_err(), "UNAUTHENTICATED");
    for (id, mine) in [(&shop, &owner), (&tea, &owner)] {
        let filter = json!({ "stream": id });
        assert!(!asks(&mine.client, filter.clone()).await.unwrap().is_empty());
        assert_eq!(
            asks(&customer.client, filter).await.unwrap_err(),
            "NOT_FOUND"
        );
    }
    let everything = asks(&auditor.client, json!({})).await.unwrap();
    assert!(everything.len() >= 9, "{:?}", types(&everything));
    mine(&owner, &customer, &stranger, &auditor, &shop).await;
    many(&stack, &owner, &customer, &shop).await;
    let bad = asks(&auditor.client, json!({ "stream": "Cart:1" })).await;
    assert_eq!(bad.unwrap_err(), "BAD_REQUEST");

    why(&customer, &stranger, &order, &everything).await;
    moments(&customer, &stranger, &order).await;
    stack.end().await;
}

/// Everything of one's own, without naming it: for an owner the shop's, for a customer the orders'.
async fn mine(owner: &Person, customer: &Person, stranger: &Person, auditor: &Person, shop: &str) {
    let kinds = |events: &[Value]| {
        let kinds = events.iter().map(|event| {
            let stream = event["stream"].as_str().unwrap();
            stream.split_once(':').unwrap().0.to_owned()
        });
        kinds.collect::<BTreeSet<String>>()
    };
    let of_shop = asks(&auditor.client, json!({ "shop": shop }))
        .await
        .unwrap();
    let every = ["Inventory", "Order", "Payment", "Product", "Shop"].map(str::to_owned);
    assert_eq!(kinds(&of_shop), every.into());
    for filter in [json!({}), json!({ "shop": shop })] {
        assert_eq!(asks(&owner.client, filter).await.unwrap(), of_shop);
    }
    let bought = asks(&customer.client, json!({})).await.unwrap();
    let theirs = ["Order", "Payment"].map(str::to_owned);
    assert_eq!(kinds(&bought), theirs.into());
    let filter = json!({ "customer": customer.address().to_string() });
    assert_eq!(asks(&auditor.client, filter.clone()).await.unwrap(), bought);
    assert_eq!(
        asks(&stranger.client, json!({})).await.unwrap(),
        Vec::<Value>::new()
    );
    for (person, filter) in [
        (customer, json!({ "shop": shop })),
        (stranger, filter.clone()),
        (owner, filter),
    ] {
        let refused = asks(&person.client, filter).await.unwrap_err();
        assert_eq!(refused, "NOT_FOUND");
    }
    let filter = json!({ "shop": shop, "types": ["OrderPlaced", "OrderCancelled"] });
    let sifted = asks(&owner.client, filter).await.unwrap();
    assert_eq!(types(&sifted), ["OrderPlaced", "OrderCancelled"]);
    let order = sifted[0]["stream"].as_str().unwrap().to_owned();
    let related = json!({ "stream": order, "related": true });
    let related = asks(&customer.client, related).await.unwrap();
    let expected = [
        "OrderPlaced",
        "PaymentRequested",
        "OrderCancelled",
        "PaymentExpired",
    ];
    assert_eq!(BTreeSet::from_iter(types(&related)), expected.into());
    let both = json!({ "shop": shop, "stream": shop });
    assert_eq!(asks(&owner.client, both).await.unwrap_err(), "BAD_REQUEST");
}

/// Of more orders than are looked up one by one, the same is shown.
async fn many(stack: &Stack, owner: &Person, customer: &Person, shop: &str) {
    let of_shop = asks(&owner.client, json!({ "shop": shop })).await.unwrap();
    let bought = asks(&customer.client, json!({})).await.unwrap();
    let pool = stack.database.pool().await;
    let more = "INSERT INTO orders_v4.orders SELECT (jsonb_populate_record(o, \
        jsonb_build_object('id', gen_random_uuid()))).* \
        FROM orders_v4.orders o, generate_series(1, 1001)";
    sqlx::query(more).execute(&pool).await.unwrap();
    let filter = json!({ "shop": shop });
    assert_eq!(asks(&owner.client, filter).await.unwrap(), of_shop);
    assert_eq!(asks(&customer.client, json!({})).await.unwrap(), bought);
    let filter = json!({ "types": ["OrderCancelled"] });
    let one = asks(&owner.client, filter).await.unwrap();
    assert_eq!(types(&one), ["OrderCancelled"]);
    let again = "DELETE FROM orders_v4.orders o WHERE NOT EXISTS \
        (SELECT FROM orders_v4.timeline t WHERE t.order_id = o.id)";
    sqlx::query(again).execute(&pool).await.unwrap();
    pool.close().await;
}

/// Why the stock was given back, for who ordered, and not for who did not.
async fn why(customer: &Person, stranger: &Person, order: &str, everything: &[Value]) {
    let released = everything
        .iter()
        .find(|event| event["type"] == "ReservationReleased")
        .unwrap();
    let cancelled = everything
        .iter()
        .find(|event| event["type"] == "OrderCancelled")
        .unwrap();
    let document =
        "query($of: Cursor!) { causes(of: $of) { event { cursor type sequence } causedBy } }";
    let of = json!({ "of": cancelled["cursor"] });
    let tree = customer.client.ask(document, of.clone()).await.unwrap();
    let tree = tree["causes"].as_array().unwrap();
    let found = tree
        .iter()
        .find(|caused| caused["event"]["type"] == "ReservationReleased");
    let found = found.unwrap();
    assert_eq!(found["causedBy"], cancelled["cursor"], "{order}");
    // Its number would tell how much others order.
    assert_eq!(found["event"]["sequence"], Value::Null);
    let own = tree
        .iter()
        .find(|one| one["event"]["type"] == "OrderCancelled");
    assert_eq!(own.unwrap()["event"]["sequence"], "2");
    let refused = stranger.client.ask(document, of).await.unwrap_err();
    assert_eq!(refused.code, "NOT_FOUND");
    let of = json!({ "of": released["cursor"] });
    let refused = customer.client.ask(document, of).await.unwrap_err();
    assert_eq!(refused.code, "NOT_FOUND");
}

/// How the order stood, and what became other.
async fn moments(customer: &Person, stranger: &Person, order: &str) {
    let document = "query($stream: String!, $at: MomentInput) { \
        asOf(stream: $stream, at: $at) { sequence lastSequence answers event { type } } }";
    let first = json!({ "stream": order, "at": { "sequence": "1" } });
    let then = customer.client.ask(document, first.clone()).await.unwrap();
    let row = &then["asOf"]["answers"]["orders.orders"][0];
    assert_eq!(row["phase"], "awaiting_payment");
    assert_eq!(then["asOf"]["lastSequence"], "2");
    let now = json!({ "stream": order });
    let now = customer.client.ask(document, now).await.unwrap();
    assert_eq!(now["asOf"]["event"]["type"], "OrderCancelled");
    let refused = stranger.client.ask(document, first).await.unwrap_err();
    assert_eq!(refused.code, "NOT_FOUND");
    let document = "query($stream: String!, $from: MomentInput!) { \
        changes(stream: $stream, from: $from) { path before after } }";
    let variables = json!({ "stream": order, "from": { "sequence": "1" } });
    let changes = customer.client.ask(document, variables).await.unwrap();
    let phase = changes["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["path"] == "orders.orders[0].phase")
        .unwrap()
        .clone();
    assert_eq!(
        (&phase["before"], &phase["after"]),
        (&json!("awaiting_payment"), &json!("cancelled"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_is_followed_from_any_event_without_loss() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let auditor = Person::signed_in(&url, wallet(3)).await;
    let shop = owner.opens_shop("Tea house").await;
    let document = "subscription($after: Cursor, $filter: HistoryFilter) { \
        history(after: $after, filter: $filter) { cursor type } }";
    let variables = json!({ "filter": { "types": ["ShopOpened", "OrderPlaced"] } });
    let mut following = Subscription::open(&auditor.client, document, variables).await;
    let opened = following.next_data().await["history"].clone();
    assert_eq!(opened["type"], "ShopOpened");
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    customer.orders(&shop, &tea, 1).await.unwrap();
    let placed = following.next_data().await["history"].clone();
    assert_eq!(placed["type"], "OrderPlaced");
    let variables = json!({ "after": opened["cursor"], "filter": { "types": ["OrderPlaced"] } });
    let mut again = Subscription::open(&auditor.client, document, variables).await;
    assert_eq!(again.next_data().await["history"], placed);
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_ones_own_is_followed_as_it_comes_and_no_longer_than_asked() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let other = Person::signed_in(&url, wallet(2)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let document = "subscription($filter: HistoryFilter) { \
        history(filter: $filter) { cursor type stream } }";
    let filter = json!({ "filter": { "types": ["OrderPlaced", "OrderCancelled"] } });
    let mut following = Subscription::open(&customer.client, document, filter.clone()).await;
    let mut shops = Subscription::open(&owner.client, document, filter).await;
    let theirs = other.orders(&shop, &tea, 1).await.unwrap();
    let mine = customer.orders(&shop, &tea, 1).await.unwrap();
    customer.cancels(&mine).await.unwrap();
    for expected in ["OrderPlaced", "OrderCancelled"] {
        let told = following.next_data().await["history"].clone();
        assert_eq!(told["type"], expected, "never what others did: {theirs}");
    }
    for expected in ["OrderPlaced", "OrderPlaced", "OrderCancelled"] {
        assert_eq!(shops.next_data().await["history"]["type"], expected);
    }
    // The end of a time that is over.
    let soon = SystemClock.now() + time::Duration::seconds(1);
    let soon = soon.format(&time::format_description::well_known::Rfc3339);
    let until = json!({ "filter": { "types": ["OrderCancelled"], "until": soon.unwrap() } });
    let mut ending = Subscription::open(&customer.client, document, until).await;
    assert_eq!(
        ending.next_data().await["history"]["type"],
        "OrderCancelled"
    );
    assert!(matches!(ending.next().await, Sent::Complete));
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_look_any_more_is_told_nothing_more() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let arbiter = Person::signed_in(&url, wallet(2)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 1).await.unwrap();
    customer.sees(&order, "AWAITING_PAYMENT").await;
    // As a dispute leaves the order's row, and as its end on another fork does.
    let disputed = |disputed: bool| {
        let address = arbiter.address();
        format!(
            "UPDATE orders_v4.orders SET disputed = {disputed}, arbiter = decode('{address:x}', 'hex')"
        )
    };
    let pool = stack.database.pool().await;
    sqlx::query(&disputed(true)).execute(&pool).await.unwrap();
    let document = "subscription($filter: HistoryFilter) { history(filter: $filter) { type } }";
    let variables = json!({ "filter": { "stream": order } });
    let mut following = Subscription::open(&arbiter.client, document, variables).await;
    assert_eq!(
        following.next_data().await["history"]["type"],
        "OrderPlaced"
    );
    sqlx::query(&disputed(false)).execute(&pool).await.unwrap();
    pool.close().await;
    customer.cancels(&order).await.unwrap();
    let Sent::Next(result) = following.next().await else {
        panic!("an error is told");
    };
    assert_eq!(result["errors"][0]["extensions"]["code"], "NOT_FOUND");
    assert_eq!(result["data"], Value::Null);
    stack.end().await;
}
