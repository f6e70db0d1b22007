// The panels under the line: 100 dots, a day, costs, the recordings near the line, annotations.

import { drawn, element, setAttributes, setText } from "../shared/elements.js";
import { counted, number, percent } from "../shared/numbers.js";

const NEAR = 4;
const CONFIDENCE = "95 % confidence";

function panel(title, children, kind = "") {
  return element("section", { class: `panel ${kind}` }, [element("h3", { text: title }), ...children]);
}

/** A number that the user enters. */
class Field {
  constructor(text, min, changed) {
    this.min = min;
    this.max = Infinity;
    this.input = element("input", { type: "number", inputmode: "decimal", step: "any" });
    this.root = element("label", { class: "field" }, [element("span", { text }), this.input]);
    this.input.addEventListener("input", () => {
      const { value } = this.input;
      const isGood = value !== "" && Number(value) >= this.min && Number(value) <= this.max;
      this.input.setAttribute("aria-invalid", String(!isGood));
      if (isGood) changed(Number(value));
    });
  }

  fill(value, max) {
    this.max = max;
    if (this.input.getRootNode().activeElement === this.input) return;
    this.input.value = String(Number(value.toPrecision(6)));
  }
}

/** A hundred dots: filled are called anomalous by mistake, ringed may be. */
export class Dots {
  constructor() {
    this.dots = Array.from({ length: 100 }, () => element("i"));
    this.grid = element("div", { class: "dots", role: "img" }, this.dots);
    this.text = element("p");
    this.root = panel("Out of 100 normal recordings", [this.grid, this.text]);
  }

  /**
   * Show the dots of an operating point.
   *
   * @param {any} data what Python sends
   * @param {number} place of the operating point
   */
  put({ points, n_normal: nNormal, n_groups: nGroups }, place) {
    const expected = 100 * points.rate[place];
    const high = Math.ceil(100 * points.high[place] - 1e-9);
    const low = Math.floor(100 * points.low[place] + 1e-9);
    const full = Math.floor(expected + 1e-9);
    this.dots.forEach((dot, i) => {
      const share = i < full ? 1 : i === full ? expected - full : 0;
      const filled = share > 0.995 ? "alarm" : share > 0.005 ? "part" : "";
      const name = `${filled} ${i < high ? "maybe" : ""}`;
      if (dot.className !== name) dot.className = name;
      if (filled === "part") dot.style.setProperty("--share", `${Math.round(360 * share)}deg`);
    });
    const about = expected < 1 ? `Fewer than 1 (${number(expected, 2)})` : `About ${number(expected, 2)}`;
    const from = nGroups < nNormal ? ` of ${counted(nGroups, "group")}` : "";
    const extrapolated =
      points.rate[place] < points.smallest_rate * 0.9999
        ? " This lies beyond the highest of their scores and is extrapolated."
        : "";
    const said =
      `${about} would be called anomalous by mistake. With ${counted(nNormal, "normal recording")}${from} ` +
      `to judge by, it may be ${low} to ${high} (${CONFIDENCE}).${extrapolated}`;
    setText(this.text, said);
    this.grid.setAttribute("aria-label", said);
  }
}

/**
 * Write how often something happens: times a day, or in how many days once.
 *
 * @param {number} times a day
 */
export function perDay(times) {
  if (times >= 0.95) return `about ${number(times, 2)} false alarm${Math.round(times) === 1 ? "" : "s"} a day`;
  const days = 1 / times;
  const [unit, words] = days < 60 ? [1, "days"] : days < 730 ? [30.4, "months"] : [365, "years"];
  return `about one false alarm in ${number(days / unit, 2)} ${words}`;
}

/** Recordings a day in, false alarms a day out. */
export class Day {
  /** @param {(change: object) => void} changed */
  constructor(changed) {
    this.clips = new Field("Recordings a day", 0.01, (value) => changed({ clips_per_day: value }));
    this.big = element("p", { class: "big" });
    this.text = element("p");
    this.root = panel("A day", [this.clips.root, this.big, this.text]);
  }

  /**
   * Show what the user entered.
   *
   * @param {{ clips_per_day: number }} situation
   * @param {number} highest that may be entered
   */
  fill(situation, highest) {
    this.clips.fill(situation.clips_per_day, highest);
  }

  /**
   * Show the false alarms of an operating point.
   *
   * @param {any} data what Python sends
   * @param {any} situation what the user entered
   * @param {number} place of the operating point
   */
  put({ points }, situation, place) {
    const normal = situation.clips_per_day * (1 - situation.share_anomalous);
    const said = perDay(normal * points.rate[place]);
    setText(this.big, said[0].toUpperCase() + said.slice(1));
    const [low, high] = [points.low[place], points.high[place]].map((share) => number(normal * share, 2));
    setText(this.text, `On average, over many days; ${low} to ${high} a day with ${CONFIDENCE}.`);
  }
}

/** What a miss costs against a false alarm. */
export class Cost {
  /**
   * @param {(change: object) => void} changed
   * @param {() => void} go to the cheapest line
   */
  constructor(changed, go) {
    this.miss = new Field("A miss costs as much as … false alarms", 0, (value) => changed({ miss_cost: value }));
    this.share = new Field("Recordings that are really anomalous, in %", 0, (value) =>
      changed({ share_anomalous: value / 100 }),
    );
    this.text = element("p");
    this.button = element("button", { type: "button", text: "Go to the cheapest line" });
    this.button.addEventListener("click", go);
    const children = [this.miss.root, this.share.root, this.text, this.button];
    this.root = panel("Misses against false alarms", children, "cost-panel");
  }

  /**
   * Show what the user entered.
   *
   * @param {{ miss_cost: number, share_anomalous: number }} situation
   * @param {number} highest that may be entered
   */
  fill(situation, highest) {
    this.miss.fill(situation.miss_cost, highest);
    this.share.fill(100 * situation.share_anomalous, 100);
  }

  /**
   * Show the cost of an operating point.
   *
   * @param {any} data what Python sends
   * @param {any} situation what the user entered
   * @param {number} place of the operating point
   * @param {{ values: number[], missed: number[], cheapest: number } | null} cost of a day at each
   */
  put({ points, annotated }, situation, place, cost) {
    const alarms = situation.clips_per_day * (1 - situation.share_anomalous) * points.rate[place];
    this.button.hidden = !cost;
    if (!cost) {
      const misses = alarms / situation.miss_cost;
      const equal = `A day’s false alarms here cost as much as ${number(misses, 2)} misses. `;
      const hint = "Annotate anomalous recordings in Triage, and the line with the lowest cost is shown.";
      setText(this.text, (Number.isFinite(misses) ? equal : "") + hint);
      return;
    }
    const misses = situation.clips_per_day * situation.share_anomalous * cost.missed[place];
    const isCheapest = place === cost.cheapest;
    this.button.disabled = isCheapest;
    const [low, high] = [annotated.miss_low[place], annotated.miss_high[place]];
    const [best, least] = [points.rate[cost.cheapest], cost.values[cost.cheapest]];
    setText(
      this.text,
      `Here a day costs as much as ${number(cost.values[place], 2)} false alarms: ${number(alarms, 2)} of them, ` +
        `and ${number(misses, 2)} misses (${percent(cost.missed[place])} of anomalous recordings are missed; ` +
        `${percent(low)} to ${percent(high)} with ${CONFIDENCE}, from ${counted(annotated.n_anomalous, "annotation")}). ` +
        (isCheapest
          ? "No line is cheaper."
          : `The cheapest line, at a false-alarm rate of ${percent(best)}, costs ${number(least, 2)}.`),
    );
  }
}

/** The recordings whose verdict is about to change. */
export class Near {
  /** @param {(id: string) => void} open */
  constructor(open) {
    this.open = open;
    this.shown = -1;
    this.recordings = null;
    this.above = element("ol", { "aria-label": "Just above the line" });
    this.below = element("ol", { "aria-label": "Just below the line" });
    const side = (text, list) => element("div", {}, [element("h4", { text }), list]);
    const sides = [side("Just below: normal", this.below), side("Just above: anomalous", this.above)];
    this.root = panel("Next to the line", [element("div", { class: "sides" }, sides)], "whole");
  }

  /**
   * Show the recordings on both sides of an operating point.
   *
   * @param {any} data what Python sends
   * @param {number} nPassed how many recordings lie below
   */
  put({ recordings }, nPassed) {
    if (this.shown === nPassed && this.recordings === recordings) return;
    this.shown = nPassed;
    this.recordings = recordings;
    const rows = recordings.id.map((_, i) => i);
    this.fill(this.above, rows.slice(nPassed, nPassed + NEAR));
    this.fill(this.below, rows.slice(Math.max(nPassed - NEAR, 0), nPassed).reverse());
  }

  fill(list, rows) {
    const none = element("li", { class: "none", text: "none" });
    list.replaceChildren(...(rows.length ? rows.map((i) => this.row(i)) : [none]));
  }

  row(i) {
    const { id, name, verdict, score } = this.recordings;
    const button = element("button", { type: "button", class: "recording", title: "Listen to it" }, [
      element("span", { class: "recording-name", text: name[i] }),
      element("span", { class: "mark", text: verdict[i] }),
      element("span", { class: "recording-score", text: number(score[i], 4) }),
    ]);
    button.addEventListener("click", () => this.open(id[i]));
    return element("li", {}, [button]);
  }
}

/** ROC, precision over recall, and the four counts: only where recordings are annotated. */
export class Annotated {
  constructor() {
    this.roc = new Curve("Found over false alarms (ROC)", "false alarms", "found");
    this.precision = new Curve("Precision over found", "found", "precision");
    this.cells = [0, 1, 2, 3].map((i) => element("td", { class: i % 3 ? "wrong" : "right" }));
    const head = (scope, text) => element("th", { scope, text });
    const row = (...cells) => element("tr", {}, cells);
    const [found, missed, alarms, passed] = this.cells;
    const table = element("table", {}, [
      element("thead", {}, [row(element("td"), head("col", "above: anomalous"), head("col", "below: normal"))]),
      element("tbody", {}, [row(head("row", "anomalous"), found, missed), row(head("row", "normal"), alarms, passed)]),
    ]);
    this.text = element("p");
    const title = element("h4", { text: "Annotated recordings" });
    const counts = element("div", { class: "counts" }, [title, table, this.text]);
    const curves = element("div", { class: "row curves" }, [this.roc.root, this.precision.root, counts]);
    this.root = panel("What your annotations say", [curves], "annotated");
  }

  /**
   * Draw the curves.
   *
   * @param {any} data what Python sends
   */
  take({ annotated }) {
    this.root.hidden = !annotated;
    if (!annotated) return;
    const { curves, n_anomalous: n, n_normal: nNormal } = annotated;
    this.roc.root.hidden = this.precision.root.hidden = !curves;
    if (!curves) return;
    const { false_alarm_share: alarms, found_share: found, precision, roc_auc: area } = curves;
    this.roc.take(alarms, found, `area ${number(area, 3)}; chance is 0.5`);
    const said = `average precision ${number(curves.average_precision, 3)}; chance is ${number(n / (n + nNormal), 2)}`;
    this.precision.take(found.slice(1), precision.slice(1), said);
  }

  /**
   * Show the counts of an operating point.
   *
   * @param {any} data what Python sends
   * @param {number} place of the operating point
   */
  put({ annotated }, place) {
    if (!annotated) return;
    const { n_anomalous: n, n_normal: nNormal } = annotated;
    const counts = ["n_found", "n_missed", "n_false_alarms", "n_passed"].map((name) => annotated[name][place]);
    const share = (count, total) => (total ? count / total : 0);
    counts.forEach((count, i) => {
      setText(this.cells[i], count.toLocaleString("en"));
      this.cells[i].style.setProperty("--share", `${Math.round(100 * share(count, i < 2 ? n : nNormal))}%`);
    });
    const [found, , alarms] = counts;
    const called = found + alarms;
    const right = called ? `; ${percent(found / called)} of what is called anomalous is so.` : ".";
    setText(
      this.text,
      `${found} of ${counted(n, "recording")} annotated anomalous found, ` +
        `${alarms} of ${nNormal} annotated normal called anomalous${right}`,
    );
    if (!annotated.curves) return;
    this.roc.put(share(alarms, nNormal), share(found, n));
    this.precision.put(share(found, n), called ? found / called : NaN);
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
    const text = (x, y, anchor, words, options = {}) =>
      drawn("text", { x, y, "text-anchor": anchor, text: words, ...options });
    const [left, middle] = [at(0) - 10, (up(0) + up(1)) / 2];
    const svg = drawn("svg", { width: SIZE, height: SIZE + 14, "aria-hidden": "true" }, [
      drawn("rect", { x: at(0), y: up(1), width: at(1) - at(0), height: up(0) - up(1), class: "frame" }),
      text(at(0), SIZE - PAD + 14, "middle", "0"),
      text(at(1), SIZE - PAD + 14, "end", "1"),
      text(at(0) - 6, up(1) + 10, "end", "1"),
      text((at(0) + at(1)) / 2, SIZE - PAD + 26, "middle", xName),
      text(left, middle, "middle", yName, { transform: `rotate(-90 ${left} ${middle})` }),
      this.path,
      this.dot,
    ]);
    this.text = element("p");
    this.root = element("div", { class: "curve-box" }, [element("h4", { text: title }), svg, this.text]);
  }

  take(xs, ys, said) {
    const points = xs.map((x, i) => `${this.at(x).toFixed(1)} ${this.up(ys[i]).toFixed(1)}`);
    this.path.setAttribute("d", points.length ? `M${points.join("L")}` : "");
    setText(this.text, said);
  }

  put(x, y) {
    const known = Number.isFinite(x) && Number.isFinite(y);
    this.dot.style.visibility = known ? "visible" : "hidden";
    if (known) setAttributes(this.dot, { cx: this.at(x), cy: this.up(y) });
  }
}
