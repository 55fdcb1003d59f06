//! The adapter to cqrs-es. That it decides as `decide` does is checked with every rule (see
//! `given`); here is what else it promises.

use cqrs_es::{Aggregate, DomainEvent};
use gage_domain::{
    Cqrs, Decider, Rejection,
    inventory::Inventory,
    order::{Order, OrderEvent, OrderRejection},
    payment::{Payment, PaymentRejection},
    product::{Product, ProductRejection},
    shop::{Shop, ShopRejection},
};

#[test]
fn aggregate_types_are_the_names_in_the_log() {
    let adapters = [
        <Cqrs<Shop> as Aggregate>::TYPE,
        <Cqrs<Product> as Aggregate>::TYPE,
        <Cqrs<Inventory> as Aggregate>::TYPE,
        <Cqrs<Order> as Aggregate>::TYPE,
        <Cqrs<Payment> as Aggregate>::TYPE,
    ];
    assert_eq!(
        adapters,
        ["Shop", "Product", "Inventory", "Order", "Payment"]
    );
}

#[test]
fn applying_an_event_evolves_the_state_inside() {
    let mut adapter = Cqrs(Order::default());
    let event = crate::golden::order_samples().remove(0);
    assert_eq!(event.event_type(), "OrderPlaced");
    adapter.apply(event.clone());
    assert_eq!(adapter.0, Order::fold([&event]));
    adapter.apply(OrderEvent::OrderPaid {});
    assert_eq!(adapter.0, Order::fold([&event, &OrderEvent::OrderPaid {}]));
}

#[test]
fn an_adapter_is_stored_as_the_state_itself() {
    let state = Order::fold([&crate::golden::order_samples().remove(0)]);
    assert_eq!(
        serde_json::to_value(Cqrs(state.clone())).expect("json"),
        serde_json::to_value(state).expect("json")
    );
}

#[test]
fn every_refusal_is_a_rejection_that_reads_the_same() {
    assert_eq!(
        Rejection::from(OrderRejection::NotTheBuyer),
        Rejection::Order(OrderRejection::NotTheBuyer)
    );
    for (rejection, text) in [
        (
            Rejection::from(ShopRejection::NotTheOwner),
            ShopRejection::NotTheOwner.to_string(),
        ),
        (
            Rejection::from(ProductRejection::ZeroPrice),
            ProductRejection::ZeroPrice.to_string(),
        ),
        (
            Rejection::from(PaymentRejection::InFlight),
            PaymentRejection::InFlight.to_string(),
        ),
    ] {
        assert_eq!(rejection.to_string(), text);
    }
}
