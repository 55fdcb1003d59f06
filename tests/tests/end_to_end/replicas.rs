//! Two servers on one database.

use gage_tests::{
    actors::{Person, Stock, events},
    node::wallet,
    stack::Stack,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_at_one_server_is_seen_at_the_other_and_credited_once() {
    let stack = Stack::new().await;
    let mut second = stack.replica();
    second.start().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    // One session for both.
    let customer = Person::signed_in(&second.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 40).await;
    let mut orders = Vec::new();
    for round in 0..6 {
        let server = if round % 2 == 0 {
            stack.server.url()
        } else {
            second.url()
        };
        orders.push(customer.at(&server).orders(&shop, &tea, 2).await.unwrap());
    }
    for order in &orders {
        customer.pays(&stack.node.url(), order).await;
    }
    for (round, order) in orders.iter().enumerate() {
        let server = if round % 2 == 0 {
            second.url()
        } else {
            stack.server.url()
        };
        let page = customer.at(&server).sees(order, "PAID").await;
        let story = events(&page);
        let paid = |name: &str| story.iter().filter(|event| *event == name).count();
        assert_eq!(paid("PAYMENT_DETECTED"), 1, "{story:?}");
        assert_eq!(paid("PAYMENT_CONFIRMED"), 1, "{story:?}");
        assert_eq!(paid("ORDER_PAID"), 1, "{story:?}");
        owner.at(&server).approves(order).await.unwrap();
    }
    owner.finds(&tea, Stock::of(28, 0)).await;
    second.stop();
    stack.end().await;
}
