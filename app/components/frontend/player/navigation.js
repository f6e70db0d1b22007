// Moving about in the picture: zoom, pan, following the playhead, and where a point on it is.

import { LAYOUT, overviewOf } from "./paint.js";

/** Moving about in the picture. */
export class Navigation {
  /** @param {any} player */
  constructor(player) {
    this.player = player;
    this.following = false;
  }

  // By hand

  /**
   * Zoom round a place, or with null round the playhead.
   *
   * @param {any} place
   * @param {number} timeFactor below 1 comes closer
   * @param {number} freqFactor below 1 comes closer
   */
  zoomAt(place, timeFactor, freqFactor) {
    const { engine, view } = this.player;
    const at = engine.position();
    const isVisible = at >= view.start && at <= view.end;
    const x = place ? place.x : isVisible ? view.xOf(at) : 0.5;
    view.zoom(timeFactor, freqFactor, x, place ? place.y : 0.5);
    this.player.refresh(true);
  }

  /**
   * Move by pixels.
   *
   * @param {number} alongPixels to later
   * @param {number} upPixels to higher
   */
  moveBy(alongPixels, upPixels) {
    const panel = this.player.layout.panels[0];
    this.panBy(alongPixels / panel.width, upPixels / panel.height);
  }

  /**
   * Move by fractions of what is visible.
   *
   * @param {number} byTime to later
   * @param {number} byFreq to higher
   */
  panBy(byTime, byFreq) {
    this.player.parts.askBeside(Math.sign(byTime));
    this.player.view.pan(byTime, byFreq);
    this.player.refresh(true);
  }

  /** Zoom and move so that two fingers stay on what they touch. */
  pinch(a0, b0, a1, b1) {
    const spread = (a, b, axis) => Math.max(Math.abs(a[axis] - b[axis]), 24);
    const middle = { x: (a1.x + b1.x) / 2, y: (a1.y + b1.y) / 2 };
    const before = { x: (a0.x + b0.x) / 2, y: (a0.y + b0.y) / 2 };
    const place = this.placeOf(middle);
    const factor = (axis) => Math.min(Math.max(spread(a0, b0, axis) / spread(a1, b1, axis), 0.5), 2);
    this.player.view.zoom(factor("x"), factor("y"), place.x, place.y);
    this.moveBy(before.x - middle.x, middle.y - before.y);
  }

  /** Show everything. */
  showAll() {
    this.player.view.reset();
    this.player.refresh(true);
  }

  /** Zoom to the box. */
  zoomToBox() {
    const { view } = this.player;
    const { box } = this.player.selection;
    if (!box) return;
    const margin = 0.15 * (box.end - box.start);
    view.showTime(box.start - margin, box.end + margin);
    const low = view.unitOf(Math.max(box.low, view.floorHz()));
    const high = view.unitOf(box.high);
    view.showUnits(low - 0.15 * (high - low), high + 0.15 * (high - low));
    this.player.refresh(true);
  }

  // By itself

  /**
   * Move the view, if it must, so that a box can be seen.
   *
   * @param {any} box in seconds and hertz
   */
  reveal(box) {
    const { view } = this.player;
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
    this.player.baseIsStale = true;
  }

  /**
   * Turn the page, as of a score, when the playhead leaves what is visible.
   *
   * @param {number} seconds
   */
  follow(seconds) {
    const { view } = this.player;
    const span = view.end - view.start;
    if (seconds >= view.start && seconds <= view.end) return;
    view.showTime(seconds - 0.05 * span, seconds + 0.95 * span);
    this.player.baseIsStale = true;
  }

  /** Follow a playhead that runs out of sight, not one that somebody moved the picture away from. */
  followPlayhead() {
    const { engine, view } = this.player;
    const at = engine.position();
    const isVisible = at >= view.start && at <= view.end;
    if (this.player.baseIsStale || isVisible) this.following = isVisible;
    else if (this.following) this.follow(at);
  }

  // Places on the plot

  /**
   * Say which panel and zone a point is in, its fractions there, and its time and frequency.
   *
   * @param {{ x: number, y: number }} point in CSS pixels of the plot
   * @param {any} [panel] that it counts for, wherever it is
   */
  placeOf(point, panel) {
    const { layout, view, height, lengthSeconds } = this.player;
    const isBelow = layout.others.length > 0 && point.y >= height;
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
      seconds = clamp((point.x - lane.x) / lane.width) * lengthSeconds;
    } else if (point.y >= chosen.axis.y) zone = "time";
    else if (point.y >= chosen.score.y) zone = "score";
    else if (chosen.wave && point.y >= chosen.wave.y) zone = "wave";
    else if (point.x < chosen.x - 2 && !(chosen !== layout.panels[0] && layout.panels.includes(chosen))) {
      zone = "frequency";
    }
    const hz = y <= 0 ? view.high : y >= 1 ? view.low : view.hzAt(y);
    return { panel: chosen, zone, x, y, seconds, hz };
  }
}
