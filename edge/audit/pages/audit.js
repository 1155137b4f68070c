// Taps of a person at the door, beside what is counted.

import { ask, enter, listen, post } from "./link.js";
import { speak, t } from "./words.js";

const by = (id) => document.getElementById(id);
let setup = {};
let link = "wait";
let left = null;
let ended = false;
let ending = false;

function write(part, words) {
  if (part.textContent !== String(words)) part.textContent = words;
}

function show(totals) {
  for (const kind of ["tapped", "counted"])
    for (const way of ["in", "out"]) write(by(`${kind}-${way}`), totals[kind]?.[way] ?? "–");
}

function showLink() {
  by("link").className = `state ${link}`;
  write(by("link"), ended ? t("auditEnded") : t(link));
  by("left").hidden = ended;
  if (left === null) return;
  const minutes = Math.floor(left / 60);
  write(by("left"), minutes ? t("auditLeft", { m: minutes }) : t("auditLeftOne"));
}

async function tap(way) {
  if (ended) return;
  const answer = await post("/api/tap", { way });
  if (answer.status === 200) {
    show(answer);
    navigator.vibrate?.(20);
  } else lost(answer.problem);
}

function seen(view) {
  left = view.seconds_left;
  link = view.state === "watching" ? "live" : view.state === "failed" ? "failed" : "wait";
  by("trouble").hidden = view.state !== "failed";
  if (view.state === "failed") write(by("trouble"), `${t("cameraFails")} ${view.detail}`);
  show(view);
  showLink();
}

function lost(problem) {
  if (!ended) {
    link = "lost";
    by("trouble").hidden = false;
    write(by("trouble"), problem ? `${t("over")} (${problem})` : t("over"));
  }
  for (const button of document.querySelectorAll("main button")) button.disabled = true;
  showLink();
}

function chooseLanguage(lang) {
  speak(lang);
  document.title = t("auditPage");
  write(by("where"), setup.name ?? "");
  if (ended) write(by("said"), t("auditSaid"));
  showLink();
}

for (const button of document.querySelectorAll(".languages button"))
  button.addEventListener("click", () => {
    history.replaceState(null, "", `?lang=${button.dataset.lang}`);
    chooseLanguage(button.dataset.lang);
  });
// At the press, not at the release: somebody passes now.
for (const way of ["in", "out"]) {
  by(`tap-${way}`).addEventListener("pointerdown", () => tap(way));
  by(`tap-${way}`).addEventListener("click", (event) => {
    if (event.detail === 0) tap(way);
  });
}
by("undo").addEventListener("click", () => tap("undo"));
by("end").addEventListener("click", async () => {
  ending = true;
  const answer = await post("/api/end", {});
  ended = answer.status === 200;
  by("said").hidden = !ended;
  link = "wait";
  chooseLanguage(document.documentElement.lang);
  lost("");
});
addEventListener("keydown", (event) => {
  const way = { i: "in", o: "out", u: "undo" }[event.key.toLowerCase()];
  if (way && !event.repeat && !event.ctrlKey && !event.metaKey) tap(way);
});

async function begin() {
  const lang = new URLSearchParams(location.search).get("lang") ?? "zh";
  chooseLanguage(lang);
  const refused = await enter();
  setup = await ask("/api/setup");
  if (setup.status !== 200) {
    lost(refused || setup.problem);
    return;
  }
  chooseLanguage(lang);
  show(setup);
  listen("/api/view", seen, lost, () => ending);
}

begin();
