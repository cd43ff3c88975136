// The only script of Ringback's pages: it swaps pieces that the server has made, keeps clocks running, calls the
// person, and sends forms without leaving the page. Every page can be read without it.

const root = document.documentElement;
const at = (id) => document.getElementById(id);
const kept = {
  get: (name, otherwise) => { try { return localStorage.getItem(`ringback.${name}`) ?? otherwise; } catch { return otherwise; } },
  set: (name, value) => { try { localStorage.setItem(`ringback.${name}`, value); } catch { /* a browser that keeps nothing */ } },
};

// --- Pieces: an element is made like a new one, node by node, so that focus, scroll and open details stay.

const UNTOUCHED = new Set(["open", "data-typed"]);

function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !UNTOUCHED.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (!UNTOUCHED.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || "") === (b.id || "");

function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  attributes(old, fresh);
  // What the person is typing, and what a clock shows, is not the server's.
  if (old.matches("input, .clock, .ring .left, form[data-typed]")) return;
  const coming = [...fresh.childNodes];
  let spot = old.firstChild;
  for (const child of coming) {
    let match = spot;
    if (!match || !alike(match, child)) {
      match = child.id ? [...old.children].find((c) => alike(c, child)) : null;
    }
    if (match) {
      if (match !== spot) old.insertBefore(match, spot);
      morph(match, child);
      spot = match.nextSibling;
    } else {
      old.insertBefore(child, spot);
    }
  }
  while (spot) {
    const next = spot.nextSibling;
    spot.remove();
    spot = next;
  }
}

const template = document.createElement("template");
function made(html) {
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function bottomed(piece) {
  return [...piece.querySelectorAll(".steps, .ladder")].filter((e) => e.scrollTop + e.clientHeight >= e.scrollHeight - 8);
}

// Rows that are scrolled away: the browser does not lay them out, and nobody reads them. They are brought up to date
// when they come into sight, and from time to time.
const away = new Set();
const later = new Map();
at("rows")?.addEventListener("contentvisibilityautostatechange", (event) => {
  if (event.skipped) away.add(event.target.id);
  else if (away.delete(event.target.id)) bring(event.target.id);
}, true);

function bring(id) {
  const html = later.get(id);
  if (html !== undefined && later.delete(id)) rows({ [id]: html }, new Set([id]));
}
setInterval(() => { for (const id of [...later.keys()]) bring(id); }, 2000);

function rows(changed, now) {
  for (const [id, html] of Object.entries(changed)) {
    const old = at(id);
    if (!old || (away.has(id) && !now.has(id))) {
      later.set(id, html);
      continue;
    }
    later.delete(id);
    morph(old, made(html));
    match(old);
  }
}

// Those that are new, anywhere; those that moved, from the last to the first, so that what a row is put before stands
// already. Answers which stand elsewhere now.
function placed(html, order, moves) {
  const [list, shifted] = [at("rows"), new Set()];
  if (!list) return shifted;
  for (const id of Object.keys(html)) {
    if (!at(id)) match(list.appendChild(made(html[id])));
  }
  if (order) ordered(list, order, shifted);
  for (const [id, before] of moves) {
    const [row, next] = [at(id), before && at(before)];
    if (!row || row.nextElementSibling === (next || null)) continue;
    list.insertBefore(row, next || null);
    shifted.add(id);
  }
  return shifted;
}

function ordered(list, order, shifted) {
  const wanted = new Set(order);
  for (const row of [...list.children]) {
    if (wanted.has(row.id)) continue;
    row.remove();
    away.delete(row.id);
    later.delete(row.id);
  }
  let spot = list.firstElementChild;
  for (const id of order) {
    const row = at(id);
    if (!row) continue;
    // One that went further down: itself is moved, not all that follow it.
    if (row !== spot && spot && row === spot.nextElementSibling) {
      shifted.add(spot.id);
      list.append(spot);
      spot = row;
    }
    if (row === spot) spot = spot.nextElementSibling;
    else {
      shifted.add(id);
      list.insertBefore(row, spot);
    }
  }
  const filter = document.querySelector(".filter");
  if (filter) filter.hidden = order.length < 9 && !at("filter").value;
}

// --- Find a phone.

function match(row) {
  const words = (at("filter")?.value || "").toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    row.hidden = false;
    return;
  }
  const text = row.textContent.toLowerCase();
  row.hidden = !words.every((w) => text.includes(w));
}
at("filter")?.addEventListener("input", () => {
  for (const id of [...later.keys()]) bring(id);
  for (const row of at("rows").children) match(row);
});

// --- Clocks: the bench's time goes on between events.

const speed = Number(root.dataset.speed) || 1;
const base = { bench: Number(root.dataset.now) || 0, at: performance.now() };
const benchNow = () => base.bench + (performance.now() - base.at) * speed;

function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

function tick() {
  const now = benchNow();
  for (const e of document.querySelectorAll(".clock")) {
    if (away.has(e.parentElement?.parentElement?.id)) continue;
    const text = e.dataset.until ? span(Number(e.dataset.until) - now) : span(now - Number(e.dataset.since));
    if (e.textContent !== text) e.textContent = text;
  }
  for (const ring of document.querySelectorAll("[data-ring]")) {
    const [from, until] = [Number(ring.dataset.from), Number(ring.dataset.until)];
    const share = Math.min(1, Math.max(0, (until - now) / Math.max(1, until - from)));
    const dash = `${(share * 100).toFixed(1)} 100`;
    const left = ring.querySelector(".left");
    if (left.getAttribute("stroke-dasharray") !== dash) left.setAttribute("stroke-dasharray", dash);
  }
  for (const button of document.querySelectorAll("[data-ends]")) {
    const left = Number(button.dataset.ends) - Date.now();
    button.textContent = left > 0 ? `${Math.ceil(left / 1000)} s left` : "The time is over. Start the clock again";
    if (left <= 0) delete button.dataset.ends;
  }
}
setInterval(tick, 250);
tick();
for (const e of document.querySelectorAll(".steps, .ladder")) e.scrollTop = e.scrollHeight;

document.addEventListener("click", (event) => {
  const window = event.target.closest("[data-window]");
  if (window) window.dataset.ends = String(Date.now() + (Number(window.dataset.window) * 1000) / speed);
});

// --- Calling the person: a tone and the title. Both can be switched off.

let audio = null;
const sound = at("sound");
function showSound() {
  const on = kept.get("sound", "on") === "on";
  sound.setAttribute("aria-pressed", String(on));
  sound.querySelector("b").textContent = on ? "on" : "off";
}
function tone() {
  if (kept.get("sound", "on") !== "on") return;
  root.dataset.called = String(Number(root.dataset.called || 0) + 1);
  try {
    audio ??= new AudioContext();
    for (const [n, hz] of [660, 880].entries()) {
      const [voice, gain, when] = [audio.createOscillator(), audio.createGain(), audio.currentTime + n * 0.18];
      voice.frequency.value = hz;
      gain.gain.setValueAtTime(0.0001, when);
      gain.gain.exponentialRampToValueAtTime(0.18, when + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0001, when + 0.16);
      voice.connect(gain).connect(audio.destination);
      voice.start(when);
      voice.stop(when + 0.17);
    }
  } catch { /* no sound here */ }
}
if (sound) {
  showSound();
  sound.addEventListener("click", () => {
    kept.set("sound", kept.get("sound", "on") === "on" ? "off" : "on");
    showSound();
    tone();
  });
}
const titleSwitch = at("title-switch");
if (titleSwitch) {
  titleSwitch.checked = kept.get("title", "on") === "on";
  titleSwitch.addEventListener("change", () => kept.set("title", titleSwitch.checked ? "on" : "off"));
}

const quiet = document.title;
let turn = root.dataset.turn ? Number(root.dataset.turn) : null;
const write = (e, text) => { if (e && e.textContent !== text) e.textContent = text; };
function call(change) {
  const title = change.title ? `${change.title} – Ringback` : quiet;
  write(document.querySelector("title"), kept.get("title", "on") === "on" ? title : "Ringback");
  // A later moment than before: somebody is asked for something new. What the page was loaded with is no news.
  if (change.turn !== null && change.turn > (turn ?? -1)) tone();
  turn = change.turn;
  showPill(change);
}

// Who does not see what to do now is told that there is something to do.
const pill = at("call");
let inSight = false;
function showPill(change) {
  if (change) write(at("call-words"), change.title ? change.title.replace(/^▲ /, "Your turn: ") : "A phone waits for you");
  if (pill) pill.hidden = turn === null || inSight;
}
if (pill && at("f-now")) {
  pill.setAttribute("href", "#main");
  new IntersectionObserver((seen) => { inSight = seen.at(-1).isIntersecting; showPill(); }, { threshold: 0.15 }).observe(at("f-now"));
}

// --- Light and dark.

const theme = at("theme");
const themes = ["auto", "light", "dark"];
function showTheme() {
  const which = kept.get("theme", "auto");
  if (which === "auto") delete root.dataset.theme;
  else root.dataset.theme = which;
  if (theme) theme.querySelector("b").textContent = which;
}
showTheme();
theme?.addEventListener("click", () => {
  kept.set("theme", themes[(themes.indexOf(kept.get("theme", "auto")) + 1) % themes.length]);
  showTheme();
});

// --- The live stream.

let lost = null;
function offline(is) {
  const band = at("offline");
  if (!band) return;
  if (is && lost === null) lost = new Date();
  if (!is) lost = null;
  if (band.hidden === is) band.hidden = !is;
  if (is) at("offline-since").textContent = lost.toLocaleTimeString();
}

// What came since the last frame is drawn at once with the next; of a piece that came twice, the last. All is measured
// before anything is changed: asking in between would have the page laid out again.
let waiting = [];
function draw() {
  const changes = waiting;
  waiting = [];
  if (changes.length === 0) return;
  const merged = (part) => Object.assign({}, ...changes.map((c) => c[part]));
  const pieces = Object.entries(merged("set")).map(([id, html]) => [at(id), made(html)]).filter(([old, fresh]) => old && fresh);
  const follow = pieces.flatMap(([old]) => bottomed(old));
  const html = merged("rows");
  const shifted = new Set();
  for (const change of changes) for (const id of placed(html, change.order, change.moved)) shifted.add(id);
  rows(html, shifted);
  for (const [old, fresh] of pieces) morph(old, fresh);
  if (document.querySelector(".clock:empty")) tick();
  for (const e of follow) e.scrollTop = e.scrollHeight;
  root.dataset.live = String(Number(root.dataset.live || 0) + changes.length);
}
function soon(change) {
  waiting.push(change);
  if (waiting.length > 1) return;
  // A page that nobody sees gets no frames.
  if (document.hidden) setTimeout(draw, 200);
  else requestAnimationFrame(draw);
}
addEventListener("visibilitychange", () => { if (!document.hidden) draw(); });

let stream = null;
function follow(address) {
  stream?.close();
  const own = new EventSource(address);
  stream = own;
  own.addEventListener("change", (event) => {
    const change = JSON.parse(event.data);
    if (change.version !== root.dataset.version) return location.reload();
    offline(false);
    [base.bench, base.at] = [change.now, performance.now()];
    call(change);
    soon(change);
    if (change.ended) offline(true);
  });
  own.onerror = () => {
    if (stream !== own) return;
    offline(true);
    // A stream that was refused does not come back by itself.
    if (own.readyState === EventSource.CLOSED) setTimeout(() => { if (stream === own) follow(address); }, 2000);
  };
}
addEventListener("pagehide", () => stream?.close());

// Who begins to type stays with this phone, whoever else calls meanwhile.
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-keeps]");
  if (!form || form.dataset.typed) return;
  form.dataset.typed = "yes";
  const own = `/phones/${form.dataset.keeps}`;
  if (location.pathname === own) return;
  history.replaceState(null, "", own);
  follow(`/live?page=bench&phone=${form.dataset.keeps}`);
});
if (root.dataset.live) {
  const address = root.dataset.live;
  root.dataset.live = "0";
  follow(address);
}
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// --- Forms: sent without leaving the page; what was refused is said.

let fading = 0;
function notice(text) {
  const box = at("notice");
  clearTimeout(fading);
  box.textContent = text;
  box.hidden = !text;
  if (text) fading = setTimeout(() => { box.hidden = true; }, 12000);
}

async function why(answer) {
  try {
    const refused = await answer.json();
    return `${refused.what} (${refused.code}). ${refused.remedy}`;
  } catch {
    return `Ringback answered ${answer.status}.`;
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const button = event.submitter;
  if (button) button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { "x-ringback": "page" }, body: new URLSearchParams(new FormData(form)) });
    notice(answer.ok ? "" : await why(answer));
    if (answer.ok) {
      if (form.dataset.typed) {
        delete form.dataset.typed;
        form.reset();
      }
      form.closest("details")?.removeAttribute("open");
      if (!inSight) at("f-now")?.scrollIntoView({ block: "center" });
    }
  } catch {
    notice("Ringback did not answer. Is it running?");
  }
  if (button) button.disabled = false;
});
at("print")?.addEventListener("click", () => print());

// --- The shelf: files dropped or chosen go there one after the other.

function upload(file) {
  const line = document.createElement("li");
  const name = document.createElement("b");
  const bar = document.createElement("progress");
  const words = document.createElement("p");
  name.textContent = file.name;
  bar.max = Math.max(1, file.size);
  bar.value = 0;
  bar.setAttribute("aria-label", file.name);
  line.append(name, bar, words);
  at("uploads").prepend(line);
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    const say = (tone, text) => { words.className = tone; words.textContent = text; bar.remove(); done(); };
    request.upload.onprogress = (event) => { bar.value = event.loaded; words.textContent = event.loaded < event.total ? `${Math.floor((100 * event.loaded) / event.total)} %` : "Being unpacked and looked at …"; };
    request.onerror = () => say("bad", "✗ It was not taken: the connection broke.");
    request.onload = () => {
      let said = {};
      try { said = JSON.parse(request.responseText); } catch { /* said below */ }
      if (request.status !== 200) return say("bad", `✗ ${said.what || `Ringback answered ${request.status}`}. ${said.remedy || ""}`);
      const refused = said.refused.map((r) => `${r.name}: ${r.why}`);
      const sum = `${said.new.length} new, ${said.known.length} known already, ${refused.length} refused.`;
      const noted = said.noted.map((n) => `${n.name}: ${n.why}`);
      say(refused.length ? "bad" : "good", `${refused.length ? "✗" : "✓"} ${sum} ${[...refused.slice(0, 5), ...noted.slice(0, 5)].join("; ")}`);
    };
    request.open("PUT", `/api/v1/shelf/${encodeURIComponent(file.name)}`);
    request.send(file);
  });
}

const drop = at("drop");
if (drop) {
  let queue = Promise.resolve();
  const take = (files) => { for (const file of files) queue = queue.then(() => upload(file)); };
  at("files").addEventListener("change", (event) => { take([...event.target.files]); event.target.value = ""; });
  // Anywhere on the page, so that nobody has to aim.
  addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
  addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); take([...event.dataTransfer.files]); });
}

// --- The demo's hands.

const desk = document.querySelector("[data-demo]");
if (desk) {
  const act = (button, deed) => fetch("/demo/act", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ phone: button.closest("[data-mac]").dataset.mac, ...deed }) });
  const held = new Set();
  const key = (button, down) => { button.classList.toggle("down", down); return act(button, { act: "key", key: button.dataset.key, down }); };
  desk.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-act]");
    if (!button) return;
    if (button.dataset.act === "power") return act(button, { act: "power", on: button.dataset.on === "1" });
    const hold = button.closest("[data-mac]").querySelector("[data-hold]");
    if (held.delete(button.dataset.key)) return key(button, false);
    if (hold.checked) {
      hold.checked = false;
      held.add(button.dataset.key);
      return key(button, true);
    }
    key(button, true).then(() => setTimeout(() => key(button, false), 120 / speed));
  });
}
