//! A load generator's HTTP: requests that are ready-made bytes, on connections that stay open,
//! all on one thread. It costs a fraction of what it loads, and trusts no answer.

use std::{io, net::SocketAddr, thread};

use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Builder,
    sync::oneshot,
    task::LocalSet,
};

use super::load::{Pace, Tally, Turns, Verdict, sum};

/// What an answer may be at most.
const ANSWER_MAX: usize = 4 << 20;

/// Says what an answer's body means.
pub type Judge = fn(&[u8]) -> Result<Verdict>;

/// A connection that stays open.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 << 10),
        })
    }

    /// Sends a request and gives its answer's body.
    ///
    /// # Errors
    /// When the answer is not 200 with a body of a known length.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let mut body = None;
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the connection was closed");
            if body.is_none() {
                body = body_of(&self.buffer)?;
            }
            if let Some((start, end)) = body
                && self.buffer.len() >= end
            {
                ensure!(self.buffer.len() == end, "more than one answer");
                return Ok(&self.buffer[start..end]);
            }
        }
    }
}

/// Where an answer's body begins and ends, once its head is there.
fn body_of(answer: &[u8]) -> Result<Option<(usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = head.parse(answer)? else {
        return Ok(None);
    };
    let length = head
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .context("an answer of unknown length")?;
    let length: usize = std::str::from_utf8(length.value)?.trim().parse()?;
    ensure!(length <= ANSWER_MAX, "an answer of {length} bytes");
    if head.code != Some(200) {
        let text = String::from_utf8_lossy(&answer[start..]);
        bail!("status {:?}: {text}", head.code);
    }
    Ok(Some((start, start + length)))
}

/// A GraphQL request, as a client that is signed in sends it.
pub fn post(token: Option<&str>, body: &str) -> Vec<u8> {
    let authorization = token.map_or_else(String::new, |token| {
        format!("authorization: Bearer {token}\r\n")
    });
    let length = body.len();
    format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         accept: application/graphql-response+json\r\n{authorization}content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// An answer that has data, and no error of any kind.
///
/// # Errors
/// With the answer, otherwise.
pub fn sound(body: &[u8]) -> Result<Verdict> {
    let errors = memmem::find(body, b"\"errors\":[").is_some();
    if errors || !body.starts_with(b"{\"data\":{") {
        bail!("{}", String::from_utf8_lossy(body));
    }
    Ok(Verdict::Accepted)
}

/// One of many callers: makes its next request.
pub type Caller = Box<dyn FnMut() -> Vec<u8> + Send>;

/// A caller that always asks the same.
pub fn always(request: Vec<u8>) -> Caller {
    Box::new(move || request.clone())
}

/// Lets callers call, each on a connection of its own, all on one thread of their own.
///
/// # Errors
/// The first answer that is not as it should be.
pub async fn crowd(
    address: SocketAddr,
    callers: Vec<Caller>,
    pace: Pace,
    judge: Judge,
) -> Result<Tally> {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || {
        // Nobody waits any more: the benchmark is being ended.
        let _ = sender.send(call_all(address, callers, pace, judge));
    });
    receiver.await.context("the load generator ended early")?
}

fn call_all(address: SocketAddr, callers: Vec<Caller>, pace: Pace, judge: Judge) -> Result<Tally> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async move {
        let mut wires = Vec::with_capacity(callers.len());
        for _ in 0..callers.len() {
            wires.push(Wire::connect(address).await?);
        }
        let turns = Turns::new(pace);
        let calls = callers
            .into_iter()
            .zip(wires)
            .map(|(mut caller, mut wire)| {
                let turns = turns.clone();
                tokio::task::spawn_local(async move {
                    let mut tally = Tally::new();
                    while let Some((since, _)) = turns.next().await {
                        let verdict = judge(wire.exchange(&caller()).await?)?;
                        tally.count(since, verdict);
                    }
                    anyhow::Ok(tally)
                })
            });
        let tallies = futures::future::try_join_all(calls).await?;
        Ok(sum(tallies.into_iter().collect::<Result<Vec<_>>>()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_its_length_says() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(body_of(answer).unwrap(), Some((38, 40)));
        assert_eq!(body_of(&answer[..20]).unwrap(), None);
    }

    #[test]
    fn no_other_status_and_no_unknown_length_is_taken() {
        assert!(body_of(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").is_err());
        assert!(body_of(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn errors_are_seen_wherever_they_stand() {
        assert!(sound(b"{\"data\":{\"a\":1}}").is_ok());
        assert!(sound(b"{\"data\":{\"a\":null},\"errors\":[{}]}").is_err());
        assert!(sound(b"{\"errors\":[{}]}").is_err());
    }
}
