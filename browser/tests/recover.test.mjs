// A phone is recovered from plug-in to ledger by what the page shows, and by nothing else. The test is the person:
// it reads the page, moves its hands at the simulated phone, and looks at that phone's lamps.

import assert from "node:assert/strict";
import test from "node:test";
import path from "node:path";
import { Demo, browser, open, root, until } from "./support.mjs";

const scenario = path.join(root, "browser/scenarios/locked.toml");
const text = async (page, where) => (await page.locator(where).innerText()).replace(/\s+/g, " ").trim();
const shown = async (page, where) => (await page.locator(where).count()) > 0 ? (await page.locator(where).getAttribute("data-keys")).split(" ") : [];

test("a locked phone is wiped and revived by what the page shows", { timeout: 300_000 }, async (t) => {
  const demo = await Demo.start(scenario, "--by-hand", "--speed", "25");
  const chromium = await browser();
  t.after(async () => { await chromium.close(); await demo.stop(); });
  const page = await open(chromium, `${demo.site}/`);
  const now = page.locator("#now-h");

  // Nobody is here: the page says what to do first.
  assert.match(await now.innerText(), /Plug the cable into the phone's network port/);
  await demo.act({ act: "power", on: true });
  await until("the phone is on the page", async () => (await page.locator(".row").count()) === 1);
  await until("it is known for sure", async () => (await text(page, "#f-known")).includes("certain"));
  await until("it has booted", async () => (await text(page, "#f-wire")).includes("DHCP"));

  // The wipe must be agreed to: without the tick the browser does not send it.
  const wipe = page.locator("#offer-full-wipe");
  await wipe.locator("summary").click();
  await wipe.getByRole("button", { name: "Erase and begin" }).click();
  assert.equal((await demo.json("/api/v1/view")).phones[0].procedure, null);
  await wipe.getByRole("checkbox").check();
  await wipe.getByRole("button", { name: "Erase and begin" }).click();

  // From here on: read, do, look, until the page says how it ended. In the middle the page is loaded anew.
  let typed = 0, reloads = 0, second = null;
  await until("the end", async () => {
    const tone = await page.locator("#f-now").getAttribute("class");
    if (/recovered|failed/.test(tone)) return true;
    if (/working/.test(tone) && typed > 0 && reloads === 0 && (await page.locator("#f-transfers li").count()) > 0) {
      const before = await text(page, "#now-h");
      second = await open(chromium, `${demo.site}/`);
      await page.reload();
      reloads += 1;
      const [after, other] = [await text(page, "#now-h"), await text(second, "#now-h")];
      assert.ok([after, other].every((words) => words.length > 0), `${before} | ${after} | ${other}`);
    }
    if (!/turn/.test(tone)) return false;
    const [hold, keys] = [await shown(page, ".hold"), await shown(page, ".type")];
    const step = await page.locator(".do input[name=step]").getAttribute("value").catch(() => null);
    if (hold.length > 0) {
      assert.match(await page.title(), /▲/);
      await demo.act({ act: "power", on: false });
      for (const key of hold) await demo.act({ act: "key", key, down: true });
      await demo.act({ act: "power", on: true });
      await until("lamps", async () => (await demo.phone()).lamps.length > 0, 120);
      for (const key of hold) await demo.act({ act: "key", key, down: false });
      for (const key of keys) await demo.press(key);
      typed += keys.length;
    }
    const button = page.locator(".do button.big");
    if ((await button.count()) > 0) {
      await button.click();
      await until("the next step", async () => (await page.locator(`.do input[name=step][value="${step}"]`).count()) === 0);
    }
    return false;
  }, 240);

  assert.match(await page.locator("#f-now").getAttribute("class"), /recovered/, await text(page, "#f-now"));
  assert.match(await now.innerText(), /SCCP45\.8-5-2S/);
  assert.equal((await demo.phone()).load, "SCCP45.8-5-2S", "the phone itself");
  assert.ok(typed >= 12 && reloads === 1);
  await until("the other browser has it too", async () => (await second.locator("#f-now.recovered").count()) === 1);

  // The ledger, its search, its exports and the report.
  await page.getByRole("link", { name: "Ledger" }).click();
  await until("its row", async () => (await page.locator(".stay.recovered").count()) === 1);
  assert.match(await text(page, ".stay"), /00:1e:4a:a0:36:01.*SCCP45\.9-4-2SR1-1S.*SCCP45\.8-5-2S/);
  await page.getByLabel("Find").fill("no such phone");
  await page.getByRole("button", { name: "Find" }).click();
  assert.match(await text(page, "#f-ledger"), /No line has these words/);
  await page.getByLabel("Find").fill("001E.4AA0.3601");
  await page.keyboard.press("Enter");
  await until("found by another spelling", async () => (await page.locator(".stay").count()) === 1);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "CSV" }).click();
  assert.equal((await download).suggestedFilename(), "ringback-ledger.csv");
  const csv = await (await fetch(`${demo.site}/ledger/export.csv`)).text();
  assert.match(csv, /"00:1e:4a:a0:36:01".*"Recovered"/);
  assert.equal((await demo.json("/ledger/export.json"))[0].outcome, "Recovered");
  await page.getByRole("link", { name: "Report" }).click();
  assert.match(await text(page, "main"), /Recovered.*term65\.default\.loads/);
  assert.deepEqual([...page.faults, ...second.faults], []);
});
