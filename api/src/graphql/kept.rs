//! Answers about the catalog, kept until it moves.
//!
//! Invariants:
//! - only answers are kept that were made from the catalog alone, whole and without an error;
//! - an answer is given again only while the catalog is, as far as this replica knows, where it
//!   was before the answer was made, and never longer than [`SLICE`];
//! - of many that ask the same at once, one is answered by asking the database.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::body::Bytes;
use gage_application::{position::LogPosition, progress::Progress};
use metrics::{Counter, counter};
use quick_cache::{
    Weighter,
    sync::{Cache, PlaceholderGuard},
};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout};

use crate::{
    graphql::{
        audience::{Alike, Sources},
        documents::Document,
    },
    identity::viewer::Viewer,
};

/// Bytes of memory that answers may take, about.
const CAPACITY_BYTES: u64 = 32 * 1024 * 1024;
/// A larger answer is not kept.
const LARGEST_BYTES: usize = 256 * 1024;
/// Answers that are kept at the same time, about.
const USUAL_COUNT: usize = 4096;
/// Memory of an answer besides its text, about.
const OVERHEAD_BYTES: usize = 200;
/// Answers of one such stretch of time are not given in the next, for changes of a read model
/// that no event made: a rebuilt or restored one.
const SLICE: Duration = Duration::from_secs(5);
/// How long a request waits for another that makes the same answer, before it makes its own.
const PATIENCE: Duration = Duration::from_millis(250);

/// What an answer depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    document: u64,
    operation: Option<Box<str>>,
    variables: Box<str>,
    asker: Asker,
    catalog: LogPosition,
    slice: u64,
}

/// Who shares answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Asker {
    /// All anonymous ones are alike.
    Anonymous,
    /// Anyone else gets answers only for whose making nobody looked who asks.
    Anyone,
}

impl Asker {
    fn alike(self) -> Alike {
        match self {
            Self::Anonymous => Alike::Yes,
            Self::Anyone => Alike::No,
        }
    }
}

#[derive(Debug, Clone)]
enum Entry {
    Answer(Bytes),
    /// Everyone has their own.
    Private,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, Entry> for Weight {
    fn weight(&self, key: &Key, entry: &Entry) -> u64 {
        let bytes = match entry {
            Entry::Answer(bytes) => bytes.len(),
            Entry::Private => 0,
        };
        let operation = key.operation.as_ref().map_or(0, |name| name.len());
        (OVERHEAD_BYTES + bytes + key.variables.len() + operation) as u64
    }
}

type Entries = Cache<Key, Entry, Weight>;

/// Answers about the catalog.
pub(super) struct Kept {
    entries: Entries,
    catalog: Progress,
    since: Instant,
    given: Counter,
    made: Counter,
}

/// What is known of an answer.
pub(super) enum Found<'a> {
    /// It is here.
    Answer(Bytes),
    /// It must be made, and may be kept.
    Make(Slot<'a>),
    /// It must be made, for this request alone.
    Private,
}

impl Kept {
    /// None yet.
    pub(super) fn new(catalog: Progress) -> Self {
        Self {
            entries: Cache::with_weighter(USUAL_COUNT, CAPACITY_BYTES, Weight),
            catalog,
            since: Instant::now(),
            given: counter!("gage_answers_kept_total", "use" => "given"),
            made: counter!("gage_answers_kept_total", "use" => "made"),
        }
    }

    /// Looks for the answer to a query.
    pub(super) async fn find(
        &self,
        document: &Arc<Document>,
        operation: Option<&str>,
        variables: &Map<String, Value>,
        viewer: &Viewer,
    ) -> Found<'_> {
        let Some(catalog) = self.catalog.now() else {
            return Found::Private;
        };
        let asker = match viewer {
            Viewer::Anonymous => Asker::Anonymous,
            Viewer::SignedIn(_) | Viewer::Unknown => Asker::Anyone,
        };
        let key = Key {
            document: document.id,
            operation: operation.map(Into::into),
            variables: text_of(variables),
            asker,
            catalog,
            slice: self.since.elapsed().as_secs() / SLICE.as_secs(),
        };
        // The first answer to a document shows whether waiting for another's makes sense.
        if !document.shareable.load(Ordering::Relaxed) {
            return Found::Make(self.slot(document, asker, Place::Key(key)));
        }
        let waiting = timeout(PATIENCE, self.entries.get_value_or_guard_async(&key));
        match waiting.await {
            Ok(Ok(Entry::Answer(bytes))) => {
                self.given.increment(1);
                Found::Answer(bytes)
            }
            Ok(Err(guard)) => Found::Make(self.slot(document, asker, Place::Guard(guard))),
            Ok(Ok(Entry::Private)) | Err(_) => Found::Private,
        }
    }

    fn slot<'a>(&'a self, document: &Arc<Document>, asker: Asker, place: Place<'a>) -> Slot<'a> {
        Slot {
            kept: self,
            document: document.clone(),
            asker,
            place,
        }
    }
}

/// Where an answer is kept once it is made. Dropped without: the next one makes it.
pub(super) struct Slot<'a> {
    kept: &'a Kept,
    document: Arc<Document>,
    asker: Asker,
    place: Place<'a>,
}

enum Place<'a> {
    Key(Key),
    /// Others wait for it.
    Guard(
        PlaceholderGuard<
            'a,
            Key,
            Entry,
            Weight,
            quick_cache::DefaultHashBuilder,
            quick_cache::sync::DefaultLifecycle<Key, Entry>,
        >,
    ),
}

impl Slot<'_> {
    /// Keeps an answer without errors, if it holds for others.
    pub(super) fn keep(self, bytes: &Bytes, sources: &Sources) {
        let shareable = sources.is_catalog(self.asker.alike()) && bytes.len() <= LARGEST_BYTES;
        if shareable {
            self.document.shareable.store(true, Ordering::Relaxed);
            self.kept.made.increment(1);
        }
        match (self.place, shareable) {
            (Place::Key(key), true) => self.kept.entries.insert(key, Entry::Answer(bytes.clone())),
            // Who waits for it need not any more. It fails when the entry was removed meanwhile.
            (Place::Guard(guard), true) => drop(guard.insert(Entry::Answer(bytes.clone()))),
            (Place::Guard(guard), false) => drop(guard.insert(Entry::Private)),
            (Place::Key(_), false) => {}
        }
    }
}

fn text_of(variables: &Map<String, Value>) -> Box<str> {
    if variables.is_empty() {
        return Box::default();
    }
    // JSON's maps have one order here, that of their keys.
    serde_json::to_string(variables)
        .unwrap_or_default()
        .into_boxed_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_answers_fits() {
        let kept = Kept::new(Progress::default());
        for document in 0..10_000 {
            let key = Key {
                document,
                operation: None,
                variables: Box::default(),
                asker: Asker::Anyone,
                catalog: LogPosition::START,
                slice: 0,
            };
            let answer = vec![b' '; LARGEST_BYTES / 8];
            kept.entries.insert(key, Entry::Answer(answer.into()));
        }
        assert!(kept.entries.weight() <= CAPACITY_BYTES);
        assert!(kept.entries.len() > 100);
    }
}
