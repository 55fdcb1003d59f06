//! Loading aggregates that are not in memory: many in one look at the log.

use gage_domain::decider::Decider;
use serde_json::Value;

use super::memory::{Held, State};
use crate::{
    event::{Decoder, StoredEvent, StreamName},
    ports::{
        event_log::{EventLog, Incarnation, LogError, StreamVersion},
        snapshot::{Snapshot, Snapshots},
    },
    position::LogPosition,
};

/// An aggregate that has to be loaded before a decision.
#[derive(Debug, Clone)]
pub struct Cold {
    pub(super) stream: StreamName,
    kind: Kind,
}

/// What loading needs to know of an aggregate's type.
#[derive(Debug, Clone, Copy)]
struct Kind {
    state_version: i32,
    blank: fn() -> Box<dyn State>,
    restore: fn(Value) -> Result<Box<dyn State>, serde_json::Error>,
    fold: Fold,
}

/// Folds stored events into a state.
type Fold = fn(&Decoder, Box<dyn State>, &[StoredEvent]) -> Result<Box<dyn State>, LogError>;

impl Cold {
    pub(super) fn of<D: Decider>(stream: StreamName) -> Self {
        let kind = Kind {
            state_version: D::STATE_VERSION,
            blank: || Box::new(D::default()),
            restore: |state| Ok(Box::new(serde_json::from_value::<D>(state)?)),
            fold: fold::<D>,
        };
        Self { stream, kind }
    }
}

fn fold<D: Decider>(
    decoder: &Decoder,
    mut state: Box<dyn State>,
    events: &[StoredEvent],
) -> Result<Box<dyn State>, LogError> {
    if let Some(state) = state.of_mut::<D>() {
        for stored in events {
            let event = decoder.event::<D>(stored)?;
            *state = std::mem::take(state).evolve(&event);
        }
    }
    Ok(state)
}

/// From where to fold on.
struct Base {
    state: Box<dyn State>,
    sequence: u64,
    position: LogPosition,
}

/// What was loaded.
pub(super) struct Loaded {
    /// The run of the log's server during or before which it was read.
    pub(super) incarnation: Incarnation,
    /// What was loaded, or why not, for each stream.
    pub(super) streams: Vec<(StreamName, Result<Held, LogError>)>,
}

/// Loads aggregates, each from its snapshot and the events since. One that cannot be read
/// touches no other.
///
/// # Errors
/// [`LogError`], for all of them, when the log cannot be read at all.
pub(super) async fn load(
    log: &dyn EventLog,
    snapshots: &dyn Snapshots,
    decoder: &Decoder,
    cold: Vec<Cold>,
) -> Result<Loaded, LogError> {
    // Before anything else is read: a server that is started anew in between is noticed later.
    let incarnation = log.incarnation().await?;
    if cold.is_empty() {
        return Ok(Loaded {
            incarnation,
            streams: Vec::new(),
        });
    }
    let bases = bases(snapshots, &cold).await;
    let wanted: Vec<StreamVersion> = cold
        .iter()
        .zip(&bases)
        .map(|(cold, base)| StreamVersion {
            stream: cold.stream.clone(),
            sequence: base.sequence,
        })
        .collect();
    let histories = log.load_many(&wanted).await?;
    let streams = cold
        .into_iter()
        .zip(bases)
        .zip(histories)
        .map(|((cold, base), history)| {
            let held = history.and_then(|events| held(decoder, cold.kind, base, &events));
            (cold.stream, held)
        })
        .collect();
    Ok(Loaded {
        incarnation,
        streams,
    })
}

fn held(
    decoder: &Decoder,
    kind: Kind,
    base: Base,
    events: &[StoredEvent],
) -> Result<Held, LogError> {
    let last = events.last();
    let sequence = last.map_or(base.sequence, |last| last.sequence);
    let position = last.map_or(base.position, |last| last.position);
    let state = (kind.fold)(decoder, base.state, events)?;
    Ok(Held::loaded(state, sequence, position, base.sequence))
}

/// The states from which to fold on. A snapshot that is away or unreadable is no error: the
/// history is all there.
async fn bases(snapshots: &dyn Snapshots, cold: &[Cold]) -> Vec<Base> {
    let wanted: Vec<(StreamName, i32)> = cold
        .iter()
        .map(|cold| (cold.stream.clone(), cold.kind.state_version))
        .collect();
    let mut kept = snapshots
        .latest_many(&wanted)
        .await
        .unwrap_or_else(|error| {
            tracing::warn!(%error, "no snapshots; folding histories");
            Vec::new()
        });
    kept.resize_with(cold.len(), || None);
    cold.iter()
        .zip(kept)
        .map(|(cold, snapshot)| base(cold, snapshot))
        .collect()
}

fn base(cold: &Cold, snapshot: Option<Snapshot>) -> Base {
    let restored = snapshot.and_then(|snapshot| match (cold.kind.restore)(snapshot.state) {
        Ok(state) => Some(Base {
            state,
            sequence: snapshot.sequence,
            position: snapshot.position,
        }),
        Err(error) => {
            let stream = &cold.stream;
            tracing::error!(%stream, %error, "snapshot cannot be read; folding the history");
            None
        }
    });
    restored.unwrap_or_else(|| Base {
        state: (cold.kind.blank)(),
        sequence: 0,
        position: LogPosition::START,
    })
}
