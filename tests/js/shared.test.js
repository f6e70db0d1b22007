// Facts about what the components share.

import assert from "node:assert/strict";
import { test } from "node:test";
import { speedsFor } from "../../app/components/frontend/player/playback.js";
import { boxOfSound, Fft } from "../../app/components/frontend/shared/band.js";
import { blend, COLOUR_MAPS, heatTable, inkTable, mapTable } from "../../app/components/frontend/shared/colours.js";
import { Frame } from "../../app/components/frontend/shared/frame.js";
import * as numbers from "../../app/components/frontend/shared/numbers.js";
import { stretched } from "../../app/components/frontend/shared/stretch.js";
import { tickDecimals, ticks } from "../../app/components/frontend/shared/ticks.js";

const COLOURS = { heat: [217, 72, 15], quiet: [250, 250, 250], loud: [20, 20, 20] };

test("ticks are round, inside, and not more than asked for", () => {
  assert.deepEqual(ticks(0.13, 0.94, 6), { numbers: [0.2, 0.4, 0.6, 0.8], step: 0.2 });
  for (const [low, high] of [
    [0, 1],
    [-3, 7],
    [8.2, 20.7],
    [1e-6, 3e-6],
    [0, 48_000],
  ]) {
    for (const most of [2, 5, 9]) {
      const { numbers: found, step } = ticks(low, high, most);
      assert.ok(found.length >= 1 && found.length <= most + 1, `${low} ${high} ${most}`);
      assert.ok(found.every((value) => value >= low - 1e-9 * step && value <= high + 1e-9 * step));
      assert.match(step.toExponential(), /^[125]e/);
    }
  }
});

test("decimals tell ticks apart", () => {
  assert.deepEqual([10, 1, 0.5, 0.2, 0.05, 0.0001].map(tickDecimals), [0, 0, 1, 1, 2, 3]);
});

test("numbers are written with few digits and without an exponent", () => {
  assert.equal(numbers.number(12345.6), "12,346");
  assert.equal(numbers.number(-0.12345, 2), "−0.12");
  assert.equal(numbers.number(Number.NaN), "–");
  assert.deepEqual([0.05, 0.083, 0.0004, 0.5].map(numbers.percent), [
    "5\u00a0%",
    "8.3\u00a0%",
    "0.04\u00a0%",
    "50\u00a0%",
  ]);
  assert.deepEqual(
    [1, 1200].map((n) => numbers.counted(n, "recording")),
    ["1 recording", "1,200 recordings"],
  );
});

test("times and frequencies are written as they are read", () => {
  assert.deepEqual(
    [4.2, 75, 3700].map((s) => numbers.clock(s, 0)),
    ["4", "1:15", "1:01:40"],
  );
  assert.equal(numbers.clock(61.25, 2), "1:01.25");
  assert.deepEqual([300, 1500, 4000].map(numbers.shortHz), ["300", "1.5k", "4k"]);
  assert.equal(numbers.bandText(300, 5000, " to "), "0.3 to 5 kHz");
  assert.equal(numbers.bandText(4000, 4100, "–"), "4–4.1 kHz");
  const box = { start: 1.6, end: 1.9, low: 3000, high: 5000 };
  assert.equal(numbers.spokenBox(box), "1.6 to 1.9 seconds, 3 to 5 kHz");
  assert.equal(numbers.writtenBox(box), "1.60–1.90 s · 3–5 kHz");
});

/** A frame as safetensors writes it, in the middle of a larger buffer at an odd address. */
function framed() {
  const header = {
    __metadata__: { header: '{"name":"“über”"}' },
    score: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
    pcm: { dtype: "I16", shape: [3], data_offsets: [8, 14] },
    level: { dtype: "U8", shape: [1, 2], data_offsets: [14, 16] },
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(1 + 8 + text.length + 16).subarray(1);
  new DataView(bytes.buffer, 1).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 8 + text.length);
  bytes.set(new Uint8Array(Int16Array.of(1, -300, 32767).buffer), 16 + text.length);
  bytes.set([7, 255], 22 + text.length);
  return bytes;
}

test("a frame gives back texts and arrays, wherever it begins in memory", () => {
  const frame = new Frame(framed());
  assert.deepEqual(JSON.parse(frame.text("header")), { name: "“über”" });
  assert.deepEqual([...frame.array("score")], [1.5, -2]);
  assert.deepEqual([...frame.array("pcm")], [1, -300, 32767]);
  assert.deepEqual([frame.shape("level"), ...frame.array("level")], [[1, 2], 7, 255]);
});

test("what is no frame is refused in a sentence", () => {
  const cut = framed().subarray(0, 40);
  const damaged = framed().map((byte, i) => (i < 8 ? 255 : byte));
  for (const bytes of [cut, damaged, new Uint8Array(3), undefined, "text"]) {
    assert.throws(() => new Frame(/** @type {any} */ (bytes)), /cannot read; reload the page/);
  }
});

test("no colour map is a rainbow: from little evidence to much, lightness only falls or only rises", () => {
  const image = { data: new Uint8ClampedArray(4 * 256) };
  const steps = Uint8Array.from({ length: 256 }, (_, i) => i);
  const ink = inkTable(COLOURS);
  for (const [name] of COLOUR_MAPS) {
    const heat = mapTable(name, COLOURS);
    blend(/** @type {any} */ (image), null, steps, COLOURS, { ink, heat, strength: 1 });
    const lightness = [...steps].map((i) => {
      const [r, g, b] = image.data.slice(4 * i, 4 * i + 3);
      return 0.3 * r + 0.59 * g + 0.11 * b;
    });
    const rises = lightness.slice(1).map((value, i) => value - lightness[i]);
    assert.ok(rises.every((rise) => rise > -1.5) || rises.every((rise) => rise < 1.5), name);
    assert.ok(Math.abs(lightness[255] - lightness[0]) > 60, name);
  }
});

test("without evidence the sound is as grey as without heat, and the loudest step is ink", () => {
  const ink = inkTable(COLOURS, 0.5);
  assert.deepEqual([...ink.slice(0, 3)], COLOURS.quiet);
  assert.deepEqual([...ink.slice(-3)], COLOURS.loud);
  assert.equal(heatTable("orange", COLOURS)[3], 0);
  const image = { data: new Uint8ClampedArray(4) };
  const heat = heatTable("orange", COLOURS);
  blend(/** @type {any} */ (image), [200], [0], COLOURS, { ink, heat, strength: 1 });
  assert.deepEqual([...image.data], [...ink.slice(600, 603), 255]);
});

test("the transform is its own inverse and finds a tone in its bin", () => {
  const size = 64;
  const fft = new Fft(size);
  const re = Float64Array.from({ length: size }, (_, i) => Math.cos((2 * Math.PI * 5 * i) / size));
  const im = new Float64Array(size);
  const before = re.slice();
  fft.transform(re, im);
  assert.ok(Math.abs(re[5] - size / 2) < 1e-9 && Math.abs(re[4]) < 1e-9);
  fft.transform(im, re);
  assert.ok(re.every((value, i) => Math.abs(value / size - before[i]) < 1e-12));
});

test("a box of a sound has its band and not the other, and everything where both sides are open", () => {
  const rate = 8000;
  const tone = (hz) => Float32Array.from({ length: rate }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rate));
  const level = (samples) =>
    Math.sqrt(samples.slice(800, -800).reduce((sum, x) => sum + x * x, 0) / (samples.length - 1600));
  assert.ok(Math.abs(level(boxOfSound(tone(1000), rate, 0, 1, 500, 2000)) - 0.5 / Math.SQRT2) < 1e-3);
  assert.ok(level(boxOfSound(tone(3000), rate, 0, 1, 500, 2000)) < 1e-3);
  const open = boxOfSound(tone(3000), rate, 0.25, 0.75, 0, Infinity);
  assert.equal(open.length, rate / 2);
  assert.ok(Math.abs(open[2000] - tone(3000)[4000]) < 1e-6);
});

test("evidence above the threshold never reads as the threshold, and none below does", () => {
  for (let step = 0; step < 256; step++) {
    const read = Number(numbers.evidenceText(step));
    assert.equal(read > 0.5, step > numbers.THRESHOLD_STEP);
    assert.ok(Math.abs(read - step / 255) < 0.0101);
  }
});

test("times have one form, and no range has two equal ends", () => {
  assert.equal(numbers.timeText(302.24, 2), "5:02.24");
  assert.equal(numbers.timeRange(58, 302.24, 1), "0:58.0–5:02.2");
  assert.equal(numbers.clock(59.97, 1), "1:00.0");
  assert.equal(numbers.bandText(1000, 1000, "–"), "1 kHz");
  assert.equal(numbers.bandText(26, 9800, "–"), "26 Hz–9.8 kHz");
});

test("one recording is not counted", () => {
  assert.deepEqual(numbers.countWords(0, 1), ["The one recording", "is normal"]);
  assert.deepEqual(numbers.countWords(0, 3), ["None of 3 recordings", "is anomalous"]);
  assert.deepEqual(numbers.countWords(2, 3), ["2 of 3 recordings", "are anomalous"]);
});

/** How often a sound rises through zero in a second, in its middle; of a tone that is its frequency. */
function risesPerSecond(samples, sampleRate) {
  const [first, last] = [0.2, 0.8].map((share) => Math.round(share * samples.length));
  let rises = 0;
  for (let i = first; i < last; i++) rises += samples[i - 1] < 0 && samples[i] >= 0 ? 1 : 0;
  return (rises * sampleRate) / (last - first);
}

test("a tone that is played slower or faster keeps its frequency and its level", () => {
  const rate = 16_000;
  for (const hz of [110, 997, 5000]) {
    const tone = Float32Array.from({ length: 2 * rate }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rate));
    for (const speed of [0.25, 0.5, 0.75, 1.5, 2]) {
      const made = stretched(tone, rate, speed);
      assert.equal(made.length, Math.round(tone.length / speed));
      assert.ok(Math.abs(risesPerSecond(made, rate) / hz - 1) < 0.01, `${hz} Hz at ${speed}`);
      const middle = made.subarray(made.length / 4, made.length / 2);
      const power = middle.reduce((sum, value) => sum + value * value, 0) / middle.length;
      assert.ok(Math.abs(10 * Math.log10(power / 0.125)) < 0.3, `${hz} Hz at ${speed}: ${power}`);
    }
  }
});

test("what is stretched begins and ends when its time comes", () => {
  const rate = 16_000;
  const sound = new Float32Array(2 * rate);
  for (let i = rate; i < 1.2 * rate; i++) sound[i] = Math.sin(0.4 * i);
  for (const speed of [0.5, 2]) {
    const loud = [...stretched(sound, rate, speed).entries()].filter(([, value]) => Math.abs(value) > 0.3);
    assert.ok(Math.abs(loud[0][0] / rate - 1 / speed) < 0.03);
    assert.ok(Math.abs(loud.at(-1)[0] / rate - 1.2 / speed) < 0.06);
  }
});

test("ten times slower is offered where there is ultrasound", () => {
  assert.equal(speedsFor([{ sampleRate: 48_000 }])[0], 0.25);
  assert.equal(speedsFor([{ sampleRate: 48_000 }, { sampleRate: 192_000 }])[0], 0.1);
});
