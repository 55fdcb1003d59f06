//! Paying in a token with a signature in place of an approval (EIP-2612).

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, U256},
    providers::Provider,
    rpc::types::TransactionRequest,
    sol_types::SolCall,
};
use gage_tests::{
    actors::{Instructions, Person},
    chains::{Place, TwoChains},
    client::Refused,
    node::wallet,
    token::TestToken,
};
use serde_json::{Value, json};

/// A wallet's signature of typed data: Ganache has the keys, and an implementation of its own.
async fn signs(place: &Place, signer: Address, typed_data: &Value) -> String {
    let data: Value = serde_json::from_str(typed_data.as_str().unwrap()).unwrap();
    let request = ("eth_signTypedData_v4", (signer, data));
    let provider = place.node.provider();
    provider
        .raw_request(request.0.into(), request.1)
        .await
        .unwrap()
}

async fn allowance(place: &Place, owner: Address) -> U256 {
    let spender = place.escrow;
    let question = TestToken::allowanceCall { owner, spender };
    let question = TransactionRequest::default()
        .with_to(place.token.address)
        .with_input(question.abi_encode());
    let answer = place.node.provider().call(question).await.unwrap();
    TestToken::allowanceCall::abi_decode_returns(&answer).unwrap()
}

async fn with_permit(
    person: &Person,
    order: &str,
    signature: &str,
) -> Result<Instructions, Refused> {
    let input = json!({ "order": order, "permitSignature": signature });
    person.asks_how_to_pay_with(input).await
}

/// The same signature in its second form: s on the other side of the curve's order.
fn malleated(signature: &str) -> String {
    const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    let order = U256::from_str_radix(ORDER, 16).unwrap();
    let mut bytes = hex::decode(&signature[2..]).unwrap();
    let s = U256::from_be_slice(&bytes[32..64]);
    bytes[32..64].copy_from_slice(&(order - s).to_be_bytes::<32>());
    bytes[64] = 27 + 28 - bytes[64];
    format!("0x{}", hex::encode(bytes))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_paid_in_a_token_with_a_signature_and_one_transaction() {
    let mut stack = TwoChains::new().await;
    let url = stack.server.url();
    let place = &stack.first;
    let (chain, token) = (place.node.url(), &place.token);
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let price = json!({ "token": token.address.to_string(), "amount": "2500000" });
    let tea = owner.sells_at(&shop, "Green tea", price, 10).await;
    let cup = owner.sells(&shop, "Cup", 5_000, 10).await;
    let who = customer.address();
    token.mint(&place.node, who, 100_000_000).await;
    let order = customer.orders(&shop, &tea, 3).await.unwrap();

    let asked = customer.asks_how_to_pay(&order).await.unwrap().answer;
    let typed: Value = serde_json::from_str(asked["permit"].as_str().unwrap()).unwrap();
    let message = &typed["message"];
    assert_eq!(message["value"], "7500000", "what is needed and no more");
    let spender = message["spender"].as_str().unwrap();
    assert_eq!(spender.parse(), Ok(place.escrow));
    let calls = asked["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert_eq!(calls[0]["to"], asked["approval"]["contract"]);
    assert_eq!(calls[0]["data"], asked["approval"]["callData"]);
    assert_eq!(calls[1]["to"], asked["contract"]);
    assert_eq!(calls[1]["data"], asked["callData"]);

    let signature = signs(place, who, &asked["permit"]).await;
    let by_another = signs(place, wallet(2).address(), &asked["permit"]).await;
    let cut = signature[..signature.len() - 2].to_owned();
    for bad in [by_another, cut, malleated(&signature), "0x".to_owned()] {
        let refused = with_permit(&customer, &order, &bad).await.unwrap_err();
        assert_eq!(refused.code, "PERMIT_INVALID", "{bad}");
        assert_eq!(refused.error["field"], json!(["permitSignature"]));
    }
    let in_coins = customer.orders(&shop, &cup, 1).await.unwrap();
    let asked = customer.asks_how_to_pay(&in_coins).await.unwrap().answer;
    assert_eq!(asked["permit"], Value::Null);
    let refused = with_permit(&customer, &in_coins, &signature).await;
    assert_eq!(refused.unwrap_err().code, "PERMIT_NOT_TAKEN");

    let pay = with_permit(&customer, &order, &signature).await.unwrap();
    assert_eq!(pay.answer["approval"], Value::Null);
    assert_eq!(pay.answer["calls"].as_array().unwrap().len(), 1);
    assert!(pay.answer["gas"]["gasLimit"].is_string(), "{}", pay.answer);
    assert!(customer.sends(&chain, &pay).await.status());
    customer.sees(&order, "PAID").await;
    assert_eq!(token.balance(&place.node, place.escrow).await, 7_500_000);
    assert_eq!(allowance(place, who).await, U256::ZERO, "nothing is left");

    let next = customer.orders(&shop, &tea, 3).await.unwrap();
    let again = with_permit(&customer, &next, &signature).await;
    assert_eq!(
        again.unwrap_err().code,
        "PERMIT_INVALID",
        "its nonce is used"
    );

    // Without the node nobody can say what to sign; how to pay is told all the same.
    stack.first.node.kill();
    let asked = customer.asks_how_to_pay(&next).await.unwrap().answer;
    assert_eq!(asked["permit"], Value::Null);
    assert!(asked["approval"]["callData"].is_string());
    let refused = with_permit(&customer, &next, &signature).await;
    assert_eq!(refused.unwrap_err().code, "UNAVAILABLE");
    stack.first.node.resume().await;
    stack.end().await;
}
