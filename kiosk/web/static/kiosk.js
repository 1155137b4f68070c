// The page of a session: shows the newest screen, posts what is pressed and typed, keeps nothing.
import { beat } from "./heart.js";
import "./keyboard.js";
import "./pager.js";
import { play, speak, hush } from "./sounds.js";

const root = document.getElementById("screen");
const stale = document.getElementById("stale");
const token = document.body.dataset.token;
// The kiosk says once a second that it lives.
const STALE_MS = 3000;
const TOUCH_MS = 4000;
// A press is told by what it does; only a touch that does nothing is told by itself.
const PRESS_MS = 600;
let heard = performance.now();
let told = -TOUCH_MS;
let telling = 0;
let asking = null;
let wasOpen = false;
let posting = 0;
let newest = 0;

function sheet() { return root.firstElementChild; }

function dress(next) {
  const html = document.documentElement;
  const classes = `${next.dataset.classes} dp-${next.dataset.dp}`.trim();
  // The same once more would have every style worked out anew.
  if (html.className !== classes) html.className = classes;
  if (html.lang !== next.dataset.lang) html.lang = next.dataset.lang;
  document.title = `${next.dataset.title} · 开馆 Kaiguan`;
}

// Parts that are the same stay: a field keeps what is typed, a reader does not begin anew.
function show(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const next = holder.content.firstElementChild;
  const old = sheet();
  // The kiosk was started anew: nothing of the visit before it may stay, and its token is no good.
  const theirs = next.querySelector("[name=token]")?.value;
  if (theirs && theirs !== token) { root.replaceChildren(); location.replace("/"); return; }
  if (Number(next.dataset.version) < Number(old?.dataset.version)) return;
  dress(next);
  stale.hidden = true;
  const same = next.dataset.name === old?.dataset.name;
  const hadSpoken = old ? old.dataset.title + old.dataset.serial : "";
  if (same) {
    for (const part of next.querySelectorAll("[data-part]")) {
      if (part.querySelector("[data-part]")) continue;
      const before = old.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!before) continue;
      for (const name of ["tabindex", "role", "aria-label"]) {
        if (part.hasAttribute(name)) before.setAttribute(name, part.getAttribute(name)); else before.removeAttribute(name);
      }
      if (before.innerHTML === part.innerHTML) continue;
      if (part.dataset.part === "field") { keepTyped(before, part); continue; }
      if (part.dataset.part === "countdown" && countDown(before, part)) continue;
      const focused = before.contains(document.activeElement) ? placeOf(before, document.activeElement) : -1;
      before.innerHTML = part.innerHTML;
      if (focused >= 0) focusables(before)[focused]?.focus();
    }
    for (const name of next.getAttributeNames()) old.setAttribute(name, next.getAttribute(name));
  } else {
    root.replaceChildren(next);
  }
  const dialog = root.querySelector("[role=alertdialog] button");
  if (dialog) { if (!dialog.matches(":focus")) dialog.focus(); }
  else if (!same) (root.querySelector("#typed") ?? root.querySelector("#title")).focus({ preventScroll: true });
  else if (document.activeElement === document.body) root.querySelector("#typed")?.focus({ preventScroll: true });
  if (!same) window.scrollTo(0, 0);
  bringCamera();
  const now = sheet();
  if (next.dataset.sound && (!same || next.dataset.serial !== old?.dataset.serialHeard)) play(next.dataset.sound);
  now.dataset.serialHeard = next.dataset.serial;
  if (next.dataset.speaking === "1" && hadSpoken !== next.dataset.title + next.dataset.serial) speak();
  if (next.dataset.speaking !== "1") hush();
}

function keepTyped(before, part) {
  const typed = before.querySelector("#typed");
  const coming = part.querySelector("#typed");
  if (!typed || !coming || typed.tagName !== coming.tagName || typed.type !== coming.type
      || before.querySelector("[name=name]").value !== part.querySelector("[name=name]").value) {
    before.innerHTML = part.innerHTML;
    before.querySelector("#typed")?.focus();
    return;
  }
  before.querySelector("[name=serial]").value = part.querySelector("[name=serial]").value;
  // A PIN that was refused is not left standing.
  if (typed.type === "password" && before.dataset.sent === "1") typed.value = "";
  before.dataset.sent = "";
}

// The camera's view is loaded where it is shown: no other page needs it. Without it the words are still there.
function bringCamera() { if (root.querySelector("ar-view")) import("./ar.js").catch(console.error); }

// A dialog that counts stays the same dialog: it keeps its focus, and is not told anew each second.
function countDown(before, part) {
  const [left, coming] = [before, part].map((one) => one.querySelector("#left b"));
  if (!left || !coming || before.querySelector("#still").textContent !== part.querySelector("#still").textContent) return false;
  left.textContent = coming.textContent;
  before.querySelector("[name=serial]").value = part.querySelector("[name=serial]").value;
  return true;
}

function focusables(part) { return [...part.querySelectorAll("button, input:not([type=hidden]), textarea, a")]; }
function placeOf(part, one) { return focusables(part).indexOf(one); }

async function post(form) {
  const sent = new URLSearchParams(new FormData(form));
  if (form.classList.contains("entry")) form.parentElement.dataset.sent = "1";
  posting += 1;
  told = performance.now();
  try {
    const answer = await fetch(form.action, { method: "POST", body: sent, headers: { "x-kiosk": "fragment" } });
    if (answer.status === 403) { location.replace("/"); return; }
    if (answer.ok) { heard = performance.now(); show(await answer.text()); }
  } catch { lost(); }
  posting -= 1;
  // The answer brought the screen itself: another one is asked for only when there is a newer one by now.
  if (!posting && newest > Number(sheet()?.dataset.version)) fetchScreen();
}

root.addEventListener("submit", (event) => { event.preventDefault(); post(event.target); });

async function fetchScreen() {
  if (asking) { asking.again = true; return; }
  asking = { again: false };
  try {
    const answer = await fetch("/screen");
    if (answer.ok) show(await answer.text());
  } catch { lost(); }
  const again = asking.again;
  asking = null;
  if (again) fetchScreen();
}

function touch() {
  if (telling || performance.now() - told < TOUCH_MS) return;
  telling = setTimeout(() => {
    telling = 0;
    if (performance.now() - told < TOUCH_MS) return;
    told = performance.now();
    fetch("/touch", { method: "POST", body: new URLSearchParams({ token }), headers: { "x-kiosk": "fragment" } }).then(() => {}, lost);
  }, PRESS_MS);
}
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, touch, { passive: true });

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const back = root.querySelector("[role=alertdialog] button, .act-back button, .act-home button");
  back?.click();
});

// A dialog keeps the keys: nothing behind it can be pressed.
addEventListener("focusin", (event) => {
  const dialog = root.querySelector("[role=alertdialog]");
  if (dialog && !dialog.contains(event.target)) dialog.querySelector("button").focus();
});

// Whose turn it is nobody can say now: nothing of a visitor stays here until the kiosk answers.
function lost() {
  root.replaceChildren();
  hush();
  document.title = "开馆 Kaiguan";
  stale.hidden = false;
}

function listen() {
  const stream = new EventSource("/stream");
  // Numbers of versions begin anew with the kiosk: after a break the screen is asked for in any case.
  stream.onopen = () => { if (wasOpen) fetchScreen(); wasOpen = true; };
  stream.onmessage = (event) => {
    heard = performance.now();
    newest = Number(event.data);
    if (!posting && event.data !== sheet()?.dataset.version) fetchScreen();
  };
  stream.onerror = () => { if (stream.readyState === EventSource.CLOSED) { lost(); stream.close(); setTimeout(listen, 2000); } };
}
setInterval(() => { if (sheet() && performance.now() - heard > STALE_MS) lost(); }, 250);

// What was here before is never shown again from a cache.
addEventListener("pageshow", (event) => { if (event.persisted) location.replace("/"); });
addEventListener("pagehide", () => root.replaceChildren());
history.replaceState(null, "", "/");
dress(sheet());
bringCamera();
listen();
beat(token);
