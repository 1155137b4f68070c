// The door: who stands there, what the lock does, what the kiosk switches.
import { all, ask, byId, listen, pressedFault, showFault, showTour, words, write } from "./told.js";

const frame = document.querySelector(".screen iframe");
let heardAt = null;

function showScreen(isThere) {
  // A frame that once failed to load does not try again; the page in it recovers by itself.
  if (!frame || !isThere || frame.src) return;
  frame.src = frame.dataset.src;
  frame.hidden = false;
  byId("waiting").hidden = true;
}

function showDoor(door) {
  const leaf = byId("leaf");
  leaf.dataset.free = door.free;
  leaf.dataset.open = door.open;
  write(byId("bolt"), door.open ? words.open : door.free ? words.free : words.locked);
  write(byId("tried"), door.tried || words.hint);
  for (const [name, isOn] of Object.entries(door.outputs)) {
    const relay = byId(`r-${name}`);
    relay.classList.toggle("on", isOn);
    write(relay.querySelector("dd"), isOn ? relay.dataset.meaning : words.idle);
  }
  showTour(door.tour);
  byId("listen").hidden = !door.said;
  write(byId("said-at"), door.said ? `${words.said} ${door.said}` : words.quiet);
  heardAt = door.said;
}

function show(state) {
  for (const [number, now] of Object.entries(state.cards)) {
    write(byId(`c-${number}`).querySelector(".said"), now.said);
  }
  for (const [name, isOn] of Object.entries(state.faults)) showFault(name, isOn);
  for (const note of all("[data-fault-note]")) note.hidden = !state.faults[note.dataset.faultNote];
  showDoor(state.door);
  showScreen(state.kiosk);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.id === "listen") new Audio(`said.wav?at=${encodeURIComponent(heardAt)}`).play();
  else if (button.dataset.act) {
    ask("api/door", { act: button.dataset.act, card: button.closest(".card")?.dataset.card ?? "" });
  } else pressedFault(button);
});

listen(show);
