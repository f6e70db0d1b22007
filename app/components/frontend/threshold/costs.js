// What an operating point costs. Only here: Python sends the shares, the user enters the rest.

/**
 * Compute what a day costs at every operating point, in false alarms: n ((1 - s) f + s m c), with n
 * recordings a day, s the share of anomalous ones, f the rate of false alarms among normal ones, m
 * the rate of misses among anomalous ones, and c what a miss costs where a false alarm costs 1. What
 * is found or rightly passed costs nothing.
 *
 * @param {number[]} rate false-alarm rates
 * @param {number[]} missed miss rates at the same points
 * @param {{ clips_per_day: number, share_anomalous: number, miss_cost: number }} situation
 * @returns {number[]}
 */
export function costs(rate, missed, { clips_per_day: n, share_anomalous: share, miss_cost: cost }) {
  return rate.map((alarms, k) => n * ((1 - share) * alarms + share * cost * missed[k]));
}

/**
 * Find the lowest cost; of equal ones the last, which has the highest threshold.
 *
 * @param {number[]} values
 * @returns {number} its place
 */
export function cheapest(values) {
  return values.reduce((best, value, k) => (value <= values[best] ? k : best), 0);
}

/**
 * Count how many of rising values are at most this.
 *
 * @param {number[]} rising
 * @param {number} value
 */
export function upperBound(rising, value) {
  return rising.findLastIndex((other) => other <= value) + 1;
}

/**
 * Find the value nearest to another; of equal ones the first.
 *
 * @param {number[]} values
 * @param {number} wanted
 * @returns {number} its place
 */
export function nearest(values, wanted) {
  const far = values.map((value) => Math.abs(value - wanted));
  return far.reduce((best, distance, k) => (distance < far[best] ? k : best), 0);
}
