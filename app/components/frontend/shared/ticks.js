// Round numbers for axes.

/**
 * List the round numbers between two, their step 1, 2 or 5 times a power of ten.
 *
 * @param {number} low
 * @param {number} high above `low`
 * @param {number} most how many at most
 * @returns {{ numbers: number[], step: number }}
 */
export function ticks(low, high, most) {
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5].map((factor) => factor * power).find((found) => found >= rough) ?? 10 * power;
  const numbers = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
    numbers.push(Number((i * step).toPrecision(12)));
  }
  return { numbers, step };
}

/**
 * Count the decimals that tell such ticks apart, at most three.
 *
 * @param {number} step between ticks
 */
export function tickDecimals(step) {
  return Math.min(3, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
}
