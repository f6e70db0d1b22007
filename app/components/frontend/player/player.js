// The player: one object a component, kept through reruns; Python is sent finished choices only.

import { readColours } from "../shared/colours.js";
import { Component, mounting } from "../shared/component.js";
import { element } from "../shared/elements.js";
import { Frame } from "../shared/frame.js";
import { spokenBox } from "../shared/numbers.js";
import { SoundEngine } from "../shared/sound.js";
import { spectrogram } from "../shared/spectrogram.js";
import { cursorOf } from "./box.js";
import { Findings } from "./findings.js";
import { listenToKeys, listenToPointers } from "./gestures.js";
import { paintLegend } from "./legend.js";
import { Look } from "./look.js";
import { Navigation } from "./navigation.js";
import { paintOverlay } from "./overlay.js";
import { buildPage, segmented } from "./page.js";
import { LAYOUT, layoutOf, paintBase } from "./paint.js";
import { Painting } from "./painting.js";
import { Parts } from "./parts.js";
import { readPicture, readRegions, readSounds, soundToKeep } from "./payload.js";
import { Playback } from "./playback.js";
import { preferences } from "./preferences.js";
import { RegionButtons } from "./regions.js";
import { Selection } from "./selection.js";
import { describe } from "./status.js";
import { View } from "./view.js";
import { Waveform } from "./waveform.js";

const IDLE_SECONDS = 1;

class Player extends Component {
  constructor(root) {
    super(root);
    this.engine = new SoundEngine(
      (ranOut) => this.stopped(ranOut),
      (words) => this.fail(words),
    );
    this.engine.matched = preferences.matched;
    this.playback = new Playback(this);
    this.parts = new Parts(this);
    this.painting = new Painting(this);
    this.selection = new Selection(this);
    this.look = new Look(this);
    this.navigation = new Navigation(this);
    this.regionButtons = new RegionButtons(this);
    this.findings = new Findings(this);
    this.view = null;
    this.clip = ""; // names the recording
    this.digest = this.regionsDigest = this.soundsDigest = "";
    this.sounds = [];
    this.soundGroup = null;
    this.regions = [];
    this.lengthSeconds = 0;
    this.height = 0;
    this.layout = null;
    this.ratio = 1;
    this.canPaint = this.spaceIsDown = false;
    this.hovered = this.hoveredRegion = null;
    this.animation = 0;
    this.baseIsStale = true;
    this.page = buildPage(this);
    this.listen();
  }

  listen() {
    const { opacity, range, brushSize, plot, stage, speed, gain, fft, window } = this.page;
    this.on(fft.input, "change", () => this.look.setTransform(Number(fft.input.value), this.look.window));
    this.on(window.input, "change", () => this.look.setTransform(this.look.fftSize, window.input.value));
    this.on(speed.input, "change", () => this.playback.setSpeed(Number(speed.input.value)));
    this.on(gain.input, "input", () => this.playback.setGain(Number(gain.input.value)));
    this.on(opacity.input, "input", () => this.look.setOpacity(opacity.input.value / 100));
    this.on(range.input, "input", () => this.look.setRange(Number(range.input.value)));
    this.on(brushSize.input, "input", () => this.painting.setSize(Number(brushSize.input.value)));
    listenToPointers(plot, this);
    listenToKeys(this.root, this);
    this.onResize(stage, () => this.refresh(true));
    this.ratioQuery = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    this.onRatio = () => this.refresh(true);
    this.ratioQuery.addEventListener("change", this.onRatio);
  }

  fail(error) {
    super.fail(error);
    this.root.dataset.error = this.error.textContent;
    this.setUsable(Boolean(this.view));
  }

  /** Without a picture no control has anything to act on. */
  setUsable(isUsable) {
    for (const part of /** @type {any} */ (this.root.children)) part.inert = !isUsable && part !== this.error;
  }

  // What Python sends

  update(data) {
    const frame = new Frame(data);
    const { header } = frame;
    this.colours = readColours(this.root);
    // Below the picture there is the waveform, too.
    this.height = header.height + LAYOUT.wave + LAYOUT.gap;
    this.canPaint = header.paint;
    this.painting.mostBoxes = header.most_painted_boxes;
    if (!header.paint) this.painting.isOn = false;
    if (header.digest !== this.digest) {
      const isSameClip = header.clip === this.clip;
      this.clip = header.clip;
      this.recordingName = header.name;
      this.regionsDigest = header.regions_digest;
      this.takePart(frame, header);
      this.takePicture(frame, header, isSameClip);
      if (header.sounds_digest !== this.soundsDigest) this.takeSounds(frame, header, isSameClip);
      this.digest = header.digest;
      this.root.dataset.digest = header.digest;
      this.error.hidden = true;
      this.setUsable(true);
      delete this.root.dataset.error;
    }
    this.refresh(true);
  }

  takePart(frame, { part, duration_s }) {
    this.parts.bounds = part?.bounds ?? [];
    this.parts.score = part && frame.array("overview");
    this.parts.shown = part?.index ?? 0;
    this.parts.asked = null;
    this.root.dataset.part = part ? String(part.index) : "";
    this.lengthSeconds = part ? part.bounds.at(-1)[1] : duration_s;
  }

  takePicture(frame, header, isSameClip) {
    const picture = readPicture(frame, header);
    const before = this.view;
    this.view = new View(picture);
    this.view.setScale(this.look.scale);
    this.painting.takePicture(this.view, isSameClip);
    if (before) this.view.showAs(before);
    if (!isSameClip) this.look.takePicture(picture);
    this.regions = readRegions(header);
    this.selection.takeRegions(this.regions);
    this.regionButtons.take(this.regions);
    this.findings.take(header.findings);
    // What the panels of other models say, for those who do not see them.
    this.page.maps.replaceChildren(
      ...picture.others.map(({ caption }) => element("span", { role: "img", "aria-label": caption })),
    );
    this.root.dataset.maps = String(picture.others.length);
    this.page.note.textContent = header.notes.join(" ");
    this.page.note.hidden = header.notes.length === 0;
  }

  takeSounds(frame, header, isSameClip) {
    const sounds = readSounds(frame, header);
    const { engine, parts, selection } = this;
    const named = (list) => list.map(({ name, caption }) => `${name} ${caption}`).join("\n");
    this.soundsDigest = header.sounds_digest;
    if (isSameClip && parts.isLong && named(sounds) === named(this.sounds)) {
      parts.takeSounds(sounds, parts.shown);
      return;
    }
    // Further sounds of the recording that is here, an explanation's for one: what plays goes on.
    const areFurther = isSameClip && !parts.isLong && this.sounds.length > 0;
    const wanted = soundToKeep(this.sounds[engine.active]?.name, sounds, areFurther);
    this.sounds = sounds.map(({ name, caption }) => ({ name, caption }));
    parts.loaded = parts.shown;
    parts.pending = null;
    const { startSeconds, endSeconds } = this.view.picture;
    const isLast = endSeconds >= this.lengthSeconds - 1e-3;
    if (areFurther) {
      engine.active = wanted;
      engine.continueIn(sounds, startSeconds, endSeconds, isLast);
      selection.applySolo();
    } else {
      selection.reset();
      engine.active = wanted;
      engine.load(sounds, startSeconds, endSeconds, isLast);
    }
    selection.applyLoop();
    this.playback.take(sounds);
    const items = sounds.map(({ caption }, i) => [i, caption, `${caption} (${i + 1})`]);
    this.soundGroup = segmented("sounds", "Sound", items, (i) => this.chooseSound(Number(i)));
    for (const [i, item] of [...this.soundGroup.children].entries()) {
      item.prepend(element("span", { class: "number", text: String(i + 1), "aria-hidden": "true" }));
    }
    this.page.sounds.replaceChildren(this.soundGroup);
    // Many or long names get a line of their own where there is little room.
    this.root.dataset.manySounds = String(sounds.map(({ caption }) => caption).join("").length > 45);
  }

  // What the user does

  togglePlay() {
    if (this.engine.playing) this.engine.pause();
    else if (this.parts.reach(this.engine.position(), true)) this.engine.play();
    this.refresh();
  }

  /** The sound ended; in a long recording, perhaps only the part of it that is here. */
  stopped(ranOut) {
    if (!ranOut && this.findings.goOn()) return;
    const on = this.engine.end + 0.01;
    if (ranOut && this.parts.reach(on, true)) this.engine.play(on);
    this.refresh();
  }

  seek(seconds) {
    const { selection, navigation } = this;
    if (selection.solo && !selection.spans(seconds)) selection.setSolo(false);
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
    if (index < 0 || index >= this.sounds.length) return;
    this.engine.choose(index);
    this.baseIsStale = true;
    this.announce(this.sounds[index].caption);
  }

  setMatched(matched) {
    preferences.matched = matched;
    this.engine.setMatched(matched);
    this.announce(matched ? "Same loudness on" : "Same loudness off");
  }

  showHelp() {
    if (!this.page.dialog.open) this.page.dialog.showModal();
  }

  click(place) {
    const { box } = this.selection;
    const { seconds, hz, zone } = place;
    const inside = this.selection.spans(seconds) && (zone !== "picture" || (hz >= box.low && hz <= box.high));
    if (box && !inside) this.selection.clear();
    this.seek(seconds);
    this.page.plot.focus({ preventScroll: true });
  }

  doubleClick(place) {
    if (this.selection.spans(place.seconds)) this.navigation.zoomToBox();
    else this.navigation.showAll();
  }

  hover(place) {
    this.hovered = place && place.zone !== "frequency" && place.zone !== "overview" ? place : null;
    this.page.plot.dataset.zone = place?.zone ?? "";
    const canHold = place && !this.painting.takes(place);
    this.page.plot.style.cursor = canHold ? cursorOf(this.selection.holdAt(place)) : "";
    this.refresh();
  }

  announce(words) {
    super.announce(words);
    this.refresh();
  }

  // Painting

  /** Paint at the next frame: the overlay always, the pictures when the view changed. */
  refresh(base = false) {
    this.baseIsStale ||= base;
    if (!this.animation) this.animation = requestAnimationFrame(this.guarded(() => this.paint()));
  }

  paint() {
    this.animation = 0;
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
    if (width > 0) this.layHandle();
    describe(this, position, isPlaying);
    if (isPlaying) this.refresh();
    else this.later("idle", 1000 * IDLE_SECONDS, () => this.idle());
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
    paintBase(page.base.getContext("2d"), this.layout, view, look, this.colours, this.ratio, this.parts, this.sound());
    page.legend.hidden = look.view === "sound";
    paintLegend(page.legend, look, this.colours, this.ratio);
    this.regionButtons.lay();
  }

  /** Lay what the keys take hold of over the box. */
  layHandle() {
    const { view, page } = this;
    const box = this.selection.draft ?? this.selection.box;
    page.handle.hidden = !box || box.end < view.start || box.start > view.end;
    if (page.handle.hidden) return;
    const [panel] = this.layout.panels;
    const within = (share) => Math.min(Math.max(share, 0), 1);
    const [left, right] = [box.start, box.end].map((time) => within(view.xOf(time)) * panel.width);
    const [top, bottom] = [box.high, box.low].map((hz) => within(view.yOf(hz)) * panel.height);
    Object.assign(page.handle.style, {
      left: `${panel.x + left}px`,
      top: `${panel.y + top}px`,
      width: `${right - left}px`,
      height: `${bottom - top}px`,
    });
    page.handle.setAttribute("aria-label", `Box: ${spokenBox(box)}`);
  }

  /** What is chosen to be heard, to be drawn. */
  sound() {
    const { tracks, active, start } = this.engine;
    if (!tracks.length) return null;
    const waveform = (track) => {
      track.waveform ??= new Waveform(track.samples);
      return track.waveform;
    };
    const peak = waveform(tracks[0]).peak;
    const { sampleRate } = tracks[active];
    return { start, sampleRate, peak, waveform: waveform(tracks[active]), spectrum: this.spectrum() };
  }

  /** The recording's picture with the transform that is chosen; null where it is the model's. */
  spectrum() {
    const { engine, look, view } = this;
    const { startSeconds, endSeconds } = view.picture;
    // Of a long recording, another part may be played than is shown.
    if (!look.fftSize || !engine.covers(startSeconds) || !engine.covers(endSeconds)) return null;
    const [track] = engine.tracks;
    const key = `${look.fftSize} ${look.window}`;
    if (track.spectrum?.key !== key) {
      const made = spectrogram(track.samples, track.sampleRate, look.fftSize, look.window, engine.start);
      track.spectrum = { key, made };
    }
    return track.spectrum.made;
  }

  /** A context that plays nothing would keep the device awake. */
  idle() {
    if (!this.engine.playing) this.engine.context?.suspend();
  }

  close() {
    super.close();
    this.engine.close();
    this.ratioQuery.removeEventListener("change", this.onRatio);
    cancelAnimationFrame(this.animation);
  }
}

export default mounting(".hearmap-player", Player);
