// Painting: the grey picture, the heat over it, the contour, the lanes and the axes.

import { blend, heatTable, inkTable, mapTable } from "../shared/colours.js";
import { clock, number, shortHz, THRESHOLD_STEP } from "../shared/numbers.js";
import { tickDecimals, ticks } from "../shared/ticks.js";
import { frequencyTicks } from "./view.js";

export const LAYOUT = {
  ...{ left: 46, right: 16, top: 10, gap: 6 },
  ...{ wave: 38, score: 60, axis: 24, regionRow: 22, overview: 34 },
  // Of the panels of other maps.
  ...{ title: 26, small: 130, smallScore: 30, twoColumns: 880 },
};

/**
 * Lay out the player.
 *
 * @param {number} width in CSS pixels
 * @param {number} height of the picture with its lanes, in CSS pixels
 * @param {any} picture
 * @param {{ nRegionRows: number, sideBySide: boolean, isLong: boolean }} shown
 */
export function layoutOf(width, height, picture, { nRegionRows, sideBySide, isLong }) {
  const { left, right, top, gap, wave, score, axis, regionRow } = LAYOUT;
  const lane = nRegionRows ? nRegionRows * regionRow + gap : 0;
  const whole = isLong ? LAYOUT.overview + gap : 0;
  const plotHeight = Math.max(80, height - top - lane - wave - score - 3 * gap - axis - whole);
  const inner = Math.max(80, width - left - right);
  const between = 14;
  const panelWidth = sideBySide ? (inner - between) / 2 : inner;
  const starts = sideBySide ? [left, left + panelWidth + between] : [left];
  const regionsTop = top + plotHeight + gap;
  const waveTop = regionsTop + lane;
  const scoreTop = waveTop + wave + gap;
  const lanes = {
    wave: { y: waveTop, height: wave },
    score: { y: scoreTop, height: score },
    axis: { y: scoreTop + score, height: axis },
  };
  const main = { y: top, width: panelWidth, height: plotHeight, map: picture.map, ...lanes };
  const others = otherPanels(width, height, picture.others);
  return {
    width,
    height: others.height,
    panels: starts.map((x, i) => ({ x, isLeft: i + 1 < starts.length, ...main })),
    others: others.panels,
    regions: { y: regionsTop, height: lane },
    ...lanes,
    overview: isLong ? { y: scoreTop + score + axis + gap, height: LAYOUT.overview } : null,
  };
}

/** Panels for the maps of other models, in one or two columns below; and the height of it all. */
function otherPanels(width, top, maps) {
  const { left, right, title, small, smallScore, axis, twoColumns, gap } = LAYOUT;
  const nColumns = width >= twoColumns && maps.length > 1 ? 2 : 1;
  const panelWidth = Math.max(80, (width - nColumns * (left + right)) / nColumns);
  const tall = title + small + smallScore + axis + gap;
  const panels = maps.map((map, i) => {
    const y = top + Math.floor(i / nColumns) * tall + title;
    const x = left + (i % nColumns) * (panelWidth + left + right);
    return {
      ...{ x, y, width: panelWidth, height: small, map },
      score: { y: y + small, height: smallScore },
      axis: { y: y + small + smallScore, height: axis },
    };
  });
  return { panels, height: top + Math.ceil(maps.length / nColumns) * tall };
}

/** A function from a pixel's edge to columns: a cell reaches half a column to either side of its centre. */
function columnEdges(view, width, grid = view) {
  return (x) => grid.columnOf(view.secondsAt(x / width)) + 0.5;
}

/** For each output column or row: the source cells it lies between, or the run it covers. */
function sampling(n, edgeOf, count) {
  const first = new Int32Array(n);
  const last = new Int32Array(n);
  const weight = new Float32Array(n);
  const limit = (i) => Math.min(Math.max(i, 0), count - 1);
  for (let i = 0; i < n; i++) {
    const a = edgeOf(i);
    const b = edgeOf(i + 1);
    if (Math.abs(b - a) > 1.5) {
      first[i] = limit(Math.round(Math.min(a, b)));
      last[i] = limit(Math.round(Math.max(a, b)) - 1);
      if (last[i] < first[i]) last[i] = first[i];
      weight[i] = -1; // the maximum of the run: a click must not fall between two pixels
    } else {
      // An interpolated cell is given by its centre, half a cell lower than its edges.
      const middle = (a + b - 1) / 2;
      first[i] = limit(Math.floor(middle));
      last[i] = limit(first[i] + 1);
      weight[i] = Math.min(Math.max(middle - Math.floor(middle), 0), 1);
      if (middle < 0 || first[i] === last[i]) weight[i] = 0;
    }
  }
  return { first, last, weight };
}

/**
 * Resample a layer as the view shows it.
 *
 * @param {ArrayLike<number>} layer [freq, time] in 0..255
 * @param {import("./view.js").View} view
 * @param {number} width in pixels
 * @param {number} height in pixels
 * @param {any} [grid] which cell a time and a frequency are in, where it is not as in the view's picture
 * @returns {Float32Array} [height, width] in 0..255, top row first
 */
export function resampled(layer, view, width, height, grid = view) {
  const { nFreq, nTime } = grid.picture;
  const xs = sampling(width, columnEdges(view, width, grid), nTime);
  const ys = sampling(height, (y) => grid.rowOf(view.hzAt(y / height)) + 0.5, nFreq);
  const lowest = ys.first.reduce((a, b) => Math.min(a, b), nFreq - 1);
  const highest = ys.last.reduce((a, b) => Math.max(a, b), 0);
  const columns = new Float32Array((highest - lowest + 1) * width);
  for (let row = lowest; row <= highest; row++) {
    for (let x = 0; x < width; x++) {
      columns[(row - lowest) * width + x] = valueAt(layer, row * nTime, 1, xs, x);
    }
  }
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      out[y * width + x] = valueAt(columns, x - lowest * width, width, ys, y);
    }
  }
  return out;
}

function valueAt(values, offset, stride, { first, last, weight }, i) {
  const a = values[offset + first[i] * stride];
  if (weight[i] >= 0) return a + weight[i] * (values[offset + last[i] * stride] - a);
  let highest = a;
  for (let k = first[i] + 1; k <= last[i]; k++) {
    const value = values[offset + k * stride];
    if (value > highest) highest = value;
  }
  return highest;
}

/**
 * Choose a range at which the quiet part of a picture is nearly paper.
 *
 * @param {any} picture
 * @returns {number} in dB
 */
export function fittingRangeDb(picture) {
  const counts = new Uint32Array(256);
  for (const step of picture.level) counts[step]++;
  let below = 0;
  let step = 0;
  while (step < 255 && below + counts[step] < 0.15 * picture.level.length) below += counts[step++];
  const span = picture.levelMaxDb - picture.levelMinDb;
  const range = span * (1 - step / 255);
  return Math.min(100, Math.max(30, 5 * Math.ceil(range / 5)));
}

/** Paint the sound, its map, or both. */
function paintPanel(ctx, panel, view, look, colours, shown, ratio, spectrum) {
  const width = Math.max(1, Math.round(panel.width * ratio));
  const height = Math.max(1, Math.round(panel.height * ratio));
  const { picture } = view;
  const image = ctx.createImageData(width, height);
  const { level: layer, levelMinDb, levelMaxDb } = spectrum ?? picture;
  const level = shown === "map" ? null : resampled(layer, view, width, height, spectrum ?? view);
  const heat = shown === "sound" ? null : resampled(panel.map.evidence, view, width, height);
  blend(image, level, heat, colours, {
    ink: inkTable(colours, look.rangeDb / (levelMaxDb - levelMinDb)),
    heat: (level ? heatTable : mapTable)(look.colours, colours),
    strength: level ? look.opacity : 1,
  });
  // putImageData takes device pixels and ignores the transform.
  ctx.putImageData(image, Math.round(panel.x * ratio), Math.round(panel.y * ratio));
  if (heat) paintContour(ctx, panel, view, colours);
}

/** Where evidence crosses the threshold: marching squares, two pixels a cell. */
function paintContour(ctx, panel, view, colours) {
  const cell = 2;
  const width = Math.max(2, Math.round(panel.width / cell));
  const height = Math.max(2, Math.round(panel.height / cell));
  const field = resampled(panel.map.evidence, view, width, height);
  const path = new Path2D();
  const sx = panel.width / width;
  const sy = panel.height / height;
  const crossing = (a, b) => (THRESHOLD_STEP - a) / (b - a);
  for (let y = 0; y + 1 < height; y++) {
    for (let x = 0; x + 1 < width; x++) {
      const i = y * width + x;
      const a = field[i];
      const b = field[i + 1];
      const c = field[i + width + 1];
      const d = field[i + width];
      const sides = [a, b, c, d].map((value) => value > THRESHOLD_STEP);
      if (sides.every((side) => side === sides[0])) continue;
      const points = [];
      if (sides[0] !== sides[1]) points.push([x + crossing(a, b), y]);
      if (sides[1] !== sides[2]) points.push([x + 1, y + crossing(b, c)]);
      if (sides[3] !== sides[2]) points.push([x + crossing(d, c), y + 1]);
      if (sides[0] !== sides[3]) points.push([x, y + crossing(a, d)]);
      for (let k = 0; k + 1 < points.length; k += 2) {
        path.moveTo(panel.x + (points[k][0] + 0.5) * sx, panel.y + (points[k][1] + 0.5) * sy);
        path.lineTo(panel.x + (points[k + 1][0] + 0.5) * sx, panel.y + (points[k + 1][1] + 0.5) * sy);
      }
    }
  }
  clipped(ctx, [panel.x, panel.y, panel.width, panel.height], () => {
    ctx.lineJoin = "round";
    ctx.lineCap = "round";
    pen(ctx, colours.halo, 3).stroke(path);
    pen(ctx, colours.contour, 1.25).stroke(path);
  });
}

function paintFrequencyAxis(ctx, panel, view, colours) {
  pen(ctx, colours.line);
  lettering(ctx, colours.muted, "right", "middle");
  for (const hz of frequencyTicks(view, panel.height, 26)) {
    const y = panel.y + view.yOf(hz) * panel.height;
    line(ctx, panel.x - 5, y, panel.x - 1, y);
    const inside = Math.min(Math.max(y, panel.y + 6), panel.y + panel.height - 6);
    ctx.fillText(shortHz(hz), panel.x - 8, inside);
  }
}

function paintTimeAxis(ctx, panel, view, colours) {
  const { numbers, step } = ticks(view.start, view.end, panel.width / (view.end < 60 ? 70 : 90));
  const decimals = tickDecimals(step);
  pen(ctx, colours.line);
  lettering(ctx, colours.muted, "center", "top");
  for (const seconds of numbers.filter((time) => time >= view.start && time <= view.end)) {
    const x = panel.x + view.xOf(seconds) * panel.width;
    line(ctx, x, panel.axis.y, x, panel.axis.y + 4);
    const text = clock(seconds, decimals) + (view.end < 60 ? " s" : "");
    const half = ctx.measureText(text).width / 2;
    const most = panel.x + panel.width - half + (panel.isLeft ? 0 : LAYOUT.right - 2);
    ctx.fillText(text, Math.min(Math.max(x, panel.x + half - 8), most), panel.axis.y + 8);
  }
}

/** The lowest and the highest that a lane of scores shows: 0, all of the score, and the threshold. */
function scoreEnds({ score: scores, threshold }) {
  let low = Math.min(0, threshold);
  let high = threshold;
  for (const score of scores) {
    if (score < low) low = score;
    if (score > high) high = score;
  }
  return [low, high];
}

/** A function from score to height in a lane, with room above. */
function scoreAxis(map, { y, height }) {
  const [low, high] = scoreEnds(map);
  const span = high - low || 1;
  return (score) => y + height * (1 - (score - low + 0.04 * span) / (1.22 * span));
}

/** The threshold in a lane of scores. */
function dashed(ctx, colours, x0, x1, y) {
  ctx.setLineDash([5, 4]);
  ctx.strokeStyle = colours.contour;
  line(ctx, x0, y, x1, y);
  ctx.setLineDash([]);
}

function paintScore(ctx, panel, view, colours) {
  const { map, x: left } = panel;
  const { score, threshold } = map;
  const { y, height } = panel.score;
  const yOf = scoreAxis(map, panel.score);
  const curve = new Path2D();
  const width = Math.max(1, Math.round(panel.width));
  const edgeOf = columnEdges(view, width);
  const xs = sampling(width + 1, (x) => edgeOf(x - 0.5), score.length);
  for (let x = 0; x <= width; x++) curve.lineTo(left + x, yOf(valueAt(score, 0, 1, xs, x)));
  const filled = new Path2D(curve);
  filled.lineTo(left + width, y + height + 5);
  filled.lineTo(left, y + height + 5);
  const at = yOf(threshold);
  const lane = [left, y, panel.width, height];
  clipped(ctx, lane, () => {
    ctx.fillStyle = colours.lane;
    ctx.fillRect(...lane);
    clipped(ctx, [left, y, panel.width, at - y], () => {
      ctx.fillStyle = colours.heatSoft;
      ctx.fill(filled);
    });
    ctx.lineJoin = "round";
    pen(ctx, colours.text, 1.25).stroke(curve);
    dashed(ctx, colours, left, left + panel.width, at);
  });
}

/** Round numbers beside the score lane, its name at the top. */
function paintScoreAxis(ctx, panel, colours) {
  const { y, height } = panel.score;
  const yOf = scoreAxis(panel.map, panel.score);
  const [low, high] = scoreEnds(panel.map);
  lettering(ctx, colours.muted, "right", "middle");
  pen(ctx, colours.line);
  ctx.fillText("score", panel.x - 8, y + 5);
  for (const score of ticks(low, high, 3).numbers) {
    const at = yOf(score);
    if (at < y + 16 || at > y + height) continue;
    line(ctx, panel.x - 5, at, panel.x - 1, at);
    ctx.fillText(number(score), panel.x - 8, Math.min(at, y + height - 5));
  }
}

/** The waveform, and behind it the stretches whose score is above the threshold. */
function paintWave(ctx, panel, view, colours, ratio, { start, sampleRate, peak, waveform }) {
  const { y, height } = panel.wave;
  const { score, threshold } = panel.map;
  const width = Math.max(1, Math.round(panel.width * ratio));
  const xs = sampling(width, columnEdges(view, width), score.length);
  const sampleAt = (x) => (view.secondsAt(x / width) - start) * sampleRate;
  const scale = (height / 2 - 1) / (peak || 1);
  const middle = y + height / 2;
  const pixel = 1 / ratio;
  ctx.fillStyle = colours.lane;
  ctx.fillRect(panel.x, y, panel.width, height);
  ctx.fillStyle = colours.heatSoft;
  for (let x = 0; x < width; x++) {
    if (valueAt(score, 0, 1, xs, x) > threshold) ctx.fillRect(panel.x + x * pixel, y, pixel, height);
  }
  ctx.fillStyle = colours.text;
  for (let x = 0; x < width; x++) {
    const [low, high] = waveform.between(sampleAt(x), sampleAt(x + 1));
    if (high < low) continue;
    const top = middle - high * scale;
    ctx.fillRect(panel.x + x * pixel, top, pixel, Math.max(pixel, (high - low) * scale));
  }
}

/**
 * Set what strokes are drawn with.
 *
 * @param {CanvasRenderingContext2D} ctx
 * @param {string} colour
 * @param {number} [width]
 */
export function pen(ctx, colour, width = 1) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  return ctx;
}

/**
 * Draw inside a rectangle only.
 *
 * @param {CanvasRenderingContext2D} ctx
 * @param {any} sides x, y, width and height
 * @param {() => void} draw
 */
export function clipped(ctx, sides, draw) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(.../** @type {[number, number, number, number]} */ (sides));
  ctx.clip();
  draw();
  ctx.restore();
}

function lettering(ctx, colour, align, baseline) {
  ctx.fillStyle = colour;
  ctx.textAlign = align;
  ctx.textBaseline = baseline;
}

/**
 * Draw a line.
 *
 * @param {CanvasRenderingContext2D} ctx
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 */
export function line(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

/**
 * Paint everything that changes only with the view: pictures, contour, lanes, axes.
 *
 * @param {CanvasRenderingContext2D} ctx
 * @param {any} layout
 * @param {import("./view.js").View} view
 * @param {any} look
 * @param {any} colours of the page
 * @param {number} ratio device pixels a CSS pixel
 * @param {import("./parts.js").Parts} parts
 * @param {{ start: number, sampleRate: number, peak: number, waveform: import("./waveform.js").Waveform,
 *   spectrum: any } | null} sound what is chosen to be heard, from when on; the peak of the recording, and
 *   its picture where that is not the model's
 */
export function paintBase(ctx, layout, view, look, colours, ratio, parts, sound) {
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, layout.width, layout.height);
  ctx.font = `11px ${colours.font}`;
  const isSide = look.view === "side";
  const drawn = (panel, shown) => {
    paintPanel(ctx, panel, view, look, colours, shown, ratio, sound?.spectrum);
    pen(ctx, colours.line).strokeRect(panel.x - 0.5, panel.y - 0.5, panel.width + 1, panel.height + 1);
    if (panel.wave && sound) paintWave(ctx, panel, view, colours, ratio, sound);
    paintScore(ctx, panel, view, colours);
    paintTimeAxis(ctx, panel, view, colours);
  };
  for (const [i, panel] of layout.panels.entries()) drawn(panel, isSide ? ["sound", "map"][i] : look.view);
  paintFrequencyAxis(ctx, layout.panels[0], view, colours);
  for (const panel of layout.others) {
    drawn(panel, isSide ? "both" : look.view);
    paintFrequencyAxis(ctx, panel, view, colours);
    lettering(ctx, colours.text, "left", "bottom");
    ctx.font = `600 13px ${colours.font}`;
    ctx.fillText(fitting(ctx, panel.map.caption, panel.width), panel.x, panel.y - 5);
    ctx.font = `11px ${colours.font}`;
  }
  paintScoreAxis(ctx, layout.panels[0], colours);
  lettering(ctx, colours.muted, "right", "middle");
  const { wave } = layout.panels[0];
  ctx.fillText("wave", LAYOUT.left - 8, wave.y + wave.height / 2);
  ctx.textBaseline = "top";
  ctx.fillText("Hz", LAYOUT.left - 8, layout.panels[0].y + layout.panels[0].height + 5);
  if (layout.overview) paintOverview(ctx, layout, view, colours, parts);
}

/** The score over all of a long recording, and which stretch of it is shown above. */
function paintOverview(ctx, layout, view, colours, parts) {
  const { y, height } = layout.overview;
  const { score } = parts;
  const { threshold } = view.picture.map;
  const { x: left, width } = overviewOf(layout);
  const length = parts.bounds.at(-1)[1];
  const yOf = scoreAxis({ score, threshold }, layout.overview);
  ctx.fillStyle = colours.lane;
  ctx.fillRect(left, y, width, height);
  const curve = new Path2D();
  for (const [i, value] of score.entries()) curve.lineTo(left + ((i + 0.5) / score.length) * width, yOf(value));
  pen(ctx, colours.muted).stroke(curve);
  dashed(ctx, colours, left, left + width, yOf(threshold));
  const from = left + (view.start / length) * width;
  const to = left + (view.end / length) * width;
  ctx.fillStyle = colours.selectionSoft;
  ctx.fillRect(from, y, Math.max(2, to - from), height);
  pen(ctx, colours.selection).strokeRect(from, y + 0.5, Math.max(2, to - from), height - 1);
  lettering(ctx, colours.muted, "right", "middle");
  ctx.fillText("all", LAYOUT.left - 8, y + height / 2);
}

/** Words cut to a width. */
function fitting(ctx, text, width) {
  let cut = text;
  while (cut.length > 1 && ctx.measureText(cut).width > width) cut = `${cut.slice(0, -2)}…`;
  return cut;
}

/**
 * Say where the lane of the whole recording runs: under all panels.
 *
 * @param {any} layout
 */
export function overviewOf(layout) {
  const { x } = layout.panels[0];
  const last = layout.panels.at(-1);
  return { x, width: last.x + last.width - x };
}
