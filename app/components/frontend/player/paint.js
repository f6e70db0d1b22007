// Painting: the grey picture, the heat over it, the contour, the lanes and the axes.

import { clock, frequencyTicks, shortHz, tickDecimals, timeTicks } from "./axes.js";
import { heatTable, mapTable } from "./colours.js";

export const LAYOUT = {
  ...{ left: 46, right: 16, top: 10, gap: 6 },
  ...{ score: 60, axis: 24, regionRow: 22, overview: 34 },
  // Of the panels of other maps.
  ...{ title: 26, small: 130, smallScore: 30, twoColumns: 880 },
};

/** The rectangles of a player so wide and so high, in CSS pixels. */
export function layoutOf(width, height, picture, { nRegionRows, sideBySide, isLong }) {
  const { left, right, top, gap, score, axis, regionRow } = LAYOUT;
  const lane = nRegionRows ? nRegionRows * regionRow + gap : 0;
  const whole = isLong ? LAYOUT.overview + gap : 0;
  const plotHeight = Math.max(80, height - top - lane - score - 2 * gap - axis - whole);
  const inner = Math.max(80, width - left - right);
  const between = 14;
  const panelWidth = sideBySide ? (inner - between) / 2 : inner;
  const starts = sideBySide ? [left, left + panelWidth + between] : [left];
  const regionsTop = top + plotHeight + gap;
  const scoreTop = regionsTop + lane;
  const lanes = {
    score: { y: scoreTop, height: score },
    axis: { y: scoreTop + score, height: axis },
  };
  const main = { y: top, width: panelWidth, height: plotHeight, map: picture, ...lanes };
  const others = otherPanels(width, height, picture.maps);
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

/** For each output column or row: the source cells it lies between, or the run it covers. */
function sampling(n, from, to, count) {
  const first = new Int32Array(n);
  const last = new Int32Array(n);
  const weight = new Float32Array(n);
  const limit = (i) => Math.min(Math.max(i, 0), count - 1);
  for (let i = 0; i < n; i++) {
    const a = from(i);
    const b = to(i);
    if (Math.abs(b - a) > 1.5) {
      first[i] = limit(Math.round(Math.min(a, b)));
      last[i] = limit(Math.round(Math.max(a, b)) - 1);
      if (last[i] < first[i]) last[i] = first[i];
      weight[i] = -1; // the maximum of the run: a click must not fall between two pixels
    } else {
      const middle = (a + b) / 2;
      first[i] = limit(Math.floor(middle));
      last[i] = limit(first[i] + 1);
      weight[i] = Math.min(Math.max(middle - Math.floor(middle), 0), 1);
      if (middle < 0 || first[i] === last[i]) weight[i] = 0;
    }
  }
  return { first, last, weight };
}

/** A layer [freq, time] in 0..255 as the view shows it, width x height, top row first. */
export function resampled(layer, view, width, height) {
  const { nFreq, nTime } = view.picture;
  // A column's cell reaches half a column to either side of its centre.
  const columnEdge = (x) => view.columnOf(view.secondsAt(x / width)) + 0.5;
  const rowEdge = (y) => view.rowOf(view.hzAt(y / height)) + 0.5;
  const xs = sampling(width, ...edges(columnEdge), nTime);
  const ys = sampling(height, ...edges(rowEdge), nFreq);
  const lowest = ys.first.reduce((a, b) => Math.min(a, b), nFreq - 1);
  const highest = ys.last.reduce((a, b) => Math.max(a, b), 0);
  const columns = new Float32Array((highest - lowest + 1) * width);
  for (let row = lowest; row <= highest; row++) {
    const source = row * nTime;
    const target = (row - lowest) * width;
    for (let x = 0; x < width; x++) {
      columns[target + x] = valueAt(layer, source, 1, xs, x);
    }
  }
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const shifted = {
      first: [ys.first[y] - lowest],
      last: [ys.last[y] - lowest],
      weight: [ys.weight[y]],
    };
    for (let x = 0; x < width; x++) {
      out[y * width + x] = valueAt(columns, x, width, shifted, 0);
    }
  }
  return out;
}

/** A run is given by its edges, an interpolated cell by its centre, half a cell lower. */
function edges(edgeOf) {
  const span = (i) => Math.abs(edgeOf(i + 1) - edgeOf(i));
  const shift = (i) => (span(i) > 1.5 ? 0 : 0.5);
  return [(i) => edgeOf(i) - shift(i), (i) => edgeOf(i + 1) - shift(i)];
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

/** Grey for each of the 256 steps of level: what lies `rangeDb` below the loudest is paper. */
function inkTable(picture, rangeDb, colours) {
  const table = new Uint8Array(256 * 3);
  const span = picture.levelMaxDb - picture.levelMinDb;
  for (let step = 0; step < 256; step++) {
    const belowTop = span * (1 - step / 255);
    const ink = Math.min(Math.max(1 - belowTop / rangeDb, 0), 1);
    for (let c = 0; c < 3; c++) {
      table[3 * step + c] = colours.quiet[c] + ink * (colours.loud[c] - colours.quiet[c]);
    }
  }
  return table;
}

/** A range in dB at which the quiet half of this picture is nearly paper. */
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

function paintPanel(ctx, panel, view, look, colours, shows, ratio) {
  const width = Math.max(1, Math.round(panel.width * ratio));
  const height = Math.max(1, Math.round(panel.height * ratio));
  const { picture } = view;
  const image = ctx.createImageData(width, height);
  const pixels = image.data;
  const level = shows.level ? resampled(picture.level, view, width, height) : null;
  const heat = shows.heat ? resampled(panel.map.probability, view, width, height) : null;
  const ink = inkTable(picture, look.rangeDb, colours);
  const table = (shows.level ? heatTable : mapTable)(look.colours, colours);
  const strength = shows.level ? look.opacity : 1;
  for (let i = 0, p = 0; i < width * height; i++, p += 4) {
    const step = level ? 3 * Math.round(level[i]) : -1;
    const warm = heat ? 4 * Math.round(heat[i]) : -1;
    const alpha = heat ? table[warm + 3] * strength : 0;
    for (let c = 0; c < 3; c++) {
      const grey = level ? ink[step + c] : colours.quiet[c];
      pixels[p + c] = heat ? grey + alpha * (table[warm + c] - grey) : grey;
    }
    pixels[p + 3] = 255;
  }
  // putImageData takes device pixels and ignores the transform.
  ctx.putImageData(image, Math.round(panel.x * ratio), Math.round(panel.y * ratio));
  if (shows.heat && panel.map.margin) paintContour(ctx, panel, view, colours);
}

/** Marching squares over the margin, two pixels a cell. */
function paintContour(ctx, panel, view, colours) {
  const cell = 2;
  const width = Math.max(2, Math.round(panel.width / cell));
  const height = Math.max(2, Math.round(panel.height / cell));
  const field = resampled(panel.map.margin, view, width, height);
  const zero = view.picture.marginZero;
  const path = new Path2D();
  const sx = panel.width / width;
  const sy = panel.height / height;
  const crossing = (a, b) => (zero - a) / (b - a);
  for (let y = 0; y + 1 < height; y++) {
    for (let x = 0; x + 1 < width; x++) {
      const i = y * width + x;
      const a = field[i];
      const b = field[i + 1];
      const c = field[i + width + 1];
      const d = field[i + width];
      const inside = (a > zero) + 2 * (b > zero) + 4 * (c > zero) + 8 * (d > zero);
      if (inside === 0 || inside === 15) continue;
      const points = [];
      if (a > zero !== b > zero) points.push([x + crossing(a, b), y]);
      if (b > zero !== c > zero) points.push([x + 1, y + crossing(b, c)]);
      if (d > zero !== c > zero) points.push([x + crossing(d, c), y + 1]);
      if (a > zero !== d > zero) points.push([x, y + crossing(a, d)]);
      for (let k = 0; k + 1 < points.length; k += 2) {
        path.moveTo(panel.x + (points[k][0] + 0.5) * sx, panel.y + (points[k][1] + 0.5) * sy);
        path.lineTo(panel.x + (points[k + 1][0] + 0.5) * sx, panel.y + (points[k + 1][1] + 0.5) * sy);
      }
    }
  }
  ctx.save();
  ctx.beginPath();
  ctx.rect(panel.x, panel.y, panel.width, panel.height);
  ctx.clip();
  ctx.lineJoin = "round";
  ctx.lineCap = "round";
  ctx.strokeStyle = colours.halo;
  ctx.lineWidth = 3;
  ctx.stroke(path);
  ctx.strokeStyle = colours.contour;
  ctx.lineWidth = 1.25;
  ctx.stroke(path);
  ctx.restore();
}

function paintFrequencyAxis(ctx, panel, view, colours) {
  ctx.fillStyle = colours.muted;
  ctx.strokeStyle = colours.line;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const hz of frequencyTicks(view, panel.height, 26)) {
    const y = panel.y + view.yOf(hz) * panel.height;
    line(ctx, panel.x - 5, y, panel.x - 1, y);
    const inside = Math.min(Math.max(y, panel.y + 6), panel.y + panel.height - 6);
    ctx.fillText(shortHz(hz), panel.x - 8, inside);
  }
}

function paintTimeAxis(ctx, panel, view, colours) {
  const { times, step } = timeTicks(view, panel.width, view.end < 60 ? 70 : 90);
  const decimals = tickDecimals(step);
  ctx.fillStyle = colours.muted;
  ctx.strokeStyle = colours.line;
  ctx.textBaseline = "top";
  for (const seconds of times) {
    const x = panel.x + view.xOf(seconds) * panel.width;
    line(ctx, x, panel.axis.y, x, panel.axis.y + 4);
    const text = clock(seconds, decimals) + (view.end < 60 ? " s" : "");
    const half = ctx.measureText(text).width / 2;
    ctx.textAlign = "center";
    const most = panel.x + panel.width - half + (panel.isLeft ? 0 : LAYOUT.right - 2);
    ctx.fillText(text, Math.min(Math.max(x, panel.x + half - 8), most), panel.axis.y + 8);
  }
}

/** The score's range: from 0, all of this clip, and the threshold with room above it. */
function scoreRange(picture) {
  let low = Math.min(0, picture.threshold);
  let high = picture.threshold;
  for (const score of picture.score) {
    if (score < low) low = score;
    if (score > high) high = score;
  }
  const span = high - low || 1;
  return { low: low - 0.04 * span, high: high + 0.18 * span };
}

function paintScore(ctx, panel, view, colours) {
  const { map } = panel;
  const { y, height } = panel.score;
  const { low, high } = scoreRange(map);
  const yOf = (score) => y + height * (1 - (score - low) / (high - low));
  ctx.save();
  ctx.beginPath();
  ctx.rect(panel.x, y, panel.width, height);
  ctx.fillStyle = colours.lane;
  ctx.fill();
  ctx.clip();
  const curve = new Path2D();
  const width = Math.max(1, Math.round(panel.width));
  for (let x = 0; x <= width; x++) {
    const a = view.columnOf(view.secondsAt((x - 0.5) / width));
    const b = view.columnOf(view.secondsAt((x + 0.5) / width));
    curve.lineTo(panel.x + x, yOf(scoreBetween(map, a, b)));
  }
  const at = yOf(map.threshold);
  const filled = new Path2D(curve);
  filled.lineTo(panel.x + width, y + height + 5);
  filled.lineTo(panel.x, y + height + 5);
  filled.closePath();
  ctx.save();
  ctx.beginPath();
  ctx.rect(panel.x, y, panel.width, at - y);
  ctx.clip();
  ctx.fillStyle = colours.heatSoft;
  ctx.fill(filled);
  ctx.restore();
  ctx.strokeStyle = colours.text;
  ctx.lineWidth = 1.25;
  ctx.lineJoin = "round";
  ctx.stroke(curve);
  ctx.setLineDash([5, 4]);
  ctx.strokeStyle = colours.contour;
  line(ctx, panel.x, at, panel.x + panel.width, at);
  ctx.setLineDash([]);
  ctx.restore();
}

/** The highest score in a run of columns, or between two of them the score on the way. */
function scoreBetween({ score }, a, b) {
  const limit = (i) => Math.min(Math.max(i, 0), score.length - 1);
  if (b - a <= 1.5) {
    const middle = (a + b) / 2;
    const left = limit(Math.floor(middle));
    const right = limit(left + 1);
    const weight = Math.min(Math.max(middle - left, 0), 1);
    return score[left] + weight * (score[right] - score[left]);
  }
  let highest = -Infinity;
  for (let i = limit(Math.round(a)); i <= limit(Math.round(b)); i++) {
    highest = Math.max(highest, score[i]);
  }
  return highest;
}

export function line(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

/** Everything that changes only with the view: pictures, contour, lanes, axes. */
export function paintBase(ctx, layout, view, look, colours, ratio, parts) {
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, layout.width, layout.height);
  ctx.font = `11px ${colours.font}`;
  ctx.lineWidth = 1;
  const shows = {
    both: [{ level: true, heat: true }],
    sound: [{ level: true, heat: false }],
    map: [{ level: false, heat: true }],
    side: [
      { level: true, heat: false },
      { level: false, heat: true },
    ],
  }[look.view];
  const drawn = (panel, what) => {
    paintPanel(ctx, panel, view, look, colours, what, ratio);
    ctx.lineWidth = 1;
    ctx.strokeStyle = colours.line;
    ctx.strokeRect(panel.x - 0.5, panel.y - 0.5, panel.width + 1, panel.height + 1);
    paintScore(ctx, panel, view, colours);
    paintTimeAxis(ctx, panel, view, colours);
  };
  layout.panels.forEach((panel, i) => drawn(panel, shows[i]));
  paintFrequencyAxis(ctx, layout.panels[0], view, colours);
  for (const panel of layout.others) {
    drawn(panel, shows.length > 1 ? { level: true, heat: true } : shows[0]);
    paintFrequencyAxis(ctx, panel, view, colours);
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    ctx.fillStyle = colours.text;
    ctx.font = `600 13px ${colours.font}`;
    ctx.fillText(fitting(ctx, panel.map.label, panel.width), panel.x, panel.y - 5);
    ctx.font = `11px ${colours.font}`;
  }
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.fillStyle = colours.muted;
  ctx.fillText("score", LAYOUT.left - 8, layout.score.y + layout.score.height / 2);
  ctx.textBaseline = "top";
  ctx.fillText("Hz", LAYOUT.left - 8, layout.panels[0].y + layout.panels[0].height + 5);
  if (layout.overview) paintOverview(ctx, layout, view, colours, parts);
}

/** The score over all of a long clip, and which stretch of it is shown above. */
function paintOverview(ctx, layout, view, colours, parts) {
  const { y, height } = layout.overview;
  const { score } = parts;
  const { x: left, width } = overviewOf(layout);
  const length = parts.bounds.at(-1)[1];
  const { low, high } = scoreRange({ score, threshold: view.picture.threshold });
  const yOf = (value) => y + height * (1 - (value - low) / (high - low));
  ctx.fillStyle = colours.lane;
  ctx.fillRect(left, y, width, height);
  ctx.strokeStyle = colours.muted;
  ctx.lineWidth = 1;
  ctx.beginPath();
  score.forEach((value, i) => ctx.lineTo(left + ((i + 0.5) / score.length) * width, yOf(value)));
  ctx.stroke();
  ctx.setLineDash([5, 4]);
  ctx.strokeStyle = colours.contour;
  line(ctx, left, yOf(view.picture.threshold), left + width, yOf(view.picture.threshold));
  ctx.setLineDash([]);
  const from = left + (view.start / length) * width;
  const to = left + (view.end / length) * width;
  ctx.fillStyle = colours.selectionSoft;
  ctx.fillRect(from, y, Math.max(2, to - from), height);
  ctx.strokeStyle = colours.selection;
  ctx.strokeRect(from, y + 0.5, Math.max(2, to - from), height - 1);
  ctx.fillStyle = colours.muted;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.fillText("all", LAYOUT.left - 8, y + height / 2);
}

/** Words cut to a width. */
function fitting(ctx, text, width) {
  let kept = text;
  while (kept.length > 1 && ctx.measureText(kept).width > width) kept = `${kept.slice(0, -2)}…`;
  return kept;
}

/** Where the lane of the whole clip runs: under all panels. */
export function overviewOf(layout) {
  const { x } = layout.panels[0];
  const last = layout.panels.at(-1);
  return { x, width: last.x + last.width - x };
}
