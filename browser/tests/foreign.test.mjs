// The real bench on a cable of its own (network namespaces, as root): what a hostile phone says of itself is text,
// its side never reaches the operator's pages, and the operator's address never serves a phone.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { chromium } from "playwright-core";
import { program, until } from "./support.mjs";

const ip = (...args) => execFileSync("ip", args, { stdio: "pipe" });
const [bench, desk] = [`rb-web-${process.pid}`, `rb-hw-${process.pid}`];

function laid() {
  try {
    for (const name of [bench, desk]) {
      ip("netns", "add", name);
      ip("-n", name, "link", "set", "lo", "up");
    }
    ip("link", "add", "cable0", "netns", bench, "type", "veth", "peer", "name", "phone0", "netns", desk);
    for (const [name, iface] of [[bench, "cable0"], [desk, "phone0"]]) ip("-n", name, "link", "set", iface, "up");
    ip("-n", desk, "addr", "add", "169.254.7.7/16", "dev", "phone0");
    ip("-n", desk, "route", "add", "default", "dev", "phone0");
    return true;
  } catch {
    return false;
  }
}

test("a hostile phone is text, and stays on its side", { timeout: 120_000 }, async (t) => {
  t.after(() => { for (const name of [bench, desk]) try { ip("netns", "del", name); } catch { /* was not made */ } });
  if (!laid()) return t.skip("needs root and network namespaces");
  const state = await mkdtemp(path.join(tmpdir(), "ringback-foreign-"));
  const args = ["run", "--iface", "cable0", "--ip", "10.9.9.1/24", "--pool", "10.9.9.10-10.9.9.50", "--probe-seconds", "1", "--plain", "--web", "0.0.0.0:7940", "--no-open", "--state", state];
  const run = spawn("ip", ["netns", "exec", bench, program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const gone = new Promise((done) => run.once("exit", done));
  let said = "";
  for (const from of [run.stdout, run.stderr]) from.on("data", (data) => { said += data; });
  t.after(async () => { run.kill("SIGTERM"); await gone; await rm(state, { recursive: true, force: true }); });
  const url = await until("the screens", () => said.match(/web screens: (http:\S+)/)?.[1]).catch((error) => { throw new Error(`${error} ${said}`); });
  assert.match(url, /^http:\/\/127\.0\.0\.1:7940\/\?token=[0-9a-f]{32}$/);
  await until("phones are answered", () => /^ready$/m.test(said));

  const name = "<img src=x onerror=\"document.title='taken'\">";
  const agent = "<script>document.title='taken'</script>\u00ff\u00fe";
  const mac = execFileSync("ip", ["netns", "exec", desk, "cat", "/sys/class/net/phone0/address"]).toString().trim();
  const hostile = JSON.parse(execFileSync("ip", ["netns", "exec", desk, process.execPath, path.join(path.dirname(new URL(import.meta.url).pathname), "foreign.mjs"), mac, name, agent, "phone0", "10.9.9.1", "7940"], { timeout: 30_000 }).toString());
  assert.ok(!hostile.pages.said.includes("HTTP/1.1"), `the phones' side reached the pages: ${JSON.stringify(hostile.pages)}`);
  assert.ok(hostile.file.status >= 400 && !hostile.file.body.includes("Ringback report"), JSON.stringify(hostile.file));

  const wrapper = path.join(state, "chromium");
  await writeFile(wrapper, `#!/bin/sh\nexec ip netns exec ${bench} ${process.env.CHROMIUM ?? "/usr/bin/chromium"} "$@"\n`);
  await chmod(wrapper, 0o755);
  const browser = await chromium.launch({ executablePath: wrapper, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
  t.after(() => browser.close());
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error") faults.push(message.text()); });

  // Without the token there is nothing to see; with it, it leaves the address bar.
  assert.equal((await page.goto("http://127.0.0.1:7940/")).status(), 401);
  faults.length = 0;
  await page.goto(url);
  assert.equal(page.url(), "http://127.0.0.1:7940/");
  const known = page.locator("#f-known");
  await until("its names are on the page", async () => (await known.innerText()).includes("onerror") && (await known.innerText()).includes("<script>"));
  assert.ok((await known.innerText()).includes(name), await known.innerText());
  await page.reload();
  await page.waitForTimeout(500);
  assert.equal(await page.locator("#f-known img, #f-known script, .row img").count(), 0);
  assert.doesNotMatch(await page.title(), /taken/);
  assert.deepEqual(faults, []);
});
