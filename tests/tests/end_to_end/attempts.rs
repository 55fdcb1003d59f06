//! What becomes of transactions that were reported, as a customer sees it.

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, U256},
    providers::{Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
};
use gage_tests::{
    actors::Person,
    node::{CHAIN_ID, wallet},
    stack::Stack,
    wait::until,
};
use serde_json::{Value, json};
use std::time::Duration;

const GWEI: u128 = 1_000_000_000;

/// The attempts of an order's payment, with the payment's status.
async fn attempts(customer: &Person, order: &str) -> Option<(Value, Value)> {
    let document = "query($id: ID!) { order(id: $id) { payment {
        status attempts { transactionHash status } } } }";
    let data = customer.client.ask(document, json!({ "id": order })).await;
    let payment = data.ok()?["order"]["payment"].clone();
    Some((payment["status"].clone(), payment["attempts"].clone()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_who_speeds_up_sees_the_first_transaction_replaced_and_the_second_pay() {
    let stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 1).await.unwrap();
    let answer = customer.asks_how_to_pay(&order).await.unwrap().answer;
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    // The nonce is ours to choose.
    let provider = ProviderBuilder::new()
        .disable_recommended_fillers()
        .wallet(customer.wallet.clone())
        .connect_http(stack.node.url().parse().unwrap());
    // Ganache 7.9.2 takes the nonce 0 for none, and gives each such transaction one of its own.
    let nothing = TransactionRequest::default()
        .with_from(customer.address())
        .with_to(customer.address())
        .with_chain_id(CHAIN_ID)
        .with_nonce(0)
        .with_gas_limit(21_000)
        .with_gas_price(20 * GWEI);
    let sent = provider.send_transaction(nothing).await.unwrap();
    assert!(sent.get_receipt().await.unwrap().status());
    let nonce = provider
        .get_transaction_count(customer.address())
        .await
        .unwrap();
    assert!(nonce > 0);
    let payment = |gwei: u128| {
        TransactionRequest::default()
            .with_from(customer.address())
            .with_to(text("contract").parse::<Address>().unwrap())
            .with_input(hex::decode(&text("callData")[2..]).unwrap())
            .with_value(text("value").parse::<U256>().unwrap())
            .with_chain_id(CHAIN_ID)
            .with_nonce(nonce)
            .with_gas_limit(400_000)
            .with_gas_price(gwei * GWEI)
    };
    // Mining waits, so that the first transaction can be replaced.
    let ask = async |method: &'static str| {
        let done: Value = provider.raw_request(method.into(), ()).await.unwrap();
        done
    };
    ask("miner_stop").await;
    let slow = provider.send_transaction(payment(10)).await.unwrap();
    let slow = *slow.tx_hash();
    customer.reports_attempt(&order, slow, nonce).await.unwrap();
    let quick = provider.send_transaction(payment(20)).await.unwrap();
    let quick = *quick.tx_hash();
    customer
        .reports_attempt(&order, quick, nonce)
        .await
        .unwrap();
    ask("evm_mine").await;
    ask("miner_start").await;
    customer.sees_payment(&order, "CONFIRMED").await;
    let expected = json!([
        { "transactionHash": slow.to_string(), "status": "REPLACED" },
        { "transactionHash": quick.to_string(), "status": "PAID" },
    ]);
    until("the verdict", Duration::from_secs(30), async || {
        let (status, attempts) = attempts(&customer, &order).await?;
        (status == "CONFIRMED" && attempts == expected).then_some(())
    })
    .await;
    stack.end().await;
}
