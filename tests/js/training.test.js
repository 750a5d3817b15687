/** The arithmetic of a training that is watched. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { framesIn, withFrames } from "../../assets/training/frames.js";
import { Pulls } from "../../assets/training/pulls.js";
import { roomFor, steady } from "../../assets/training/scales.js";

test("a range stays as it is until what it shows is beyond it, or takes less than half of it", () => {
  const first = steady(null, 10, 20);
  assert.deepEqual(first, [8.5, 21.5]);
  assert.equal(steady(first, 8.6, 21), first);
  assert.equal(steady(first, 12, 19), first);
  assert.deepEqual(steady(first, 8, 20), [6.2, 21.8]);
  assert.deepEqual(steady(first, 12, 14), [11.7, 14.3]);
  assert.deepEqual(steady(null, 3, 3), [2.5, 3.5]);
  assert.deepEqual(steady(null, 3, 3.25, 0), [3, 3.25]);
});

test("an axis of epochs ends a little ahead, and is moved a few times in each power of ten", () => {
  assert.deepEqual([0, 0.4, 1, 1.2, 2, 7, 9, 11, 99, 1001].map(roomFor), [1, 1, 1, 1.5, 2, 8, 10, 15, 100, 1500]);
  const ends = new Set(Array.from({ length: 1000 }, (_, i) => roomFor(i)));
  assert.ok(ends.size < 30);
});

/** @param {number[]} epochs */
function frames(epochs) {
  const places = { shape: [epochs.length, 1, 2], data: Float32Array.from(epochs.flatMap((epoch) => [epoch, -epoch])) };
  const pictures = { shape: [epochs.length, 1], data: Uint8Array.from(epochs) };
  const pulls = { shape: [epochs.length, 1, 3], data: Float32Array.from(epochs.flatMap((epoch) => [epoch, 3, 4])) };
  return framesIn(epochs, places, pictures, pulls);
}

test("frames come in order, a later one of an epoch in place of the earlier", () => {
  const all = withFrames(withFrames([], frames([0, 2]), true), frames([2, 3.5]), true);
  assert.deepEqual(
    all.map(({ epoch }) => epoch),
    [0, 2, 3.5],
  );
  assert.deepEqual(Array.from(all[2].places), [3.5, -3.5]);
  assert.deepEqual(Array.from(all[2].forces ?? []), [3.5, 3, 4]);
});

test("steps of an epoch that was cut short are undone with it", () => {
  const epochs = (/** @type {boolean} */ goesOn, /** @type {number[]} */ more) =>
    withFrames(watched, frames(more), goesOn).map(({ epoch }) => epoch);
  const watched = withFrames(withFrames([], frames([4]), true), frames([4.5]), true);
  assert.deepEqual(epochs(false, [0, 2, 4]), [0, 2, 4]);
  assert.deepEqual(epochs(true, [4]), [4, 4.5], "what goes on from there keeps it");
});

test("forces are read by their names, and nothing is known where they are no numbers", () => {
  const columns = ["reconstruction_x", "reconstruction_y", "regularizer_x", "regularizer_y"];
  const pulls = new Pulls(columns, [3, 4, 0, 0, 6, 8, 0, 1]);
  assert.equal(pulls.count, 2);
  assert.deepEqual(pulls.along(1, "reconstruction"), [6, 8]);
  assert.equal(pulls.of(1, "regularizer_y"), 1);
  assert.equal(pulls.usual, 10);
  assert.ok(pulls.known);
  assert.ok(!new Pulls(columns, [NaN, NaN, NaN, NaN]).known);
  assert.ok(!new Pulls(columns, []).known);
});
