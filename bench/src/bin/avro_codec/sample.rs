//! A full order: five items with two tags each, two addresses, maps of six and four entries, eight decimals.

use shop_events::OrderPlaced;
use shop_events::schemas::order_placed::{Address, CardPayment, LineItem, Money, OrderPlacedPayment, OrderSource, OrderStatus};
use shop_events::types::{Date, Decimal, TimestampMicros, TimestampMillis, Uuid};

pub(crate) fn order() -> OrderPlaced {
    OrderPlaced {
        event_id: Uuid::from_u128(0x6f1c_1d7e_3c57_4f0c_8f43_7f1d_5f3f_7a10),
        order_id: "O-2026-11-21-000173".to_owned(),
        customer_id: "C-1007".to_owned(),
        placed_at: TimestampMillis(1_795_256_100_123),
        recorded_at: TimestampMicros(1_795_256_100_123_456),
        status: OrderStatus::Paid,
        source: OrderSource::App,
        total: money(1_234_567),
        discount: Some(money(-500)),
        items: (0..5).map(item).collect(),
        shipping_address: address("Ada Lovelace"),
        billing_address: Some(address("Charles Babbage")),
        payment: OrderPlacedPayment::CardPayment(CardPayment {
            network: "VISA".to_owned(),
            last_four: "4242".to_owned(),
            authorized_at: TimestampMillis(1_795_256_099_000),
        }),
        attributes: (0..6).map(|n| (format!("attribute-{n}"), format!("value of {n}"))).collect(),
        stock_levels: (0..4).map(|n| (format!("SKU-{n:05}"), 1_000 * n)).collect(),
        delivery_date: Some(Date(20_781)),
        weight_kg: 12.75,
        gift_wrapped: true,
        loyalty_points: 4_711,
        note: Some("Please leave it with the neighbours, thank you.".to_owned()),
        basket_digest: *b"0123456789abcdef",
        coupon: vec![0x5a; 24],
    }
}

fn money(cents: i64) -> Money {
    Money { amount: Decimal::new(cents, 2), currency: "EUR".to_owned() }
}

fn item(n: i32) -> LineItem {
    LineItem {
        sku: format!("SKU-{n:05}"),
        title: format!("Article number {n} of the catalogue"),
        quantity: n + 1,
        unit_price: money(1_999 + i64::from(n)),
        tags: vec!["garden".to_owned(), "summer-sale".to_owned()],
    }
}

fn address(name: &str) -> Address {
    Address {
        name: name.to_owned(),
        street: "Großer Hirschgraben 23".to_owned(),
        postal_code: "60311".to_owned(),
        city: "Frankfurt am Main".to_owned(),
        country: "DE".to_owned(),
    }
}
