// What people do, with mouse and keyboard: each case clicks and types in pages as they are.
import assert from "node:assert/strict";
import { Api, document, order, shop } from "./seed.mjs";

export const cases = {
  async "a browser finds the pages, a program gets its object"(browser) {
    await shop(browser.url);
    const program = await fetch(`${browser.url}/`);
    assert.deepEqual([program.status, await program.text()], [200, "{}"]);
    await browser.open("/");
    assert.equal(browser.page.url(), `${browser.url}/ui/`);
    await browser.says("118 subjects, 1 to 50 shown");
  },

  async "subjects are found by name, text, id and context"(browser) {
    await browser.open("/ui/");
    await browser.page.keyboard.type("/");
    await browser.page.keyboard.type("ORDERS");
    await browser.leads(browser.page.keyboard.press("Enter"));
    assert.deepEqual(await browser.texts("tbody th"), ["orders-value", ".euorders-value"]);
    await browser.page.select("#context", ".eu");
    await browser.click("button[type=submit]");
    assert.deepEqual(await browser.texts("tbody th"), [".euorders-value"]);

    await browser.open("/ui/");
    await browser.fill("#q", "smallest unit");
    await browser.click("button[type=submit]");
    await browser.says("No subject fits");
    await browser.page.click("input[name=in]");
    await browser.click("button[type=submit]");
    assert.deepEqual(await browser.texts("tbody th"), ["money-value"]);

    await browser.fill("#q", "1");
    await browser.click("button[type=submit]");
    await browser.says("Schema id 1: money-value, version 1", ".direct");
    await browser.click(".direct a");
    await browser.says("money-value", "h1");
  },

  async "deleted subjects are shown on demand, and pages turn"(browser) {
    await browser.open("/ui/?q=old-value");
    await browser.says("No subject fits");
    await browser.page.click("input[name=deleted]");
    await browser.click("button[type=submit]");
    assert.deepEqual(await browser.texts("tbody th"), ["old-value deleted"]);

    await browser.open("/ui/?q=stock");
    await browser.says("110 subjects, 1 to 50 shown");
    await browser.click("a[rel=next]");
    await browser.click("a[rel=next]");
    await browser.says("101 to 110 shown");
    assert.equal(await browser.page.$("a[rel=next]"), null);
    await browser.click("a[rel=prev]");
    await browser.says("Page 2 of 3");
  },

  async "a subject shows its schema, references, metadata and settings"(browser) {
    await browser.open("/ui/?q=orders-value&context=.");
    await browser.click("tbody th a");
    await browser.says(/Version 3, the latest · Avro/);
    const coloured = await browser.texts("#schema .line:nth-child(3) span");
    assert.deepEqual(coloured, ['"name"', '"OrderPlaced"']);
    const colour = (selector) => browser.page.$eval(selector, (element) => getComputedStyle(element).color);
    assert.notEqual(await colour("#schema .k"), await colour("#schema .s"));
    const boxes = await browser.texts(".graph a");
    assert.deepEqual(boxes.map((text) => text.match(/([a-z]+-value)version/)[1]), ["invoices-value", "orders-value", "money-value", "address-value"]);
    await browser.says(/Refers to\s+money-value version 1 as shop.Money\s+address-value version 1 as shop.Address/);
    await browser.says(/Referred to by\s+invoices-value version 1/);
    await browser.says(/owner property\s+team-checkout/);
    await browser.says(/Compatibility\s+BACKWARD never set: the default/);
    await browser.click(".graph a[href*=money]");
    await browser.says("money-value", "h1");
    await browser.open("/ui/subject?name=customers-value");
    await browser.says(/Compatibility\s+FULL_TRANSITIVE set here/);
    await browser.open("/ui/subject?name=orders-value");
    await browser.click(".versions li:last-child a");
    await browser.says(/Version 1 · Avro/);
  },

  async "an alias leads to what it stands for"(browser) {
    const api = new Api(browser.url);
    await api.register("target-value", "\"string\"");
    await api.call("PUT", "/config/short-name", { alias: "target-value" });
    await browser.open("/ui/subject?name=short-name");
    assert.equal(browser.page.url(), `${browser.url}/ui/subject?name=target-value`);
    await browser.says("target-value", "h1");
    await api.register("former-value", "\"int\"");
    await api.call("PUT", "/config/former-value", { alias: "target-value" });
    await browser.open("/ui/subject?name=former-value");
    await browser.says("former-value", "h1");
    await browser.says("programs that ask for it get target-value", ".note");
    await browser.click(".note a");
    await browser.says("target-value", "h1");
  },

  async "a version says who fetched it"(browser) {
    const api = new Api(browser.url);
    const { id } = await api.register("fetched-value", "\"string\"");
    await fetch(`${browser.url}/schemas/ids/${id}`, { headers: { "user-agent": "shop-checkout/2.1 (linux)" } });
    await browser.open("/ui/subject?name=fetched-value");
    await browser.says(/Used by/);
    await browser.says(/anonymous, from 127\.0\.0\.1\s+shop-checkout\/2\.1\s+by id\s+1\s/);
    await browser.says(/registered it/);
  },

  async "the audit log says who changed what"(browser) {
    const api = new Api(browser.url);
    await api.register("audited-value", "\"string\"");
    await api.call("PUT", "/config/audited-value", { compatibility: "FULL" });
    await browser.open("/ui/");
    await browser.click("nav a[href=audit]");
    await browser.says("Audit", "h1");
    await browser.says(/PUT \/config\/\{subject\}\s+config audited-value: nothing → \{"compatibilityLevel":"FULL"\}/);
    await browser.fill("#subject", "audited-value");
    await browser.click("form.filter button[type=submit]");
    assert.deepEqual(await browser.texts("tbody code"), ["PUT /config/{subject}", "POST /subjects/{subject}/versions"]);
    await browser.fill("#principal", "nobody");
    await browser.click("form.filter button[type=submit]");
    await browser.says("No change fits");
  },

  async "documents are listed with their channels"(browser) {
    const api = new Api(browser.url);
    for (const title of ["Orders", "All orders"]) {
      const answer = await api.call("PUT", "/eventpact/v1/documents/shop", { document: document(title) });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    }
    await browser.open("/ui/");
    await browser.click("nav a[href=documents]");
    assert.deepEqual(await browser.texts("tbody th"), ["shop"]);
    await browser.click("tbody th a");
    await browser.says(/All orders · Version 2, the latest · AsyncAPI 3\.0\.0/);
    await browser.says(/placed\s+orders\.placed\s+send\s+OrderPlaced/);
    await browser.click(".versions li:last-child a");
    await browser.says(/Orders · Version 1 ·/);
  },

  async "two versions are compared, in meaning and in text"(browser) {
    await browser.open("/ui/subject?name=customers-value");
    await browser.click(".compare button");
    await browser.says(/3 changes break FULL_TRANSITIVE\s+✕ this registry refuses it/);
    const rows = await browser.texts(".changes tbody tr:not(.why)");
    assert.equal(rows.length, 3);
    assert.match(rows.find((row) => row.includes("maxLength of property id")), /was 36 now 20 line 13 of the new ✕ breaks ✓ safe/);
    assert.match(rows.find((row) => row.includes("property age")), /removed property age/);
    await browser.says("json-schema/max-length-decreased");
    assert.ok((await browser.texts(".diff .added .text")).some((text) => text.includes('"maxLength": 20')));
    assert.ok((await browser.texts(".diff .removed .text")).some((text) => text.includes('"maxLength": 36')));
    await browser.click(".changes .rule");
    await browser.says(/Why it breaks/);

    await browser.open("/ui/compare?name=orders-value&from=1&to=2");
    await browser.says(/nothing breaks BACKWARD\s+✓ this registry accepts it/);
    await browser.says("added field note");
    await browser.click(".head .actions a");
    await browser.says("removed field note");
    await browser.page.select("#rules", "registry");
    await browser.page.select("#to", "3");
    await browser.click(".filter button");
    await browser.says("From version 2 to version 3");
  },

  async "a schema is tried, mended and registered"(browser) {
    await browser.open("/ui/subject?name=orders-value");
    await browser.click(".head .button.first");
    const text = JSON.parse(await browser.page.$eval("#schema", (field) => field.value));
    assert.equal(text.name, "OrderPlaced");
    text.fields.push({ name: "channel", type: "string" });
    await browser.fill("#schema", JSON.stringify(text, null, 2));
    await browser.click("button[value=check]");
    await browser.says("would be refused");
    const levels = await browser.texts("main table tbody tr");
    assert.equal(levels.length, 6);
    assert.match(levels[0], /BACKWARD holds here\s+✕ incompatible 1 reason\s+✕ incompatible/);
    assert.match(levels[2], /^FORWARD\s+✓ compatible\s+✓ compatible/);
    const finding = await browser.text(".finding");
    assert.match(finding, /avro\/field-without-default/);
    assert.match(finding, /line \d+, column \d+/);
    assert.match(finding, /A message that shows it\s+\{.*\}/);
    assert.match(finding, /Instead: Give 'channel' a default/);
    const [marked] = await browser.texts(".line.hit");
    assert.match(marked, /\{|channel/);

    await browser.click("button[value=register]");
    await browser.says("Not registered: an earlier version does not go along with it.", "[role=alert]");
    text.fields.at(-1).default = "web";
    await browser.fill("#schema", JSON.stringify(text, null, 2));
    await browser.click("button[value=check]");
    await browser.says("would be accepted");
    await browser.click("button[value=register]");
    await browser.says("Registered.", "[role=status]");
    await browser.says("Version 4, the latest");
    const api = new Api(browser.url);
    const { body } = await api.call("GET", "/subjects/orders-value/versions/4");
    assert.deepEqual([body.version, body.references.length, JSON.parse(body.schema).fields.at(-1).default], [4, 2, "web"]);

    await browser.open("/ui/try?name=orders-value&version=4");
    await browser.click("button[value=register]");
    await browser.says("registered already");
  },

  async "a first schema is registered by hand, with a reference and properties"(browser) {
    await browser.open("/ui/");
    await browser.click(".head .button.first");
    await browser.fill("#name", ":.eu:refunds value/é");
    await browser.fill("#schema", '{"type":"record","name":"Refund","fields":[{"name":"sum","type":"shop.Money"},{"name":"to","type":"shop.Address"}]}');
    await browser.click("button[value=check]");
    await browser.says(/shop\.Money/, "[role=alert]");
    await browser.page.click("details:first-of-type summary");
    await browser.fill("#rn1", "shop.Money");
    await browser.fill("#rs1", ":.:money-value");
    await browser.click("button[value=add-reference]");
    await browser.fill("#rn2", "shop.Address");
    await browser.fill("#rs2", ":.:address-value");
    await browser.fill("#rv2", "1");
    await browser.page.click("details:last-of-type summary");
    await browser.fill("#properties", "owner: billing\nreviewed: no");
    await browser.click("button[value=register]");
    await browser.says("Registered.", "[role=status]");
    await browser.says(/owner property\s+billing/);
    await browser.says("refunds value/é", "h1");
    await browser.says(/money-value version 1 as shop.Money/);
  },

  async "a protobuf schema is tried"(browser) {
    await browser.open("/ui/try?name=payments-value&version=2");
    assert.equal(await browser.page.$eval("#type", (field) => field.value), "PROTOBUF");
    const text = await browser.page.$eval("#schema", (field) => field.value);
    await browser.fill("#schema", text.replace("bool accepted = 2", "string accepted = 2"));
    await browser.click("button[value=check]");
    await browser.says("would be refused");
    await browser.says("protobuf/");
    await browser.fill("#schema", text.replace("message", "massage"));
    await browser.click("button[value=check]");
    await browser.says(/Invalid schema.*line \d+/s, "[role=alert]");
  },

  async "levels and modes are set and removed, where they hold"(browser) {
    await browser.open("/ui/subject?name=address-value");
    await browser.click(".head .actions a[href^=settings]");
    await browser.page.select("#level", "FULL");
    await browser.click("button[value=save-config]");
    await browser.says("Saved.", "[role=status]");
    await browser.says(/Now: FULL set here/);
    await browser.page.select("#mode", "READONLY");
    await browser.click("button[value=save-mode]");
    await browser.says(/Now: READONLY set here/);
    await browser.open("/ui/settings");
    await browser.says(/address-value\s+FULL set here\s+READONLY set here/);

    await browser.open("/ui/try?name=address-value&version=1");
    await browser.fill("#schema", '"string"');
    await browser.click("button[value=register]");
    await browser.says("is in read-only mode", "[role=alert]");
    await browser.open("/ui/delete?name=address-value&version=1");
    await browser.says("Not possible while others refer to it");

    await browser.open("/ui/settings?scope=address-value");
    await browser.click("button[value=reset-mode]");
    await browser.says(/Now: READWRITE never set: the default/);
    await browser.click("button[value=reset-config]");
    await browser.says("what is inherited holds now", "[role=status]");
    await browser.says(/Now: BACKWARD never set: the default/);

    await browser.open("/ui/settings");
    await browser.click("tbody tr:nth-child(2) a");
    await browser.says("Settings of context .eu", "h1");
    await browser.page.select("#level", "NONE");
    await browser.click("button[value=save-config]");
    await browser.open("/ui/subject?name=%3A.eu%3Aorders-value");
    await browser.says(/Compatibility\s+NONE from context \.eu/);
    await browser.open("/ui/settings?scope=%3A.%3A");
    await browser.page.select("#level", "FORWARD");
    await browser.click("button[value=save-config]");
    const api = new Api(browser.url);
    assert.equal((await api.call("GET", "/config")).body.compatibilityLevel, "FORWARD");
    await browser.click("button[value=reset-config]");
    await browser.page.select("#mode", "IMPORT");
    await browser.click("button[value=save-mode]");
    await browser.says("Cannot import since found existing subjects", "[role=alert]");
  },

  async "a version is deleted and recovered"(browser) {
    await browser.open("/ui/subject?name=payments-value");
    await browser.page.click("a[href='delete?name=payments-value&version=2']");
    await browser.page.waitForSelector("form[action=delete]");
    await browser.says("It can be recovered");
    await browser.click("form[action=delete] button");
    await browser.says("Deleted. It can be recovered", "[role=status]");
    await browser.says("version deleted");
    const api = new Api(browser.url);
    assert.deepEqual((await api.call("GET", "/subjects/payments-value/versions")).body, [1]);
    await browser.click("form[action=recover] button");
    await browser.says("Recovered.", "[role=status]");
    assert.deepEqual((await api.call("GET", "/subjects/payments-value/versions")).body, [1, 2]);
  },

  async "what would break the history is not recovered"(browser) {
    const api = new Api(browser.url);
    const field = (name, more) => ({ name, type: "string", ...more });
    const schema = (...fields) => ({ type: "record", name: "Step", fields });
    await api.register("steps-value", schema(field("a")));
    await api.register("steps-value", schema(field("a"), field("b", { default: "" })));
    await api.call("DELETE", "/subjects/steps-value/versions/2");
    // Goes along with version 1, not with the version 2 that is deleted.
    await api.register("steps-value", { type: "record", name: "Step", fields: [field("a"), { name: "b", type: "int", default: 0 }] });
    browser.expect(/409/);
    await browser.open("/ui/subject?name=steps-value&version=2");
    await browser.click("form[action=recover] button");
    await browser.says("The registry refuses this", "h1");
    await browser.says("incompatible with an earlier schema");
    assert.deepEqual((await api.call("GET", "/subjects/steps-value/versions")).body, [1, 3]);
  },

  async "a subject is deleted, recovered, and deleted for good"(browser) {
    const api = new Api(browser.url);
    await api.register("temporary-value", order([]), { references: [{ name: "shop.Money", subject: "money-value", version: 1 }] });
    await browser.open("/ui/subject?name=temporary-value");
    await browser.page.click("a[href='delete?name=temporary-value']");
    await browser.page.waitForSelector("form[action=delete]");
    await browser.says(/Who else has the same schema\s+orders-value version 1/);
    await browser.click("form[action=delete] button");
    await browser.says("subject deleted");
    await browser.click("form[action=recover]:nth-of-type(2) button");
    await browser.says("Recovered.", "[role=status]");
    assert.deepEqual((await api.call("GET", "/subjects/temporary-value/versions")).body, [1]);

    await api.call("DELETE", "/subjects/temporary-value");
    await browser.open("/ui/delete?name=temporary-value");
    const disabled = () => browser.page.$eval("form[action=delete] button", (button) => button.disabled);
    assert.equal(await disabled(), true);
    await browser.fill("#confirm", "temporary");
    assert.equal(await disabled(), true);
    await browser.fill("#confirm", "temporary-value");
    assert.equal(await disabled(), false);
    await browser.click("form[action=delete] button");
    await browser.says("Deleted permanently.", "[role=status]");
    assert.equal((await api.call("GET", "/subjects/temporary-value/versions?deleted=true")).status, 404);
  },

  async "without the script everything still works"(browser) {
    const page = await browser.fresh();
    await page.setJavaScriptEnabled(false);
    await page.goto(`${browser.url}/ui/`);
    const submit = (selector) => Promise.all([page.waitForNavigation(), page.click(selector)]);
    await page.type("#q", "money");
    await submit("button[type=submit]");
    await submit("tbody th a");
    await submit(".head .button.first");
    await page.$eval("#name", (field) => { field.value = "scriptless-value"; });
    await submit("button[value=check]");
    assert.match(await page.$eval("main", (main) => main.textContent), /would be accepted/);
    await submit("button[value=register]");
    assert.match(page.url(), /subject\?name=scriptless-value&version=1&done=registered/);
    await submit("a[href='delete?name=scriptless-value']");
    await submit("form[action=delete] button");
    await submit("a[href='delete?name=scriptless-value']");
    await page.type("#confirm", "wrong");
    await submit("form[action=delete] button");
    assert.match(await page.$eval("[role=alert]", (alert) => alert.textContent), /Type the name of the subject/);
    await page.type("#confirm", "scriptless-value");
    await submit("form[action=delete] button");
    assert.match(page.url(), /done=erased/);
    await browser.fresh();
  },
};
