//! The rules of the domain, each as a test that a shop owner can read, and what must always
//! hold as properties over random commands.

#![expect(
    clippy::expect_used,
    reason = "a test that fails by panicking says where; the lint's own exception knows only functions marked as tests"
)]

mod adapter;
mod always;
mod delivery;
mod given;
mod golden;
mod inventory;
mod order_histories;
mod order_placing;
mod order_progress;
mod payment_chain;
mod payment_custody;
mod payment_funds;
mod payment_histories;
mod payment_request;
mod payout;
mod policy;
mod prices;
mod product;
mod proof;
mod rates;
mod samples;
mod shop;
mod texts;
mod upcasting;
mod values;
