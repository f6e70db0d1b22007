// Painting a mask of one's own: the tools, by pointer and by keys, and sending it to Python.

import { spokenBox } from "../shared/numbers.js";
import { PaintedMask, TOOLS } from "./brush.js";

export const SIZES = { min: 4, max: 60, step: 4 };

/** The user's mask and the tools to paint it. */
export class Painting {
  /** @param {any} player */
  constructor(player) {
    this.player = player;
    this.mask = new PaintedMask();
    this.mostBoxes = Infinity; // that Python takes
    this.isOn = false;
    this.tool = "brush";
    this.size = 16; // the brush's radius in CSS pixels
    this.last = null;
  }

  /**
   * Take a new picture. A new recording has no paint on it, a new picture of the same one the same.
   *
   * @param {any} view
   * @param {boolean} isSameClip
   */
  takePicture(view, isSameClip) {
    if (!isSameClip) this.mask = new PaintedMask();
    this.mask.layOn(view);
  }

  /** @param {boolean} isOn */
  setOn(isOn) {
    if (!this.player.canPaint) return;
    this.isOn = isOn;
    this.player.announce(isOn ? "Painting on: drag to paint, a adds the box" : "Painting off");
  }

  /** @param {string} tool */
  setTool(tool) {
    this.tool = tool;
    this.player.announce(TOOLS.find(([name]) => name === tool)[2]);
  }

  /** @param {number} size radius of the brush in CSS pixels */
  setSize(size) {
    this.size = Math.min(Math.max(size, SIZES.min), SIZES.max);
    this.player.refresh();
  }

  /**
   * Say whether a drag from a place paints.
   *
   * @param {any} place
   */
  takes(place) {
    return this.isOn && place.zone === "picture";
  }

  // A stroke of the pointer

  /** @param {any} place */
  begin(place) {
    this.mask.remember();
    this.last = place;
    if (this.tool !== "fill") this.dab(place);
  }

  /** @param {any} place */
  move(place) {
    if (this.tool === "fill") {
      this.player.selection.drawBox({ from: this.last, to: place });
      return;
    }
    // Dabs half a radius apart leave no gaps, however fast the hand is.
    const { last } = this;
    const { panel } = place;
    const far = Math.hypot((place.x - last.x) * panel.width, (place.y - last.y) * panel.height);
    const n = Math.max(1, Math.ceil(far / (this.size / 2)));
    const { view } = this.player;
    for (let i = 1; i <= n; i++) {
      const x = last.x + ((place.x - last.x) * i) / n;
      const y = last.y + ((place.y - last.y) * i) / n;
      this.dab({ panel, y, seconds: view.secondsAt(x), hz: view.hzAt(y) });
    }
    this.last = place;
  }

  /** @param {any} place */
  end(place) {
    if (this.tool === "fill") {
      const box = this.player.selection.boxBetween({ from: this.last, to: place });
      this.player.selection.drawBox(null);
      this.mask.fill(box, 1);
    }
    this.finish();
  }

  /** Undo the stroke that has begun. */
  abandon() {
    this.mask.undo();
    this.player.selection.drawBox(null);
  }

  dab({ panel, y, seconds, hz }) {
    const { view } = this.player;
    const rows = Math.abs(view.rowOf(view.hzAt(y - this.size / panel.height)) - view.rowOf(hz));
    const across = (this.size / panel.width) * (view.end - view.start);
    this.mask.dab(seconds, hz, across, rows, this.tool === "erase" ? 0 : 1);
    this.player.refresh();
  }

  // Keys and buttons

  /**
   * Add the box to the mask, or take it out.
   *
   * @param {number} value 1 adds, 0 takes out
   */
  addBox(value) {
    const { box } = this.player.selection;
    if (!this.player.canPaint) return;
    if (!box) {
      this.player.announce("Draw a box or choose a region first");
      return;
    }
    this.mask.remember();
    this.mask.fill(box, value);
    this.finish(`${value ? "Painted" : "Taken away"}: ${spokenBox(box)}`);
  }

  /** Undo the last stroke. */
  undo() {
    if (!this.mask.undo()) return;
    this.send("Undone");
  }

  /** Remove all paint. */
  clear() {
    if (this.mask.isEmpty()) return;
    this.mask.remember();
    this.mask.take([]);
    this.send("Paint removed");
  }

  finish(words) {
    if (this.mask.all().length > this.mostBoxes) {
      this.mask.undo();
      this.player.announce("That is more detail than can be saved; paint with a larger brush");
      return;
    }
    this.send(words ?? `${this.shareText()} painted`);
  }

  send(words) {
    const { player, mask } = this;
    player.announce(words);
    const boxes = mask.message();
    player.setStateValue("painted", boxes.length ? { clip: player.clip, boxes } : null);
  }

  /** Say how much is painted. */
  shareText() {
    const percent = 100 * this.mask.share();
    const shown = percent > 0 && percent < 1 ? percent.toFixed(1) : percent.toFixed(0);
    return `${shown} % of the picture`;
  }
}
