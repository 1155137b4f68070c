// The picture: silhouettes, boxes, and the lines and zones that can be moved on it.

import { across, sideOf } from "./geometry.js";
import { t } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const ACROSS = 1000;
const ARROW = 52;

function make(name, attributes = {}, parent = null) {
  const part = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
  parent?.append(part);
  return part;
}

function set(part, attributes) {
  for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
}

export class Stage {
  constructor() {
    this.svg = document.getElementById("stage");
    this.size = [4, 3];
    this.parts = new Map();
    this.floorNumber = 0;
    new ResizeObserver(() => this.rescale()).observe(this.svg);
    this.resize([4, 3]);
  }

  get height() {
    return (ACROSS * this.size[1]) / this.size[0];
  }

  resize(size) {
    this.size = size;
    this.svg.setAttribute("viewBox", `0 0 ${ACROSS} ${this.height}`);
    document.getElementById("floor").setAttribute("height", this.height);
    this.rescale();
    for (const part of this.parts.values()) part.update();
  }

  // Lines and letters keep their size on the screen, whatever the picture's.
  rescale() {
    this.unit = ACROSS / (this.svg.clientWidth || ACROSS);
    document.documentElement.style.setProperty("--u", this.unit);
    for (const part of this.parts.values()) part.update();
  }

  at([x, y]) {
    return [x * ACROSS, y * this.height];
  }

  // Where a pointer is, as shares of the picture.
  placeOf(event) {
    const box = this.svg.getBoundingClientRect();
    const clamp = (value) => Math.min(1, Math.max(0, value));
    return [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)];
  }

  show(view) {
    if (view.size[0] !== this.size[0] || view.size[1] !== this.size[1]) this.resize(view.size);
    if (view.floor !== this.floorNumber) {
      this.floorNumber = view.floor;
      document.getElementById("floor").setAttribute("href", `/api/floor.png?n=${view.floor}`);
    }
    const path = (outline) => `M${outline.map((place) => this.at(place).map((v) => v.toFixed(1)).join(" ")).join("L")}Z`;
    this.fill("shapes", view.shapes ?? [], "path", (outline) => ({ d: path(outline) }));
    this.fill("people", view.people ?? [], "rect", (box) => this.rectangle(box));
  }

  rectangle([x, y, w, h]) {
    return { x: x * ACROSS, y: y * this.height, width: w * ACROSS, height: h * this.height };
  }

  showSizes(boxes) {
    this.fill("sizes", boxes, "rect", (box) => this.rectangle([box.x - box.w / 2, box.bottom - box.h, box.w, box.h]));
  }

  fill(id, values, name, attributes) {
    const group = document.getElementById(id);
    while (group.children.length > values.length) group.lastChild.remove();
    values.forEach((value, index) => set(group.children[index] ?? make(name, {}, group), attributes(value)));
  }

  // What is being drawn with the pointer; null: nothing.
  preview(mode, from, to) {
    const group = document.getElementById("drawing");
    group.replaceChildren();
    if (mode === null) return;
    const [a, b] = [this.at(from), this.at(to)];
    if (mode === "line") make("line", { x1: a[0], y1: a[1], x2: b[0], y2: b[1] }, group);
    else make("rect", { x: Math.min(a[0], b[0]), y: Math.min(a[1], b[1]), width: Math.abs(a[0] - b[0]), height: Math.abs(a[1] - b[1]) }, group);
  }

  redraw(plan, chosen) {
    for (const id of ["lines", "zones"]) document.getElementById(id).replaceChildren();
    this.parts.clear();
    for (const line of plan.lines) this.parts.set(line.id, new LinePart(this, line));
    for (const zone of plan.zones) this.parts.set(zone.id, new ZonePart(this, zone));
    this.choose(chosen);
  }

  update(part) {
    this.parts.get(part.id)?.update();
  }

  choose(id) {
    for (const [key, part] of this.parts) part.group.classList.toggle("chosen", key === id);
  }

  flaw(id, isFlawed) {
    this.parts.get(id)?.group.classList.toggle("flawed", isFlawed);
  }
}

class Handles {
  constructor(stage, part, group) {
    this.stage = stage;
    this.part = part;
    this.group = group;
    this.handles = [];
  }

  update(places, labels) {
    if (this.handles.length !== places.length) {
      for (const handle of this.handles) handle.remove();
      this.handles = places.map((_, index) => {
        const handle = make("g", { class: "handle", tabindex: 0, role: "button", "data-part": this.part.id, "data-point": index }, this.group);
        make("circle", { class: "grip" }, handle);
        make("circle", { class: "dot" }, handle);
        return handle;
      });
    }
    this.handles.forEach((handle, index) => {
      const [x, y] = this.stage.at(places[index]);
      const percent = places[index].map((value) => Math.round(100 * value));
      handle.setAttribute("aria-label", `${labels[index]} ${percent[0]} %, ${percent[1]} %`);
      set(handle.children[0], { cx: x, cy: y, r: 22 * this.stage.unit });
      set(handle.children[1], { cx: x, cy: y, r: 8 * this.stage.unit });
    });
  }
}

class LinePart {
  constructor(stage, line) {
    this.stage = stage;
    this.line = line;
    this.group = make("g", { class: "line", "data-line": line.id }, document.getElementById("lines"));
    this.mover = make("g", { class: "mover", tabindex: 0, role: "button", "data-part": line.id, "data-point": "all" }, this.group);
    this.bodies = ["casing", "body"].map((kind) => make("line", { class: kind }, this.mover));
    this.arrows = ["arrow casing", "arrow"].map((kind) => make("path", { class: kind }, this.mover));
    this.words = ["in", "out", "name"].map(() => make("text", { "aria-hidden": "true" }, this.group));
    this.handles = new Handles(stage, line, this.group);
    this.update();
  }

  update() {
    const { stage, line } = this;
    const [a, b] = [stage.at(line.start), stage.at(line.end)];
    for (const body of this.bodies) set(body, { x1: a[0], y1: a[1], x2: b[0], y2: b[1] });
    const into = across(line, sideOf(line), stage.size);
    const screen = [into[0] * ACROSS, into[1] * stage.height];
    const length = Math.hypot(...screen) || 1;
    const [ux, uy] = screen.map((value) => value / length);
    const reach = ARROW * stage.unit;
    const middle = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    const tip = [middle[0] + ux * reach, middle[1] + uy * reach];
    const wing = 10 * stage.unit;
    const back = [tip[0] - ux * wing, tip[1] - uy * wing];
    const d = `M${middle}L${tip}M${[back[0] - uy * wing, back[1] + ux * wing]}L${tip}L${[back[0] + uy * wing, back[1] - ux * wing]}`;
    for (const arrow of this.arrows) arrow.setAttribute("d", d);
    const beside = (distance, along = 0) => ({
      x: middle[0] + ux * distance * stage.unit - uy * along * stage.unit,
      y: middle[1] + uy * distance * stage.unit + ux * along * stage.unit,
    });
    const places = [beside(ARROW + 16), beside(-22), beside(-22, 70)];
    [t("in"), t("out"), line.name].forEach((word, index) => {
      this.words[index].textContent = word;
      set(this.words[index], places[index]);
    });
    this.mover.setAttribute("aria-label", `${t("line")} ${line.name}: ${t("whole")}`);
    this.handles.update([line.start, line.end], [`${line.name} ${t("end1")}`, `${line.name} ${t("end2")}`]);
  }
}

class ZonePart {
  constructor(stage, zone) {
    this.stage = stage;
    this.zone = zone;
    this.group = make("g", { class: "zone", "data-zone": zone.id }, document.getElementById("zones"));
    this.mover = make("g", { class: "mover", tabindex: 0, role: "button", "data-part": zone.id, "data-point": "all" }, this.group);
    this.body = make("polygon", { class: "body" }, this.mover);
    this.word = make("text", { "aria-hidden": "true" }, this.group);
    this.handles = new Handles(stage, zone, this.group);
    this.update();
  }

  update() {
    const { stage, zone } = this;
    const places = zone.polygon.map((corner) => stage.at(corner));
    this.body.setAttribute("points", places.map((place) => place.join(",")).join(" "));
    const middle = [0, 1].map((axis) => places.reduce((sum, place) => sum + place[axis], 0) / places.length);
    this.word.textContent = zone.name;
    set(this.word, { x: middle[0], y: middle[1] });
    this.mover.setAttribute("aria-label", `${t("zone")} ${zone.name}: ${t("whole")}`);
    this.handles.update(zone.polygon, zone.polygon.map((_, index) => `${zone.name} ${t("corner")} ${index + 1}`));
  }
}
