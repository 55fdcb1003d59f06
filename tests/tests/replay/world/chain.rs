//! What the listener tells of a chain.

use std::sync::atomic::Ordering;

use gage_application::{
    event::{Decoder, StreamName},
    operations::settle_block::SettleBlock,
    ports::{
        chain::{BlockRef, CursorMove, Observation, Observed},
        event_log::EventLog,
    },
    settlement::Settle,
};
use gage_domain::{
    decider::Decider,
    ids::{OrderId, PayoutId},
    payment::{LogRef, Payment},
    value::{Address, B256, BaseUnits},
};
use time::macros::datetime;

use super::{BUYER, CHAIN_ID, ESCROW, OWNER, World};

impl World {
    async fn terms(&self, order: OrderId) -> gage_domain::payment::Terms {
        let stream = StreamName::of::<Payment>(order.into());
        let decoder = Decoder::current();
        let events = self.log.load(&stream, 0).await.unwrap();
        let fold = |state: Payment, event| state.evolve(&decoder.event::<Payment>(event).unwrap());
        let payment = events.iter().fold(Payment::default(), fold);
        payment.request().unwrap().terms.clone()
    }

    /// The payment is seen, confirmed, and told to the order.
    pub(crate) async fn pay(&self, order: OrderId) -> Observation {
        let terms = self.terms(order).await;
        let paid = self.seen(order, terms.key, |log| {
            let what = Observed::Paid {
                payer: BUYER,
                token: terms.token,
                amount: terms.amount,
            };
            (what, log)
        });
        self.settle(vec![], vec![paid.clone()], vec![]).await;
        self.settle(vec![], vec![], vec![(paid.clone(), 12)]).await;
        self.react().await;
        paid
    }

    pub(super) async fn pay_and_lose(&self, order: OrderId) {
        let paid = self.pay(order).await;
        self.lose(paid).await;
    }

    pub(super) async fn money(
        &self,
        order: OrderId,
        paid: &Observation,
        what: impl FnOnce(BaseUnits) -> Observed,
    ) -> Observation {
        let amount = self.terms(order).await.amount;
        let moved = self.seen(order, paid.key, |log| (what(amount), log));
        self.settle(vec![], vec![moved.clone()], vec![]).await;
        self.settle(vec![], vec![], vec![(moved.clone(), 12)]).await;
        self.react().await;
        moved
    }

    pub(super) async fn dispute(&self, order: OrderId) -> Observation {
        let key = self.terms(order).await.key;
        let dispute = self.seen(order, key, |log| (Observed::Disputed { by: BUYER }, log));
        self.settle(vec![], vec![dispute.clone()], vec![(dispute.clone(), 12)])
            .await;
        dispute
    }

    pub(super) async fn withdraw(&self) -> Observation {
        let log = self.next_log();
        let taken = Observation {
            log,
            payment: None,
            key: B256::ZERO,
            what: Observed::Withdrawn {
                account: OWNER,
                token: Address::ZERO,
                amount: BaseUnits::from(7),
            },
            mined_at: None,
        };
        self.settle(vec![], vec![taken.clone()], vec![(taken.clone(), 12)])
            .await;
        taken
    }

    /// The block of a log is gone.
    pub(super) async fn lose(&self, seen: Observation) {
        self.settle(vec![seen], vec![], vec![]).await;
        self.react().await;
    }

    pub(crate) fn payout() -> PayoutId {
        PayoutId {
            chain_id: CHAIN_ID,
            escrow: ESCROW,
            account: OWNER,
            token: Address::ZERO,
        }
    }

    fn seen(
        &self,
        order: OrderId,
        key: B256,
        what: impl FnOnce(LogRef) -> (Observed, LogRef),
    ) -> Observation {
        let (what, log) = what(self.next_log());
        Observation {
            log,
            payment: Some(order.into()),
            key,
            what,
            mined_at: Some(datetime!(2026-03-01 09:30 UTC)),
        }
    }

    fn next_log(&self) -> LogRef {
        let number = self.blocks.load(Ordering::SeqCst) + 1;
        LogRef {
            chain_id: CHAIN_ID,
            block_number: number,
            block_hash: block(number).hash,
            tx_hash: B256::left_padding_from(&(number + 7_000).to_be_bytes()),
            log_index: 0,
        }
    }

    async fn settle(
        &self,
        revert: Vec<Observation>,
        detect: Vec<Observation>,
        confirm: Vec<(Observation, u64)>,
    ) {
        let number = self.blocks.fetch_add(1, Ordering::SeqCst);
        let (from, to) = (block(number), block(number + 1));
        let batch = SettleBlock {
            cursor: CursorMove {
                chain_id: CHAIN_ID,
                escrow: ESCROW,
                from,
                to,
                blocks: vec![to],
                sightings: Vec::new(),
            },
            revert,
            detect,
            confirm,
        };
        self.gateway.settle(batch).await.unwrap();
    }
}

pub(super) fn block(number: u64) -> BlockRef {
    BlockRef {
        number,
        hash: B256::left_padding_from(&(number + 1_000_000).to_be_bytes()),
    }
}
