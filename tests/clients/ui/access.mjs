// For everybody: keyboard alone, screen readers, dark and narrow screens.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pages, shop } from "./seed.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// What axe finds on the page as it is now, by some of its rules or all. It is put in by the debugger: the policy of the pages does
// not hold for that.
async function violations(page, rules) {
  await page.evaluate(axe);
  const only = rules ? { runOnly: { type: "rule", values: rules } } : {};
  const results = await page.evaluate((only) => window.axe.run(document, { ...only, resultTypes: ["violations"] }), only);
  return results.violations.flatMap((found) => found.nodes.map((node) => `${found.id}: ${node.target} ${node.failureSummary ?? ""}`));
}

async function look(browser, name) {
  const folder = process.env.EVENTPACT_SCREENSHOTS;
  if (folder) await browser.page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

async function tried(browser) {
  await browser.open(pages["try-change"]);
  const text = await browser.page.$eval("#schema", (field) => field.value);
  await browser.fill("#schema", text.replace('"note", "type": ["null", "string"], "default": null', '"note", "type": "string"'));
  await browser.click("button[value=check]");
}

// Every kind of page once: `check` is done in it.
async function everyPage(browser, check) {
  for (const [name, path] of Object.entries(pages)) {
    await browser.open(path);
    await check(name);
  }
  await tried(browser);
  await check("tried");
  browser.expect(/404/);
  await browser.open("/ui/subject?name=nobody");
  await check("error");
}

async function colours(page, scheme) {
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
}

const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const drawn = element.querySelector?.("rect") && parseFloat(getComputedStyle(element.querySelector("rect")).strokeWidth) >= 4;
    return {
      name: element.tagName.toLowerCase(), id: element.id, visible: outlined || Boolean(drawn),
      text: (element.getAttribute("aria-label") ?? element.innerText ?? element.querySelector("text").textContent).trim().split("\n")[0], isBody: element === document.body,
    };
  });

// Presses Tab until what is focused fits.
async function tabTo(page, fits, most = 120) {
  for (let count = 0; count < most; count += 1) {
    await page.keyboard.press("Tab");
    const now = await focused(page);
    assert.ok(now.isBody || now.visible, `the focus cannot be seen on ${JSON.stringify(now)}`);
    if (fits(now)) return now;
  }
  throw new Error("the keyboard does not get there");
}

export const cases = {
  async "on every page axe finds nothing, in light and dark, and nothing is wider than a narrow screen"(browser) {
    await shop(browser.url);
    const { page } = browser;
    await everyPage(browser, async (name) => {
      assert.deepEqual(await violations(page), [], name);
      await look(browser, `${name}-light`);
      await colours(page, "dark");
      // What does not depend on colours was looked at already.
      assert.deepEqual(await violations(page, ["color-contrast"]), [], `${name}, dark`);
      await look(browser, `${name}-dark`);
      await colours(page, "light");
      await page.setViewport({ width: 360, height: 800 });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(over, 0, `${name} is wider than a narrow screen by ${over} pixels`);
      await look(browser, `${name}-narrow`);
      await page.setViewport({ width: 1280, height: 900 });
      const found = await page.evaluate(() => ({
        main: document.querySelectorAll("main").length, nav: document.querySelectorAll("header nav").length,
        h1: document.querySelectorAll("h1").length, lang: document.documentElement.lang,
      }));
      assert.deepEqual(found, { main: 1, nav: 1, h1: 1, lang: "en" }, name);
      assert.match(await page.title(), /. · Eventpact registry$/, name);
    });
  },

  async "the keyboard alone is enough: find, read, try, register, delete"(browser) {
    const page = await browser.fresh();
    const enter = () => browser.leads(page.keyboard.press("Enter"));
    await browser.open("/ui/");
    await page.keyboard.press("Tab");
    assert.equal((await focused(page)).text, "Skip to content");
    await page.keyboard.press("Enter");
    assert.equal((await focused(page)).id, "main");
    await tabTo(page, (now) => now.id === "q");
    await page.keyboard.type("address");
    await enter();
    await tabTo(page, (now) => now.text === "address-value");
    await enter();
    await tabTo(page, (now) => now.text === "Try a change");
    await enter();
    await tabTo(page, (now) => now.id === "schema");
    await page.keyboard.down("Control");
    await page.keyboard.press("a");
    await page.keyboard.up("Control");
    await page.keyboard.type('{"type":"record","name":"Address","namespace":"shop","fields":[{"name":"street","type":"string"}]}');
    // Tab leaves the text: it is no trap.
    await tabTo(page, (now) => now.text === "References");
    await tabTo(page, (now) => now.text === "Check");
    await enter();
    await browser.says("would be accepted");
    await tabTo(page, (now) => now.text === "Register");
    await enter();
    await browser.says("Version 2, the latest");
    await tabTo(page, (now) => now.text === "Delete version 2…");
    await enter();
    await tabTo(page, (now) => now.text === "Delete");
    await enter();
    await browser.says("version deleted");
    await tabTo(page, (now) => now.text === "Recover version 2");
    await enter();
    await browser.says("Recovered.", "[role=status]");
  },

  async "every stop of the keyboard on the page of a subject can be seen, the drawing too"(browser) {
    await browser.open(pages.subject);
    const seen = [];
    for (let count = 0; count < 60; count += 1) {
      await browser.page.keyboard.press("Tab");
      const now = await focused(browser.page);
      if (now.isBody) break;
      assert.ok(now.visible, JSON.stringify(now));
      seen.push(now.text);
    }
    for (const stop of ["Subjects", "Raw", "Schema text", "Graph of references", "money-value", "Compare"]) {
      assert.ok(seen.includes(stop), `${stop} is not among ${seen}`);
    }
  },
};
