//! Reading the log as typed events, for whoever goes through it in order.

use std::sync::Arc;

use tokio_util::task::AbortOnDropHandle;

use crate::{
    event::{Decoder, Recorded, StoredEvent},
    ports::event_log::{EventLog, LogError},
    position::LogPosition,
};

/// A stretch of the log that a consumer is to handle.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// Where it begins: the last event before it.
    pub from: LogPosition,
    /// Its last event. May be one that the consumer does not care for.
    pub to: LogPosition,
    /// The events in it, without those of aggregates that the consumer does not care for.
    pub events: &'a [Recorded],
}

/// A stretch of the log as it was read.
#[derive(Debug)]
pub struct Batch {
    /// Where it begins: the last event before it.
    pub from: LogPosition,
    /// Its last event, wanted or not.
    pub to: LogPosition,
    /// The events that are wanted.
    pub events: Vec<Recorded>,
    /// Whether nothing more can be read yet.
    pub at_end: bool,
    /// The event after these, which cannot be read.
    pub unreadable: Option<Unreadable>,
}

/// An event that cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// The event.
    pub position: LogPosition,
    /// Why.
    pub error: LogError,
}

impl Batch {
    /// The whole batch.
    pub fn stretch(&self) -> Stretch<'_> {
        Stretch {
            from: self.from,
            to: self.to,
            events: &self.events,
        }
    }

    /// Leaves out everything from a position on.
    pub fn end_before(&mut self, position: LogPosition) {
        let kept = self
            .events
            .partition_point(|event| event.position < position);
        self.events.truncate(kept);
        self.to = self.last_of(self.from);
    }

    /// Leaves out everything after a position.
    pub fn end_at(&mut self, position: LogPosition) {
        if position < self.to {
            let kept = self
                .events
                .partition_point(|event| event.position <= position);
            self.events.truncate(kept);
            self.to = position;
        }
    }

    /// Whether there is nothing in it, not even an event that is not wanted.
    pub fn is_empty(&self) -> bool {
        self.to == self.from
    }

    fn last_of(&self, otherwise: LogPosition) -> LogPosition {
        self.events.last().map_or(otherwise, |last| last.position)
    }
}

/// Reads the log for one consumer.
#[derive(Clone)]
pub struct LogReader {
    log: Arc<dyn EventLog>,
    decoder: Arc<Decoder>,
    without: &'static [&'static str],
}

impl LogReader {
    /// A reader that leaves out the events of some aggregate types.
    pub fn new(log: Arc<dyn EventLog>, without: &'static [&'static str]) -> Self {
        Self {
            log,
            decoder: Arc::new(Decoder::current()),
            without,
        }
    }

    /// As [`LogReader::read`], begun at once and on a task of its own: who goes through many
    /// events handles a stretch while the next one is fetched and decoded.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn read_ahead(
        &self,
        from: LogPosition,
        limit: u32,
    ) -> impl Future<Output = Result<Batch, LogError>> + Send + use<> {
        let reader = self.clone();
        let reading = tokio::spawn(async move { reader.read(from, limit).await });
        let reading = AbortOnDropHandle::new(reading);
        async {
            reading.await.unwrap_or_else(|error| {
                let reason = format!("the reading task was lost: {error}");
                Err(LogError::Unavailable { reason })
            })
        }
    }

    /// The next `limit` events after a position, up to one that cannot be read.
    ///
    /// # Errors
    /// [`LogError`] of the reading; that of one event stands in the batch.
    pub async fn read(&self, from: LogPosition, limit: u32) -> Result<Batch, LogError> {
        let page = self.log.read_after(from, limit, self.without).await?;
        let mut batch = Batch {
            from,
            to: page.end,
            events: Vec::with_capacity(page.events.len()),
            at_end: page.at_end,
            unreadable: None,
        };
        for stored in &page.events {
            if let Err(unreadable) = self.decode_into(&mut batch.events, stored) {
                batch.to = batch.last_of(from);
                batch.unreadable = Some(unreadable);
                break;
            }
        }
        Ok(batch)
    }

    fn decode_into(
        &self,
        events: &mut Vec<Recorded>,
        stored: &StoredEvent,
    ) -> Result<(), Unreadable> {
        let position = stored.position;
        match self.decoder.decode(stored) {
            Ok(recorded) => {
                events.push(recorded);
                Ok(())
            }
            Err(error) => Err(Unreadable { position, error }),
        }
    }
}
