//! What happens to orders and to their payments.

use gage_domain::{
    ids::{OrderId, PaymentId, SkuId},
    inventory::InventoryCommand,
    order::{OrderCommand, OrderLine, Phase, Tracking},
    payment::{AttemptFailure, ClosingReason, Funding, LogRef, PaymentCommand, Terms},
    personal::{PersonalKeyId, Sealed},
    rate::{Conversion, FeedRound, Rate, RateSource, RoundId},
    value::{Address, B256, BaseUnits, Currency, Fiat, Price},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Draft, PRODUCTS, Story, name, pieces, price, try_on};

impl Story {
    pub(super) fn place(&mut self, draft: &mut Draft) {
        self.orders += 1;
        let (order, now) = (self.order_id(self.orders), self.now());
        let mut lines = vec![];
        for number in 0..=self.below(PRODUCTS) {
            let product = self.product_id(number);
            let quantity = pieces(1 + self.below(3));
            let reserve = InventoryCommand::Reserve { order, quantity };
            let (sku, unit_price) = (SkuId::from(product), price(4 + self.orders % 4));
            if try_on(&mut self.stock, sku, &reserve, now, draft) {
                lines.push(OrderLine {
                    product,
                    sku,
                    name: name("Bean"),
                    unit_price,
                    quantity,
                });
            }
        }
        let customer = 1 + self.below(3);
        let (buyer, pay_by) = (self.wallet(customer), now + Duration::minutes(15));
        let place = OrderCommand::Place {
            buyer,
            shop: self.shop_id(),
            lines,
            pay_by,
            delivery: self.orders.is_multiple_of(2).then(sealed),
        };
        if try_on(&mut self.order, order, &place, now, draft) {
            let total = self.order[&order].0.total().unwrap();
            let conversion = conversion(total);
            let amount = conversion
                .as_ref()
                .map_or(Ok(total.amount), Conversion::tokens);
            let terms = self.terms(order, buyer, amount.unwrap(), pay_by);
            let id = PaymentId::from(order);
            try_on(
                &mut self.payments,
                id,
                &PaymentCommand::Request {
                    terms,
                    conversion: conversion.map(Box::new),
                },
                now,
                draft,
            );
        }
    }

    fn terms(
        &self,
        order: OrderId,
        buyer: Address,
        amount: BaseUnits,
        pay_by: OffsetDateTime,
    ) -> Terms {
        Terms {
            order,
            buyer,
            seller: self.wallet(0),
            arbiter: Address::ZERO,
            token: Address::ZERO,
            amount,
            deadline: pay_by,
            hold_secs: 60,
            dispute_secs: 60,
            chain_id: 1337,
            escrow: Address::repeat_byte(0xe5),
            key: B256::from(Address::repeat_byte(1).into_word()),
        }
    }

    /// Something happens to a recent order, with what belongs to it in the same append.
    pub(super) fn follow_order(&mut self, draft: &mut Draft) {
        let (order, now) = (self.recent_order(), self.now());
        let phase = self.order.get(&order).and_then(|(order, _)| order.phase());
        let command = match (self.below(10), phase) {
            (0, _) => OrderCommand::Reject {
                reason: "품절".to_owned(),
            },
            (1, _) => OrderCommand::Cancel,
            (2, _) => OrderCommand::Expire,
            (3, _) | (_, Some(Phase::AwaitingPayment)) => OrderCommand::MarkPaid,
            (8, Some(Phase::Paid)) => OrderCommand::MarkRefunded,
            (9, Some(Phase::Paid)) => OrderCommand::MarkUnpaid,
            (_, Some(Phase::Paid)) => OrderCommand::Approve,
            (4, _) => OrderCommand::Ship { tracking: None },
            (_, Some(Phase::Approved)) => OrderCommand::Ship {
                tracking: Some(tracking(self.minutes)),
            },
            (_, Some(Phase::Shipped)) => OrderCommand::ConfirmDelivery,
            _ => OrderCommand::Complete,
        };
        if !try_on(&mut self.order, order, &command, now, draft) {
            return;
        }
        let skus: Vec<_> = self.order[&order]
            .0
            .lines()
            .iter()
            .map(|line| line.sku)
            .collect();
        for sku in skus {
            let settle = match command {
                OrderCommand::Approve => InventoryCommand::Commit { order },
                OrderCommand::Reject { .. } | OrderCommand::Cancel | OrderCommand::Expire => {
                    InventoryCommand::Release { order }
                }
                _ => continue,
            };
            try_on(&mut self.stock, sku, &settle, now, draft);
        }
        let reason = match command {
            OrderCommand::Reject { .. } => ClosingReason::OrderRejected,
            OrderCommand::Cancel => ClosingReason::OrderCancelled,
            OrderCommand::Expire => ClosingReason::Lapsed,
            _ => return,
        };
        let expire = PaymentCommand::Expire { reason };
        try_on(
            &mut self.payments,
            PaymentId::from(order),
            &expire,
            now,
            draft,
        );
    }

    pub(super) fn follow_payment(&mut self, draft: &mut Draft) {
        let (order, now) = (self.recent_order(), self.now());
        let id = PaymentId::from(order);
        let request = self
            .payments
            .get(&id)
            .and_then(|(payment, _)| payment.request().ok());
        let Some((terms, funding)) = request.map(|r| (r.terms.clone(), r.funding.clone())) else {
            return;
        };
        let later = 2 + self.below(9);
        let (payment_log, later_log) = (Self::log_of(order, 1), Self::log_of(order, later));
        let tx_hash = B256::repeat_byte(u8::try_from(self.below(4)).unwrap());
        let amount = BaseUnits::from(1 + self.below(9));
        let nonce = self.minutes.unsigned_abs();
        // The last of what was recorded leaves the chain first.
        let gone = match &funding {
            Funding::Confirmed(deposit) => deposit.movements.last().map(|last| last.log.log_index),
            Funding::Detected(_) | Funding::None => None,
        };
        let gone = gone.map_or(payment_log, |index| Self::log_of(order, index));
        let command = match (self.below(12), funding) {
            (0..=1, _) => PaymentCommand::ReportAttempt {
                tx_hash,
                nonce,
                by: terms.buyer,
            },
            (2, _) => PaymentCommand::FailAttempt {
                tx_hash,
                reason: AttemptFailure::Replaced,
            },
            (3 | 10, _) => PaymentCommand::Revert { log: gone },
            (4, _) | (_, Funding::None) => PaymentCommand::Detect {
                key: terms.key,
                log: payment_log,
                payer: terms.buyer,
                token: terms.token,
                amount: terms.amount,
                mined_at: None,
            },
            (5, _) | (_, Funding::Detected(_)) => PaymentCommand::Confirm {
                log: payment_log,
                confirmations: 12,
            },
            (6..=7, _) => PaymentCommand::RecordRelease {
                log: later_log,
                amount,
            },
            (8..=9, _) => PaymentCommand::RecordRefund {
                log: later_log,
                amount,
            },
            _ => PaymentCommand::RecordDispute {
                log: later_log,
                by: terms.buyer,
                mined_at: Some(now),
            },
        };
        try_on(&mut self.payments, id, &command, now, draft);
    }

    fn log_of(order: OrderId, index: u64) -> LogRef {
        LogRef {
            chain_id: 1337,
            block_number: index,
            block_hash: B256::left_padding_from(order.0.as_bytes()),
            tx_hash: B256::repeat_byte(1),
            log_index: index,
        }
    }
}

fn tracking(number: i64) -> Tracking {
    Tracking {
        carrier: "우체국".to_owned(),
        number: number.to_string(),
    }
}

/// How a price in fiat money becomes an amount of tokens here; none for a price in a token.
fn conversion(price: Price) -> Option<Conversion> {
    let Currency::Fiat(fiat) = price.currency else {
        return None;
    };
    let feed = FeedRound {
        chain_id: 1,
        feed: Address::repeat_byte(0xfe),
        round: RoundId(1 << 70),
    };
    Some(Conversion {
        fiat,
        amount: price.amount,
        token_decimals: 18,
        rate: Rate {
            price: "4500000.12500000".parse().unwrap(),
            source: match fiat {
                Fiat::Krw => RateSource::Feeds(vec![feed, feed]),
                Fiat::Usd => RateSource::Operator,
            },
            as_of: OffsetDateTime::UNIX_EPOCH,
        },
    })
}

/// Something that nobody opens here: read models hold none of it.
fn sealed() -> Sealed {
    Sealed::new(PersonalKeyId(Uuid::from_u128(1)), vec![0x5e; 528]).unwrap()
}
