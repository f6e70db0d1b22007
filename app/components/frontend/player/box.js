// A box that is moved and resized: which of its edges a hand holds, and what becomes of it.

const EDGE_PIXELS = 7;
const SHORTEST_SECONDS = 0.01;
const FEWEST_ROWS_SHARE = 0.005;

/**
 * @typedef {{ start?: boolean, end?: boolean, low?: boolean, high?: boolean }} Hold the edges that are held;
 *   all four move the box
 */
/** @type {Hold} */
export const WHOLE = { start: true, end: true, low: true, high: true };

/**
 * Say what of a box is held at a place.
 *
 * @param {any} box in seconds and hertz
 * @param {any} place on the picture or on a lane
 * @param {import("./view.js").View} view
 * @param {boolean} isLane whether the place has a time only
 * @returns {Hold | null}
 */
export function holdAt(box, place, view, isLane) {
  const { panel } = place;
  const x = place.x * panel.width;
  const y = place.y * panel.height;
  const left = view.xOf(box.start) * panel.width;
  const right = view.xOf(box.end) * panel.width;
  const top = view.yOf(box.high) * panel.height;
  const bottom = view.yOf(box.low) * panel.height;
  // A small box is held at its edges from outside, so that there is something left to move it by.
  const inside = (from, to) => Math.min(EDGE_PIXELS, (to - from) / 4);
  const isOnX = x >= left - EDGE_PIXELS && x <= right + EDGE_PIXELS;
  const isOnY = isLane || (y >= top - EDGE_PIXELS && y <= bottom + EDGE_PIXELS);
  if (!isOnX || !isOnY) return null;
  const hold = { start: x < left + inside(left, right), end: x > right - inside(left, right), low: false, high: false };
  if (!isLane) {
    hold.high = y < top + inside(top, bottom);
    hold.low = y > bottom - inside(top, bottom);
  }
  if (hold.start || hold.end || hold.low || hold.high) return hold;
  // Of a box that fills what is visible nothing can be moved: a drag in it draws another one.
  const fills = left <= 1 && right >= panel.width - 1 && top <= 1 && bottom >= panel.height - 1;
  return fills ? null : WHOLE;
}

/**
 * Name the mouse cursor of a hold.
 *
 * @param {Hold | null} hold
 */
export function cursorOf(hold) {
  if (!hold) return "";
  const { start, end, low, high } = hold;
  if (start && end) return "move";
  if ((start && high) || (end && low)) return "nwse-resize";
  if ((start && low) || (end && high)) return "nesw-resize";
  return start || end ? "ew-resize" : "ns-resize";
}

/**
 * Move the edges of a box that are held. It stays within the recording and never turns inside out.
 *
 * @param {any} box in seconds and hertz
 * @param {Hold} hold
 * @param {number} seconds to later
 * @param {number} units to higher, in units of the view's scale
 * @param {import("./view.js").View} view
 * @param {number} lengthSeconds of the recording
 */
export function changed(box, hold, seconds, units, view, lengthSeconds) {
  const floor = view.unitOf(view.floorHz());
  const ceiling = view.unitOf(view.highestHz);
  const time = shifted([box.start, box.end], [hold.start, hold.end], seconds, [0, lengthSeconds], SHORTEST_SECONDS);
  const band = [Math.max(view.unitOf(box.low), floor), Math.min(view.unitOf(box.high), ceiling)];
  const least = FEWEST_ROWS_SHARE * (ceiling - floor);
  const moved = shifted(band, [hold.low, hold.high], units, [floor, ceiling], least);
  const isSame = (i) => moved[i] === band[i];
  return {
    start: time[0],
    end: time[1],
    low: isSame(0) ? box.low : view.hzOfUnit(moved[0]),
    high: isSame(1) ? box.high : view.hzOfUnit(moved[1]),
    region: null,
  };
}

/**
 * Shift one end of a stretch or both, within limits and with a least length between them.
 *
 * @param {number[]} stretch
 * @param {(boolean | undefined)[]} holds
 * @param {number} by
 * @param {number[]} limits
 * @param {number} least
 * @returns {number[]}
 */
function shifted([from, to], [holdsFrom, holdsTo], by, [lowest, highest], least) {
  if (holdsFrom && holdsTo) {
    const step = Math.min(Math.max(by, lowest - from), highest - to);
    return [from + step, to + step];
  }
  if (holdsFrom) return [Math.max(lowest, Math.min(from + by, to - least)), to];
  if (holdsTo) return [from, Math.min(highest, Math.max(to + by, from + least))];
  return [from, to];
}
