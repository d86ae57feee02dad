//! What cannot be handled is tried, put aside with its reason, listed, shown, checked against the contract and replayed: the
//! generated consumer and the command `eventpact dlq` on Kafka.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eventpact_runtime::consumer::ConsumerConfig;
use eventpact_runtime::failure::{ErrorClass, Failure};
use eventpact_runtime::message::{Envelope, Record};
use eventpact_runtime::policy::dead_letter::header;
use eventpact_runtime::producer::{EventProducer, SendOptions};
use eventpact_runtime::shutdown::Shutdown;
use eventpact_runtime::transport::{Browser, Delivery, Transport};
use eventpact_tests::orders::order;
use eventpact_tests::{program, root};
use serde_json::Value;
use shop_events::OrderPlaced;
use shop_events::orders::{OrdersConsumer, OrdersHandler, receive_order_placed_config};

use crate::support::{Registry, address, broker, kafka, send, topic, unique};

/// Tries of a message, as `specs/shop` says.
const TRIES: usize = 4;

/// Handles orders, but for two of them, until it is healed. Counts the tries of each.
#[derive(Default)]
struct Fulfilment {
    tries: Mutex<BTreeMap<String, usize>>,
    healed: AtomicBool,
}

impl Fulfilment {
    fn tries(&self, id: &str) -> usize {
        self.tries.lock().unwrap().get(id).copied().unwrap_or(0)
    }
}

impl OrdersHandler for &Fulfilment {
    type Outcome = Result<(), Failure>;

    async fn on_order_placed(&self, envelope: Envelope<OrderPlaced>) -> Self::Outcome {
        let id = envelope.event.order_id;
        *self.tries.lock().unwrap().entry(id.clone()).or_insert(0) += 1;
        match id.as_str() {
            _ if self.healed.load(Ordering::SeqCst) => Ok(()),
            "poison" => Err(Failure::new(ErrorClass::Unknown, "no shelf for this order").with_code("SHELF-7")),
            "panic" => panic!("the shelf fell over"),
            _ => Ok(()),
        }
    }
}

struct Scene {
    registry: Registry,
    topic: Arc<str>,
    queue: Arc<str>,
    group: String,
    contract: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let topic = topic("poison", 3).await;
        let queue: Arc<str> = format!("{topic}.dead-letters").into();
        kafka().create_topics(&[&queue], 1, 1).await.unwrap();
        let contract = tempfile::tempdir().unwrap();
        copy_contract(&topic, contract.path());
        Self { registry: Registry::start().await, topic, queue, group: unique("fulfilment"), contract }
    }

    /// 20 good orders, one that its handler refuses, one that it panics at, two that are none.
    async fn fill(&self) {
        let producer = Arc::new(kafka().producer().await.unwrap());
        let schemas = self.registry.schemas().auto_register(true);
        let orders = EventProducer::new(Arc::clone(&producer), Arc::clone(&self.topic), &schemas).await.unwrap();
        for number in 0..20 {
            orders.send(&order(&format!("good-{number}"))).await.unwrap();
        }
        for id in ["poison", "panic"] {
            let options = SendOptions { key: Some(id.into()), ..SendOptions::default() };
            orders.send_with(&order(id), &options).await.unwrap();
        }
        let mut cut = schemas.prefix::<OrderPlaced>(&self.topic).await.unwrap();
        cut.extend_from_slice(&[7, 7, 7]);
        for (key, body) in [("cut", cut), ("bare", b"hello".to_vec())] {
            send(&*producer, &Record { key: Some(key.into()), ..Record::new(Arc::clone(&self.topic), body) }).await.unwrap();
        }
    }

    /// Runs the generated consumer until `done`, then stops it in good order.
    async fn consume(&self, handler: &Fulfilment, done: impl AsyncFn() -> bool) {
        let config = ConsumerConfig {
            group: self.group.as_str().into(),
            dead_letter: Some(Arc::clone(&self.queue)),
            ..receive_order_placed_config()
        };
        assert_eq!(usize::try_from(config.retry.max_attempts).unwrap(), TRIES);
        let stop = Shutdown::new();
        let consumer = OrdersConsumer::new(Arc::new(kafka()), self.registry.schemas(), config).at(Arc::clone(&self.topic));
        let watch = async {
            let deadline = Instant::now() + Duration::from_secs(60);
            while !done().await {
                assert!(Instant::now() < deadline, "not done after 60 s: {:?}", handler.tries);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            stop.stop();
        };
        let (report, ()) = tokio::join!(consumer.run(handler, stop.stopped()), watch);
        assert!(report.unwrap().clean);
    }

    async fn letters(&self) -> BTreeMap<String, Delivery> {
        let mut read = Vec::new();
        let mut browser = kafka().browse(&self.queue).await.unwrap();
        while browser.next_batch(&mut read, 100, Duration::from_secs(5)).await.unwrap() {}
        let key = |letter: &Delivery| String::from_utf8(letter.record.key.clone().unwrap_or_default().to_vec()).unwrap();
        let count = read.len();
        let letters: BTreeMap<_, _> = read.into_iter().map(|letter| (key(&letter), letter)).collect();
        assert_eq!(letters.len(), count, "one letter each");
        letters
    }

    /// `eventpact dlq …`: its exit code and what it prints.
    async fn dlq(&self, words: &[&str]) -> (i32, String) {
        let mut command = Command::new(program("eventpact"));
        command.arg("dlq").arg(words[0]).arg(&*self.queue).args(&words[1..]).stdin(Stdio::null());
        command.args(["--broker", &address(), "--registry", self.registry.url()]);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap(), text)
    }

    fn contract_file(&self) -> String {
        self.contract.path().join("asyncapi.yaml").to_str().unwrap().to_owned()
    }
}

/// The shop's contract with the topic of this test in place of the channel's address.
fn copy_contract(topic: &str, to: &Path) {
    copy(&root().join("specs/shop"), to);
    let file = to.join("asyncapi.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let renamed = text.replace("address: shop.orders", &format!("address: {topic}"));
    assert_ne!(renamed, text);
    std::fs::write(file, renamed).unwrap();
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let (source, target) = (entry.as_ref().unwrap().path(), to.join(entry.as_ref().unwrap().file_name()));
        if source.is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&source, &target);
        } else {
            std::fs::copy(&source, &target).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_message_is_tried_put_aside_shown_and_replayed() {
    let _broker = broker().await;
    let scene = Scene::new().await;
    scene.fill().await;
    let fulfilment = Fulfilment::default();
    let all_put_aside = async || scene.letters().await.len() == 4 && fulfilment.tries.lock().unwrap().len() == 22;
    scene.consume(&fulfilment, all_put_aside).await;
    assert_eq!((fulfilment.tries("poison"), fulfilment.tries("panic")), (TRIES, 2));
    letters_say_why(&scene).await;
    the_command_shows_them(&scene).await;

    // Only those that the contract accepts would go back, and a dry run sends nothing.
    let contract = scene.contract_file();
    let (code, text) = scene.dlq(&["replay", "--all", "--dry-run", "--contract", &contract]).await;
    assert_eq!((code, text.matches("would be replayed").count()), (1, 3), "{text}");
    assert_eq!(text.matches("left: the contract does not accept it").count(), 2, "{text}");
    assert_eq!(scene.letters().await.len(), 4);

    let letters = scene.letters().await;
    let id = |key: &str| letters[key].record.headers.text(header::ID).unwrap().to_owned();
    let (code, text) = scene.dlq(&["replay", &id("poison"), &id("panic"), "--contract", &contract]).await;
    assert_eq!((code, text.lines().last()), (0, Some("2 replayed, 0 left")), "{text}");

    // The cause is cured: the same group handles the replayed messages, once, and nothing else.
    let healed = Fulfilment { healed: true.into(), ..Fulfilment::default() };
    scene.consume(&healed, async || healed.tries("poison") > 0 && healed.tries("panic") > 0).await;
    assert_eq!(*healed.tries.lock().unwrap(), BTreeMap::from([("panic".to_owned(), 1), ("poison".to_owned(), 1)]));
    let (code, text) = scene.dlq(&["replay", &id("poison"), "--contract", &contract]).await;
    assert!(code == 1 && text.contains("it was replayed before"), "{code} {text}");
    let (_, text) = scene.dlq(&["list"]).await;
    assert_eq!(text.matches("[replayed 1]").count(), 2, "{text}");
}

/// Body and key as they were, and headers that tell where each came from and why it is here.
async fn letters_say_why(scene: &Scene) {
    let letters = scene.letters().await;
    let says = |key: &str, name: &str| letters[key].record.headers.text(name).unwrap_or("-").to_owned();
    let expected = [("poison", "4", "unknown"), ("panic", "2", "panic"), ("cut", "1", "decode"), ("bare", "1", "decode")];
    for (key, attempts, class) in expected {
        assert_eq!((says(key, header::ATTEMPTS).as_str(), says(key, header::CLASS).as_str()), (attempts, class), "{key}");
        assert_eq!(says(key, header::TOPIC), *scene.topic, "{key}");
        assert_eq!(says(key, header::GROUP), scene.group, "{key}");
    }
    assert_eq!(says("poison", header::MESSAGE), "no shelf for this order");
    assert_eq!(says("poison", header::CODE), "SHELF-7");
    assert_eq!(says("panic", header::MESSAGE), "the shelf fell over");
    assert_eq!(letters["bare"].record.value.as_deref(), Some(&b"hello"[..]));
    assert_ne!(says("poison", header::SCHEMA_ID), "-");
}

async fn the_command_shows_them(scene: &Scene) {
    let (code, text) = scene.dlq(&["list", "--json"]).await;
    assert_eq!(code, 0, "{text}");
    let list: Value = serde_json::from_str(&text).unwrap();
    let letters = list.as_array().unwrap();
    assert_eq!(letters.len(), 4);
    let poison = letters.iter().find(|letter| letter["code"] == "SHELF-7").unwrap();
    assert_eq!((&poison["attempts"], &poison["origin"]["topic"]), (&Value::from(TRIES), &Value::from(&*scene.topic)));
    let (code, text) = scene.dlq(&["show", poison["id"].as_str().unwrap()]).await;
    assert_eq!(code, 0, "{text}");
    for part in ["no shelf for this order", "SHELF-7", "\"orderId\": \"poison\"", "Zoë Ångström", &scene.group] {
        assert!(text.contains(part), "`{part}` is not shown:\n{text}");
    }
}
