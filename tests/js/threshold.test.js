// Facts about what a threshold costs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cheapest, costs, nearest, upperBound } from "../../app/components/frontend/threshold/costs.js";
import { perDay } from "../../app/components/frontend/threshold/panels.js";

/** Scores of 200 normal and 60 anomalous recordings, and every score as a threshold. */
function made() {
  let state = 1;
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const normal = Array.from({ length: 200 }, () => 10 - Math.log(-Math.log(random())));
  const anomalous = Array.from({ length: 60 }, () => 12 - Math.log(-Math.log(random())));
  const thresholds = [...normal, ...anomalous].sort((a, b) => a - b);
  const share = (scores, is) => scores.filter(is).length / scores.length;
  const rate = thresholds.map((cut) => share(normal, (score) => score > cut));
  const missed = thresholds.map((cut) => share(anomalous, (score) => score <= cut));
  return { normal, anomalous, thresholds, rate, missed };
}

test("the cheapest threshold is the one an exhaustive search finds", () => {
  const { normal, anomalous, thresholds, rate, missed } = made();
  for (const [share, cost] of [
    [0.01, 1],
    [0.01, 50],
    [0.2, 10],
  ]) {
    const situation = { clips_per_day: 300, share_anomalous: share, miss_cost: cost };
    const found = costs(rate, missed, situation);
    const naive = thresholds.map((cut) => {
      const alarms = normal.filter((score) => score > cut).length / normal.length;
      const misses = anomalous.filter((score) => score <= cut).length / anomalous.length;
      return 300 * (1 - share) * alarms + 300 * share * misses * cost;
    });
    assert.ok(found.every((value, k) => Math.abs(value - naive[k]) < 1e-9));
    assert.ok(Math.abs(found[cheapest(found)] - Math.min(...naive)) < 1e-9);
  }
});

test("dearer misses never raise the cheapest threshold", () => {
  const { rate, missed, thresholds } = made();
  const places = [0, 1, 5, 20, 100, 1000].map((cost) =>
    cheapest(costs(rate, missed, { clips_per_day: 1, share_anomalous: 0.05, miss_cost: cost })),
  );
  assert.deepEqual(
    places,
    [...places].sort((a, b) => b - a),
  );
  assert.equal(places[0], thresholds.length - 1);
});

test("of equal costs the last is the cheapest, the highest threshold", () => {
  assert.equal(cheapest([3, 1, 1, 2]), 2);
});

test("places are found among rising values", () => {
  assert.deepEqual(
    [0, 1, 1.5, 2, 9].map((value) => upperBound([1, 2, 2, 5], value)),
    [0, 1, 1, 3, 4],
  );
  assert.deepEqual(
    [-9, 1.4, 1.6, 99].map((value) => nearest([1, 2, 5], value)),
    [0, 0, 1, 2],
  );
});

test("rare false alarms are told in days, months and years", () => {
  assert.equal(perDay(6.6), "about 6.6 false alarms a day");
  assert.equal(perDay(1), "about 1 false alarm a day");
  assert.equal(perDay(0.1), "about one false alarm in 10 days");
  assert.equal(perDay(0.01), "about one false alarm in 3.3 months");
  assert.equal(perDay(0.001), "about one false alarm in 2.7 years");
});
