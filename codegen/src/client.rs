//! Channels to producers, handler traits and consumers, on top of the typed layer of `eventpact-runtime`.

use std::time::Duration;

use eventpact_contract::model::{Backoff, Operation, Retry};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::comments::{doc, inner_doc};
use crate::imports;
use crate::names::{self, Case, Scope, ident};
use crate::plan::{self, ChannelPlan, KeyType, MessagePlan, Plan};

/// The module of a channel.
pub(crate) fn module(plan: &Plan<'_>, channel: &ChannelPlan<'_>) -> TokenStream {
    let client = Client { plan, channel, messages: Names::of_channel(plan, channel) };
    let (docs, address) = (client.docs(), client.address());
    let mut functions = Scope::values();
    functions.reserve("address");
    let configs: TokenStream = channel.receives.iter().map(|operation| client.config(operation, &mut functions)).collect();
    let (producer, consumer) = (client.producer(), client.consumer());
    let body = quote!(#address #configs #producer #consumer);
    let imports = imports::of(&body);
    quote!(#docs #imports #body)
}

/// One message of the channel with every name that comes from it.
pub(crate) struct Names<'a> {
    pub(crate) message: &'a MessagePlan<'a>,
    /// The type, as a path behind `schemas`.
    pub(crate) ty: TokenStream,
    /// The type that borrows from the payload, likewise.
    twin: Option<TokenStream>,
    field: Ident,
    /// The method that sends it.
    pub(crate) send: Ident,
    /// The method that sends it with options.
    pub(crate) send_with: Ident,
    /// The method that handles it.
    pub(crate) handle: Ident,
}

impl<'a> Names<'a> {
    /// The names of all messages of a channel.
    pub(crate) fn of_channel(plan: &'a Plan<'_>, channel: &ChannelPlan<'_>) -> Vec<Self> {
        let mut methods = Scope::values();
        for taken in ["new", "flush"] {
            methods.reserve(taken);
        }
        let messages = channel.messages.iter().filter_map(|n| plan.messages.get(*n));
        messages.map(|m| Self::of(m, &mut methods)).collect()
    }

    fn of(message: &'a MessagePlan<'a>, methods: &mut Scope) -> Self {
        let (name, ty) = (names::cased(&message.type_name, Case::Snake), ident(&message.type_name));
        Self {
            message,
            ty: quote!(schemas::#ty),
            twin: message.twin.as_deref().map(ident).map(|twin| quote!(schemas::#twin)),
            field: methods.ident(&name, "message"),
            send: methods.ident(&format!("send_{name}"), "send"),
            send_with: methods.ident(&format!("send_{name}_with"), "send"),
            handle: methods.ident(&format!("on_{name}"), "on"),
        }
    }
}

/// How a handler gets its events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As values of their own.
    Owned,
    /// As views of their payloads.
    Borrowed,
}

impl Form {
    /// The end of the names of what belongs to a form.
    fn name(self, name: &str) -> String {
        match self {
            Self::Owned => name.to_owned(),
            Self::Borrowed => format!("Ref{name}"),
        }
    }
}

struct Client<'a> {
    plan: &'a Plan<'a>,
    channel: &'a ChannelPlan<'a>,
    messages: Vec<Names<'a>>,
}

impl Client<'_> {
    fn name(&self, suffix: &str) -> Ident {
        ident(&self.channel.type_name(suffix))
    }

    fn docs(&self) -> TokenStream {
        let channel = self.channel.channel;
        let title = channel.title.as_deref().unwrap_or(&channel.key);
        let head = format!("Channel '{}': {title}", channel.key);
        let texts = [Some(&head), channel.summary.as_ref(), channel.description.as_ref()];
        inner_doc(&texts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("\n\n"))
    }

    /// `ADDRESS`, or a function when the address has parameters.
    fn address(&self) -> TokenStream {
        let (address, key) = (&self.channel.address, &self.channel.channel.key);
        if self.channel.parameters.is_empty() {
            let docs = doc(&format!("Where the channel '{key}' is on the broker."));
            return quote!(#docs pub const ADDRESS: &str = #address;);
        }
        let docs = doc(&format!("Where the channel '{key}' is on the broker: '{address}'."));
        let arguments = self.parameter_arguments();
        let replace = self.channel.parameters.iter().map(|p| {
            let (pattern, argument) = (format!("{{{}}}", p.name), ident(&p.argument));
            quote!(.replace(#pattern, #argument))
        });
        quote! {
            #docs
            pub fn address(#arguments) -> String { String::from(#address)#(#replace)* }
        }
    }

    fn parameter_arguments(&self) -> TokenStream {
        let names = self.channel.parameters.iter().map(|p| ident(&p.argument));
        quote!(#(#names: &str),*)
    }

    /// The documentation of the parameters, and the expression of the address.
    fn address_value(&self) -> TokenStream {
        if self.channel.parameters.is_empty() {
            return quote!(ADDRESS);
        }
        let names = self.channel.parameters.iter().map(|p| ident(&p.argument));
        quote!(address(#(#names),*))
    }

    fn parameter_docs(&self) -> String {
        let lines = self.channel.parameters.iter().map(|p| format!("\n\n'{}': {}", p.argument, p.description));
        lines.collect()
    }

    fn producer(&self) -> TokenStream {
        let name = self.name("Producer");
        let docs = doc(&format!(
            "Sends to the channel '{}'.\n\n{}{}",
            self.channel.channel.key,
            operations_doc(&self.channel.sends, "send"),
            self.parameter_docs()
        ));
        let fields: Vec<&Ident> = self.messages.iter().map(|m| &m.field).collect();
        let types: Vec<&TokenStream> = self.messages.iter().map(|m| &m.ty).collect();
        let tagged = if self.messages.len() > 1 { quote!(.tagged()) } else { quote!() };
        let comma = (!self.channel.parameters.is_empty()).then(|| quote!(,));
        let (arguments, address) = (self.parameter_arguments(), self.address_value());
        let methods: TokenStream = self.messages.iter().map(send_methods).collect();
        let (address, clone) = if self.messages.len() > 1 && !self.channel.parameters.is_empty() {
            (quote!(let address = #address;), quote!(address.as_str()))
        } else {
            (quote!(), address)
        };
        quote! {
            #docs
            #[derive(Debug)]
            pub struct #name<P> { #(#fields: EventProducer<P, #types>),* }

            impl<P: Producer> #name<P> {
                /// Settles the schema ids and is ready to send. Several clients may share one producer of a transport.
                pub async fn new(producer: Arc<P>, schemas: &Schemas #comma #arguments) -> Result<Self, SchemaError> {
                    #address
                    Ok(Self { #(#fields: EventProducer::new(Arc::clone(&producer), #clone, schemas).await?#tagged),* })
                }

                #methods

                /// Waits until everything sent so far is confirmed or failed, at most for `deadline`; returns how many are not.
                pub async fn flush(&self, deadline: Duration) -> usize {
                    let mut open = 0;
                    #(open += self.#fields.flush(deadline).await;)*
                    open
                }
            }
        }
    }

    /// The trait that an application implements: one method for each message.
    fn handler(&self, form: Form) -> TokenStream {
        let handler = self.name(&form.name("Handler"));
        let key = &self.channel.channel.key;
        let docs = match form {
            Form::Owned => {
                let operations = operations_doc(&self.channel.receives, "receive");
                let docs = doc(&format!("Handles the messages of the channel '{key}'.\n\n{operations}"));
                quote!(#docs)
            }
            Form::Borrowed => {
                let docs =
                    doc(&format!("Handles the messages of the channel '{key}' as views of their payloads, without copies."));
                let (owned, run) = (self.name("Handler"), format!("{}::run_ref", self.name("Consumer")));
                let more = format!(
                    " [`{run}`] takes it; otherwise it is like [`{owned}`]. `to_owned` makes what must outlive the call."
                );
                quote!(#docs #[doc = ""] #[doc = #more])
            }
        };
        let methods = self.messages.iter().map(|m| {
            let (method, message) = (&m.handle, m.message.message);
            let ty = match (form, &m.twin) {
                (Form::Borrowed, Some(twin)) => quote!(#twin<'_>),
                _ => m.ty.clone(),
            };
            let docs = doc(message.summary.as_deref().or(message.title.as_deref()).unwrap_or_else(|| message.name()));
            quote!(#docs fn #method(&self, envelope: Envelope<#ty>) -> impl Future<Output = Self::Outcome> + Send;)
        });
        quote! {
            #docs
            pub trait #handler: Send + Sync {
                /// What the methods return: `()`, an [`Outcome`], or a `Result` whose error says what kind of failure it is.
                type Outcome: IntoOutcome + Send;
                #(#methods)*
            }
        }
    }

    fn consumer(&self) -> TokenStream {
        let consumer = self.name("Consumer");
        let key = &self.channel.channel.key;
        let consumer_docs = doc(&format!("Receives from the channel '{key}'.{}", self.parameter_docs()));
        let borrows = self.messages.iter().any(|m| m.twin.is_some());
        let forms: &[Form] = if borrows { &[Form::Owned, Form::Borrowed] } else { &[Form::Owned] };
        let handlers = forms.iter().map(|form| self.handler(*form));
        let runs = forms.iter().map(|form| self.run(*form));
        let dispatches = forms.iter().map(|form| self.dispatch(*form));
        let comma = (!self.channel.parameters.is_empty()).then(|| quote!(,));
        let (arguments, address) = (self.parameter_arguments(), self.address_value());
        quote! {
            #(#handlers)*

            #consumer_docs
            #[derive(Debug)]
            pub struct #consumer<T> { transport: Arc<T>, schemas: Schemas, config: ConsumerConfig, address: Arc<str> }

            impl<T: Transport> #consumer<T> {
                /// A consumer that is ready to run.
                pub fn new(transport: Arc<T>, schemas: Schemas, config: ConsumerConfig #comma #arguments) -> Self {
                    Self { transport, schemas, config, address: Arc::from(#address) }
                }

                /// Receives from this address instead of the contract's, for instance in another environment.
                #[must_use]
                pub fn at(mut self, address: impl Into<Arc<str>>) -> Self {
                    self.address = address.into();
                    self
                }

                #(#runs)*
            }

            #(#dispatches)*
        }
    }

    /// The method of the consumer that runs a handler.
    fn run(&self, form: Form) -> TokenStream {
        let (handler, dispatch) = (self.name(&form.name("Handler")), self.name(&form.name("Dispatch")));
        let types = self.messages.iter().map(|m| &m.ty);
        let (docs, run) = match form {
            Form::Owned => (
                quote! {
                    /// Receives until `stop` resolves: decodes each message, calls the handler, tries again and dead-letters as the
                    /// configuration says.
                },
                quote!(run),
            ),
            Form::Borrowed => (
                quote! {
                    /// The same with a handler that gets views of the payloads: nothing is copied that it does not copy.
                },
                quote!(run_ref),
            ),
        };
        quote! {
            #docs
            pub async fn #run<H: #handler>(self, handler: H, stop: impl Future<Output = ()> + Send) -> Result<RunReport, RunError> {
                let inbound = Inbound::new(self.schemas, Arc::clone(&self.address))#(.message::<#types>())*;
                let dispatch = #dispatch { inbound, handler };
                consume(&*self.transport, self.address, dispatch, &self.config, stop).await
            }
        }
    }

    /// What stands between the consumer and a handler.
    fn dispatch(&self, form: Form) -> TokenStream {
        let (handler, dispatch) = (self.name(&form.name("Handler")), self.name(&form.name("Dispatch")));
        let arms = self.messages.iter().enumerate().map(|(n, m)| {
            let (n, method, ty) = (proc_macro2::Literal::usize_unsuffixed(n), &m.handle, &m.ty);
            let decode = match (form, &m.twin) {
                (Form::Borrowed, Some(_)) => quote!(decode_ref::<#ty>(attempt, &mut buffer)),
                _ => quote!(decode::<#ty>(attempt)),
            };
            quote! {
                #n => match opened.#decode {
                    Ok(envelope) => self.handler.#method(envelope).await.into_outcome(),
                    Err(failure) => Outcome::Failed(failure),
                }
            }
        });
        let buffer = (form == Form::Borrowed).then(|| quote!(let mut buffer = Vec::new();));
        let handler_name = self.channel.type_name(&form.name("Handler"));
        let unknown = format!("a message that the channel `{}` does not have", self.channel.channel.key);
        quote! {
            struct #dispatch<H> { inbound: Inbound, handler: H }

            impl<H: #handler> Dispatch for #dispatch<H> {
                async fn dispatch(&self, delivery: &Delivery, attempt: u32) -> Outcome {
                    let opened = match self.inbound.open(delivery).await {
                        Ok(opened) => opened,
                        Err(failure) => return Outcome::Failed(failure),
                    };
                    #buffer
                    match opened.message {
                        #(#arms)*
                        _ => Outcome::Failed(Failure::new(ErrorClass::SchemaUnknown, #unknown)),
                    }
                }

                fn name(&self) -> &str { #handler_name }

                fn facts(&self, delivery: &Delivery) -> SchemaFacts { self.inbound.facts(delivery) }
            }
        }
    }

    /// The configuration that the contract gives a receive operation.
    fn config(&self, operation: &Operation, functions: &mut Scope) -> TokenStream {
        let name = functions.ident(&format!("{}_config", operation.key), "config");
        let retry = operation.retry.as_ref().map(|retry| {
            let policy = policy(retry);
            quote!(retry: #policy,)
        });
        let dead_letter = operation.dead_letter.as_ref().and_then(|d| self.plan.contract.channels.get(d.channel)).map(|c| {
            let address = plan::channel_address(c);
            quote!(dead_letter: Some(Arc::from(#address)),)
        });
        let group = plan::kafka_group(operation);
        let says = [
            group.as_ref().map(|g| format!("group '{g}'")),
            operation.retry.as_ref().map(|r| format!("{} tries", r.max_attempts)),
            operation.dead_letter.as_ref().map(|_| "a dead-letter queue".to_owned()),
        ];
        let says: Vec<String> = says.into_iter().flatten().collect();
        let says = if says.is_empty() { "nothing special".to_owned() } else { says.join(", ") };
        let docs = doc(&format!("What the contract says about operation '{}': {says}.", operation.key));
        let (argument, group) = match group {
            Some(group) => (quote!(), quote!(#group)),
            None => (quote!(group: &str), quote!(group)),
        };
        let rest = if retry.is_none() && dead_letter.is_none() {
            quote!(ConsumerConfig::new(#group))
        } else {
            quote!(ConsumerConfig { #retry #dead_letter ..ConsumerConfig::new(#group) })
        };
        quote!(#docs pub fn #name(#argument) -> ConsumerConfig { #rest })
    }
}

/// Which operations a side stems from.
fn operations_doc(operations: &[&Operation], what: &str) -> String {
    let named: Vec<String> = operations
        .iter()
        .map(|o| match &o.summary {
            Some(summary) => format!("- operation '{}': {summary}", o.key),
            None => format!("- operation '{}'", o.key),
        })
        .collect();
    if named.is_empty() {
        return format!("The contract has no {what} operation on this channel; this is its other side.");
    }
    format!("From the contract:\n{}", named.join("\n"))
}

/// The methods of a producer for one message.
fn send_methods(names: &Names<'_>) -> TokenStream {
    let Names { message, ty, field, send, send_with, .. } = names;
    let message = message.message;
    let key_doc = plan::kafka_key_doc(message).unwrap_or_else(|| "The message key.".to_owned());
    let what = message.title.as_deref().unwrap_or_else(|| message.name());
    let key = match plan::kafka_key(message) {
        Some(KeyType::Text) => Some((quote!(key: &str,), quote!(Some(Bytes::copy_from_slice(key.as_bytes()))))),
        Some(KeyType::Integer) => Some((quote!(key: i64,), quote!(Some(Bytes::from(key.to_string()))))),
        Some(KeyType::Bytes) => Some((quote!(key: impl Into<Bytes>,), quote!(Some(key.into())))),
        None => None,
    };
    let says = format!("{what}. Waits until the broker has confirmed it.");
    let (docs, argument, body) = match key {
        Some((argument, key)) => (
            doc(&format!("{says}\n\n'key': {key_doc}")),
            argument,
            quote!(self.#field.send_with(event, &SendOptions { key: #key, ..SendOptions::default() }).await),
        ),
        None => (doc(&says), quote!(), quote!(self.#field.send(event).await)),
    };
    quote! {
        #docs
        pub async fn #send(&self, #argument event: &#ty) -> Result<Receipt, SendError> { #body }

        /// The same with a key, headers, a time or a partition of its own.
        pub async fn #send_with(&self, event: &#ty, options: &SendOptions) -> Result<Receipt, SendError> {
            self.#field.send_with(event, options).await
        }

        /// The producer of this message alone, for batches.
        pub fn #field(&self) -> &EventProducer<P, #ty> { &self.#field }
    }
}

fn policy(retry: &Retry) -> TokenStream {
    let attempts = proc_macro2::Literal::u32_unsuffixed(retry.max_attempts);
    let at_most = |max: &Option<Duration>| max.map_or_else(|| quote!(Duration::MAX), duration);
    let backoff = match &retry.backoff {
        Backoff::Fixed { delay } => {
            let delay = duration(*delay);
            quote!(Backoff::Fixed { delay: #delay })
        }
        Backoff::Linear { initial_delay, increment, max_delay } => {
            let (initial, increment, max) = (duration(*initial_delay), duration(*increment), at_most(max_delay));
            quote!(Backoff::Linear { initial: #initial, increment: #increment, max: #max })
        }
        Backoff::Exponential { initial_delay, multiplier, max_delay } => {
            let (initial, max) = (duration(*initial_delay), at_most(max_delay));
            let multiplier = if multiplier.is_finite() { *multiplier } else { 1.0 };
            let multiplier = proc_macro2::Literal::f64_unsuffixed(multiplier);
            quote!(Backoff::Exponential { initial: #initial, multiplier: #multiplier, max: #max })
        }
    };
    quote!(RetryPolicy { max_attempts: #attempts, backoff: #backoff, ..RetryPolicy::default() })
}

fn duration(duration: Duration) -> TokenStream {
    match u64::try_from(duration.as_millis()) {
        Ok(millis) if duration.subsec_nanos().is_multiple_of(1_000_000) => {
            let millis = proc_macro2::Literal::u64_unsuffixed(millis);
            quote!(Duration::from_millis(#millis))
        }
        _ => {
            let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
            let (seconds, nanos) = (proc_macro2::Literal::u64_unsuffixed(seconds), proc_macro2::Literal::u32_unsuffixed(nanos));
            quote!(Duration::new(#seconds, #nanos))
        }
    }
}
