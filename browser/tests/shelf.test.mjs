// An archive is dragged onto the page: what it is and what is missing shows, and the bench has it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import test from "node:test";
import { Demo, browser, open, root, until } from "./support.mjs";

const text = async (page, where) => (await page.locator(where).innerText()).replace(/\s+/g, " ").trim();

async function drop(page, file) {
  const content = (await readFile(file)).toString("base64");
  const moved = await page.evaluateHandle(([name, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const moved = new DataTransfer();
    moved.items.add(new File([bytes], name));
    return moved;
  }, [path.basename(file), content]);
  await page.dispatchEvent("#drop", "dragover", { dataTransfer: moved });
  assert.equal(await page.locator("#drop.over").count(), 1, "the page shows that it takes it");
  await page.dispatchEvent("#drop", "drop", { dataTransfer: moved });
}

test("an archive dropped onto the page is on the shelf", { timeout: 120_000 }, async (t) => {
  const maker = await Demo.start(path.join(root, "browser/scenarios/locked.toml"), "--by-hand");
  t.after(() => maker.stop());
  const bare = await Demo.start(path.join(root, "browser/scenarios/bare.toml"), "--by-hand");
  t.after(() => bare.stop());
  const chromium = await browser();
  t.after(() => chromium.close());
  const made = path.join(maker.state, "made-up-firmware");
  const files = await readdir(made);
  const lost = files.find((f) => f.startsWith("dsp"));
  const part = path.join(maker.state, "part.tgz");
  const whole = path.join(maker.state, "whole.tgz");
  execFileSync("tar", ["czf", part, "-C", made, ...files.filter((f) => f !== lost)]);
  execFileSync("tar", ["czf", whole, "-C", made, ...files]);

  const page = await open(chromium, `${bare.site}/shelf`);
  const bench = await open(chromium, `${bare.site}/`);
  assert.match(await text(page, "#f-shelf"), /No load is on the shelf yet/);
  await drop(page, part);
  await until("it was taken", async () => (await page.locator("#uploads .good, #uploads .bad").count()) === 1);
  assert.match(await text(page, "#uploads"), new RegExp(`✓ ${files.length - 1} new, 0 known`));
  await until("what is missing is named", async () => (await text(page, "#f-shelf")).includes(`${lost}: not on the shelf`));
  assert.match(await text(page, "#f-shelf"), /1 missing/);
  await drop(page, whole);
  await until("complete", async () => /complete/.test(await text(page, "#f-shelf")) && !/missing/.test(await text(page, "#f-shelf")));
  await until("the bench knows", async () => (await text(bench, "#f-now")).includes("3 complete loads"));

  // What is no firmware is refused in words; by the button it goes the same way.
  const odd = path.join(maker.state, "<b>odd.bin");
  await writeFile(odd, "");
  await page.locator("#files").setInputFiles(odd);
  await until("refused", async () => /refused/.test(await text(page, "#uploads li:first-child")));
  assert.match(await text(page, "#uploads li:first-child"), /✗ 0 new, 0 known already, 1 refused\. .*<b>odd\.bin/);
  assert.deepEqual([...page.faults, ...bench.faults], []);
});
