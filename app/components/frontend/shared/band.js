// One box of time and frequency out of a sound: short-time Fourier transform, bins outside the
// band set to zero, overlap and add.

/** A complex Fourier transform in place, of one size that is a power of two. */
export class Fft {
  constructor(size) {
    this.size = size;
    this.cos = new Float64Array(size / 2);
    this.sin = new Float64Array(size / 2);
    for (let k = 0; k < size / 2; k++) {
      this.cos[k] = Math.cos((2 * Math.PI * k) / size);
      this.sin[k] = Math.sin((2 * Math.PI * k) / size);
    }
    this.reversed = new Uint32Array(size);
    for (let i = 1; i < size; i++) {
      this.reversed[i] = (this.reversed[i >> 1] >> 1) | (i & 1 ? size >> 1 : 0);
    }
  }

  /**
   * Transform forward; with the two arguments swapped it is the inverse, without its 1 / size.
   *
   * @param {Float64Array} re
   * @param {Float64Array} im
   */
  transform(re, im) {
    const { size, cos, sin, reversed } = this;
    for (let i = 0; i < size; i++) {
      const j = reversed[i];
      if (j > i) {
        [re[i], re[j]] = [re[j], re[i]];
        [im[i], im[j]] = [im[j], im[i]];
      }
    }
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let block = 0; block < size; block += 2 * half) {
        for (let k = 0; k < half; k++) {
          const wr = cos[k * stride];
          const wi = -sin[k * stride];
          const low = block + k;
          const high = low + half;
          const tr = re[high] * wr - im[high] * wi;
          const ti = re[high] * wi + im[high] * wr;
          re[high] = re[low] - tr;
          im[high] = im[low] - ti;
          re[low] += tr;
          im[low] += ti;
        }
      }
    }
  }
}

/** A bin's weight: 1 inside, 0 outside, over two bins in between so that little rings. */
function bandWeights(size, sampleRate, lowHz, highHz) {
  const weights = new Float64Array(size);
  const binHz = sampleRate / size;
  const step = (distanceHz) => {
    const x = Math.min(Math.max(distanceHz / (2 * binHz) + 0.5, 0), 1);
    return 0.5 - 0.5 * Math.cos(Math.PI * x);
  };
  for (let k = 0; k <= size / 2; k++) {
    const hz = k * binHz;
    const weight = Math.min(step(hz - lowHz), step(highHz - hz));
    weights[k] = weight;
    if (k > 0) weights[size - k] = weight;
  }
  return weights;
}

/**
 * Cut the part of a sound within a time and a band, as long as the time.
 *
 * @param {Float32Array} samples
 * @param {number} sampleRate in hertz
 * @param {number} startSeconds
 * @param {number} endSeconds
 * @param {number} lowHz 0 or less leaves that side open
 * @param {number} highHz half the rate or more leaves that side open
 * @returns {Float32Array}
 */
export function boxOfSound(samples, sampleRate, startSeconds, endSeconds, lowHz, highHz) {
  const first = Math.max(0, Math.round(startSeconds * sampleRate));
  const length = Math.max(1, Math.round((endSeconds - startSeconds) * sampleRate));
  const size = 2 ** Math.round(Math.log2(Math.max(256, sampleRate * 0.09)));
  const hop = size / 4;
  const window = new Float64Array(size);
  for (let i = 0; i < size; i++) window[i] = Math.sin((Math.PI * (i + 0.5)) / size);
  const low = lowHz > 0 ? lowHz : -sampleRate;
  const high = highHz < sampleRate / 2 ? highHz : 2 * sampleRate;
  const weights = bandWeights(size, sampleRate, low, high);
  const fft = new Fft(size);
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  const out = new Float32Array(length);
  // The squared window, a quarter of its length apart, adds up to 2.
  const scale = 1 / (2 * size);
  const frames = Math.ceil((length + size) / hop) + 1;
  for (let frame = 0; frame < frames; frame += 2) {
    // Two real frames share one complex transform: the weights are even, so neither meets the other.
    const a = first - size + hop * (frame + 1);
    const b = a + hop;
    for (let i = 0; i < size; i++) {
      re[i] = (samples[a + i] ?? 0) * window[i];
      im[i] = (samples[b + i] ?? 0) * window[i];
    }
    fft.transform(re, im);
    for (let k = 0; k < size; k++) {
      re[k] *= weights[k];
      im[k] *= weights[k];
    }
    fft.transform(im, re);
    for (let i = 0; i < size; i++) {
      const gain = window[i] * scale;
      const toA = a - first + i;
      if (toA >= 0 && toA < length) out[toA] += re[i] * gain;
      const toB = toA + hop;
      if (toB >= 0 && toB < length) out[toB] += im[i] * gain;
    }
  }
  // Cut edges click; four milliseconds of fade do not.
  const fade = Math.min(Math.round(0.004 * sampleRate), length >> 1);
  for (let i = 0; i < fade; i++) {
    const gain = 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / fade);
    out[i] *= gain;
    out[length - 1 - i] *= gain;
  }
  return out;
}
