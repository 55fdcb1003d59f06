//! `gage audit verify`: what a document proves. No server, no database.

use std::{
    io::{Read as _, Write as _},
    path::Path,
};

use anyhow::{Context as _, bail};
use gage_domain::proof::{CheckpointVerifier, Trust, Verdict, verify_document};

use crate::{
    config::{self, args::RpcArgs},
    wiring,
};

/// More than any receipt: what is larger is none.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Checks a file, and fails when anything in it is not proven.
pub(super) async fn run(
    file: &Path,
    key: Option<&str>,
    node: Option<String>,
) -> anyhow::Result<()> {
    let key = key.map(CheckpointVerifier::parse).transpose();
    let trust = Trust {
        key: key.context("--key")?,
    };
    let mut verdict = verify_document(&read(file)?, &trust)?;
    if let Some(node) = node {
        ask(&mut verdict, node).await?;
    }
    let mut out = std::io::stdout().lock();
    for statement in &verdict.statements {
        writeln!(out, "{statement}")?;
    }
    if !verdict.holds() {
        bail!("not everything in this document is proven");
    }
    writeln!(out, "Everything that was checked is proven.")?;
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let opened: Box<dyn std::io::Read> = if file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(file).with_context(|| file.display().to_string())?)
    };
    let read = opened.take(BYTES_MAX).read_to_string(&mut text);
    read.with_context(|| file.display().to_string())?;
    Ok(text)
}

/// Asks a node about the anchor; a document without one proves nothing by a chain.
async fn ask(verdict: &mut Verdict, node: String) -> anyhow::Result<()> {
    let rpc = RpcArgs {
        chain_rpc_url: Some(node),
    };
    let nodes = config::nodes(&rpc)?;
    let found = match &verdict.anchor {
        Some(anchor) => wiring::look_up_anchor(anchor, &nodes).await,
        None => Err(anyhow::anyhow!(
            "the document has no anchor that a node could be asked about"
        )),
    };
    verdict.say(found.map_err(|error| format!("the anchor: {error:#}")));
    Ok(())
}
