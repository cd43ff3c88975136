// Every view in both themes at both sizes: a picture to look at (browser/out/), nothing wider than the window,
// no text cut off, and no serious fault found by axe-core.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import test from "node:test";
import { Demo, browser, open, out, root, small, until } from "./support.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const wide = { viewport: { width: 1280, height: 720 } };
const scenario = path.join(root, "browser/scenarios/locked.toml");

/** Four browsers: light and dark, desk and pocket. */
async function windows(chromium, site) {
  const all = [];
  for (const [size, options] of [["wide", wide], ["small", small]]) {
    for (const colorScheme of ["light", "dark"]) {
      const page = await open(chromium, site, { ...options, colorScheme, bypassCSP: true });
      all.push({ page, name: `${size}-${colorScheme}` });
    }
  }
  return all;
}

async function look(pages, view, where, faults) {
  await mkdir(out, { recursive: true });
  for (const { page, name } of pages) {
    if (where && new URL(page.url()).pathname !== where) await page.goto(new URL(where, page.url()).href);
    await page.waitForTimeout(150);
    await page.screenshot({ path: path.join(out, `${view}-${name}.png`), fullPage: name.startsWith("small") });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wider > 0) faults.push(`${view} ${name}: ${wider} pixels wider than the window`);
    const cut = await page.evaluate(() => [...document.querySelectorAll("body *")].filter((e) => {
      const style = getComputedStyle(e);
      const scrolls = /auto|scroll/.test(style.overflowX + style.overflowY);
      return !scrolls && style.overflow !== "visible" && e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1 && !e.closest("svg, .sr");
    }).map((e) => e.className || e.tagName));
    if (cut.length > 0) faults.push(`${view} ${name}: cut off: ${cut.join(", ")}`);
    await page.evaluate(axe);
    const found = await page.evaluate(async () => (await globalThis.axe.run(document)).violations);
    for (const fault of found.filter((f) => ["serious", "critical"].includes(f.impact))) {
      faults.push(`${view} ${name}: ${fault.id}: ${fault.nodes.slice(0, 3).map((n) => `${n.target} ${n.failureSummary}`).join(" | ")}`);
    }
    for (const fault of page.faults.splice(0)) faults.push(`${view} ${name}: ${fault}`);
  }
}

test("every view is whole, legible and sound", { timeout: 400_000 }, async (t) => {
  const demo = await Demo.start(scenario, "--by-hand", "--speed", "20");
  const chromium = await browser();
  t.after(async () => { await chromium.close(); await demo.stop(); });
  const faults = [];
  const pages = await windows(chromium, `${demo.site}/`);
  const first = pages[0].page;
  const mac = "00:1e:4a:a0:36:01";
  const command = (verb, body) => demo.json(`/api/v1/phones/${mac}/${verb}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

  await look(pages, "1-empty", null, faults);
  await demo.act({ act: "power", on: true });
  await until("booted", async () => (await first.locator("#f-wire").innerText()).includes("DHCP"), 60);
  for (const { page } of pages) await page.locator("#offer-full-wipe summary").click();
  await look(pages, "2-choose", null, faults);
  await command("start", { procedure: "full-wipe", erase: "firmware" });
  await until("asked to agree", async () => (await first.locator("#f-now.turn").count()) === 1);
  await look(pages, "3-confirm-wipe", null, faults);
  await command("confirm", {});
  await until("keys", async () => (await first.locator(".keys .hold").count()) === 1);
  for (const { page } of pages) await page.evaluate(() => scrollTo(0, 0));
  await look(pages, "4-keys", null, faults);
  await look(pages, "5-demo-phone", "/demo/phone", faults);
  const keys = (await first.goto(`${demo.site}/`), (await first.locator(".type").getAttribute("data-keys")).split(" "));
  await demo.act({ act: "power", on: false });
  await demo.act({ act: "key", key: "#", down: true });
  await demo.act({ act: "power", on: true });
  await until("lamps", async () => (await demo.phone()).lamps.length > 0, 120);
  await demo.act({ act: "key", key: "#", down: false });
  for (const key of keys) await demo.press(key);
  for (const { page } of pages) await page.goto(`${demo.site}/`);
  await command("confirm", {});
  await until("a transfer", async () => (await first.locator("#f-transfers li").count()) > 0, 120);
  await look(pages, "6-working", null, faults);
  await until("recovered", async () => (await first.locator("#f-now.recovered").count()) === 1, 180);
  await look(pages, "7-recovered", null, faults);
  const report = await first.getByRole("link", { name: "Report to print" }).getAttribute("href");
  await look(pages, "8-shelf", "/shelf", faults);
  await until("its row", async () => (await demo.json("/api/v1/ledger")).length === 1);
  await look(pages, "9-ledger", "/ledger", faults);
  await look(pages, "10-report", report, faults);
  await look(pages, "11-help", "/help", faults);
  assert.deepEqual(faults, []);
});

test("what is typed: an approval, a file for a name", { timeout: 400_000 }, async (t) => {
  const demo = await Demo.start(path.join(root, "browser/scenarios/approve.toml"), "--by-hand", "--speed", "20");
  const chromium = await browser();
  t.after(async () => { await chromium.close(); await demo.stop(); });
  const faults = [];
  const pages = await windows(chromium, `${demo.site}/`);
  const first = pages[0].page;
  await demo.act({ act: "power", on: true });
  await until("a name is not here", async () => await first.locator("#f-names").isVisible(), 60);
  for (const { page } of pages) {
    await page.locator("#f-names summary").click();
    await page.locator("#f-names input[name=file]").fill("SCCP45");
  }
  await look(pages, "13-name", null, faults);
  await demo.json("/api/v1/phones/00:1e:4a:a0:36:01/start", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ procedure: "full-wipe", erase: "firmware" }) });
  for (const { page } of pages) {
    await page.goto(`${demo.site}/`);
    await page.locator("input[name=who]").fill("Mr Jones");
  }
  await look(pages, "14-approve", null, faults);
  assert.deepEqual(faults, []);
});

test("trouble and a way over two loads", { timeout: 400_000 }, async (t) => {
  const demo = await Demo.start("demo", "--speed", "8", "--stay");
  const chromium = await browser();
  t.after(async () => { await chromium.close(); await demo.stop(); });
  const faults = [];
  const pages = await windows(chromium, `${demo.site}/`);
  const first = pages[0].page;
  await until("a transfer", async () => (await first.locator("#f-transfers li").count()) > 0, 120);
  await until("it is under way", async () => Number(await first.locator("#f-transfers progress").first().getAttribute("value").catch(() => 0)) > 300_000, 60);
  await look(pages, "12-way", null, faults);
  assert.deepEqual(faults, []);
});
