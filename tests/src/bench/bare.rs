//! The least that a web server can do: the same bytes for every request, from the same
//! framework with the same settings as the server's.

use std::{net::SocketAddr, path::Path, time::Duration};

use anyhow::Result;
use axum::{Router, body::Bytes, http::header, routing::post};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::wire::Wire;
use crate::{
    process::{Process, free_port},
    server::program,
    wait::until,
};

/// Serves a file's bytes until it is ended.
///
/// # Errors
/// When the file cannot be read, or nobody can listen there.
pub async fn serve(listen: SocketAddr, body: &Path) -> Result<()> {
    let body = Bytes::from(std::fs::read(body)?);
    let kind = "application/graphql-response+json; charset=utf-8";
    let answer = move || {
        let body = body.clone();
        async move { ([(header::CONTENT_TYPE, kind)], body) }
    };
    let router = Router::new().route("/graphql", post(answer));
    let listener = TcpListener::bind(listen).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

/// A process of its own that does so.
pub(super) struct Bare {
    pub(super) address: SocketAddr,
    process: Process,
    _folder: TempDir,
}

impl Bare {
    pub(super) async fn start(body: &[u8]) -> Result<Self> {
        let folder = TempDir::new()?;
        let file = folder.path().join("body");
        std::fs::write(&file, body)?;
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut command = std::process::Command::new(program("gage-bench"));
        command.args(["bare", "--listen", &address.to_string(), "--body"]);
        command.arg(&file);
        let log = folder.path().join("log");
        let process = Process::start("the bare handler", &mut command, &log);
        until("the bare handler", Duration::from_secs(10), async || {
            Wire::connect(address).await.ok()
        })
        .await;
        Ok(Self {
            address,
            process,
            _folder: folder,
        })
    }

    pub(super) fn end(self) {
        self.process.kill();
    }
}
