// Facts about the picture that the browser makes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { resampled } from "../../app/components/frontend/player/paint.js";
import { View } from "../../app/components/frontend/player/view.js";
import { spectrogram, WINDOWS, windowOf } from "../../app/components/frontend/shared/spectrogram.js";

const RATE = 16_000;
const seconds = (from, to, sound) =>
  Float32Array.from({ length: 2 * RATE }, (_, i) => (i >= from * RATE && i < to * RATE ? sound(i) : 0));
const levelOf = (made, hz, time) => {
  const { nTime } = made.picture;
  const cell = Math.round(made.rowOf(hz)) * nTime + Math.round(made.columnOf(time));
  return made.levelMinDb + ((made.levelMaxDb - made.levelMinDb) * made.level[cell]) / 255;
};

test("a sine has its level, at its frequency and its time, with every size and window", () => {
  const hz = 2000;
  const tone = seconds(0.5, 1.5, (i) => 0.1 * Math.sin((2 * Math.PI * hz * i) / RATE));
  for (const name of Object.keys(WINDOWS)) {
    for (const size of [256, 1024, 4096]) {
      const made = spectrogram(tone, RATE, size, name, 10);
      assert.equal(made.picture.nFreq, size / 2 + 1);
      assert.ok(Math.abs(levelOf(made, hz, 11) - -20) < 0.3, `${name} ${size}: ${levelOf(made, hz, 11)}`);
      assert.ok(levelOf(made, 6000, 11) < -60 && levelOf(made, hz, 10.2) < -90, `${name} ${size}`);
    }
  }
});

test("a picture is that of a slow transform", () => {
  const noise = Float32Array.from({ length: 2000 }, (_, i) => Math.sin(i * i) * 0.3);
  const size = 256;
  const made = spectrogram(noise, RATE, size, "Hann", 0);
  const window = windowOf("Hann", size);
  for (const column of [7, 20, 41]) {
    const first = (column * size) / 8 - size / 2;
    for (const bin of [1, 30, 100]) {
      let [re, im] = [0, 0];
      for (let i = 0; i < size; i++) {
        const value = (noise[first + i] ?? 0) * window[i];
        re += value * Math.cos((2 * Math.PI * bin * i) / size);
        im += value * Math.sin((2 * Math.PI * bin * i) / size);
      }
      const level = 20 * Math.log10((2 * Math.hypot(re, im)) / (size / 2));
      const found = levelOf(made, (bin * RATE) / size, (column * size) / 8 / RATE);
      assert.ok(Math.abs(found - level) < 0.3, `${bin} at ${column}: ${found} for ${level}`);
    }
  }
});

test("a click in a minute is in the picture, and in a small drawing of it", () => {
  const sound = new Float32Array(60 * RATE);
  sound[41.5 * RATE] = 1;
  const made = spectrogram(sound, RATE, 256, "Hann", 0);
  assert.ok(made.picture.nTime <= 4000);
  assert.ok(Math.abs(levelOf(made, 3000, 41.5) - made.levelMaxDb) < 3);
  const axes = { firstSeconds: 0, stepSeconds: 0.1, startSeconds: 0, endSeconds: 60 };
  const view = new View({ freqHz: [100, 4000, 7000], nFreq: 3, nTime: 600, map: {}, others: [], ...axes });
  view.setScale("linear");
  const small = resampled(made.level, view, 60, 10, made);
  const row = [...small.subarray(5 * 60, 6 * 60)];
  assert.equal(row.indexOf(Math.max(...row)), 41);
});
