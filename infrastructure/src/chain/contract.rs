//! Contracts as Rust types, from the artefacts that `contracts/` compiles; their sources say what
//! each is for.

use alloy::sol;

sol!(
    #[derive(Debug, PartialEq, Eq)]
    ShopEscrow,
    "../contracts/artifacts/ShopEscrow.json"
);

sol!(
    OffchainSignatureValidator,
    "../contracts/artifacts/OffchainSignatureValidator.json"
);

sol!(
    #[derive(Debug, PartialEq, Eq)]
    RootAnchor,
    "../contracts/artifacts/RootAnchor.json"
);
