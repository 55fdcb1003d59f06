//! The listener's record of the chain beside the payments: what the log says was seen there, the
//! listener must have seen.

use std::{
    collections::{HashMap, HashSet},
    hash::RandomState,
};

use futures::TryStreamExt;
use gage_domain::{
    ids::OrderId,
    payment::{Funding, LogId},
    value::B256,
};
use uuid::Uuid;

use super::{
    compare::Folds,
    digest::Digest,
    entry::StreamKey,
    finding::{Fault, Findings, Place},
    life::Life,
};
use crate::ports::replay::{ReadFailure, SeenLog, Stored};

/// Takes the logs that the listener has as confirmed off what the orders add up to. Returns how
/// many were read, and the payments of which the log of events says nothing.
pub(super) async fn take_off(
    stored: &dyn Stored,
    hasher: &RandomState,
    digests: &mut HashMap<OrderId, Digest>,
) -> Result<(u64, Vec<Uuid>), ReadFailure> {
    let (mut read, mut strangers) = (0, Vec::new());
    let mut batches = stored.seen_logs(None);
    while let Some(batch) = batches.try_next().await? {
        read += u64::try_from(batch.len()).unwrap_or(0);
        for log in batch {
            let (Some(id), Some(payment)) = (id_of(&log), log.payment) else {
                continue;
            };
            if log.status != "confirmed" {
                continue;
            }
            match digests.get_mut(&OrderId(payment)) {
                Some(digest) => digest.take_log(&id, hasher),
                None => strangers.push(payment),
            }
        }
    }
    Ok((read, strangers))
}

/// Compares what the listener has of some orders.
pub(super) async fn compare(
    stored: &dyn Stored,
    orders: &[Uuid],
    folds: &Folds,
    followed: &HashSet<u64>,
    findings: &mut Findings,
) -> Result<(), ReadFailure> {
    if followed.is_empty() {
        return Ok(());
    }
    let mut seen = HashMap::new();
    let mut batches = stored.seen_logs(Some(orders));
    while let Some(batch) = batches.try_next().await? {
        for log in batch {
            let Some(id) = id_of(&log) else { continue };
            if log.status == "confirmed" && counts_for_nobody(&log, id, folds) {
                let place = Place::row("chain_sightings", &printed(&id));
                let found = "a log that is confirmed".to_owned();
                let expected = "an event of its payment that says so".to_owned();
                findings.add(Fault::NotCarriedOut, place, found, expected);
            }
            if seen.insert(id, log.status).is_some() {
                let place = Place::row("chain_sightings", &printed(&id));
                let (found, expected) = ("the same log twice", "one row for a log");
                findings.add(
                    Fault::NotCarriedOut,
                    place,
                    found.to_owned(),
                    expected.to_owned(),
                );
            }
        }
    }
    for (id, life) in folds.lives.iter() {
        for (log, needs) in standing(life) {
            if !followed.contains(&log.chain_id) {
                continue;
            }
            let status = seen.get(&log).map(String::as_str);
            let fits = match needs {
                Needs::Seen => matches!(status, Some("seen" | "confirmed")),
                Needs::Confirmed => status == Some("confirmed"),
            };
            if !fits {
                let place = Place {
                    row: Some(format!("chain_sightings {}", printed(&log))),
                    ..Place::event(
                        StreamKey::Payment(id.0).to_string(),
                        life.payment.sequence(),
                        life.paid.last,
                    )
                };
                let found = format!(
                    "a log that the listener has as {}",
                    status.unwrap_or("never seen")
                );
                let expected = match needs {
                    Needs::Seen => "seen, by the listener's record",
                    Needs::Confirmed => "confirmed, by the listener's record",
                };
                findings.add(Fault::UnseenLog, place, found, expected.to_owned());
            }
        }
    }
    Ok(())
}

/// What the listener's record has to say of a log.
#[derive(Clone, Copy)]
enum Needs {
    Seen,
    Confirmed,
}

fn standing(life: &Life) -> Vec<(LogId, Needs)> {
    let Ok(request) = life.payment.state.request() else {
        return Vec::new();
    };
    match &request.funding {
        Funding::None => Vec::new(),
        Funding::Detected(sighting) => vec![(sighting.log.id(), Needs::Seen)],
        Funding::Confirmed(deposit) => {
            let later = deposit.movements.iter().map(|movement| movement.log);
            std::iter::once(deposit.sighting.log.id())
                .chain(later)
                .map(|log| (log, Needs::Confirmed))
                .collect()
        }
    }
}

/// The logs that the listener has to have as confirmed.
pub(super) fn confirmed(life: &Life) -> Vec<LogId> {
    let logs = standing(life).into_iter();
    let confirmed = logs.filter(|(_, needs)| matches!(needs, Needs::Confirmed));
    confirmed.map(|(log, _)| log).collect()
}

/// Whether there is a payment that is not confirmed yet.
pub(super) fn is_only_seen(life: &Life) -> bool {
    let request = life.payment.state.request();
    request.is_ok_and(|request| matches!(request.funding, Funding::Detected(_)))
}

/// Whether no event of the payment that the log names says anything of it.
fn counts_for_nobody(log: &SeenLog, id: LogId, folds: &Folds) -> bool {
    let Some(payment) = log.payment else {
        return false;
    };
    let life = folds.lives.get(&OrderId(payment));
    life.is_none_or(|life| !life.standing_logs().contains(&id))
}

fn id_of(log: &SeenLog) -> Option<LogId> {
    let block_hash: B256 = format!("0x{}", log.block_hash).parse().ok()?;
    Some(LogId {
        chain_id: log.chain_id,
        block_hash,
        log_index: log.log_index,
    })
}

fn printed(log: &LogId) -> String {
    format!("{} {} {}", log.chain_id, log.block_hash, log.log_index)
}
