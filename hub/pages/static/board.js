// Keeps the board up to date: the server sends finished fragments, this places what differs.

const SILENCE_MS = 25_000; // the server beats every 10 s
const link = document.getElementById("link");
const main = document.querySelector("main");
let silence = 0;
let at = document.getElementById("at").textContent;

function show(state) {
  if (link.dataset.link !== state) link.dataset.link = state;
  const lost = state === "lost";
  document.body.classList.toggle("lost", lost);
  main.querySelector(".lost-note").hidden = !lost;
  const clocks = lost ? document.querySelectorAll(".at-lost") : [document.getElementById("at-live")];
  for (const clock of clocks) clock.textContent = at;
}

function heard() {
  clearTimeout(silence);
  silence = setTimeout(() => show("lost"), SILENCE_MS);
  show("live");
}

// Changes only what differs, so that focus, opened tables and a reader's place stay where they are.
function morph(old, fresh) {
  if (old.nodeName !== fresh.nodeName || old.nodeType !== fresh.nodeType) {
    old.replaceWith(fresh.cloneNode(true));
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  const keepsOpen = old.nodeName === "DETAILS";
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && !(keepsOpen && name === "open")) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((node, i) => (before[i] ? morph(before[i], node) : old.append(node.cloneNode(true))));
  before.slice(after.length).forEach((node) => node.remove());
}

function place(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const fresh = holder.content.firstElementChild;
  const old = document.getElementById(fresh.id);
  if (old) morph(old, fresh);
}

const source = new EventSource("/board/stream");
show("wait");
silence = setTimeout(() => show("lost"), SILENCE_MS);
source.addEventListener("board", (event) => {
  const news = JSON.parse(event.data);
  // Venues were added or taken away: the page is another one.
  if (news.key !== main.dataset.key) return location.reload();
  at = news.at;
  news.fragments.forEach(place);
  heard();
});
source.addEventListener("beat", heard);
source.addEventListener("error", () => show("lost"));
addEventListener("pagehide", () => source.close());
// A page that comes back from the browser's cache has a closed stream and old numbers.
addEventListener("pageshow", (event) => event.persisted && location.reload());
