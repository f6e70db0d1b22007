// Facts about boxes that are moved and resized, and about the file of what is heard.

import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, cursorOf, holdAt, WHOLE } from "../../app/components/frontend/player/box.js";
import { fileName } from "../../app/components/frontend/player/saving.js";
import { View } from "../../app/components/frontend/player/view.js";
import { SoundEngine } from "../../app/components/frontend/shared/sound.js";
import { wavBytes } from "../../app/components/frontend/shared/wav.js";

const freqHz = Array.from({ length: 64 }, (_, i) => 700 * (10 ** (((i + 1) * 59) / 2595) - 1));
const axes = { firstSeconds: 0.01, stepSeconds: 0.02, startSeconds: 0, endSeconds: 4 };
const view = new View({ freqHz, nFreq: 64, nTime: 200, map: {}, others: [], ...axes });
const BOX = { start: 1, end: 2, low: 500, high: 2000, region: 3 };
const panel = { width: 800, height: 300 };
const place = (seconds, hz) => ({ panel, x: view.xOf(seconds), y: view.yOf(hz), seconds, hz });

test("a hand holds a box by its edges, its corners and its middle", () => {
  const cursors = [
    [place(1, 1000), "ew-resize"],
    [place(2.02, 1000), "ew-resize"],
    [place(1.5, 2000), "ns-resize"],
    [place(2, 500), "nwse-resize"],
    [place(1, 500), "nesw-resize"],
    [place(1.5, 1000), "move"],
    [place(3, 1000), ""],
    [place(1.5, 2600), ""],
  ];
  for (const [at, cursor] of cursors) assert.equal(cursorOf(holdAt(BOX, at, view, false)), cursor);
  assert.equal(cursorOf(holdAt(BOX, place(2, 20), view, true)), "ew-resize");
  const all = { ...BOX, start: 0, end: 4, low: view.lowestHz, high: view.highestHz };
  assert.equal(holdAt(all, place(1.5, 1000), view, false), null);
});

test("a box keeps its size when it is moved, and stays within the recording", () => {
  for (const scale of ["mel", "log", "linear"]) {
    view.setScale(scale);
    const size = view.unitOf(BOX.high) - view.unitOf(BOX.low);
    for (const [seconds, units] of [
      [0.5, size / 10],
      [-9, -9 * size],
      [9, 900 * size],
    ]) {
      const moved = changed(BOX, WHOLE, seconds, units, view, 4);
      assert.ok(Math.abs(moved.end - moved.start - 1) < 1e-9);
      assert.ok(Math.abs(view.unitOf(moved.high) - view.unitOf(moved.low) - size) < 1e-6 * size, scale);
      assert.ok(moved.start >= 0 && moved.end <= 4 && moved.low >= view.floorHz() - 1e-6);
      assert.ok(moved.high <= view.highestHz + 1e-6 && moved.region === null);
    }
  }
  view.setScale("mel");
});

test("an edge that is dragged past the other one stops before it; the others stay to the digit", () => {
  const narrow = changed(BOX, { start: true }, 5, 0, view, 4);
  assert.ok(narrow.start < narrow.end && narrow.end === 2 && narrow.low === 500 && narrow.high === 2000);
  const low = changed(BOX, { high: true }, 0, -100, view, 4);
  assert.ok(low.high > low.low && low.low === 500 && low.start === 1);
  const corner = changed(BOX, { end: true, low: true }, 0.25, 2, view, 4);
  assert.equal(corner.end, 2.25);
  assert.ok(Math.abs(view.unitOf(corner.low) - view.unitOf(500) - 2) < 1e-9 && corner.high === 2000);
});

/** An engine of one sound, as it is before the first press. */
function engineOf(samples, sampleRate) {
  const engine = new SoundEngine(
    () => {},
    () => {},
  );
  engine.load([{ samples, sampleRate }], 0, samples.length / sampleRate);
  return engine;
}

test("what is saved is what is heard: the box alone, its time, or everything", () => {
  const rate = 8000;
  const tones = Float32Array.from(
    { length: 4 * rate },
    (_, i) => 0.2 * Math.sin((2 * Math.PI * 500 * i) / rate) + 0.2 * Math.sin((2 * Math.PI * 3000 * i) / rate),
  );
  const engine = engineOf(tones, rate);
  assert.deepEqual(engine.heard(null).samples, tones);
  const box = { start: 1, end: 2, low: 300, high: 900 };
  const full = engine.heard(box);
  assert.deepEqual(full.samples, tones.slice(rate, 2 * rate));
  engine.setBand(box);
  const alone = engine.heard(box).samples;
  assert.equal(alone.length, rate);
  const level = (samples, hz) => {
    let [re, im] = [0, 0];
    for (let i = 1000; i < 7000; i++) {
      re += samples[i] * Math.cos((2 * Math.PI * hz * i) / rate);
      im += samples[i] * Math.sin((2 * Math.PI * hz * i) / rate);
    }
    return Math.hypot(re, im) / 3000;
  };
  assert.ok(Math.abs(level(alone, 500) - 0.2) < 0.002 && level(alone, 3000) < 1e-4);
  // At half the speed without its pitch the file says half the rate; with it, there are twice the samples.
  engine.setSpeed(0.5, false);
  assert.equal(engine.heard(box).sampleRate, rate / 2);
  engine.setSpeed(0.5, true);
  assert.equal(engine.heard(box).samples.length, 2 * rate);
  engine.setSpeed(1, true);
  engine.setGain(6);
  assert.ok(Math.abs(level(engine.heard(box).samples, 500) - 0.2 * 10 ** 0.3) < 0.004);
  engine.setGain(40);
  const loud = engine.heard(box);
  const peak = loud.samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  assert.ok(peak <= 1 && peak > 0.99 && loud.quieterDb > 20);
});

test("a WAV holds its samples to the last of 24 bits", () => {
  const samples = Float32Array.of(0, 0.5, -0.5, 1, -1, 1 / 2 ** 23);
  const bytes = wavBytes(samples, 44_100);
  const view = new DataView(bytes.buffer);
  assert.equal(new TextDecoder("latin1").decode(bytes.subarray(0, 4)), "RIFF");
  assert.deepEqual([view.getUint32(4, true), view.getUint32(24, true), view.getUint32(40, true)], [54, 44_100, 18]);
  const steps = [...samples.keys()].map((i) => (view.getInt8(46 + 3 * i) << 16) | view.getUint16(44 + 3 * i, true));
  assert.deepEqual(steps, [0, 2 ** 22, -(2 ** 22), 2 ** 23 - 1, -(2 ** 23), 1]);
});

test("no name of a recording leaves the folder of downloads", () => {
  assert.equal(fileName(["pump_1", "1.60-1.90s", "3-5kHz", ""]), "pump_1_1.60-1.90s_3-5kHz.wav");
  assert.equal(fileName(["../../etc/passwd", "a<b>:c"]), "etc_passwd_a_b_c.wav");
  assert.equal(fileName(["..", ""]), "recording.wav");
});
