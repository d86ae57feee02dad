//! The event as serde types that borrow from the payload, for `serde_avro_fast`; the like of `OrderPlacedRef`.
//!
//! Maps become lists of entries, as ours do, so that the peer is not charged for a `BTreeMap`.

use std::fmt;
use std::marker::PhantomData;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_bytes::ByteArray;

use crate::peers::{Source, Status};

#[allow(clippy::struct_field_names, dead_code)] // the names of the schema; read by nobody, as it is a benchmark
#[derive(Debug, Deserialize)]
#[serde(rename = "OrderPlaced", rename_all = "camelCase")]
pub(crate) struct OrderRef<'a> {
    event_id: &'a str,
    order_id: &'a str,
    customer_id: &'a str,
    placed_at: i64,
    recorded_at: i64,
    status: Status,
    source: Source,
    #[serde(borrow)]
    total: MoneyRef<'a>,
    discount: Option<MoneyRef<'a>>,
    pub(crate) items: Vec<ItemRef<'a>>,
    shipping_address: AddressRef<'a>,
    billing_address: Option<AddressRef<'a>>,
    payment: PaymentRef<'a>,
    pub(crate) attributes: Entries<'a, &'a str>,
    stock_levels: Entries<'a, i64>,
    delivery_date: Option<i32>,
    weight_kg: f64,
    gift_wrapped: bool,
    loyalty_points: i64,
    note: Option<&'a str>,
    basket_digest: ByteArray<16>,
    pub(crate) coupon: &'a [u8],
}

#[allow(dead_code)]
#[derive(Debug, Deserialize)]
struct MoneyRef<'a> {
    amount: Decimal,
    currency: &'a str,
}

#[allow(dead_code)]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ItemRef<'a> {
    sku: &'a str,
    title: &'a str,
    quantity: i32,
    #[serde(borrow)]
    unit_price: MoneyRef<'a>,
    pub(crate) tags: Vec<&'a str>,
}

#[allow(dead_code)]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddressRef<'a> {
    name: &'a str,
    street: &'a str,
    postal_code: &'a str,
    city: &'a str,
    country: &'a str,
}

#[allow(clippy::enum_variant_names, dead_code)] // the names of the schema
#[derive(Debug, Deserialize)]
enum PaymentRef<'a> {
    #[serde(borrow, alias = "shop.orders.v1.CardPayment")]
    CardPayment(CardRef<'a>),
    #[serde(alias = "shop.orders.v1.BankTransfer")]
    BankTransfer(TransferRef<'a>),
    #[serde(alias = "shop.orders.v1.Voucher")]
    Voucher(CodeRef<'a>),
}

#[allow(dead_code)]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CardRef<'a> {
    network: &'a str,
    last_four: &'a str,
    authorized_at: i64,
}

#[allow(dead_code)]
#[derive(Debug, Deserialize)]
struct TransferRef<'a> {
    iban: &'a str,
}

#[allow(dead_code)]
#[derive(Debug, Deserialize)]
struct CodeRef<'a> {
    code: &'a str,
}

/// A map as a list of its entries.
#[derive(Debug)]
pub(crate) struct Entries<'a, V>(pub(crate) Vec<(&'a str, V)>);

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Entries<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<'a, V>(PhantomData<(&'a str, V)>);

        impl<'de: 'a, 'a, V: Deserialize<'de>> Visitor<'de> for List<'a, V> {
            type Value = Entries<'a, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(0).min(64));
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(List(PhantomData))
    }
}
