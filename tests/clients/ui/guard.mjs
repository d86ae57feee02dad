// What strangers try: scripts in names and texts, forms from elsewhere, requests that make no sense.
import assert from "node:assert/strict";
import { Api, pages, record, shop } from "./seed.mjs";

const ATTACKS = [
  "<script>window.harmed=1</script>{{7*7}}{% raw %}",
  "'\"><img src=x onerror=window.harmed=1><svg onload=window.harmed=1>",
  "</title></style></textarea></code></pre><b>&lt;&amp;<script>window.harmed=1</script>",
];

async function harmless(browser, path) {
  await browser.open(path);
  const found = await browser.page.evaluate(() => ({
    harmed: window.harmed, scripts: Array.from(document.scripts, (script) => script.src),
    handlers: document.querySelectorAll("[onerror],[onload],[style],style,iframe,object,embed,b").length,
    links: Array.from(document.links, (link) => link.protocol).filter((protocol) => protocol !== "http:"),
  }));
  assert.equal(found.harmed, undefined, path);
  assert.equal(found.handlers, 0, path);
  assert.deepEqual(found.links, [], path);
  assert.deepEqual(found.scripts.map((source) => new URL(source).pathname), ["/ui/assets/app.js"], path);
}

async function post(browser, path, fields, headers = {}) {
  const response = await fetch(`${browser.url}/ui/${path}`, {
    method: "POST", redirect: "manual", body: new URLSearchParams(fields).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });
  return response.status;
}

export const cases = {
  async "every page has the security headers and no inline script or style"(browser) {
    await shop(browser.url);
    for (const path of [...Object.values(pages), "/ui/nowhere", "/ui/assets/app.css", "/ui/assets/app.js"]) {
      const response = await fetch(browser.url + path);
      const header = (name) => response.headers.get(name);
      assert.match(header("content-security-policy"), /default-src 'none'.*frame-ancestors 'none'/, path);
      assert.doesNotMatch(header("content-security-policy"), /unsafe|https?:|\*/, path);
      assert.equal(header("x-content-type-options"), "nosniff", path);
      assert.equal(header("x-frame-options"), "DENY", path);
      assert.equal(header("referrer-policy"), "same-origin", path);
      const text = await response.text();
      if (!header("content-type").startsWith("text/html")) continue;
      assert.equal(header("cache-control"), "no-store", path);
      assert.doesNotMatch(text, /\sstyle=|<style|<script(?! src="assets\/)|\son[a-z]+=|(?:src|href|action)="(?:https?:)?\/\//, path);
      assert.equal((text.match(/<form[^>]*method="post"/g) ?? []).length, (text.match(/name="eventpact_csrf"/g) ?? []).length, `${path}: a token in every form`);
      const cookie = header("set-cookie");
      assert.match(cookie, /^eventpact_csrf=[0-9a-f]{32}; HttpOnly; SameSite=Strict$/, path);
    }
  },

  async "nothing in names, texts, documentation, metadata or searches becomes markup"(browser) {
    const api = new Api(browser.url);
    for (const [index, attack] of ATTACKS.entries()) {
      const fields = [{ name: "f", type: "string", doc: attack, default: attack }];
      await api.register(attack, record("Hostile", fields, { doc: attack }), { metadata: { properties: { [attack]: attack }, tags: { [attack]: [attack] } } });
      await api.register(attack, record("Hostile", [...fields, { name: "g", type: "int", default: 1, doc: attack }]));
      await api.register(`proto-${index}`, `syntax = "proto3";\n// ${attack}\nmessage M { string s = 1; }\n`, { schemaType: "PROTOBUF" });
      await api.register(`json-${index}`, { type: "object", title: attack, properties: { [attack]: { type: "string", description: attack } } }, { schemaType: "JSON" });
      await api.register(`referrer-${index}`, record("R", [{ name: "h", type: "shop.Hostile" }]), { references: [{ name: attack, subject: attack, version: 1 }] });
      const name = encodeURIComponent(attack);
      browser.expect(/404|400|422/);
      for (const path of [
        `?q=${name}`, `?q=x&context=${name}`, `subject?name=${name}`, `subject?name=${name}&version=${name}`, `subject?name=proto-${index}`,
        `subject?name=json-${index}`, `subject?name=referrer-${index}`, `compare?name=${name}`, `try?name=${name}&version=1`, `settings?scope=${name}`,
        `delete?name=${name}`, `rule?id=${name}`, name,
      ]) {
        await harmless(browser, `/ui/${path}`);
      }
      await browser.open(`/ui/subject?name=${name}`);
      assert.equal(await browser.page.$eval("h1", (heading) => heading.textContent), attack);
    }
  },

  async "a hostile schema that is refused is shown as it is"(browser) {
    await browser.open("/ui/try");
    for (const attack of ATTACKS.slice(1)) {
      await browser.fill("#name", attack);
      await browser.fill("#schema", JSON.stringify({ type: attack, doc: attack }));
      await browser.click("button[value=check]");
      assert.equal(await browser.page.evaluate(() => window.harmed), undefined);
      assert.equal(await browser.page.$eval("#schema", (field) => field.value), JSON.stringify({ type: attack, doc: attack }));
      assert.equal(await browser.page.$eval("#name", (field) => field.value), attack);
    }
  },

  async "a form without the token of the cookie changes nothing"(browser) {
    const api = new Api(browser.url);
    const fields = { name: "forged-value", type: "AVRO", schema: '"int"', action: "register" };
    const token = "0123456789abcdef0123456789abcdef";
    const other = "0123456789abcdef0123456789abcdee";
    const cookie = (value) => ({ cookie: `eventpact_csrf=${value}` });
    assert.equal(await post(browser, "try", fields), 403);
    assert.equal(await post(browser, "try", fields, cookie(token)), 403);
    assert.equal(await post(browser, "try", { ...fields, eventpact_csrf: token }), 403);
    assert.equal(await post(browser, "try", { ...fields, eventpact_csrf: other }, cookie(token)), 403);
    assert.equal(await post(browser, "try", { ...fields, eventpact_csrf: "" }, cookie("")), 403);
    assert.equal(await post(browser, "try", { ...fields, eventpact_csrf: token }, { ...cookie(token), "sec-fetch-site": "cross-site" }), 403);
    assert.equal(await post(browser, "try", { ...fields, eventpact_csrf: token }, { ...cookie(token), "sec-fetch-site": "same-site" }), 403);
    for (const [path, more] of [["delete", { name: "orders-value" }], ["recover", { name: "old-value" }], ["settings", { scope: "orders-value", action: "save-mode", mode: "READONLY" }]]) {
      assert.equal(await post(browser, path, more, cookie(token)), 403, path);
    }
    assert.equal((await api.call("GET", "/subjects/forged-value/versions")).status, 404);
    assert.deepEqual((await api.call("GET", "/subjects/orders-value/versions")).body, [1, 2, 3]);
    assert.equal(await post(browser, "try", { ...fields, eventpact_csrf: token }, { ...cookie(token), "sec-fetch-site": "same-origin" }), 303);
    assert.deepEqual((await api.call("GET", "/subjects/forged-value/versions")).body, [1]);
  },

  async "requests that make no sense get a clear answer"(browser) {
    const status = async (method, path, more = {}) => (await fetch(`${browser.url}/ui/${path}`, { method, redirect: "manual", ...more })).status;
    assert.equal(await status("GET", "recover"), 405);
    assert.equal(await status("PUT", "try"), 405);
    assert.equal(await status("POST", "subject", { headers: { "content-type": "application/x-www-form-urlencoded" }, body: "" }), 403);
    assert.equal(await status("POST", "try", { headers: { "content-type": "application/json" }, body: "{}" }), 415);
    assert.equal(await status("GET", "subject"), 400);
    assert.equal(await status("GET", "subject?name=orders-value&version=99"), 404);
    assert.equal(await status("GET", "subject?name=orders-value&version=0"), 422);
    assert.equal(await status("GET", "subject?name=%ff%00"), 404);
    assert.equal(await status("GET", "?page=99999999999999999999&context=%00"), 200);
    assert.equal(await status("GET", "assets/../../etc/passwd"), 404);
    assert.equal(await status("HEAD", ""), 200);
    const large = { headers: { "content-type": "application/x-www-form-urlencoded", cookie: "" }, body: `schema=${"a".repeat(4 * 1024 * 1024)}` };
    assert.equal(await status("POST", "try", large), 413);
  },
};
