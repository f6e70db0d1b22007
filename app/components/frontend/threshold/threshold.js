// The line and what follows from it: figures move with it at once, Python hears where it is let go.

import { counted, element, number, percent, setText } from "./words.js";
import { Figure } from "./figure.js";
import { Cost, Day, Dots, Labels, Near } from "./panels.js";

const TELL_MILLISECONDS = 150;
const SPEAK_MILLISECONDS = 700;
const lines = new WeakMap();

class ThresholdLine {
  constructor(root) {
    this.root = root;
    // When something was last sent: what Python made before it heard of it is older than this.
    this.lineMoment = 0;
    this.situationMoment = 0;
    this.sentence = element("p", { class: "sentence" });
    this.spoken = element("p", { class: "spoken", role: "status", "aria-live": "polite" });
    this.figure = new Figure({ move: (place) => this.move(place), done: () => this.tell() });
    const situation = () => this.situation;
    const changed = () => this.situationChanged();
    this.dots = new Dots();
    this.day = new Day(situation, changed);
    this.cost = new Cost(situation, changed, () => this.go(this.costs.cheapest));
    this.near = new Near((id) => this.send("opened", id));
    this.labels = new Labels();
    this.back = element("button", { type: "button", text: "Back to the kept threshold" });
    this.back.addEventListener("click", () => this.go(this.data.kept));
    this.place_ = element("span", { class: "where" });
    const hint = element("span", { class: "hint", text: "Drag the line, or move it with ← and →; with Shift ten steps." });
    root.replaceChildren(
      this.sentence,
      this.figure.stage,
      element("div", { class: "under" }, [this.place_, this.back, hint]),
      element("div", { class: "panels" }, [this.dots.root, this.day.root, this.cost.root, this.near.root]),
      this.labels.root,
      this.spoken,
    );
    this.resizing = new ResizeObserver(() => this.data && this.layOut());
    this.resizing.observe(root);
  }

  /** What Python sends; what was moved here since then stays as it is here. */
  update(data, setStateValue, setTriggerValue) {
    this.setStateValue = setStateValue;
    this.setTriggerValue = setTriggerValue;
    const isNew = data.digest !== this.data?.digest;
    const stood = this.place === undefined ? undefined : this.data.stops.threshold[this.place];
    const isAhead = this.figure.dragging !== undefined || this.telling || data.heard.line < this.lineMoment;
    this.data = data;
    if (!this.situation || !(this.editing || data.heard.situation < this.situationMoment)) {
      this.situation = { ...data.situation };
    }
    if (isNew) {
      this.figure.take(data);
      this.labels.take(data);
    }
    this.costs = this.costsOf();
    this.place = isAhead ? nearest(data.stops.threshold, stood) : data.draft;
    this.fillFields();
    if (isNew || this.costKey !== this.keyOfCosts()) this.layOut();
    else this.show();
    this.root.dataset.digest = data.digest;
  }

  fillFields() {
    const put = (input, value) => {
      if (input.getRootNode().activeElement !== input) input.value = String(Number(value.toPrecision(6)));
    };
    put(this.day.clips.input, this.situation.clips_per_day);
    put(this.cost.miss.input, this.situation.miss_cost);
    put(this.cost.share.input, 100 * this.situation.share_anomalous);
  }

  /** What a day costs at every stop, in false alarms; null where nothing anomalous is labelled. */
  costsOf() {
    const { labels, stops } = this.data;
    if (!labels?.n_anomalous) return null;
    const { clips_per_day: clips, share_anomalous: share, miss_cost: miss } = this.situation;
    const missed = labels.missed.map((count) => count / labels.n_anomalous);
    const values = stops.rate.map((rate, k) => clips * ((1 - share) * rate + share * miss * missed[k]));
    let cheapest = 0;
    values.forEach((value, k) => {
      if (value <= values[cheapest]) cheapest = k;
    });
    return { values, missed, cheapest };
  }

  keyOfCosts() {
    return JSON.stringify([this.situation, this.data.digest]);
  }

  situationChanged() {
    this.editing = true;
    this.costs = this.costsOf();
    this.layOut();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      this.editing = false;
      this.settling = undefined;
      this.situationMoment = Date.now();
      this.setStateValue("situation", { ...this.situation, moment: this.situationMoment });
    }, 400);
  }

  move(place) {
    const last = this.data.stops.threshold.length - 1;
    this.place = Math.min(Math.max(place, 0), last);
    this.show();
  }

  go(place) {
    this.move(place);
    this.tell();
  }

  send(name, value) {
    this.setTriggerValue(name, value);
  }

  /** Once the line has rested for a moment, so that a held key is one message. */
  tell() {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      this.telling = undefined;
      this.lineMoment = Date.now();
      this.setStateValue("line", { rate: this.data.stops.rate[this.place], moment: this.lineMoment });
    }, TELL_MILLISECONDS);
  }

  layOut() {
    const width = Math.floor(this.root.clientWidth);
    if (!width) return;
    this.costKey = this.keyOfCosts();
    this.figure.draw(width, this.costs);
    this.show();
  }

  /** Every figure at the line's place: lookups only. */
  show() {
    const { data, place, situation, costs } = this;
    const { stops, clips } = data;
    const threshold = stops.threshold[place];
    const nPassed = upperBound(clips.score, threshold);
    const nUnlike = clips.score.length - nPassed;
    const rate = percent(stops.rate[place]);
    const spoken = `${number(threshold, 4)}, false-alarm rate ${rate}, ${nUnlike} of ${counted(clips.score.length, "recording")} unlike`;
    this.figure.put(place, { tag: `${number(threshold, 4)} · ${rate}`, spoken }, costs);
    this.sentence.replaceChildren(...this.verdict(nUnlike, clips.score.length, stops.rate[place]));
    setText(this.place_, `Threshold ${number(threshold, 4)}, false-alarm rate ${rate}` + (place === data.kept ? ", as kept" : ", not kept yet"));
    this.back.hidden = place === data.kept;
    this.dots.put(data, place);
    this.day.put(data, situation, place);
    this.cost.put(data, situation, place, costs);
    this.near.root.hidden = !clips.score.length;
    this.near.put(data, nPassed);
    this.labels.put(data, place);
    Object.assign(this.root.dataset, { place, rate: stops.rate[place], threshold, unlike: nUnlike });
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => setText(this.spoken, this.sentence.textContent), SPEAK_MILLISECONDS);
  }

  verdict(nUnlike, n, rate) {
    const strong = (text) => element("strong", { text });
    const alarms = 100 * rate;
    const mistaken = alarms < 1 ? "fewer than 1" : `about ${number(alarms, 2)}`;
    if (!n) return [strong(`Of 100 normal recordings ${mistaken}`), " would be called unlike by mistake; nothing has been scored with this model yet."];
    return [
      strong(`${nUnlike.toLocaleString("en")} of ${counted(n, "recording")}`),
      ` ${nUnlike === 1 ? "is" : "are"} unlike the normal recordings you supplied; of 100 normal ones ${mistaken} would be called so by mistake.`,
    ];
  }

  close() {
    this.resizing.disconnect();
    for (const timer of [this.telling, this.settling, this.speaking]) clearTimeout(timer);
  }
}

/** How many of rising values are at most this. */
function upperBound(rising, value) {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function nearest(values, wanted) {
  let best = 0;
  values.forEach((value, k) => {
    if (Math.abs(value - wanted) < Math.abs(values[best] - wanted)) best = k;
  });
  return best;
}

/** Called by Streamlit at first and on every rerun that touches the data. */
export default function mount({ parentElement, data, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".hearmap-threshold");
  if (!root) return undefined;
  let line = lines.get(root);
  if (!line) {
    line = new ThresholdLine(root);
    lines.set(root, line);
  }
  line.update(data, setStateValue, setTriggerValue);
  return () => {
    lines.get(root)?.close();
    lines.delete(root);
  };
}
