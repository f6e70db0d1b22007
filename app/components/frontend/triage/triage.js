// The list: stepping, filtering and labelling happen here at once; Python keeps and prepares.

import { readFrame } from "./data.js";
import { paintGlance } from "./picture.js";
import { Voice } from "./sound.js";
import { buildPage, element, MARKS, setText, VERDICTS } from "./page.js";

const ROW = 40;
const SPARE_ROWS = 6;
const MOST_GLANCES = 40;
const ASK_MILLISECONDS = 30;
const RETRY_MILLISECONDS = 3000;
const PICTURE_HEIGHT = 190;
const lists = new WeakMap();
// What somebody set once holds for the next page of this visit.
const preferences = { playing: false, advancing: true };

class TriageList {
  constructor(root) {
    this.root = root;
    this.page = buildPage(root);
    this.voice = new Voice(() => this.showSound());
    this.glances = new Map();
    this.asked = new Set();
    this.source = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.number = 0;
    this.unkept = [];
    this.notes = new Map();
    this.rowPool = new Map();
    this.page.playing.input.checked = preferences.playing;
    this.page.advancing.input.checked = preferences.advancing;
    this.listen();
  }

  listen() {
    const { page } = this;
    const on = (target, name, action) => target.addEventListener(name, action);
    on(this.root, "keydown", (event) => this.onKey(event));
    on(page.search, "input", () => this.filter());
    for (const part of [page.verdict, page.label, page.p]) on(part, "change", () => this.filter());
    on(page.list, "scroll", () => this.drawRows());
    on(page.list, "click", (event) => {
      const row = event.target.closest?.(".item");
      if (row) this.go(Number(row.dataset.place));
    });
    on(page.strongest, "click", () => this.toggle(false));
    on(page.whole, "click", () => this.toggle(true));
    on(page.listen, "click", () => this.open());
    on(page.clear, "click", () => this.setLabel(null));
    for (const button of page.labels) on(button, "click", () => this.setLabel(button.dataset.value));
    on(page.note, "change", () => this.setNote(page.note.value));
    on(page.playing.input, "change", () => (preferences.playing = page.playing.input.checked));
    on(page.advancing.input, "change", () => (preferences.advancing = page.advancing.input.checked));
    this.resizing = new ResizeObserver(() => this.showPicture());
    this.resizing.observe(page.stage);
  }

  // What Python sends

  update(data, setStateValue, setTriggerValue) {
    this.setStateValue = setStateValue;
    this.setTriggerValue = setTriggerValue;
    const header = readFrame(data);
    this.isDark = isDark(this.root);
    const kept = header.acknowledged[this.source] ?? 0;
    this.unkept = this.unkept.filter((change) => change.number > kept);
    this.labels = new Map(Object.entries(header.labels));
    // What is not kept yet is shown as the user set it.
    for (const change of this.unkept) this.put(change.id, change.verdict, change.note);
    const rows = JSON.stringify(header.rows);
    if (rows !== this.rowsText) {
      this.rowsText = rows;
      this.rows = header.rows;
      this.placeOf = new Map(header.rows.id.map((id, i) => [id, i]));
      this.glances.clear();
    }
    for (const glance of header.glances) {
      this.asked.delete(glance.id);
      this.glances.delete(glance.id);
      this.glances.set(glance.id, glance);
      if (this.glances.size > MOST_GLANCES) this.glances.delete(this.glances.keys().next().value);
    }
    const isFirst = this.at === undefined;
    if (isFirst || !this.placeOf.has(this.at)) this.at = header.first || this.rows.id[0];
    this.filter(true);
    if (isFirst && document.activeElement === document.body) this.page.list.focus({ preventScroll: true });
    this.root.dataset.unkept = this.unkept.length;
    this.root.dataset.ready = "true";
  }

  put(id, verdict, note) {
    if (verdict) this.labels.set(id, [verdict, note, ""]);
    else this.labels.delete(id);
  }

  // Which rows are shown

  filter(isStill = false) {
    const { page, rows } = this;
    const text = page.search.value.trim().toLowerCase();
    const [verdict, label, p] = [page.verdict.value, page.label.value, page.p.value];
    this.shown = [];
    rows.id.forEach((id, i) => {
      const given = this.labels.get(id);
      if (verdict && (rows.p[i] === null || (verdict === "unlike") !== Boolean(rows.unlike[i]))) return;
      if (label && (label === "none" ? given : given?.[0] !== label)) return;
      if (p && !(rows.p[i] !== null && rows.p[i] <= Number(p) + 1e-12)) return;
      if (text && !`${rows.name[i]} ${given?.[1] ?? ""}`.toLowerCase().includes(text)) return;
      this.shown.push(i);
    });
    page.tall.style.height = `${this.shown.length * ROW}px`;
    const nLabelled = rows.id.reduce((count, id) => count + (this.labels.has(id) ? 1 : 0), 0);
    setText(page.count, `${this.shown.length.toLocaleString("en")} of ${rows.id.length.toLocaleString("en")} recordings shown, ${nLabelled.toLocaleString("en")} labelled`);
    Object.assign(this.root.dataset, { shown: this.shown.length, labelled: nLabelled });
    const place = this.shown.indexOf(this.placeOf.get(this.at));
    if (place >= 0) this.place = place;
    else if (isStill) this.place = Math.min(this.place ?? 0, Math.max(this.shown.length - 1, 0));
    else if (this.shown.length) return this.go(0);
    else this.place = 0;
    this.drawRows(true);
    if (!isStill) this.keepInSight();
    this.showClip();
    return undefined;
  }

  /** Only the rows in sight exist. */
  drawRows(isNew = false) {
    const { page, shown } = this;
    const first = Math.max(0, Math.floor(page.list.scrollTop / ROW) - SPARE_ROWS);
    const last = Math.min(shown.length, first + Math.ceil((page.list.clientHeight || 520) / ROW) + 2 * SPARE_ROWS);
    if (isNew) this.clearRows();
    for (const [place, row] of this.rowPool) {
      if (place < first || place >= last) {
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

  clearRows() {
    for (const row of this.rowPool.values()) row.remove();
    this.rowPool.clear();
  }

  row(place) {
    const { rows } = this;
    const i = this.shown[place];
    const given = this.labels.get(rows.id[i]);
    const ratio = Math.min(Math.max(rows.ratio[i] ?? 0, 0), 2);
    const bar = element("span", { class: "bar", "aria-hidden": "true" }, [element("i")]);
    bar.firstChild.style.width = `${50 * ratio}%`;
    const words = rows.problem[i] ? "no score" : `p ${rows.p[i].toPrecision(2)}`;
    const row = element("div", { class: "item", role: "option", id: `row-${place}`, "aria-setsize": this.shown.length, "aria-posinset": place + 1 }, [
      element("span", { class: "rank", text: String(i + 1) }),
      element("span", { class: "title", text: rows.name[i] }),
      bar,
      element("span", { class: "p", text: words }),
      element("span", { class: `chip ${given?.[0] ?? ""}`, text: given ? MARKS[given[0]] : "" }),
    ]);
    const spoken = rows.problem[i] ? "could not be scored" : rows.unlike[i] ? "unlike normal" : "like normal";
    row.setAttribute("aria-label", `${rows.name[i]}, ${spoken}, ${words}${given ? `, labelled ${given[0]}` : ""}`);
    row.dataset.place = place;
    row.dataset.unlike = rows.unlike[i];
    row.style.top = `${place * ROW}px`;
    return row;
  }

  markRow() {
    for (const [place, row] of this.rowPool) row.setAttribute("aria-selected", String(this.shown[place] === this.placeOf.get(this.at)));
    const isShown = this.shown[this.place] === this.placeOf.get(this.at);
    if (isShown && this.rowPool.has(this.place)) this.page.list.setAttribute("aria-activedescendant", `row-${this.place}`);
    else this.page.list.removeAttribute("aria-activedescendant");
  }

  keepInSight() {
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
    const act = {
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
      0: () => this.setLabel(null),
      e: () => this.page.note.focus(),
      "/": () => this.page.search.focus(),
      Enter: () => this.open(),
      Escape: () => this.voice.stop(),
    }[event.key] ?? (verdict && (() => this.setLabel(verdict)));
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  step(count) {
    const isShown = this.shown[this.place] === this.placeOf.get(this.at);
    // A clip that its label took out of the list: what stood after it is at its place now.
    const from = isShown || count < 0 ? this.place : this.place - 1;
    this.go(from + count);
  }

  go(place) {
    if (!this.shown.length) return;
    this.saveNote();
    this.place = Math.min(Math.max(place, 0), this.shown.length - 1);
    this.at = this.rows.id[this.shown[this.place]];
    this.voice.stop();
    this.keepInSight();
    this.drawRows();
    this.showClip();
    this.pending = this.page.playing.input.checked ? this.at : undefined;
    this.playPending();
  }

  toggle(isWhole) {
    if (this.voice.playing) {
      this.voice.stop();
      return;
    }
    const glance = this.glances.get(this.at);
    if (glance) this.voice.play(glance, isWhole);
    else this.pending = this.at;
  }

  playPending() {
    const glance = this.pending === this.at && this.glances.get(this.at);
    if (!glance) return;
    this.pending = undefined;
    this.voice.play(glance, false);
  }

  setLabel(verdict) {
    if (!this.at) return;
    const before = this.labels.get(this.at);
    const note = verdict ? this.page.note.value.trim() : "";
    if (!verdict && !before) return;
    this.change(this.at, verdict, note);
    setText(this.page.spoken, verdict ? `${this.rows.name[this.placeOf.get(this.at)]}: ${verdict}` : "No label");
    const next = this.shown[this.place + 1];
    const isNext = verdict && this.page.advancing.input.checked && next !== undefined;
    if (isNext) {
      this.saved = this.at;
      this.at = this.rows.id[next];
      this.voice.stop();
    }
    this.filter(true);
    this.keepInSight();
    if (isNext) {
      this.pending = this.page.playing.input.checked ? this.at : undefined;
      this.playPending();
    }
  }

  setNote(note) {
    const given = this.labels.get(this.at);
    if (given && given[1] !== note.trim()) this.change(this.at, given[0], note.trim());
    else if (!given) this.notes.set(this.at, note);
  }

  /** A note is kept when its clip is left, even if its field did not hear of a change. */
  saveNote() {
    if (this.at && this.noteOf === this.at) this.setNote(this.page.note.value);
  }

  /** Every change is sent until Python says that it is kept. */
  change(id, verdict, note) {
    this.number += 1;
    this.unkept.push({ source: this.source, number: this.number, id, verdict, note });
    this.notes.delete(id);
    this.put(id, verdict, note);
    this.root.dataset.unkept = this.unkept.length;
    this.setStateValue("changes", this.unkept.slice());
  }

  open() {
    if (this.at) this.setTriggerValue("opened", this.at);
  }

  // The chosen clip

  showClip() {
    const { page, rows, at } = this;
    const i = this.placeOf.get(at);
    if (i === undefined) return;
    const given = this.labels.get(at);
    setText(page.name, rows.name[i]);
    const unlike = rows.unlike[i] ? `Unlike the normal recordings you supplied${rows.place[i] ? `, ${rows.place[i]}` : ""}.` : "Like the normal recordings you supplied.";
    setText(page.said, rows.problem[i] || `${unlike} ${rows.evidence[i]}`);
    for (const button of page.labels) button.setAttribute("aria-pressed", String(button.dataset.value === given?.[0]));
    page.clear.disabled = !given;
    if (this.noteOf !== at || (this.root.getRootNode().activeElement ?? null) !== page.note) {
      page.note.value = given?.[1] ?? this.notes.get(at) ?? "";
    }
    this.noteOf = at;
    this.root.dataset.at = at;
    this.root.dataset.label = given?.[0] ?? "";
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
    if (this.painted !== glance || this.paintedWidth !== width || this.paintedDark !== this.isDark) {
      paintGlance(page.canvas, glance, width, PICTURE_HEIGHT, this.isDark);
      Object.assign(this, { painted: glance, paintedWidth: width, paintedDark: this.isDark });
    }
    const said = `${glance.start_s.toFixed(1)}–${glance.end_s.toFixed(1)} s, ${Math.round(glance.low_hz)} Hz–${(glance.high_hz / 1000).toFixed(1)} kHz, low at the bottom; colour is what is unlike`;
    setText(page.axis, said);
    page.canvas.setAttribute("aria-label", `Spectrogram with evidence, ${said}`);
    this.showSound();
  }

  showSound() {
    const { page, voice } = this;
    const isPlaying = voice.playing;
    this.root.dataset.state = isPlaying ? "playing" : "paused";
    setText(page.strongest, isPlaying ? "Stop" : "Play the strongest region");
    page.head.hidden = !isPlaying;
    cancelAnimationFrame(this.frame);
    if (!isPlaying) return;
    const share = (voice.position() * voice.glance.sample_rate) / voice.glance.pcm.length;
    page.head.style.left = `${100 * share}%`;
    this.frame = requestAnimationFrame(() => this.showSound());
  }

  /**
   * Asks for the chosen clip, or once it is there for those next to it. Of two requests that follow
   * fast only the later may be answered, so what only an earlier one named is asked for again.
   */
  ask() {
    clearTimeout(this.asking);
    this.asking = setTimeout(() => {
      const here = this.shown.indexOf(this.placeOf.get(this.at));
      const near = [1, 2, -1].map((step) => this.rows.id[this.shown[(here >= 0 ? here : this.place - 1) + step]]);
      const missing = (id) => id !== undefined && !this.glances.has(id);
      const isHere = this.glances.has(this.at);
      const wanted = isHere ? near.filter(missing) : [this.at, ...near].filter(missing).slice(0, 2);
      clearTimeout(this.retrying);
      if (!wanted.length) return;
      if (!isHere) this.retrying = setTimeout(() => this.forget(), RETRY_MILLISECONDS);
      if (wanted.every((id) => this.asked.has(id))) return;
      this.asked = new Set(wanted);
      this.setStateValue("wanted", { ids: wanted, moment: Date.now() });
    }, ASK_MILLISECONDS);
  }

  /** What was asked for did not come: it is asked for again. */
  forget() {
    this.asked.clear();
    this.ask();
  }

  fail(error) {
    this.page.error.textContent = error instanceof Error ? error.message : String(error);
    this.page.error.hidden = false;
  }

  close() {
    this.voice.close();
    this.resizing.disconnect();
    clearTimeout(this.asking);
    clearTimeout(this.retrying);
    cancelAnimationFrame(this.frame);
  }
}

function isDark(root) {
  const paper = getComputedStyle(root).getPropertyValue("--st-background-color");
  const hex = /^#([0-9a-f]{6})/i.exec(paper.trim());
  if (!hex) return false;
  const [r, g, b] = [0, 2, 4].map((i) => parseInt(hex[1].slice(i, i + 2), 16));
  return 0.3 * r + 0.6 * g + 0.1 * b < 128;
}

/** Called by Streamlit at first and on every rerun that touches the data. */
export default function mount({ parentElement, data, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".hearmap-triage");
  if (!root) return undefined;
  let list = lists.get(root);
  if (!list) {
    list = new TriageList(root);
    lists.set(root, list);
  }
  try {
    list.update(data, setStateValue, setTriggerValue);
  } catch (error) {
    list.fail(error);
  }
  return () => {
    lists.get(root)?.close();
    lists.delete(root);
  };
}
