//! Events in plain words, in Korean and English.

mod told;

use gage_domain::{
    inventory::InventoryEvent,
    order::OrderEvent,
    payment::{AttemptFailure, ClosingReason, PaymentEvent},
    payout::PayoutEvent,
    product::ProductEvent,
    shop::ShopEvent,
    text::LocalizedText,
};

use self::told::{count, in_token, moment, number, priced, short};
use crate::{event::Fact, ports::personal_data::KeyState};

/// What happened, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// In Korean.
    pub ko: String,
    /// In English.
    pub en: String,
}

fn words(ko: impl Into<String>, en: impl Into<String>) -> Words {
    Words {
        ko: ko.into(),
        en: en.into(),
    }
}

/// An event in words. When it holds sealed personal data, what has become of the key says whether
/// they can still be read.
pub fn of(fact: &Fact, key: Option<KeyState>) -> Words {
    let mut told = of_fact(fact);
    if fact.sealed().is_some() {
        let (ko, en) = of_sealed(key);
        told.ko.push_str(ko);
        told.en.push_str(en);
    }
    told
}

const fn of_sealed(key: Option<KeyState>) -> (&'static str, &'static str) {
    match key {
        None | Some(KeyState::Held) => (
            " 배송 정보는 봉인되어 있습니다.",
            " Its delivery details are sealed.",
        ),
        Some(KeyState::Erased) => (
            " 배송 정보는 삭제되었습니다.",
            " Its delivery details were erased.",
        ),
        Some(KeyState::Missing) => (
            " 배송 정보의 열쇠가 여기에 없습니다.",
            " The key of its delivery details is not here.",
        ),
    }
}

fn of_fact(fact: &Fact) -> Words {
    match fact {
        Fact::Shop(_, event) => of_shop(event),
        Fact::Product(_, event) => of_product(event),
        Fact::Inventory(_, event) => of_inventory(event),
        Fact::Order(_, event) => of_order(event),
        Fact::Payment(_, event) => of_payment(event),
        Fact::Payout(_, event) => of_payout(event),
    }
}

fn of_shop(event: &ShopEvent) -> Words {
    match event {
        ShopEvent::ShopOpened { owner, name, .. } => {
            let ((ko, en), owner) = (both(name), short(*owner));
            words(
                format!("{owner} 지갑이 가게 “{ko}”을(를) 열었습니다."),
                format!("The wallet {owner} opened the shop “{en}”."),
            )
        }
        ShopEvent::ShopRevised { name } => {
            let (ko, en) = both(name);
            words(
                format!("가게 이름이 “{ko}”(으)로 바뀌었습니다."),
                format!("The shop is called “{en}” now."),
            )
        }
        ShopEvent::PayoutAddressChanged { payout } => {
            let payout = short(*payout);
            words(
                format!("앞으로의 주문 대금은 {payout} 지갑으로 갑니다."),
                format!("The money of later orders goes to the wallet {payout}."),
            )
        }
    }
}

fn of_product(event: &ProductEvent) -> Words {
    match event {
        ProductEvent::ProductListed { name, price, .. } => {
            let (ko, en) = both(name);
            let price = price.as_ref().map(priced);
            let (at_ko, at_en) = price.map_or_else(Default::default, |(ko, en)| {
                (format!(" 가격: {ko}."), format!(" Its price: {en}."))
            });
            words(
                format!("상품 “{ko}”이(가) 등록되었습니다.{at_ko}"),
                format!("The product “{en}” was listed.{at_en}"),
            )
        }
        ProductEvent::ProductRevised { name, .. } => {
            let (ko, en) = both(name);
            words(
                format!("상품 이름과 설명이 바뀌었습니다: “{ko}”."),
                format!("The product got another name or description: “{en}”."),
            )
        }
        ProductEvent::PriceChanged { price } => {
            let (ko, en) = priced(price);
            words(
                format!("가격이 {ko}(으)로 바뀌었습니다."),
                format!("The price is {en} now."),
            )
        }
        ProductEvent::ImageChanged { image: Some(image) } => words(
            format!("상품 사진이 바뀌었습니다: {image}."),
            format!("The product is shown by another image: {image}."),
        ),
        ProductEvent::ImageChanged { image: None } => words(
            "상품 사진이 없어졌습니다.",
            "The product is shown by no image any more.",
        ),
        ProductEvent::LowStockMarkChanged { mark: Some(mark) } => {
            let pieces = mark.get();
            words(
                format!("재고가 {pieces}개 이하이면 부족으로 칩니다."),
                format!(
                    "Stock counts as low from {} on.",
                    count(pieces, "piece", "pieces")
                ),
            )
        }
        ProductEvent::LowStockMarkChanged { mark: None } => words(
            "재고가 부족으로 치이지 않습니다.",
            "Stock never counts as low.",
        ),
        ProductEvent::ProductPublished {} => {
            words("판매가 시작되었습니다.", "The product is for sale.")
        }
        ProductEvent::ProductUnpublished {} => words(
            "판매가 중지되었습니다.",
            "The product is not for sale any more.",
        ),
    }
}

fn of_inventory(event: &InventoryEvent) -> Words {
    match event {
        InventoryEvent::StockReceived { quantity } => {
            let pieces = quantity.get();
            words(
                format!("{pieces}개가 입고되었습니다."),
                format!("{} arrived.", count(pieces, "piece", "pieces")),
            )
        }
        InventoryEvent::StockAdjusted { delta, reason } => words(
            format!("재고가 {delta:+}개 정정되었습니다: {reason}"),
            format!("The count was corrected by {delta:+}: {reason}"),
        ),
        InventoryEvent::StockReserved { order, quantity } => {
            let (pieces, order) = (quantity.get(), number(*order));
            let en = count(pieces, "piece is", "pieces are");
            words(
                format!("주문 {order}에 {pieces}개가 예약되었습니다."),
                format!("{en} reserved for the order {order}."),
            )
        }
        InventoryEvent::ReservationReleased { order, quantity } => {
            let (pieces, order) = (quantity.get(), number(*order));
            let en = count(pieces, "piece", "pieces");
            words(
                format!("주문 {order}의 예약 {pieces}개가 풀렸습니다."),
                format!("{en} of the order {order} can be sold again."),
            )
        }
        InventoryEvent::ReservationCommitted { order, quantity } => {
            let (pieces, order) = (quantity.get(), number(*order));
            let en = count(pieces, "piece was", "pieces were");
            words(
                format!("주문 {order}의 {pieces}개가 판매 확정되었습니다."),
                format!("{en} sold to the order {order}."),
            )
        }
    }
}

fn of_order(event: &OrderEvent) -> Words {
    match event {
        OrderEvent::OrderPlaced {
            buyer,
            lines,
            total,
            ..
        } => {
            let (buyer, (ko, en)) = (short(*buyer), priced(total));
            let kinds = u64::try_from(lines.len()).unwrap_or(u64::MAX);
            let products = count(kinds, "product", "products");
            words(
                format!("{buyer} 지갑이 {kinds}종을 주문했습니다. 합계: {ko}."),
                format!("The wallet {buyer} ordered {products} for {en}."),
            )
        }
        OrderEvent::OrderPaid {} => words("주문이 결제되었습니다.", "The order is paid."),
        OrderEvent::OrderPaymentReverted {} => words(
            "체인 재구성으로 결제가 사라져 주문이 다시 결제를 기다립니다.",
            "The payment left the chain again: the order waits for it once more.",
        ),
        OrderEvent::OrderApproved {} => words(
            "가게가 주문을 승인했습니다.",
            "The shop approved the order.",
        ),
        OrderEvent::OrderRejected { reason } => words(
            format!("가게가 주문을 거절했습니다: {reason}"),
            format!("The shop rejected the order: {reason}"),
        ),
        OrderEvent::OrderCancelled {} => words(
            "고객이 주문을 취소했습니다.",
            "The customer cancelled the order.",
        ),
        OrderEvent::OrderExpired {} => words(
            "기한 안에 결제되지 않아 주문이 만료되었습니다.",
            "The order was not paid in time.",
        ),
        OrderEvent::OrderShipped { tracking: None } => {
            words("주문이 발송되었습니다.", "The order is on its way.")
        }
        OrderEvent::OrderShipped {
            tracking: Some(tracking),
        } => {
            let (carrier, number) = (&tracking.carrier, &tracking.number);
            words(
                format!("주문이 발송되었습니다: {carrier} {number}."),
                format!("The order is on its way: {carrier} {number}."),
            )
        }
        OrderEvent::DeliveryConfirmed {} => {
            words("고객이 수령을 확인했습니다.", "The customer has the order.")
        }
        OrderEvent::OrderCompleted {} => words("주문이 완료되었습니다.", "The order is complete."),
        OrderEvent::OrderRefunded {} => words(
            "결제 금액이 모두 고객에게 돌아갔습니다.",
            "The whole payment went back to the customer.",
        ),
    }
}

fn of_payment(event: &PaymentEvent) -> Words {
    match event {
        PaymentEvent::PaymentRequested { terms, .. } => {
            let (ko, en) = in_token(terms.amount, terms.token);
            let deadline = moment(terms.deadline);
            words(
                format!("{deadline}까지 {ko}의 결제가 요청되었습니다."),
                format!("A payment of {en} is asked for by {deadline}."),
            )
        }
        PaymentEvent::AttemptReported { tx_hash, .. } => words(
            format!("고객이 거래 {tx_hash:#}을(를) 알렸습니다."),
            format!("The customer reported the transaction {tx_hash:#}."),
        ),
        PaymentEvent::PaymentDetected { log, amount, .. } => {
            let block = log.block_number;
            words(
                format!("블록 {block}에서 {amount} 단위의 입금이 보였습니다."),
                format!("A payment of {amount} base units was seen in block {block}."),
            )
        }
        PaymentEvent::PaymentConfirmed { confirmations, .. } => words(
            format!("입금이 {confirmations}번 확인되어 확정되었습니다."),
            format!(
                "The payment counts: it is {} deep.",
                count(*confirmations, "block", "blocks")
            ),
        ),
        PaymentEvent::PaymentReverted { .. } => words(
            "입금이 담긴 블록이 체인에서 사라졌습니다.",
            "The payment's block is not part of the chain any more.",
        ),
        PaymentEvent::AttemptFailed { tx_hash, reason } => {
            let (ko, en) = match reason {
                AttemptFailure::Reverted => ("실패했습니다", "failed"),
                AttemptFailure::Replaced => ("다른 거래로 대체되었습니다", "was replaced"),
                AttemptFailure::Dropped => ("노드에서 사라졌습니다", "was dropped"),
            };
            words(
                format!("거래 {tx_hash:#}이(가) {ko}."),
                format!("The transaction {tx_hash:#} {en}."),
            )
        }
        PaymentEvent::PaymentExpired { reason } => {
            let (ko, en) = match reason {
                ClosingReason::Lapsed => ("기한이 지나", "nobody paid in time"),
                ClosingReason::OrderCancelled => ("주문이 취소되어", "the order was cancelled"),
                ClosingReason::OrderRejected => ("주문이 거절되어", "the order was rejected"),
                ClosingReason::OrderRefunded => ("모두 환불되어", "all of it went back"),
            };
            words(
                format!("{ko} 결제 요청이 닫혔습니다."),
                format!("The payment is not wanted any more: {en}."),
            )
        }
        PaymentEvent::FundsReleased { .. }
        | PaymentEvent::FundsRefunded { .. }
        | PaymentEvent::DisputeOpened { .. }
        | PaymentEvent::ReleaseReverted { .. }
        | PaymentEvent::RefundReverted { .. }
        | PaymentEvent::DisputeReverted { .. } => of_money(event),
    }
}

/// What became of money that is confirmed.
fn of_money(event: &PaymentEvent) -> Words {
    match event {
        PaymentEvent::FundsReleased { amount, .. } => words(
            format!("{amount} 단위가 판매자에게 지급되었습니다."),
            format!("{amount} base units went to the seller."),
        ),
        PaymentEvent::FundsRefunded { amount, .. } => words(
            format!("{amount} 단위가 고객에게 환불되었습니다."),
            format!("{amount} base units went back to the customer."),
        ),
        PaymentEvent::DisputeOpened { by, .. } => {
            let by = short(*by);
            words(
                format!("{by} 지갑이 중재를 요청했습니다."),
                format!("The wallet {by} asked the arbiter to decide."),
            )
        }
        PaymentEvent::ReleaseReverted { amount, .. } => words(
            format!("지급이 체인에서 사라져 {amount} 단위가 다시 보관됩니다."),
            format!("A release left the chain: {amount} base units are held again."),
        ),
        PaymentEvent::RefundReverted { amount, .. } => words(
            format!("환불이 체인에서 사라져 {amount} 단위가 다시 보관됩니다."),
            format!("A refund left the chain: {amount} base units are held again."),
        ),
        PaymentEvent::DisputeReverted { .. } => words(
            "중재 요청이 체인에서 사라졌습니다.",
            "The dispute is not part of the chain any more.",
        ),
        PaymentEvent::PaymentRequested { .. }
        | PaymentEvent::AttemptReported { .. }
        | PaymentEvent::AttemptFailed { .. }
        | PaymentEvent::PaymentDetected { .. }
        | PaymentEvent::PaymentConfirmed { .. }
        | PaymentEvent::PaymentReverted { .. }
        | PaymentEvent::PaymentExpired { .. } => of_payment(event),
    }
}

fn of_payout(event: &PayoutEvent) -> Words {
    match event {
        PayoutEvent::FundsWithdrawn { amount, .. } => words(
            format!("에스크로에서 {amount} 단위가 인출되었습니다."),
            format!("{amount} base units were taken out of the escrow."),
        ),
        PayoutEvent::WithdrawalReverted { amount, .. } => words(
            format!("인출이 체인에서 사라져 {amount} 단위가 에스크로에 있습니다."),
            format!("A withdrawal left the chain: {amount} base units are in the escrow again."),
        ),
    }
}

/// The name in both languages; the one that is there where one is missing.
fn both(name: &LocalizedText) -> (&str, &str) {
    let ko = name.ko().or(name.en()).unwrap_or("");
    let en = name.en().or(name.ko()).unwrap_or("");
    (ko, en)
}
