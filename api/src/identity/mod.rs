//! Who is asking: wallets, sign-in, sessions and roles.

pub mod address;
pub mod siwe;
