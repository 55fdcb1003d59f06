//! Settles what the listener saw: payments, payouts and the cursor, in one append.

use std::collections::HashSet;

use gage_domain::{
    ids::PaymentId,
    payment::{LogId, Payment, PaymentCommand},
    payout::Payout,
    value::Address,
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    ports::chain::{CursorMove, Observation, Sighting, SightingStatus},
    settlement,
};

/// Settles what the listener saw: payments, payouts and the cursor, in one append. What fits no
/// payment of ours is kept as unmatched, and never holds the cursor up.
#[derive(Debug, Clone, Serialize)]
pub struct SettleBlock {
    /// The cursor's move; its sightings are filled in here.
    pub cursor: CursorMove,
    /// Logs whose block left the chain, the last one first.
    pub revert: Vec<Observation>,
    /// Logs that are new.
    pub detect: Vec<Observation>,
    /// Logs that are deep enough, with their confirmations.
    pub confirm: Vec<(Observation, u64)>,
}

impl Operation for SettleBlock {
    const NAME: &'static str = "settle_block";
    const ALONE: bool = true;
    type Output = ();

    fn run(&self, unit: &mut Unit<'_>) -> Result<(), UnitError> {
        let confirmed = self.confirm.iter().map(|(observation, _)| observation);
        let all = self.revert.iter().chain(&self.detect).chain(confirmed);
        unit.want::<Payment>(all.clone().filter_map(|observation| observation.payment));
        let escrow = self.cursor.escrow;
        let payout = |observation| settlement::payout(escrow, observation, SightingStatus::Seen);
        unit.want::<Payout>(all.filter_map(payout).map(|(id, _)| id));
        let mut sightings = Vec::new();
        // Reverts first: a log that moved to another block is detected again after it.
        for observation in &self.revert {
            let command = settlement::on_reverted(observation);
            let settled = settle(unit, escrow, observation, command, SightingStatus::Reverted)?;
            // A log that left the chain left it, whatever the payment says of it.
            sightings.push(Sighting {
                status: SightingStatus::Reverted,
                ..settled
            });
        }
        for observation in &self.detect {
            let command = settlement::on_seen(observation);
            let status = SightingStatus::Seen;
            sightings.push(settle(unit, escrow, observation, command, status)?);
        }
        let unmatched: HashSet<LogId> = sightings
            .iter()
            .filter(|sighting| sighting.status == SightingStatus::Unmatched)
            .map(|sighting| sighting.observation.log.id())
            .collect();
        for (observation, confirmations) in &self.confirm {
            // What was just found to fit no payment keeps the reason why.
            if unmatched.contains(&observation.log.id()) {
                continue;
            }
            let command = settlement::on_confirmed(observation, *confirmations);
            let status = SightingStatus::Confirmed;
            sightings.push(settle(unit, escrow, observation, command, status)?);
        }
        unit.move_cursor(CursorMove {
            sightings,
            ..self.cursor.clone()
        });
        Ok(())
    }
}

/// Puts the command to the payment that the log names, or to the account's payout; a refusal
/// makes the log unmatched.
fn settle(
    unit: &mut Unit<'_>,
    escrow: Address,
    observation: &Observation,
    command: Option<PaymentCommand>,
    status: SightingStatus,
) -> Result<Sighting, UnitError> {
    let sighting = |status, reason| Sighting {
        observation: observation.clone(),
        status,
        reason,
    };
    let unmatched = |reason| sighting(SightingStatus::Unmatched, Some(reason));
    if let Some((id, command)) = settlement::payout(escrow, observation, status) {
        let Some(command) = command else {
            return Ok(sighting(status, None));
        };
        return Ok(match unit.try_decide::<Payout>(id, &command)? {
            Ok(_) => sighting(status, None),
            Err(rejection) => unmatched(rejection.to_string()),
        });
    }
    let Some(payment) = observation.payment else {
        return Ok(unmatched("the log names no order of ours".to_owned()));
    };
    let Some(command) = command else {
        return Ok(known(unit, payment)?.map_or_else(
            || sighting(status, None),
            |reason| unmatched(reason.to_owned()),
        ));
    };
    Ok(match unit.try_decide::<Payment>(payment, &command)? {
        Ok(_) => sighting(status, None),
        Err(rejection) => unmatched(rejection.to_string()),
    })
}

/// Why the payment is none of ours, if it is not.
fn known(unit: &mut Unit<'_>, payment: PaymentId) -> Result<Option<&'static str>, UnitError> {
    let unrequested = *unit.state::<Payment>(payment)? == Payment::default();
    Ok(unrequested.then_some("no such payment was requested"))
}
