// A mask of the user's own, painted on the cells of the picture.

const MOST_UNDOS = 50;
export const TOOLS = [
  ["brush", "Brush", "Paint freely"],
  ["fill", "Box", "Paint a whole box"],
  ["erase", "Eraser", "Take paint away"],
];

/** What is painted: cells where the picture is, boxes where it is not. */
export class PaintedMask {
  constructor() {
    this.view = null;
    this.shape = null; // the boxes as they are drawn, while they are known

    this.boxes = []; // {start, end, low, high}: what is painted outside the cells below
    this.cells = null;
    this.undos = [];
  }

  /**
   * Take the cells of a new picture, on which the same boxes are painted.
   *
   * @param {any} view with its picture's axes
   */
  layOn(view) {
    const all = this.view ? this.all() : this.boxes;
    this.view = view;
    this.take(all);
  }

  /**
   * Make these boxes the whole mask.
   *
   * @param {any[]} boxes in seconds and hertz
   */
  take(boxes) {
    const { view } = this;
    const { nFreq, nTime } = view.picture;
    const start = view.secondsOfColumn(-0.5);
    const end = view.secondsOfColumn(nTime - 0.5);
    this.cells = new Uint8Array(nFreq * nTime);
    this.boxes = [];
    for (const box of boxes) {
      if (box.start < start) this.boxes.push({ ...box, end: Math.min(box.end, start) });
      if (box.end > end) this.boxes.push({ ...box, start: Math.max(box.start, end) });
      if (box.start < end && box.end > start) this.fill(box, 1);
    }
    this.shape = null;
  }

  /**
   * Set every cell whose centre is in a box.
   *
   * @param {any} box in seconds and hertz
   * @param {number} value 1 paints, 0 takes paint away
   */
  fill({ start, end, low, high }, value) {
    const { view, cells } = this;
    const { nFreq, nTime } = view.picture;
    const limit = (i, n) => Math.min(Math.max(Math.ceil(i - 1e-6), 0), n);
    const first = limit(view.columnOf(start), nTime);
    const stop = limit(view.columnOf(end), nTime);
    const bottom = limit(view.rowOf(low), nFreq);
    const top = limit(view.rowOf(high), nFreq);
    for (let row = bottom; row < top; row++)
      cells.fill(value, row * nTime + first, row * nTime + Math.max(stop, first));
    this.shape = null;
  }

  /**
   * Set a round dab.
   *
   * @param {number} seconds of its centre
   * @param {number} hz of its centre
   * @param {number} radiusSeconds
   * @param {number} radiusRows another than in time, so that it is round on the screen
   * @param {number} value 1 paints, 0 takes paint away
   */
  dab(seconds, hz, radiusSeconds, radiusRows, value) {
    const { view, cells } = this;
    const { nFreq, nTime, stepSeconds } = view.picture;
    const column = view.columnOf(seconds);
    const row = view.rowOf(hz);
    const reach = Math.max(radiusSeconds / stepSeconds, 0.5);
    const tall = Math.max(radiusRows, 0.5);
    for (let r = Math.max(0, Math.ceil(row - tall)); r <= Math.min(nFreq - 1, row + tall); r++) {
      const half = reach * Math.sqrt(Math.max(0, 1 - ((r - row) / tall) ** 2));
      const first = Math.max(0, Math.round(column - half));
      const last = Math.min(nTime - 1, Math.round(column + half));
      if (last >= first) cells.fill(value, r * nTime + first, r * nTime + last + 1);
    }
    this.shape = null;
  }

  /** Remember the mask as it is, so that the next change can be undone. */
  remember() {
    this.undos.push(this.all());
    if (this.undos.length > MOST_UNDOS) this.undos.shift();
  }

  /** Undo the last change; give whether there was one. */
  undo() {
    const before = this.undos.pop();
    if (before) this.take(before);
    return Boolean(before);
  }

  /** Say whether nothing is painted. */
  isEmpty() {
    return this.boxes.length === 0 && !this.cells?.includes(1);
  }

  /** Give the share of this picture that is painted, in 0..1. */
  share() {
    let sum = 0;
    for (const cell of this.cells) sum += cell;
    return sum / this.cells.length;
  }

  /** Join the cells to rectangles: runs of a row, with equal runs of the rows above. */
  rectangles() {
    const { cells, view } = this;
    const { nFreq, nTime } = view.picture;
    const done = [];
    let open = new Map();
    for (let row = 0; row < nFreq; row++) {
      const still = new Map();
      for (let column = 0; column < nTime; column++) {
        if (!cells[row * nTime + column]) continue;
        const first = column;
        while (column < nTime && cells[row * nTime + column]) column++;
        const key = `${first} ${column}`;
        const run = open.get(key) ?? { first, stop: column, bottom: row };
        run.top = row + 1;
        open.delete(key);
        still.set(key, run);
      }
      done.push(...open.values());
      open = still;
    }
    return [...done, ...open.values()];
  }

  /** Give the whole mask as boxes that do not overlap, in seconds and hertz. */
  all() {
    const { view } = this;
    const inside = this.rectangles().map(({ first, stop, bottom, top }) => ({
      start: Math.max(0, view.secondsOfColumn(first - 0.5)),
      end: view.secondsOfColumn(stop - 0.5),
      low: Math.max(0, view.hzOfRow(bottom - 0.5)),
      high: view.hzOfRow(top - 0.5),
    }));
    return [...this.boxes, ...inside];
  }

  /** Give what Python is sent. */
  message() {
    const round = (value) => Number(value.toFixed(6));
    return this.all().map(({ start, end, low, high }) => [start, end, low, high].map(round));
  }
}
