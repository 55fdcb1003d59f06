//! `gage audit export`, `import` and `verify-export`: the log as a file, and back.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, BufWriter, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use futures::TryStreamExt as _;
use gage_application::{
    export::{Committed, Form, Manifest, Proven, Root, SignedRoot, Tally},
    ports::{history_tree::HistoryTree, replay::EventRow},
    position::LogPosition,
    tree::Receipts,
};
use gage_domain::proof::{CheckpointVerifier, TreeHead};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    config::{
        self,
        args::{DatabaseArgs, LogArgs},
    },
    telemetry, wiring,
};

/// Events after which the manifest is written anew: an export that is broken off goes on there.
const SAVED_AFTER: u64 = 100_000;
/// Events that are written into a log at once.
const BATCH: usize = 2_000;
/// Leaves that are read at once.
const LEAVES: u32 = 4_096;
/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;

/// Where a file's manifest is.
fn manifest_of(file: &Path) -> PathBuf {
    beside(file, ".manifest.json")
}

/// Where the salts of a file's leaves are, 32 bytes each.
fn salts_of(file: &Path) -> PathBuf {
    beside(file, ".salts")
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Writes the log to a file, or what is new to a file that was written before.
pub(super) async fn export(
    file: &Path,
    form: Form,
    resume: bool,
    database: &DatabaseArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let (settings, log) = config::database(database, log)?;
    telemetry::start_logs(&log)?;
    let (mut out, mut tally) = if resume && manifest_of(file).exists() {
        go_on(file)?
    } else {
        begin(file, form)?
    };
    let database = wiring::database(&settings).await?;
    wiring::check_log(&database).await?;
    let bar = bar()?;
    bar.set_position(tally.events());
    let receipts = wiring::receipts(&database);
    // Before the moment as of which the log is read: what is in the tree is in the file.
    let root = root(&receipts).await?;
    let stored = wiring::stored(&database).await?;
    let form = tally.manifest(None).form;
    let mut events = stored.events_after(tally.last().unwrap_or(LogPosition::START));
    let mut saved = tally.events();
    while let Some(batch) = events.try_next().await? {
        for event in &batch {
            let line = form.print(event);
            ensure!(tally.event(event), "the log was read out of its order");
            tally.bytes(line.as_bytes());
            out.write_all(line.as_bytes()).context("the file")?;
        }
        bar.set_position(tally.events());
        if tally.events() - saved >= SAVED_AFTER {
            saved = tally.events();
            save(file, &mut out, &tally.manifest(None))?;
        }
    }
    drop(events);
    if let Some(root) = &root {
        write_salts(file, &*receipts.tree, root.head.size).await?;
    }
    let manifest = tally.manifest(root);
    save(file, &mut out, &manifest)?;
    bar.finish_and_clear();
    drop(stored);
    database.pool.close().await;
    if let Some(root) = &manifest.root {
        let TreeHead { size, root } = root.head;
        writeln!(
            std::io::stdout(),
            "the tree of {size} events has the root {root}"
        )?;
    }
    writeln!(
        std::io::stdout(),
        "{} events, {} bytes, SHA-256 {}",
        manifest.events,
        manifest.bytes,
        manifest.sha256
    )?;
    Ok(())
}

fn bar() -> anyhow::Result<ProgressBar> {
    let style = "{human_pos} events  {per_sec}  {elapsed_precise}";
    Ok(ProgressBar::no_length().with_style(ProgressStyle::with_template(style)?))
}

fn begin(file: &Path, form: Form) -> anyhow::Result<(BufWriter<File>, Tally)> {
    // Every wallet and every order stands in it.
    let opened = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file);
    let opened = opened.with_context(|| {
        let file = file.display();
        format!("{file}: name another file, or go on with --resume")
    })?;
    let (mut out, mut tally) = (BufWriter::new(opened), Tally::new(form));
    out.write_all(form.header().as_bytes())?;
    tally.bytes(form.header().as_bytes());
    Ok((out, tally))
}

/// A file that was written before, up to where its manifest says; what is behind that was not
/// finished.
fn go_on(file: &Path) -> anyhow::Result<(BufWriter<File>, Tally)> {
    let manifest = manifest(file)?;
    let mut opened = File::options().read(true).write(true).open(file)?;
    opened.set_len(manifest.bytes)?;
    let tally = tallied(&manifest, BufReader::new(&opened), |_| Ok(()))?;
    agrees(file, &manifest, &tally)?;
    opened.seek(std::io::SeekFrom::End(0))?;
    Ok((BufWriter::new(opened), tally))
}

/// What the log is committed to; nothing while there is no tree.
async fn root(receipts: &Receipts) -> anyhow::Result<Option<Root>> {
    // The checkpoint first: the tree that is looked at then has grown from its.
    let issued = receipts.issued.latest().await?;
    let head = receipts.tree.kept().await?.head;
    let checkpoint = issued.map(|issued| SignedRoot {
        key: issued.key,
        note: issued.signed.note,
    });
    Ok((head.size > 0).then_some(Root { head, checkpoint }))
}

/// Writes the salts of the first leaves: without them, nobody could work the leaves out.
async fn write_salts(file: &Path, tree: &dyn HistoryTree, size: u64) -> anyhow::Result<()> {
    let (place, new) = (salts_of(file), beside(file, ".salts.new"));
    let opened = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    let (mut out, mut written) = (BufWriter::new(opened), 0);
    while written < size {
        let leaves = tree.leaves_from(written, LEAVES).await?;
        ensure!(
            !leaves.is_empty(),
            "the tree has {size} leaves, and from leaf {written} on they are gone: see \
             `gage audit check-tree`"
        );
        for leaf in leaves {
            if leaf.index < size {
                out.write_all(leaf.salt.0.as_slice())?;
            }
            written = leaf.index + 1;
        }
    }
    out.flush()?;
    out.get_ref().sync_all()?;
    fs::rename(new, place)?;
    Ok(())
}

/// What is written goes to the disk before the manifest that speaks of it.
fn save(file: &Path, out: &mut BufWriter<File>, manifest: &Manifest) -> anyhow::Result<()> {
    out.flush()?;
    out.get_ref().sync_all()?;
    let manifest = serde_json::to_string_pretty(manifest)?;
    let (place, new) = (manifest_of(file), beside(file, ".manifest.json.new"));
    fs::write(&new, manifest + "\n")?;
    fs::rename(new, place)?;
    Ok(())
}

fn manifest(file: &Path) -> anyhow::Result<Manifest> {
    let place = manifest_of(file);
    let text = fs::read_to_string(&place).with_context(|| place.display().to_string())?;
    serde_json::from_str(&text).with_context(|| format!("{} is no manifest", place.display()))
}

/// A file that is read event by event, and counted.
struct Reading<R> {
    file: R,
    form: Form,
    tally: Tally,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Reading<R> {
    fn new(form: Form, file: R) -> Self {
        Self {
            file,
            form,
            tally: Tally::new(form),
            line: Vec::new(),
            number: 0,
        }
    }

    /// The next event; none at the end.
    fn next(&mut self) -> anyhow::Result<Option<EventRow>> {
        loop {
            self.line.clear();
            if self.file.read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            let number = self.number;
            self.tally.bytes(&self.line);
            let text = std::str::from_utf8(&self.line)
                .with_context(|| format!("line {number} is no UTF-8"))?
                .trim_end_matches(['\r', '\n']);
            let Some(event) = self.form.read(number, text)? else {
                continue;
            };
            ensure!(
                self.tally.event(&event),
                "line {number}: the event at {} stands after a later one",
                event.position
            );
            return Ok(Some(event));
        }
    }
}

/// Reads a file to its end.
fn tallied(
    manifest: &Manifest,
    file: impl BufRead,
    mut each: impl FnMut(EventRow) -> anyhow::Result<()>,
) -> anyhow::Result<Tally> {
    let mut reading = Reading::new(manifest.form, file);
    while let Some(event) = reading.next()? {
        each(event)?;
    }
    Ok(reading.tally)
}

/// Compares a file with its manifest, and its events with what the log was committed to.
fn verify(
    file: &Path,
    opened: &File,
    key: Option<&CheckpointVerifier>,
) -> anyhow::Result<(Manifest, Option<Proven>)> {
    let manifest = manifest(file)?;
    let reader = BufReader::with_capacity(CHUNK, opened);
    let mut committed = match &manifest.root {
        Some(root) => {
            let salts = open(&salts_of(file))?;
            Some(Committed::new(root, BufReader::new(salts), key)?)
        }
        None => None,
    };
    let tally = tallied(&manifest, reader, |event| {
        if let Some(committed) = &mut committed {
            committed.take(&event)?;
        }
        Ok(())
    });
    let tally = tally.with_context(|| file.display().to_string())?;
    agrees(file, &manifest, &tally)?;
    let proven = committed.map(Committed::finish).transpose();
    let proven = proven.with_context(|| file.display().to_string())?;
    Ok((manifest, proven))
}

fn open(file: &Path) -> anyhow::Result<File> {
    File::open(file).with_context(|| file.display().to_string())
}

fn agrees(file: &Path, manifest: &Manifest, tally: &Tally) -> anyhow::Result<()> {
    match manifest.differs(tally) {
        None => Ok(()),
        Some(differs) => bail!("{}: {differs}", file.display()),
    }
}

/// Says whether a file is what its manifest says, and what is proven of it.
pub(super) fn verified(file: &Path, key: Option<&str>) -> anyhow::Result<()> {
    let key = key.map(CheckpointVerifier::parse).transpose();
    let key = key.context("--key")?;
    let (manifest, proven) = verify(file, &open(file)?, key.as_ref())?;
    let signed = proven.as_ref().and_then(|proven| proven.signed);
    let mut out = std::io::stdout().lock();
    let position = |at: Option<String>| at.unwrap_or_else(|| "none".to_owned());
    writeln!(
        out,
        "{} events, from {} to {}, are as the manifest says",
        manifest.events,
        position(manifest.first),
        position(manifest.last)
    )?;
    if let Some(Proven { head, .. }) = &proven {
        let TreeHead { size, root } = head;
        writeln!(out, "the first {size} of them have the root {root}")?;
    }
    match (signed, &key) {
        (Some(size), Some(_)) => writeln!(out, "the first {size} of them are what was signed")?,
        (Some(size), None) => writeln!(
            out,
            "the first {size} of them are what was signed by the key in the manifest; compare it \
             with the one that the shop publishes, or give that by --key"
        )?,
        (None, Some(_)) => bail!("there is no checkpoint that the key could check"),
        (None, None) => writeln!(out, "none of them are proven to be signed")?,
    }
    Ok(())
}

/// Makes a log of a file that is what its manifest says: of the very file that was compared, and
/// only if it still is that when all of it is read.
pub(super) async fn import(
    file: &Path,
    database: &DatabaseArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let (settings, log) = config::database(database, log)?;
    telemetry::start_logs(&log)?;
    let mut opened = open(file)?;
    let (manifest, _) = verify(file, &opened, None)?;
    let database = wiring::database(&settings).await?;
    let bar = bar()?;
    let mut restore = wiring::restore(&database).await?;
    opened.rewind()?;
    let mut reading = Reading::new(manifest.form, BufReader::with_capacity(CHUNK, opened));
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(event) = reading.next()? {
        batch.push(event);
        if batch.len() >= BATCH {
            restore.write(&batch).await?;
            batch.clear();
            bar.set_position(reading.tally.events());
        }
    }
    restore.write(&batch).await?;
    agrees(file, &manifest, &reading.tally)?;
    restore.finish(&database.pool).await?;
    bar.finish_and_clear();
    database.pool.close().await;
    writeln!(
        std::io::stdout(),
        "{} events are in the log; `gage serve` makes the read models of them. It begins a tree of \
         its own: give it another GAGE_CHECKPOINT_ORIGIN or another key than the log had that was \
         exported, whose checkpoints it contradicts",
        manifest.events
    )?;
    Ok(())
}
