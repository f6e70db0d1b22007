// The panels under the line: 100 dots, a day, costs, the clips near the line, what labels say.

import { counted, drawn, element, number, percent, perDay, setText } from "./words.js";

const NEAR = 4;

function panel(title, children, kind = "") {
  return element("section", { class: `panel ${kind}` }, [element("h3", { text: title }), ...children]);
}

function field(label, options, changed) {
  const input = element("input", { type: "number", inputmode: "decimal", ...options });
  input.addEventListener("input", () => {
    const value = Number(input.value);
    const bad = input.value === "" || !(value >= Number(options.min)) || value > Number(options.max);
    input.setAttribute("aria-invalid", String(bad));
    if (!bad) changed(value);
  });
  return { input, label: element("label", { class: "field" }, [element("span", { text: label }), input]) };
}

/** A hundred dots: filled are called unlike by mistake, ringed may be. */
export class Dots {
  constructor() {
    this.dots = Array.from({ length: 100 }, () => element("i"));
    this.grid = element("div", { class: "dots", role: "img" }, this.dots);
    this.text = element("p");
    this.root = panel("Out of 100 normal recordings", [this.grid, this.text]);
  }

  put({ stops, n_normal: nNormal, n_groups: nGroups }, place) {
    const expected = 100 * stops.rate[place];
    const high = Math.ceil(100 * stops.high[place] - 1e-9);
    const low = Math.floor(100 * stops.low[place] + 1e-9);
    const full = Math.floor(expected + 1e-9);
    this.dots.forEach((dot, i) => {
      const share = i < full ? 1 : i === full ? expected - full : 0;
      const name = `${share > 0.995 ? "alarm" : share > 0.005 ? "part" : ""} ${i < high ? "maybe" : ""}`;
      if (dot.className !== name) dot.className = name;
      if (share > 0.005 && share <= 0.995) dot.style.setProperty("--share", `${Math.round(360 * share)}deg`);
    });
    const about = expected < 1 ? `Fewer than 1 (${number(expected, 2)})` : `About ${number(expected, 2)}`;
    const from = nGroups < nNormal ? `${counted(nNormal, "held-out clip")} of ${counted(nGroups, "recording")}` : counted(nNormal, "held-out one");
    const extrapolated = stops.rate[place] < stops.smallest_rate * 0.9999;
    const said = `${about} would be called unlike by mistake; ${from} cannot tell ${low} from ${high} (95 % confidence).`
      + (extrapolated ? " Beyond the highest of them this is extrapolated." : "");
    setText(this.text, said);
    this.grid.setAttribute("aria-label", said);
  }
}

/** Clips a day in, false alarms a day out. */
export class Day {
  constructor(situation, changed) {
    this.clips = field("Recordings a day", { min: "0.01", max: "10000000", step: "any" }, (value) => {
      situation().clips_per_day = value;
      changed();
    });
    this.big = element("p", { class: "big" });
    this.text = element("p");
    this.root = panel("A day", [this.clips.label, this.big, this.text]);
  }

  put({ stops }, situation, place) {
    const normal = situation.clips_per_day * (1 - situation.share_anomalous);
    const said = perDay(normal * stops.rate[place]);
    setText(this.big, said[0].toUpperCase() + said.slice(1));
    const [low, high] = [stops.low[place], stops.high[place]].map((share) => number(normal * share, 2));
    setText(this.text, `On average, over many days; ${low} to ${high} a day with 95 % confidence.`);
  }
}

/** What a miss costs against a false alarm. */
export class Cost {
  constructor(situation, changed, go) {
    this.miss = field("A miss costs as much as … false alarms", { min: "0", max: "10000000", step: "any" }, (value) => {
      situation().miss_cost = value;
      changed();
    });
    this.share = field("Recordings that are really unlike, in %", { min: "0", max: "100", step: "any" }, (value) => {
      situation().share_anomalous = value / 100;
      changed();
    });
    this.text = element("p");
    this.button = element("button", { type: "button", text: "Go to the cheapest line" });
    this.button.addEventListener("click", go);
    this.root = panel("Misses against false alarms", [this.miss.label, this.share.label, this.text, this.button], "cost-panel");
  }

  put(data, situation, place, cost) {
    const alarms = situation.clips_per_day * (1 - situation.share_anomalous) * data.stops.rate[place];
    this.button.hidden = !cost;
    if (!cost) {
      const misses = situation.miss_cost > 0 ? alarms / situation.miss_cost : NaN;
      setText(this.text, Number.isFinite(misses)
        ? `A day’s false alarms here cost as much as ${number(misses, 2)} misses. Label unlike recordings in Triage, and the line with the lowest cost is shown.`
        : "Label unlike recordings in Triage, and the line with the lowest cost is shown.");
      return;
    }
    const misses = situation.clips_per_day * situation.share_anomalous * cost.missed[place];
    const there = place === cost.cheapest;
    this.button.disabled = there;
    const [low, high] = [data.labels.miss_low[place], data.labels.miss_high[place]];
    setText(this.text,
      `Here a day costs as much as ${number(cost.values[place], 2)} false alarms: ${number(alarms, 2)} of them, and ${number(misses, 2)} misses `
      + `(${percent(cost.missed[place])} of unlike recordings are missed; ${percent(low)} to ${percent(high)} with 95 % confidence, from ${counted(data.labels.n_anomalous, "label")}). `
      + (there ? "No line is cheaper." : `The cheapest line, at a false-alarm rate of ${percent(data.stops.rate[cost.cheapest])}, costs ${number(cost.values[cost.cheapest], 2)}.`));
  }
}

/** The recordings whose verdict is about to change. */
export class Near {
  constructor(open) {
    this.open = open;
    this.above = element("ol", { "aria-label": "Just above the line" });
    this.below = element("ol", { "aria-label": "Just below the line" });
    this.root = panel("Next to the line", [
      element("div", { class: "sides" }, [
        element("div", {}, [element("h4", { text: "Just below: passed" }), this.below]),
        element("div", {}, [element("h4", { text: "Just above: called unlike" }), this.above]),
      ]),
    ], "whole");
  }

  put({ clips }, nPassed) {
    if (this.shown === nPassed && this.clips === clips) return;
    this.shown = nPassed;
    this.clips = clips;
    const rows = (from, to) => {
      const made = [];
      for (let i = from; i < to; i++) made.push(i);
      return made.map((i) => this.row(clips, i));
    };
    const above = rows(nPassed, Math.min(nPassed + NEAR, clips.score.length));
    const below = rows(Math.max(nPassed - NEAR, 0), nPassed).reverse();
    const none = () => [element("li", { class: "none", text: "none" })];
    this.above.replaceChildren(...(above.length ? above : none()));
    this.below.replaceChildren(...(below.length ? below : none()));
  }

  row(clips, i) {
    const button = element("button", { type: "button", class: "clip" }, [
      element("span", { class: "clip-name", text: clips.name[i] }),
      element("span", { class: "mark", text: clips.verdict[i] }),
      element("span", { class: "clip-score", text: number(clips.score[i], 4) }),
    ]);
    button.title = "Listen to it";
    button.addEventListener("click", () => this.open(clips.id[i]));
    return element("li", {}, [button]);
  }
}

/** ROC, precision over recall, and the four counts: only where labels exist. */
export class Labels {
  constructor() {
    this.roc = new Curve("Found over false alarms (ROC)", "false alarms", "found");
    this.precision = new Curve("Precision over found", "found", "precision");
    this.cells = ["found", "missed", "false_alarms", "passed"].map(() => element("td"));
    const [found, missed, alarms, passed] = this.cells;
    this.table = element("table", {}, [
      element("thead", {}, [element("tr", {}, [element("td"), element("th", { scope: "col", text: "above: unlike" }), element("th", { scope: "col", text: "below: passed" })])]),
      element("tbody", {}, [
        element("tr", {}, [element("th", { scope: "row", text: "anomalous" }), found, missed]),
        element("tr", {}, [element("th", { scope: "row", text: "normal" }), alarms, passed]),
      ]),
    ]);
    this.text = element("p");
    this.root = panel("What your labels say", [
      element("div", { class: "curves" }, [this.roc.root, this.precision.root, element("div", { class: "counts" }, [element("h4", { text: "Labelled recordings" }), this.table, this.text])]),
    ], "labels");
  }

  take({ labels }) {
    this.root.hidden = !labels;
    if (!labels) return;
    const { curves } = labels;
    this.roc.root.hidden = this.precision.root.hidden = !curves;
    if (!curves) return;
    this.roc.take(curves.false_alarm_share, curves.found_share, `area ${number(curves.roc_auc, 3)}; chance is 0.5`);
    this.precision.take(curves.found_share.slice(1), curves.precision.slice(1), `average precision ${number(curves.average_precision, 3)}; chance is ${number(labels.n_anomalous / (labels.n_anomalous + labels.n_normal), 2)}`);
  }

  put({ labels }, place) {
    if (!labels) return;
    const [found, missed, alarms, passed] = ["found", "missed", "false_alarms", "passed"].map((name) => labels[name][place]);
    [found, missed, alarms, passed].forEach((count, i) => {
      const cell = this.cells[i];
      setText(cell, count.toLocaleString("en"));
      const total = i < 2 ? labels.n_anomalous : labels.n_normal;
      cell.style.setProperty("--share", total ? `${Math.round((100 * count) / total)}%` : "0%");
      cell.className = i === 0 || i === 3 ? "right" : "wrong";
    });
    const called = found + alarms;
    setText(this.text, `${found} of ${counted(labels.n_anomalous, "recording")} labelled anomalous found, ${alarms} of ${labels.n_normal} labelled normal called unlike`
      + (called ? `; ${percent(found / called)} of what is called unlike is anomalous.` : "."));
    if (!labels.curves) return;
    const share = (count, total) => (total ? count / total : 0);
    this.roc.put(share(alarms, labels.n_normal), share(found, labels.n_anomalous));
    this.precision.put(share(found, labels.n_anomalous), called ? found / called : NaN);
  }
}

const SIZE = 190;
const PAD = 30;

class Curve {
  constructor(title, xName, yName) {
    this.dot = drawn("circle", { r: 5, class: "curve-dot" });
    this.path = drawn("path", { class: "curve" });
    const at = (share) => PAD + share * (SIZE - PAD - 6);
    const up = (share) => SIZE - at(share);
    this.at = at;
    this.up = up;
    const text = (x, y, anchor, words, turn) => drawn("text", { x, y, "text-anchor": anchor, text: words, ...(turn ? { transform: `rotate(-90 ${x} ${y})` } : {}) });
    const svg = drawn("svg", { width: SIZE, height: SIZE + 14, "aria-hidden": "true" }, [
      drawn("rect", { x: at(0), y: up(1), width: at(1) - at(0), height: up(0) - up(1), class: "frame" }),
      text(at(0), SIZE - PAD + 14, "middle", "0"),
      text(at(1), SIZE - PAD + 14, "end", "1"),
      text(at(0) - 6, up(1) + 10, "end", "1"),
      text((at(0) + at(1)) / 2, SIZE - PAD + 26, "middle", xName),
      text(at(0) - 10, (up(0) + up(1)) / 2, "middle", yName, true),
      this.path,
      this.dot,
    ]);
    this.text = element("p");
    this.root = element("div", { class: "curve-box" }, [element("h4", { text: title }), svg, this.text]);
  }

  take(xs, ys, said) {
    this.path.setAttribute("d", xs.map((x, i) => `${i ? "L" : "M"}${this.at(x).toFixed(1)} ${this.up(ys[i]).toFixed(1)}`).join(""));
    setText(this.text, said);
  }

  put(x, y) {
    const known = Number.isFinite(x) && Number.isFinite(y);
    this.dot.style.visibility = known ? "visible" : "hidden";
    if (!known) return;
    this.dot.setAttribute("cx", this.at(x));
    this.dot.setAttribute("cy", this.up(y));
  }
}
