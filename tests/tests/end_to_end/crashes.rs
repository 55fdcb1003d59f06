//! `kill -9` at every point of the story.

use gage_tests::{
    actors::{Person, Stock, events, new_key},
    node::wallet,
    stack::Stack,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_goes_on_after_a_kill_at_each_of_its_steps() {
    let mut stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let chain = stack.node.url();

    let shop = owner.opens_shop("Tea house").await;
    restart(&mut stack).await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    restart(&mut stack).await;
    let order = customer.orders(&shop, &tea, 3).await.unwrap();
    restart(&mut stack).await;
    let instructions = customer.asks_how_to_pay(&order).await.unwrap();
    stack.server.kill();
    // Paid while nobody watches, and seen after the restart.
    assert!(customer.sends(&chain, &instructions).await.status());
    stack.server.start().await;
    // Killed while the payment is on its way through the server.
    restart(&mut stack).await;
    customer.sees(&order, "PAID").await;
    restart(&mut stack).await;
    owner.approves(&order).await.unwrap();
    restart(&mut stack).await;
    owner.ships(&order).await.unwrap();
    restart(&mut stack).await;
    customer.confirms_delivery(&order).await.unwrap();
    restart(&mut stack).await;

    let page = customer.sees(&order, "DELIVERED").await;
    assert_eq!(
        events(&page),
        [
            "ORDER_PLACED",
            "PAYMENT_REQUESTED",
            "PAYMENT_DETECTED",
            "PAYMENT_CONFIRMED",
            "ORDER_PAID",
            "ORDER_APPROVED",
            "ORDER_SHIPPED",
            "DELIVERY_CONFIRMED",
        ],
        "once each"
    );
    owner.finds(&tea, Stock::of(7, 0)).await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_in_the_read_model_after_a_kill() {
    let mut stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 100).await;
    let mut orders = Vec::new();
    for _ in 0..8 {
        // Killed between the commit, which was answered, and whatever the projections do.
        orders.push(customer.orders(&shop, &tea, 1).await.unwrap());
        restart(&mut stack).await;
    }
    for order in &orders {
        customer.sees(order, "AWAITING_PAYMENT").await;
    }
    owner.finds(&tea, Stock::of(100, 8)).await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_who_try_again_after_a_kill_have_one_order_each() {
    let mut stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 1_000).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let keys: Vec<String> = (0..60).map(|_| new_key()).collect();
    let place = |key: String| {
        let (customer, shop, tea) = (customer.clone(), shop.clone(), tea.clone());
        tokio::spawn(async move { customer.orders_with_key(&shop, &tea, 1, &key).await })
    };
    let tries: Vec<_> = keys.iter().cloned().map(place).collect();
    tokio::time::sleep(std::time::Duration::from_millis(40)).await;
    stack.server.kill();
    let first: Vec<_> = futures::future::join_all(tries).await;
    stack.server.start().await;
    for (key, earlier) in keys.iter().zip(first) {
        let again = place(key.clone()).await.unwrap().unwrap();
        if let Ok(order) = earlier.unwrap() {
            assert_eq!(order, again, "an answered order is the same one");
        }
    }
    owner.finds(&tea, Stock::of(1_000, 60)).await;
    stack.end().await;
}

async fn restart(stack: &mut Stack) {
    stack.server.kill();
    stack.server.start().await;
}
