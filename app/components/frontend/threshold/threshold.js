// The line and what follows from it: figures move with it at once, Python is sent where it is let go.

import { Component, mounting } from "../shared/component.js";
import { element, setText } from "../shared/elements.js";
import { countWords, number, percent } from "../shared/numbers.js";
import { cheapest, costs, nearest, upperBound } from "./costs.js";
import { Figure } from "./figure.js";
import { Annotated, Cost, Day, Dots, Near } from "./panels.js";

const SEND_MILLISECONDS = 150;
const EDIT_MILLISECONDS = 400;
const SPEAK_MILLISECONDS = 700;

class ThresholdLine extends Component {
  constructor(root) {
    super(root);
    this.data = null;
    this.place = 0;
    this.situation = null;
    this.cost = null;
    this.drawnFor = "";
    // When something was last sent: what Python made before it had that is older than this.
    this.moments = { line: 0, situation: 0 };
    this.sentence = element("p", { class: "sentence" });
    this.figure = new Figure({ move: (place) => this.move(place), done: () => this.sendLine() });
    const changed = (change) => this.situationChanged(change);
    this.dots = new Dots();
    this.day = new Day(changed);
    this.costs = new Cost(changed, () => this.go(this.cost.cheapest));
    this.near = new Near((id) => this.setTriggerValue("opened", id));
    this.annotated = new Annotated();
    this.back = element("button", { type: "button", text: "Back to the saved threshold" });
    this.on(this.back, "click", () => this.go(this.data.saved));
    this.where = element("span", { class: "where" });
    const hint = "Drag the line, or move it with ← and →; with Shift ten steps.";
    root.replaceChildren(
      this.error,
      this.sentence,
      this.figure.stage,
      element("div", { class: "row under" }, [this.where, this.back, element("span", { class: "hint", text: hint })]),
      element("div", { class: "panels" }, [this.dots.root, this.day.root, this.costs.root, this.near.root]),
      this.annotated.root,
      this.spoken,
    );
    this.onResize(root, () => this.data && this.layOut());
  }

  /** What Python sends; what was moved here since then stays as it is here. */
  update(data) {
    const isNew = data.digest !== this.data?.digest;
    const stood = this.data?.points.threshold[this.place];
    const isOlder = (name) => data.applied[name] < this.moments[name];
    const isAhead = this.figure.dragging !== undefined || this.timers.has("line") || isOlder("line");
    this.data = data;
    if (!this.situation || !(this.timers.has("situation") || isOlder("situation"))) {
      this.situation = { ...data.situation };
    }
    if (isNew) this.annotated.take(data);
    this.place = isAhead && stood !== undefined ? nearest(data.points.threshold, stood) : data.draft;
    for (const panel of [this.day, this.costs]) panel.fill(this.situation, data.highest);
    if (this.drawnFor === this.drawnNow()) this.show();
    else this.layOut();
    this.root.dataset.digest = data.digest;
  }

  /** What the figure depends on, besides the width. */
  drawnNow() {
    return JSON.stringify([this.situation, this.data.digest]);
  }

  situationChanged(change) {
    Object.assign(this.situation, change);
    this.layOut();
    this.later("situation", EDIT_MILLISECONDS, () => this.sendState("situation", this.situation));
  }

  move(place) {
    this.place = Math.min(Math.max(place, 0), this.data.points.threshold.length - 1);
    this.show();
  }

  go(place) {
    this.move(place);
    this.sendLine();
  }

  /** Once the line has stood still for a moment, so that a held key is one message. */
  sendLine() {
    this.later("line", SEND_MILLISECONDS, () => this.sendState("line", { rate: this.data.points.rate[this.place] }));
  }

  sendState(name, value) {
    this.moments[name] = Date.now();
    this.setStateValue(name, { ...value, moment: this.moments[name] });
  }

  layOut() {
    const width = Math.floor(this.root.clientWidth);
    if (!width) return;
    const { annotated, points } = this.data;
    this.cost = null;
    if (annotated?.n_anomalous) {
      const missed = annotated.n_missed.map((count) => count / annotated.n_anomalous);
      const values = costs(points.rate, missed, this.situation);
      this.cost = { values, missed, cheapest: cheapest(values) };
    }
    this.drawnFor = this.drawnNow();
    this.figure.draw(this.data, width, this.cost);
    this.show();
  }

  /** Every figure at the line's place: lookups only. */
  show() {
    const { data, place, situation, cost } = this;
    const { points, recordings } = data;
    const [threshold, rate] = [points.threshold[place], points.rate[place]];
    const n = recordings.score.length;
    const nPassed = upperBound(recordings.score, threshold);
    const nAnomalous = n - nPassed;
    const tag = `${number(threshold, 4)} · ${percent(rate)}`;
    const spoken = `${number(threshold, 4)}, false-alarm rate ${percent(rate)}, ${countWords(nAnomalous, n).join(" ")}`;
    this.figure.put(place, { tag, spoken }, cost);
    this.sentence.replaceChildren(...this.summary(nAnomalous, n, rate));
    const saved = place === data.saved ? "saved" : "not saved yet";
    setText(this.where, `Threshold ${number(threshold, 4)}, false-alarm rate ${percent(rate)}, ${saved}`);
    this.back.hidden = place === data.saved;
    this.dots.put(data, place);
    this.day.put(data, situation, place);
    this.costs.put(data, situation, place, cost);
    this.near.root.hidden = !n;
    this.near.put(data, nPassed);
    this.annotated.put(data, place);
    Object.assign(this.root.dataset, { place, rate, threshold, anomalous: nAnomalous });
    this.later("speaking", SPEAK_MILLISECONDS, () => this.announce(this.sentence.textContent));
  }

  summary(nAnomalous, n, rate) {
    const mistaken = 100 * rate < 1 ? "fewer than 1" : `about ${number(100 * rate, 2)}`;
    const rest = `of 100 normal recordings ${mistaken} would be called anomalous by mistake`;
    if (!n) return [`${rest[0].toUpperCase()}${rest.slice(1)}; nothing has been scored with this model yet.`];
    const [count, verdict] = countWords(nAnomalous, n);
    return [element("strong", { text: count }), ` ${verdict}; ${rest}.`];
  }
}

export default mounting(".hearmap-threshold", ThresholdLine);
