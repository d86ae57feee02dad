//! confluent-kafka-python, unmodified, on the other side of the topic: it reads what the generated producer writes, and the
//! generated consumer reads what it writes. `cargo xtask test` installs it and names its interpreter in `EVENTPACT_TEST_PYTHON`.

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventpact_runtime::consumer::ConsumerConfig;
use eventpact_runtime::message::Envelope;
use eventpact_runtime::producer::EventProducer;
use eventpact_runtime::schemas::Schemas;
use eventpact_runtime::shutdown::Shutdown;
use eventpact_runtime::transport::Transport;
use eventpact_tests::orders::order;
use eventpact_tests::{folder, root};
use serde_json::Value;
use shop_events::OrderPlaced;
use shop_events::orders::{OrdersConsumer, OrdersHandler};
use shop_events::schemas::order_placed::OrderPlacedPayment;

use crate::support::{Registry, address, broker, kafka, topic, unique};

async fn python(what: &str, registry: &Registry, topic: &str) -> String {
    let python = std::env::var_os("EVENTPACT_TEST_PYTHON")
        .expect("EVENTPACT_TEST_PYTHON is not set: `cargo xtask test confluent_python` installs the client and sets it");
    let mut command = Command::new(python);
    command.arg(folder("clients/confluent_python/kafka.py")).args([what, &address(), registry.url()]);
    command.arg(root().join("specs/shop/schemas")).arg(topic);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().expect("the interpreter starts");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// Keeps the first order and stops.
struct First {
    order: Mutex<Option<Envelope<OrderPlaced>>>,
    stop: Shutdown,
}

impl OrdersHandler for &First {
    type Outcome = ();

    async fn on_order_placed(&self, envelope: Envelope<OrderPlaced>) {
        *self.order.lock().unwrap() = Some(envelope);
        self.stop.stop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_generated_consumer_reads_what_confluent_python_writes() {
    let _broker = broker().await;
    let (registry, topic) = (Registry::start().await, topic("from-python", 1).await);
    python("produce", &registry, &topic).await;
    let first = First { order: Mutex::new(None), stop: Shutdown::new() };
    let config = ConsumerConfig::new(unique("group"));
    let consumer = OrdersConsumer::new(Arc::new(kafka()), registry.schemas(), config).at(topic);
    let running = consumer.run(&first, first.stop.stopped());
    let report = tokio::time::timeout(Duration::from_secs(60), running).await.expect("an order within 60 s").unwrap();
    assert!(report.clean);
    let envelope = first.order.lock().unwrap().take().unwrap();
    assert_eq!(envelope.key.as_deref(), Some(&b"o-1"[..]));
    let order = envelope.event;
    assert_eq!(order.order_id, "o-1");
    assert_eq!(order.event_id.to_string(), "0190f3a0-0000-7000-8000-000000000001");
    assert_eq!(order.items[0].title, "Größe 😀");
    assert_eq!(order.total.amount.to_string(), "25.00");
    assert_eq!(order.discount.unwrap().amount.to_string(), "-0.01");
    assert_eq!(order.stock_levels["a/1"], 1 << 40);
    assert!(matches!(order.payment, OrderPlacedPayment::BankTransfer(bank) if bank.iban == "DE02120300000000202051"));
}

#[tokio::test(flavor = "multi_thread")]
async fn confluent_python_reads_what_the_generated_producer_writes() {
    let _broker = broker().await;
    let (registry, topic) = (Registry::start().await, topic("to-python", 1).await);
    let schemas: Schemas = registry.schemas().auto_register(true);
    let producer = Arc::new(kafka().producer().await.unwrap());
    let orders = shop_events::orders::OrdersProducer::new(Arc::clone(&producer), &schemas).await;
    assert!(orders.is_ok(), "the address of the contract works too: {orders:?}");
    let orders = EventProducer::new(producer, topic.clone(), &schemas).await.unwrap();
    let key = eventpact_runtime::producer::SendOptions { key: Some("order-7".into()), ..Default::default() };
    orders.send_with(&order("order-7"), &key).await.unwrap();
    let read: Value = serde_json::from_str(python("consume", &registry, &topic).await.trim()).unwrap();
    let (key, order) = (&read["key"], &read["order"]);
    assert_eq!((key.as_str(), order["orderId"].as_str()), (Some("order-7"), Some("order-7")));
    assert_eq!(order["shippingAddress"]["name"], "Zoë Ångström");
    assert_eq!(order["total"]["amount"], "1234.56");
    assert_eq!(order["items"].as_array().unwrap().len(), 6);
    assert_eq!(order["payment"]["lastFour"], "4242");
    assert_eq!(order["stockLevels"]["SKU-000001"], 12);
    assert_eq!(order["deliveryDate"], "2025-11-23");
}
