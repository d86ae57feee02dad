// node main.mjs GROUP URL CHROMIUM: runs a group of cases against a registry that runs, and says of each how it ended.
// EVENTPACT_SCREENSHOTS names a folder for pictures of the pages.
import { Browser } from "./browser.mjs";

const [group, url, chromium] = process.argv.slice(2);
const { cases } = await import(`./${group}.mjs`);
const browser = await Browser.launch(url, chromium);
let failed = 0;
for (const [name, run] of Object.entries(cases)) {
  const started = Date.now();
  try {
    browser.begin();
    await run(browser);
    browser.end();
    console.log(`ok    ${name} (${Date.now() - started} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}: ${error.stack}`);
    await browser.tell();
  }
}
await browser.close();
console.log(`${Object.keys(cases).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && Object.keys(cases).length > 0 ? 0 : 1;
