// Fills a registry through its API.
import assert from "node:assert/strict";

export class Api {
  constructor(url) {
    this.url = url;
  }

  async call(method, path, body) {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const response = await fetch(this.url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    return { status: response.status, body: await response.json().catch(() => undefined) };
  }

  async register(subject, schema, more = {}) {
    const text = typeof schema === "string" ? schema : JSON.stringify(schema);
    const answer = await this.call("POST", `/subjects/${encodeURIComponent(subject)}/versions`, { schema: text, ...more });
    assert.equal(answer.status, 200, `${subject}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async many(count, make) {
    let next = 0;
    const worker = async () => {
      for (let index = next++; index < count; index = next++) {
        const [subject, schema] = make(index);
        await this.register(subject, schema);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
  }
}

export const record = (name, fields, more = {}) => ({ type: "record", name, namespace: "shop", ...more, fields });

const money = record("Money", [{ name: "amount", type: "long" }, { name: "currency", type: "string", default: "EUR" }], {
  doc: "An amount in the smallest unit of a currency",
});
const address = record("Address", [{ name: "street", type: "string" }, { name: "zip", type: ["null", "string"], default: null }]);
export const order = (more) =>
  record("OrderPlaced", [{ name: "orderId", type: "string" }, { name: "total", type: "shop.Money" }, ...more], { doc: "A customer has placed an order" });
const note = { name: "note", type: ["null", "string"], default: null };
const shipTo = { name: "shipTo", type: ["null", "shop.Address"], default: null };

const payment = (more) => `syntax = "proto3";
package shop.v1;

// A decision about a payment.
message PaymentDecided {
  string payment_id = 1;
  bool accepted = 2;
  repeated string reasons = 3;
${more}}
`;

const customer = (required, properties) => ({
  $schema: "http://json-schema.org/draft-07/schema#", title: "Customer", type: "object", additionalProperties: false, required, properties,
});

// An AsyncAPI document with one channel.
export const document = (title) => JSON.stringify({
  asyncapi: "3.0.0", info: { title, version: "1" },
  channels: { placed: { address: "orders.placed", messages: { OrderPlaced: { payload: { type: "object" } } } } },
  operations: { announce: { action: "send", channel: { $ref: "#/channels/placed" } } },
});

// A small shop: references, three formats, contexts, settings, something deleted, a name that is long.
export async function shop(url) {
  const api = new Api(url);
  await api.register("money-value", money);
  await api.register("address-value", address);
  const references = [{ name: "shop.Money", subject: "money-value", version: 1 }];
  await api.register("orders-value", order([]), { references });
  const metadata = { properties: { owner: "team-checkout", reviewed: "yes" }, tags: { "**.note": ["PII"] } };
  await api.register("orders-value", order([note]), { references, metadata });
  references.push({ name: "shop.Address", subject: "address-value", version: 1 });
  await api.register("orders-value", order([note, shipTo]), { references });
  const invoice = record("Invoice", [{ name: "order", type: "shop.OrderPlaced" }, { name: "sum", type: "shop.Money" }]);
  const referred = [{ name: "shop.OrderPlaced", subject: "orders-value", version: 3 }, { name: "shop.Money", subject: "money-value", version: 1 }];
  await api.register("invoices-value", invoice, { references: referred });
  assert.equal((await api.call("PUT", "/eventpact/v1/documents/shop", { document: document("Orders") })).status, 200);
  await api.register("payments-value", payment(""), { schemaType: "PROTOBUF" });
  await api.register("payments-value", payment("  int64 decided_at = 4;\n"), { schemaType: "PROTOBUF" });
  await api.call("PUT", "/config/customers-value", { compatibility: "NONE" });
  const id = (maxLength) => ({ type: "string", maxLength });
  const email = { type: "string", format: "email" };
  await api.register("customers-value", customer(["id"], { id: id(36), email, age: { type: "integer", minimum: 0 } }), { schemaType: "JSON" });
  await api.register("customers-value", customer(["id", "email"], { id: id(20), email }), { schemaType: "JSON" });
  await api.call("PUT", "/config/customers-value", { compatibility: "FULL_TRANSITIVE" });
  await api.register(":.eu:orders-value", record("Order", [{ name: "id", type: "string" }]));
  await api.register("old-value", record("Old", []));
  await api.call("DELETE", "/subjects/old-value");
  await api.register(`long-${"name-of-a-department.and-of-its-service.".repeat(4)}value`, '"bytes"');
  await api.many(110, (index) => [`stock-${String(index).padStart(4, "0")}-value`, record("Stock", [{ name: `shelf${index}`, type: "int" }])]);
  return api;
}

// Every kind of page, once the shop is there.
export const pages = {
  subjects: "/ui/",
  "subjects-none": "/ui/?q=nothing-is-called-so",
  subject: "/ui/subject?name=orders-value",
  "subject-protobuf": "/ui/subject?name=payments-value",
  "subject-graph": "/ui/subject?name=money-value",
  "subject-deleted": "/ui/subject?name=old-value",
  "subject-long": "/ui/?q=long-",
  compare: "/ui/compare?name=customers-value",
  "compare-avro": "/ui/compare?name=orders-value&from=1&to=3",
  "compare-same": "/ui/compare?name=orders-value&from=3&to=3",
  try: "/ui/try",
  "try-change": "/ui/try?name=orders-value&version=3",
  settings: "/ui/settings",
  "settings-subject": "/ui/settings?scope=customers-value",
  "settings-global": "/ui/settings?scope=%3A.%3A",
  "delete-blocked": "/ui/delete?name=money-value",
  delete: "/ui/delete?name=payments-value&version=2",
  "delete-permanently": "/ui/delete?name=old-value",
  rule: "/ui/rule?id=avro/field-without-default",
  documents: "/ui/documents",
  document: "/ui/document?name=shop",
  audit: "/ui/audit",
};
