//! What can be done: one file each, with its input, its payload and its resolver. Mutations go
//! to the application's gateway; what they wrote is read back through the shared look-ups.

pub mod adjust_stock;
pub mod approve_order;
pub mod approve_orders;
pub mod call;
pub mod cancel_order;
pub mod change_image;
pub mod change_low_stock_mark;
pub mod change_payout_address;
pub mod change_price;
pub mod confirm_delivery;
pub mod erase_my_personal_data;
pub mod list_product;
pub mod open_shop;
pub mod place_order;
pub mod publish_product;
pub mod receive_stock;
pub mod reject_order;
pub mod report_payment_attempt;
pub mod request_payment;
pub mod revise_product;
pub mod revise_shop;
pub mod ship_order;
pub mod sign_in;
pub mod unpublish_product;
pub mod written;

use async_graphql::MergedObject;

use self::{
    adjust_stock::AdjustStockMutation, approve_order::ApproveOrderMutation,
    approve_orders::ApproveOrdersMutation, cancel_order::CancelOrderMutation,
    change_image::ChangeImageMutation, change_low_stock_mark::ChangeLowStockMarkMutation,
    change_payout_address::ChangePayoutAddressMutation, change_price::ChangePriceMutation,
    confirm_delivery::ConfirmDeliveryMutation, erase_my_personal_data::EraseMyPersonalDataMutation,
    list_product::ListProductMutation, open_shop::OpenShopMutation,
    place_order::PlaceOrderMutation, publish_product::PublishProductMutation,
    receive_stock::ReceiveStockMutation, reject_order::RejectOrderMutation,
    report_payment_attempt::ReportPaymentAttemptMutation, request_payment::RequestPaymentMutation,
    revise_product::ReviseProductMutation, revise_shop::ReviseShopMutation,
    ship_order::ShipOrderMutation, sign_in::SignInMutation,
    unpublish_product::UnpublishProductMutation,
};

/// What can be done. Each takes an idempotency key: the same request again is answered, not
/// done, again.
#[derive(Default, MergedObject)]
pub struct Mutation(
    SignInMutation,
    OpenShopMutation,
    ReviseShopMutation,
    ChangePayoutAddressMutation,
    ListProductMutation,
    ReviseProductMutation,
    ChangePriceMutation,
    ChangeImageMutation,
    ChangeLowStockMarkMutation,
    PublishProductMutation,
    UnpublishProductMutation,
    ReceiveStockMutation,
    AdjustStockMutation,
    PlaceOrderMutation,
    CancelOrderMutation,
    RequestPaymentMutation,
    ReportPaymentAttemptMutation,
    ApproveOrderMutation,
    ApproveOrdersMutation,
    RejectOrderMutation,
    ShipOrderMutation,
    ConfirmDeliveryMutation,
    EraseMyPersonalDataMutation,
);
