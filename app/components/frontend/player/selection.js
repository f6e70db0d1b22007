// What is chosen, a region or a box drawn by hand: played alone or looped, and sent to Python.

import { spokenBox } from "../shared/numbers.js";
import { LONGEST_BAND_SECONDS } from "../shared/sound.js";
import { changed, holdAt } from "./box.js";
import { preferences } from "./preferences.js";

// A hand that draws a line along time or along frequency is no steadier.
const LINE_PIXELS = 6;

/**
 * Say whether a zone is a lane that has times and no frequencies.
 *
 * @param {string} zone
 */
export function isLane(zone) {
  return zone === "score" || zone === "wave";
}

/** The chosen box. */
export class Selection {
  /** @param {any} player */
  constructor(player) {
    this.player = player;
    this.box = null; // {start, end, low, high, region: index or null}
    this.draft = null;
    this.solo = false;
    this.looping = preferences.looping;
  }

  /**
   * Take the regions of another threshold: the chosen one may stand at another place, or be gone.
   *
   * @param {any[]} regions
   */
  takeRegions(regions) {
    if (this.box?.region == null) return;
    const { start, end, low, high } = this.box;
    const found = regions.find((r) => r.start === start && r.end === end && r.low === low && r.high === high);
    this.box = found ?? { ...this.box, region: null };
  }

  /**
   * Say whether a time is in the box.
   *
   * @param {number} seconds
   */
  spans(seconds) {
    return this.box !== null && seconds >= this.box.start && seconds <= this.box.end;
  }

  /** Choose nothing, and send nothing. */
  reset() {
    this.player.cancel("nudged");
    this.box = null;
    this.solo = false;
  }

  // Choosing

  /**
   * Choose a region, or a box drawn by hand.
   *
   * @param {any} box in seconds and hertz, with the index of the region or null
   * @param {{ solo: boolean, patient?: boolean }} how solo plays it alone; patient sends it later
   */
  choose(box, { solo, patient = false }) {
    const { player } = this;
    const hasSound = player.parts.reach(box.start, Boolean(player.engine.playing), () => {
      this.choose(box, { solo, patient });
      player.navigation.reveal(box);
    });
    if (!hasSound) {
      player.refresh();
      return;
    }
    this.box = box;
    this.solo = solo;
    this.applyLoop();
    this.applySolo();
    this.send(patient ? 250 : 0);
    player.refresh();
  }

  /** Remove the box. */
  clear() {
    this.reset();
    this.applySolo();
    this.applyLoop();
    this.send(0);
    this.player.announce("Box removed");
  }

  /** @param {number} step to the next region or the one before */
  stepRegion(step) {
    const n = this.player.regions.length;
    if (!n) {
      this.player.announce("There is no region above the threshold");
      return;
    }
    const now = this.box?.region;
    this.chooseRegion(now == null ? (step > 0 ? 0 : n - 1) : (now + step + n) % n);
  }

  /** @param {number} index */
  chooseRegion(index) {
    const { engine, regions, navigation } = this.player;
    const region = regions[index];
    // Stepping quickly through many regions asks Python once, for the last.
    if (this.solo) engine.setBand(null);
    this.choose(region, { solo: this.solo, patient: true });
    if (!this.solo && engine.covers(region.start)) engine.seek(region.start);
    navigation.reveal(region);
    this.player.announce(`Region ${index + 1} of ${regions.length}: ${spokenBox(region)}`);
  }

  /**
   * Begin or end a box at the playhead.
   *
   * @param {"start" | "end"} side
   */
  markAtPlayhead(side) {
    const { engine, view } = this.player;
    const at = engine.position();
    const { lowestHz, highestHz } = view;
    const { startSeconds, endSeconds } = view.picture;
    const whole = { start: startSeconds, end: endSeconds, low: lowestHz, high: highestHz };
    const box = { ...(this.box ?? whole), region: null };
    box[side] = at;
    if (box.end - box.start < 0.01) {
      if (side === "start") box.end = endSeconds;
      else box.start = startSeconds;
    }
    if (box.end - box.start < 0.01) return;
    this.choose(box, { solo: this.solo, patient: true });
    this.player.announce(`Box: ${spokenBox(box)}`);
  }

  // Drawing

  /** Give the box between two places: of all frequencies, or all times, where it has no height or width. */
  boxBetween({ from, to }) {
    const { view } = this.player;
    const { panel } = from;
    const { startSeconds, endSeconds } = view.picture;
    const wide = Math.abs(from.x - to.x) * panel.width;
    const tall = Math.abs(from.y - to.y) * panel.height;
    const isTimeOnly = isLane(from.zone) || (tall < LINE_PIXELS && wide >= LINE_PIXELS);
    const isBandOnly = !isTimeOnly && wide < LINE_PIXELS && tall >= LINE_PIXELS;
    return {
      start: isBandOnly ? startSeconds : Math.min(from.seconds, to.seconds),
      end: isBandOnly ? endSeconds : Math.max(from.seconds, to.seconds),
      low: isTimeOnly ? view.lowestHz : Math.min(from.hz, to.hz),
      high: isTimeOnly ? view.highestHz : Math.max(from.hz, to.hz),
      region: null,
    };
  }

  /** Say which edges of the box a hand holds at a place; null is none. */
  holdAt(place) {
    const isOnLane = isLane(place.zone);
    if (!this.box || (place.zone !== "picture" && !isOnLane)) return null;
    return holdAt(this.box, place, this.player.view, isOnLane);
  }

  /** Give the box with the edges that are held taken from one place to another. */
  boxMoved({ hold, from, to }) {
    const { view, lengthSeconds } = this.player;
    const units = isLane(from.zone) ? 0 : view.unitOf(to.hz) - view.unitOf(from.hz);
    return changed(this.box, hold, to.seconds - from.seconds, units, view, lengthSeconds);
  }

  /** Give the keys to the box. */
  takeHold() {
    if (this.box) this.player.page.handle.focus({ preventScroll: true });
    else this.player.announce("Draw a box or choose a region first");
  }

  /** Show the box as it is being moved. */
  drawMoved(moved) {
    this.draft = this.boxMoved(moved);
    this.player.refresh();
  }

  /** Choose the box where it was moved to. */
  finishMoved(moved) {
    const box = this.boxMoved(moved);
    this.draft = null;
    this.choose(box, { solo: this.solo });
    this.player.announce(`Box: ${spokenBox(box)}`);
  }

  /**
   * Move edges of the box by two hundredths of what is visible.
   *
   * @param {import("./box.js").Hold} hold
   * @param {number} along 1 to later, -1 to earlier
   * @param {number} up 1 to higher, -1 to lower
   */
  nudge(hold, along, up) {
    const { view, lengthSeconds } = this.player;
    if (!this.box) return;
    const seconds = (along * (view.end - view.start)) / 200;
    const units = (up * (view.unitOf(view.high) - view.unitOf(view.low))) / 200;
    const box = changed(this.box, hold, seconds, units, view, lengthSeconds);
    const { solo } = this;
    // A key that is held moves the box at once, and what is heard of it when it is let go.
    this.box = box;
    this.player.later("nudged", 200, () => this.choose(box, { solo, patient: true }));
    this.player.announce(`Box: ${spokenBox(box)}`);
  }

  /** Show a box that is being drawn, or none. */
  drawBox(drawn) {
    this.draft = drawn && this.boxBetween(drawn);
    this.player.refresh();
  }

  /** Choose the box that was drawn. */
  finishBox(drawn) {
    this.draft = null;
    const box = this.boxBetween(drawn);
    if (box.end - box.start < 0.005 || box.high - box.low < 1) {
      this.player.refresh();
      return;
    }
    this.choose(box, { solo: true });
    this.player.announce(`Only ${spokenBox(box)}`);
  }

  // Playing

  /** @param {boolean} looping */
  setLooping(looping) {
    this.looping = preferences.looping = looping;
    this.applyLoop();
    this.player.announce(looping ? "Loop on" : "Loop off");
  }

  /** Set the engine's loop. */
  applyLoop() {
    const { engine, parts } = this.player;
    // A long recording is played on from part to part: only a box of it is looped.
    const whole = parts.isLong ? null : { start: 0, end: engine.end };
    const part = this.box && { start: this.box.start, end: this.box.end };
    engine.setLoop(this.looping ? (part ?? whole) : null);
  }

  /** @param {boolean} solo */
  setSolo(solo) {
    if (solo && !this.box) {
      this.player.announce("Draw a box or choose a region first");
      return;
    }
    this.solo = solo;
    this.applySolo();
    this.player.announce(solo ? `Only ${spokenBox(this.box)}` : "Everything is played again");
  }

  /**
   * Hear only the box, from its beginning and at once; or everything again, from where the playhead is.
   *
   * @param {boolean} only
   */
  hear(only) {
    const { engine, parts } = this.player;
    if (only && this.box && !parts.reach(this.box.start, false, () => this.hear(true))) return;
    this.setSolo(only);
    if (!only || !this.solo) return;
    engine.play(this.box.start);
    this.player.refresh();
  }

  /** Set the engine's box. */
  applySolo() {
    const { engine, view } = this.player;
    if (!this.solo) {
      engine.setBand(null);
      return;
    }
    // A box that touches the picture's edge is open there: what lies beyond belongs to it.
    const { start, end } = this.box;
    const low = this.box.low <= view.lowestHz + 1 ? 0 : this.box.low;
    const high = this.box.high >= view.highestHz - 1 ? Infinity : this.box.high;
    engine.setBand({ start, end, low, high });
    if (end - start > LONGEST_BAND_SECONDS) {
      this.player.announce(`Only the first ${LONGEST_BAND_SECONDS} seconds of the box are played`);
    }
  }

  send(waitMilliseconds) {
    const { box, player } = this;
    const message = box && {
      clip: player.clip,
      regions: player.regionsDigest,
      region_index: box.region,
      start_s: box.start,
      end_s: box.end,
      low_hz: Math.max(0, box.low),
      high_hz: box.high,
    };
    player.later("selection", waitMilliseconds, () => player.setStateValue("selection", message));
  }
}
