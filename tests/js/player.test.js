// Facts about the player's geometry, its mask and its keys; and what Triage plays.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PaintedMask } from "../../app/components/frontend/player/brush.js";
import { COMMANDS, commandOf } from "../../app/components/frontend/player/commands.js";
import { layoutOf, resampled } from "../../app/components/frontend/player/paint.js";
import { soundToKeep } from "../../app/components/frontend/player/payload.js";
import { Selection } from "../../app/components/frontend/player/selection.js";
import { frequencyTicks, View } from "../../app/components/frontend/player/view.js";
import { Waveform } from "../../app/components/frontend/player/waveform.js";
import { stretchOf } from "../../app/components/frontend/triage/picture.js";

/** A mel axis of 64 rows up to 20 kHz, and 200 columns of 0.02 s. */
function picture() {
  const mel = (hz) => 2595 * Math.log10(1 + hz / 700);
  const hz = (m) => 700 * (10 ** (m / 2595) - 1);
  const freqHz = Array.from({ length: 64 }, (_, i) => hz((mel(20_000) * (i + 1)) / 65));
  const axes = { firstSeconds: 0.01, stepSeconds: 0.02, startSeconds: 0, endSeconds: 4 };
  return { freqHz, nFreq: 64, nTime: 200, map: {}, others: [], ...axes };
}

test("places on the screen and times and frequencies are each other's inverse, on every scale", () => {
  const view = new View(picture());
  for (const scale of ["mel", "log", "linear"]) {
    view.setScale(scale);
    for (const at of [0.1, 0.5, 0.9]) {
      assert.ok(Math.abs(view.xOf(view.secondsAt(at)) - at) < 1e-9);
      assert.ok(Math.abs(view.yOf(view.hzAt(at)) - at) < 1e-9, scale);
    }
  }
});

test("a zoom leaves what lies under the pointer where it is, and stays within the picture", () => {
  const view = new View(picture());
  const [seconds, hz] = [view.secondsAt(0.3), view.hzAt(0.6)];
  view.zoom(0.5, 0.5, 0.3, 0.6);
  assert.ok(Math.abs(view.secondsAt(0.3) - seconds) < 1e-9);
  assert.ok(Math.abs(view.hzAt(0.6) - hz) < 1e-6 * hz);
  view.pan(100, 100);
  assert.equal(view.end, 4);
  assert.equal(view.high, view.highestHz);
  view.zoom(1e6, 1e6);
  assert.ok(view.isWhole());
});

test("frequencies at the axis keep their distance", () => {
  const view = new View(picture());
  for (const scale of ["mel", "log", "linear"]) {
    view.setScale(scale);
    const heights = frequencyTicks(view, 300, 26).map((hz) => view.yOf(hz) * 300);
    heights.sort((a, b) => a - b);
    assert.ok(heights.length >= 3, scale);
    assert.ok(
      heights.slice(1).every((y, i) => y - heights[i] >= 25.9),
      scale,
    );
  }
});

test("a click does not fall between two pixels of a small picture", () => {
  const view = new View(picture());
  const layer = new Uint8Array(64 * 200);
  layer[40 * 200 + 117] = 255;
  const small = resampled(layer, view, 31, 17);
  assert.equal(Math.max(...small), 255);
  const at = small.indexOf(255);
  assert.equal(at % 31, Math.floor((117.5 / 200) * 31));
});

test("a painted mask is the cells that were painted, as boxes that do not overlap", () => {
  const view = new View(picture());
  const mask = new PaintedMask();
  mask.layOn(view);
  mask.fill({ start: 1, end: 2, low: 500, high: 2000 }, 1);
  mask.dab(3, 5000, 0.1, 4, 1);
  mask.fill({ start: 1.4, end: 1.6, low: 0, high: 20_000 }, 0);
  const cells = mask.cells.slice();
  const again = new PaintedMask();
  again.layOn(view);
  for (const box of mask.all()) {
    const before = again.cells.slice();
    again.fill(box, 1);
    const n = cells.filter((_, i) => again.cells[i] > before[i]).length;
    assert.equal(again.cells.reduce((sum, cell) => sum + cell) - before.reduce((sum, cell) => sum + cell), n);
  }
  assert.deepEqual(again.cells, cells);
});

test("undo brings back what was painted, and a mask outlives its picture", () => {
  const view = new View(picture());
  const mask = new PaintedMask();
  mask.layOn(view);
  mask.fill({ start: 1, end: 2, low: 500, high: 2000 }, 1);
  const before = mask.cells.slice();
  mask.remember();
  mask.take([]);
  assert.ok(mask.isEmpty());
  assert.ok(mask.undo());
  assert.deepEqual(mask.cells, before);
  // A part of the recording that does not show it, and back.
  mask.layOn(new View({ ...picture(), firstSeconds: 10.01, startSeconds: 10, endSeconds: 14 }));
  assert.ok(!mask.isEmpty() && !mask.cells.includes(1));
  mask.layOn(view);
  assert.deepEqual(mask.cells, before);
});

test("every key has a command, and modifiers change what they should", () => {
  for (const key of " nplbiomz0cvsdaxuefw<>,.[]{}?+-=−") {
    const [name] = commandOf({ key });
    assert.equal(typeof COMMANDS[name], "function", key);
  }
  assert.deepEqual(commandOf({ key: "3" }), ["sound", 2]);
  assert.deepEqual(commandOf({ key: "ArrowLeft", shiftKey: true }), ["step", -10]);
  assert.deepEqual(commandOf({ key: "+", altKey: true }), ["taller"]);
  assert.deepEqual(commandOf({ key: "N", shiftKey: true }), ["next", undefined]);
  assert.deepEqual(commandOf({ key: " ", shiftKey: true }), ["playLooped"]);
  assert.deepEqual(commandOf({ key: "." }), ["seekBy", 1]);
  assert.equal(commandOf({ key: "q" }), null);
});

test("panels of other maps stand below, in two columns where there is room", () => {
  const others = [{}, {}, {}];
  const shown = { nRegionRows: 1, sideBySide: false, isLong: true };
  const wide = layoutOf(1000, 340, { ...picture(), others }, shown);
  assert.equal(new Set(wide.others.map(({ x }) => x)).size, 2);
  assert.ok(wide.others.every(({ y }) => y > 340) && wide.height > wide.others[2].axis.y);
  assert.equal(new Set(layoutOf(600, 340, { ...picture(), others }, shown).others.map(({ x }) => x)).size, 1);
});

test("a short region is played with enough around it to be recognised", () => {
  const glance = { start_s: 2, end_s: 8 };
  assert.deepEqual(stretchOf({ ...glance, strongest: null }), [2, 8]);
  const [start, end] = stretchOf({ ...glance, strongest: [5, 5.1, 0, 1] });
  assert.ok(Math.abs(end - start - 1.2) < 1e-9 && start < 5 && end > 5.1);
  assert.equal(stretchOf({ ...glance, strongest: [2, 2.1, 0, 1] })[0], 2);
});

test("a straight drag is a box of all frequencies or of all times, a slanted one is neither", () => {
  const player = { view: new View(picture()), parts: {}, engine: {} };
  const selection = new Selection(player);
  const panel = { width: 800, height: 300 };
  const place = (x, y) => ({
    panel,
    x,
    y,
    zone: "picture",
    seconds: player.view.secondsAt(x),
    hz: player.view.hzAt(y),
  });
  const across = selection.boxBetween({ from: place(0.25, 0.5), to: place(0.5, 0.51) });
  assert.deepEqual([across.start, across.end], [1, 2]);
  assert.deepEqual([across.low, across.high], [player.view.lowestHz, player.view.highestHz]);
  const up = selection.boxBetween({ from: place(0.25, 0.7), to: place(0.252, 0.2) });
  assert.deepEqual([up.start, up.end], [0, 4]);
  assert.deepEqual([up.low, up.high], [player.view.hzAt(0.7), player.view.hzAt(0.2)]);
  const slanted = selection.boxBetween({ from: place(0.25, 0.7), to: place(0.3, 0.6) });
  assert.ok(slanted.end - slanted.start < 0.3 && slanted.high < player.view.highestHz / 2);
});

test("another recording keeps the zoom, and a sound only where it makes sense", () => {
  const before = new View(picture());
  before.showTime(1, 2);
  before.showUnits(10, 30);
  const after = new View({ ...picture(), nTime: 75, endSeconds: 1.5 });
  after.showAs(before);
  assert.deepEqual([after.start, after.end], [0.5, 1.5]);
  assert.ok(Math.abs(after.low - before.low) < 1e-6 && Math.abs(after.high - before.high) < 1e-6);
  const whole = new View(picture());
  whole.showAs(new View({ ...picture(), nTime: 75, endSeconds: 1.5 }));
  assert.ok(whole.isWhole());
  const sound = (name, level, isResidual) => ({ name, samples: Float32Array.of(level), isResidual });
  const sounds = [sound("clip", 0.1), sound("kept", 0.1), sound("removed", 0.1, true)];
  assert.equal(soundToKeep("kept", sounds, false), 1);
  assert.equal(soundToKeep("removed", sounds, false), 0);
  assert.equal(soundToKeep("removed", sounds, true), 2);
  assert.equal(soundToKeep("kept", [sounds[0], sound("kept", 0)], false), 0);
  assert.equal(soundToKeep("normal", sounds, false), 0);
});

test("the waveform has the lowest and highest sample of every stretch, however long", () => {
  const samples = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i * i) * (i === 3333 ? 0.5 : 0.3));
  samples[1234] = -0.9;
  const waveform = new Waveform(samples);
  assert.ok(Math.abs(waveform.peak - 0.9) < 1e-6);
  for (const [start, stop] of [
    [0, 5000],
    [1234, 1235],
    [100, 200],
    [1000.4, 2000.6],
    [255, 257],
    [4900, 6000],
    [-50, 10],
  ]) {
    const part = samples.subarray(Math.max(0, Math.floor(start)), Math.ceil(stop));
    assert.deepEqual(waveform.between(start, stop), [Math.min(...part), Math.max(...part)], `${start} to ${stop}`);
  }
  const [low, high] = waveform.between(6000, 7000);
  assert.ok(high < low, "there is no sound");
});
