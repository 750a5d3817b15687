/** The arithmetic of the lessons' figures. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { showCode, showPlainly } from "../../assets/lessons/stage/format.js";
import * as maths from "../../assets/lessons/stage/maths.js";
import { alongAxis, extentOf, ticksOf } from "../../assets/lessons/stage/scale.js";
import { contours, levelsAround } from "../../assets/shared/contours.js";
import { show } from "../../assets/shared/show.js";

/** @type {(actual: number, expected: number, within?: number) => void} */
function near(actual, expected, within = 1e-9) {
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected}`);
}

test("a number has a minus sign as wide as a digit, and zero has none", () => {
  assert.equal(show(-1.234), "−1.23");
  assert.equal(show(-0.001), "0.00");
  assert.equal(show(2.5, 0), "3");
  assert.equal(showPlainly(0.5), "0.5");
  assert.equal(showPlainly(2), "2");
  assert.equal(showCode(new Float32Array([1, -0.5])), "(1.00, −0.50)");
});

test("sums, means and deviations", () => {
  assert.equal(maths.sum(new Float64Array([1, 2, 3.5])), 6.5);
  assert.equal(maths.sum([]), 0);
  assert.equal(maths.mean([1, 2, 6]), 3);
  near(maths.deviation([2, 4, 4, 4, 5, 5, 7, 9]), 2);
  assert.equal(maths.squaredError([0, 1, 0.5], [1, 1, 0]), 1.25);
});

test("a Bernoulli pixel costs least where it is decoded as it is, and then its entropy", () => {
  const entropy = -0.3 * Math.log(0.3) - 0.7 * Math.log(0.7);
  near(maths.bernoulliTerms([0.3], [0.3])[0], entropy);
  for (const wrong of [0.1, 0.29, 0.31, 0.9]) assert.ok(maths.bernoulliTerms([0.3], [wrong])[0] > entropy);
  near(maths.bernoulliTerms([1], [0.5])[0], Math.LN2);
  // White where black was certain is costly, and not infinite.
  near(maths.bernoulliTerms([1], [0])[0], 12 * Math.LN10);
});

test("the KL term is the divergence from N(0, 1), integrated", () => {
  assert.deepEqual([...maths.klTerms([0], [1])], [0]);
  const [mu, sigma] = [0.8, 0.4];
  const step = 1e-3;
  let integral = 0;
  for (let z = mu - 10 * sigma; z < mu + 10 * sigma; z += step) {
    const logQ = -(((z - mu) / sigma) ** 2) / 2 - Math.log(sigma);
    integral += (Math.exp(logQ) / Math.sqrt(2 * Math.PI)) * (logQ + z ** 2 / 2) * step;
  }
  near(maths.klTerms([mu], [sigma])[0], integral, 1e-6);
});

test("a draw is mu and so many sigma", () => {
  assert.deepEqual(maths.drawFrom({ mu: [1, 2], sigma: [0.5, 0] }, [2, 100]), [2, 2]);
});

test("a mixture begins at one end and ends at the other", () => {
  assert.deepEqual(maths.mix([0, 4], [2, 0], 0), [0, 4]);
  assert.deepEqual(maths.mix([0, 4], [2, 0], 0.25), [0.5, 3]);
  assert.deepEqual(maths.mix([0, 4], [2, 0], 1), [2, 0]);
});

test("ten decibels less are ten times the error", () => {
  near(maths.psnr([0, 0, 0, 0], [0.1, -0.1, 0.1, 0.1]), 20);
  near(maths.psnr([0, 0], [1, 1]), 0);
  assert.equal(maths.psnr([0.5], [0.5]), Number.POSITIVE_INFINITY);
  near(maths.decibels(0.001), 30);
});

test("a histogram counts each value once, the greatest in the last bin", () => {
  assert.deepEqual(maths.histogram([0, 0.9, 1, 3.99, 4, 7], 1, 4), [2, 1, 0, 3]);
});

test("the area under the curve is the share of pairs in the right order", () => {
  assert.equal(maths.areaUnderCurve([1, 2], [3, 4]), 1);
  assert.equal(maths.areaUnderCurve([3, 4], [1, 2]), 0);
  assert.equal(maths.areaUnderCurve([1, 3], [2, 3]), (1 + 0 + 1 + 0.5) / 4);
});

test("an interval is Wilson's, as scipy.stats.binomtest has it", () => {
  for (const [count, total, low, high] of [
    [8, 166, 0.0246195, 0.0922039],
    [0, 20, 0, 0.1611251],
    [181, 181, 0.9792175, 1],
  ]) {
    const found = maths.shareInterval(count, total);
    near(found[0], low, 1e-5);
    near(found[1], high, 1e-5);
  }
});

test("the largest change is that of the pixel which differs most", () => {
  assert.equal(maths.largestChange([0, 1, 0.25, 0.5, 0.5, 1], 2), 0.5);
  assert.equal(maths.largestChange([0.3, 0.7], 2), 0);
});

test("a stroke that leans to the right does so by its angle", () => {
  const upright = new Float32Array(9);
  for (const i of [1, 4, 7]) upright[i] = 1;
  assert.equal(maths.posture(upright, 3).x, 1);
  near(maths.posture(upright, 3).lean, 0);
  const diagonal = new Float32Array(9); // from the lower left to the upper right
  for (const i of [2, 4, 6]) diagonal[i] = 1;
  near(maths.posture(diagonal, 3).lean, 45);
});

test("an extent has all places in it, and a margin", () => {
  assert.deepEqual(extentOf([], 3, 0), [-3, 3, -3, 3]);
  assert.deepEqual(extentOf([5, 0, -1, -7], 3, 0), [-3, 5, -7, 3]);
  assert.deepEqual(extentOf([0, 0], 1, 0.5), [-2, 2, -2, 2]);
  assert.deepEqual(alongAxis([1, 2, 3, 4], 1), [2, 4]);
});

test("ticks are round, within the axis, and no more than there is room for", () => {
  assert.deepEqual(ticksOf({ from: 0, to: 10 }, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticksOf({ from: -1, to: 1 }, 4), [-1, -0.5, 0, 0.5, 1]);
  for (const [from, to, most] of [
    [0, 0.31, 7],
    [-3.2, 47, 6],
    [21.5, 29.9, 9],
    [0, 930, 4],
  ]) {
    const ticks = ticksOf({ from, to }, most);
    assert.ok(ticks.length >= 1 && ticks.length <= most + 1);
    assert.ok(ticks.every((at) => at >= from - 1e-6 && at <= to + 1e-6));
    const step = ticks[1] - ticks[0];
    assert.ok(ticks.every((at) => Math.abs(at / step - Math.round(at / step)) < 1e-6));
  }
});

/**
 * Twice the area that a closed line goes around, counterclockwise.
 * @param {[number, number][]} line
 */
function doubleArea(line) {
  let area = 0;
  for (let k = 1; k < line.length; k++) area += line[k - 1][0] * line[k][1] - line[k][0] * line[k - 1][1];
  return area;
}

test("contours close around what is above a level, holes the other way round, and the border ends them", () => {
  const side = 60;
  /** @type {(f: (x: number, y: number) => number) => Float64Array} */
  const grid = (f) => Float64Array.from({ length: side * side }, (_, i) => f(i % side, Math.floor(i / side)));
  const round = grid((x, y) => 100 - (x - 30) ** 2 - (y - 25) ** 2);
  const [circle, ...none] = contours(round, side, 0);
  assert.deepEqual(none, []);
  assert.deepEqual(circle[0], circle[circle.length - 1]);
  for (const [x, y] of circle) near(Math.hypot(x - 30, y - 25), 10, 0.03);
  near(doubleArea(circle) / 2, 100 * Math.PI, 2);
  const ring = contours(
    grid((x, y) => 4 - Math.abs(Math.hypot(x - 30, y - 30) - 15)),
    side,
    0,
  );
  assert.equal(ring.length, 2);
  near(ring.reduce((sum, line) => sum + doubleArea(line), 0) / 2, Math.PI * (19 ** 2 - 11 ** 2), 5);
  assert.equal(ring.filter((line) => doubleArea(line) < 0).length, 1);
  // Touching at a corner, two parts stay two; beyond the border there is nothing.
  const checks = grid((x, y) => (x < 30 === y < 30 ? 1 : -1));
  assert.equal(contours(checks, side, 0).length, 2);
  const outside = contours(
    grid((x) => x - 50),
    side,
    0,
  );
  assert.equal(outside.length, 1);
  near(doubleArea(outside[0]) / 2, 9.5 * 59.5, 15); // to within a cell of the border
});

test("the densest part that holds a share is found", () => {
  const log = Float64Array.from([0.1, 0.4, 0.2, 0.3], Math.log);
  assert.deepEqual(levelsAround(log, [0.3, 0.6, 0.95]), [Math.log(0.4), Math.log(0.3), Math.log(0.1)]);
});
