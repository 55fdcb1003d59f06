//! The history as people look at it: events in plain words ([`words`]), why they happened
//! ([`causes`]), and how things stood at any moment ([`moment`]).

pub mod causes;
pub mod moment;
pub mod words;

use std::sync::Arc;

use crate::{
    event::StreamName,
    ports::{
        chronicle::{Chronicle, Leaf, Wanted, Way},
        event_log::{EventLog, LogError},
    },
    position::LogPosition,
};

/// The history, to read and never to write.
#[derive(Clone)]
pub struct History {
    log: Arc<dyn EventLog>,
    chronicle: Arc<dyn Chronicle>,
}

impl History {
    /// Of a log.
    pub fn new(log: Arc<dyn EventLog>, chronicle: Arc<dyn Chronicle>) -> Self {
        Self { log, chronicle }
    }

    /// A page; see [`Chronicle::page`].
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn page(&self, wanted: &Wanted, way: Way, limit: u32) -> Result<Leaf, LogError> {
        self.chronicle.page(wanted, way, limit).await
    }

    /// Why something happened, and what followed; see [`causes::tree`].
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn causes(&self, at: LogPosition) -> Result<Option<Vec<causes::Caused>>, LogError> {
        causes::tree(&self.log, &*self.chronicle, at).await
    }

    /// How a stream stood at a moment; see [`moment::standing`].
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn standing(
        &self,
        stream: &StreamName,
        at: moment::Moment,
    ) -> Result<Option<moment::Standing>, LogError> {
        moment::standing(&self.log, stream, at).await
    }
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("History")
    }
}
