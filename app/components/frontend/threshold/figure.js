// The two histograms on one score axis, the line on them, and the cost under them.

import { drawn, element, number, setText } from "./words.js";

const LEFT = 46;
const RIGHT = 18;
const HEAD = 34;
const COARSE_STEPS = 10;

export class Figure {
  /** `on.move(place)` while the line moves, `on.done()` when it is let go. */
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

  take(data) {
    this.data = data;
    this.bars = null;
  }

  x(score) {
    const { edges } = this.data.histogram;
    const low = edges[0];
    const high = edges[edges.length - 1];
    return LEFT + ((score - low) / (high - low)) * (this.width - LEFT - RIGHT);
  }

  /** The stop nearest to the pointer. */
  placeAt(event) {
    const x = event.clientX - this.stage.getBoundingClientRect().left;
    const { threshold } = this.data.stops;
    let best = 0;
    for (let k = 1; k < threshold.length; k++) {
      if (Math.abs(this.x(threshold[k]) - x) < Math.abs(this.x(threshold[best]) - x)) best = k;
    }
    return best;
  }

  /** Everything that does not follow the line. */
  draw(width, cost) {
    this.width = width;
    const { histogram, stops, kept, clips } = this.data;
    const up = 150;
    const down = clips.score.length ? 74 : 0;
    const costHeight = cost ? 62 : 0;
    const base = HEAD + up;
    // Labels have a band of their own between the two histograms.
    const band = clips.verdict.some((verdict) => verdict === "anomalous" || verdict === "normal") ? 16 : 0;
    const axisY = base + band + down;
    const costTop = axisY + 58;
    this.height = axisY + 40 + (cost ? costHeight + 42 : 0);
    const { svg, stage } = this;
    stage.style.height = `${this.height}px`;
    for (const [name, value] of [["width", width], ["height", this.height]]) {
      svg.setAttribute(name, value);
    }
    const parts = [];
    const right = width - RIGHT;
    const bars = (counts, top, start, direction, kind) => {
      const most = Math.max(...counts, 1);
      const path = counts
        .map((count, i) => {
          if (!count) return "";
          const x0 = this.x(histogram.edges[i]) + 0.5;
          const x1 = this.x(histogram.edges[i + 1]) - 0.5;
          const h = Math.max((count / most) * (top - 8), 1.5);
          return `M${x0} ${start}V${start + direction * h}H${x1}V${start}Z`;
        })
        .join("");
      parts.push(drawn("path", { d: path, class: `bars ${kind} below` }));
      parts.push(drawn("path", { d: path, class: `bars ${kind} above`, "clip-path": "url(#above)" }));
      return most;
    };
    this.clip = drawn("rect", { y: 0, height: this.height, width: 10, x: 0 });
    parts.push(drawn("defs", {}, [drawn("clipPath", { id: "above" }, [this.clip])]));
    const most = bars(histogram.normal, up, base, -1, "normal");
    parts.push(drawn("line", { x1: LEFT, x2: right, y1: base, y2: base, class: "axis" }));
    this.write(parts, LEFT - 8, HEAD + 14, String(most), "end");
    this.write(parts, LEFT - 8, base + 1, "0", "end");
    this.write(parts, LEFT, HEAD - 12, "held-out normal recordings", "start", "name");
    if (down) {
      const mostScored = bars(histogram.scored, down, base + band + 1, 1, "scored");
      this.write(parts, LEFT - 8, axisY - 4, mostScored.toLocaleString("en"), "end");
      this.write(parts, LEFT, axisY + 33, band ? "scored recordings; ▲ labelled anomalous, ▼ normal" : "scored recordings", "start", "name");
      parts.push(drawn("line", { x1: LEFT, x2: right, y1: axisY, y2: axisY, class: "axis" }));
      if (band) this.labelled(parts, base + 3);
      if (histogram.n_beyond) {
        this.write(parts, right, base + band + 14, `${histogram.n_beyond.toLocaleString("en")} higher →`, "end", "name");
      }
    }
    for (const tick of ticks(histogram.edges, (right - LEFT) / 90)) {
      const x = this.x(tick);
      parts.push(drawn("line", { x1: x, x2: x, y1: axisY, y2: axisY + 4, class: "axis" }));
      this.write(parts, x, axisY + 17, number(tick, 4), "middle");
    }
    this.write(parts, right, axisY + 33, "score", "end", "name");
    const keptX = this.x(stops.threshold[kept]);
    parts.push(drawn("line", { x1: keptX, x2: keptX, y1: HEAD - 4, y2: axisY, class: "kept" }));
    if (cost) this.costLane(parts, cost, costTop, costHeight);
    svg.replaceChildren(...parts);
    this.line.style.height = `${axisY - 4}px`;
  }

  /** A triangle up for each clip called anomalous by a person, down for each called normal. */
  labelled(parts, base) {
    const { clips, histogram } = this.data;
    const last = histogram.edges[histogram.edges.length - 1];
    let anomalous = "";
    let normal = "";
    clips.verdict.forEach((verdict, i) => {
      const x = Math.max(LEFT, this.x(Math.min(clips.score[i], last)));
      if (verdict === "anomalous") anomalous += `M${x - 4} ${base + 9}h8l-4 -8z`;
      if (verdict === "normal") normal += `M${x - 4} ${base + 1}h8l-4 8z`;
    });
    parts.push(drawn("path", { d: normal, class: "label normal" }));
    parts.push(drawn("path", { d: anomalous, class: "label anomalous" }));
  }

  costLane(parts, cost, top, height) {
    const { threshold } = this.data.stops;
    const most = Math.max(...cost.values, 1e-12);
    const y = (value) => top + height - (value / most) * height;
    let path = "";
    cost.values.forEach((value, k) => {
      path += `${k ? "H" + this.x(threshold[k]) : "M" + this.x(threshold[k]) + " " + y(value)}V${y(value)}`;
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

  /** The line stands at that stop. */
  put(place, said, cost) {
    this.place = place;
    const { threshold } = this.data.stops;
    const x = this.x(threshold[place]);
    this.line.style.transform = `translateX(${x}px)`;
    this.line.dataset.side = x > this.width - 190 ? "left" : "right";
    this.clip.setAttribute("x", x);
    this.clip.setAttribute("width", Math.max(this.width - x, 0));
    setText(this.tag, said.tag);
    this.line.setAttribute("aria-valuemin", threshold[0]);
    this.line.setAttribute("aria-valuemax", threshold[threshold.length - 1]);
    this.line.setAttribute("aria-valuenow", threshold[place]);
    this.line.setAttribute("aria-valuetext", said.spoken);
    if (cost && this.costDot) {
      this.costDot.setAttribute("cx", x);
      this.costDot.setAttribute("cy", this.costY(cost.values[place]));
    }
  }
}

/** Round numbers along the axis, about so many. */
function ticks(edges, wanted) {
  const low = edges[0];
  const high = edges[edges.length - 1];
  const rough = (high - low) / Math.max(wanted, 2);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= rough);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(Number((k * step).toPrecision(12)));
  return found;
}
