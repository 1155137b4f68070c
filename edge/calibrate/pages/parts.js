// The list beside the picture: each line and zone with its name, its counts and what is wrong with it.

import { t } from "./words.js";

function make(name, attributes = {}, ...children) {
  const part = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (key === "class") part.className = value;
    else part.setAttribute(key, value);
  part.append(...children);
  return part;
}

function button(words, pressed) {
  const made = make("button", { type: "button" }, words);
  made.addEventListener("click", pressed);
  return made;
}

const write = (part, words) => {
  if (part.textContent !== String(words)) part.textContent = words;
};

export class Parts {
  constructor(told, tools) {
    this.told = told;
    this.tools = tools;
    this.list = document.getElementById("list");
    this.rows = [];
  }

  redraw(plan) {
    const focused = document.activeElement?.id;
    this.rows = [...plan.lines.map((line) => this.row(line, "line")), ...plan.zones.map((zone) => this.row(zone, "zone"))];
    this.list.replaceChildren(...this.rows.map((row) => row.item));
    if (focused?.startsWith("part-")) document.getElementById(focused)?.focus();
  }

  row(part, kind) {
    const name = make("input", { id: `part-${part.id}`, value: part.name, maxlength: 48, autocomplete: "off", autocapitalize: "none", spellcheck: "false", "aria-describedby": `flaws-${part.id}` });
    name.addEventListener("input", () => {
      part.name = name.value.trim();
      this.told.changed(part);
    });
    name.addEventListener("focus", () => this.told.choose(part.id));
    const anchor = make("select", { id: `anchor-${part.id}` });
    for (const value of ["centre", "foot"]) anchor.append(make("option", { value, ...(part.anchor === value ? { selected: "" } : {}) }, t(value)));
    anchor.addEventListener("change", () => {
      part.anchor = anchor.value;
      this.told.changed(part);
    });
    const keys = kind === "line" ? ["in", "out"] : ["present", "entries"];
    const counts = keys.map((key) => make("b", { "data-count": key }, "0"));
    const flaws = make("ul", { class: "flaws", id: `flaws-${part.id}` });
    const act = kind === "line" ? button(t("flip"), () => this.tools.flip(part)) : button(t("addCorner"), () => this.tools.addCorner(part));
    const item = make(
      "li",
      { class: kind, "data-name": part.name },
      make("div", { class: "fields" },
        make("label", { for: name.id }, t(`${kind}Name`), name),
        make("label", { for: anchor.id }, t(kind === "line" ? "anchor" : "anchorZone"), anchor)),
      make("p", { class: "counts" }, ...keys.map((key, index) => make("span", {}, t(key), counts[index]))),
      flaws,
      make("p", { class: "actions" }, act, button(t("remove"), () => this.told.remove(part))),
    );
    return { part, kind, item, name, keys, counts, flaws };
  }

  tell(view, problems) {
    for (const row of this.rows) {
      const counted = view[row.kind === "line" ? "lines" : "zones"]?.[row.part.name];
      row.keys.forEach((key, index) => write(row.counts[index], counted?.[key] ?? "–"));
      const problem = problems[row.part.id];
      const found = row.kind === "line" ? (view.findings?.[row.part.name] ?? []) : [];
      const sentences = [...(problem ? [t(problem)] : []), ...found.map(([flaw, n]) => t(flaw, { n }))];
      row.item.classList.toggle("flawed", sentences.length > 0);
      row.item.dataset.name = row.part.name;
      row.name.setAttribute("aria-invalid", String(problem === "badName" || problem === "taken"));
      if ([...row.flaws.children].map((flaw) => flaw.textContent).join("\n") !== sentences.join("\n"))
        row.flaws.replaceChildren(...sentences.map((sentence) => make("li", {}, sentence)));
    }
  }
}
