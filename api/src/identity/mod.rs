//! Who is asking: wallets, sign-in, sessions and roles.

pub mod address;
pub mod brief_sessions;
pub mod cookie;
pub mod desk;
pub mod roles;
pub mod siwe;
pub mod viewer;
