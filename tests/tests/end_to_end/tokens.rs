//! Orders that are paid in tokens.

use std::time::Duration;

use gage_tests::{
    actors::{Ask, Instructions, Person},
    chains::TwoChains,
    node::wallet,
    wait::until,
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);

/// The token accounts in somebody's ledger: held, released, withdrawable.
async fn accounts(person: &Person) -> Vec<(String, [String; 3])> {
    let document = "{ me { ledger { accounts { token held released withdrawable } } } }";
    let data = person.client.ask(document, Value::Null).await.unwrap();
    let found = data["me"]["ledger"]["accounts"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    found
        .iter()
        .map(|account| {
            let sums = ["held", "released", "withdrawable"].map(|name| text(&account[name]));
            (text(&account["token"]), sums)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_paid_in_a_token_after_its_approval_and_paid_out_in_it() {
    let stack = TwoChains::new().await;
    let (url, place) = (stack.server.url(), &stack.first);
    let (chain, token) = (place.node.url(), &place.token);
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let price = json!({ "token": token.address.to_string(), "amount": "2500000" });
    let tea = owner.sells_at(&shop, "Green tea", price, 10).await;
    token
        .mint(&place.node, customer.address(), 10_000_000)
        .await;
    let order = customer.orders(&shop, &tea, 3).await.unwrap();

    let before = customer.asks_how_to_pay(&order).await.unwrap();
    let approval = &before.answer["approval"];
    assert_eq!(before.answer["value"], "0", "no coins go with tokens");
    assert_eq!(approval["spender"], place.escrow.to_checksum(None));
    assert_eq!(approval["amount"], "7500000", "what is needed and no more");
    assert!(approval["gas"]["gasLimit"].is_string(), "{approval}");
    assert_eq!(before.answer["gasUnavailable"]["reason"], "APPROVAL_FIRST");
    let early = customer.try_sending(&chain, &before).await;
    assert!(early.is_err(), "the escrow may not take them yet");
    let approved = customer.sends(&chain, &Instructions::of(approval)).await;
    assert!(approved.status());

    let after = customer.asks_how_to_pay(&order).await.unwrap();
    assert_eq!(after.answer["approval"], Value::Null, "it may already");
    assert!(after.answer["gas"]["gasLimit"].is_string());
    customer.pays(&chain, &order).await;
    customer.sees(&order, "PAID").await;
    assert_eq!(token.balance(&place.node, place.escrow).await, 7_500_000);

    owner.approves(&order).await.unwrap();
    owner.ships(&order).await.unwrap();
    customer
        .asks_escrow(&chain, &order, Ask::Release(None))
        .await;
    customer.sees(&order, "COMPLETED").await;
    let address = token.address.to_checksum(None);
    let expected = vec![(
        address.clone(),
        ["0", "7500000", "7500000"].map(str::to_owned),
    )];
    until("the owner's account", SOON, async || {
        (accounts(&owner).await == expected).then_some(())
    })
    .await;

    let document = "query($token: Address!) { me { ledger { withdrawal(token: $token) {
        amount call { contract callData value } } } } }";
    let data = owner
        .client
        .ask(document, json!({ "token": address }))
        .await;
    let withdrawal = data.unwrap()["me"]["ledger"]["withdrawal"].clone();
    assert_eq!(withdrawal["amount"], "7500000");
    let sent = owner
        .sends(&chain, &Instructions::of(&withdrawal["call"]))
        .await;
    assert!(sent.status());
    assert_eq!(token.balance(&place.node, owner.address()).await, 7_500_000);
    until("taken out", SOON, async || {
        (accounts(&owner).await[0].1[2] == "0").then_some(())
    })
    .await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chains_and_tokens_are_told_and_others_refused() {
    let stack = TwoChains::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let document = "{ chains { chainId name escrow condition confirmationsRequired
        tokens { address symbol decimals permit } } }";
    let told = until("both are followed", SOON, async || {
        let data = owner.client.ask(document, Value::Null).await.ok()?;
        let chains = data["chains"].as_array()?.clone();
        let is_right = |chain: &Value| {
            chain["condition"] == "FOLLOWING" && chain["tokens"].as_array().map(Vec::len) == Some(2)
        };
        chains.iter().all(is_right).then_some(chains)
    })
    .await;
    for (told, place, decimals, permit) in [
        (&told[0], &stack.first, 6, true),
        (&told[1], &stack.second, 0, false),
    ] {
        assert_eq!(told["chainId"], place.chain_id.to_string());
        assert_eq!(told["escrow"], place.escrow.to_checksum(None));
        assert_eq!(told["tokens"][0]["symbol"], "ETH");
        let token = json!({ "address": place.token.address.to_checksum(None),
            "symbol": place.token.symbol, "decimals": decimals, "permit": permit });
        assert_eq!(told["tokens"][1], token);
    }
    let refused = told
        .iter()
        .flat_map(|chain| chain["tokens"].as_array().unwrap());
    let refused = refused.filter(|token| token["symbol"] == "GONE" || token["symbol"] == "ODD");
    assert_eq!(
        refused.count(),
        0,
        "not taken by the escrow, or counted otherwise"
    );
    let shop = owner.opens_shop("Tea house").await;
    let price = json!({ "fiat": "USD", "amount": "100" });
    let cup = owner.sells_at(&shop, "Cup", price, 10).await;
    let misread = json!({ "chainId": stack.first.chain_id.to_string(),
        "token": stack.first.misread.address.to_string() });
    let refused = owner.orders_paying_with(&shop, &cup, 1, misread).await;
    assert_eq!(refused.unwrap_err().code, "PAY_WITH_REFUSED");
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let input = json!({ "idempotencyKey": gage_tests::actors::new_key(), "product": tea,
        "price": { "token": wallet(6).address().to_string(), "amount": "1" } });
    let refused = owner.client.mutate("changePrice", "productId", input).await;
    assert_eq!(refused.unwrap_err().code, "TOKEN_NOT_ACCEPTED");
    stack.end().await;
}
