// The two histograms on one score axis, the line on them, and the cost under them.

import { drawn, element, setAttributes, setSliderValue, setText } from "../shared/elements.js";
import { number } from "../shared/numbers.js";
import { ticks } from "../shared/ticks.js";
import { nearest } from "./costs.js";

const LEFT = 46;
const RIGHT = 18;
const HEAD = 34;
const COARSE_STEPS = 10;

/** The figure, redrawn when its data or its width change; the line on it moves by itself. */
export class Figure {
  /** @param {{ move: (place: number) => void, done: () => void }} on while it moves, and let go */
  constructor(on) {
    this.on = on;
    this.svg = drawn("svg", { class: "figure", "aria-hidden": "true" });
    this.line = element("div", {
      class: "line",
      role: "slider",
      tabindex: "0",
      "aria-label": "Threshold",
      "aria-orientation": "horizontal",
      "aria-keyshortcuts": "ArrowLeft ArrowRight Shift+ArrowLeft Shift+ArrowRight Home End",
    });
    this.tag = element("span", { class: "tag" });
    this.line.append(this.tag);
    this.stage = element("div", { class: "stage" }, [this.svg, this.line]);
    this.data = null;
    this.place = 0;
    this.width = 0;
    this.height = 0;
    this.dragging = undefined; // the pointer that holds the line
    this.clip = null; // what lies above the line
    this.costDot = null;
    this.costY = null;
    this.listen();
  }

  listen() {
    const { stage, line } = this;
    stage.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      line.focus({ preventScroll: true });
      stage.setPointerCapture(event.pointerId);
      this.dragging = event.pointerId;
      this.on.move(this.placeAt(event));
    });
    stage.addEventListener("pointermove", (event) => {
      if (this.dragging === event.pointerId) this.on.move(this.placeAt(event));
    });
    for (const name of ["pointerup", "pointercancel"]) {
      stage.addEventListener(name, (event) => {
        if (this.dragging !== event.pointerId) return;
        this.dragging = undefined;
        this.on.done();
      });
    }
    line.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const size = event.shiftKey ? COARSE_STEPS : 1;
      const step = {
        ArrowRight: size,
        ArrowUp: size,
        ArrowLeft: -size,
        ArrowDown: -size,
        PageUp: COARSE_STEPS,
        PageDown: -COARSE_STEPS,
        Home: -Infinity,
        End: Infinity,
      }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.on.move(this.place + step);
      this.on.done();
    });
  }

  /**
   * The axis's ends, in scores.
   *
   * @returns {[number, number]}
   */
  get ends() {
    const { edges } = this.data.histogram;
    return [edges[0], edges.at(-1)];
  }

  x(score) {
    const [low, high] = this.ends;
    return LEFT + ((score - low) / (high - low)) * (this.width - LEFT - RIGHT);
  }

  /** The operating point nearest to the pointer. */
  placeAt(event) {
    const x = event.clientX - this.stage.getBoundingClientRect().left;
    const places = this.data.points.threshold.map((threshold) => this.x(threshold));
    return nearest(places, x);
  }

  /**
   * Draw everything that does not follow the line.
   *
   * @param {any} data what Python sends
   * @param {number} width in CSS pixels
   * @param {{ values: number[], cheapest: number } | null} cost of a day at every operating point
   */
  draw(data, width, cost) {
    this.data = data;
    this.width = width;
    this.costDot = null;
    const { histogram, points, saved, recordings } = data;
    const up = 150;
    const down = recordings.score.length ? 74 : 0;
    const costHeight = cost ? 62 : 0;
    const base = HEAD + up;
    // Annotations have a band of their own between the two histograms.
    const band = data.annotated ? 16 : 0;
    const axisY = base + band + down;
    const costTop = axisY + 58;
    this.height = axisY + 40 + (cost ? costHeight + 42 : 0);
    const { svg, stage } = this;
    stage.style.height = `${this.height}px`;
    setAttributes(svg, { width, height: this.height });
    const parts = [];
    const right = width - RIGHT;
    const bars = (counts, top, start, direction, kind) => {
      const most = Math.max(...counts, 1);
      const bar = (count, i) => {
        if (!count) return "";
        const [x0, x1] = [this.x(histogram.edges[i]) + 0.5, this.x(histogram.edges[i + 1]) - 0.5];
        const h = Math.max((count / most) * (top - 8), 1.5);
        return `M${x0} ${start}V${start + direction * h}H${x1}V${start}Z`;
      };
      const d = counts.map(bar).join("");
      parts.push(drawn("path", { d, class: `bars ${kind} below` }));
      parts.push(drawn("path", { d, class: `bars ${kind} above`, "clip-path": "url(#above)" }));
      return most;
    };
    this.clip = drawn("rect", { y: 0, height: this.height, width: 10, x: 0 });
    parts.push(drawn("defs", {}, [drawn("clipPath", { id: "above" }, [this.clip])]));
    const most = bars(histogram.normal, up, base, -1, "normal");
    const level = (y) => parts.push(drawn("line", { x1: LEFT, x2: right, y1: y, y2: y, class: "axis" }));
    level(base);
    this.write(parts, LEFT - 8, HEAD + 14, String(most), "end");
    this.write(parts, LEFT - 8, base + 1, "0", "end");
    this.write(parts, LEFT, HEAD - 12, "normal recordings", "start", "name");
    if (down) {
      const mostScored = bars(histogram.scored, down, base + band + 1, 1, "scored");
      this.write(parts, LEFT - 8, axisY - 4, mostScored.toLocaleString("en"), "end");
      const annotated = band ? "; annotated ▲ anomalous, ▼ normal" : "";
      this.write(parts, LEFT, axisY + 33, `scored recordings${annotated}`, "start", "name");
      level(axisY);
      if (band) this.annotations(parts, base + 3);
      const beyond = `${histogram.n_beyond.toLocaleString("en")} higher →`;
      if (histogram.n_beyond) this.write(parts, right, base + band + 14, beyond, "end", "name");
    }
    for (const tick of ticks(...this.ends, Math.max((right - LEFT) / 90, 2)).numbers) {
      const x = this.x(tick);
      parts.push(drawn("line", { x1: x, x2: x, y1: axisY, y2: axisY + 4, class: "axis" }));
      this.write(parts, x, axisY + 17, number(tick, 4), "middle");
    }
    this.write(parts, right, axisY + 33, "score", "end", "name");
    const savedX = this.x(points.threshold[saved]);
    parts.push(drawn("line", { x1: savedX, x2: savedX, y1: HEAD - 4, y2: axisY, class: "saved" }));
    if (cost) this.costLane(parts, cost, costTop, costHeight);
    svg.replaceChildren(...parts);
    this.line.style.height = `${axisY - 4}px`;
  }

  /** A triangle up for each recording that a person called anomalous, down for each called normal. */
  annotations(parts, base) {
    const { score, verdict } = this.data.recordings;
    const shapes = { normal: [1, 8], anomalous: [9, -8] };
    for (const [name, [foot, tall]] of Object.entries(shapes)) {
      const path = score.map((value, i) => {
        const x = Math.max(LEFT, this.x(Math.min(value, this.ends[1])));
        return verdict[i] === name ? `M${x - 4} ${base + foot}h8l-4 ${tall}z` : "";
      });
      parts.push(drawn("path", { d: path.join(""), class: `annotation ${name}` }));
    }
  }

  costLane(parts, cost, top, height) {
    const { threshold } = this.data.points;
    const most = Math.max(...cost.values, 1e-12);
    const y = (value) => top + height - (value / most) * height;
    let path = "";
    cost.values.forEach((value, k) => {
      const x = this.x(threshold[k]);
      path += `${k ? `H${x}` : `M${x} ${y(value)}`}V${y(value)}`;
    });
    parts.push(drawn("line", { x1: LEFT, x2: this.width - RIGHT, y1: top + height, y2: top + height, class: "axis" }));
    parts.push(drawn("path", { d: path, class: "cost" }));
    const x = this.x(threshold[cost.cheapest]);
    parts.push(drawn("path", { d: `M${x - 5} ${top + height + 9}h10l-5 -8z`, class: "cheapest" }));
    const end = x > this.width / 2;
    this.write(parts, x + (end ? -9 : 9), top + height + 14, "cheapest", end ? "end" : "start", "name");
    this.write(parts, LEFT, top - 6, "cost of a day, in false alarms", "start", "name");
    this.write(parts, LEFT - 8, top + 8, number(most, 2), "end");
    this.costDot = drawn("circle", { r: 4.5, class: "cost-dot" });
    this.costY = y;
    parts.push(this.costDot);
  }

  write(parts, x, y, text, anchor, kind = "") {
    parts.push(drawn("text", { x, y, "text-anchor": anchor, class: kind, text }));
  }

  /**
   * Move the line.
   *
   * @param {number} place of an operating point
   * @param {{ tag: string, spoken: string }} said at the line
   * @param {{ values: number[] } | null} cost
   */
  put(place, said, cost) {
    this.place = place;
    const { threshold } = this.data.points;
    const x = this.x(threshold[place]);
    this.line.style.transform = `translateX(${x}px)`;
    this.line.dataset.side = x > this.width - 190 ? "left" : "right";
    setAttributes(this.clip, { x, width: Math.max(this.width - x, 0) });
    setText(this.tag, said.tag);
    const ends = { min: threshold[0], max: threshold.at(-1) };
    setSliderValue(this.line, { ...ends, now: threshold[place], text: said.spoken });
    if (cost && this.costDot) setAttributes(this.costDot, { cx: x, cy: this.costY(cost.values[place]) });
  }
}
