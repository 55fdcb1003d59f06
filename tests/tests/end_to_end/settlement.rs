//! What becomes of an order's money: each party's own wallet sends what GraphQL told it.

use std::time::Duration;

use gage_tests::{
    actors::{Ask, Instructions, Person, Stock, events, new_key},
    node::{Program, wallet},
    stack::Stack,
    wait::until,
};
use serde_json::{Value, json};

/// What three pieces of tea cost.
const TOTAL: &str = "15000";

/// A shop, a customer, the arbiter, and an order that is paid.
struct Scene {
    stack: Stack,
    owner: Person,
    customer: Person,
    arbiter: Person,
    tea: String,
    order: String,
}

impl Scene {
    async fn paid_on(program: Program, changed: &[(&'static str, &str)]) -> Self {
        let stack = Stack::on(program, changed).await;
        let url = stack.server.url();
        let owner = Person::signed_in(&url, wallet(0)).await;
        let customer = Person::signed_in(&url, wallet(1)).await;
        let arbiter = Person::signed_in(&url, wallet(5)).await;
        let shop = owner.opens_shop("Tea house").await;
        let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
        let order = customer.orders(&shop, &tea, 3).await.unwrap();
        customer.pays(&stack.node.url(), &order).await;
        customer.sees(&order, "PAID").await;
        customer.sees_payment(&order, "CONFIRMED").await;
        Self {
            stack,
            owner,
            customer,
            arbiter,
            tea,
            order,
        }
    }

    async fn paid() -> Self {
        Self::paid_on(Program::Ganache, &[]).await
    }

    async fn approved() -> Self {
        let scene = Self::paid().await;
        scene.owner.approves(&scene.order).await.unwrap();
        scene
    }

    async fn shipped() -> Self {
        let scene = Self::approved().await;
        scene.owner.ships(&scene.order).await.unwrap();
        scene
    }

    fn chain(&self) -> String {
        self.stack.node.url()
    }

    /// Waits until the order's page shows these amounts: held, released, refunded.
    async fn sees_amounts(&self, person: &Person, expected: [&str; 3]) -> Value {
        let what = format!("held, released, refunded: {expected:?}");
        until(&what, Duration::from_secs(30), async || {
            let page = person.looks_at(&self.order).await.ok()?;
            let payment = &page["payment"];
            let found = ["held", "released", "refunded"].map(|name| payment[name].as_str());
            (found == expected.map(Some)).then_some(page)
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_buyer_who_has_the_goods_releases_the_money_and_the_order_is_complete() {
    let scene = Scene::shipped().await;
    // The money moves with the wallet's own signature, which confirming prepares.
    let input = json!({ "idempotencyKey": new_key(), "order": scene.order });
    let selection = "releaseCall { call { from contract callData value
        gasUnavailable { message } } refused { code } } position";
    let payload = scene
        .customer
        .client
        .mutate("confirmDelivery", selection, input)
        .await
        .unwrap();
    scene.customer.sees(&scene.order, "DELIVERED").await;
    let release = Instructions::of_prepared(&payload["releaseCall"]).unwrap();
    assert_eq!(release.answer["value"], "0");
    assert_eq!(
        release.answer["from"],
        scene.customer.address().to_checksum(None)
    );
    let receipt = scene.customer.sends(&scene.chain(), &release).await;
    assert!(receipt.status(), "{receipt:?}");

    scene.customer.sees(&scene.order, "COMPLETED").await;
    let page = scene.sees_amounts(&scene.customer, ["0", TOTAL, "0"]).await;
    assert_eq!(page["payment"]["status"], "RELEASED");
    let told = events(&page);
    assert_eq!(
        told[told.len() - 2..],
        ["FUNDS_RELEASED", "ORDER_COMPLETED"]
    );

    // What was released waits in the contract for its owner to take it out.
    let (amount, call) = scene.owner.can_withdraw().await.unwrap();
    assert_eq!(amount, 15_000);
    let receipt = scene.owner.sends(&scene.chain(), &call.unwrap()).await;
    assert!(receipt.status(), "{receipt:?}");
    let (amount, call) = scene.owner.can_withdraw().await.unwrap();
    assert!(amount == 0 && call.is_none());
    scene.stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_buyer_who_releases_without_a_word_completes_the_order_too_on_anvil() {
    let scene = Scene::paid_on(Program::Anvil, &[]).await;
    scene.owner.approves(&scene.order).await.unwrap();
    scene.owner.ships(&scene.order).await.unwrap();
    let chain = scene.chain();
    let release = Ask::Release(None);
    scene
        .customer
        .asks_escrow(&chain, &scene.order, release)
        .await;
    let page = scene.owner.sees(&scene.order, "COMPLETED").await;
    assert!(!events(&page).contains(&"DELIVERY_CONFIRMED".to_owned()));
    scene.stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_who_rejects_a_paid_order_gives_the_money_back() {
    let scene = Scene::paid().await;
    let input = json!({ "idempotencyKey": new_key(), "order": scene.order, "reason": "sold out" });
    let selection =
        "refundCall { call { from contract callData value } refused { code } } position";
    let payload = scene
        .owner
        .client
        .mutate("rejectOrder", selection, input)
        .await
        .unwrap();
    let page = scene
        .customer
        .sees_payment(&scene.order, "REFUND_DUE")
        .await;
    assert_eq!(page["payment"]["refundDue"], TOTAL);
    // The buyer cannot take it alone, and is told why.
    let refused = scene.customer.prepares(&scene.order, Ask::Refund(None));
    assert_eq!(refused.await.unwrap_err().code, "NOT_IN_DISPUTE");

    let refund = Instructions::of_prepared(&payload["refundCall"]).unwrap();
    assert!(scene.owner.sends(&scene.chain(), &refund).await.status());
    let page = scene.sees_amounts(&scene.customer, ["0", "0", TOTAL]).await;
    assert_eq!(page["payment"]["status"], "REFUNDED");
    assert_eq!(page["payment"]["refundDue"], Value::Null);
    assert_eq!(page["status"], "REJECTED", "it stays what it is");
    let (amount, _) = scene.customer.can_withdraw().await.unwrap();
    assert_eq!(amount, 15_000);
    scene.stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_money_may_go_in_parts_to_both() {
    let scene = Scene::shipped().await;
    let chain = scene.chain();
    let refused = scene
        .owner
        .prepares(&scene.order, Ask::Refund(Some(15_001)))
        .await
        .unwrap_err();
    assert_eq!(refused.code, "AMOUNT_ABOVE_HELD", "{refused}");
    assert_eq!(refused.error["held"], TOTAL);
    let some = Ask::Refund(Some(4_000));
    scene.owner.asks_escrow(&chain, &scene.order, some).await;
    let page = scene
        .sees_amounts(&scene.customer, ["11000", "0", "4000"])
        .await;
    assert_eq!(page["status"], "SHIPPED");
    let page = scene
        .sees_amounts(&scene.owner, ["11000", "0", "4000"])
        .await;
    assert_eq!(page["payment"]["status"], "CONFIRMED");

    let rest = Ask::Release(None);
    scene.customer.asks_escrow(&chain, &scene.order, rest).await;
    scene
        .sees_amounts(&scene.owner, ["0", "11000", "4000"])
        .await;
    scene.owner.sees(&scene.order, "COMPLETED").await;
    let refused = scene
        .customer
        .prepares(&scene.order, Ask::Release(None))
        .await
        .unwrap_err();
    assert_eq!(refused.code, "NOTHING_HELD", "{refused}");
    scene.stack.end().await;
}

/// The disputes that a person is to decide, as orders.
async fn to_decide(person: &Person) -> Vec<Value> {
    let document = "{ me { disputes(first: 5) { nodes {
        openedBy order { id status } payment { held status } } } } }";
    let data = person.client.ask(document, json!({})).await.unwrap();
    data["me"]["disputes"]["nodes"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispute_freezes_the_order_until_the_arbiter_decides() {
    let scene = Scene::approved().await;
    let (order, chain) = (scene.order.as_str(), scene.chain());
    assert_eq!(
        scene.arbiter.looks_at(order).await.unwrap(),
        Value::Null,
        "no business of the arbiter's yet"
    );
    assert!(to_decide(&scene.arbiter).await.is_empty());
    scene
        .customer
        .asks_escrow(&chain, order, Ask::Dispute)
        .await;

    // Both sides and the arbiter see it, and who opened it.
    let by = scene.customer.address().to_checksum(None);
    for person in [&scene.customer, &scene.owner, &scene.arbiter] {
        let page = person.sees_payment(order, "DISPUTED").await;
        assert_eq!(page["payment"]["dispute"]["openedBy"], by);
    }
    let open = to_decide(&scene.arbiter).await;
    assert_eq!(open.len(), 1);
    assert_eq!(
        (&open[0]["order"]["id"], &open[0]["payment"]["held"]),
        (&json!(order), &json!(TOTAL))
    );
    assert!(to_decide(&scene.customer).await.is_empty());

    let frozen = scene.owner.ships(order).await.unwrap_err();
    assert_eq!(frozen.code, "IN_DISPUTE", "{frozen}");
    let too_early = scene.customer.prepares(order, Ask::Refund(None)).await;
    let too_early = too_early.unwrap_err();
    assert_eq!(too_early.code, "TOO_EARLY", "{too_early}");
    let page = scene.customer.looks_at(order).await.unwrap();
    assert_eq!(
        too_early.error["possibleFrom"],
        page["payment"]["dispute"]["refundableFrom"]
    );
    let again = scene.owner.prepares(order, Ask::Dispute).await.unwrap_err();
    assert_eq!(again.code, "IN_DISPUTE", "{again}");

    scene
        .arbiter
        .asks_escrow(&chain, order, Ask::Refund(None))
        .await;
    scene.customer.sees(order, "REFUNDED").await;
    scene.sees_amounts(&scene.owner, ["0", "0", TOTAL]).await;
    scene.owner.finds(&scene.tea, Stock::of(7, 0)).await;
    until(
        "nothing is to decide",
        Duration::from_secs(20),
        async || to_decide(&scene.arbiter).await.is_empty().then_some(()),
    )
    .await;
    let page = scene.arbiter.looks_at(order).await.unwrap();
    assert_eq!(page["payment"]["dispute"]["openedBy"], by, "for the record");
    scene.stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_who_gives_all_back_ends_the_order() {
    let scene = Scene::approved().await;
    let chain = scene.chain();
    let all = Ask::Refund(None);
    scene.owner.asks_escrow(&chain, &scene.order, all).await;
    scene.customer.sees(&scene.order, "REFUNDED").await;
    scene.customer.sees_payment(&scene.order, "REFUNDED").await;
    // Goods that left come back by hand.
    scene.owner.finds(&scene.tea, Stock::of(7, 0)).await;
    let refused = scene.owner.ships(&scene.order).await.unwrap_err();
    assert_eq!(refused.code, "ORDER_STATE_CONFLICT", "{refused}");
    scene.stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_move_the_money_is_told_from_when() {
    // The hold time of an hour begins with the payment's block.
    let hour = [("GAGE_HOLD_SECS", "3600")];
    let scene = Scene::paid_on(Program::Ganache, &hour).await;
    let page = scene.owner.sees_payment(&scene.order, "CONFIRMED").await;
    let releasable_from = page["payment"]["releasableFrom"].clone();
    assert!(releasable_from.is_string());
    let refused = scene
        .owner
        .prepares(&scene.order, Ask::Release(None))
        .await
        .unwrap_err();
    assert_eq!(refused.code, "TOO_EARLY", "{refused}");
    assert_eq!(refused.error["possibleFrom"], releasable_from);

    // The contract says the same, to the second.
    let pool = scene.stack.database.pool().await;
    let mined_at: String = sqlx::query_scalar(
        "SELECT payload->'PaymentDetected'->>'mined_at' FROM events
          WHERE event_type = 'PaymentDetected'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    pool.close().await;
    assert_eq!(page["payment"]["paidAt"], mined_at);
    let refused = scene.arbiter.looks_at(&scene.order).await.unwrap();
    assert_eq!(refused, Value::Null);
    scene.stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_buyer_whose_arbiter_stays_silent_takes_the_money_back() {
    let silent = [("GAGE_DISPUTE_SECS", "3")];
    let scene = Scene::paid_on(Program::Ganache, &silent).await;
    let (order, chain) = (scene.order.as_str(), scene.chain());
    scene.owner.asks_escrow(&chain, order, Ask::Dispute).await;
    scene.customer.sees_payment(order, "DISPUTED").await;
    // A word from either side is still possible, but nothing is decided about the order.
    let frozen = scene.customer.cancels(order).await.unwrap_err();
    assert_eq!(frozen.code, "IN_DISPUTE", "{frozen}");
    let call = until(
        "the arbiter's time is over",
        Duration::from_secs(20),
        async || scene.customer.prepares(order, Ask::Refund(None)).await.ok(),
    );
    // No block has come since: the quote holds for the next one.
    let call = call.await;
    assert_eq!(call.answer["gasUnavailable"], Value::Null);
    assert!(scene.customer.sends(&chain, &call).await.status());
    scene.customer.sees(order, "REFUNDED").await;
    // What was reserved for it comes back.
    scene.owner.finds(&scene.tea, Stock::of(10, 0)).await;
    scene.stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seller_takes_the_money_when_the_hold_time_is_over() {
    let short = [("GAGE_HOLD_SECS", "3")];
    let scene = Scene::paid_on(Program::Ganache, &short).await;
    let (order, chain) = (scene.order.as_str(), scene.chain());
    scene.owner.approves(order).await.unwrap();
    let call = until(
        "the hold time is over",
        Duration::from_secs(20),
        async || scene.owner.prepares(order, Ask::Release(None)).await.ok(),
    );
    let call = call.await;
    let late = scene.customer.prepares(order, Ask::Dispute).await;
    assert_eq!(late.unwrap_err().code, "TOO_LATE");
    assert!(scene.owner.sends(&chain, &call).await.status());
    scene.sees_amounts(&scene.customer, ["0", TOTAL, "0"]).await;
    // It is over when it is sent, not before.
    scene.owner.sees(order, "APPROVED").await;
    scene.owner.ships(order).await.unwrap();
    scene.customer.sees(order, "COMPLETED").await;
    scene.stack.end().await;
}

/// Answers of the chain's program itself.
async fn ask_chain(stack: &Stack, method: &'static str, params: Value) -> Value {
    use alloy::providers::Provider as _;
    let provider = stack.node.provider();
    provider.raw_request(method.into(), params).await.unwrap()
}

/// Makes the chain forget what came after `then`, and go on with other, empty blocks.
async fn forget(stack: &Stack, then: &Value) {
    assert_eq!(ask_chain(stack, "evm_revert", json!([then])).await, true);
    for _ in 0..2 {
        ask_chain(stack, "evm_mine", json!([])).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_payment_left_the_chain_waits_for_it_again() {
    let stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 3).await.unwrap();
    let instructions = customer.asks_how_to_pay(&order).await.unwrap();
    let then = ask_chain(&stack, "evm_snapshot", json!([])).await;
    let chain = stack.node.url();
    assert!(customer.sends(&chain, &instructions).await.status());
    customer.sees(&order, "PAID").await;

    forget(&stack, &then).await;
    customer.sees(&order, "AWAITING_PAYMENT").await;
    let page = customer.sees_payment(&order, "REQUESTED").await;
    assert_eq!(page["payment"]["held"], "0");
    owner.finds(&tea, Stock::of(10, 3)).await;
    let refused = owner.approves(&order).await.unwrap_err();
    assert_eq!(refused.code, "ORDER_NOT_PAID", "{refused}");

    // The wallet sends it again.
    assert!(customer.sends(&chain, &instructions).await.status());
    let page = customer.sees(&order, "PAID").await;
    let mut told = events(&page);
    told.retain(|event| event.starts_with("ORDER_"));
    assert_eq!(
        told,
        [
            "ORDER_PLACED",
            "ORDER_PAID",
            "ORDER_PAYMENT_REVERTED",
            "ORDER_PAID"
        ]
    );
    owner.approves(&order).await.unwrap();
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_payment_left_the_chain_for_good_expires() {
    let short = [
        ("GAGE_PAYMENT_WINDOW_SECS", "5"),
        ("GAGE_EXPIRY_GRACE_SECS", "1"),
    ];
    let stack = Stack::with(&short).await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let then = ask_chain(&stack, "evm_snapshot", json!([])).await;
    let order = customer.orders(&shop, &tea, 3).await.unwrap();
    customer.pays(&stack.node.url(), &order).await;
    customer.sees(&order, "PAID").await;
    // The window is long over: a paid order does not care.
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert_eq!(customer.looks_at(&order).await.unwrap()["status"], "PAID");

    forget(&stack, &then).await;
    let page = customer.sees(&order, "EXPIRED").await;
    assert!(events(&page).contains(&"ORDER_PAYMENT_REVERTED".to_owned()));
    owner.finds(&tea, Stock::of(10, 0)).await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_word_from_the_buyer_the_hold_time_releases() {
    /// More than the release costs, or the keeper would leave it alone.
    const PRICE_WORTH_IT: u64 = 5_000_000_000_000_000;
    let stack = Stack::with_keeper(&[("GAGE_HOLD_SECS", "4")]).await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", PRICE_WORTH_IT, 10).await;
    let (sent, kept) = (
        customer.orders(&shop, &tea, 3).await.unwrap(),
        customer.orders(&shop, &tea, 1).await.unwrap(),
    );
    for order in [&sent, &kept] {
        customer.pays(&stack.node.url(), order).await;
        customer.sees(order, "PAID").await;
        owner.approves(order).await.unwrap();
    }
    owner.ships(&sent).await.unwrap();
    customer.sees(&sent, "COMPLETED").await;
    let page = customer.sees_payment(&sent, "RELEASED").await;
    assert_eq!(
        page["payment"]["released"],
        (3 * PRICE_WORTH_IT).to_string()
    );
    assert!(!events(&page).contains(&"DELIVERY_CONFIRMED".to_owned()));
    // What was not sent is not the keeper's business.
    assert_eq!(
        customer.looks_at(&kept).await.unwrap()["status"],
        "APPROVED"
    );
    let health = reqwest::get(format!("{}/readyz", stack.server.url())).await;
    let health: Value = health.unwrap().json().await.unwrap();
    assert_eq!(health["chains"][0]["keeper"]["condition"], "up", "{health}");
    assert_eq!(health["chains"][0]["keeper"]["left_alone"], 0);
    let mined = until(
        "the transaction's cost",
        Duration::from_secs(20),
        async || {
            let released = "outcome=\"released\"";
            let name = "gage_keeper_transactions_total";
            let count = stack.server.metric(name, released).await;
            (count > 0.0).then_some(count)
        },
    );
    assert!((mined.await - 1.0).abs() < f64::EPSILON);
    stack.end().await;
}
