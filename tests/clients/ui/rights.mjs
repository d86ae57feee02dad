// Visitors who may read `public*` and no more, and write `public-own`.
import assert from "node:assert/strict";

const TOKEN = "0123456789abcdef0123456789abcdef";

async function post(browser, path, fields) {
  const response = await fetch(`${browser.url}/ui/${path}`, {
    method: "POST", redirect: "manual", body: new URLSearchParams({ ...fields, eventpact_csrf: TOKEN }).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", cookie: `eventpact_csrf=${TOKEN}` },
  });
  return { status: response.status, text: await response.text() };
}

export const cases = {
  async "visitors see what they may read"(browser) {
    browser.expect(/403/);
    await browser.open("/ui/");
    assert.deepEqual(await browser.texts("tbody th"), ["public-own", "public-value"]);
    await browser.open("/ui/?q=1");
    await browser.says("Schema id 1: public-value, version 1");
    await browser.silent("secret");
    await browser.open("/ui/?q=hush&in=text");
    await browser.says("No subject fits");
    await browser.open("/ui/settings");
    await browser.silent("secret");
    for (const path of ["subject?name=secret-value", "compare?name=secret-value", "try?name=secret-value&version=1", "settings?scope=secret-value", "delete?name=secret-value"]) {
      const response = await browser.open(`/ui/${path}`);
      assert.equal(response.status(), 403, path);
      await browser.says("Not allowed", "h1");
      await browser.silent("hush");
    }
  },

  async "pages leave out what would be refused, and refuse it"(browser) {
    await browser.open("/ui/subject?name=public-value");
    await browser.silent("secret-value");
    await browser.silent("Delete");
    await browser.silent("Try a change");
    await browser.open("/ui/settings?scope=public-value");
    await browser.says("You may not change it.");
    await browser.open("/ui/subject?name=public-own");
    await browser.says("Try a change");
    const refused = async (path, fields) => {
      const { status, text } = await post(browser, path, fields);
      assert.ok(status === 403 || (status === 200 && /User is denied operation/.test(text)), `${path} ${status}`);
    };
    await refused("try", { name: "public-value", type: "AVRO", schema: '"int"', action: "register" });
    await refused("try", { name: "secret-value", type: "AVRO", schema: '"int"', action: "check" });
    await refused("try", { name: "public-own", type: "AVRO", schema: '"int"', action: "register", ref_name: "a", ref_subject: "secret-value", ref_version: "1" });
    await refused("delete", { name: "public-value" });
    await refused("recover", { name: "public-value" });
    await refused("settings", { scope: "public-value", action: "save-config", level: "NONE" });
    await refused("settings", { scope: ":.:", action: "save-mode", mode: "READONLY" });
    const allowed = await post(browser, "try", { name: "public-own", type: "AVRO", schema: '"long"', action: "register" });
    assert.equal(allowed.status, 303);
  },
};
