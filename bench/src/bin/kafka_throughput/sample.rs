//! Orders to send. A few are made beforehand and sent again and again: making them is not what is measured.

use std::collections::BTreeMap;

use eventpact_runtime::bytes::Bytes;
use eventpact_runtime::event::Event;
use eventpact_runtime::schemas::Schemas;
use shop_events::schemas::order_placed::{
    Address, CardPayment, LineItem, Money, OrderPlaced, OrderPlacedPayment, OrderSource, OrderStatus,
};
use shop_events::types::{Date, Decimal, TimestampMicros, TimestampMillis, Uuid};
use tokio::runtime::Runtime;

use crate::Failed;

/// The bytes before a payload: a zero and the id of the schema. Both sides send the same.
pub(crate) async fn prefix(schemas: &Schemas, topic: &str) -> Result<Vec<u8>, Failed> {
    Ok(schemas.prefix::<OrderPlaced>(topic).await?)
}

/// 64 orders with their keys.
pub(crate) fn orders() -> Vec<(Bytes, OrderPlaced)> {
    (0..64).map(|number| format!("order-{number:06}")).map(|id| (Bytes::from(id.clone()), order(&id))).collect()
}

/// The size of a body on the wire.
pub(crate) fn wire_bytes(schemas: &Schemas, runtime: &Runtime) -> Result<usize, Failed> {
    let mut out = runtime.block_on(prefix(schemas, "bench"))?;
    order("order-000000").encode(&mut out)?;
    Ok(out.len())
}
/// An order that uses every field, of about one KiB on the wire. `id` is its order id.
fn order(id: &str) -> OrderPlaced {
    let money = |cents: i64| Money { amount: Decimal::new(cents, 2), currency: "EUR".to_owned() };
    let item = |number: i32| LineItem {
        sku: format!("SKU-{number:06}"),
        title: format!("A thing that is sold in boxes of {number}, with a title of the usual length"),
        quantity: number,
        unit_price: money(995 + i64::from(number)),
        tags: vec!["blue".to_owned(), "fragile".to_owned()],
    };
    let address = Address {
        name: "Zoë Ångström".to_owned(),
        street: "Großer Burstah 31".to_owned(),
        postal_code: "20457".to_owned(),
        city: "Hamburg".to_owned(),
        country: "DE".to_owned(),
    };
    OrderPlaced {
        event_id: Uuid::from_u128(0x0197_2f3a_7b5c_7def_8123_4567_89ab_cdef),
        order_id: id.to_owned(),
        customer_id: "C-20931".to_owned(),
        placed_at: TimestampMillis(1_763_690_400_000),
        recorded_at: TimestampMicros(1_763_690_400_123_456),
        status: OrderStatus::Paid,
        source: OrderSource::App,
        total: money(123_456),
        discount: Some(money(500)),
        items: (1..=6).map(item).collect(),
        shipping_address: address.clone(),
        billing_address: Some(Address { city: "Lüneburg".to_owned(), ..address }),
        payment: OrderPlacedPayment::CardPayment(CardPayment {
            network: "visa".to_owned(),
            last_four: "4242".to_owned(),
            authorized_at: TimestampMillis(1_763_690_399_000),
        }),
        attributes: BTreeMap::from([("campaign".to_owned(), "autumn".to_owned()), ("locale".to_owned(), "de-DE".to_owned())]),
        stock_levels: BTreeMap::from([("SKU-000001".to_owned(), 12), ("SKU-000002".to_owned(), 0)]),
        delivery_date: Some(Date(20_415)),
        weight_kg: 2.75,
        gift_wrapped: true,
        loyalty_points: 42,
        note: Some("Please ring twice.".to_owned()),
        basket_digest: [0x5a; 16],
        coupon: vec![1, 2, 3, 0xff],
    }
}
