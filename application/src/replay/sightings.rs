//! The listener's record of the chain beside the payments: what the log says was seen there, the
//! listener must have seen.

use std::collections::{HashMap, HashSet};

use futures::TryStreamExt;
use gage_domain::{
    payment::{Funding, LogId},
    value::B256,
};

use super::{
    compare::Folds,
    entry::StreamKey,
    finding::{Fault, Findings, Place},
    life::Life,
};
use crate::ports::replay::{Part, ReadFailure, SeenLog, Stored};

/// Compares. Returns how many logs were read.
pub(super) async fn compare(
    stored: &dyn Stored,
    part: Part,
    folds: &Folds,
    followed: &HashSet<u64>,
    findings: &mut Findings,
) -> Result<u64, ReadFailure> {
    if followed.is_empty() {
        return Ok(0);
    }
    let (mut read, mut seen) = (0, HashMap::new());
    let mut batches = stored.seen_logs(part);
    while let Some(batch) = batches.try_next().await? {
        read += u64::try_from(batch.len()).unwrap_or(0);
        for log in batch {
            let Some(id) = id_of(&log) else { continue };
            if log.status == "confirmed" && counts_for_nobody(&log, id, folds) {
                let place = Place::row("chain_sightings", &printed(&id));
                let found = "a log that is confirmed".to_owned();
                let expected = "an event of its payment that says so".to_owned();
                findings.add(Fault::NotCarriedOut, place, found, expected);
            }
            seen.insert(id, log.status);
        }
    }
    for worker in &folds.workers {
        for (id, life) in worker.lives.iter() {
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
    }
    Ok(read)
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

/// Whether no event of the payment that the log names says anything of it.
fn counts_for_nobody(log: &SeenLog, id: LogId, folds: &Folds) -> bool {
    let Some(payment) = log.payment else {
        return false;
    };
    let life = folds.life_now(payment);
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
