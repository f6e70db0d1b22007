// Where things are: seconds and hertz to fractions of a panel and back, ticks, and their words.

const SHORTEST_COLUMNS = 8;
const FEWEST_ROWS = 4;
const LOWEST_LOG_HZ = 20;

/** The visible part of a picture and the frequency scale it is drawn on. */
export class View {
  constructor(picture) {
    const { freqHz, nFreq } = picture;
    this.picture = picture;
    this.scale = "mel";
    // Rows reach half-way to their neighbours; the outermost as far on the other side.
    this.lowestHz = Math.max(0, freqHz[0] - (freqHz[1] - freqHz[0]) / 2);
    this.highestHz = freqHz[nFreq - 1] + (freqHz[nFreq - 1] - freqHz[nFreq - 2]) / 2;
    this.reset();
  }

  reset() {
    this.start = this.picture.startSeconds;
    this.end = this.picture.endSeconds;
    this.low = this.floorHz();
    this.high = this.highestHz;
  }

  floorHz() {
    return this.scale === "log" ? Math.max(this.lowestHz, LOWEST_LOG_HZ) : this.lowestHz;
  }

  isWhole() {
    const { startSeconds, endSeconds } = this.picture;
    const whole = this.high >= this.highestHz && this.low <= this.floorHz();
    return whole && this.start <= startSeconds && this.end >= endSeconds;
  }

  setScale(scale) {
    const bottom = this.low <= this.floorHz();
    this.scale = scale;
    this.low = bottom ? this.floorHz() : Math.max(this.low, this.floorHz());
  }

  /** The row of a frequency as a real number; row centres are whole numbers. */
  rowOf(hz) {
    const { freqHz, nFreq } = this.picture;
    let low = 0;
    let high = nFreq - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (freqHz[middle] <= hz) low = middle;
      else high = middle;
    }
    return low + (hz - freqHz[low]) / (freqHz[high] - freqHz[low]);
  }

  hzOfRow(row) {
    const { freqHz, nFreq } = this.picture;
    const low = Math.min(Math.max(Math.floor(row), 0), nFreq - 2);
    return freqHz[low] + (row - low) * (freqHz[low + 1] - freqHz[low]);
  }

  // The picture's rows are mel bands, so on that scale a row is a unit.
  unitOf(hz) {
    if (this.scale === "linear") return hz;
    if (this.scale === "log") return Math.log(Math.max(hz, 1));
    return this.rowOf(hz);
  }

  hzOfUnit(unit) {
    if (this.scale === "linear") return unit;
    if (this.scale === "log") return Math.exp(unit);
    return this.hzOfRow(unit);
  }

  /** 0 at the top of a panel, 1 at its bottom. */
  yOf(hz) {
    const low = this.unitOf(this.low);
    const high = this.unitOf(this.high);
    return (high - this.unitOf(hz)) / (high - low);
  }

  hzAt(y) {
    const low = this.unitOf(this.low);
    const high = this.unitOf(this.high);
    return this.hzOfUnit(high - y * (high - low));
  }

  /** 0 at the left of a panel, 1 at its right. */
  xOf(seconds) {
    return (seconds - this.start) / (this.end - this.start);
  }

  secondsAt(x) {
    return this.start + x * (this.end - this.start);
  }

  columnOf(seconds) {
    return (seconds - this.picture.firstSeconds) / this.picture.stepSeconds;
  }

  secondsOfColumn(column) {
    return this.picture.firstSeconds + column * this.picture.stepSeconds;
  }

  /** Shows start..end as far as there is something, keeping the span where it can. */
  showTime(start, end) {
    const { startSeconds, endSeconds, stepSeconds } = this.picture;
    const longest = endSeconds - startSeconds;
    const shortest = Math.min(longest, SHORTEST_COLUMNS * stepSeconds);
    const span = Math.min(Math.max(end - start, shortest), longest);
    const middle = (start + end) / 2;
    this.start = Math.min(Math.max(middle - span / 2, startSeconds), endSeconds - span);
    this.end = this.start + span;
  }

  showUnits(low, high) {
    const bottom = this.unitOf(this.floorHz());
    const top = this.unitOf(this.highestHz);
    const whole = top - bottom;
    const shortest = Math.min(whole, (whole * FEWEST_ROWS) / this.picture.nFreq);
    const span = Math.min(Math.max(high - low, shortest), whole);
    const middle = (low + high) / 2;
    const from = Math.min(Math.max(middle - span / 2, bottom), top - span);
    this.low = this.hzOfUnit(from);
    this.high = from + span >= top - 1e-9 * Math.abs(top) ? this.highestHz : this.hzOfUnit(from + span);
  }

  /** A factor below 1 comes closer; what lies at (x, y) stays there. */
  zoom(timeFactor, freqFactor, x = 0.5, y = 0.5) {
    const at = this.secondsAt(x);
    const span = (this.end - this.start) * timeFactor;
    this.showTime(at - x * span, at + (1 - x) * span);
    if (freqFactor !== 1) {
      const unit = this.unitOf(this.hzAt(y));
      const units = (this.unitOf(this.high) - this.unitOf(this.low)) * freqFactor;
      this.showUnits(unit - (1 - y) * units, unit + y * units);
    }
  }

  /** Moves by fractions of what is visible, to later and to higher. */
  pan(byTime, byFreq) {
    const span = this.end - this.start;
    this.showTime(this.start + byTime * span, this.end + byTime * span);
    const low = this.unitOf(this.low);
    const high = this.unitOf(this.high);
    if (byFreq) this.showUnits(low + byFreq * (high - low), high + byFreq * (high - low));
  }
}

/** Round numbers between low and high, at most so many. */
function roundNumbers(low, high, most) {
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? 10 * power;
  const numbers = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-12); i++) {
    numbers.push(i * step);
  }
  return { numbers, step };
}

/** Frequencies worth a label, at least `apart` pixels from each other, on a panel so high. */
export function frequencyTicks(view, height, apart) {
  const inside = (hz) => hz >= view.low && hz <= view.high;
  if (view.scale === "linear" || view.high / Math.max(view.low, 1) < 5) {
    return roundNumbers(view.low, view.high, height / apart).numbers.filter(inside);
  }
  // Decades first, then fives, then twos: what is left out is what matters least.
  const kept = [];
  for (const first of [1, 5, 2]) {
    for (let power = 10; power <= 1e5; power *= 10) {
      const hz = first * power;
      const y = view.yOf(hz) * height;
      if (inside(hz) && kept.every((k) => Math.abs(view.yOf(k) * height - y) >= apart)) kept.push(hz);
    }
  }
  return kept;
}

/** Times worth a label, and the step between them. */
export function timeTicks(view, width, apart) {
  const { numbers, step } = roundNumbers(view.start, view.end, width / apart);
  return { times: numbers.filter((t) => t >= view.start && t <= view.end), step };
}

/** 4.2 -> "4.2", 75 -> "1:15", 3700 -> "1:01:40", with so many decimals. */
export function clock(seconds, decimals) {
  const whole = Math.max(0, seconds);
  if (whole < 60) return whole.toFixed(decimals);
  const rest = (whole % 60).toFixed(decimals).padStart(decimals ? 3 + decimals : 2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

export function tickDecimals(step) {
  return Math.min(3, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
}

/** 300 -> "300", 4000 -> "4k", 1500 -> "1.5k". */
export function shortHz(hz) {
  if (hz < 1000) return String(Math.round(hz * 10) / 10);
  return `${Number((hz / 1000).toFixed(2))}k`;
}

const significant = (value) => Number(value.toPrecision(value >= 100 ? 3 : 2));

/** "0.3 to 5 kHz" or "120 to 800 Hz"; `to` is the word between. */
export function bandText(lowHz, highHz, to) {
  const close = highHz / Math.max(lowHz, 1) < 1.1 ? 4 : 2;
  const inUnit = highHz >= 1000 ? 1000 : 1;
  const text = (hz) => (close === 4 ? Number((hz / inUnit).toPrecision(4)) : significant(hz / inUnit));
  return `${text(lowHz)}${to}${text(highHz)} ${inUnit === 1000 ? "kHz" : "Hz"}`;
}

/** "1.6 to 1.9 seconds, 3 to 5 kHz", as it is spoken. */
export function spokenBox(box) {
  const decimals = box.end - box.start < 0.2 ? 2 : 1;
  const times = `${clock(box.start, decimals)} to ${clock(box.end, decimals)} seconds`;
  return `${times}, ${bandText(box.low, box.high, " to ")}`;
}

/** "1.60–1.90 s · 3–5 kHz", as it is written. */
export function writtenBox(box) {
  const times = `${clock(box.start, 2)}–${clock(box.end, 2)} s`;
  return `${times} · ${bandText(box.low, box.high, "–")}`;
}
