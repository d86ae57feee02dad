// A browser that notes what must not happen: errors on the console, violations of the content security policy, dialogs.
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";

const plain = (text) => text.replace(/\s+/g, " ").trim();

export class Browser {
  static async launch(url, executablePath) {
    // Chromium's own sandbox cannot be used by root, as who tests in containers is.
    const args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
    const browser = new Browser();
    browser.url = url;
    browser.chromium = await puppeteer.launch({ executablePath, args, timeout: 120_000, protocolTimeout: 120_000 });
    await browser.fresh();
    return browser;
  }

  // A page as a new visitor gets it: no cookies, no script switched off.
  async fresh() {
    await this.context?.close();
    this.context = await this.chromium.createBrowserContext();
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(60_000);
    await this.page.setViewport({ width: 1280, height: 900 });
    this.page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) this.noted.push(`console: ${message.text()}`);
    });
    this.page.on("pageerror", (error) => this.noted.push(`script: ${error.message}`));
    this.page.on("dialog", (dialog) => {
      this.noted.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    // Runs before the page: violations are events, whether or not the console shows them.
    await this.page.evaluateOnNewDocument(() => {
      window.violations = [];
      document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
    });
    this.noted = [];
    return this.page;
  }

  begin() {
    this.noted = [];
    this.expected = [];
  }

  // What a case brings about on purpose, such as a refusal, which Chromium puts on the console.
  expect(pattern) {
    this.expected.push(pattern);
  }

  end() {
    const surprising = this.noted.filter((text) => !this.expected.some((pattern) => pattern.test(text)));
    assert.deepEqual(surprising, [], "the browser noted something");
  }

  async tell() {
    const text = await this.page.evaluate(() => document.body.innerText).catch(() => "");
    console.log(`      at ${this.page.url()}\n      noted: ${JSON.stringify(this.noted)}\n${text.slice(0, 1500).replace(/^/gm, "      | ")}`);
  }

  async open(path) {
    const response = await this.page.goto(this.url + path);
    await this.unharmed();
    return response;
  }

  // Nothing was blocked by the policy on this page.
  async unharmed() {
    const violations = await this.page.evaluate(() => window.violations ?? []);
    assert.deepEqual(violations, [], "violations of the content security policy");
  }

  // Does something that leads to another page, and waits for it.
  async leads(action) {
    await Promise.all([this.page.waitForNavigation(), action]);
    await this.unharmed();
  }

  click(selector) {
    return this.leads(this.page.click(selector));
  }

  async fill(selector, text) {
    await this.page.locator(selector).fill(text);
  }

  // What people see of an element, with single spaces.
  async text(selector = "main") {
    return plain(await this.page.$eval(selector, (element) => element.innerText ?? element.textContent));
  }

  async texts(selector) {
    const all = await this.page.$$eval(selector, (elements) => elements.map((element) => element.innerText ?? element.textContent));
    return all.map(plain);
  }

  async says(expected, selector = "main") {
    const text = await this.text(selector);
    const fits = expected instanceof RegExp ? expected.test(text) : text.includes(expected);
    assert.ok(fits, `expected ${expected} in:\n${text}`);
  }

  async silent(unexpected, selector = "main") {
    const text = await this.text(selector);
    assert.ok(!text.includes(unexpected), `did not expect ${unexpected} in:\n${text}`);
  }

  async close() {
    await this.chromium.close();
  }
}
