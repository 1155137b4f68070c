// The screen at the door: shows the newest state, posts a PIN, keeps nothing.
const panel = document.getElementById("panel");
const stale = document.getElementById("stale");
const token = document.body.dataset.token;
// The kiosk says once a second that it lives.
const STALE_MS = 3000;
let heard = performance.now();
let asking = null;

function show(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const theirs = holder.content.querySelector("[name=token]")?.value;
  if (theirs && theirs !== token) { location.reload(); return; }
  const before = panel.querySelector("#pin");
  const next = holder.content.querySelector("#pin");
  // The same question is still asked: what is typed stays.
  if (before && next) {
    panel.querySelector(".now")?.replaceWith(holder.content.querySelector(".now"));
    return;
  }
  panel.replaceChildren(...holder.content.children);
  const title = panel.querySelector("h1");
  if (title) document.title = title.innerText.replace(/\s+/g, " · ");
  panel.querySelector("#pin")?.focus();
}

async function look() {
  asking?.abort();
  asking = new AbortController();
  try {
    const answer = await fetch("/door/panel", { signal: asking.signal });
    if (answer.ok) { show(await answer.text()); stale.hidden = true; }
  } catch (error) {
    if (error.name !== "AbortError") stale.hidden = false;
  }
}

document.addEventListener("click", (event) => {
  const key = event.target.closest("[data-key]")?.dataset.key;
  const field = panel.querySelector("#pin");
  if (!key || !field) return;
  field.value = key === "back" ? field.value.slice(0, -1) : (field.value + key).slice(0, field.maxLength);
});

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const sent = new URLSearchParams(new FormData(form));
  form.reset();
  try {
    const answer = await fetch(form.action, { method: "POST", body: sent, headers: { "X-Kiosk": "fragment" } });
    if (answer.ok) show(await answer.text());
    else if (answer.status === 403) location.reload();
  } catch { stale.hidden = false; }
});

const stream = new EventSource("/door/stream");
stream.addEventListener("message", () => { heard = performance.now(); look(); });
setInterval(() => {
  if (performance.now() - heard > STALE_MS) {
    // Nothing that was typed stays on a screen that nobody answers.
    panel.querySelector("form.pin")?.reset();
    stale.hidden = false;
  }
}, 500);
