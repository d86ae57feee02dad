//! The event as serde types, for the peers; `D` is the decimal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

/// apache-avro takes decimals as bytes.
pub(crate) type ApacheOrder = Order<ByteBuf>;
/// serde_avro_fast converts them.
pub(crate) type FastOrder = Order<rust_decimal::Decimal>;

#[allow(clippy::struct_field_names)] // the names of the schema
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename = "OrderPlaced", rename_all = "camelCase")]
pub(crate) struct Order<D> {
    event_id: String,
    order_id: String,
    customer_id: String,
    placed_at: i64,
    recorded_at: i64,
    status: Status,
    source: Source,
    total: Money<D>,
    discount: Option<Money<D>>,
    pub(crate) items: Vec<Item<D>>,
    shipping_address: Address,
    billing_address: Option<Address>,
    payment: Payment,
    attributes: BTreeMap<String, String>,
    stock_levels: BTreeMap<String, i64>,
    delivery_date: Option<i32>,
    weight_kg: f64,
    gift_wrapped: bool,
    loyalty_points: i64,
    note: Option<String>,
    basket_digest: ByteArray<16>,
    coupon: ByteBuf,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename = "OrderStatus", rename_all = "UPPERCASE")]
pub(crate) enum Status {
    Unknown,
    Placed,
    Paid,
    Cancelled,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename = "OrderSource", rename_all = "UPPERCASE")]
pub(crate) enum Source {
    Web,
    App,
    Phone,
    Store,
}

#[derive(Debug, Serialize, Deserialize)]
struct Money<D> {
    amount: D,
    currency: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename = "LineItem", rename_all = "camelCase")]
pub(crate) struct Item<D> {
    sku: String,
    title: String,
    quantity: i32,
    unit_price: Money<D>,
    tags: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    name: String,
    street: String,
    postal_code: String,
    city: String,
    country: String,
}

/// serde_avro_fast writes the short names and reads the full ones.
#[allow(clippy::enum_variant_names)] // the names of the schema
#[derive(Debug, Serialize, Deserialize)]
enum Payment {
    #[serde(alias = "shop.orders.v1.CardPayment")]
    CardPayment(Card),
    #[serde(alias = "shop.orders.v1.BankTransfer")]
    BankTransfer(Transfer),
    #[serde(alias = "shop.orders.v1.Voucher")]
    Voucher(Code),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename = "CardPayment", rename_all = "camelCase")]
struct Card {
    network: String,
    last_four: String,
    authorized_at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename = "BankTransfer")]
struct Transfer {
    iban: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename = "Voucher")]
struct Code {
    code: String,
}
