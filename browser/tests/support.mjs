// The real program and a real browser. Every test has a bench of its own, on a port that the system chooses.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const here = path.dirname(new URL(import.meta.url).pathname);
export const root = path.resolve(here, "../..");
export const out = path.resolve(here, "../out");
export const program = process.env.RINGBACK ?? path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, "target"), "debug/ringback");
const browserPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** A demo under way: `site` is where its screens are. */
export class Demo {
  static async start(...args) {
    const demo = new Demo();
    demo.state = await mkdtemp(path.join(tmpdir(), "ringback-browser-"));
    demo.lines = [];
    demo.process = spawn(program, ["demo", ...args, "--plain", "--no-open", "--web", "127.0.0.1:0", "--state", demo.state], { stdio: ["pipe", "pipe", "pipe"] });
    demo.ended = new Promise((done) => demo.process.once("exit", (code) => done(code)));
    demo.process.stdout.on("data", (data) => demo.lines.push(String(data)));
    demo.site = await new Promise((found, failed) => {
      let said = "";
      demo.process.stderr.on("data", (data) => {
        said += data;
        const address = said.match(/web screens: (http:\/\/\S+?)\/\s/);
        if (address) found(address[1]);
      });
      demo.ended.then((code) => failed(new Error(`it ended with ${code}: ${said}${demo.lines.join("")}`)));
    });
    return demo;
  }

  get said() { return this.lines.join(""); }

  async json(where, options) {
    const answer = await fetch(this.site + where, options);
    if (!answer.ok) throw new Error(`${where}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  }

  /** The simulated phone, as it looks to the person in front of it. */
  async phone(n = 0) { return (await this.json("/demo/phones")).phones[n]; }

  /** A movement of the person's hand. */
  async act(deed) { await this.json("/demo/act", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(deed) }); }

  async press(key) {
    await this.act({ act: "key", key, down: true });
    await this.act({ act: "key", key, down: false });
  }

  async stop() {
    this.process.kill("SIGTERM");
    await this.ended;
    await rm(this.state, { recursive: true, force: true });
  }
}

export async function browser() {
  return chromium.launch({
    executablePath: browserPath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** A page that fails its test on any error of script, style or policy. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error") page.faults.push(message.text()); });
  await page.goto(url);
  return page;
}

/** Asks until it is so. */
export async function until(what, ask, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await new Promise((go) => setTimeout(go, 50));
  }
}

export const small = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
