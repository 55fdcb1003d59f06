//! People, things and amounts that the tests speak of.

use gage_domain::{
    ids::{OrderId, ProductId, ShopId, SkuId},
    order::{OrderLine, Tracking},
    payment::{LogRef, Terms},
    text::LocalizedText,
    value::{Address, B256, BaseUnits, Price, Quantity},
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

pub(crate) fn ether(units: u64) -> Price {
    Price {
        token: ETHER,
        amount: wei(units),
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
        chain_id: 1337,
        escrow: ESCROW,
        key: hash(0x77),
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
