//! Images of products: given by an owner, made safe, served for ever.

use std::{
    io::Cursor,
    time::{Duration, Instant},
};

use gage_tests::{
    actors::{Person, new_key},
    client::Client,
    node::wallet,
    stack::Stack,
};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A picture of one colour, in PNG.
fn png(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    let picture = RgbImage::from_pixel(width, height, Rgb(colour));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture)
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// A PNG whose header claims so many pixels.
fn bomb(side: u32) -> Vec<u8> {
    let mut bytes = png(2, 2, [0; 3]);
    bytes[16..20].copy_from_slice(&side.to_be_bytes());
    bytes[20..24].copy_from_slice(&side.to_be_bytes());
    let checksum = !bytes[12..29].iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    });
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

async fn sent(client: &Client, media: &str, bytes: Vec<u8>) -> Response {
    let mut request = reqwest::Client::new()
        .post(format!("{}/images", client.url()))
        .header(header::CONTENT_TYPE, media)
        .body(bytes);
    if let Some(token) = client.token() {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap()
}

/// The status and the code of a refusal.
async fn refusal(client: &Client, media: &str, bytes: Vec<u8>) -> (u16, String) {
    let answer = sent(client, media, bytes).await;
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    let code = body["errors"][0]["extensions"]["code"].as_str();
    (status, code.unwrap_or_default().to_owned())
}

/// Uploads a picture, and gives its hash.
async fn uploads(owner: &Person, bytes: Vec<u8>) -> String {
    let answer = sent(&owner.client, "image/png", bytes).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let kept: Value = answer.json().await.unwrap();
    kept["hash"].as_str().unwrap().to_owned()
}

async fn gets(client: &Client, path: &str) -> Response {
    let url = format!("{}{path}", client.url());
    reqwest::get(url).await.unwrap()
}

/// Whether a page of this site may send what it was told to: a cookie and no word of the origin.
async fn status_of_a_foreign_page(client: &Client) -> StatusCode {
    let cookie = format!("gage_session={}", client.token().unwrap());
    reqwest::Client::new()
        .post(format!("{}/images", client.url()))
        .header(header::CONTENT_TYPE, "image/png")
        .header(header::COOKIE, cookie)
        .header(header::ORIGIN, "https://evil.example")
        .body(png(2, 2, [1; 3]))
        .send()
        .await
        .unwrap()
        .status()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_is_uploaded_named_by_a_product_and_shown_to_everyone() {
    let stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let hash = uploads(&owner, png(1_000, 500, [30, 120, 60])).await;
    let again = uploads(&owner, png(1_000, 500, [30, 120, 60])).await;
    assert_eq!(again, hash, "the same picture is the same image");

    let change =
        |image: Value| json!({ "idempotencyKey": new_key(), "product": tea, "image": image });
    let changed = owner
        .client
        .mutate(
            "changeImage",
            "product { image { hash } }",
            change(json!(hash)),
        )
        .await
        .unwrap();
    assert_eq!(changed["product"]["image"]["hash"], json!(hash));

    let anyone = Client::new(&stack.server.url());
    let document = "query($id: ID!) { product(id: $id) { image { hash
        small: url(size: SMALL) url large: url(size: LARGE) } } }";
    let seen = anyone.ask(document, json!({ "id": tea })).await.unwrap();
    let image = &seen["product"]["image"];
    assert_eq!(image["hash"], json!(hash));
    for (size, width) in [("small", 320), ("url", 640), ("large", 1_000)] {
        let path = image[size].as_str().unwrap();
        let answer = gets(&anyone, path).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let told = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(told("content-type"), "image/jpeg");
        assert_eq!(told("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(told("x-content-type-options"), "nosniff");
        assert_eq!(
            told("content-security-policy"),
            "default-src 'none'; sandbox"
        );
        let tag = told("etag");
        let jpeg = answer.bytes().await.unwrap();
        let picture = image::load_from_memory_with_format(&jpeg, ImageFormat::Jpeg).unwrap();
        assert_eq!((picture.width(), picture.height()), (width, width / 2));

        let url = format!("{}{path}", anyone.url());
        let known = reqwest::Client::new().get(url).header("if-none-match", tag);
        let answer = known.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
    }

    let path = image["small"].as_str().unwrap();
    let none = format!("/images/0x{}/320.jpg", "00".repeat(32));
    assert_eq!(gets(&anyone, &none).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        gets(&anyone, &path.replace(".jpg", ".png")).await.status(),
        StatusCode::NOT_FOUND
    );

    owner
        .client
        .mutate(
            "changeImage",
            "product { image { hash } }",
            change(Value::Null),
        )
        .await
        .unwrap();
    let seen = anyone.ask(document, json!({ "id": tea })).await.unwrap();
    assert_eq!(seen["product"]["image"], Value::Null);
    assert_eq!(
        gets(&anyone, path).await.status(),
        StatusCode::OK,
        "for ever"
    );
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_and_what_is_none_is_refused() {
    let stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let stranger = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let picture = png(2, 2, [1; 3]);
    let nobody = Client::new(&stack.server.url());
    let told = |status: u16, code: &str| (status, code.to_owned());

    let refused = refusal(&nobody, "image/png", picture.clone()).await;
    assert_eq!(refused, told(401, "UNAUTHENTICATED"));
    let refused = refusal(&stranger.client, "image/png", picture.clone()).await;
    assert_eq!(refused, told(403, "FORBIDDEN"));
    assert_eq!(
        status_of_a_foreign_page(&owner.client).await,
        StatusCode::FORBIDDEN
    );

    let at = &owner.client;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec();
    assert_eq!(
        refusal(at, "image/svg+xml", svg.clone()).await,
        told(415, "BAD_REQUEST")
    );
    assert_eq!(
        refusal(at, "image/png", svg).await,
        told(422, "IMAGE_UNREADABLE")
    );
    assert_eq!(
        refusal(at, "image/png", vec![]).await,
        told(422, "IMAGE_UNREADABLE")
    );
    assert_eq!(
        refusal(at, "image/png", bomb(60_000)).await,
        told(413, "IMAGE_TOO_LARGE")
    );
    let large = vec![0; 8 * 1024 * 1024 + 1];
    assert_eq!(
        refusal(at, "image/jpeg", large).await,
        told(413, "IMAGE_TOO_LARGE")
    );

    let change =
        |image: &str| json!({ "idempotencyKey": new_key(), "product": tea, "image": image });
    let unknown = format!("0x{}", "ab".repeat(32));
    let refused = at
        .mutate("changeImage", "position", change(&unknown))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code.as_str(), &refused.error["field"]),
        ("NOT_FOUND", &json!(["image"]))
    );
    let hash = uploads(&owner, picture).await;
    let refused = stranger
        .client
        .mutate("changeImage", "position", change(&hash))
        .await
        .unwrap_err();
    assert_eq!(refused.code, "FORBIDDEN");
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_many_an_hour_and_no_more() {
    let stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    owner.opens_shop("Tea house").await;
    for number in 0..60 {
        uploads(&owner, png(4, 4, [number * 4, 0, 0])).await;
    }
    let answer = sent(&owner.client, "image/png", png(4, 4, [0, 0, 255])).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers().contains_key(header::RETRY_AFTER));
    stack.end().await;
}

/// Sends the beginning of an image, and then nothing.
async fn stalls(client: &Client, bytes: usize) -> TcpStream {
    let address = client.url().replacen("http://", "", 1);
    let mut connection = TcpStream::connect(&address).await.unwrap();
    let token = client.token().unwrap();
    let head = format!(
        "POST /images HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: image/png\r\nContent-Length: 8000000\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&vec![0; bytes]).await.unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_senders_keep_nobody_out() {
    let stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    owner.opens_shop("Tea house").await;
    let mut slow = Vec::new();
    for _ in 0..8 {
        slow.push(stalls(&owner.client, 1_000).await);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    uploads(&owner, png(20, 20, [9, 9, 9])).await;
    // Nor do those for long that have sent nearly all of it.
    for _ in 0..4 {
        slow.push(stalls(&owner.client, 7_999_999).await);
    }
    let begun = Instant::now();
    let mut refused = String::new();
    for connection in &mut slow[8..] {
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).await.unwrap();
        refused.push_str(std::str::from_utf8(&answer).unwrap());
    }
    assert!(refused.contains("408"), "{refused}");
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    uploads(&owner, png(20, 20, [7, 7, 7])).await;
    stack.end().await;
}
