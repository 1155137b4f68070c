// The live board: the server sends what moved, this places it.
//
// A message has `fragments`, finished elements that are placed by their id where they differ, and
// `figures`, the text ("o-museum") or one attribute ("f-museum.width") of an element.
import { keys } from "./keys.js";
import { filters } from "./filters.js";
import { turns } from "./turns.js";

const SILENCE_MS = 25_000; // the server beats every 10 s
const AGAIN_MS = 5_000;
const TELL_MS = 15_000; // a screen reader is told of news no more often
const link = document.getElementById("link");
const main = document.querySelector("main");
const news = document.getElementById("news");
const isEnglish = document.documentElement.lang === "en";
let silence = 0;
let source;
let at = document.getElementById("at").textContent;
let revision = main.dataset.revision;

function show(state) {
  if (link.dataset.link !== state) {
    const was = link.dataset.link;
    link.dataset.link = state;
    const lost = state === "lost";
    document.body.classList.toggle("lost", lost);
    main.querySelector(".lost-note").hidden = !lost;
    if (lost) news.textContent = isEnglish ? "Connection lost" : "连接中断";
    else if (was === "lost" && state === "live") news.textContent = isEnglish ? "Connected again" : "已重新连接";
  }
  const clocks = state === "lost" ? document.querySelectorAll(".at-lost") : [document.getElementById("at-live")];
  for (const clock of clocks) if (clock.textContent !== at) clock.textContent = at;
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
  // What the reader or the filters decided is no news.
  const own = { DETAILS: "open", ARTICLE: "hidden" }[old.nodeName];
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && name !== own) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value && name !== own) old.setAttribute(name, value);
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

function move(figures) {
  for (const [name, value] of Object.entries(figures)) {
    const [id, attribute] = name.split(".");
    const element = document.getElementById(id);
    if (!element) continue;
    if (attribute) element.setAttribute(attribute, value);
    else element.textContent = value;
  }
}

// What is new in the attention strip is said once; its clocks and lengths of time are not.
const items = () => new Map([...main.querySelectorAll("[data-item]")].map((item) => [item.dataset.item, item]));
let known = new Set(items().keys());
let telling = 0;
function tell() {
  telling = 0;
  const now = items();
  const fresh = [...now].filter(([key]) => !known.has(key)).map(([, item]) => item);
  known = new Set(now.keys());
  const said = (item) => [".state", ".what"].map((part) => item.querySelector(part).innerText.trim()).join(" ");
  if (fresh.length) news.textContent = fresh.slice(0, 3).map(said).join(" / ");
}

function take(told) {
  // Venues were added or taken away, or the hub is another release: the page is another one.
  if (told.key !== main.dataset.key) return location.reload();
  at = told.at;
  told.fragments.forEach(place);
  move(told.figures);
  if (told.fragments.length && !telling) telling = setTimeout(tell, TELL_MS);
  // Figures move no venue into or out of a filter: their card would come whole.
  if (told.fragments.some((html) => html.startsWith("<article"))) document.dispatchEvent(new Event("told"));
}

function listen() {
  source = new EventSource(`/board/stream?since=${encodeURIComponent(revision)}`);
  source.addEventListener("board", (event) => {
    revision = event.lastEventId;
    take(JSON.parse(event.data));
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
addEventListener("pagehide", () => source.close());
// A page that comes back from the browser's cache has a closed stream and old numbers.
addEventListener("pageshow", (event) => event.persisted && location.reload());
if (document.getElementById("choose")) filters();
if (document.getElementById("keys")) keys();
if (document.getElementById("turn")) turns();
