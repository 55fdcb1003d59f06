//! What the schema shows, each type with what its viewer may see of it.

mod chain;
mod delivery;
mod dispute;
mod history;
mod image;
mod ledger;
mod me;
mod node;
mod order;
mod order_search;
mod payment;
mod payment_instructions;
mod payment_request;
mod price;
mod product;
mod proof;
mod rate;
mod sales;
mod shop;
mod text;
mod timeline;
mod wallet_call;

pub use chain::{AcceptedToken, Chain, ChainCondition};
pub use delivery::{Delivery, DeliveryDetails, DeliveryState};
pub use dispute::Dispute;
pub use history::{
    CausedEvent, HistoryEvent, HistoryFilter, HistoryOrder, HistoryPage, MomentInput, PastState,
    StateChange,
};
pub use image::{Image, ImageSize};
pub use ledger::{Ledger, LedgerAccount, Withdrawal};
pub use me::{Me, ViewerRole};
pub use node::Node;
pub use order::{Order, OrderLine, OrderStatus, Tracking, may_see as may_see_order};
pub use payment::{Attempt, AttemptStatus, Payment, PaymentStatus};
pub(super) use payment_instructions::told;
pub use payment_instructions::{
    Approval, GasQuote, GasUnavailable, GasUnavailableReason, PaymentInstructions,
};
pub use payment_request::Call;
pub use price::{Fiat, PayWithInput, PayableAsset, Price, PriceInput};
pub use product::Product;
pub(super) use product::may_see as may_see_product;
pub use proof::{Anchor, AnchorProgress, Checkpoint, ProofDocument};
pub use rate::{PaymentRate, PaymentRateSource, PriceFeedRound};
pub use sales::{BestSeller, OrderCount, Revenue, Sales};
pub use shop::Shop;
pub use text::{LocalizedText, LocalizedTextInput};
pub use timeline::{TimelineEntry, TimelineEvent};
pub(super) use wallet_call::prepare;
pub use wallet_call::{CallRefusal, PreparedCall, WalletCall};
