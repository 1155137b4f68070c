// The set-up page: what is drawn, counted with at once, and saved.

import { across, clamp, crossesItself, lengthOf, personBox, sideOf, sizeFrom, withCorner } from "./geometry.js";
import { ask, enter, listen, post } from "./link.js";
import { Parts } from "./parts.js";
import { Stage } from "./stage.js";
import { speak, t } from "./words.js";

const DRAFT_MILLISECONDS = 250;
const NAME = /^[a-z0-9][a-z0-9_-]{0,47}$/;
const LEAST_LENGTH = 0.02;

const by = (id) => document.getElementById(id);
// Only what differs: a status that is written anew is read out anew.
const write = (part, words) => {
  if (part.textContent !== words) part.textContent = words;
};
const stage = new Stage();
const plan = { lines: [], zones: [], person_size: null, person_growth: 0, person_row: 0.5 };
let setup = { file: "", taken: [] };
let saved = "";
let mode = null;
let drag = null;
let marked = [];
let firstClick = null;
let view = {};
let link = "wait";
let number = 0;
let waiting = 0;
let said = null;

const parts = new Parts({ changed, remove, choose: (id) => stage.choose(id) }, { sideOf, flip, addCorner });

const plain = () => ({
  ...plan,
  lines: plan.lines.map(({ id, ...line }) => line),
  zones: plan.zones.map(({ id, ...zone }) => zone),
});
const every = () => [...plan.lines, ...plan.zones];
const found = (id) => every().find((part) => part.id === id);

function problemOf(part) {
  if (!NAME.test(part.name)) return "badName";
  if (setup.taken.includes(part.name) || every().some((other) => other !== part && other.name === part.name)) return "taken";
  if (part.polygon) return crossesItself(part.polygon) ? "crosses" : "";
  return lengthOf(part) < LEAST_LENGTH ? "tooShort" : "";
}

function freeName(first, next) {
  const used = new Set([...setup.taken, ...every().map((part) => part.name)]);
  if (!used.has(first)) return first;
  let count = 2;
  while (used.has(`${next}-${count}`)) count += 1;
  return `${next}-${count}`;
}

// What was changed is counted with a moment later, when it is right.
function changed(part = null) {
  if (part) stage.update(part);
  said = null;
  tell();
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    if (every().some(problemOf)) return;
    const { problem } = await post("/api/draft", plain());
    if (problem) say("breach", () => problem);
  }, DRAFT_MILLISECONDS);
}

function redraw(chosen = null) {
  stage.redraw(plan, chosen);
  parts.redraw(plan);
  stage.showSizes(marked);
  tell();
}

function say(kind, words) {
  said = { kind, words };
  tell();
}

function tell() {
  const problems = Object.fromEntries(every().map((part) => [part.id, problemOf(part)]));
  parts.tell(view, problems);
  for (const line of plan.lines) stage.flaw(line.id, Boolean(problems[line.id]) || Boolean(view.findings?.[line.name]?.length));
  for (const zone of plan.zones) stage.flaw(zone.id, Boolean(problems[zone.id]));
  by("empty").hidden = every().length > 0;
  const isDirty = JSON.stringify(plain()) !== saved;
  const hasProblem = Object.values(problems).some(Boolean);
  by("save").disabled = plan.lines.length === 0 || hasProblem || link === "lost";
  const note = said ?? (hasProblem ? { kind: "breach", words: () => t("cannotSave") } : null) ??
    (isDirty ? { kind: "warn", words: () => t(plan.lines.length ? "unsaved" : "noLine") } : null);
  by("said").hidden = note === null;
  if (note) {
    by("said").className = `note ${note.kind}`;
    const words = note.words();
    write(by("said"), words);
  }
  tellPerson();
  const hints = { line: "hintLine", zone: "hintZone", person: firstClick ? "hintPerson2" : marked.length === 1 ? "hintRow" : "hintPerson" };
  const hint = t(hints[mode] ?? "hintIdle");
  write(by("hint"), hint);
  by("save").textContent = t("save", { file: setup.file });
}

function tellPerson() {
  const size = plan.person_size ?? view.person;
  const percent = (value) => `${Math.round(100 * value)} %`;
  const key = plan.person_size === null ? "personLearnt" : plan.person_growth > 0 ? "personGrows" : "personFixed";
  by("person-told").textContent = size ? t(key, { w: percent(size[0]), h: percent(size[1]) }) : "";
  by("take-learnt").hidden = plan.person_size !== null;
  by("learn-again").hidden = plan.person_size === null;
}

function setMode(wanted) {
  mode = mode === wanted ? null : wanted;
  firstClick = null;
  if (mode === "person" && marked.length >= 2) marked = [];
  for (const name of ["line", "zone", "person"]) by(`draw-${name}`).setAttribute("aria-pressed", String(mode === name));
  by("frame").classList.toggle("drawing-mode", mode !== null);
  tell();
}

function addLine(start, end) {
  number += 1;
  const line = { id: number, name: freeName("front", "line"), start, end, in_vector: [0, 1], anchor: "centre" };
  line.in_vector = across(line, sideOf(line), stage.size);
  plan.lines.push(line);
  finish(line);
}

function addZone([x1, y1], [x2, y2]) {
  number += 1;
  const polygon = [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];
  plan.zones.push({ id: number, name: freeName("zone-1", "zone"), polygon, anchor: "centre" });
  finish(plan.zones.at(-1));
}

function finish(part) {
  setMode(null);
  redraw(part.id);
  changed(part);
}

function mark(place) {
  if (firstClick === null) {
    firstClick = place;
    tell();
    return;
  }
  const box = personBox(firstClick, place, stage.size);
  firstClick = null;
  stage.preview(null);
  if (box.w < 0.005 || box.h < 0.005) return;
  marked = [...marked, box].slice(-2);
  Object.assign(plan, sizeFrom(marked));
  redraw();
  changed();
  if (marked.length === 2) setMode(null);
}

function flip(line) {
  line.in_vector = across(line, -sideOf(line), stage.size);
  changed(line);
}

function addCorner(zone) {
  zone.polygon = withCorner(zone.polygon);
  changed(zone);
}

function remove(part) {
  plan.lines = plan.lines.filter((line) => line !== part);
  plan.zones = plan.zones.filter((zone) => zone !== part);
  redraw();
  changed();
}

// Moves a point of a part, or all of it, by a distance; a line keeps the side on which `in` lies.
function move(part, point, dx, dy) {
  const places = part.polygon ?? [part.start, part.end];
  const side = part.polygon ? 0 : sideOf(part);
  const moving = point === "all" ? places.map((_, index) => index) : [Number(point)];
  if (point === "all") {
    dx = Math.min(Math.max(dx, -Math.min(...places.map(([x]) => x))), 1 - Math.max(...places.map(([x]) => x)));
    dy = Math.min(Math.max(dy, -Math.min(...places.map(([, y]) => y))), 1 - Math.max(...places.map(([, y]) => y)));
  }
  const moved = places.map(([x, y], index) => (moving.includes(index) ? [clamp(x + dx), clamp(y + dy)] : [x, y]));
  if (part.polygon) part.polygon = moved;
  else {
    [part.start, part.end] = moved;
    if (lengthOf(part) > 0 && point !== "all") part.in_vector = across(part, side, stage.size);
  }
  changed(part);
}

stage.svg.addEventListener("pointerdown", (event) => {
  const place = stage.placeOf(event);
  if (mode === "person") {
    mark(place);
    event.preventDefault();
    return;
  }
  const grip = event.target.closest("[data-part]");
  if (mode === null && !grip) return;
  drag = mode === null ? { part: found(Number(grip.dataset.part)), point: grip.dataset.point, last: place } : { from: place };
  if (drag.part) {
    stage.choose(drag.part.id);
    grip.focus({ focusVisible: false });
  }
  stage.svg.setPointerCapture(event.pointerId);
  event.preventDefault();
});

stage.svg.addEventListener("pointermove", (event) => {
  const place = stage.placeOf(event);
  if (mode === "person" && firstClick) stage.preview("person", firstClick, place);
  if (!drag) return;
  if (drag.part) {
    move(drag.part, drag.point, place[0] - drag.last[0], place[1] - drag.last[1]);
    drag.last = place;
  } else stage.preview(mode, drag.from, place);
});

function release(event) {
  const ended = drag;
  drag = null;
  if (!ended || ended.part) return;
  stage.preview(null);
  const place = stage.placeOf(event);
  const wide = Math.abs(place[0] - ended.from[0]);
  const high = Math.abs(place[1] - ended.from[1]);
  if (event.type === "pointercancel") return;
  if (mode === "line" && Math.hypot(wide, high) >= 2 * LEAST_LENGTH) addLine(ended.from, place);
  if (mode === "zone" && wide >= LEAST_LENGTH && high >= LEAST_LENGTH) addZone(ended.from, place);
}
stage.svg.addEventListener("pointerup", release);
stage.svg.addEventListener("pointercancel", release);

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
stage.svg.addEventListener("keydown", (event) => {
  const grip = event.target.closest("[data-part]");
  const part = grip && found(Number(grip.dataset.part));
  if (!part) return;
  const step = STEPS[event.key];
  if (step) move(part, grip.dataset.point, ...step.map((value) => value * (event.shiftKey ? 0.05 : 0.01)));
  else if (event.key === "Delete" || event.key === "Backspace") remove(part);
  else return;
  event.preventDefault();
});
stage.svg.addEventListener("focusin", (event) => {
  const grip = event.target.closest("[data-part]");
  if (grip) stage.choose(Number(grip.dataset.part));
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && mode) setMode(null);
});

// A click that no pointer made comes from Enter or Space: then there is something to move at once.
const AT_ONCE = { line: () => addLine([0.1, 0.5], [0.9, 0.5]), zone: () => addZone([0.3, 0.3], [0.7, 0.7]) };
for (const name of ["line", "zone", "person"])
  by(`draw-${name}`).addEventListener("click", (event) => {
    if (event.detail === 0 && AT_ONCE[name]) {
      AT_ONCE[name]();
      document.querySelector(`.${name}.chosen .handle`)?.focus();
    } else setMode(name);
  });
by("take-learnt").addEventListener("click", () => {
  if (!view.person) return;
  const [growth, row] = view.growth;
  Object.assign(plan, { person_size: view.person, person_growth: growth, person_row: clamp(row) });
  changed();
});
by("learn-again").addEventListener("click", () => {
  Object.assign(plan, { person_size: null, person_growth: 0, person_row: 0.5 });
  marked = [];
  redraw();
  changed();
});
by("count-anew").addEventListener("click", () => changed());
by("save").addEventListener("click", async () => {
  const told = JSON.stringify(plain());
  const answer = await post("/api/save", plain());
  if (answer.status === 200) {
    saved = told;
    say("good", () => t("saved", { kept: answer.kept }));
  } else say("breach", () => answer.problem || t("over"));
});
addEventListener("beforeunload", (event) => {
  if (JSON.stringify(plain()) !== saved && link !== "lost") event.preventDefault();
});

function seen(told) {
  view = told;
  link = told.state === "watching" ? "live" : told.state === "failed" ? "failed" : "wait";
  stage.show(told);
  const isWell = (told.picture ?? "well") === "well";
  by("trouble").hidden = isWell;
  if (!isWell) write(by("trouble"), t(told.picture));
  showLink();
  tell();
}

function lost(problem) {
  link = "lost";
  tell();
  by("trouble").hidden = false;
  by("trouble").textContent = problem ? `${t("over")} (${problem})` : t("over");
  showLink();
}

function showLink() {
  document.body.dataset.link = link;
  by("link").className = `state ${link}`;
  write(by("link"), t(link));
  by("frame").classList.toggle("veiled", link !== "live");
  const words = { failed: `${t("cameraFails")}\n${view.detail ?? ""}`, wait: t("starting"), lost: "", live: "" };
  write(by("veil"), words[link]);
  const left = view.seconds_left;
  if (left === undefined) return;
  const minutes = Math.floor(left / 60);
  write(by("left"), minutes ? t("left", { m: minutes }) : t("leftOne"));
}

function chooseLanguage(lang) {
  speak(lang);
  document.title = t("page");
  redraw();
  showLink();
  by("where").textContent = setup.camera ? `${setup.venue} · ${setup.camera} · ${setup.source}` : "";
}

for (const button of document.querySelectorAll(".languages button"))
  button.addEventListener("click", () => {
    history.replaceState(null, "", `?lang=${button.dataset.lang}`);
    chooseLanguage(button.dataset.lang);
  });

async function begin() {
  const lang = new URLSearchParams(location.search).get("lang") ?? "zh";
  chooseLanguage(lang);
  const refused = await enter();
  const answer = await ask("/api/setup");
  if (answer.status !== 200) {
    lost(refused || answer.problem);
    return;
  }
  setup = answer;
  Object.assign(plan, answer.plan);
  plan.lines = answer.plan.lines.map((line) => ({ id: (number += 1), ...line }));
  plan.zones = answer.plan.zones.map((zone) => ({ id: (number += 1), ...zone }));
  saved = JSON.stringify(plain());
  chooseLanguage(lang);
  listen("/api/view", seen, lost);
}

begin();
