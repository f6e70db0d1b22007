// A picture of a sound by Fourier transforms of one size, made in the browser.

import { Fft } from "./band.js";

const MOST_COLUMNS = 4000;
const DEEPEST_DB = 120;

// Sums of cosines: the weight at a share x of the window is a0 - a1 cos(2 pi x) + a2 cos(4 pi x) - ...
/** @type {Record<string, number[]>} */
export const WINDOWS = {
  Hann: [0.5, 0.5],
  Hamming: [0.54, 0.46],
  Blackman: [0.42, 0.5, 0.08],
  "Blackman-Harris": [0.35875, 0.48829, 0.14128, 0.01168],
  Rectangular: [1],
};

/**
 * Make the weights of a window.
 *
 * @param {string} name one of the windows
 * @param {number} size
 * @returns {Float64Array}
 */
export function windowOf(name, size) {
  const weight = (i) =>
    WINDOWS[name].reduce((sum, a, k) => sum + (k % 2 ? -a : a) * Math.cos((2 * Math.PI * k * i) / size), 0);
  return Float64Array.from({ length: size }, (_, i) => weight(i));
}

/**
 * Make the picture of a sound. A column is the maximum of the transforms that it stands for, so that a
 * click in a minute stays visible. A minute of 44.1 kHz takes half a second.
 *
 * @param {Float32Array} samples
 * @param {number} sampleRate in hertz
 * @param {number} size of a transform, a power of two
 * @param {string} windowName
 * @param {number} start when the first sample is, in seconds
 */
export function spectrogram(samples, sampleRate, size, windowName, start) {
  const window = windowOf(windowName, size);
  const hop = samples.length / (size / 8) <= MOST_COLUMNS ? size / 8 : size / 4;
  const nFrames = Math.max(2, Math.ceil(samples.length / hop));
  const perColumn = Math.ceil(nFrames / MOST_COLUMNS);
  const nTime = Math.max(2, Math.ceil(nFrames / perColumn));
  const nFreq = size / 2 + 1;
  const power = new Float32Array(nFreq * nTime);
  const fft = new Fft(size);
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  for (let frame = 0; frame < nFrames; frame += 2) {
    // Two real frames share one complex transform, and are told apart by their symmetry.
    const a = frame * hop - size / 2;
    for (let i = 0; i < size; i++) {
      re[i] = (samples[a + i] ?? 0) * window[i];
      im[i] = (samples[a + hop + i] ?? 0) * window[i];
    }
    fft.transform(re, im);
    const columnA = Math.floor(frame / perColumn);
    const columnB = Math.min(Math.floor((frame + 1) / perColumn), nTime - 1);
    for (let k = 0; k < nFreq; k++) {
      const m = (size - k) % size;
      const ofA = (re[k] + re[m]) ** 2 + (im[k] - im[m]) ** 2;
      const ofB = (im[k] + im[m]) ** 2 + (re[m] - re[k]) ** 2;
      const row = k * nTime;
      if (ofA > power[row + columnA]) power[row + columnA] = ofA;
      if (ofB > power[row + columnB]) power[row + columnB] = ofB;
    }
  }
  const sum = window.reduce((total, weight) => total + weight, 0);
  // Of a sine at full scale the level is 0 dB.
  const decibels = (value) => 10 * Math.log10(value / sum ** 2 + 1e-30);
  const levelMaxDb = decibels(power.reduce((most, value) => Math.max(most, value), 0));
  const levelMinDb = levelMaxDb - DEEPEST_DB;
  const level = Uint8Array.from(power, (value) =>
    Math.round((255 * Math.max(decibels(value) - levelMinDb, 0)) / DEEPEST_DB),
  );
  const stepSeconds = (perColumn * hop) / sampleRate;
  const firstSeconds = start + ((perColumn - 1) / 2) * (hop / sampleRate);
  return {
    picture: { nFreq, nTime },
    level,
    levelMinDb,
    levelMaxDb,
    rowOf: (hz) => (hz * size) / sampleRate,
    columnOf: (seconds) => (seconds - firstSeconds) / stepSeconds,
  };
}
