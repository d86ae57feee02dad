//! The examples of a generated crate: they run, and show how the crate is used.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::client::Names;
use crate::error::CodegenError;
use crate::files::GeneratedFile;
use crate::names::{Case, cased, ident};
use crate::plan::{self, ChannelPlan, KeyType, MessagePlan, Plan};
use crate::targets::rust_crate::{Options, print};
use crate::types::Generated;

/// The files below `examples/`.
pub(crate) fn files(plan: &Plan<'_>, generated: &[Generated], options: &Options) -> Result<Vec<GeneratedFile>, CodegenError> {
    let krate = ident(&options.crate_name.replace('-', "_"));
    let has_sample = |n: &usize| generated.get(*n).is_some_and(|g| g.sample.is_some());
    let channels: Vec<&ChannelPlan<'_>> =
        plan.channels.iter().filter(|c| !c.messages.is_empty() && c.messages.iter().all(has_sample)).collect();
    if channels.is_empty() {
        return Ok(Vec::new());
    }
    let mut files = vec![samples(plan, generated, &krate)?, in_process(plan, &channels, &krate)?];
    let kafka: Vec<&ChannelPlan<'_>> = channels.into_iter().filter(|c| c.is_kafka()).collect();
    if !kafka.is_empty() {
        files.push(against_kafka(plan, &kafka, &krate)?);
    }
    Ok(files)
}

/// `examples/samples/mod.rs`: one event of each message.
fn samples(plan: &Plan<'_>, generated: &[Generated], krate: &Ident) -> Result<GeneratedFile, CodegenError> {
    let with_sample = || plan.messages.iter().zip(generated).filter_map(|(m, g)| g.sample.as_ref().map(|sample| (m, sample)));
    let functions = with_sample().map(|(message, sample)| {
        let (name, module, ty) = (sample_name(message), ident(&message.module), ident(&message.type_name));
        let docs = format!(" A small `{ty}`.");
        quote!(#[doc = #docs] pub fn #name() -> #module::#ty { #sample })
    });
    let body = quote!(#(#functions)*);
    let modules = with_sample().map(|(message, _)| ident(&message.module));
    let text = body.to_string();
    let uses = |word: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == word);
    let maps = uses("BTreeMap").then(|| {
        quote!(
            use std::collections::BTreeMap;
        )
    });
    let types = uses("types").then(|| quote!(use #krate::types;));
    let event = text.contains(":: decode (").then(|| quote!(use #krate::runtime::event::Event;));
    print(
        "examples/samples/mod.rs",
        quote! {
            //! One event of each message, for the examples.
            #![allow(dead_code)]
            #maps
            #event
            use #krate::schemas::{#(#modules),*};
            #types
            #body
        },
    )
}

fn sample_name(message: &MessagePlan<'_>) -> Ident {
    ident(&cased(&message.type_name, Case::Snake))
}

/// One channel in the words of the examples.
struct Parts<'a> {
    channel: &'a ChannelPlan<'a>,
    module: Ident,
    producer: Ident,
    consumer: Ident,
    handler: Ident,
    /// The handler of the example.
    example: Ident,
    /// The configuration of its first receive operation, or a plain one.
    config: TokenStream,
    /// `, "example"` for each parameter of the address.
    arguments: TokenStream,
    address: TokenStream,
    messages: Vec<Names<'a>>,
}

impl<'a> Parts<'a> {
    fn of(plan: &'a Plan<'_>, channel: &'a ChannelPlan<'a>) -> Self {
        let module = ident(&channel.module);
        let name = |suffix: &str| ident(&channel.type_name(suffix));
        let arguments: Vec<TokenStream> = channel.parameters.iter().map(|_| quote!("example")).collect();
        let config = match channel.receives.first() {
            Some(operation) => {
                let function = ident(&crate::names::Scope::values().claim(&format!("{}_config", operation.key), "config"));
                let group = plan::kafka_group(operation).is_none().then(|| quote!("example"));
                quote!(#module::#function(#group))
            }
            None => quote!(ConsumerConfig::new("example")),
        };
        Self {
            channel,
            producer: name("Producer"),
            consumer: name("Consumer"),
            handler: name("Handler"),
            example: format_ident!("Example{}", channel.type_name("")),
            config,
            address: if arguments.is_empty() { quote!(#module::ADDRESS) } else { quote!(#module::address(#(#arguments),*)) },
            arguments: quote!(#(, #arguments)*),
            messages: Names::of_channel(plan, channel),
            module,
        }
    }

    /// The handler of the example, whose methods call `self.0.handle`.
    fn handler(&self) -> TokenStream {
        let (module, handler, example) = (&self.module, &self.handler, &self.example);
        let methods = self.messages.iter().map(|m| {
            let (method, ty, name) = (&m.handle, &m.ty, m.message.message.name());
            quote! {
                async fn #method(&self, envelope: Envelope<#ty>) -> Self::Outcome {
                    self.0.handle(#name, &envelope.headers, &envelope.meta)
                }
            }
        });
        let docs = format!(" Handles the messages of the channel `{}`.", self.channel.channel.key.replace('`', "'"));
        quote! {
            #[doc = #docs]
            struct #example(Arc<Progress>);

            impl #module::#handler for #example {
                type Outcome = Result<(), Failure>;
                #(#methods)*
            }
        }
    }

    /// `send_x(key, &sample)` of each message.
    fn sends(&self) -> TokenStream {
        let sends = self.messages.iter().map(|m| {
            let (send, sample) = (&m.send, sample_name(m.message));
            let key = match plan::kafka_key(m.message.message) {
                Some(KeyType::Text | KeyType::Bytes) => quote!("key-1",),
                Some(KeyType::Integer) => quote!(1,),
                None => quote!(),
            };
            quote!(producer.#send(#key &samples::#sample()).await?;)
        });
        quote!(#(#sends)*)
    }

    /// The same with the header that the handler takes for poison, and a key of its own.
    fn poison(&self) -> TokenStream {
        let Some(first) = self.messages.first() else { return quote!() };
        let (send, sample) = (&first.send_with, sample_name(first.message));
        quote!(producer.#send(&samples::#sample(), &poison()).await?;)
    }
}

/// `examples/in_process.rs`
fn in_process(plan: &Plan<'_>, channels: &[&ChannelPlan<'_>], krate: &Ident) -> Result<GeneratedFile, CodegenError> {
    let parts: Vec<Parts<'_>> = channels.iter().map(|c| Parts::of(plan, c)).collect();
    let modules = parts.iter().map(|p| &p.module);
    let calls = parts.iter().map(|p| {
        let run = format_ident!("run_{}", p.channel.module);
        quote!(#run(&broker, &schemas).await?;)
    });
    let bodies = parts.iter().map(|p| {
        let (run, handler) = (run_channel(p), p.handler());
        quote!(#run #handler)
    });
    let shared = shared();
    print(
        "examples/in_process.rs",
        quote! {
            //! Sends and receives on every channel of the contract, in this process: no broker is needed.
            //!
            //! One message of each channel is poison: its handler fails, it is tried again as the contract says, put into the
            //! dead-letter queue with its reason, shown, and replayed when the fault is repaired.
            //!
            //! Schema ids come from the registry that `EVENTPACT_REGISTRY` names, or from this process when it names none.
            mod samples;

            use std::error::Error;
            use std::sync::Arc;
            use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
            use std::time::{Duration, Instant};
            use #krate::runtime::consumer::ConsumerConfig;
            use #krate::runtime::dlq::{ReplayOptions, list, replay};
            use #krate::runtime::failure::{ErrorClass, Failure};
            use #krate::runtime::message::{Envelope, Headers, Metadata};
            use #krate::runtime::producer::SendOptions;
            use #krate::runtime::registry_client::Client;
            use #krate::runtime::schemas::Schemas;
            use #krate::runtime::shutdown::Shutdown;
            use #krate::runtime::transport::Transport;
            use #krate::runtime::transports::memory::MemoryBroker;
            use #krate::{schemas, #(#modules),*};

            #[tokio::main]
            async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
                let schemas = match std::env::var("EVENTPACT_REGISTRY") {
                    Ok(url) => Schemas::registry(Client::new(&url)?).auto_register(true),
                    Err(_) => Schemas::local(),
                };
                let broker = Arc::new(MemoryBroker::new());
                #(#calls)*
                Ok(())
            }

            #(#bodies)*
            #shared
        },
    )
}

/// The function that goes through a channel's life.
fn run_channel(parts: &Parts<'_>) -> TokenStream {
    let Parts { module, producer, consumer, example, config, arguments, address, .. } = parts;
    let (key, run) = (&parts.channel.channel.key, format_ident!("run_{}", parts.channel.module));
    let (sends, poison) = (parts.sends(), parts.poison());
    let count = proc_macro2::Literal::usize_unsuffixed(parts.messages.len());
    quote! {
        async fn #run(broker: &Arc<MemoryBroker>, schemas: &Schemas) -> Result<(), Box<dyn Error + Send + Sync>> {
            let address: Arc<str> = Arc::from(#address);
            let channel = #key;
            println!("{channel} at {address}");
            let mut config: ConsumerConfig = #config;
            let queue = config.dead_letter.get_or_insert_with(|| Arc::from(format!("{address}.dead-letters"))).clone();
            broker.create_topic(&address, 1);
            broker.create_topic(&queue, 1);

            let progress = Arc::new(Progress::default());
            let shutdown = Shutdown::new();
            let consumer = #module::#consumer::new(Arc::clone(broker), schemas.clone(), config #arguments);
            let running = tokio::spawn(consumer.run(#example(Arc::clone(&progress)), shutdown.stopped()));

            let producer = #module::#producer::new(Arc::new(broker.producer().await?), schemas #arguments).await?;
            #sends
            #poison
            progress.handled(#count).await?;
            show_and_replay(broker, &queue, &progress).await?;
            progress.handled(#count + 1).await?;

            shutdown.stop();
            running.await??;
            println!(
                "  {} sent, {} tries failed, 1 dead-lettered, shown and replayed, {} handled",
                #count + 1,
                progress.failed.load(Ordering::SeqCst),
                progress.handled.load(Ordering::SeqCst),
            );
            Ok(())
        }
    }
}

/// What the channels of the in-process example share.
fn shared() -> TokenStream {
    let show = show_and_replay();
    quote! {
        /// What the handlers have done so far.
        #[derive(Debug, Default)]
        struct Progress { handled: AtomicUsize, failed: AtomicUsize, repaired: AtomicBool }

        impl Progress {
            /// Accepts a message; one that carries the header `poison` fails until the fault is repaired.
            fn handle(&self, name: &str, headers: &Headers, meta: &Metadata) -> Result<(), Failure> {
                if headers.text("poison").is_some() && !self.repaired.load(Ordering::SeqCst) {
                    self.failed.fetch_add(1, Ordering::SeqCst);
                    println!("  {name} at offset {} failed, try {}", meta.offset, meta.attempt);
                    return Err(Failure::new(ErrorClass::Timeout, "the warehouse does not answer"));
                }
                self.handled.fetch_add(1, Ordering::SeqCst);
                println!("  {name} at offset {} handled", meta.offset);
                Ok(())
            }

            /// Waits until that many messages are handled.
            async fn handled(&self, count: usize) -> Result<(), Box<dyn Error + Send + Sync>> {
                let until = Instant::now() + Duration::from_secs(60);
                while self.handled.load(Ordering::SeqCst) < count {
                    if Instant::now() > until {
                        return Err(format!("{count} messages were not handled within a minute").into());
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Ok(())
            }
        }

        /// Marks a message so that its handler fails.
        fn poison() -> SendOptions {
            let mut headers = Headers::new();
            headers.push("poison", "yes");
            SendOptions { key: Some("poison".into()), headers, ..SendOptions::default() }
        }

        #show
    }
}

/// What the in-process example does with a dead letter.
fn show_and_replay() -> TokenStream {
    quote! {
        /// Waits for the dead letter, shows it, repairs the fault and replays it.
        async fn show_and_replay(
            broker: &MemoryBroker,
            queue: &Arc<str>,
            progress: &Progress,
        ) -> Result<(), Box<dyn Error + Send + Sync>> {
            let until = Instant::now() + Duration::from_secs(60);
            let letters = loop {
                let listing = list(broker, queue, 100).await?;
                if !listing.letters.is_empty() {
                    break listing.letters;
                }
                if Instant::now() > until {
                    return Err(format!("nothing came to {queue} within a minute").into());
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            };
            for letter in &letters {
                println!(
                    "  dead letter {} in {queue}: tried {} times, {}: {}",
                    letter.id,
                    letter.failure.attempts.unwrap_or_default(),
                    letter.failure.class.as_deref().unwrap_or("unknown"),
                    letter.failure.message.as_deref().unwrap_or("no reason"),
                );
                println!(
                    "    {} bytes of schema id {}, first failed {}, last failed {}",
                    letter.message.value.as_deref().map_or(0, <[u8]>::len),
                    letter.failure.schema_id.unwrap_or_default(),
                    letter.failure.first_failed.as_deref().unwrap_or("unknown"),
                    letter.failure.last_failed.as_deref().unwrap_or("unknown"),
                );
            }
            progress.repaired.store(true, Ordering::SeqCst);
            let producer = broker.producer().await?;
            let report = replay(&producer, queue, &letters, |_| Ok(()), &ReplayOptions::default()).await;
            if report.replayed() < letters.len() {
                return Err(format!("not everything was replayed: {:?}", report.letters).into());
            }
            println!("  replayed {}", report.replayed());
            Ok(())
        }
    }
}

/// `examples/kafka.rs`
fn against_kafka(plan: &Plan<'_>, channels: &[&ChannelPlan<'_>], krate: &Ident) -> Result<GeneratedFile, CodegenError> {
    let parts: Vec<Parts<'_>> = channels.iter().map(|c| Parts::of(plan, c)).collect();
    let modules = parts.iter().map(|p| &p.module);
    let handlers = parts.iter().map(Parts::handler);
    let produce = parts.iter().map(|Parts { module, producer, arguments, .. }| {
        quote!(let producer = #module::#producer::new(Arc::clone(&kafka), &schemas #arguments).await?;)
    });
    let sends = parts.iter().map(Parts::sends);
    let consume = parts.iter().map(|Parts { module, consumer, example, config, arguments, .. }| {
        quote! {
            let consumer = #module::#consumer::new(Arc::clone(&transport), schemas.clone(), #config #arguments);
            running.push(tokio::spawn(consumer.run(#example(Arc::clone(&progress)), shutdown.stopped())));
        }
    });
    let plain = parts.iter().any(|p| p.config.to_string().starts_with("ConsumerConfig"));
    let config = plain.then(|| quote!(use #krate::runtime::consumer::ConsumerConfig;));
    let progress = received();
    print(
        "examples/kafka.rs",
        quote! {
            //! Sends one of each message to Kafka, or receives until Ctrl-C:
            //!
            //! `kafka produce localhost:9092 http://localhost:8081`, `kafka consume localhost:9092 http://localhost:8081`
            mod samples;

            use std::error::Error;
            use std::sync::Arc;
            #config
            use #krate::runtime::failure::Failure;
            use #krate::runtime::message::{Envelope, Headers, Metadata};
            use #krate::runtime::registry_client::Client;
            use #krate::runtime::schemas::Schemas;
            use #krate::runtime::shutdown::{Shutdown, signals};
            use #krate::runtime::transport::Transport;
            use #krate::runtime::transports::kafka::{KafkaConfig, KafkaTransport};
            use #krate::{schemas, #(#modules),*};

            #[tokio::main]
            async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
                let arguments: Vec<String> = std::env::args().skip(1).collect();
                let [what, brokers, registry] = arguments.as_slice() else {
                    return Err("usage: kafka produce|consume BROKERS REGISTRY".into());
                };
                let schemas = Schemas::registry(Client::new(registry)?).auto_register(true);
                let transport = Arc::new(KafkaTransport::new(KafkaConfig::new(brokers)));
                match what.as_str() {
                    "produce" => produce(&transport, schemas).await,
                    "consume" => consume(transport, schemas).await,
                    other => Err(format!("`{other}` is neither produce nor consume").into()),
                }
            }

            async fn produce(transport: &KafkaTransport, schemas: Schemas) -> Result<(), Box<dyn Error + Send + Sync>> {
                let kafka = Arc::new(transport.producer().await?);
                #(#produce #sends)*
                println!("sent and confirmed");
                Ok(())
            }

            async fn consume(transport: Arc<KafkaTransport>, schemas: Schemas) -> Result<(), Box<dyn Error + Send + Sync>> {
                let (progress, shutdown) = (Arc::new(Progress), Shutdown::new());
                let mut running = Vec::new();
                #(#consume)*
                signals().await;
                shutdown.stop();
                for consumer in running {
                    consumer.await??;
                }
                Ok(())
            }

            #progress
            #(#handlers)*
        },
    )
}

/// What the example against Kafka says of each message.
fn received() -> TokenStream {
    quote! {
        /// Says what was received.
        struct Progress;

        impl Progress {
            fn handle(&self, name: &str, headers: &Headers, meta: &Metadata) -> Result<(), Failure> {
                println!("{name} from {}/{}/{} with {} headers", meta.topic, meta.partition, meta.offset, headers.len());
                Ok(())
            }
        }
    }
}
