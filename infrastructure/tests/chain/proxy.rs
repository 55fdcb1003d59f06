//! A way to a real node that spoils some answers, as nodes in the field do.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, AtomicU64, Ordering},
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
use url::Url;

/// What is wrong with the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    Sound,
    /// It refuses logs of more than so many blocks at once.
    RangeAtMost(u64),
    /// The same, said with an HTTP status.
    RangeIsBad(u64),
    /// It refuses logs of any range.
    RefusesLogs,
    /// Its index of logs is empty.
    NoLogs,
    /// Its index of logs has every second one.
    HalfTheLogs,
    /// Its index of logs gives them twice, the last one first.
    LogsTwiceBackwards,
    /// It does not know receipts yet.
    NoReceipts,
    /// It knows no block above this one, and says so only when it is asked for one.
    Behind(u64),
    /// It has come to this block.
    Lags(u64),
    /// It takes no more requests for now.
    Limits,
    /// The same, said with the HTTP status alone.
    TooManyRequests,
    /// It refuses everything, as one does whose key ran out.
    RefusesAll,
    /// It has thrown away what contracts are asked about.
    RefusesCalls,
    /// Asked for the first time, it knows no transaction.
    ForgetsOnce,
    /// Instead of a block with an odd number it gives the one before: a block twice, and another
    /// one not at all.
    RepeatsBlocks,
    /// It does not know this block, and those after it.
    Skips(u64),
    /// It is on another chain.
    OtherChain,
    /// Its chain began otherwise.
    OtherGenesis,
    /// It answers with a page for people.
    Page,
    /// It answers in JSON, and nonsense.
    Nonsense,
    /// Its answers end in the middle.
    Cut,
    /// It takes every question and answers none.
    Silent,
    /// It hangs up.
    Away,
}

/// Stands between a client and a node.
pub(crate) struct Proxy {
    address: SocketAddr,
    /// The node behind it.
    port: Arc<AtomicU16>,
    fault: Arc<Mutex<Fault>>,
    asked: Asked,
    accepting: JoinHandle<()>,
}

/// How often something was asked for.
#[derive(Clone, Default)]
struct Asked {
    all: Arc<AtomicU64>,
    logs: Arc<AtomicU64>,
    transactions: Arc<AtomicU64>,
    /// Questions that wait for their answer, and the most that ever did.
    now: Arc<AtomicU64>,
    most: Arc<AtomicU64>,
}

/// What goes back to the client.
struct Answer {
    status: u16,
    body: String,
}

impl Proxy {
    pub(crate) async fn start(node_port: u16, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Asked::default();
        let counting = asked.clone();
        let fault = Arc::new(Mutex::new(fault));
        let spoiling = fault.clone();
        let port = Arc::new(AtomicU16::new(node_port));
        let behind = port.clone();
        let accepting = tokio::spawn(async move {
            let http = Client::new();
            while let Ok((client, _)) = listener.accept().await {
                let (http, asked, fault) = (http.clone(), counting.clone(), spoiling.clone());
                let port = behind.clone();
                tokio::spawn(async move { serve(client, http, &port, &fault, &asked).await });
            }
        });
        Self {
            address,
            port,
            fault,
            asked,
            accepting,
        }
    }

    pub(crate) fn url(&self) -> Url {
        format!("http://{}", self.address).parse().unwrap()
    }

    /// The node as it seems from here.
    pub(crate) fn client(&self) -> Node {
        Node::new([self.url()]).unwrap()
    }

    /// From now on this is wrong with it.
    pub(crate) fn becomes(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    /// From now on another node is behind it.
    pub(crate) fn leads_to(&self, node_port: u16) {
        self.port.store(node_port, Ordering::Relaxed);
    }

    /// How often logs of a range were asked for.
    pub(crate) fn asked_for_logs(&self) -> u64 {
        self.asked.logs.load(Ordering::Relaxed)
    }

    /// How many questions waited for their answer at once, at most.
    pub(crate) fn asked_at_once(&self) -> u64 {
        self.asked.most.load(Ordering::Relaxed)
    }

    /// How often anything was asked for.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.all.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(
    mut client: TcpStream,
    http: Client,
    port: &AtomicU16,
    fault: &Mutex<Fault>,
    asked: &Asked,
) {
    while let Some(question) = question_of(&mut client).await {
        asked.all.fetch_add(1, Ordering::Relaxed);
        if question["method"] == "eth_getLogs" {
            asked.logs.fetch_add(1, Ordering::Relaxed);
        }
        let fault = *fault.lock().unwrap();
        if fault == Fault::Silent {
            return std::future::pending().await;
        }
        if fault == Fault::Away {
            return;
        }
        let now = asked.now.fetch_add(1, Ordering::Relaxed) + 1;
        asked.most.fetch_max(now, Ordering::Relaxed);
        let asked_for = reworded(question.clone(), fault);
        let mut answer = answer_of(&http, port.load(Ordering::Relaxed), &asked_for).await;
        asked.now.fetch_sub(1, Ordering::Relaxed);
        spoil(&question, &mut answer, fault);
        let of_one = ["eth_getTransactionReceipt", "eth_getTransactionByHash"];
        if fault == Fault::ForgetsOnce
            && of_one.contains(&question["method"].as_str().unwrap())
            && asked.transactions.fetch_add(1, Ordering::Relaxed) < 2
        {
            answer["result"] = Value::Null;
        }
        let Answer { status, body } = in_http(&answer, fault);
        let head = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if client.write_all((head + &body).as_bytes()).await.is_err() {
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

/// The question as it is put to the node.
fn reworded(mut question: Value, fault: Fault) -> Value {
    let Some(height) = question.pointer_mut("/params/0") else {
        return question;
    };
    match (fault, number_of(height)) {
        (Fault::Lags(at), None) if *height == "latest" => *height = json!(U64::from(at)),
        (Fault::RepeatsBlocks, Some(number)) if number % 2 == 1 => {
            *height = json!(U64::from(number - 1));
        }
        _ => {}
    }
    question
}

fn number_of(value: &Value) -> Option<u64> {
    let number = serde_json::from_value::<U64>(value.clone());
    number.ok().map(|number| number.to())
}

fn spoil(question: &Value, answer: &mut Value, fault: Fault) {
    let range = || {
        let filter = &question["params"][0];
        number_of(&filter["toBlock"]).unwrap() - number_of(&filter["fromBlock"]).unwrap()
    };
    let height = || number_of(question.pointer("/params/0")?);
    let refusal = |code: i64, message: &str| {
        let error = json!({ "code": code, "message": message });
        json!({ "jsonrpc": "2.0", "id": question["id"], "error": error })
    };
    match (fault, question["method"].as_str().unwrap()) {
        (Fault::RangeAtMost(most), "eth_getLogs") if range() >= most => {
            *answer = refusal(-32005, "query returned too many results");
        }
        (Fault::RangeIsBad(most), "eth_getLogs") if range() >= most => {
            *answer = refusal(-32602, "query returned more than 10000 results");
        }
        (Fault::RefusesLogs, "eth_getLogs") => {
            *answer = refusal(-32601, "the method is not available");
        }
        (Fault::Behind(most) | Fault::Lags(most), "eth_getBlockByNumber")
            if height().is_some_and(|number| number > most) =>
        {
            answer["result"] = Value::Null;
        }
        (Fault::Skips(first), "eth_getBlockByNumber")
            if height().is_some_and(|number| number >= first) =>
        {
            answer["result"] = Value::Null;
        }
        (Fault::Limits, _) => {
            *answer = refusal(-32005, "daily request count exceeded, request rate limited");
        }
        (Fault::RefusesAll, _) => *answer = refusal(-32600, "Must be authenticated!"),
        (Fault::RefusesCalls, "eth_call") => *answer = refusal(-32000, "missing trie node"),
        (Fault::NoLogs, "eth_getLogs") => answer["result"] = json!([]),
        (Fault::HalfTheLogs, "eth_getLogs") => {
            let logs = answer["result"].as_array().unwrap();
            answer["result"] = logs.iter().step_by(2).cloned().collect();
        }
        (Fault::LogsTwiceBackwards, "eth_getLogs") => {
            let logs = answer["result"].as_array().unwrap();
            answer["result"] = logs.iter().chain(logs).rev().cloned().collect();
        }
        (Fault::NoReceipts, "eth_getTransactionReceipt") => answer["result"] = Value::Null,
        (Fault::NoReceipts, "eth_getBlockReceipts") if answer["result"].is_array() => {
            answer["result"] = json!([]);
        }
        (Fault::OtherChain, "eth_chainId") => answer["result"] = json!("0x1"),
        (Fault::OtherGenesis, "eth_getBlockByNumber") if height() == Some(0) => {
            answer["result"]["hash"] = answer["result"]["stateRoot"].clone();
        }
        (Fault::Nonsense, _) => answer["result"] = json!({ "nonsense": [true] }),
        _ => {}
    }
}

fn in_http(answer: &Value, fault: Fault) -> Answer {
    let answered = |status, body: &str| Answer {
        status,
        body: body.to_owned(),
    };
    let text = answer.to_string();
    match fault {
        Fault::Page => answered(200, "<html><body>It works!</body></html>"),
        Fault::Cut => answered(200, &text[..text.len() / 2]),
        Fault::TooManyRequests => answered(429, "slow down"),
        Fault::RefusesAll => answered(401, &text),
        Fault::RangeIsBad(_) if answer.get("error").is_some() => answered(400, &text),
        _ => answered(200, &text),
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
