//! The history as people look at it: events in plain words ([`words`]), why they happened
//! ([`causes`]), and how things stood at any moment ([`moment`]).

pub mod causes;
pub mod moment;
pub mod words;

use std::sync::Arc;

use gage_domain::{
    decider::Decider as _, inventory::Inventory, order::Order, payment::Payment, product::Product,
};

use crate::{
    event::{StoredEvent, StreamName},
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

    /// How many events would be read to say how a stream stood: with a product's its stock's, with an
    /// order's its payment's.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn length(&self, stream: &StreamName) -> Result<u64, LogError> {
        let mut streams = vec![stream.clone()];
        let with = match stream.aggregate_type.as_str() {
            Product::TYPE => Some(Inventory::TYPE),
            Inventory::TYPE => Some(Product::TYPE),
            Order::TYPE => Some(Payment::TYPE),
            Payment::TYPE => Some(Order::TYPE),
            _ => None,
        };
        streams.extend(with.map(|aggregate_type| StreamName {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: stream.aggregate_id.clone(),
        }));
        let mut length = 0;
        for stream in &streams {
            length += self.chronicle.length(stream).await?;
        }
        Ok(length)
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
