//! Money, orders, wallets and moments in words.

use gage_domain::{
    ids::OrderId,
    value::{Address, BaseUnits, Currency, Price},
};
use time::{OffsetDateTime, UtcOffset};

/// Digits of every chain's own coin, as wallets have it (EIP-3085 allows no other).
const COIN_DECIMALS: u8 = 18;

/// An amount of money; of a token, of which only its contract knows the digits, in base units.
pub(super) fn priced(price: &Price) -> (String, String) {
    let amount = price.amount;
    match price.currency {
        Currency::Fiat(fiat) => {
            let told = format!("{} {fiat}", pointed(amount, fiat.decimals()));
            (told.clone(), told)
        }
        Currency::Token { token, .. } => in_token(amount, token),
    }
}

pub(super) fn in_token(amount: BaseUnits, token: Address) -> (String, String) {
    if token.is_zero() {
        let amount = pointed(amount, COIN_DECIMALS);
        (
            format!("체인의 코인 {amount}"),
            format!("{amount} in the chain's coin"),
        )
    } else {
        let token = short(token);
        (
            format!("토큰 {token} {amount} 단위"),
            format!("{amount} base units of the token {token}"),
        )
    }
}

/// An amount with its point, and no digit lost.
fn pointed(amount: BaseUnits, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let digits = format!("{:0>width$}", amount.to_string(), width = decimals + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals);
    let part = part.trim_end_matches('0');
    if part.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{part}")
    }
}

/// A wallet or contract as people tell it from others; all of it stands beside the words.
pub(super) fn short(address: Address) -> String {
    let address = address.to_string();
    format!("{}…{}", &address[..6], &address[address.len() - 4..])
}

/// What people call an order by: the first digits of its id.
pub(super) fn number(order: OrderId) -> String {
    let id = order.to_string();
    let first = id.split('-').next().unwrap_or_default();
    format!("#{}", first.to_uppercase())
}

pub(super) fn count(number: impl Into<u64>, one: &str, many: &str) -> String {
    match number.into() {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}

pub(super) fn moment(time: OffsetDateTime) -> String {
    let time = time.to_offset(UtcOffset::UTC);
    let (date, hour, minute) = (time.date(), time.hour(), time.minute());
    format!("{date} {hour:02}:{minute:02} UTC")
}

#[cfg(test)]
mod tests {
    use gage_domain::{
        inventory::InventoryEvent,
        value::{Fiat, Quantity, U256},
    };
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    fn units(amount: u64) -> BaseUnits {
        BaseUnits(U256::from(amount))
    }

    #[test]
    fn money_is_told_to_its_last_digit() {
        for (amount, decimals, told) in [
            (0, 18, "0"),
            (1, 18, "0.000000000000000001"),
            (25_000_000_000_000_000, 18, "0.025"),
            (3_000_000_000_000_000_000, 18, "3"),
            (12_000, 0, "12000"),
            (1_250, 2, "12.5"),
        ] {
            assert_eq!(pointed(units(amount), decimals), told);
        }
        let price = Price {
            amount: units(1_999),
            currency: Currency::Fiat(Fiat::Usd),
        };
        assert_eq!(priced(&price).1, "19.99 USD");
    }

    #[test]
    fn orders_wallets_and_moments_are_short() {
        let order = OrderId(Uuid::from_u128(0x9a55_6e6d << 96));
        let reserved = InventoryEvent::StockReserved {
            order,
            quantity: Quantity::new(1).unwrap(),
        };
        let told = crate::history::words::of_inventory(&reserved);
        assert_eq!(told.en, "1 piece is reserved for the order #9A556E6D.");
        assert_eq!(told.ko, "주문 #9A556E6D에 1개가 예약되었습니다.");
        assert_eq!(short(Address::repeat_byte(0x11)), "0x1111…1111");
        let told = moment(datetime!(2026-03-01 09:05:30.5 +9));
        assert_eq!(told, "2026-03-01 00:05 UTC");
    }
}
