//! The escrow contract as Rust types, from the artefact that `contracts/` compiles; its source says
//! what each is for.

use alloy::sol;

sol!(
    #[derive(Debug, PartialEq, Eq)]
    ShopEscrow,
    "../contracts/artifacts/ShopEscrow.json"
);
