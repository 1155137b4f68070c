// Keeps a page up to date: the server sends finished fragments, this places what differs.
//
//   <main data-stream="/board/stream" data-key="…">   where fragments come from, and for which page
//   <main data-refresh="60">                          also ask for the page itself so often, and
//   <section id="…" data-fresh>                       take these parts of it
//   <div data-own>                                    belongs to another script: left as it is

const SILENCE_MS = 25_000; // the server beats every 10 s
const AGAIN_MS = 5_000;
const link = document.getElementById("link");
const main = document.querySelector("main");
let silence = 0;
let source;
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
  silence = setTimeout(again, SILENCE_MS);
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
  if ("own" in old.dataset) return;
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

// What the server reads from its store is asked for again now and then, not with every visitor.
async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const fresh of page.querySelectorAll("[data-fresh]")) {
    const old = document.getElementById(fresh.id);
    if (old) morph(old, fresh);
  }
  document.dispatchEvent(new CustomEvent("refreshed"));
}

function listen() {
  source = new EventSource(main.dataset.stream);
  source.addEventListener("fragments", (event) => {
    const news = JSON.parse(event.data);
    // Venues were added or taken away, or the hub is another release: the page is another one.
    if (news.key !== main.dataset.key) return location.reload();
    at = news.at;
    news.fragments.forEach(place);
    heard();
  });
  source.addEventListener("beat", heard);
  source.addEventListener("error", () => {
    show("lost");
    // The browser tries again by itself only after a broken line, not after an answer such as 503.
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(silence);
    silence = setTimeout(again, AGAIN_MS);
  });
  clearTimeout(silence);
  silence = setTimeout(again, SILENCE_MS);
}

// A line that is silent for long is dead, also where no end of it was ever heard.
function again() {
  source.close();
  show("lost");
  listen();
}

show("wait");
listen();
if (main.dataset.refresh) setInterval(refresh, main.dataset.refresh * 1000);
addEventListener("pagehide", () => source.close());
// A page that comes back from the browser's cache has a closed stream and old numbers.
addEventListener("pageshow", (event) => event.persisted && location.reload());
