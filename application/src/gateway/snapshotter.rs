//! Takes snapshots beside the answer's way: a caller never waits for one.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::ports::snapshot::{Snapshot, Snapshots};

/// Snapshots that may wait to be written; more are dropped, as they are only a cache.
const WAITING: usize = 256;

/// Hands snapshots to the task that writes them.
#[derive(Debug, Clone)]
pub struct Snapshotter(mpsc::Sender<Snapshot>);

/// The snapshotter and its task; the task ends when the last handle is dropped.
pub fn snapshotter(store: Arc<dyn Snapshots>) -> (Snapshotter, impl Future<Output = ()> + Send) {
    let (sender, mut receiver) = mpsc::channel::<Snapshot>(WAITING);
    let task = async move {
        while let Some(snapshot) = receiver.recv().await {
            if let Err(error) = store.save(&snapshot).await {
                tracing::warn!(stream = %snapshot.stream, %error, "snapshot not kept");
            }
        }
    };
    (Snapshotter(sender), task)
}

impl Snapshotter {
    /// Offers snapshots of what was just committed.
    pub(super) fn offer(&self, snapshots: Vec<Snapshot>) {
        for snapshot in snapshots {
            if self.0.try_send(snapshot).is_err() {
                metrics::counter!("gage_snapshots_dropped_total").increment(1);
            }
        }
    }
}
