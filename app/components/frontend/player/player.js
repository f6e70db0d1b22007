// The player: one object a component, kept through reruns; Python hears of finished choices only.

import { readHeader, readPart, readPicture, readSounds } from "./payload.js";
import { SoundEngine } from "./sound.js";
import { View } from "./axes.js";
import { readColours } from "./colours.js";
import { fittingRangeDb, layoutOf, paintBase } from "./paint.js";
import { paintOverlay } from "./overlay.js";
import { preferences } from "./preferences.js";
import { Parts } from "./parts.js";
import { buildPage, element, segmented } from "./page.js";
import { Painting } from "./painting.js";
import { Selection } from "./selection.js";
import { Look } from "./look.js";
import { Navigation } from "./navigation.js";
import { RegionButtons } from "./regions.js";
import { describe } from "./status.js";
import { listenToKeys, listenToPointers } from "./gestures.js";

const IDLE_SECONDS = 1;
const players = new WeakMap();

class Player {
  constructor(root) {
    this.root = root;
    this.engine = new SoundEngine(
      (ranOut) => this.stopped(ranOut),
      (words) => this.fail(new Error(words)),
    );
    this.parts = new Parts(this);
    this.painting = new Painting(this);
    this.selection = new Selection(this);
    this.look = new Look(this);
    this.navigation = new Navigation(this);
    this.regionButtons = new RegionButtons(this);
    this.canPaint = false;
    this.engine.matched = preferences.matched;
    this.hovered = null;
    this.hoveredRegion = null;
    this.frame = 0;
    this.baseIsStale = true;
    this.page = buildPage(root, {
      setView: (view) => this.look.setView(view),
      setScale: (scale) => this.look.setScale(scale),
      setColours: (name) => this.look.setColours(name),
      setTool: (tool) => this.painting.setTool(tool),
    });
    this.listen();
  }

  listen() {
    const { page, selection, look, navigation, painting } = this;
    const on = (target, name, action) => target.addEventListener(name, this.guarded(action));
    on(page.play, "click", () => this.togglePlay());
    on(page.loop, "click", () => selection.setLooping(!selection.looping));
    on(page.matched, "click", () => this.setMatched(!this.engine.matched));
    on(page.help, "click", () => this.showHelp());
    on(page.previous, "click", () => selection.stepRegion(-1));
    on(page.next, "click", () => selection.stepRegion(1));
    on(page.solo, "click", () => selection.setSolo(!selection.solo));
    on(page.clear, "click", () => selection.clear());
    on(page.opacity.input, "input", () => look.setOpacity(page.opacity.input.value / 100));
    on(page.range.input, "input", () => look.setRange(Number(page.range.input.value)));
    on(page.closer, "click", () => navigation.zoomAt(null, 0.7, 1));
    on(page.farther, "click", () => navigation.zoomAt(null, 1 / 0.7, 1));
    on(page.taller, "click", () => navigation.zoomAt(null, 1, 0.7));
    on(page.flatter, "click", () => navigation.zoomAt(null, 1, 1 / 0.7));
    on(page.whole, "click", () => navigation.showAll());
    on(page.paint, "click", () => painting.setOn(!painting.isOn));
    on(page.brushSize.input, "input", () => painting.setSize(Number(page.brushSize.input.value)));
    on(page.addBox, "click", () => painting.addBox(1));
    on(page.undo, "click", () => painting.undo());
    on(page.wipe, "click", () => painting.clear());
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
    this.selection.takeRegions(this.regions);
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
      this.selection.applySolo();
    } else {
      this.selection.forget();
      this.engine.load(sounds, startSeconds, endSeconds, isLast);
    }
    this.selection.applyLoop();
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
    const { selection, navigation } = this;
    const { box } = selection;
    const inBox = box && seconds >= box.start && seconds <= box.end;
    if (selection.solo && !inBox) selection.setSolo(false);
    const at = Math.min(Math.max(seconds, 0), this.lengthSeconds);
    if (this.parts.reach(at, Boolean(this.engine.playing), () => navigation.follow(at))) {
      this.engine.seek(at);
      navigation.follow(at);
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

  showHelp() {
    if (!this.page.dialog.open) this.page.dialog.showModal();
  }

  click(place) {
    const { box } = this.selection;
    const { seconds, hz } = place;
    const inside =
      box &&
      seconds >= box.start &&
      seconds <= box.end &&
      (place.zone !== "picture" || (hz >= box.low && hz <= box.high));
    if (box && !inside) this.selection.clear();
    this.seek(seconds);
    this.page.plot.focus({ preventScroll: true });
  }

  doubleClick(place) {
    const { box } = this.selection;
    if (box && place.seconds >= box.start && place.seconds <= box.end) this.navigation.zoomToBox();
    else this.navigation.showAll();
  }

  hover(place) {
    this.hovered = place && place.zone !== "frequency" && place.zone !== "overview" ? place : null;
    this.page.plot.dataset.zone = place?.zone ?? "";
    this.refresh();
  }

  // What a screen reader says

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
    const { page, engine, view, selection } = this;
    if (!view) return;
    engine.finishIfDone();
    const isPlaying = Boolean(engine.playing);
    if (isPlaying && !selection.draft) this.navigation.followPlayhead();
    if (isPlaying) this.parts.askAhead(engine.position());
    const width = page.stage.clientWidth;
    if (width > 0 && this.baseIsStale) this.paintBase(width);
    // Read last: painting the picture takes longer than the playhead may lag.
    const position = engine.position();
    if (width > 0) {
      paintOverlay(page.overlay.getContext("2d"), this.layout, view, this.colours, this.ratio, {
        playhead: position,
        box: selection.draft ?? selection.box,
        solo: selection.solo && !selection.draft,
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
    this.selection.close();
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
