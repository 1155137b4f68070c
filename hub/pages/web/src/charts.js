// Makes a venue's charts answer to a pointer: values under it, and a closer look by drawing over a
// stretch (a double click goes back). The server's own charts stay where this cannot run.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./charts.css";

const HEIGHT = 230;
const main = document.querySelector("main[data-history]");
const english = document.documentElement.lang === "en";
const say = (zh, en) => (english ? en : zh);
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const color = {
  jade: token("--jade"),
  soft: token("--jade-soft"),
  gold: token("--gold"),
  goldSoft: token("--gold-soft"),
  river: token("--river"),
  cinnabar: token("--cinnabar"),
  ink: token("--ink-3"),
  line: token("--line"),
  card: token("--card"),
};
const plots = new Map();
const seconds = (instant) => Date.parse(instant) / 1000;
const number = (value, digits = 0) =>
  value == null ? "—" : value.toLocaleString("en", { maximumFractionDigits: digits });

// Clocks of the venue, wherever the reader sits.
const local = (zone) => (at) => uPlot.tzDate(new Date(at * 1000), zone);

// What is not known is hatched, as everywhere.
let hatch;
function hatching(context) {
  if (hatch) return hatch;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const draw = tile.getContext("2d");
  draw.strokeStyle = color.river;
  draw.globalAlpha = 0.5;
  draw.lineWidth = 1.5;
  draw.beginPath();
  for (const shift of [-8, 0, 8]) {
    draw.moveTo(shift, 8);
    draw.lineTo(shift + 8, 0);
  }
  draw.stroke();
  return (hatch = context.createPattern(tile, "repeat"));
}

function under(spans, rules) {
  return (plot) => {
    const { ctx } = plot;
    const { left, top, width, height } = plot.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    ctx.fillStyle = hatching(ctx);
    for (const [from, until] of spans) {
      const x = plot.valToPos(from, "x", true);
      ctx.fillRect(x, top, Math.max(2, plot.valToPos(until, "x", true) - x), height);
    }
    for (const [value, stroke] of rules) {
      const y = plot.valToPos(value, "y", true);
      ctx.strokeStyle = stroke;
      ctx.setLineDash([8, 6]);
      ctx.lineWidth = 1.5 * devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
      ctx.stroke();
    }
    ctx.restore();
  };
}

function options(history, width, extra) {
  const when = new Intl.DateTimeFormat(english ? "en-GB" : "zh-CN", {
    timeZone: history.timezone,
    month: "short",
    day: "numeric",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  const axis = { stroke: color.ink, grid: { stroke: color.line, width: 1 }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    tzDate: local(history.timezone),
    cursor: { drag: { x: true, y: false, uni: 20 }, points: { size: 7 } },
    legend: { live: true },
    scales: { x: { time: true, range: (_plot, low, high) => [low, high] }, y: extra.y },
    axes: [
      { ...axis, grid: { show: false }, values: labels(history) },
      { ...axis, size: 56, values: (_plot, ticks) => ticks.map((tick) => number(tick, 1)) },
    ],
    series: [
      { label: say("时间", "Time"), value: (_plot, at) => (at == null ? "—" : when.format(at * 1000)) },
      ...extra.series,
    ],
    bands: extra.bands ?? [],
    hooks: { drawClear: [under(extra.unknown ?? [], [])], draw: [under([], extra.rules ?? [])] },
  };
}

function labels(history) {
  const format = (options) =>
    new Intl.DateTimeFormat(english ? "en-GB" : "zh-CN", { timeZone: history.timezone, ...options });
  const clock = format({ hour: "2-digit", minute: "2-digit", hour12: false });
  const day = format({ day: "numeric", month: "numeric" });
  const month = format({ month: "short" });
  return (_plot, ticks, _index, _space, step) =>
    ticks.map((at) => (step >= 28 * 86400 ? month : step >= 86400 ? day : clock).format(at * 1000));
}

const line = (label, stroke, more = {}) => ({
  label,
  stroke,
  width: 2,
  points: { show: false },
  spanGaps: false,
  value: (_plot, value) => number(value, 1),
  ...more,
});

function footfall(history) {
  const slots = history.footfall;
  const data = [slots.map((slot) => seconds(slot.at))];
  const series = [];
  const bands = [];
  if (slots.some((slot) => slot.typical?.[1] != null)) {
    const stepped = uPlot.paths.stepped({ align: 1 });
    const names = [say("常见上限", "Usual, 90 %"), say("常见", "Usual"), say("常见下限", "Usual, 10 %")];
    for (const [i, label] of names.entries()) {
      data.push(slots.map((slot) => slot.typical?.[2 - i] ?? null));
      series.push(line(label, color.gold, { paths: stepped, width: i === 1 ? 2 : 0, dash: [6, 4] }));
    }
    bands.push({ series: [1, 3], fill: color.goldSoft });
  }
  const bars = uPlot.paths.bars({ size: [0.8, 80], align: 1 });
  for (const [quality, label, fill] of [
    ["known", say("入馆人次", "Entered"), color.jade],
    ["partial", say("至少", "At least"), color.jade + "80"],
  ]) {
    if (quality === "partial" && !slots.some((slot) => slot.quality === quality)) continue;
    data.push(slots.map((slot) => (slot.quality === quality ? slot.entered : null)));
    series.push(line(label, fill, { fill, width: 0, paths: bars }));
  }
  data[0].push(seconds(history.end));
  data.slice(1).forEach((values) => values.push(null));
  return {
    data,
    series,
    bands,
    y: { range: (_plot, _low, high) => [0, Math.max(5, high * 1.05)] },
    unknown: slots
      .filter((slot) => slot.quality === "unknown")
      .map((slot) => [seconds(slot.at), Math.min(seconds(slot.until), seconds(history.at))]),
  };
}

// A line along the middle in a band from least to most; it reaches over the whole range, also where
// that lies ahead.
function between(history, stretches, extra) {
  const data = [
    stretches.map((s) => (seconds(s.at) + seconds(s.until)) / 2),
    ...extra.columns.map((pick) => stretches.map(pick)),
  ];
  for (const [place, at] of [["unshift", history.start], ["push", history.end]]) {
    data[0][place](seconds(at));
    data.slice(1).forEach((values) => values[place](null));
  }
  return { ...extra, data, bands: [{ series: [1, 2], fill: color.jade + "40" }] };
}

function course(history) {
  const columns = history.occupancy;
  const peak = Math.max(0, ...columns.map((c) => c.most ?? 0));
  const shown = history.capacity && history.capacity <= 3 * Math.max(peak, 1);
  const sure = (c) => c.quality !== "degraded";
  // What an ended session left over is spread back; where nothing was, the two are one line.
  const spread = columns.some((c) => Math.abs((c.mean ?? 0) - (c.corrected ?? 0)) > 0.05);
  return between(history, columns, {
    columns: [
      (c) => c.most,
      (c) => c.least,
      (c) => (sure(c) ? c.corrected : null),
      (c) => (sure(c) ? null : c.corrected),
      ...(spread ? [(c) => c.mean] : []),
    ],
    series: [
      line(say("最多", "Most"), color.jade, { width: 0 }),
      line(say("最少", "Least"), color.jade, { width: 0 }),
      line(say("平均", "Mean"), color.jade),
      line(say("缺口后", "After a gap"), color.jade, { dash: [3, 4] }),
      ...(spread ? [line(say("未回摊", "Not spread"), color.ink, { width: 1 })] : []),
    ],
    rules: shown ? [[history.capacity, color.cinnabar]] : [],
    y: {
      range: (_plot, _low, high) => [0, Math.max(5, high * 1.05, shown ? history.capacity * 1.05 : 0)],
    },
    unknown: columns
      .filter((c) => c.unknown_seconds > 0)
      .map((c) => [seconds(c.at), seconds(c.until)]),
  });
}

function climate(history, id) {
  const found = history.climate.find((c) => id === `climate-${c.node}-${c.sensor}-${c.quantity}`);
  if (!found) return null;
  const limits = (found.limits ?? []).filter((limit) => limit > 0);
  return between(history, found.values, {
    columns: [(v) => v.most, (v) => v.least, (v) => v.mean],
    series: [
      line(say("最高", "Most"), color.jade, { width: 0 }),
      line(say("最低", "Least"), color.jade, { width: 0 }),
      line(say("平均", "Mean"), color.jade),
    ],
    rules: limits.map((limit) => [limit, color.ink]),
    y: {
      range: (_plot, low, high) => [
        Math.floor(Math.min(low, ...limits) - 1),
        Math.ceil(Math.max(high, ...limits) + 1),
      ],
    },
    unknown: found.values.filter((v) => v.mean == null).map((v) => [seconds(v.at), seconds(v.until)]),
  });
}

const builders = { footfall, occupancy: course, climate };

function show(figure, history) {
  const build = builders[figure.dataset.figure];
  const chart = build?.(history, figure.id);
  if (!chart || !chart.data[0].length) return;
  const holder = figure.querySelector(".plot-own");
  const drawn = plots.get(figure.id);
  // A closer look that somebody takes is not taken away by a refresh.
  if (drawn?.isCloser) return;
  drawn?.plot.destroy();
  const plot = new uPlot(options(history, holder.parentElement.clientWidth - 36, chart), chart.data, holder);
  const entry = { plot, isCloser: false };
  plots.set(figure.id, entry);
  const [first, last] = [chart.data[0][0], chart.data[0].at(-1)];
  (plot.hooks.setScale ??= []).push((drawnPlot, key) => {
    const { min, max } = drawnPlot.scales.x;
    if (key === "x") entry.isCloser = min > first || max < last;
  });
}

async function draw() {
  const answer = await fetch(main.dataset.history).catch(() => null);
  if (!answer?.ok) return;
  const history = await answer.json();
  for (const figure of document.querySelectorAll("[data-figure]")) show(figure, history);
}

addEventListener("resize", () => {
  for (const [id, { plot }] of plots) {
    const holder = document.getElementById(id);
    if (holder) plot.setSize({ width: holder.clientWidth - 36, height: HEIGHT });
  }
});
document.addEventListener("refreshed", draw);
draw();
