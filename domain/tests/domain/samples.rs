//! People, things and amounts that the tests speak of.

use gage_domain::{
    ids::{OrderId, ProductId, ShopId, SkuId},
    order::{OrderLine, Tracking},
    payment::{LogRef, PaymentCommand, PaymentEvent, Terms},
    personal::{PersonalKeyId, Sealed},
    rate::{Conversion, FeedRound, Rate, RateSource, RoundId},
    text::LocalizedText,
    value::{Address, Asset, B256, BaseUnits, Currency, Fiat, Price, Quantity},
};
use time::{OffsetDateTime, macros::datetime};
use uuid::Uuid;

pub(crate) const NOON: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
/// When an order that was placed at noon expires.
pub(crate) const QUARTER_PAST: OffsetDateTime = datetime!(2026-03-01 12:15 UTC);

pub(crate) const ETHER: Address = Address::ZERO;
pub(crate) const NOBODY: Address = Address::ZERO;
pub(crate) const OWNER: Address = Address::repeat_byte(0xa0);
pub(crate) const PAYOUT: Address = Address::repeat_byte(0xa1);
pub(crate) const BUYER: Address = Address::repeat_byte(0xb0);
pub(crate) const STRANGER: Address = Address::repeat_byte(0xc0);
pub(crate) const ARBITER: Address = Address::repeat_byte(0xd0);
pub(crate) const TOKEN: Address = Address::repeat_byte(0xe0);
pub(crate) const ESCROW: Address = Address::repeat_byte(0xf0);

pub(crate) const SHOP: ShopId = ShopId(Uuid::from_u128(0x5_0001));
pub(crate) const OTHER_SHOP: ShopId = ShopId(Uuid::from_u128(0x5_0002));
pub(crate) const COFFEE: ProductId = ProductId(Uuid::from_u128(0x9_0001));
pub(crate) const TEA: ProductId = ProductId(Uuid::from_u128(0x9_0002));
pub(crate) const ORDER: OrderId = OrderId(Uuid::from_u128(0x0_0001));
pub(crate) const OTHER_ORDER: OrderId = OrderId(Uuid::from_u128(0x0_0002));

pub(crate) fn ko(text: &str) -> LocalizedText {
    LocalizedText::new(Some(text.to_owned()), None)
}

pub(crate) fn en(text: &str) -> LocalizedText {
    LocalizedText::new(None, Some(text.to_owned()))
}

pub(crate) fn both(ko: &str, en: &str) -> LocalizedText {
    LocalizedText::new(Some(ko.to_owned()), Some(en.to_owned()))
}

pub(crate) fn pieces(number: u32) -> Quantity {
    Quantity::try_from(number).expect("a quantity")
}

pub(crate) fn wei(units: u64) -> BaseUnits {
    BaseUnits::from(units)
}

pub(crate) fn most() -> BaseUnits {
    BaseUnits(gage_domain::value::U256::MAX)
}

/// The chain of every payment here.
pub(crate) const CHAIN: u64 = 1337;

/// A price in the chain's native coin.
pub(crate) fn ether(units: u64) -> Price {
    price_in(ETHER, wei(units))
}

pub(crate) fn price_in(token: Address, amount: BaseUnits) -> Price {
    let chain_id = CHAIN;
    Price::token(Asset { chain_id, token }, amount)
}

/// A price as it was written when a server had one chain.
pub(crate) fn on_unnamed_chain(token: Address, amount: BaseUnits) -> Price {
    let chain_id = None;
    Price {
        currency: Currency::Token { chain_id, token },
        amount,
    }
}

pub(crate) fn won(units: u64) -> Price {
    Price::fiat(Fiat::Krw, wei(units))
}

/// 1,000 wei, which are 30 won at 0.03 won for a wei.
pub(crate) fn conversion() -> Conversion {
    Conversion {
        fiat: Fiat::Krw,
        amount: wei(30),
        token_decimals: 0,
        rate: Rate {
            price: "0.03000000".parse().expect("a number"),
            source: RateSource::Feeds(vec![FeedRound {
                chain_id: 1,
                feed: TOKEN,
                round: RoundId(18_446_744_073_709_562_301),
            }]),
            as_of: NOON,
        },
    }
}

pub(crate) fn line(product: ProductId, unit_price: Price, quantity: u32) -> OrderLine {
    OrderLine {
        product,
        sku: SkuId::from(product),
        name: en("thing"),
        unit_price,
        quantity: pieces(quantity),
    }
}

pub(crate) fn tracking(number: &str) -> Tracking {
    Tracking {
        carrier: "우체국".to_owned(),
        number: number.to_owned(),
    }
}

pub(crate) fn hash(number: u8) -> B256 {
    B256::repeat_byte(number)
}

pub(crate) fn terms() -> Terms {
    Terms {
        order: ORDER,
        buyer: BUYER,
        seller: PAYOUT,
        arbiter: ARBITER,
        token: ETHER,
        amount: wei(1_000),
        deadline: QUARTER_PAST,
        hold_secs: 1_209_600,
        dispute_secs: 1_209_600,
        chain_id: CHAIN,
        escrow: ESCROW,
        key: hash(0x77),
    }
}

/// Asks for a payment whose price is in a token.
pub(crate) fn request_on(terms: Terms) -> PaymentCommand {
    PaymentCommand::Request {
        terms,
        conversion: None,
    }
}

pub(crate) fn requested_on(terms: Terms) -> PaymentEvent {
    PaymentEvent::PaymentRequested {
        terms,
        conversion: None,
    }
}

/// The `index`th log of a block.
pub(crate) fn log(block: u8, index: u64) -> LogRef {
    LogRef {
        chain_id: 1337,
        block_number: u64::from(block),
        block_hash: hash(block),
        tx_hash: B256::with_last_byte(block),
        log_index: index,
    }
}

/// Something that somebody sealed.
pub(crate) fn sealed() -> Sealed {
    let key = PersonalKeyId(Uuid::from_u128(0x5ea1));
    Sealed::new(key, vec![0x5e, 0xa1, 0xed]).expect("sealed")
}
