//! Paying from what other wallets read: a URL (ERC-681), a QR code, a batch of calls (EIP-5792).

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, Bytes, U256, keccak256},
    providers::{Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
    sol_types::SolValue,
};
use eip681::{TransactionRequest as Request, parse::RawTransactionRequest};
use gage_tests::{
    actors::Person,
    node::{CHAIN_ID, wallet},
    stack::Stack,
};
use serde_json::{Value, json};

/// Units of the image for a module of the code, and modules of its quiet zone.
const MODULE: usize = 4;
const QUIET: usize = 4;

async fn request_of(person: &Person, order: &str) -> (Value, Value) {
    let document = "query($id: ID!) { order(id: $id) { payment { uri qrCode } } }";
    let data = person.client.ask(document, json!({ "id": order })).await;
    let payment = data.unwrap()["order"]["payment"].clone();
    (payment["uri"].clone(), payment["qrCode"].clone())
}

/// What any reader of ERC-681 would send, knowing nothing but the URL.
fn transaction_of(uri: &str) -> TransactionRequest {
    let Ok(Request::Unrecognised(request)) = Request::parse(uri) else {
        panic!("no call of a contract: {uri}");
    };
    let RawTransactionRequest {
        schema_prefix,
        target_address,
        chain_id,
        function_name,
        parameters,
    } = request;
    assert_eq!(schema_prefix.prefix(), "ethereum");
    let to = target_address.to_erc55_validated_string().unwrap();
    assert_eq!(chain_id.unwrap().as_u64().unwrap(), CHAIN_ID);
    let parameters = parameters.unwrap();
    let abi: Vec<(String, String)> = parameters
        .abi_parameters()
        .map(|(of, value)| (of.to_string(), value.to_string()))
        .collect();
    let [(of, argument)] = &abi[..] else {
        panic!("one argument: {abi:?}");
    };
    let signature = format!("{}({of})", function_name.unwrap());
    let argument: Bytes = argument.parse().unwrap();
    let data = [&keccak256(signature)[..4], &(argument,).abi_encode_params()].concat();
    let value = parameters.value().unwrap().unwrap().as_uint256().unwrap();
    TransactionRequest::default()
        .with_to(to.parse::<Address>().unwrap())
        .with_input(data)
        .with_value(value.to_string().parse::<U256>().unwrap())
}

/// The picture that the SVG's path draws, dark or light for each unit.
fn painted(svg: &str) -> (usize, Vec<bool>) {
    let attribute = |name: &str| {
        let (_, rest) = svg.split_once(&format!(" {name}=\"")).unwrap();
        rest.split_once('"').unwrap().0
    };
    let side: usize = attribute("width").parse().unwrap();
    assert_eq!(attribute("height"), attribute("width"));
    let mut dark = vec![false; side * side];
    let (_, path) = svg.rsplit_once(" d=\"").unwrap();
    let path = path.split_once('"').unwrap().0;
    for square in path.split('M').skip(1) {
        let (corner, rest) = square.split_once('h').unwrap();
        let (left, top) = corner.split_once(' ').unwrap();
        let width = rest.split_once('v').unwrap().0;
        let height = rest.split_once('v').unwrap().1.split_once('H').unwrap().0;
        let [left, top, width, height] =
            [left, top, width, height].map(|number| number.parse::<usize>().unwrap());
        for y in top..top + height {
            dark[y * side + left..y * side + left + width].fill(true);
        }
    }
    (side, dark)
}

fn read_qr(svg: &str) -> String {
    let (side, dark) = painted(svg);
    let margin = MODULE * QUIET;
    let in_margin = |at: usize| at < margin || at >= side - margin;
    let stained = (0..side * side).any(|at| {
        let (x, y) = (at % side, at / side);
        dark[at] && (in_margin(x) || in_margin(y))
    });
    assert!(!stained, "the quiet zone of four modules is light");
    assert!(dark[margin * side + margin], "and no wider");
    let shade = |x: usize, y: usize| if dark[y * side + x] { 0 } else { 255 };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, shade);
    let codes = image.detect_grids();
    assert_eq!(codes.len(), 1);
    codes[0].decode().unwrap().1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_paid_by_whoever_scans_its_code() {
    let stack = Stack::new().await;
    let (url, chain) = (stack.server.url(), stack.node.url());
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 3).await.unwrap();

    customer.sees_payment(&order, "REQUESTED").await;
    let (uri, qr_code) = request_of(&customer, &order).await;
    let scanned = read_qr(qr_code.as_str().unwrap());
    assert_eq!(scanned, uri, "the code holds the URL");

    // A friend's phone, which was told nothing else.
    let friend = ProviderBuilder::new()
        .wallet(wallet(2))
        .connect_http(chain.parse().unwrap());
    let sent = friend.send_transaction(transaction_of(&scanned)).await;
    let receipt = sent.unwrap().get_receipt().await.unwrap();
    assert!(receipt.status());
    let page = customer.sees(&order, "PAID").await;
    let payer = wallet(2).address().to_checksum(None);
    assert_eq!(page["payment"]["payer"], payer);

    let paid = request_of(&customer, &order).await;
    assert_eq!(paid, (Value::Null, Value::Null), "nothing is waited for");
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_calls_are_what_a_wallet_sends_as_a_batch() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 3).await.unwrap();
    let asked = customer.asks_how_to_pay(&order).await.unwrap();
    let calls = &asked.answer["calls"];
    let expected = json!([{
        "to": asked.answer["contract"], "data": asked.answer["callData"], "value": "0x3a98",
    }]);
    assert_eq!(calls, &expected, "15000 wei, as JSON-RPC writes it");

    // As they are: the members have the names and forms of a transaction of JSON-RPC.
    let provider = stack.node.provider();
    let ask = async |method: &'static str, transaction: &Value| -> Value {
        let answer = provider.raw_request(method.into(), (transaction,));
        answer.await.unwrap()
    };
    let mut transaction = calls[0].clone();
    transaction["from"] = json!(customer.address());
    transaction["gas"] = ask("eth_estimateGas", &transaction).await;
    let sent = ask("eth_sendTransaction", &transaction).await;
    assert!(sent.is_string());
    customer.sees(&order, "PAID").await;
    stack.end().await;
}
