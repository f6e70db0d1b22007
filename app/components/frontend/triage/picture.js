// A glance as a picture: grey sound, one hue for the evidence, a box round the strongest region.

import { blend, heatTable, inkTable } from "../shared/colours.js";

const STRENGTH = 0.85;
const AROUND_SECONDS = 0.25;
const SHORTEST_SECONDS = 1.2;

/**
 * Paint a glance, low frequencies at the bottom.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {any} glance
 * @param {number} width in CSS pixels
 * @param {number} height in CSS pixels
 * @param {any} colours of the page
 */
export function paintGlance(canvas, glance, width, height, colours) {
  const ratio = Math.min(devicePixelRatio || 1, 2);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  const [nFreq, nTime] = glance.shape;
  const image = new ImageData(nTime, nFreq);
  const tables = { ink: inkTable(colours), heat: heatTable("orange", colours), strength: STRENGTH };
  blend(image, glance.level, glance.evidence, colours, tables);
  const small = new OffscreenCanvas(nTime, nFreq);
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingQuality = "high";
  // Upside down: the rows rise in frequency.
  context.setTransform(1, 0, 0, -1, 0, canvas.height);
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  if (!glance.strongest) return;
  const [start, end, low, high] = glance.strongest;
  const x = (seconds) => ((seconds - glance.start_s) / (glance.end_s - glance.start_s)) * canvas.width;
  const [bottom, top] = [low * canvas.height, high * canvas.height];
  context.strokeStyle = colours.contour;
  context.lineWidth = 1.5 * ratio;
  context.strokeRect(x(start), bottom, Math.max(x(end) - x(start), 3), Math.max(top - bottom, 3));
}

/**
 * Choose what is played of a glance: the strongest region with a little around it, at least long
 * enough to be recognised; where there is none, all of it.
 *
 * @param {{ start_s: number, end_s: number, strongest: number[] | null }} glance
 * @returns {[number, number]} seconds of the recording
 */
export function stretchOf({ start_s, end_s, strongest }) {
  if (!strongest) return [start_s, end_s];
  const [start, end] = [strongest[0] - AROUND_SECONDS, strongest[1] + AROUND_SECONDS];
  const more = Math.max(0, SHORTEST_SECONDS - (end - start)) / 2;
  return [Math.max(start_s, start - more), Math.min(end_s, end + more)];
}
