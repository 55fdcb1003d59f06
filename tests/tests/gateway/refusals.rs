//! What an operation refuses, in the words of its type.

use gage_application::{
    gateway::{Refusal, What},
    operations::{
        approve_order::ApproveOrder, cancel_order::CancelOrder, change_price::ChangePrice,
        expire_order::ExpireOrder, open_shop::OpenShop, ship_order::ShipOrder,
        unpublish_product::UnpublishProduct,
    },
};
use gage_domain::{
    ids::{OrderId, ProductId, ShopId},
    order::{OrderRejection, Phase},
    product::ProductRejection,
    rejection::Rejection,
    shop::ShopRejection,
    value::{Address, Asset, Denomination, Price},
};
use uuid::Uuid;

use super::support::{BUYER, CHAIN_ID, OWNER, Shelf, World, done, ether, named, refused, shelf};

const STRANGER: Address = Address::repeat_byte(0x0c);

#[tokio::test]
async fn too_few_in_stock_says_what_is_left_and_of_what() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 3).await;
    assert_eq!(
        refused(&gateway, shelf.order(4)).await,
        Refusal::OutOfStock {
            product: shelf.product,
            available: 3,
            requested: 4
        }
    );
    world.end().await;
}

#[tokio::test]
async fn a_customer_who_saw_another_price_is_told() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 3).await;
    let mut order = shelf.order(1);
    order.seen_prices = vec![(shelf.product, ether(4))];
    let changed = Refusal::PriceChanged {
        product: shelf.product,
        seen: ether(4),
        now: ether(5),
    };
    assert_eq!(refused(&gateway, order.clone()).await, changed);
    order.seen_prices = vec![(shelf.product, ether(5))];
    done(&gateway, order).await;
    world.end().await;
}

#[tokio::test]
async fn a_placed_order_keeps_its_price() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 3).await;
    let order = shelf.order(2);
    done(&gateway, order.clone()).await;
    done(
        &gateway,
        ChangePrice {
            product: shelf.product,
            by: OWNER,
            price: ether(9),
        },
    )
    .await;
    let total: String =
        sqlx::query_scalar("SELECT payload->'OrderPlaced'->'total'->>'amount' FROM events WHERE aggregate_id = $1 AND event_type = 'OrderPlaced'")
            .bind(order.order.to_string())
            .fetch_one(&world.pool)
            .await
            .unwrap();
    assert_eq!(total, "10");
    world.end().await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let world = World::new().await;
    let gateway = world.replica();
    let real = shelf(&gateway, 3).await;
    let nowhere = Shelf {
        shop: ShopId(Uuid::new_v4()),
        product: real.product,
    };
    assert_eq!(
        refused(&gateway, nowhere.order(1)).await,
        Refusal::NotFound(What::Shop)
    );
    let nothing = Shelf {
        shop: real.shop,
        product: ProductId(Uuid::new_v4()),
    };
    assert_eq!(
        refused(&gateway, nothing.order(1)).await,
        Refusal::NotFound(What::Product)
    );
    let order = OrderId(Uuid::new_v4());
    let cancel = CancelOrder { order, by: BUYER };
    assert_eq!(
        refused(&gateway, cancel).await,
        Refusal::NotFound(What::Order)
    );
    world.end().await;
}

#[tokio::test]
async fn a_hidden_product_and_one_of_another_shop_cannot_be_ordered() {
    let world = World::new().await;
    let gateway = world.replica();
    let (here, there) = (shelf(&gateway, 3).await, shelf(&gateway, 3).await);
    let mixed = Shelf {
        shop: here.shop,
        product: there.product,
    };
    assert_eq!(
        refused(&gateway, mixed.order(1)).await,
        Refusal::OtherShop {
            product: there.product,
            shop: here.shop
        }
    );
    done(
        &gateway,
        UnpublishProduct {
            product: here.product,
            by: OWNER,
        },
    )
    .await;
    assert!(matches!(
        refused(&gateway, here.order(1)).await,
        Refusal::Rejected(Rejection::Product(ProductRejection::NotPublished))
    ));
    world.end().await;
}

#[tokio::test]
async fn strangers_find_no_order_and_change_no_product() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 3).await;
    let order = shelf.order(1);
    let id = order.order;
    done(&gateway, order).await;
    let none = Refusal::NotFound(What::Order);
    assert_eq!(
        refused(
            &gateway,
            CancelOrder {
                order: id,
                by: STRANGER
            }
        )
        .await,
        none
    );
    assert_eq!(
        refused(
            &gateway,
            CancelOrder {
                order: id,
                by: OWNER
            }
        )
        .await,
        none
    );
    assert_eq!(
        refused(
            &gateway,
            ApproveOrder {
                order: id,
                by: BUYER
            }
        )
        .await,
        none
    );
    assert_eq!(
        refused(
            &gateway,
            ShipOrder {
                order: id,
                by: STRANGER,
                tracking: None
            }
        )
        .await,
        none
    );
    let price = ChangePrice {
        product: shelf.product,
        by: STRANGER,
        price: ether(1),
    };
    assert_eq!(
        refused(&gateway, price).await,
        Refusal::Rejected(Rejection::Shop(ShopRejection::NotTheOwner))
    );
    world.end().await;
}

#[tokio::test]
async fn an_unpaid_order_is_not_approved_and_does_not_expire_early() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 3).await;
    let order = shelf.order(1);
    let id = order.order;
    done(&gateway, order).await;
    assert_eq!(
        refused(
            &gateway,
            ApproveOrder {
                order: id,
                by: OWNER
            }
        )
        .await,
        Refusal::Rejected(Rejection::Order(OrderRejection::NotPaid {
            phase: Phase::AwaitingPayment
        }))
    );
    assert!(matches!(
        refused(&gateway, ExpireOrder { order: id }).await,
        Refusal::Rejected(Rejection::Order(OrderRejection::NotYetDue { .. }))
    ));
    assert_eq!(world.inventory(shelf.product).await.stock().reserved(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_token_that_the_rail_does_not_take_prices_nothing() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 3).await;
    let token = Address::repeat_byte(0x77);
    let asset = Asset {
        chain_id: CHAIN_ID,
        token,
    };
    let price = Price::token(asset, ether(5).amount);
    let change = ChangePrice {
        product: shelf.product,
        by: OWNER,
        price,
    };
    assert_eq!(
        refused(&gateway, change).await,
        Refusal::CurrencyNotAccepted {
            denomination: Denomination::Token(asset)
        }
    );
    world.end().await;
}

#[tokio::test]
async fn one_shop_has_one_owner() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 3).await;
    let again = OpenShop {
        shop: shelf.shop,
        by: STRANGER,
        name: named("Mine"),
        payout: STRANGER,
    };
    assert!(matches!(
        refused(&gateway, again).await,
        Refusal::Rejected(Rejection::Shop(ShopRejection::AlreadyOpen))
    ));
    world.end().await;
}
