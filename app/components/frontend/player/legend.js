// What the colours of the map mean: evidence from 0 to 1, with the threshold at 0.5.

import { heatTable } from "../shared/colours.js";
import { line, pen } from "./paint.js";

const WIDTH = 112;
const HEIGHT = 24;
const BAR = { x: 5, width: 102, height: 9 };
const GREY = 0.45;

/**
 * Paint the legend as the map is painted over sound of middling loudness.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {any} look
 * @param {any} colours of the page
 * @param {number} ratio device pixels a CSS pixel
 */
export function paintLegend(canvas, look, colours, ratio) {
  Object.assign(canvas, { width: Math.round(WIDTH * ratio), height: Math.round(HEIGHT * ratio) });
  Object.assign(canvas.style, { width: `${WIDTH}px`, height: `${HEIGHT}px` });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const heat = heatTable(look.colours, colours);
  const grey = colours.quiet.map((quiet, c) => quiet + GREY * (colours.loud[c] - quiet));
  for (let step = 0; step < 256; step++) {
    const alpha = heat[4 * step + 3] * look.opacity;
    const rgb = grey.map((part, c) => Math.round(part + alpha * (heat[4 * step + c] - part)));
    context.fillStyle = `rgb(${rgb.join(", ")})`;
    context.fillRect(BAR.x + (step / 256) * BAR.width, 0, BAR.width / 256 + 1, BAR.height);
  }
  const middle = BAR.x + BAR.width / 2;
  line(pen(context, colours.contour, 1.5), middle, 0, middle, BAR.height + 3);
  context.font = `11px ${colours.font}`;
  context.fillStyle = colours.muted;
  context.textBaseline = "bottom";
  for (const [text, x, align] of [
    ["0", BAR.x, "left"],
    ["threshold 0.5", middle, "center"],
    ["1", BAR.x + BAR.width, "right"],
  ]) {
    context.textAlign = /** @type {CanvasTextAlign} */ (align);
    context.fillText(String(text), Number(x), HEIGHT);
  }
}
