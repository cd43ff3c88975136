// What a person is asked for in words, by the keyboard alone: who approves and why, which file a name means. And how
// the person is called.

import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";
import { Demo, browser, open, root, until } from "./support.mjs";

const mac = "00:1e:4a:a0:36:01";
const scenario = (name) => path.join(root, `browser/scenarios/${name}.toml`);
const text = async (page, where) => (await page.locator(where).innerText()).replace(/\s+/g, " ").trim();

async function begun(t, name) {
  const demo = await Demo.start(scenario(name), "--by-hand", "--speed", "20");
  const chromium = await browser();
  t.after(async () => { await chromium.close(); await demo.stop(); });
  await demo.act({ act: "power", on: true });
  await until("it has booted", async () => (await demo.json("/api/v1/view")).phones[0]?.wire.some((r) => r.via === "TFTP"));
  return { demo, chromium, page: await open(chromium, `${demo.site}/`) };
}

const says = (demo, verb, body) => demo.json(`/api/v1/phones/${mac}/${verb}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** Tab until that has the focus. */
async function tabbed(page, where) {
  for (let n = 0; n < 60; n += 1) {
    await page.keyboard.press("Tab");
    if (await page.locator(where).evaluateAll((all) => all.includes(document.activeElement))) return;
  }
  throw new Error(`the keyboard does not get to ${where}`);
}

test("a wipe is approved on the page with name and reason", { timeout: 120_000 }, async (t) => {
  const { demo, page } = await begun(t, "approve");
  await says(demo, "start", { procedure: "full-wipe", erase: "firmware" });
  const form = page.locator("form[action$='/approve']");
  await until("asked for approval", async () => (await form.count()) === 1);
  await tabbed(page, "input[name=who]");
  await page.keyboard.type("Mr <Jones>");
  // Without a reason the browser does not send it, and what was typed stays.
  await page.keyboard.press("Enter");
  assert.equal((await demo.json("/api/v1/view")).phones[0].procedure.step, "approval");
  assert.equal(new URL(page.url()).pathname, `/phones/${mac}`, "who types stays with this phone");
  await tabbed(page, "input[name=why]");
  await page.keyboard.type("returned by the customer");
  await page.waitForTimeout(300);
  assert.equal(await page.locator("input[name=who]").inputValue(), "Mr <Jones>", "what changes meanwhile takes nothing away");
  await page.keyboard.press("Enter");
  await until("the next step", async () => (await demo.json("/api/v1/view")).phones[0].procedure.step !== "approval");
  await until("the form is gone", async () => (await form.count()) === 0);
  assert.match(await text(page, "#f-course"), /approved by Mr <Jones>/);
  await says(demo, "abort", {});
  const row = await until("its row", async () => (await demo.json("/api/v1/ledger"))[0]);
  assert.deepEqual([row.approved_by, row.approved_why], ["Mr <Jones>", "returned by the customer"]);
  await page.goto(`${demo.site}/ledger`);
  await page.getByRole("link", { name: "Report" }).click();
  assert.match(await text(page, "main"), /Approved by Mr <Jones>: returned by the customer/);
  assert.deepEqual(page.faults, []);
});

test("a name that is not here is given a file of the shelf", { timeout: 120_000 }, async (t) => {
  const { demo, page } = await begun(t, "locked");
  const names = page.locator("#f-names");
  await until("a name is not here", async () => await names.isVisible());
  await tabbed(page, "#f-names summary");
  await page.keyboard.press("Enter");
  await tabbed(page, "#f-names select");
  const asked = await names.locator("select").inputValue();
  await tabbed(page, "#f-names input[name=file]");
  await page.keyboard.type("no-such-file");
  await page.keyboard.press("Enter");
  await until("it is refused with the reason", async () => /no sound file `no-such-file`.*RB575/.test(await text(page, "#notice").catch(() => "")));
  await page.locator("#f-names input[name=file]").fill("");
  await page.keyboard.type("sccp45.8-5-2s.LOADS");
  await page.keyboard.press("Enter");
  await until("it is said", async () => (await text(page, "#f-names")).includes(`${asked.toLowerCase()} is given as SCCP45.8-5-2S.loads`));
  // The phone itself gets it with its next start.
  await demo.act({ act: "power", on: false });
  await demo.act({ act: "power", on: true });
  await until("the phone has it", async () => (await demo.json("/api/v1/view")).phones[0].files.some((f) => f.name === asked && f.result === "done"));
  // The browser tells of every answer that says no.
  assert.deepEqual(page.faults.filter((fault) => !fault.includes("409")), []);
});

test("the person is called once for each ask, and not at all when that is switched off", { timeout: 120_000 }, async (t) => {
  const { demo, chromium } = await begun(t, "locked");
  const context = await chromium.newContext({ viewport: { width: 1280, height: 720 } });
  await context.addInitScript(() => {
    globalThis.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...args) { globalThis.tones += 1; return start.apply(this, args); };
  });
  const page = await context.newPage();
  await page.goto(`${demo.site}/`);
  const calls = () => page.evaluate(() => globalThis.tones / 2);
  const waits = (step) => until(step, async () => (await demo.json("/api/v1/view")).phones[0].procedure?.step === step);
  const seen = async (words) => until(words, async () => (await text(page, "#now-h")).includes(words));
  const ask = () => says(demo, "start", { procedure: "full-wipe", erase: "firmware" });
  assert.doesNotMatch(await page.title(), /▲/);
  await ask();
  await waits("confirm");
  await until("the title calls", async () => (await page.title()).startsWith("▲ "));
  await until("a tone", async () => (await calls()) === 1);
  await says(demo, "confirm", {});
  await seen("Hold");
  await until("another ask, another tone", async () => (await calls()) === 2);
  await page.reload();
  await page.waitForTimeout(500);
  assert.equal(await calls(), 0, "who looks at the page anew is not called again");
  await page.getByRole("button", { name: /Sound/ }).click();
  assert.match(await text(page, "#sound"), /off/);
  await page.goto(`${demo.site}/help`);
  await page.locator("#title-switch").uncheck();
  await says(demo, "abort", {});
  await page.goto(`${demo.site}/`);
  await ask();
  await waits("confirm");
  await page.locator("#f-now.turn").waitFor();
  await page.waitForTimeout(500);
  assert.deepEqual([await calls(), await page.title()], [0, "Ringback"], "both are switched off, also after going elsewhere");
  await page.getByRole("button", { name: /Sound/ }).click();
  assert.equal(await calls(), 1, "switched on, it is heard at once");
});
