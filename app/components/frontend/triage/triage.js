// The list: stepping, filtering and annotating happen here at once; Python saves and prepares.

import { readColours } from "../shared/colours.js";
import { Component, mounting } from "../shared/component.js";
import { element, setText } from "../shared/elements.js";
import { Frame } from "../shared/frame.js";
import { bandText, timeRange } from "../shared/numbers.js";
import { decoded, SoundEngine } from "../shared/sound.js";
import { buildPage, MARKS, VERDICTS } from "./page.js";
import { paintGlance, stretchOf } from "./picture.js";

const ROW = 40;
const SPARE_ROWS = 6;
const MOST_GLANCES = 40;
const ASK_MILLISECONDS = 30;
const RETRY_MILLISECONDS = 3000;
const PICTURE_HEIGHT = 190;
// What somebody set once holds for the next page of this visit.
const preferences = { playing: false, advancing: true };

class TriageList extends Component {
  constructor(root) {
    super(root);
    this.page = buildPage(this);
    this.engine = new SoundEngine(
      () => this.showSound(),
      (words) => this.fail(words),
    );
    this.glances = new Map();
    this.asked = new Set();
    this.source = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.number = 0;
    this.unsaved = [];
    this.notes = new Map();
    this.rowPool = new Map();
    this.annotations = new Map();
    this.placeOf = new Map();
    this.shown = [];
    this.place = 0;
    /** @type {string | undefined} */
    this.at = undefined; // the chosen recording
    this.noteOf = undefined; // the recording whose note stands in the field
    this.pending = undefined; // the recording that is played when its glance comes
    this.painted = [];
    this.animation = 0;
    this.listen();
  }

  listen() {
    const { page } = this;
    this.on(this.root, "keydown", (event) => this.onKey(event));
    this.on(page.search, "input", () => this.filter());
    for (const part of [page.verdict, page.annotation, page.rarity]) this.on(part, "change", () => this.filter());
    this.on(page.list, "scroll", () => this.drawRows());
    this.on(page.list, "click", (event) => {
      const row = event.target.closest?.(".item");
      if (row) this.go(Number(row.dataset.place));
    });
    this.on(page.strongest, "click", () => this.toggle(false));
    this.on(page.whole, "click", () => this.toggle(true));
    this.on(page.listen, "click", () => this.open());
    this.on(page.clear, "click", () => this.annotate(null));
    for (const button of page.verdicts) this.on(button, "click", () => this.annotate(button.dataset.value));
    this.on(page.note, "change", () => this.setNote(page.note.value));
    for (const name of Object.keys(preferences)) {
      const { input } = page[name];
      input.checked = preferences[name];
      this.on(input, "change", () => Object.assign(preferences, { [name]: input.checked }));
    }
    this.onResize(page.stage, () => this.showPicture());
  }

  // What Python sends

  update(data) {
    const frame = new Frame(data);
    const { header } = frame;
    this.colours = readColours(this.root);
    this.page.note.maxLength = header.longest_note;
    const saved = header.acknowledged[this.source] ?? 0;
    this.unsaved = this.unsaved.filter((change) => change.number > saved);
    this.annotations = new Map(Object.entries(header.annotations));
    // What is not saved yet is shown as the user set it.
    for (const change of this.unsaved) this.put(change.id, change.verdict, change.note);
    if (frame.text("rows") !== this.rowsText) {
      this.rowsText = frame.text("rows");
      this.rows = JSON.parse(this.rowsText);
      this.placeOf = new Map(this.rows.id.map((id, i) => [id, i]));
      this.glances.clear();
    }
    header.glances.forEach((described, i) => {
      const id = described.clip_id;
      this.asked.delete(id);
      this.glances.delete(id);
      this.glances.set(id, {
        ...described,
        shape: frame.shape(`level${i}`),
        level: frame.array(`level${i}`),
        evidence: frame.array(`evidence${i}`),
        samples: decoded(frame.array(`pcm${i}`), described.scale),
      });
      if (this.glances.size > MOST_GLANCES) this.glances.delete(this.glances.keys().next().value);
    });
    const isFirst = this.at === undefined;
    if (isFirst || !this.placeOf.has(this.at)) this.at = header.first || this.rows.id[0];
    this.filter(true);
    if (isFirst && document.activeElement === document.body) this.page.list.focus({ preventScroll: true });
    this.root.dataset.unsaved = String(this.unsaved.length);
    this.root.dataset.ready = "true";
  }

  put(id, verdict, note) {
    if (verdict) this.annotations.set(id, [verdict, note, ""]);
    else this.annotations.delete(id);
  }

  // Which rows are shown

  filter(isStill = false) {
    const { page, rows } = this;
    const text = page.search.value.trim().toLowerCase();
    const [verdict, annotation, rarity] = [page.verdict.value, page.annotation.value, page.rarity.value];
    this.shown = [];
    rows.id.forEach((id, i) => {
      const given = this.annotations.get(id);
      if (verdict && (rows.p[i] === null || (verdict === "anomalous") !== Boolean(rows.anomalous[i]))) return;
      if (annotation && (annotation === "none" ? given : given?.[0] !== annotation)) return;
      if (rarity && !(rows.p[i] !== null && rows.one_in[i] >= Number(rarity))) return;
      if (text && !`${rows.name[i]} ${given?.[1] ?? ""}`.toLowerCase().includes(text)) return;
      this.shown.push(i);
    });
    page.tall.style.height = `${this.shown.length * ROW}px`;
    const nAnnotated = rows.id.filter((id) => this.annotations.has(id)).length;
    const [shown, all, annotated] = [this.shown.length, rows.id.length, nAnnotated].map((n) => n.toLocaleString("en"));
    setText(page.count, `${shown} of ${all} recordings shown, ${annotated} annotated`);
    Object.assign(this.root.dataset, { shown: this.shown.length, annotated: nAnnotated });
    const place = this.shown.indexOf(this.placeOf.get(this.at));
    if (place >= 0) this.place = place;
    else if (isStill) this.place = Math.min(this.place, Math.max(this.shown.length - 1, 0));
    else if (this.shown.length) return this.go(0);
    else this.place = 0;
    this.drawRows(true);
    if (!isStill) this.scrollToRow();
    this.showRecording();
    return undefined;
  }

  /** Only the rows in sight exist. */
  drawRows(isNew = false) {
    const { page, shown } = this;
    const first = Math.max(0, Math.floor(page.list.scrollTop / ROW) - SPARE_ROWS);
    const last = Math.min(shown.length, first + Math.ceil((page.list.clientHeight || 520) / ROW) + 2 * SPARE_ROWS);
    for (const [place, row] of this.rowPool) {
      if (isNew || place < first || place >= last) {
        row.remove();
        this.rowPool.delete(place);
      }
    }
    for (let place = first; place < last; place++) {
      if (!this.rowPool.has(place)) {
        const row = this.row(place);
        this.rowPool.set(place, row);
        page.tall.append(row);
      }
    }
    this.markRow();
  }

  row(place) {
    const { rows } = this;
    const i = this.shown[place];
    const given = this.annotations.get(rows.id[i]);
    const hasScore = rows.p[i] !== null;
    const words = hasScore ? rows.rarity[i] : "no score";
    const width = hasScore ? (100 * rows.evidence[i]) / 255 : 0;
    const spoken = !hasScore ? "could not be scored" : rows.anomalous[i] ? "anomalous" : "normal";
    const options = {
      class: "item",
      role: "option",
      id: `row-${place}`,
      "aria-setsize": this.shown.length,
      "aria-posinset": place + 1,
      "aria-label": `${rows.name[i]}, ${spoken}, ${words}${given ? `, annotated ${given[0]}` : ""}`,
      "data-place": place,
      "data-anomalous": rows.anomalous[i],
      style: `top: ${place * ROW}px`,
    };
    return element("div", options, [
      element("span", { class: "rank", text: String(i + 1) }),
      element("span", { class: "title", text: rows.name[i] }),
      element("span", { class: "bar", "aria-hidden": "true" }, [element("i", { style: `width: ${width}%` })]),
      element("span", { class: "p", text: words }),
      element("span", { class: `chip ${given?.[0] ?? ""}`, text: given ? MARKS[given[0]] : "" }),
    ]);
  }

  /** Whether the chosen recording is in the list where it stood. */
  get isShown() {
    return this.shown[this.place] === this.placeOf.get(this.at);
  }

  markRow() {
    const chosen = this.placeOf.get(this.at);
    for (const [place, row] of this.rowPool) row.setAttribute("aria-selected", String(this.shown[place] === chosen));
    const { list } = this.page;
    if (this.isShown && this.rowPool.has(this.place)) list.setAttribute("aria-activedescendant", `row-${this.place}`);
    else list.removeAttribute("aria-activedescendant");
  }

  scrollToRow() {
    const { list } = this.page;
    const top = this.place * ROW;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
  }

  // What the user does

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    if (target.tagName === "INPUT" && target.type !== "checkbox") {
      if (event.key !== "Escape" && event.key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation();
      this.page.list.focus({ preventScroll: true });
      return;
    }
    if (target.tagName === "SELECT") return;
    const isControl = target !== this.page.list;
    if (isControl && (event.key === " " || event.key === "Enter")) return;
    const verdict = VERDICTS.find(([, , key]) => key === event.key)?.[0];
    const act =
      {
        j: () => this.step(1),
        ArrowDown: () => this.step(1),
        k: () => this.step(-1),
        ArrowUp: () => this.step(-1),
        PageDown: () => this.step(10),
        PageUp: () => this.step(-10),
        Home: () => this.go(0),
        End: () => this.go(this.shown.length - 1),
        " ": () => this.toggle(false),
        w: () => this.toggle(true),
        0: () => this.annotate(null),
        e: () => this.page.note.focus(),
        "/": () => this.page.search.focus(),
        Enter: () => this.open(),
        Escape: () => this.engine.pause(),
      }[event.key] ??
      (verdict && (() => this.annotate(verdict)));
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  step(count) {
    // A recording that its annotation took out of the list: what stood after it is at its place now.
    const from = this.isShown || count < 0 ? this.place : this.place - 1;
    this.go(from + count);
  }

  go(place) {
    if (!this.shown.length) return;
    this.saveNote();
    this.place = Math.min(Math.max(place, 0), this.shown.length - 1);
    this.at = this.rows.id[this.shown[this.place]];
    this.stop();
    this.scrollToRow();
    this.drawRows();
    this.showRecording();
    this.playNext();
  }

  toggle(isWhole) {
    if (this.engine.playing) this.stop();
    else if (this.glances.has(this.at)) this.play(isWhole);
    else this.pending = this.at;
  }

  play(isWhole) {
    const glance = this.glances.get(this.at);
    if (!glance.samples.length) return;
    const [from, until] = isWhole ? [glance.start_s, glance.end_s] : stretchOf(glance);
    this.engine.load([{ samples: glance.samples, sampleRate: glance.sample_rate }], glance.start_s, glance.end_s);
    this.engine.play(from, null, until);
    this.showSound();
  }

  stop() {
    this.engine.pause();
    this.showSound();
  }

  /** Play what was stepped to, where the user wants that. */
  playNext() {
    this.pending = this.page.playing.input.checked ? this.at : undefined;
    this.playPending();
  }

  playPending() {
    if (this.pending !== this.at || !this.glances.has(this.at)) return;
    this.pending = undefined;
    this.play(false);
  }

  annotate(verdict) {
    if (!this.at || !(verdict || this.annotations.has(this.at))) return;
    this.change(this.at, verdict, verdict ? this.page.note.value.trim() : "");
    this.announce(verdict ? `${this.rows.name[this.placeOf.get(this.at)]}: ${verdict}` : "No annotation");
    const next = this.shown[this.place + 1];
    const isNext = verdict && this.page.advancing.input.checked && next !== undefined;
    if (isNext) {
      this.at = this.rows.id[next];
      this.stop();
    }
    this.filter(true);
    this.scrollToRow();
    if (isNext) this.playNext();
  }

  setNote(note) {
    const given = this.annotations.get(this.at);
    if (given && given[1] !== note.trim()) this.change(this.at, given[0], note.trim());
    else if (!given) this.notes.set(this.at, note);
  }

  /** Save a note when its recording is left, even if its field had no change event. */
  saveNote() {
    if (this.at && this.noteOf === this.at) this.setNote(this.page.note.value);
  }

  /** Send every change until Python says that it is saved. */
  change(id, verdict, note) {
    this.number += 1;
    this.unsaved.push({ source: this.source, number: this.number, id, verdict, note });
    this.notes.delete(id);
    this.put(id, verdict, note);
    this.root.dataset.unsaved = String(this.unsaved.length);
    this.setStateValue("changes", this.unsaved.slice());
  }

  open() {
    if (this.at) this.setTriggerValue("opened", this.at);
  }

  // The chosen recording

  showRecording() {
    const { page, rows, at } = this;
    const i = this.placeOf.get(at);
    if (i === undefined) return;
    const given = this.annotations.get(at);
    setText(page.name, rows.name[i]);
    setText(page.said, rows.said[i]);
    for (const button of page.verdicts) {
      button.setAttribute("aria-pressed", String(button.dataset.value === given?.[0]));
    }
    page.clear.disabled = !given;
    if (this.noteOf !== at || /** @type {any} */ (this.root.getRootNode()).activeElement !== page.note) {
      page.note.value = given?.[1] ?? this.notes.get(at) ?? "";
    }
    this.noteOf = at;
    this.root.dataset.at = at;
    this.root.dataset.annotation = given?.[0] ?? "";
    this.showPicture();
    this.ask();
    this.playPending();
  }

  showPicture() {
    const { page } = this;
    const glance = this.glances.get(this.at);
    const width = page.canvas.parentElement.clientWidth;
    const isReady = Boolean(glance) && !glance.problem;
    page.canvas.style.visibility = isReady ? "visible" : "hidden";
    for (const button of [page.strongest, page.whole]) button.disabled = !isReady;
    setText(page.waiting, glance ? glance.problem : "…");
    this.root.dataset.pictured = glance ? this.at : "";
    setText(page.axis, "");
    if (!isReady || !width) return;
    const wanted = [glance, width, this.colours.isDark];
    if (wanted.some((value, i) => value !== this.painted[i])) {
      this.painted = wanted;
      paintGlance(page.canvas, glance, width, PICTURE_HEIGHT, this.colours);
    }
    const times = timeRange(glance.start_s, glance.end_s, 1);
    const band = bandText(glance.low_hz, glance.high_hz, "–");
    const said = `${times}, ${band}, low at the bottom; colour shows what is anomalous`;
    setText(page.axis, said);
    page.canvas.setAttribute("aria-label", `Spectrogram with evidence, ${said}`);
    this.showSound();
  }

  showSound() {
    const { page, engine } = this;
    engine.finishIfDone();
    const isPlaying = Boolean(engine.playing);
    this.root.dataset.state = isPlaying ? "playing" : "paused";
    setText(page.strongest, isPlaying ? "Stop" : "Play the strongest region");
    page.playhead.hidden = !isPlaying;
    cancelAnimationFrame(this.animation);
    if (!isPlaying) return;
    const share = (engine.position() - engine.start) / (engine.end - engine.start);
    page.playhead.style.left = `${100 * share}%`;
    this.animation = requestAnimationFrame(() => this.showSound());
  }

  /**
   * Ask for the chosen glance, or once it is there for those next to it. Of two requests that follow
   * fast only the later may be answered, so what only an earlier one named is asked for again.
   */
  ask() {
    this.later("asking", ASK_MILLISECONDS, () => {
      const here = this.shown.indexOf(this.placeOf.get(this.at));
      const near = [1, 2, -1].map((step) => this.rows.id[this.shown[(here >= 0 ? here : this.place - 1) + step]]);
      const missing = (id) => id !== undefined && !this.glances.has(id);
      const isHere = this.glances.has(this.at);
      const wanted = isHere ? near.filter(missing) : [this.at, ...near].filter(missing).slice(0, 2);
      this.cancel("retrying");
      if (!wanted.length) return;
      if (!isHere) {
        // What was asked for may not come.
        this.later("retrying", RETRY_MILLISECONDS, () => {
          this.asked.clear();
          this.ask();
        });
      }
      if (wanted.every((id) => this.asked.has(id))) return;
      this.asked = new Set(wanted);
      this.setStateValue("wanted", { ids: wanted, moment: Date.now() });
    });
  }

  close() {
    super.close();
    this.engine.close();
    cancelAnimationFrame(this.animation);
  }
}

export default mounting(".hearmap-triage", TriageList);
