/** Neighbours, places on a way, and how far to trust a decode. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { onWay } from "../../assets/latent_canvas/places.js";
import { nearest, weightedMean } from "../../assets/network/nearest.js";
import { normals } from "../../assets/network/random.js";
import { show } from "../../assets/shared/show.js";
import { OFF_DATA, trustLevel } from "../../assets/shared/trust.js";

test("the nearest rows come in order of distance, the first of equals first", () => {
  const table = Float32Array.of(5, 0, 1, 0, -1, 0, 0, 2);
  const { rows, squares } = nearest(table, 2, [0, 0], 3);
  assert.deepEqual(Array.from(rows), [1, 2, 3]);
  assert.deepEqual(Array.from(squares), [1, 1, 4]);
});

test("rows that there are not enough of are -1, infinitely far", () => {
  const { rows, squares } = nearest(Float32Array.of(1), 1, [0], 2);
  assert.deepEqual(Array.from(rows), [0, -1]);
  assert.equal(squares[1], Number.POSITIVE_INFINITY);
});

test("rows may be left out", () => {
  const { rows } = nearest(Float32Array.of(0, 1, 2, 3), 1, [0], 2, (row) => row % 2 === 1);
  assert.deepEqual(Array.from(rows), [1, 3]);
});

test("a weighted mean is the value of a key at the key, and between two the middle", () => {
  const [keys, values] = [Float32Array.of(0, 2), Float32Array.of(10, 20)];
  const at = (/** @type {number} */ x) => weightedMean(keys, 1, [x], values, 1)[0];
  assert.ok(Math.abs(at(0) - 10) < 1e-4);
  assert.equal(at(1), 15);
  // Inverse squared distances of 0.5 and 1.5: nine to one.
  assert.ok(Math.abs(at(0.5) - (9 * 10 + 20) / 10) < 1e-5);
});

test("a way goes through all its pins, in equal parts of t", () => {
  const pins = [
    [0, 0],
    [4, 0],
    [4, 2],
  ].map((z) => ({ z: Float32Array.from(z) }));
  const at = (/** @type {number} */ t) => Array.from(onWay(pins, t));
  assert.deepEqual([0, 0.25, 0.5, 0.75, 1].map(at), [
    [0, 0],
    [2, 0],
    [4, 0],
    [4, 1],
    [4, 2],
  ]);
});

test("trust has three levels, whose ends belong to the lower one", () => {
  const names = [0, 0.9, 0.9001, OFF_DATA, 0.9901, 1].map((share) => trustLevel(share).name);
  assert.deepEqual(names, ["among", "among", "edge", "edge", "off", "off"]);
  assert.equal(trustLevel(1).text, "Off the data");
});

test("numbers have two digits, a wide minus and no minus zero", () => {
  assert.deepEqual(
    [1, -0.004, -0.005001, -12.345].map((value) => show(value)),
    ["1.00", "0.00", "−0.01", "−12.35"],
  );
  assert.equal(show(0.25, 1), "0.3");
});

test("draws are normal: mean, variance and tails", () => {
  const draws = normals(100_000);
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
  const beyond = draws.filter((x) => Math.abs(x) > 1.959964).length / draws.length;
  // Six standard errors each: one run in five hundred million fails by chance.
  assert.ok(Math.abs(mean) < 6 / Math.sqrt(draws.length));
  assert.ok(Math.abs(variance - 1) < 6 * Math.sqrt(2 / draws.length));
  assert.ok(Math.abs(beyond - 0.05) < 6 * Math.sqrt((0.05 * 0.95) / draws.length));
});
