//! Sign in, order, reserve, pay on-chain, confirm, approve, ship, receive.

use gage_tests::{
    actors::{Person, Stock, events},
    node::{Program, wallet},
    stack::Stack,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_goes_from_the_sign_in_to_the_delivery_on_ganache() {
    let stack = Stack::new().await;
    the_main_job(&stack).await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_goes_from_the_sign_in_to_the_delivery_on_anvil() {
    let stack = Stack::on(Program::Anvil, &[]).await;
    the_main_job(&stack).await;
    stack.end().await;
}

async fn the_main_job(stack: &Stack) {
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;

    let order = customer.orders(&shop, &tea, 3).await.unwrap();
    owner.finds(&tea, Stock::of(10, 3)).await;
    assert_eq!(
        customer.counts(&tea).await.unwrap().reserved,
        None,
        "only for the owner to see"
    );

    let receipt = customer.pays(&stack.node.url(), &order).await;
    customer.sees(&order, "PAID").await;
    // Another read model, which may be a moment later.
    let page = customer.sees_payment(&order, "CONFIRMED").await;
    assert_eq!(page["total"]["amount"], "15000");
    assert_eq!(page["payment"]["held"], "15000");
    assert_eq!(
        page["payment"]["transactionHash"],
        receipt.transaction_hash.to_string()
    );

    owner.approves(&order).await.unwrap();
    owner.finds(&tea, Stock::of(7, 0)).await;
    owner.ships(&order).await.unwrap();
    customer.confirms_delivery(&order).await.unwrap();
    let page = customer.sees(&order, "DELIVERED").await;
    assert_eq!(page["tracking"]["carrier"], "CJ");
    let mut story = events(&page);
    // A hint may be written before or after the listener has seen the block.
    story.retain(|event| event != "ATTEMPT_REPORTED");
    assert_eq!(
        story,
        [
            "ORDER_PLACED",
            "PAYMENT_REQUESTED",
            "PAYMENT_DETECTED",
            "PAYMENT_CONFIRMED",
            "ORDER_PAID",
            "ORDER_APPROVED",
            "ORDER_SHIPPED",
            "DELIVERY_CONFIRMED",
        ]
    );
    the_history_can_be_read_back(stack).await;
}

/// `gage history` prints every event of the order's stream.
async fn the_history_can_be_read_back(stack: &Stack) {
    let pool = stack.database.pool().await;
    let id: String =
        sqlx::query_scalar("SELECT aggregate_id FROM events WHERE event_type = 'OrderPlaced'")
            .fetch_one(&pool)
            .await
            .unwrap();
    let history = stack.server.run(&["history", &format!("Order:{id}")]);
    let names = [
        "OrderPlaced",
        "OrderPaid",
        "OrderApproved",
        "OrderShipped",
        "DeliveryConfirmed",
    ];
    let places: Vec<usize> = names
        .iter()
        .map(|name| {
            history
                .find(name)
                .unwrap_or_else(|| panic!("{name} not in {history}"))
        })
        .collect();
    assert!(places.is_sorted(), "out of order: {history}");
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gas_quote_covers_what_the_payment_costs() {
    let stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 1).await.unwrap();
    let instructions = customer.asks_how_to_pay(&order).await.unwrap();
    let gas = &instructions.answer["gas"];
    let number = |name: &str| gas[name].as_str().unwrap().parse::<u128>().unwrap();
    let receipt = customer.sends(&stack.node.url(), &instructions).await;
    assert!(
        u128::from(receipt.gas_used) <= number("gasLimit"),
        "{gas} {receipt:?}"
    );
    assert!(number("expectedCost") <= number("maximumCost"));
    assert!(number("maximumCost") >= u128::from(receipt.gas_used) * receipt.effective_gas_price);
    customer.sees(&order, "PAID").await;
    stack.end().await;
}
