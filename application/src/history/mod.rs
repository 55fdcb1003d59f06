//! The history as people look at it: events in plain words ([`words`]), why they happened
//! ([`causes`]), and how things stood at any moment ([`moment`]).

pub mod causes;
pub mod moment;
pub mod words;

use std::sync::Arc;

use crate::{
    event::{StoredEvent, StreamName},
    ports::{
        chronicle::{Chronicle, Leaf, Stretch, Wanted, Way},
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

    /// A stretch of the log; see [`Chronicle::places`].
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn places(&self, wanted: &Wanted, way: Way) -> Result<Stretch, LogError> {
        self.chronicle.places(wanted, way).await
    }

    /// The events at positions; none where there is none.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn events(&self, at: &[LogPosition]) -> Result<Vec<Option<StoredEvent>>, LogError> {
        self.chronicle.at(at).await
    }

    /// The event at a position; none when there is none.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn event(&self, at: LogPosition) -> Result<Option<StoredEvent>, LogError> {
        Ok(self.chronicle.at(&[at]).await?.pop().flatten())
    }

    /// Why something happened, and what followed; see [`causes::tree`].
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn causes(&self, at: LogPosition) -> Result<Option<Vec<causes::Caused>>, LogError> {
        causes::tree(&self.log, &*self.chronicle, at).await
    }

    /// How many events would be read to say how a stream stood; see [`moment::with`].
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn length(&self, stream: &StreamName) -> Result<u64, LogError> {
        let mut length = 0;
        for stream in &moment::with(stream) {
            length += self.chronicle.length(stream).await?;
        }
        Ok(length)
    }

    /// All that can be said of how a stream stood; see [`moment::Past`]. None when the stream has
    /// no events at all.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn past(&self, stream: &StreamName) -> Result<Option<moment::Past>, LogError> {
        moment::Past::load(&*self.log, stream).await
    }

    /// How a stream stood at a moment. None when the stream has no events at all.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn standing(
        &self,
        stream: &StreamName,
        at: moment::Moment,
    ) -> Result<Option<moment::Standing>, LogError> {
        let past = self.past(stream).await?;
        past.map(|past| past.standing(at)).transpose()
    }
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("History")
    }
}
