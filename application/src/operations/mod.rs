//! What can be done, one file each. An operation reads aggregates, checks who asks, and puts
//! commands to aggregates; all that they decide is one append.

mod authority;
mod money;
mod price;
mod stock;

pub mod adjust_stock;
pub mod approve_order;
pub mod cancel_order;
pub mod change_image;
pub mod change_low_stock_mark;
pub mod change_payout_address;
pub mod change_price;
pub mod complete_order;
pub mod confirm_delivery;
pub mod expire_order;
pub mod fail_attempt;
pub mod list_product;
pub mod mark_order_paid;
pub mod mark_order_refunded;
pub mod mark_order_unpaid;
pub mod open_shop;
pub mod place_order;
pub mod publish_product;
pub mod receive_stock;
pub mod reject_order;
pub mod report_payment_attempt;
pub mod request_payment;
pub mod revise_product;
pub mod revise_shop;
pub mod settle_block;
pub mod ship_order;
pub mod unpublish_product;
