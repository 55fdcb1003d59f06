//! What an owner looks at and does with many orders at once.

use gage_tests::{
    actors::{Person, new_key},
    client::{Client, Refused},
    node::wallet,
    stack::Stack,
};
use serde_json::{Value, json};

const ORDERS: &str = "query($shop: ID!, $search: String, $status: [OrderStatus!]! = []) {
    shop(id: $shop) { orders(search: $search, status: $status) { nodes { id number } } } }";

/// The ids that an owner finds.
async fn found(person: &Person, shop: &str, search: &str) -> Vec<String> {
    let variables = json!({ "shop": shop, "search": search });
    let data = person.client.ask(ORDERS, variables).await.unwrap();
    strings(&data["shop"]["orders"]["nodes"], "id")
}

fn strings(nodes: &Value, field: &str) -> Vec<String> {
    let nodes = nodes.as_array().into_iter().flatten();
    nodes
        .filter_map(|node| node[field].as_str().map(str::to_owned))
        .collect()
}

async fn approves_all(owner: &Person, orders: &[(&str, &str)]) -> Result<Value, Refused> {
    let input: Vec<Value> = orders
        .iter()
        .map(|(order, key)| json!({ "order": order, "idempotencyKey": key }))
        .collect();
    let document = "mutation($input: ApproveOrdersInput!) { approveOrders(input: $input) {
        results { orderId order { status } position userErrors { code } } } }";
    let input = json!({ "input": { "orders": input } });
    let data = owner.client.ask(document, input).await?;
    Ok(data["approveOrders"]["results"].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_are_found_approved_together_and_told_in_figures() {
    let stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let cup = owner.sells(&shop, "Porcelain cup", 700, 10).await;
    let first = customer.orders(&shop, &tea, 2).await.unwrap();
    let second = customer.orders(&shop, &cup, 1).await.unwrap();
    let unpaid = customer.orders(&shop, &tea, 1).await.unwrap();
    for order in [&first, &second] {
        customer.pays(&stack.node.url(), order).await;
    }
    for order in [&first, &second] {
        customer.sees(order, "PAID").await;
        customer.sees_payment(order, "CONFIRMED").await;
    }
    customer.sees(&unpaid, "AWAITING_PAYMENT").await;

    // Search.
    let buyer = customer.address().to_string();
    assert_eq!(found(&owner, &shop, &buyer).await.len(), 3);
    assert_eq!(found(&owner, &shop, "porcelain").await, [&*second]);
    assert_eq!(
        found(&owner, &shop, "tea").await,
        [unpaid.clone(), first.clone()]
    );
    assert_eq!(found(&owner, &shop, &first).await, [&*first]);
    let data = owner
        .client
        .ask(ORDERS, json!({ "shop": shop }))
        .await
        .unwrap();
    let numbers = strings(&data["shop"]["orders"]["nodes"], "number");
    assert_eq!(found(&owner, &shop, &numbers[0]).await, [&*unpaid]);
    assert_eq!(
        found(&owner, &shop, "#00000000").await,
        Vec::<String>::new()
    );
    assert_eq!(
        found(&owner, &shop, &owner.address().to_string()).await,
        Vec::<String>::new()
    );

    // In bulk: what one is refused for does not hold up the others, and a repetition is answered.
    let keys = [new_key(), new_key(), new_key()];
    let all = [
        (&*first, &*keys[0]),
        (&*unpaid, &*keys[1]),
        (&*second, &*keys[2]),
    ];
    let results = approves_all(&owner, &all).await.unwrap();
    assert_eq!(results[0]["order"]["status"], "APPROVED");
    assert_eq!(results[1]["orderId"], Value::Null);
    assert_eq!(results[1]["userErrors"][0]["code"], "ORDER_NOT_PAID");
    assert_eq!(results[2]["orderId"], json!(second));
    let again = approves_all(&owner, &all).await.unwrap();
    assert_eq!(again[0]["position"], results[0]["position"]);
    let refused = approves_all(&customer, &all[..1]).await.unwrap();
    assert_eq!(refused[0]["userErrors"][0]["code"], "NOT_FOUND");
    let many = vec![all[0]; 51];
    for wrong in [&many[..], &[]] {
        let refused = approves_all(&owner, wrong).await.unwrap_err();
        assert_eq!(refused.code, "BAD_REQUEST");
    }

    figures(&stack, &owner, &shop, (&tea, &cup)).await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_many_approvals_counts_and_ends_by_itself() {
    let stack = Stack::with(&[("GAGE_REQUESTS_PER_MINUTE", "30")]).await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let none = "T3JkZXI6MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAx";
    let keys: Vec<String> = (0..50).map(|_| new_key()).collect();
    let orders: Vec<(&str, &str)> = keys.iter().map(|key| (none, &**key)).collect();
    let results = approves_all(&owner, &orders).await.unwrap();
    let codes = results.as_array().unwrap().iter().map(|result| {
        let code = &result["userErrors"][0]["code"];
        code.as_str().unwrap_or_default().to_owned()
    });
    let codes: Vec<String> = codes.collect();
    let count = |wanted: &str| codes.iter().filter(|code| *code == wanted).count();
    assert_eq!(codes.len(), 50);
    assert!(
        count("NOT_FOUND") > 0 && count("RATE_LIMITED") >= 20,
        "{codes:?}"
    );
    assert_eq!(count("NOT_FOUND") + count("RATE_LIMITED"), 50, "{codes:?}");
    stack.end().await;
}

async fn figures(stack: &Stack, owner: &Person, shop: &str, (tea, cup): (&str, &str)) {
    let document = "query($shop: ID!, $zone: String! = \"Asia/Seoul\", $days: Int! = 7) { shop(id: $shop) {
        orderCounts { status count more }
        sales(days: $days, timeZone: $zone) { since revenue { day orders total { amount currency decimals } }
            bestSellers { productId pieces product { name { en } } } }
        ledgers { accounts { held } } } }";
    let data = owner
        .client
        .ask(document, json!({ "shop": shop }))
        .await
        .unwrap();
    let seen = &data["shop"];
    let counted = |status: &str| {
        let counts = seen["orderCounts"].as_array().unwrap();
        let count = counts
            .iter()
            .find(|count| count["status"] == status)
            .unwrap();
        assert_eq!(count["more"], false);
        count["count"].as_u64().unwrap()
    };
    assert_eq!(
        (
            counted("APPROVED"),
            counted("AWAITING_PAYMENT"),
            counted("PAID"),
            counted("EXPIRED")
        ),
        (2, 1, 0, 0)
    );
    let revenue = &seen["sales"]["revenue"];
    assert_eq!(revenue.as_array().unwrap().len(), 1, "{revenue}");
    assert_eq!(
        (&revenue[0]["orders"], &revenue[0]["total"]["amount"]),
        (&json!(2), &json!("10700"))
    );
    assert_eq!(revenue[0]["total"]["decimals"], 18);
    let best = &seen["sales"]["bestSellers"];
    assert_eq!(
        (&best[0]["productId"], &best[0]["pieces"]),
        (&json!(tea), &json!("2"))
    );
    assert_eq!(
        (&best[1]["productId"], &best[1]["pieces"]),
        (&json!(cup), &json!("1"))
    );
    assert_eq!(seen["ledgers"][0]["accounts"][0]["held"], "10700");
    misasked(owner, shop, document).await;
    not_for_strangers(stack, shop).await;
}

/// Time zones and days that are none.
async fn misasked(owner: &Person, shop: &str, document: &str) {
    for wrong in [
        json!({ "zone": "KST" }),
        json!({ "days": 0 }),
        json!({ "days": 93 }),
    ] {
        let mut variables = json!({ "shop": shop });
        variables
            .as_object_mut()
            .unwrap()
            .extend(wrong.as_object().unwrap().clone());
        let refused = owner.client.ask(document, variables).await.unwrap_err();
        assert_eq!(refused.code, "BAD_REQUEST", "{wrong}");
    }
}

async fn not_for_strangers(stack: &Stack, shop: &str) {
    let stranger = Person::signed_in(&stack.server.url(), wallet(2)).await;
    for part in [
        "orderCounts { count }",
        "sales { since }",
        "orders { nodes { id } }",
    ] {
        let document = format!("query($shop: ID!) {{ shop(id: $shop) {{ {part} }} }}");
        let asked = stranger
            .client
            .ask(&document, json!({ "shop": shop }))
            .await;
        assert_eq!(asked.unwrap_err().code, "FORBIDDEN", "{part}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_that_is_low_is_the_owners_business() {
    let stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    owner.sells(&shop, "Porcelain cup", 700, 1).await;
    let mark = |mark: Value| json!({ "idempotencyKey": new_key(), "product": tea, "mark": mark });
    let selection = "product { lowStockMark lowStock }";
    let set = async |value: Value| {
        let payload = owner
            .client
            .mutate("changeLowStockMark", selection, mark(value))
            .await;
        payload.map(|payload| payload["product"].clone())
    };
    let product = set(json!(8)).await.unwrap();
    assert_eq!(product, json!({ "lowStockMark": 8, "lowStock": false }));
    for wrong in [0, -1] {
        let refused = set(json!(wrong)).await.unwrap_err();
        assert_eq!(refused.code, "QUANTITY_INVALID");
        assert_eq!(refused.error["field"], json!(["mark"]));
    }
    let refused = customer
        .client
        .mutate("changeLowStockMark", selection, mark(json!(1)))
        .await;
    assert_eq!(refused.unwrap_err().code, "FORBIDDEN");

    // Reserved pieces cannot be ordered: they count.
    let order = customer.orders(&shop, &tea, 2).await.unwrap();
    customer.sees(&order, "AWAITING_PAYMENT").await;
    let low = "query($shop: ID!) { shop(id: $shop) { products(lowStock: true) { nodes {
        id lowStock lowStockMark available } } } }";
    let shown = |data: Value| data["shop"]["products"]["nodes"].clone();
    let expected = json!([{ "id": tea, "lowStock": true, "lowStockMark": 8, "available": 8 }]);
    let seen = owner
        .client
        .ask(low, json!({ "shop": shop }))
        .await
        .unwrap();
    assert_eq!(shown(seen), expected);

    let all =
        "query($shop: ID!) { shop(id: $shop) { products { nodes { lowStock lowStockMark } } } }";
    let nothing = json!({ "lowStock": null, "lowStockMark": null });
    for client in [&customer.client, &Client::new(&stack.server.url())] {
        let seen = client.ask(all, json!({ "shop": shop })).await.unwrap();
        assert_eq!(shown(seen), json!([nothing, nothing]));
        let refused = client.ask(low, json!({ "shop": shop })).await.unwrap_err();
        assert!(["FORBIDDEN", "UNAUTHENTICATED"].contains(&&*refused.code));
    }
    let product = set(Value::Null).await.unwrap();
    assert_eq!(product, json!({ "lowStockMark": null, "lowStock": false }));
    stack.end().await;
}
