// The lane of the waveform: the lowest and the highest sample of every pixel.

const BLOCK = 256;

/** The extremes of a sound, quick at every zoom. */
export class Waveform {
  /** @param {Float32Array} samples */
  constructor(samples) {
    this.samples = samples;
    const n = Math.floor(samples.length / BLOCK);
    this.lows = new Float32Array(n);
    this.highs = new Float32Array(n);
    this.peak = 0;
    for (let start = 0; start < samples.length; start += BLOCK) {
      const [low, high] = extremes(samples, samples, start, Math.min(start + BLOCK, samples.length));
      this.peak = Math.max(this.peak, -low, high);
      if (start / BLOCK < n) {
        this.lows[start / BLOCK] = low;
        this.highs[start / BLOCK] = high;
      }
    }
  }

  /**
   * Find the lowest and the highest sample between two.
   *
   * @param {number} start
   * @param {number} stop the sample after the last
   * @returns {[number, number]} infinite and the wrong way round where there is none
   */
  between(start, stop) {
    const from = Math.max(0, Math.floor(start));
    const to = Math.min(this.samples.length, Math.max(Math.ceil(stop), Math.floor(start) + 1));
    const first = Math.ceil(from / BLOCK);
    const last = Math.floor(to / BLOCK);
    if (last <= first) return extremes(this.samples, this.samples, from, to);
    const parts = [
      extremes(this.samples, this.samples, from, first * BLOCK),
      extremes(this.lows, this.highs, first, last),
      extremes(this.samples, this.samples, last * BLOCK, to),
    ];
    return [Math.min(...parts.map(([low]) => low)), Math.max(...parts.map(([, high]) => high))];
  }
}

/** @returns {[number, number]} */
function extremes(lows, highs, start, stop) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = start; i < stop; i++) {
    if (lows[i] < low) low = lows[i];
    if (highs[i] > high) high = highs[i];
  }
  return [low, high];
}
