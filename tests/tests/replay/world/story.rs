//! What happens in the world.

use std::sync::atomic::Ordering;

use gage_application::{
    operations::{
        adjust_stock::AdjustStock, approve_order::ApproveOrder, cancel_order::CancelOrder,
        change_image::ChangeImage, change_low_stock_mark::ChangeLowStockMark,
        change_payout_address::ChangePayoutAddress, change_price::ChangePrice,
        confirm_delivery::ConfirmDelivery, expire_order::ExpireOrder, fail_attempt::FailAttempt,
        list_product::ListProduct, open_shop::OpenShop, place_order::PlaceOrder,
        publish_product::PublishProduct, receive_stock::ReceiveStock, reject_order::RejectOrder,
        report_payment_attempt::ReportPaymentAttempt, revise_product::ReviseProduct,
        revise_shop::ReviseShop, ship_order::ShipOrder, unpublish_product::UnpublishProduct,
    },
    ports::chain::Observed,
};
use gage_domain::{
    ids::{OrderId, ProductId},
    order::{Tracking, Wanted},
    payment::AttemptFailure,
    personal::{PersonalKeyId, Sealed},
    text::LocalizedText,
    value::{Address, B256, ImageHash, Quantity},
};
use gage_infrastructure::postgres::{ChainCursor, PostgresChainStore};

use super::{BUYER, CHAIN_ID, ESCROW, OWNER, World, chain::block, id, price};

fn pieces(count: u32) -> Quantity {
    Quantity::try_from(count).unwrap()
}

fn named(ko: &str, en: &str) -> LocalizedText {
    LocalizedText::new(Some(ko.to_owned()), Some(en.to_owned()))
}

/// Something that a replay cannot open, and need not.
fn sealed() -> Sealed {
    Sealed::new(PersonalKeyId(id(7)), vec![0x5e; 528]).unwrap()
}

impl World {
    pub(super) async fn open_shop(&mut self) {
        let (shop, by) = (self.shop, OWNER);
        let open = OpenShop {
            shop,
            by,
            name: named("차 가게", "Tea house"),
            payout: Address::repeat_byte(0x50),
        };
        self.by(OWNER, open).await;
        let payout = OWNER;
        self.by(OWNER, ChangePayoutAddress { shop, by, payout })
            .await;
        for number in 0..3_u8 {
            let product = ProductId(id(10 + u128::from(number)));
            self.products.push(product);
            let list = ListProduct {
                product,
                by,
                shop,
                name: named("녹차", &format!("Green Tea {number}")),
                description: named("첫물", "First flush"),
                price: None,
            };
            self.by(OWNER, list).await;
            let price = price(5 + u64::from(number));
            self.by(OWNER, ChangePrice { product, by, price }).await;
            self.by(OWNER, PublishProduct { product, by }).await;
            let quantity = pieces(50);
            let receive = ReceiveStock {
                product,
                by,
                quantity,
            };
            self.by(OWNER, receive).await;
            let adjust = AdjustStock {
                product,
                by,
                delta: -1,
                reason: "broken".to_owned(),
            };
            self.by(OWNER, adjust).await;
        }
        let store = PostgresChainStore::new(self.pool.clone(), CHAIN_ID, ESCROW);
        let block = block(1);
        store
            .begin(ChainCursor {
                genesis_hash: B256::repeat_byte(0x99),
                block,
            })
            .await
            .unwrap();
    }

    /// Everything that can become of an order, of its money and of what is sold, once each.
    pub(crate) async fn tell_all(&self) {
        self.tell_orders().await;
        self.tell_reorganisations().await;
        self.tell_catalogue().await;
        self.keep_snapshots().await;
        self.follow().await;
    }

    async fn tell_orders(&self) {
        let completed = self.place(1, 2).await;
        self.report(completed, 7).await;
        self.report(completed, 8).await;
        self.fail(completed, 8).await;
        let paid = self.pay(completed).await;
        self.by(OWNER, Self::approve(completed)).await;
        self.ship(completed).await;
        self.by(
            BUYER,
            ConfirmDelivery {
                order: completed,
                by: BUYER,
            },
        )
        .await;
        self.react().await;
        self.money(completed, &paid, |amount| Observed::Released { amount })
            .await;
        let cancelled = self.place(2, 1).await;
        self.by(
            BUYER,
            CancelOrder {
                order: cancelled,
                by: BUYER,
            },
        )
        .await;
        let refunded = self.place(3, 3).await;
        let paid = self.pay(refunded).await;
        self.money(refunded, &paid, |amount| Observed::Refunded { amount })
            .await;
        let rejected = self.place(4, 1).await;
        self.pay(rejected).await;
        let reject = RejectOrder {
            order: rejected,
            by: OWNER,
            reason: "품절".to_owned(),
        };
        self.by(OWNER, reject).await;
        let expired = self.place(5, 1).await;
        self.clock.0.fetch_add(3_600, Ordering::SeqCst);
        self.by_system("expiry", ExpireOrder { order: expired })
            .await;
        let disputed = self.place(6, 2).await;
        self.pay(disputed).await;
        self.by(OWNER, Self::approve(disputed)).await;
        self.dispute(disputed).await;
        let reverted = self.place(7, 1).await;
        self.pay_and_lose(reverted).await;
        let approved = self.place(8, 4).await;
        self.pay(approved).await;
        self.by(OWNER, Self::approve(approved)).await;
        self.place(9, 1).await;
        self.withdraw().await;
    }

    /// Blocks in which money moved are gone.
    async fn tell_reorganisations(&self) {
        let released = self.place(10, 1).await;
        let paid = self.pay(released).await;
        self.by(OWNER, Self::approve(released)).await;
        self.ship(released).await;
        let release = |amount| Observed::Released { amount };
        let moved = self.money(released, &paid, release).await;
        self.lose(moved).await;
        let refunded = self.place(11, 1).await;
        let paid = self.pay(refunded).await;
        let refund = |amount| Observed::Refunded { amount };
        let moved = self.money(refunded, &paid, refund).await;
        self.lose(moved).await;
        let disputed = self.place(12, 1).await;
        self.pay(disputed).await;
        let dispute = self.dispute(disputed).await;
        self.lose(dispute).await;
        let withdrawn = self.withdraw().await;
        self.lose(withdrawn).await;
    }

    /// What is sold, and by whom, changes; the product is one that nobody orders here.
    async fn tell_catalogue(&self) {
        let (shop, by, product) = (self.shop, OWNER, self.products[2]);
        let name = named("찻집", "Tea room");
        self.by(OWNER, ReviseShop { shop, by, name }).await;
        let revise = ReviseProduct {
            product,
            by,
            name: named("홍차", "Black Tea"),
            description: named("두물", "Second flush"),
        };
        self.by(OWNER, revise).await;
        let image = Some(ImageHash(B256::repeat_byte(0x1a)));
        self.by(OWNER, ChangeImage { product, by, image }).await;
        let mark = Some(pieces(10));
        self.by(OWNER, ChangeLowStockMark { product, by, mark })
            .await;
        self.by(OWNER, UnpublishProduct { product, by }).await;
    }

    pub(crate) fn order(number: u128) -> OrderId {
        OrderId(id(100 + number))
    }

    pub(crate) async fn place(&self, number: u128, quantity: u32) -> OrderId {
        let order = Self::order(number);
        let wanted = |product: &ProductId| Wanted {
            product: *product,
            quantity: pieces(quantity),
        };
        let place = PlaceOrder {
            order,
            by: BUYER,
            shop: self.shop,
            lines: self.products.iter().take(2).map(wanted).collect(),
            seen_prices: Vec::new(),
            pay_with: None,
            delivery: Some(sealed()),
        };
        self.by(BUYER, place).await;
        order
    }

    fn approve(order: OrderId) -> ApproveOrder {
        ApproveOrder { order, by: OWNER }
    }

    async fn ship(&self, order: OrderId) {
        let tracking = Some(Tracking {
            carrier: "우체국".to_owned(),
            number: "12-34".to_owned(),
        });
        let by = OWNER;
        self.by(
            OWNER,
            ShipOrder {
                order,
                by,
                tracking,
            },
        )
        .await;
        self.react().await;
    }

    async fn report(&self, order: OrderId, nonce: u8) {
        let report = ReportPaymentAttempt {
            order,
            by: BUYER,
            tx_hash: B256::repeat_byte(nonce),
            nonce: nonce.into(),
        };
        self.by(BUYER, report).await;
    }

    async fn fail(&self, order: OrderId, nonce: u8) {
        let fail = FailAttempt {
            order,
            tx_hash: B256::repeat_byte(nonce),
            reason: AttemptFailure::Dropped,
        };
        self.by_system("attempts", fail).await;
    }
}
