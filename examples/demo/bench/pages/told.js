// What both pages share: what is asked for, and what is told again and again.
const body = document.body;
export const words = body.dataset;
export const byId = (id) => document.getElementById(id);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];

export async function ask(path, what = {}) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(what),
  });
  byId("stale").hidden = answer.ok;
}

export function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

export function showFault(name, isOn) {
  const fault = byId(`f-${name}`);
  if (!fault) return;
  const button = fault.querySelector("button");
  fault.classList.toggle("on", isOn);
  button.setAttribute("aria-pressed", String(isOn));
  write(button, isOn ? words.off : words.on);
  button.setAttribute("aria-label", `${button.textContent}: ${fault.querySelector(".name").textContent}`);
  const mark = fault.dataset.kind === "once" ? words.armed : words.ison;
  write(fault.querySelector(".mark"), isOn ? mark : "");
}

export function showTour(done) {
  done.forEach((isDone, at) => {
    const step = byId(`step-${at}`);
    step.classList.toggle("done", isDone);
    write(step.querySelector(".mark"), isDone ? `✓ ${words.done}` : "");
  });
}

// Returns whether a click asked for a fault, or for an end of all of them.
export function pressedFault(button) {
  const fault = button.closest(".fault");
  if (fault) {
    const isOn = button.getAttribute("aria-pressed") === "true";
    ask("api/fault", { name: fault.dataset.fault, on: !isOn });
  } else if (button.id === "all-well") ask("api/all-well");
  else return false;
  return true;
}

export function listen(show) {
  const stream = new EventSource(`api/stream?lang=${words.lang}`);
  stream.addEventListener("message", (event) => {
    byId("stale").hidden = true;
    show(JSON.parse(event.data));
    body.dataset.live = "yes";
  });
  stream.addEventListener("error", () => { byId("stale").hidden = false; });
}
