//! Documents by their text: parsed and held against the limits once, however often they come.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use async_graphql::{
    ServerError,
    parser::{
        parse_query,
        types::{DocumentOperations, ExecutableDocument, OperationDefinition},
    },
};
use quick_cache::{Weighter, sync::Cache};

use crate::graphql::{
    answer::Answer,
    errors::ErrorCode,
    limits::{DocumentLimits, TooLarge},
};

/// Bytes of memory that documents may take, about.
const CAPACITY_BYTES: u64 = 8 * 1024 * 1024;
/// Documents that an application has at the same time, about.
const USUAL_COUNT: usize = 512;
/// A parsed document in memory is about so many times its text.
const BYTES_OF_A_CHARACTER: u64 = 24;

/// A parsed document within the limits.
pub(super) struct Document {
    /// Its own for as long as the process lives.
    pub(super) id: u64,
    pub(super) parsed: ExecutableDocument,
    /// Whether an answer to it was ever found to hold for others too.
    pub(super) shareable: AtomicBool,
}

impl Document {
    /// The operation of a name, or the only one.
    pub(super) fn operation(&self, name: Option<&str>) -> Option<&OperationDefinition> {
        let found = match (&self.parsed.operations, name) {
            (DocumentOperations::Single(operation), None) => Some(operation),
            (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name),
            (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => {
                operations.values().next()
            }
            (DocumentOperations::Single(_), Some(_)) | (DocumentOperations::Multiple(_), None) => {
                None
            }
        };
        found.map(|operation| &operation.node)
    }
}

#[derive(Clone)]
struct Weight;

impl Weighter<Box<str>, Arc<Document>> for Weight {
    fn weight(&self, text: &Box<str>, _: &Arc<Document>) -> u64 {
        1024 + text.len() as u64 * BYTES_OF_A_CHARACTER
    }
}

/// Documents that came before. What could not be parsed or is too large is not kept.
pub(super) struct Documents {
    limits: DocumentLimits,
    known: Cache<Box<str>, Arc<Document>, Weight>,
    next_id: AtomicU64,
}

impl Documents {
    /// Documents within these limits.
    pub(super) fn new(limits: DocumentLimits) -> Self {
        Self {
            limits,
            known: Cache::with_weighter(USUAL_COUNT, CAPACITY_BYTES, Weight),
            next_id: AtomicU64::new(0),
        }
    }

    /// The document of a text.
    ///
    /// # Errors
    /// An answer without `data`.
    pub(super) fn read(&self, text: &str) -> Result<Arc<Document>, Answer> {
        if let Some(known) = self.known.get(text) {
            return Ok(known);
        }
        self.limits.check_text(text).map_err(too_large)?;
        let parsed = parse_query(text)
            .map_err(|error| Answer::refused(ErrorCode::BadRequest, error.into()))?;
        self.limits.check(&parsed).map_err(too_large)?;
        let document = Arc::new(Document {
            id: self.next_id.fetch_add(1, Ordering::Relaxed),
            parsed,
            shareable: AtomicBool::new(false),
        });
        self.known.insert(text.into(), document.clone());
        Ok(document)
    }
}

fn too_large(error: TooLarge) -> Answer {
    Answer::refused(
        ErrorCode::TooComplex,
        ServerError::new(error.to_string(), None),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_parsed_once_and_a_refused_one_is_not_kept() {
        let documents = Documents::new(DocumentLimits::STANDARD);
        let first = documents.read("{ a }").ok().unwrap();
        assert_eq!(first.id, documents.read("{ a }").ok().unwrap().id);
        assert_ne!(first.id, documents.read("{ b }").ok().unwrap().id);
        let before = documents.known.len();
        assert!(documents.read("{ a").is_err());
        assert!(documents.read(&"[".repeat(100)).is_err());
        assert_eq!(documents.known.len(), before);
    }

    #[test]
    fn any_number_of_documents_fits() {
        let documents = Documents::new(DocumentLimits::STANDARD);
        for n in 0..20_000 {
            documents
                .read(&format!("{{ field{n} {{ {} }} }}", "x ".repeat(200)))
                .ok()
                .unwrap();
        }
        assert!(documents.known.weight() <= CAPACITY_BYTES);
    }
}
