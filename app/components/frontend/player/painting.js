// Painting a mask of one's own: the tools, by pointer and by keys, and telling Python.

import { spokenBox } from "./axes.js";
import { PaintedMask, TOOLS } from "./brush.js";

const SIZES = { min: 4, max: 60, step: 4 };

export class Painting {
  constructor(player) {
    this.player = player;
    this.mask = new PaintedMask();
    this.isOn = false;
    this.tool = "brush";
    this.size = 16; // the brush's radius in CSS pixels
    this.last = null;
  }

  /** A new clip has nothing painted on it; a new picture of the same clip has the same paint. */
  takePicture(view, isSameClip) {
    if (!isSameClip) this.mask = new PaintedMask();
    this.mask.layOn(view);
  }

  setOn(isOn) {
    if (!this.player.canPaint) return;
    this.isOn = isOn;
    this.player.say(isOn ? "Painting on: drag to paint, a adds the box" : "Painting off");
    this.player.refresh();
  }

  setTool(tool) {
    this.tool = tool;
    this.player.say(TOOLS.find(([name]) => name === tool)[2]);
    this.player.refresh();
  }

  setSize(size) {
    this.size = Math.min(Math.max(size, SIZES.min), SIZES.max);
    this.player.refresh();
  }

  /** Whether a drag from here paints. */
  takes(place) {
    return this.isOn && place.zone === "picture";
  }

  // A stroke of the pointer

  begin(place) {
    this.mask.remember();
    this.last = place;
    if (this.tool !== "fill") this.dab(place);
  }

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
      this.dab({ panel, x, y, seconds: view.secondsAt(x), hz: view.hzAt(y) });
    }
    this.last = place;
  }

  end(place) {
    if (this.tool === "fill") {
      const box = this.player.selection.boxBetween({ from: this.last, to: place });
      this.player.selection.drawBox(null);
      this.mask.fill(box, 1);
    }
    this.finish();
  }

  abandon() {
    this.mask.undo();
    this.player.selection.drawBox(null);
  }

  dab({ panel, x, y, seconds, hz }) {
    const { view } = this.player;
    const rows = Math.abs(view.rowOf(view.hzAt(y - this.size / panel.height)) - view.rowOf(hz));
    const across = (this.size / panel.width) * (view.end - view.start);
    this.mask.dab(seconds, hz, across, rows, this.tool === "erase" ? 0 : 1);
    this.player.refresh();
  }

  // Keys and buttons

  /** The box becomes part of the mask (value 1), or is taken out of it (0). */
  addBox(value) {
    const { box } = this.player.selection;
    if (!this.player.canPaint) return;
    if (!box) {
      this.player.say("Draw a box or choose a region first");
      return;
    }
    this.mask.remember();
    this.mask.fill(box, value);
    this.finish(`${value ? "Painted" : "Taken away"}: ${spokenBox(box)}`);
  }

  undo() {
    if (!this.mask.undo()) return;
    this.tell("Undone");
  }

  clear() {
    if (this.mask.isEmpty()) return;
    this.mask.remember();
    this.mask.take([]);
    this.tell("Paint removed");
  }

  finish(words) {
    if (this.mask.isTooFine()) {
      this.mask.undo();
      this.player.say("That is more detail than can be kept; paint with a larger brush");
      this.player.refresh();
      return;
    }
    this.tell(words ?? `${this.shareText()} painted`);
  }

  tell(words) {
    const { player, mask } = this;
    player.say(words);
    const boxes = mask.message();
    player.setStateValue("painted", boxes.length ? { clip: player.clip, boxes } : null);
    player.refresh();
  }

  shareText() {
    const percent = 100 * this.mask.share();
    const shown = percent > 0 && percent < 1 ? percent.toFixed(1) : percent.toFixed(0);
    return `${shown} % of the picture`;
  }
}
