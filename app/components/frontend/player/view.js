// Where things are: seconds and hertz to fractions of a panel and back, and ticks.

import { ticks } from "../shared/ticks.js";

const SHORTEST_COLUMNS = 8;
const FEWEST_ROWS = 4;
const LOWEST_LOG_HZ = 20;

/** The visible part of a picture and the frequency scale it is drawn on. */
export class View {
  /** @param {any} picture of which its axes are used */
  constructor(picture) {
    const { freqHz, nFreq } = picture;
    this.picture = picture;
    this.scale = "mel";
    // Rows reach half-way to their neighbours; the outermost as far on the other side.
    this.lowestHz = Math.max(0, freqHz[0] - (freqHz[1] - freqHz[0]) / 2);
    this.highestHz = freqHz[nFreq - 1] + (freqHz[nFreq - 1] - freqHz[nFreq - 2]) / 2;
    this.reset();
  }

  /** Show everything. */
  reset() {
    this.start = this.picture.startSeconds;
    this.end = this.picture.endSeconds;
    this.low = this.floorHz();
    this.high = this.highestHz;
  }

  /**
   * Show what another view showed. One that showed its picture whole is followed by one that does.
   *
   * @param {View} before of another part, or of another recording
   */
  showAs(before) {
    const { startSeconds, endSeconds } = before.picture;
    if (before.start > startSeconds || before.end < endSeconds) this.showTime(before.start, before.end);
    if (before.high >= before.highestHz && before.low <= before.floorHz()) return;
    this.showUnits(
      this.unitOf(Math.max(before.low, this.floorHz())),
      this.unitOf(Math.min(before.high, this.highestHz)),
    );
  }

  /** Give the lowest frequency that the scale can show. */
  floorHz() {
    return this.scale === "log" ? Math.max(this.lowestHz, LOWEST_LOG_HZ) : this.lowestHz;
  }

  /** Say whether everything is shown. */
  isWhole() {
    const { startSeconds, endSeconds } = this.picture;
    const whole = this.high >= this.highestHz && this.low <= this.floorHz();
    return whole && this.start <= startSeconds && this.end >= endSeconds;
  }

  /**
   * Set the frequency scale.
   *
   * @param {string} scale "mel", "log" or "linear"
   */
  setScale(scale) {
    const bottom = this.low <= this.floorHz();
    this.scale = scale;
    this.low = bottom ? this.floorHz() : Math.max(this.low, this.floorHz());
  }

  /**
   * Give the row of a frequency as a real number; row centres are whole numbers.
   *
   * @param {number} hz
   */
  rowOf(hz) {
    const { freqHz, nFreq } = this.picture;
    let low = 0;
    let high = nFreq - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (freqHz[middle] <= hz) low = middle;
      else high = middle;
    }
    return low + (hz - freqHz[low]) / (freqHz[high] - freqHz[low]);
  }

  /** @param {number} row */
  hzOfRow(row) {
    const { freqHz, nFreq } = this.picture;
    const low = Math.min(Math.max(Math.floor(row), 0), nFreq - 2);
    return freqHz[low] + (row - low) * (freqHz[low + 1] - freqHz[low]);
  }

  /**
   * Give a frequency in units of the scale. The picture's rows are mel bands: there a row is a unit.
   *
   * @param {number} hz
   */
  unitOf(hz) {
    if (this.scale === "linear") return hz;
    if (this.scale === "log") return Math.log(Math.max(hz, 1));
    return this.rowOf(hz);
  }

  /** @param {number} unit */
  hzOfUnit(unit) {
    if (this.scale === "linear") return unit;
    if (this.scale === "log") return Math.exp(unit);
    return this.hzOfRow(unit);
  }

  /**
   * Give the height of a frequency: 0 at the top of a panel, 1 at its bottom.
   *
   * @param {number} hz
   */
  yOf(hz) {
    const low = this.unitOf(this.low);
    const high = this.unitOf(this.high);
    return (high - this.unitOf(hz)) / (high - low);
  }

  /** @param {number} y */
  hzAt(y) {
    const low = this.unitOf(this.low);
    const high = this.unitOf(this.high);
    return this.hzOfUnit(high - y * (high - low));
  }

  /**
   * Give the place of a time: 0 at the left of a panel, 1 at its right.
   *
   * @param {number} seconds
   */
  xOf(seconds) {
    return (seconds - this.start) / (this.end - this.start);
  }

  /** @param {number} x */
  secondsAt(x) {
    return this.start + x * (this.end - this.start);
  }

  /** @param {number} seconds */
  columnOf(seconds) {
    return (seconds - this.picture.firstSeconds) / this.picture.stepSeconds;
  }

  /** @param {number} column */
  secondsOfColumn(column) {
    return this.picture.firstSeconds + column * this.picture.stepSeconds;
  }

  /**
   * Show a stretch as far as there is something, with the same span where it can be.
   *
   * @param {number} start in seconds
   * @param {number} end in seconds
   */
  showTime(start, end) {
    const { startSeconds, endSeconds, stepSeconds } = this.picture;
    [this.start, this.end] = fitted(start, end, startSeconds, endSeconds, SHORTEST_COLUMNS * stepSeconds);
  }

  /**
   * Show a band as far as there is something.
   *
   * @param {number} low in units of the scale
   * @param {number} high in units of the scale
   */
  showUnits(low, high) {
    const bottom = this.unitOf(this.floorHz());
    const top = this.unitOf(this.highestHz);
    const shortest = ((top - bottom) * FEWEST_ROWS) / this.picture.nFreq;
    const [from, to] = fitted(low, high, bottom, top, shortest);
    this.low = this.hzOfUnit(from);
    this.high = to >= top - 1e-9 * Math.abs(top) ? this.highestHz : this.hzOfUnit(to);
  }

  /**
   * Zoom; what lies at (x, y) stays there.
   *
   * @param {number} timeFactor below 1 comes closer
   * @param {number} freqFactor below 1 comes closer
   * @param {number} [x]
   * @param {number} [y]
   */
  zoom(timeFactor, freqFactor, x = 0.5, y = 0.5) {
    const at = this.secondsAt(x);
    const span = (this.end - this.start) * timeFactor;
    this.showTime(at - x * span, at + (1 - x) * span);
    if (freqFactor !== 1) {
      const unit = this.unitOf(this.hzAt(y));
      const units = (this.unitOf(this.high) - this.unitOf(this.low)) * freqFactor;
      this.showUnits(unit - (1 - y) * units, unit + y * units);
    }
  }

  /**
   * Move by fractions of what is visible.
   *
   * @param {number} byTime to later
   * @param {number} byFreq to higher
   */
  pan(byTime, byFreq) {
    const span = this.end - this.start;
    this.showTime(this.start + byTime * span, this.end + byTime * span);
    const low = this.unitOf(this.low);
    const high = this.unitOf(this.high);
    if (byFreq) this.showUnits(low + byFreq * (high - low), high + byFreq * (high - low));
  }
}

/** Move a stretch to where there is something, with the same span where it can be. */
function fitted(from, to, lowest, highest, shortest) {
  const span = Math.min(Math.max(to - from, shortest), highest - lowest);
  const start = Math.min(Math.max((from + to) / 2 - span / 2, lowest), highest - span);
  return [start, start + span];
}

/**
 * Choose the frequencies that are written at the axis.
 *
 * @param {View} view
 * @param {number} height of the panel in pixels
 * @param {number} apart how many pixels there are at least between two
 * @returns {number[]} in hertz
 */
export function frequencyTicks(view, height, apart) {
  const isInside = (hz) => hz >= view.low && hz <= view.high;
  if (view.scale === "linear" || view.high / Math.max(view.low, 1) < 5) {
    return ticks(view.low, view.high, height / apart).numbers.filter(isInside);
  }
  // Decades first, then fives, then twos: what is left out is what matters least.
  const chosen = [];
  for (const first of [1, 5, 2]) {
    for (let power = 10; power <= 1e5; power *= 10) {
      const hz = first * power;
      const isFar = (other) => Math.abs(view.yOf(other) - view.yOf(hz)) * height >= apart;
      if (isInside(hz) && chosen.every(isFar)) chosen.push(hz);
    }
  }
  return chosen;
}
