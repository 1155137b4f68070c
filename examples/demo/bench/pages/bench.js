// The bench: shows where everything is, and asks for what hands do. A drag has a button beside it.
import { all, ask, byId, listen, pressedFault, showFault, showTour, words, write } from "./told.js";

const strays = new Set(all("#strays .thing").map((one) => one.dataset.thing));

function showThing(id, now) {
  const thing = byId(`t-${id}`);
  const home = strays.has(id) ? "strays" : "on-shelf";
  const where = { pad: "on-pad", out: "on-out", shelf: home }[now.place];
  const list = byId(where);
  if (thing.parentElement !== list) {
    const focused = thing.contains(document.activeElement);
    // A shelf keeps its order; elsewhere the latest comes last.
    const after = where === home
      ? all(".thing", list).find((one) => one.dataset.at * 1 > thing.dataset.at * 1)
      : null;
    list.insertBefore(thing, after ?? null);
    if (focused) thing.querySelector(now.place === "pad" ? ".take" : ".lay").focus();
  }
  thing.dataset.place = now.place;
  for (const button of all("button", thing)) button.hidden = button.dataset.place === now.place;
  thing.querySelector(".take").hidden = now.place === "shelf";
  write(thing.querySelector(".said"), now.said);
  const bit = thing.querySelector(".bit");
  if (bit) {
    bit.dataset.on = now.bit;
    const state = now.bit ? words.sounds : words.silent;
    write(bit, now.agrees ? state : `${state} · ${words.differs}`);
    thing.classList.toggle("differs", !now.agrees);
  }
}

let slips = "";
function showPaper(paper) {
  const told = JSON.stringify(paper);
  if (told === slips) return;
  slips = told;
  byId("no-paper").hidden = paper.length > 0;
  byId("slips").replaceChildren(...paper.map((text) => {
    const slip = document.createElement("pre");
    slip.textContent = text;
    return slip;
  }));
}

function show(state) {
  for (const [id, now] of Object.entries(state.things)) showThing(id, now);
  for (const [number, now] of Object.entries(state.cards)) {
    const card = byId(`c-${number}`);
    card.classList.toggle("held", now.held);
    write(card.querySelector(".said"), now.said);
  }
  for (const [name, isOn] of Object.entries(state.faults)) showFault(name, isOn);
  for (const note of all(".cable")) note.hidden = state.cables[note.dataset.cable];
  const gate = byId("gate");
  if (state.gate.sounds !== null) {
    gate.dataset.sounds = state.gate.sounds;
    write(byId("gate-said"), state.gate.said);
  }
  showTour(state.tour);
  byId("pad").classList.toggle("lies", byId("on-pad").children.length > 0);
  showPaper(state.paper);
}

all("#on-shelf .thing, #strays .thing").forEach((thing, at) => { thing.dataset.at = at; });

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const thing = button.closest(".thing");
  const card = button.closest(".card[data-card]");
  if (thing) ask("api/move", { thing: thing.dataset.thing, place: button.dataset.place });
  else if (card) ask("api/card", { card: card.dataset.card, way: button.dataset.way });
  else pressedFault(button);
});

document.addEventListener("dragstart", (event) => {
  const thing = event.target.closest(".thing");
  if (thing) event.dataTransfer.setData("text/plain", thing.dataset.thing);
});
for (const place of all("[data-drop]")) {
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    place.classList.add("over");
  });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    const thing = event.dataTransfer.getData("text/plain");
    if (byId(`t-${thing}`)) ask("api/move", { thing, place: place.dataset.drop });
  });
}

// Beside the desk only where there is room for both; elsewhere a window of its own shows it.
const frame = document.querySelector(".frame iframe");
const isWide = window.matchMedia("(min-width: 110rem)");
function showFrame() {
  if (frame && isWide.matches && !frame.src) frame.src = frame.dataset.src;
}
isWide.addEventListener("change", showFrame);
showFrame();

listen(show);
