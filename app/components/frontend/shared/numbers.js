// Numbers as people read them.

/**
 * Write a number with few digits, thousands parted and without an exponent.
 *
 * @param {number} value
 * @param {number} [digits] how many at most, below 100
 */
export function number(value, digits = 3) {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

/**
 * Write a share in 0..1 as a percentage.
 *
 * @param {number} share
 */
export function percent(share) {
  const value = 100 * share;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))}\u00a0%`;
}

/** Between the last step of evidence that is normal and the first one that is anomalous. */
export const THRESHOLD_STEP = 127.5;

/**
 * Write evidence with two decimals: 0.50 is the threshold, and what is above never looks like it.
 *
 * @param {number} step in 0..255
 */
export function evidenceText(step) {
  const value = step / 255;
  return (step > THRESHOLD_STEP ? Math.max(value, 0.51) : Math.min(value, 0.5)).toFixed(2);
}

/**
 * Write a number with its noun.
 *
 * @param {number} count
 * @param {string} noun for one
 */
export function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * Say how many recordings are anomalous: "2 of 10 recordings" and "are anomalous".
 *
 * @param {number} nAnomalous
 * @param {number} n of how many
 * @returns {[string, string]} what is counted, and what is said of it
 */
export function countWords(nAnomalous, n) {
  if (n === 1) return ["The one recording", `is ${nAnomalous ? "anomalous" : "normal"}`];
  const count = nAnomalous ? nAnomalous.toLocaleString("en") : "None";
  return [`${count} of ${counted(n, "recording")}`, `${nAnomalous > 1 ? "are" : "is"} anomalous`];
}

/**
 * Write a time: 4.2 as "4.2", 75 as "1:15", 3700 as "1:01:40".
 *
 * @param {number} seconds
 * @param {number} decimals of the seconds
 * @param {boolean} [hasMinutes] whether they are written in any case
 */
export function clock(seconds, decimals, hasMinutes = false) {
  const whole = Number(Math.max(0, seconds).toFixed(decimals));
  if (whole < 60 && !hasMinutes) return whole.toFixed(decimals);
  const parted = (whole % 60).toFixed(decimals).padStart(decimals ? 3 + decimals : 2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${parted}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${parted}`;
}

/**
 * Write a time with its unit: 4.2 as "4.2 s", 75 as "1:15".
 *
 * @param {number} seconds
 * @param {number} decimals of the seconds
 */
export function timeText(seconds, decimals) {
  const text = clock(seconds, decimals);
  return text.includes(":") ? text : `${text} s`;
}

/**
 * Write a stretch of time: "2.1–2.4 s", "0:58.0–5:02.2".
 *
 * @param {number} start in seconds
 * @param {number} end in seconds
 * @param {number} decimals of the seconds
 */
export function timeRange(start, end, decimals) {
  const to = clock(end, decimals);
  const hasMinutes = to.includes(":");
  return `${clock(start, decimals, hasMinutes)}–${to}${hasMinutes ? "" : " s"}`;
}

/**
 * Write a frequency at an axis: 300 as "300", 1500 as "1.5k".
 *
 * @param {number} hz
 */
export function shortHz(hz) {
  return hz < 1000 ? String(Math.round(hz * 10) / 10) : `${Number((hz / 1000).toFixed(2))}k`;
}

/**
 * Write a band: "0.3 to 5 kHz", "120 to 800 Hz", "26 Hz to 5 kHz", or "1 kHz" of one without width.
 *
 * @param {number} lowHz
 * @param {number} highHz
 * @param {string} to the word between
 */
export function bandText(lowHz, highHz, to) {
  const unit = highHz >= 1000 ? 1000 : 1;
  const isNarrow = highHz / Math.max(lowHz, 1) < 1.1;
  const text = (hz) => Number((hz / unit).toPrecision(isNarrow ? 4 : hz / unit >= 100 ? 3 : 2));
  const [low, high] = [text(lowHz), text(highHz)];
  const named = unit === 1000 ? "kHz" : "Hz";
  if (low === high) return `${high} ${named}`;
  if (unit === 1000 && lowHz >= 0.5 && lowHz < 100) return `${Math.round(lowHz)} Hz${to}${high} kHz`;
  return `${low}${to}${high} ${named}`;
}

/**
 * Write a box as it is spoken: "1.6 to 1.9 seconds, 3 to 5 kHz".
 *
 * @param {{ start: number, end: number, low: number, high: number }} box in seconds and hertz
 */
export function spokenBox({ start, end, low, high }) {
  const decimals = end - start < 0.2 ? 2 : 1;
  const times = timeRange(start, end, decimals).replace("–", " to ").replace(/ s$/, " seconds");
  return `${times}, ${bandText(low, high, " to ")}`;
}

/**
 * Write a box as it is read: "1.60–1.90 s · 3–5 kHz".
 *
 * @param {{ start: number, end: number, low: number, high: number }} box in seconds and hertz
 */
export function writtenBox({ start, end, low, high }) {
  return `${timeRange(start, end, 2)} · ${bandText(low, high, "–")}`;
}
