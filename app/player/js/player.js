// The player: one object a component, kept through reruns; Python hears of finished choices only.

import { readHeader, readPart, readPicture, readSounds } from "./payload.js";
import { LONGEST_BAND_SECONDS, SoundEngine } from "./sound.js";
import { spokenBox, View } from "./axes.js";
import { COLOUR_MAPS, readColours } from "./colours.js";
import { fittingRangeDb, layoutOf, overviewOf, paintBase, LAYOUT } from "./paint.js";
import { paintOverlay } from "./overlay.js";
import { Painting } from "./painting.js";
import { Parts } from "./parts.js";
import { buildPage, element, SCALES, segmented, VIEWS } from "./page.js";
import { RegionButtons } from "./regions.js";
import { describe } from "./status.js";
import { listenToKeys, listenToPointers } from "./gestures.js";

const IDLE_SECONDS = 1;
const players = new WeakMap();
// What somebody set once holds for the next clip and the next page of this visit.
const preferences = {
  view: "both",
  colours: "orange",
  opacity: 0.7,
  scale: "mel",
  matched: false,
  looping: false,
};

class Player {
  constructor(root) {
    this.root = root;
    this.engine = new SoundEngine(
      (ranOut) => this.stopped(ranOut),
      (words) => this.fail(new Error(words)),
    );
    const { view, opacity, colours } = preferences;
    this.look = { view, opacity, colours, rangeDb: 70 };
    this.parts = new Parts(this);
    this.painting = new Painting(this);
    this.regionButtons = new RegionButtons(this);
    this.canPaint = false;
    this.box = null; // {start, end, low, high, region: index or null}
    this.draft = null;
    this.solo = false;
    this.looping = preferences.looping;
    this.engine.matched = preferences.matched;
    this.hovered = null;
    this.hoveredRegion = null;
    this.frame = 0;
    this.baseIsStale = true;
    this.page = buildPage(root, {
      setView: (view) => this.setView(view),
      setScale: (scale) => this.setScale(scale),
      setColours: (name) => this.setColours(name),
      setTool: (tool) => this.painting.setTool(tool),
    });
    this.listen();
  }

  listen() {
    const { page } = this;
    const on = (target, name, action) => target.addEventListener(name, this.guarded(action));
    on(page.play, "click", () => this.togglePlay());
    on(page.loop, "click", () => this.setLooping(!this.looping));
    on(page.matched, "click", () => this.setMatched(!this.engine.matched));
    on(page.help, "click", () => this.showHelp());
    on(page.previous, "click", () => this.stepRegion(-1));
    on(page.next, "click", () => this.stepRegion(1));
    on(page.solo, "click", () => this.setSolo(!this.solo));
    on(page.clear, "click", () => this.clearBox());
    on(page.opacity.input, "input", () => this.setOpacity(page.opacity.input.value / 100));
    on(page.range.input, "input", () => this.setRange(Number(page.range.input.value)));
    on(page.closer, "click", () => this.zoomAt(null, 0.7, 1));
    on(page.farther, "click", () => this.zoomAt(null, 1 / 0.7, 1));
    on(page.taller, "click", () => this.zoomAt(null, 1, 0.7));
    on(page.flatter, "click", () => this.zoomAt(null, 1, 1 / 0.7));
    on(page.whole, "click", () => this.showAll());
    on(page.paint, "click", () => this.painting.setOn(!this.painting.isOn));
    on(page.brushSize.input, "input", () => this.painting.setSize(Number(page.brushSize.input.value)));
    on(page.addBox, "click", () => this.painting.addBox(1));
    on(page.undo, "click", () => this.painting.undo());
    on(page.wipe, "click", () => this.painting.clear());
    listenToPointers(page.plot, this);
    listenToKeys(this.root, this);
    this.resizeObserver = new ResizeObserver(() => this.refresh(true));
    this.resizeObserver.observe(page.stage);
    this.ratioQuery = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    this.onRatio = () => this.refresh(true);
    this.ratioQuery.addEventListener("change", this.onRatio);
  }

  /** An error inside becomes one sentence on the page instead of silence. */
  guarded(action) {
    return (...given) => {
      try {
        return action(...given);
      } catch (error) {
        this.fail(error);
        return undefined;
      }
    };
  }

  fail(error) {
    const words = error instanceof Error ? error.message : String(error);
    this.page.error.textContent = words;
    this.page.error.hidden = false;
    this.root.dataset.error = words;
    this.setUsable(Boolean(this.view));
  }

  /** Without a picture no control has anything to act on. */
  setUsable(isUsable) {
    for (const part of this.root.children) part.inert = !isUsable && part !== this.page.error;
  }

  // What Python sends

  update(data, setStateValue) {
    this.setStateValue = setStateValue;
    const header = readHeader(data);
    this.colours = readColours(this.root);
    this.height = header.height;
    this.canPaint = header.paint;
    if (!header.paint) this.painting.isOn = false;
    if (header.digest !== this.digest) {
      const isSameClip = header.clip === this.clip;
      this.clip = header.clip;
      this.regionsDigest = header.regions_digest;
      this.takeParts(data, header);
      this.takePicture(data, header, isSameClip);
      if (header.sounds_digest !== this.soundsDigest) this.takeSounds(data, header, isSameClip);
      this.digest = header.digest;
      this.root.dataset.digest = header.digest;
      this.page.error.hidden = true;
      this.setUsable(true);
      delete this.root.dataset.error;
    }
    this.refresh(true);
  }

  takeParts(data, header) {
    const part = readPart(data, header);
    this.parts.bounds = part?.bounds ?? [];
    this.parts.score = part?.score ?? null;
    this.parts.shown = part?.index ?? 0;
    this.parts.asked = null;
    this.root.dataset.part = part ? String(part.index) : "";
    this.lengthSeconds = part ? part.bounds.at(-1)[1] : header.duration_s;
  }

  takePicture(data, header, isSameClip) {
    const picture = readPicture(data, header);
    const before = this.view;
    this.view = new View(picture);
    this.view.setScale(before?.scale ?? preferences.scale);
    this.painting.takePicture(this.view, isSameClip);
    if (before && isSameClip) {
      // A picture that was shown whole is followed by its neighbour shown whole.
      const { startSeconds, endSeconds } = before.picture;
      const isPartOnly = before.start > startSeconds || before.end < endSeconds;
      if (isPartOnly) this.view.showTime(before.start, before.end);
      this.view.low = before.low;
      this.view.high = before.high;
    } else {
      this.view.reset();
      this.look.rangeDb = fittingRangeDb(picture);
    }
    this.regions = header.regions.map((region, index) => ({
      start: region.start_s,
      end: region.end_s,
      low: region.low_hz,
      high: region.high_hz,
      region: index,
    }));
    if (this.box?.region != null) {
      // New regions after a change of threshold: the chosen one may stand at another place, or be gone.
      const { start, end, low, high } = this.box;
      const found = this.regions.find(
        (r) => r.start === start && r.end === end && r.low === low && r.high === high,
      );
      this.box = found ?? { ...this.box, region: null };
    }
    this.regionButtons.take(this.regions);
    // What the panels of other models say, for those who do not see them.
    this.page.maps.replaceChildren(
      ...picture.maps.map(({ label }) => element("span", { role: "img", "aria-label": label })),
    );
    this.root.dataset.maps = String(picture.maps.length);
    this.page.note.textContent = header.notes.join(" ");
    this.page.note.hidden = header.notes.length === 0;
  }

  takeSounds(data, header, isSameClip) {
    const sounds = readSounds(data, header);
    this.soundsDigest = header.sounds_digest;
    const names = sounds.map((sound) => `${sound.name} ${sound.label}`).join("\n");
    if (isSameClip && this.parts.isLong && names === this.soundNames) {
      this.parts.takeSounds(sounds, this.parts.shown);
      return;
    }
    // Further sounds of the clip that is here, an explanation's for one: what plays goes on.
    const areFurther = isSameClip && !this.parts.isLong && Boolean(this.names);
    const heard = this.names?.[this.engine.active];
    this.soundNames = names;
    this.labels = sounds.map((sound) => sound.label);
    this.names = sounds.map((sound) => sound.name);
    this.parts.heard = this.parts.shown;
    this.parts.pending = null;
    const { startSeconds, endSeconds } = this.view.picture;
    const isLast = endSeconds >= this.lengthSeconds - 1e-3;
    if (areFurther) {
      this.engine.active = Math.max(0, this.names.indexOf(heard));
      this.engine.continueIn(sounds, startSeconds, endSeconds, isLast);
      this.applySolo();
    } else {
      this.box = null;
      this.solo = false;
      this.engine.load(sounds, startSeconds, endSeconds, isLast);
    }
    this.applyLoop();
    const items = sounds.map((sound, i) => [i, sound.label, `${sound.label} (${i + 1})`]);
    const group = segmented("sounds", "Sound", items, (i) => this.chooseSound(Number(i)));
    [...group.children].forEach((item, i) => {
      item.prepend(element("span", { class: "number", text: String(i + 1), "aria-hidden": "true" }));
    });
    this.page.sounds.replaceChildren(group);
    this.soundGroup = group;
    // Many or long names get a line of their own where there is little room.
    this.root.dataset.manySounds = String(this.labels.join("").length > 45);
  }

  // What the user does

  togglePlay() {
    if (this.engine.playing) this.engine.pause();
    else if (this.parts.reach(this.engine.position(), true)) this.engine.play();
    this.refresh();
  }

  /** The sound ended; in a long clip, perhaps only the part of it that is here. */
  stopped(ranOut) {
    const on = this.engine.end + 0.01;
    if (ranOut && this.parts.reach(on, true)) this.engine.play(on);
    this.refresh();
  }

  seek(seconds) {
    const inBox = this.box && seconds >= this.box.start && seconds <= this.box.end;
    if (this.solo && !inBox) this.setSolo(false);
    const at = Math.min(Math.max(seconds, 0), this.lengthSeconds);
    if (this.parts.reach(at, Boolean(this.engine.playing), () => this.follow(at))) {
      this.engine.seek(at);
      this.follow(at);
    }
    this.refresh();
  }

  /** By a tenth of a second, or in long stretches by a hundredth of what is visible. */
  step(count) {
    const size = Math.max(0.1, (this.view.end - this.view.start) / 100);
    this.seek(this.engine.position() + count * size);
  }

  chooseSound(index) {
    if (index < 0 || index >= this.labels.length) return;
    this.engine.choose(index);
    this.say(this.labels[index]);
    this.refresh();
  }

  setMatched(matched) {
    preferences.matched = matched;
    this.engine.setMatched(matched);
    this.say(matched ? "Same loudness on" : "Same loudness off");
    this.refresh();
  }

  setLooping(looping) {
    this.looping = preferences.looping = looping;
    this.applyLoop();
    this.say(looping ? "Loop on" : "Loop off");
    this.refresh();
  }

  applyLoop() {
    // A long clip is played on from part to part: only a box of it is looped.
    const whole = this.parts.isLong ? null : { start: 0, end: this.engine.end };
    const part = this.box && { start: this.box.start, end: this.box.end };
    this.engine.setLoop(this.looping ? (part ?? whole) : null);
  }

  setSolo(solo) {
    if (solo && !this.box) {
      this.say("Draw a box or choose a region first");
      return;
    }
    this.solo = solo;
    this.applySolo();
    this.say(solo ? `Only ${spokenBox(this.box)}` : "Everything is heard again");
    this.refresh();
  }

  applySolo() {
    if (!this.solo) {
      this.engine.setBand(null);
      return;
    }
    // A box that touches the picture's edge is open there: what lies beyond belongs to it.
    const { start, end, low, high } = this.box;
    const { lowestHz, highestHz } = this.view;
    this.engine.setBand({
      start,
      end,
      low: low <= lowestHz + 1 ? 0 : low,
      high: high >= highestHz - 1 ? Infinity : high,
    });
    if (end - start > LONGEST_BAND_SECONDS) {
      this.say(`Only the first ${LONGEST_BAND_SECONDS} seconds of the box are played`);
    }
  }

  /** A box chosen by hand (region null) or a region; Python is told. */
  choose(box, { solo, patient = false }) {
    const hasSound = this.parts.reach(box.start, Boolean(this.engine.playing), () => {
      this.choose(box, { solo, patient });
      this.reveal(box);
    });
    if (!hasSound) {
      this.refresh();
      return;
    }
    this.box = box;
    this.solo = solo;
    this.applyLoop();
    this.applySolo();
    this.tell(patient ? 250 : 0);
    this.refresh();
  }

  clearBox() {
    this.box = null;
    this.solo = false;
    this.applySolo();
    this.applyLoop();
    this.tell(0);
    this.say("Box removed");
    this.refresh();
  }

  stepRegion(step) {
    const n = this.regions.length;
    if (!n) {
      this.say("There is no region above the threshold");
      return;
    }
    const now = this.box?.region;
    this.chooseRegion(now == null ? (step > 0 ? 0 : n - 1) : (now + step + n) % n);
  }

  chooseRegion(index) {
    const region = this.regions[index];
    // Stepping quickly through many regions asks Python once, for the last.
    if (this.solo) this.engine.setBand(null);
    this.choose(region, { solo: this.solo, patient: true });
    if (!this.solo && this.engine.covers(region.start)) this.engine.seek(region.start);
    this.reveal(region);
    this.say(`Region ${index + 1} of ${this.regions.length}: ${spokenBox(region)}`);
    this.refresh();
  }

  /** A box in time only, by keys: it begins or ends at the playhead. */
  markAtPlayhead(side) {
    const at = this.engine.position();
    const { lowestHz, highestHz } = this.view;
    const { startSeconds, endSeconds } = this.view.picture;
    const box = this.box
      ? { ...this.box, region: null }
      : { start: startSeconds, end: endSeconds, low: lowestHz, high: highestHz, region: null };
    box[side] = at;
    if (box.end - box.start < 0.01) {
      if (side === "start") box.end = endSeconds;
      else box.start = startSeconds;
    }
    if (box.end - box.start < 0.01) return;
    this.choose(box, { solo: this.solo, patient: true });
    this.say(`Box: ${spokenBox(box)}`);
  }

  setView(view) {
    this.look.view = preferences.view = view;
    this.refresh(true);
  }

  nextView() {
    const names = VIEWS.map(([name]) => name);
    this.setView(names[(names.indexOf(this.look.view) + 1) % names.length]);
    this.say(`View: ${VIEWS[names.indexOf(this.look.view)][2]}`);
  }

  setColours(name) {
    this.look.colours = preferences.colours = name;
    this.refresh(true);
  }

  nextColours() {
    const names = COLOUR_MAPS.map(([name]) => name);
    this.setColours(names[(names.indexOf(this.look.colours) + 1) % names.length]);
    this.say(`Colours: ${COLOUR_MAPS[names.indexOf(this.look.colours)][1]}`);
  }

  setScale(scale) {
    preferences.scale = scale;
    this.view.setScale(scale);
    this.refresh(true);
  }

  nextScale() {
    const names = SCALES.map(([name]) => name);
    this.setScale(names[(names.indexOf(this.view.scale) + 1) % names.length]);
    this.say(`${this.view.scale} frequency scale`);
  }

  setOpacity(opacity) {
    this.look.opacity = preferences.opacity = Math.round(Math.min(Math.max(opacity, 0), 1) * 20) / 20;
    this.refresh(true);
  }

  setRange(rangeDb) {
    this.look.rangeDb = Math.min(Math.max(rangeDb, 20), 120);
    this.refresh(true);
  }

  showHelp() {
    if (!this.page.dialog.open) this.page.dialog.showModal();
  }

  // Zoom

  zoomAt(place, timeFactor, freqFactor) {
    const { view } = this;
    const at = this.engine.position();
    const isVisible = at >= view.start && at <= view.end;
    const x = place ? place.x : isVisible ? view.xOf(at) : 0.5;
    view.zoom(timeFactor, freqFactor, x, place ? place.y : 0.5);
    this.refresh(true);
  }

  /** By pixels to later and to higher. */
  moveBy(alongPixels, upPixels) {
    const panel = this.layout.panels[0];
    this.panBy(alongPixels / panel.width, upPixels / panel.height);
  }

  panBy(byTime, byFreq) {
    this.parts.askBeside(Math.sign(byTime));
    this.view.pan(byTime, byFreq);
    this.refresh(true);
  }

  pinch(a0, b0, a1, b1) {
    const spread = (a, b, axis) => Math.max(Math.abs(a[axis] - b[axis]), 24);
    const middle = { x: (a1.x + b1.x) / 2, y: (a1.y + b1.y) / 2 };
    const before = { x: (a0.x + b0.x) / 2, y: (a0.y + b0.y) / 2 };
    const place = this.placeOf(middle);
    const factor = (axis) => Math.min(Math.max(spread(a0, b0, axis) / spread(a1, b1, axis), 0.5), 2);
    this.view.zoom(factor("x"), factor("y"), place.x, place.y);
    this.moveBy(before.x - middle.x, middle.y - before.y);
  }

  showAll() {
    this.view.reset();
    this.refresh(true);
  }

  zoomToBox() {
    if (!this.box) return;
    const { view, box } = this;
    const margin = 0.15 * (box.end - box.start);
    view.showTime(box.start - margin, box.end + margin);
    const low = view.unitOf(Math.max(box.low, view.floorHz()));
    const high = view.unitOf(box.high);
    view.showUnits(low - 0.15 * (high - low), high + 0.15 * (high - low));
    this.refresh(true);
  }

  /** Moves the view, if it must, so that a box can be seen. */
  reveal(box) {
    const { view } = this;
    const span = view.end - view.start;
    if (box.start < view.start || box.end > view.end) {
      const wide = Math.max(span, 1.3 * (box.end - box.start));
      const middle = (box.start + box.end) / 2;
      view.showTime(middle - wide / 2, middle + wide / 2);
    }
    if (box.high < view.low || box.low > view.high) {
      view.low = view.floorHz();
      view.high = view.highestHz;
    }
    this.baseIsStale = true;
  }

  /** Turns the page, as of a score, when the playhead leaves what is visible. */
  follow(seconds) {
    const { view } = this;
    const span = view.end - view.start;
    if (seconds >= view.start && seconds <= view.end) return;
    view.showTime(seconds - 0.05 * span, seconds + 0.95 * span);
    this.baseIsStale = true;
  }

  /** Follows a playhead that runs out of sight, not one that somebody moved the picture away from. */
  followPlayhead() {
    const at = this.engine.position();
    const isVisible = at >= this.view.start && at <= this.view.end;
    if (this.baseIsStale || isVisible) this.following = isVisible;
    else if (this.following) this.follow(at);
  }

  // Places on the plot

  /** Which panel and zone a point is in, its fractions there, and its time and frequency. */
  placeOf(point, panel) {
    const { layout, view } = this;
    const isBelow = layout.others.length > 0 && point.y >= this.height;
    const near = layout.others.filter((p) => point.y >= p.y - LAYOUT.title);
    const row = isBelow ? near.filter((p) => p.y === near.at(-1).y) : layout.panels;
    const chosen = panel ?? row.findLast((p) => point.x >= p.x - LAYOUT.left) ?? row[0];
    const clamp = (value) => Math.min(Math.max(value, 0), 1);
    const x = clamp((point.x - chosen.x) / chosen.width);
    const y = clamp((point.y - chosen.y) / chosen.height);
    let zone = "picture";
    let seconds = view.secondsAt(x);
    if (layout.overview && !isBelow && point.y >= layout.overview.y) {
      zone = "overview";
      const lane = overviewOf(layout);
      seconds = clamp((point.x - lane.x) / lane.width) * this.lengthSeconds;
    } else if (point.y >= chosen.axis.y) zone = "time";
    else if (point.y >= chosen.score.y) zone = "score";
    else if (point.x < chosen.x - 2 && !(chosen !== layout.panels[0] && layout.panels.includes(chosen))) {
      zone = "frequency";
    }
    const hz = y <= 0 ? view.high : y >= 1 ? view.low : view.hzAt(y);
    return { panel: chosen, zone, x, y, seconds, hz };
  }

  boxBetween({ from, to }) {
    const { view } = this;
    const isTimeOnly = from.zone === "score";
    return {
      start: Math.min(from.seconds, to.seconds),
      end: Math.max(from.seconds, to.seconds),
      low: isTimeOnly ? view.lowestHz : Math.min(from.hz, to.hz),
      high: isTimeOnly ? view.highestHz : Math.max(from.hz, to.hz),
      region: null,
    };
  }

  drawBox(drawn) {
    this.draft = drawn && this.boxBetween(drawn);
    this.refresh();
  }

  finishBox(drawn) {
    this.draft = null;
    const box = this.boxBetween(drawn);
    if (box.end - box.start < 0.005 || box.high - box.low < 1) {
      this.refresh();
      return;
    }
    this.choose(box, { solo: true });
    this.say(`Only ${spokenBox(box)}`);
  }

  click(place) {
    const { box } = this;
    const { seconds, hz } = place;
    const inside =
      box && seconds >= box.start && seconds <= box.end && (place.zone !== "picture" || (hz >= box.low && hz <= box.high));
    if (box && !inside) this.clearBox();
    this.seek(seconds);
    this.page.plot.focus({ preventScroll: true });
  }

  doubleClick(place) {
    const { box } = this;
    if (box && place.seconds >= box.start && place.seconds <= box.end) this.zoomToBox();
    else this.showAll();
  }

  hover(place) {
    this.hovered = place && place.zone !== "frequency" && place.zone !== "overview" ? place : null;
    this.page.plot.dataset.zone = place?.zone ?? "";
    this.refresh();
  }

  // Telling Python and the screen reader

  tell(waitMilliseconds) {
    clearTimeout(this.telling);
    const { box } = this;
    const message = box && {
      clip: this.clip,
      regions: this.regionsDigest,
      region_index: box.region,
      start_s: box.start,
      end_s: box.end,
      low_hz: Math.max(0, box.low),
      high_hz: box.high,
    };
    this.telling = setTimeout(() => this.setStateValue("selection", message), waitMilliseconds);
  }

  say(words) {
    this.page.spoken.textContent = words;
  }

  // Painting

  /** Paints at the next frame: the overlay always, the pictures when the view changed. */
  refresh(base = false) {
    this.baseIsStale ||= base;
    if (!this.frame) this.frame = requestAnimationFrame(this.guarded(() => this.paint()));
  }

  paint() {
    this.frame = 0;
    const { page, engine, view } = this;
    if (!view) return;
    engine.finishIfDone();
    const isPlaying = Boolean(engine.playing);
    if (isPlaying && !this.draft) this.followPlayhead();
    if (isPlaying) this.parts.askAhead(engine.position());
    const width = page.stage.clientWidth;
    if (width > 0 && this.baseIsStale) this.paintBase(width);
    // Read last: painting the picture takes longer than the playhead may lag.
    const position = engine.position();
    if (width > 0) {
      paintOverlay(page.overlay.getContext("2d"), this.layout, view, this.colours, this.ratio, {
        playhead: position,
        box: this.draft ?? this.box,
        solo: this.solo && !this.draft,
        outline: this.hoveredRegion,
        hover: this.hovered,
        painted: this.painting.mask,
        brush: this.painting.isOn && this.hovered?.zone === "picture" ? this.painting : null,
        lengthSeconds: this.lengthSeconds,
      });
    }
    describe(this, position, isPlaying);
    if (isPlaying) this.refresh();
    else this.rest();
  }

  paintBase(width) {
    const { page, view, look } = this;
    this.baseIsStale = false;
    this.ratio = Math.min(devicePixelRatio || 1, 2);
    const isSide = look.view === "side";
    this.layout = layoutOf(width, this.height, view.picture, {
      nRegionRows: this.regionButtons.nRows,
      sideBySide: isSide,
      isLong: this.parts.isLong,
    });
    const { height } = this.layout;
    page.stage.style.height = `${height}px`;
    for (const canvas of [page.base, page.overlay]) {
      const w = Math.round(width * this.ratio);
      const h = Math.round(height * this.ratio);
      if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    paintBase(page.base.getContext("2d"), this.layout, view, look, this.colours, this.ratio, this.parts);
    this.regionButtons.lay();
  }

  /** A context that plays nothing would keep the device awake. */
  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      if (!this.engine.playing) this.engine.context?.suspend();
    }, IDLE_SECONDS * 1000);
  }

  close() {
    this.engine.close();
    this.resizeObserver.disconnect();
    this.ratioQuery.removeEventListener("change", this.onRatio);
    cancelAnimationFrame(this.frame);
    clearTimeout(this.telling);
    clearTimeout(this.resting);
  }
}

/** Called by Streamlit at first and on every rerun that touches the data. */
export default function mount({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".hearmap-player");
  if (!root) return undefined;
  let player = players.get(root);
  if (!player) {
    player = new Player(root);
    players.set(root, player);
  }
  player.guarded(() => player.update(data, setStateValue))();
  return () => {
    players.get(root)?.close();
    players.delete(root);
  };
}
