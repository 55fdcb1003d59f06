//! A way to PostgreSQL that can be cut at a chosen point.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use url::Url;

/// Bytes that may still pass, `u64::MAX` for no limit.
#[derive(Default)]
struct Allowance {
    from_server: AtomicU64,
}

/// The proxy.
pub struct Proxy {
    allowance: Arc<Allowance>,
    address: SocketAddr,
}

impl Proxy {
    /// A proxy before the server of a URL, open until it is told otherwise.
    pub async fn before(url: &str) -> Self {
        let url = Url::parse(url).expect("a URL");
        let host = url.host_str().expect("a host").to_owned();
        let port = url.port().unwrap_or(5432);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let allowance = Arc::new(Allowance {
            from_server: AtomicU64::new(u64::MAX),
        });
        let shared = allowance.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect((&*host, port))
                    .await
                    .expect("PostgreSQL answers");
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(forward(from_client, to_server));
                tokio::spawn(forward_within(from_server, to_client, shared.clone()));
            }
        });
        Self { allowance, address }
    }

    /// The URL with this proxy in the place of the server.
    pub fn url(&self, url: &str) -> String {
        let mut url = Url::parse(url).expect("a URL");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.address.port())).expect("a port");
        url.to_string()
    }

    /// Lets the server say so many bytes more, then cuts all connections.
    pub fn cut_after(&self, bytes: u64) {
        self.allowance.from_server.store(bytes, Ordering::SeqCst);
    }

    /// Lets everything pass again.
    pub fn open(&self) {
        self.allowance.from_server.store(u64::MAX, Ordering::SeqCst);
    }
}

async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let _ = tokio::io::copy(&mut from, &mut to).await;
}

async fn forward_within(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    allowance: Arc<Allowance>,
) {
    let mut buffer = vec![0; 4096];
    while let Ok(read) = from.read(&mut buffer).await {
        let left = allowance.from_server.load(Ordering::SeqCst);
        let passed = usize::try_from(left).unwrap_or(usize::MAX).min(read);
        if read == 0 || to.write_all(&buffer[..passed]).await.is_err() || passed < read {
            return;
        }
        if left != u64::MAX {
            allowance
                .from_server
                .fetch_sub(passed as u64, Ordering::SeqCst);
        }
    }
}
