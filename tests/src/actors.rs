//! People who use Gage, so that tests read like a story.

use std::time::Duration;

use alloy::{
    consensus::Transaction as _,
    network::TransactionBuilder,
    primitives::{Address, B256, Bytes, U256},
    providers::{Provider, ProviderBuilder},
    rpc::types::{TransactionReceipt, TransactionRequest},
    signers::local::PrivateKeySigner,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    client::{Client, Refused},
    wait::until,
};

/// What an order page asks for.
const ORDER: &str = "id status total { amount } payBy rejectionReason cursor
    tracking { carrier number }
    lines { productId quantity unitPrice { amount } }
    payment { status confirmations confirmationsRequired payer transactionHash
        held released refunded refundDue paidAt releasableFrom
        dispute { openedBy openedAt refundableFrom } }
    timeline { event at by cursor details }";

/// Time in which the server follows what happened elsewhere.
const SOON: Duration = Duration::from_secs(30);

/// A new idempotency key.
pub fn new_key() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "a client's own choice, as any client makes it"
    )]
    Uuid::new_v4().to_string()
}

/// Someone with a wallet and a session.
#[derive(Debug, Clone)]
pub struct Person {
    /// The session.
    pub client: Client,
    /// The wallet.
    pub wallet: PrivateKeySigner,
}

/// What a call of the escrow is told by.
const CALL: &str = "call { chainId from contract callData value gas { gasLimit maximumCost }
        gasUnavailable { reason message } }
    refused { code message possibleFrom held }";

/// What a party may ask of the escrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// To give the seller so much, or all.
    Release(Option<u64>),
    /// To give the buyer so much back, or all.
    Refund(Option<u64>),
    /// To call the arbiter.
    Dispute,
}

impl Ask {
    /// The field of the payment, with its arguments.
    fn field(self) -> String {
        let with = |name: &str, amount: Option<u64>| match amount {
            Some(wei) => format!("{name}(amount: \"{wei}\")"),
            None => name.to_owned(),
        };
        match self {
            Self::Release(amount) => with("releaseCall", amount),
            Self::Refund(amount) => with("refundCall", amount),
            Self::Dispute => "disputeCall".to_owned(),
        }
    }
}

/// What a wallet is told to send.
#[derive(Debug, Clone)]
pub struct Instructions {
    /// The whole answer.
    pub answer: Value,
    /// The contract to call.
    pub contract: Address,
    /// The call's data.
    pub call_data: Bytes,
    /// Coins to send with it, wei.
    pub value: U256,
}

impl Instructions {
    /// What an answer tells a wallet to send.
    pub fn of(answer: &Value) -> Self {
        Self {
            contract: text(&answer["contract"]).parse().unwrap_or_default(),
            call_data: text(&answer["callData"]).parse().unwrap_or_default(),
            value: text(&answer["value"]).parse().unwrap_or_default(),
            answer: answer.clone(),
        }
    }

    /// The same of a prepared call.
    ///
    /// # Errors
    /// [`Refused`] as the escrow would.
    pub fn of_prepared(prepared: &Value) -> Result<Self, Refused> {
        let refused = &prepared["refused"];
        if refused.is_null() {
            return Ok(Self::of(&prepared["call"]));
        }
        Err(Refused {
            code: text(&refused["code"]),
            error: refused.clone(),
        })
    }
}

impl Person {
    /// Someone who is signed in.
    ///
    /// # Panics
    /// When the sign-in is refused.
    pub async fn signed_in(url: &str, wallet: PrivateKeySigner) -> Self {
        let signed_in = Self::try_signing_in(url, wallet).await;
        signed_in.unwrap_or_else(|refused| panic!("no sign-in: {refused}"))
    }

    /// Someone who tries to sign in.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn try_signing_in(url: &str, wallet: PrivateKeySigner) -> Result<Self, Refused> {
        let mut client = Client::new(url);
        client.sign_in(&wallet).await?;
        Ok(Self { client, wallet })
    }

    /// The wallet's address.
    pub fn address(&self) -> Address {
        self.wallet.address()
    }

    /// The same person at another server.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self {
            client: self.client.at(url),
            wallet: self.wallet.clone(),
        }
    }

    // --- as an owner ---------------------------------------------------------------------

    /// Opens a shop and gives its id.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn opens_shop(&self, name: &str) -> String {
        let input = json!({ "idempotencyKey": new_key(), "name": { "en": name } });
        let payload = self
            .client
            .mutate("openShop", "shopId", input)
            .await
            .unwrap();
        text(&payload["shopId"])
    }

    /// Puts a product on sale and gives its id.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn sells(&self, shop: &str, name: &str, wei: u64, pieces: u32) -> String {
        let price = json!({ "amount": wei.to_string() });
        self.sells_at(shop, name, price, pieces).await
    }

    /// Lists a product at any price, publishes it, and takes pieces into stock.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn sells_at(&self, shop: &str, name: &str, price: Value, pieces: u32) -> String {
        let input = json!({
            "idempotencyKey": new_key(), "shop": shop,
            "name": { "en": name }, "price": price,
        });
        let listed = self
            .client
            .mutate("listProduct", "productId", input)
            .await
            .unwrap();
        let product = text(&listed["productId"]);
        let publish = json!({ "idempotencyKey": new_key(), "product": product });
        self.client
            .mutate("publishProduct", "productId", publish)
            .await
            .unwrap();
        if pieces > 0 {
            self.receives_stock(&product, pieces).await.unwrap();
        }
        product
    }

    /// Takes pieces into stock.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn receives_stock(&self, product: &str, pieces: u32) -> Result<Value, Refused> {
        let input = json!({ "idempotencyKey": new_key(), "product": product, "quantity": pieces });
        self.client.mutate("receiveStock", "position", input).await
    }

    /// Approves an order.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn approves(&self, order: &str) -> Result<Value, Refused> {
        let input = json!({ "idempotencyKey": new_key(), "order": order });
        self.client.mutate("approveOrder", "position", input).await
    }

    /// Rejects an order.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn rejects(&self, order: &str, reason: &str) -> Result<Value, Refused> {
        let input = json!({ "idempotencyKey": new_key(), "order": order, "reason": reason });
        self.client.mutate("rejectOrder", "position", input).await
    }

    /// Ships an order.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn ships(&self, order: &str) -> Result<Value, Refused> {
        let tracking = json!({ "carrier": "CJ", "number": "1234-5678" });
        let input = json!({ "idempotencyKey": new_key(), "order": order, "tracking": tracking });
        self.client.mutate("shipOrder", "position", input).await
    }

    // --- as a customer -------------------------------------------------------------------

    /// Orders some pieces of one product and gives the order's id.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn orders(&self, shop: &str, product: &str, pieces: i64) -> Result<String, Refused> {
        self.orders_with_key(shop, product, pieces, &new_key())
            .await
    }

    /// Orders with an idempotency key of one's choice.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn orders_with_key(
        &self,
        shop: &str,
        product: &str,
        pieces: i64,
        key: &str,
    ) -> Result<String, Refused> {
        let lines = json!([{ "product": product, "quantity": pieces }]);
        let input = json!({ "idempotencyKey": key, "shop": shop, "lines": lines });
        let payload = self
            .client
            .mutate("placeOrder", "orderId position", input)
            .await?;
        Ok(text(&payload["orderId"]))
    }

    /// Orders what is priced in fiat money, and says with what it will be paid.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn orders_paying_with(
        &self,
        shop: &str,
        product: &str,
        pieces: i64,
        with: Value,
    ) -> Result<String, Refused> {
        let lines = json!([{ "product": product, "quantity": pieces }]);
        let input = json!({ "idempotencyKey": new_key(), "shop": shop, "lines": lines,
            "payWith": with });
        let payload = self
            .client
            .mutate("placeOrder", "orderId position", input)
            .await?;
        Ok(text(&payload["orderId"]))
    }

    /// Cancels an order.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn cancels(&self, order: &str) -> Result<Value, Refused> {
        let input = json!({ "idempotencyKey": new_key(), "order": order });
        self.client.mutate("cancelOrder", "position", input).await
    }

    /// Confirms that an order has come.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn confirms_delivery(&self, order: &str) -> Result<Value, Refused> {
        let input = json!({ "idempotencyKey": new_key(), "order": order });
        self.client
            .mutate("confirmDelivery", "position", input)
            .await
    }

    /// Asks what to send to pay an order.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn asks_how_to_pay(&self, order: &str) -> Result<Instructions, Refused> {
        self.asks_how_to_pay_with(json!({ "order": order })).await
    }

    /// The same with more than the order in what is asked.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn asks_how_to_pay_with(&self, input: Value) -> Result<Instructions, Refused> {
        let selection = "instructions { chainId contract callData value deadline permit
            approval { contract spender amount callData gas { gasLimit } gasUnavailable { reason } }
            calls { to data value }
            gas { gasLimit baseFeePerGas priorityFeePerGas maxFeePerGas expectedCost maximumCost }
            gasUnavailable { reason message } }";
        let payload = self
            .client
            .mutate("requestPayment", selection, input)
            .await?;
        Ok(Instructions::of(&payload["instructions"]))
    }

    /// Sends a call with the wallet, with the gas that was told, and waits until it is mined.
    ///
    /// # Panics
    /// When the chain does not take it.
    pub async fn sends(&self, chain: &str, instructions: &Instructions) -> TransactionReceipt {
        self.try_sending(chain, instructions).await.unwrap()
    }

    /// The same of a call that may be refused.
    ///
    /// # Errors
    /// The chain's word.
    ///
    /// # Panics
    /// Never: the URL is well-formed.
    pub async fn try_sending(
        &self,
        chain: &str,
        instructions: &Instructions,
    ) -> Result<TransactionReceipt, String> {
        let provider = ProviderBuilder::new()
            .wallet(self.wallet.clone())
            .connect_http(chain.parse().unwrap());
        let mut call = TransactionRequest::default()
            .with_from(self.address())
            .with_to(instructions.contract)
            .with_input(instructions.call_data.clone())
            .with_value(instructions.value);
        if let Ok(units) = text(&instructions.answer["gas"]["gasLimit"]).parse() {
            call = call.with_gas_limit(units);
        }
        let sent = provider.send_transaction(call).await;
        let sent = sent.map_err(|error| error.to_string())?;
        sent.get_receipt().await.map_err(|error| error.to_string())
    }

    /// Pays an order: asks how, sends, and reports the transaction as a wallet's page would.
    ///
    /// # Panics
    /// When any of it is refused.
    pub async fn pays(&self, chain: &str, order: &str) -> TransactionReceipt {
        let instructions = self.asks_how_to_pay(order).await.unwrap();
        let receipt = self.sends(chain, &instructions).await;
        assert!(receipt.status(), "the payment was reverted: {receipt:?}");
        let provider = ProviderBuilder::new().connect_http(chain.parse().unwrap());
        let sent = provider
            .get_transaction_by_hash(receipt.transaction_hash)
            .await
            .unwrap();
        let nonce = sent.map_or(0, |transaction| transaction.nonce());
        self.reports_attempt(order, receipt.transaction_hash, nonce)
            .await
            .unwrap();
        receipt
    }

    /// Reports the transaction that pays an order.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn reports_attempt(
        &self,
        order: &str,
        transaction: B256,
        nonce: u64,
    ) -> Result<Value, Refused> {
        let input = json!({
            "idempotencyKey": new_key(), "order": order,
            "transactionHash": transaction.to_string(), "nonce": nonce.to_string(),
        });
        self.client
            .mutate("reportPaymentAttempt", "position", input)
            .await
    }

    // --- as a party to a payment --------------------------------------------------------

    /// Asks what to send to the escrow about an order's payment.
    ///
    /// # Errors
    /// [`Refused`] as the escrow would, or as the server does.
    pub async fn prepares(&self, order: &str, ask: Ask) -> Result<Instructions, Refused> {
        let field = ask.field();
        let document = format!(
            "query($id: ID!) {{ order(id: $id) {{ payment {{ prepared: {field} {{ {CALL} }} }} }} }}"
        );
        let data = self.client.ask(&document, json!({ "id": order })).await?;
        Instructions::of_prepared(&data["order"]["payment"]["prepared"])
    }

    /// Asks what to send to the escrow about an order's payment, sends it, and waits until it is
    /// mined.
    ///
    /// # Panics
    /// When it is refused or fails.
    pub async fn asks_escrow(&self, chain: &str, order: &str, ask: Ask) {
        let call = self.prepares(order, ask).await.unwrap();
        assert_eq!(call.answer["gasUnavailable"], Value::Null);
        let receipt = self.sends(chain, &call).await;
        assert!(receipt.status(), "{ask:?} was reverted: {receipt:?}");
    }

    /// What this person can take out of the escrow, with the call that does it.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn can_withdraw(&self) -> Result<(u64, Option<Instructions>), Refused> {
        let document = "{ me { ledger { withdrawal { amount call {
            chainId from contract callData value gasUnavailable { message } } } } } }";
        let data = self.client.ask(document, json!({})).await?;
        let found = &data["me"]["ledger"]["withdrawal"];
        let call = found["call"]
            .as_object()
            .map(|_| Instructions::of(&found["call"]));
        Ok((text(&found["amount"]).parse().unwrap_or_default(), call))
    }

    // --- looking -------------------------------------------------------------------------

    /// An order's page; null when it is not for this person.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn looks_at(&self, order: &str) -> Result<Value, Refused> {
        let document = format!("query($id: ID!) {{ order(id: $id) {{ {ORDER} }} }}");
        Ok(self.client.ask(&document, json!({ "id": order })).await?["order"].clone())
    }

    /// Waits until an order has a status, and gives its page.
    ///
    /// # Panics
    /// When that does not come soon.
    pub async fn sees(&self, order: &str, status: &str) -> Value {
        until(&format!("order {status}"), SOON, async || {
            let page = self.looks_at(order).await.ok()?;
            (page["status"] == status).then_some(page)
        })
        .await
    }

    /// Waits until an order's payment has a status, and gives the order's page.
    ///
    /// # Panics
    /// When that does not come soon.
    pub async fn sees_payment(&self, order: &str, status: &str) -> Value {
        until(&format!("payment {status}"), SOON, async || {
            let page = self.looks_at(order).await.ok()?;
            (page["payment"]["status"] == status).then_some(page)
        })
        .await
    }

    /// Waits until a product's stock is as expected: read models follow the log.
    ///
    /// # Panics
    /// When that does not come soon.
    pub async fn finds(&self, product: &str, expected: Stock) {
        let mut last = None;
        let what = format!("{expected:?}");
        until(&what, SOON, async || {
            last = self.counts(product).await.ok();
            (last == Some(expected)).then_some(())
        })
        .await;
    }

    /// What is left of a product.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn counts(&self, product: &str) -> Result<Stock, Refused> {
        let document = "query($id: ID!) { product(id: $id) { available onHand reserved } }";
        let data = self.client.ask(document, json!({ "id": product })).await?;
        let number = |name: &str| data["product"][name].as_u64();
        Ok(Stock {
            available: number("available"),
            on_hand: number("onHand"),
            reserved: number("reserved"),
        })
    }
}

/// What is left of a product, as far as one may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    /// Can still be ordered.
    pub available: Option<u64>,
    /// There, reserved or not.
    pub on_hand: Option<u64>,
    /// Held by orders.
    pub reserved: Option<u64>,
}

impl Stock {
    /// What an owner sees.
    pub fn of(on_hand: u64, reserved: u64) -> Self {
        Self {
            available: on_hand.checked_sub(reserved),
            on_hand: Some(on_hand),
            reserved: Some(reserved),
        }
    }
}

/// The events of an order's page, oldest first.
pub fn events(page: &Value) -> Vec<String> {
    let timeline = page["timeline"].as_array();
    timeline
        .into_iter()
        .flatten()
        .map(|entry| text(&entry["event"]))
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
