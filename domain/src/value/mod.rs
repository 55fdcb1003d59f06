//! Value types of money, quantity and wallets. Wrong values cannot be made.

mod amount;
mod image;
mod price;
mod quantity;

pub use alloy_primitives::{Address, B256, I256, U256};

pub use self::{
    amount::{BaseUnits, InvalidAmount},
    image::ImageHash,
    price::{Asset, Currency, Denomination, Fiat, InvalidPrice, Price, UnknownFiat},
    quantity::{InvalidQuantity, Quantity},
};
