//! What the escrow holds for an owner and a customer, and how they take it out.

use std::time::Duration;

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, B256, U256},
    providers::{Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
    sol_types::SolCall,
};
use gage_infrastructure::chain::ShopEscrow;
use gage_tests::{actors::Person, node::wallet, stack::Stack, wait::until};
use serde_json::{Value, json};

const LEDGER: &str = "wallet accounts {
    token chainId escrow held released refunded returned withdrawn withdrawable } withdrawal { amount call {
    chainId from contract callData value gas { gasLimit } gasUnavailable { message } } }";

const SOON: Duration = Duration::from_secs(30);

/// The ledgers of a shop, as somebody sees them.
async fn of_shop(person: &Person, shop: &str) -> Result<Value, String> {
    let document = format!("query($id: ID!) {{ shop(id: $id) {{ ledgers {{ {LEDGER} }} }} }}");
    let data = person.client.ask(&document, json!({ "id": shop })).await;
    data.map(|data| data["shop"]["ledgers"].clone())
        .map_err(|refused| refused.code)
}

async fn own(person: &Person) -> Value {
    let document = format!("{{ me {{ ledger {{ {LEDGER} }} }} }}");
    let data = person.client.ask(&document, Value::Null).await.unwrap();
    data["me"]["ledger"].clone()
}

/// Held, released, refunded, returned, withdrawn and withdrawable of the only account.
fn sums(ledger: &Value) -> Option<[u64; 6]> {
    let account = &ledger["accounts"][0];
    let names = [
        "held",
        "released",
        "refunded",
        "returned",
        "withdrawn",
        "withdrawable",
    ];
    let mut sums = [0; 6];
    for (sum, name) in sums.iter_mut().zip(names) {
        *sum = account[name].as_str()?.parse().ok()?;
    }
    Some(sums)
}

async fn sends(person: &Person, chain: &str, to: Address, data: Vec<u8>) {
    let provider = ProviderBuilder::new()
        .wallet(person.wallet.clone())
        .connect_http(chain.parse().unwrap());
    let call = TransactionRequest::default()
        .with_from(person.address())
        .with_to(to)
        .with_input(data);
    let sent = provider.send_transaction(call).await.unwrap();
    assert!(sent.get_receipt().await.unwrap().status());
}

/// Sends the call that a ledger gives.
async fn takes_out(person: &Person, chain: &str, ledger: &Value) {
    let call = &ledger["withdrawal"]["call"];
    assert_eq!(call["from"], person.address().to_checksum(None));
    assert_eq!(call["value"], "0");
    assert!(call["gas"]["gasLimit"].is_string(), "{call}");
    let to = call["contract"].as_str().unwrap().parse().unwrap();
    let data = hex::decode(&call["callData"].as_str().unwrap()[2..]).unwrap();
    sends(person, chain, to, data).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_and_a_customer_see_and_take_out_what_is_theirs() {
    let stack = Stack::new().await;
    let (url, chain) = (stack.server.url(), stack.node.url());
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let stranger = Person::signed_in(&url, wallet(2)).await;
    let auditor = Person::signed_in(&url, wallet(3)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 3).await.unwrap();
    customer.pays(&chain, &order).await;
    customer.sees(&order, "PAID").await;

    // The customer releases a part, the owner gives a part back.
    let document = "query($id: ID!) { order(id: $id) { payment { key escrow } } }";
    let data = customer.client.ask(document, json!({ "id": order })).await;
    let payment = data.unwrap()["order"]["payment"].clone();
    let key: B256 = payment["key"].as_str().unwrap().parse().unwrap();
    let escrow: Address = payment["escrow"].as_str().unwrap().parse().unwrap();
    let amount = U256::from(9_000);
    let release = ShopEscrow::releaseCall { key, amount }.abi_encode();
    sends(&customer, &chain, escrow, release).await;
    let amount = U256::from(1_000);
    let refund = ShopEscrow::refundCall { key, amount }.abi_encode();
    sends(&owner, &chain, escrow, refund).await;

    let of_owner = until("the owner's ledger", SOON, async || {
        let ledgers = of_shop(&owner, &shop).await.ok()?;
        (sums(&ledgers[0]) == Some([5_000, 9_000, 1_000, 0, 0, 9_000])).then_some(ledgers)
    })
    .await;
    assert_eq!(of_owner.as_array().unwrap().len(), 1);
    assert_eq!(of_owner[0]["wallet"], owner.address().to_checksum(None));
    assert_eq!(own(&owner).await, of_owner[0], "the same wallet");
    let of_customer = own(&customer).await;
    assert_eq!(sums(&of_customer), Some([0, 0, 0, 1_000, 0, 1_000]));

    // For the owner, and for those who oversee.
    assert_eq!(of_shop(&auditor, &shop).await, Ok(of_owner.clone()));
    for other in [&stranger, &customer] {
        assert_eq!(of_shop(other, &shop).await, Err("FORBIDDEN".to_owned()));
    }
    let nothing = own(&stranger).await;
    assert_eq!(nothing["accounts"], json!([]));
    assert_eq!(
        nothing["withdrawal"],
        json!({ "amount": "0", "call": null })
    );

    takes_out(&owner, &chain, &of_owner[0]).await;
    takes_out(&customer, &chain, &of_customer).await;
    until("taken out", SOON, async || {
        let (of_owner, of_customer) = (own(&owner).await, own(&customer).await);
        let done = sums(&of_owner)? == [5_000, 9_000, 1_000, 0, 9_000, 0]
            && sums(&of_customer)? == [0, 0, 0, 1_000, 1_000, 0];
        done.then_some(())
    })
    .await;
    assert_eq!(own(&owner).await["withdrawal"]["call"], Value::Null);
    let report: Value = serde_json::from_str(&stack.server.run(&["reconcile", "--json"])).unwrap();
    let totals = &report["tokens"][0];
    assert_eq!(
        (&totals["withdrawn"], &totals["held"]),
        (&json!("10000"), &json!("5000"))
    );

    // The stream that says so can be read back.
    let addresses = [escrow, owner.address(), Address::ZERO];
    let [escrow, account, coin] = addresses.map(|address| format!("{address:#x}"));
    let stream = format!("Payout:1337-{escrow}-{account}-{coin}");
    let history = stack.server.run(&["history", &stream]);
    assert!(history.contains("FundsWithdrawn"), "{history}");
    stack.end().await;
}
