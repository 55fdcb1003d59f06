//! A way to a real node that spoils some answers, as nodes in the field do.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use alloy::{
    primitives::U64,
    transports::http::reqwest::{Client, header::CONTENT_TYPE},
};
use gage_infrastructure::chain::Node;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What is wrong with the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It refuses logs of more than so many blocks at once.
    RangeAtMost(u64),
    /// Its index of logs is empty.
    NoLogs,
    /// It does not know receipts yet.
    NoReceipts,
    /// It knows no block above this one.
    Behind(u64),
    /// It takes no more requests for now.
    Limits,
    /// Asked for the first time, it knows no transaction.
    ForgetsOnce,
}

/// Stands between a client and a node.
pub(crate) struct Proxy {
    address: SocketAddr,
    asked: Asked,
    accepting: JoinHandle<()>,
}

/// How often something was asked for.
#[derive(Clone, Default)]
struct Asked {
    logs: Arc<AtomicU64>,
    transactions: Arc<AtomicU64>,
}

impl Proxy {
    pub(crate) async fn start(node_port: u16, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Asked::default();
        let counting = asked.clone();
        let accepting = tokio::spawn(async move {
            let http = Client::new();
            while let Ok((client, _)) = listener.accept().await {
                let (http, asked) = (http.clone(), counting.clone());
                tokio::spawn(async move { serve(client, http, node_port, fault, &asked).await });
            }
        });
        Self {
            address,
            asked,
            accepting,
        }
    }

    /// The node as it seems from here.
    pub(crate) fn client(&self) -> Node {
        Node::new([self.url()]).unwrap()
    }

    /// How often logs of a range were asked for.
    pub(crate) fn asked_for_logs(&self) -> u64 {
        self.asked.logs.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut client: TcpStream, http: Client, port: u16, fault: Fault, asked: &Asked) {
    while let Some(question) = question_of(&mut client).await {
        if question["method"] == "eth_getLogs" {
            asked.logs.fetch_add(1, Ordering::Relaxed);
        }
        let mut answer = answer_of(&http, port, &question).await;
        spoil(&question, &mut answer, fault);
        let of_one = ["eth_getTransactionReceipt", "eth_getTransactionByHash"];
        if fault == Fault::ForgetsOnce
            && of_one.contains(&question["method"].as_str().unwrap())
            && asked.transactions.fetch_add(1, Ordering::Relaxed) < 2
        {
            answer["result"] = Value::Null;
        }
        let answer = answer.to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        if client.write_all((head + &answer).as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The next request's body; nothing when the client has gone.
async fn question_of(client: &mut TcpStream) -> Option<Value> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head
        .split("content-length: ")
        .nth(1)
        .unwrap()
        .split("\r\n")
        .next()
        .unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    client.read_exact(&mut body).await.ok()?;
    Some(serde_json::from_slice(&body).unwrap())
}

fn spoil(question: &Value, answer: &mut Value, fault: Fault) {
    let block = |name: &str| -> u64 {
        let number = question["params"][0][name].clone();
        serde_json::from_value::<U64>(number).unwrap().to()
    };
    match (fault, question["method"].as_str().unwrap()) {
        (Fault::RangeAtMost(most), "eth_getLogs")
            if block("toBlock") - block("fromBlock") >= most =>
        {
            let error = json!({ "code": -32005, "message": "query returned too many results" });
            *answer = json!({ "jsonrpc": "2.0", "id": question["id"], "error": error });
        }
        (Fault::Behind(height), "eth_getBlockByNumber") => {
            let asked = serde_json::from_value::<U64>(question["params"][0].clone());
            if asked.is_ok_and(|number| number.to::<u64>() > height) {
                answer["result"] = Value::Null;
            }
        }
        (Fault::Limits, _) => {
            let error = json!({ "code": -32005, "message": "daily request count exceeded, request rate limited" });
            *answer = json!({ "jsonrpc": "2.0", "id": question["id"], "error": error });
        }
        (Fault::NoLogs, "eth_getLogs") => answer["result"] = json!([]),
        (Fault::NoReceipts, "eth_getTransactionReceipt") => answer["result"] = Value::Null,
        (Fault::NoReceipts, "eth_getBlockReceipts") if answer["result"].is_array() => {
            answer["result"] = json!([]);
        }
        _ => {}
    }
}

async fn answer_of(http: &Client, port: u16, question: &Value) -> Value {
    let request = http
        .post(format!("http://127.0.0.1:{port}"))
        .header(CONTENT_TYPE, "application/json")
        .body(question.to_string());
    let answer = request.send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&answer).unwrap()
}
