//! Personal data from end to end: sealed where it is stored, shown to those whom it concerns,
//! erased for everyone, with a history that stays valid.

use gage_tests::{
    actors::{Ask, Person, new_key},
    client::Refused,
    node::{Program, wallet},
    stack::Stack,
};
use serde_json::{Value, json};

use crate::proofs::{proven, receipt, stream, verify, written};

/// Words that stand nowhere else.
const SECRETS: [&str; 5] = [
    "홍길동수령인",
    "010-9182-7364",
    "사직로 161번지",
    "Quetzalcoatl flat 7",
    "초인종은 두 번",
];

fn hong() -> Value {
    json!({
        "recipient": SECRETS[0], "contact": SECRETS[1], "address": SECRETS[2],
        "addressDetail": SECRETS[3], "postalCode": "03045", "note": SECRETS[4],
    })
}

const DELIVERY: &str = "delivery { state details { \
    recipient contact address addressDetail postalCode country note } }";

/// A shop, and people who look at its orders.
struct Scene {
    stack: Stack,
    owner: Person,
    customer: Person,
    auditor: Person,
    arbiter: Person,
    shop: String,
    tea: String,
}

impl Scene {
    async fn new(changed: &[(&'static str, &str)]) -> Self {
        let stack = Stack::on(Program::Anvil, changed).await;
        let url = stack.server.url();
        let owner = Person::signed_in(&url, wallet(0)).await;
        let shop = owner.opens_shop("Tea house").await;
        let tea = owner.sells(&shop, "Green tea", 5_000, 100).await;
        Self {
            owner,
            customer: Person::signed_in(&url, wallet(1)).await,
            auditor: Person::signed_in(&url, wallet(3)).await,
            arbiter: Person::signed_in(&url, wallet(5)).await,
            stack,
            shop,
            tea,
        }
    }

    async fn places(&self, delivery: &Value, key: &str) -> Result<String, Refused> {
        let lines = json!([{ "product": self.tea, "quantity": 1 }]);
        let input = json!({ "idempotencyKey": key, "shop": self.shop, "lines": lines,
            "delivery": delivery });
        let client = &self.customer.client;
        let placed = client.mutate("placeOrder", "orderId", input).await?;
        let order = placed["orderId"].as_str().unwrap().to_owned();
        self.customer.sees(&order, "AWAITING_PAYMENT").await;
        Ok(order)
    }

    async fn erases(&self, key: &str) -> Value {
        let document = "mutation($input: EraseMyPersonalDataInput!) { \
            eraseMyPersonalData(input: $input) { \
                erasedAt openOrders { id } userErrors { code message } } }";
        let input = json!({ "input": { "idempotencyKey": key } });
        let data = self.customer.client.ask(document, input).await.unwrap();
        data["eraseMyPersonalData"].clone()
    }

    /// What everyone sees of an order's delivery, wherever it is shown.
    async fn views(&self, order: &str) -> Vec<(&'static str, Value)> {
        let mut views = Vec::new();
        let people = [
            ("customer", &self.customer),
            ("owner", &self.owner),
            ("auditor", &self.auditor),
        ];
        for (name, person) in people {
            views.push((name, delivery(person, order).await));
        }
        let mine = format!("{{ me {{ orders(first: 50) {{ nodes {{ id {DELIVERY} }} }} }} }}");
        let mine = self.customer.client.ask(&mine, json!({})).await.unwrap();
        views.push(("list", of(&mine["me"]["orders"]["nodes"], order)));
        let shops = format!(
            "query($id: ID!) {{ shop(id: $id) {{ orders(first: 50) {{ nodes {{ id {DELIVERY} }} }} }} }}"
        );
        let variables = json!({ "id": self.shop });
        let shops = self.owner.client.ask(&shops, variables).await.unwrap();
        views.push(("shop's list", of(&shops["shop"]["orders"]["nodes"], order)));
        views
    }

    /// The first event of an order, as the history shows it.
    async fn first_event(&self, order: &str) -> Value {
        let document = "query($stream: String!) { history(filter: { stream: $stream }, first: 1) { \
            events { payload words { ko en } } } }";
        let variables = json!({ "stream": order });
        let data = self.auditor.client.ask(document, variables).await.unwrap();
        data["history"]["events"][0].clone()
    }

    /// Everything that is stored or was said anywhere, with where it was found.
    async fn everything(&self) -> Vec<(String, String)> {
        let mut found = self.stack.database.dumped().await;
        let held = self.stack.held_by_redis().await;
        found.extend(held.into_iter().map(|row| ("Redis".to_owned(), row)));
        found.push(("the log".to_owned(), self.stack.server.logged()));
        let file = self.stack.folder().join("export.jsonl");
        let path = file.to_string_lossy().into_owned();
        self.stack.server.run(&["audit", "export", &path]);
        found.push((
            "the export".to_owned(),
            std::fs::read_to_string(&file).unwrap(),
        ));
        std::fs::remove_file(&file).unwrap();
        let metrics = reqwest::get(format!("{}/metrics", self.stack.server.url())).await;
        let metrics = metrics.unwrap().text().await.unwrap();
        found.push(("the metrics".to_owned(), metrics));
        found
    }

    fn audits(&self) {
        let server = &self.stack.server;
        server.run(&["audit", "replay", "--without-chain"]);
        let told = server.run(&["rebuild", "orders"]);
        assert!(told.contains("identical to the live one"), "{told}");
        let key = server.run(&["audit", "key"]).trim().to_owned();
        server.run(&["audit", "check-tree", "--key", &key]);
    }
}

async fn delivery(person: &Person, order: &str) -> Value {
    let document = format!("query($id: ID!) {{ order(id: $id) {{ {DELIVERY} }} }}");
    let found = person.client.ask(&document, json!({ "id": order })).await;
    found.unwrap()["order"]["delivery"].clone()
}

fn of(orders: &Value, order: &str) -> Value {
    let mut orders = orders.as_array().unwrap().iter();
    orders.find(|found| found["id"] == order).unwrap()["delivery"].clone()
}

/// Where a text stands: as it is, as bytes that are printed, or as JSON escapes them.
fn stands_in<'f>(text: &str, found: &'f [(String, String)]) -> Vec<&'f str> {
    let escaped: Vec<String> = text
        .encode_utf16()
        .map(|unit| format!("\\u{unit:04x}"))
        .collect();
    let escaped = escaped.concat();
    let forms = [text.to_owned(), hex::encode(text), escaped];
    found
        .iter()
        .filter(|(_, row)| forms.iter().any(|form| row.contains(form)))
        .map(|(place, _)| place.as_str())
        .collect()
}

/// Delivery details as the two see them.
fn readable() -> Value {
    let mut details = hong();
    details["country"] = Value::Null;
    json!({ "state": "READABLE", "details": details })
}

/// Delivery details as everyone else sees them, and everyone once they are erased.
fn unread(state: &str) -> Value {
    json!({ "state": state, "details": null })
}

impl Scene {
    /// The same order, however often an answer is lost on its way, and no other.
    async fn places_once(&self) -> String {
        let order = self.places(&hong(), "one-order").await.unwrap();
        let again = self.places(&hong(), "one-order").await.unwrap();
        assert_eq!(again, order);
        let mut other = hong();
        other["note"] = json!("something else");
        let reused = self.places(&other, "one-order").await.unwrap_err();
        assert_eq!(reused.code, "IDEMPOTENCY_KEY_REUSED");
        order
    }

    /// The ciphertext that stands in the order's event, while it is told to be sealed.
    async fn sealed(&self, order: &str) -> String {
        let first = self.first_event(order).await;
        let words = first["words"]["en"].as_str().unwrap();
        assert!(words.ends_with("details are sealed."), "{words}");
        let payload: Value = serde_json::from_str(first["payload"].as_str().unwrap()).unwrap();
        let sealed = &payload["OrderPlaced"]["delivery"]["ciphertext"];
        let sealed = sealed.as_str().unwrap().to_owned();
        assert!(sealed.starts_with("0x") && sealed.len() > 1_000, "{sealed}");
        sealed
    }

    /// In the clear it stands nowhere; what is not personal is found by the same look.
    async fn stands_nowhere_in_the_clear(&self, sealed: &str) {
        let found = self.everything().await;
        for secret in SECRETS {
            assert_eq!(stands_in(secret, &found), Vec::<&str>::new(), "{secret}");
        }
        for place in ["the export", "public.events"] {
            assert!(stands_in("Green tea", &found).contains(&place), "{place}");
            assert!(stands_in(sealed, &found).contains(&place), "{place}");
        }
        assert!(stands_in("place_order", &found).contains(&"the metrics"));
    }

    /// Every view of every kind, on another replica too.
    async fn sees_it_erased(&self, order: &str) {
        for (who, seen) in self.views(order).await {
            assert_eq!(seen, unread("ERASED"), "{who}");
        }
        let mut replica = self.stack.replica();
        replica.start().await;
        let elsewhere = self.owner.at(&replica.url());
        assert_eq!(delivery(&elsewhere, order).await, unread("ERASED"));
        replica.stop();
        let words = self.first_event(order).await["words"].clone();
        let (en, ko) = (words["en"].as_str(), words["ko"].as_str());
        assert!(en.unwrap().ends_with("details were erased."), "{words}");
        assert!(ko.unwrap().ends_with("삭제되었습니다."), "{words}");
        let stream = stream(order, "Order");
        let told = ["audit", "history", "--stream", &stream];
        let told = self.stack.server.run(&told);
        assert!(told.contains("delivery details were erased."), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_sealed_shown_to_the_two_and_erased_for_all() {
    let scene = Scene::new(&[("GAGE_LOG", "debug,hyper=info,sqlx=debug")]).await;
    let order = scene.places_once().await;
    let nothing = scene.places(&Value::Null, "nothing-to-deliver").await;
    for (who, seen) in scene.views(&order).await {
        let expected = match who {
            "auditor" => unread("SEALED"),
            _ => readable(),
        };
        assert_eq!(seen, expected, "{who}");
    }
    for (who, seen) in scene.views(&nothing.unwrap()).await {
        assert_eq!(seen, Value::Null, "{who}");
    }
    let sealed = scene.sealed(&order).await;
    scene.stands_nowhere_in_the_clear(&sealed).await;
    let enough = |receipt: &Value| !receipt["events"].as_array().unwrap().is_empty();
    let before = receipt(&scene.customer, &order, enough).await;
    let folder = scene.stack.folder().to_owned();
    let before = written(&folder, "before.json", &before);

    // While the goods are to be delivered, somebody needs to know where to.
    let refused = scene.erases("too-early").await;
    assert_eq!(refused["userErrors"][0]["code"], "ORDERS_STILL_OPEN");
    assert_eq!(refused["openOrders"], json!([{ "id": order }]));
    assert_eq!(delivery(&scene.owner, &order).await, readable());
    scene.customer.cancels(&order).await.unwrap();
    let erased = scene.erases("now").await;
    assert_eq!(erased["userErrors"], json!([]), "{erased}");
    scene.sees_it_erased(&order).await;

    // Nothing was rewritten: what was proven before is, and so is what is proven now.
    proven(&verify(&before, &[]));
    let after = receipt(&scene.customer, &order, enough).await;
    assert!(
        after.to_string().contains(&sealed),
        "the event is what it was"
    );
    proven(&verify(&written(&folder, "after.json", &after), &[]));
    scene.audits();

    // What is given from now on has another key, and a late repetition does not reach it.
    let next = scene.places(&hong(), "another-order").await.unwrap();
    let repeated = scene.erases("now").await;
    assert_eq!(repeated["erasedAt"], erased["erasedAt"]);
    assert_eq!(delivery(&scene.owner, &next).await, readable());
    assert_eq!(delivery(&scene.owner, &order).await, unread("ERASED"));
    scene.stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_erases_too_and_says_so_when_orders_are_open() {
    let scene = Scene::new(&[]).await;
    let order = scene.places(&hong(), "one-order").await.unwrap();
    let customer = scene.customer.address().to_checksum(None);
    let server = &scene.stack.server;
    let refused = server
        .command()
        .args(["erase-customer", &customer])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(told.contains("--even-with-open-orders"), "{told}");
    let named = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(named.contains(&stream(&order, "Order")), "{named}");
    assert_eq!(delivery(&scene.owner, &order).await["state"], "READABLE");

    let told = server.run(&["erase-customer", &customer, "--even-with-open-orders"]);
    assert!(told.contains("was erased at"), "{told}");
    assert_eq!(delivery(&scene.owner, &order).await["state"], "ERASED");
    let again = server.run(&["erase-customer", &customer]);
    assert!(again.contains("no personal data"), "{again}");
    // The order itself goes on.
    scene.customer.pays(&scene.stack.node.url(), &order).await;
    scene.customer.sees(&order, "PAID").await;
    scene.audits();
    scene.stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_arbiter_of_a_dispute_sees_the_order_and_no_address() {
    let scene = Scene::new(&[]).await;
    let order = scene.places(&hong(), "one-order").await.unwrap();
    let chain = scene.stack.node.url();
    scene.customer.pays(&chain, &order).await;
    scene.customer.sees(&order, "PAID").await;
    scene
        .customer
        .asks_escrow(&chain, &order, Ask::Dispute)
        .await;
    scene.arbiter.sees_payment(&order, "DISPUTED").await;
    let seen = delivery(&scene.arbiter, &order).await;
    assert_eq!(seen, json!({ "state": "SEALED", "details": null }));
    assert_eq!(delivery(&scene.owner, &order).await["state"], "READABLE");
    scene.stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_an_address_is_told_at_its_field() {
    let scene = Scene::new(&[]).await;
    let cases = [
        ("recipient", " ", "TEXT_INVALID"),
        ("contact", "a\u{202E}b", "TEXT_INVALID"),
        ("address", "", "TEXT_INVALID"),
        ("country", "Korea", "COUNTRY_INVALID"),
    ];
    for (field, given, code) in cases {
        let mut delivery = hong();
        delivery[field] = json!(given);
        let refused = scene.places(&delivery, &new_key()).await.unwrap_err();
        assert_eq!(refused.code, code, "{field}");
        assert_eq!(refused.error["field"], json!(["delivery", field]));
    }
    let mut long = hong();
    long["note"] = json!("가".repeat(201));
    let refused = scene.places(&long, &new_key()).await.unwrap_err();
    assert_eq!(refused.code, "TEXT_INVALID");
    assert!(!refused.error.to_string().contains("가가"), "{refused}");
    scene.stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_key_a_server_takes_no_address_and_with_another_it_does_not_start() {
    let mut scene = Scene::new(&[]).await;
    let order = scene.places(&hong(), "one-order").await.unwrap();
    scene.stack.server.stop();

    scene
        .stack
        .server
        .set("GAGE_PERSONAL_DATA_KEY", &format!("0x{}", "17".repeat(32)));
    scene.stack.server.unset("GAGE_PERSONAL_DATA_KEY_FILE");
    let told = scene.stack.server.refuses_to_start();
    assert!(
        told.contains("GAGE_PERSONAL_DATA_KEY_FILE is not the key"),
        "{told}"
    );
    assert!(!told.contains("1717"), "{told}");

    scene.stack.server.unset("GAGE_PERSONAL_DATA_KEY");
    scene.stack.server.start().await;
    assert_eq!(delivery(&scene.owner, &order).await["state"], "UNREADABLE");
    let refused = scene.places(&hong(), "another").await.unwrap_err();
    assert_eq!(refused.code, "DELIVERY_NOT_TAKEN");
    assert_eq!(refused.error["field"], json!(["delivery"]));
    scene.places(&Value::Null, "without").await.unwrap();
    // Erasing needs no key.
    scene.customer.cancels(&order).await.unwrap();
    let erased = scene.erases("now").await;
    assert_eq!(erased["userErrors"], json!([]), "{erased}");
    assert_eq!(delivery(&scene.owner, &order).await["state"], "ERASED");
    scene.stack.end().await;
}
