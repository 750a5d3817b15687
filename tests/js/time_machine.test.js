/** Steps of the slider, epochs, and what lies between. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { around } from "../../assets/time_machine/course_of_map.js";
import { momentAt, ownMoment, stepOf } from "../../assets/time_machine/steps.js";

const EPOCHS = [0, 1, 2, 4, 8, 16];

test("a moment lies between two epochs, or at one", () => {
  assert.deepEqual(around(EPOCHS, 3), { before: 2, after: 4, share: 0.5 });
  assert.deepEqual(around(EPOCHS, 4), { before: 4, after: 4, share: 0 });
  assert.deepEqual(around(EPOCHS, 10), { before: 8, after: 16, share: 0.25 });
});

test("before the first and after the last there is nothing", () => {
  assert.deepEqual(around([2, 4], 0), { before: 2, after: 2, share: 0 });
  assert.deepEqual(around(EPOCHS, 99), { before: 16, after: 16, share: 0 });
});

test("steps are epochs, and parts of steps parts of the way", () => {
  for (const [i, epoch] of EPOCHS.entries()) {
    assert.equal(momentAt(EPOCHS, i), epoch);
    assert.equal(stepOf(EPOCHS, epoch), i);
  }
  for (const step of [0.25, 2.5, 4.9]) assert.ok(Math.abs(stepOf(EPOCHS, momentAt(EPOCHS, step)) - step) < 1e-9);
});

test("one of several runs rests at an epoch of its own", () => {
  const own = [0, 2, 8];
  assert.deepEqual(
    EPOCHS.map((_, step) => ownMoment(own, EPOCHS, step)),
    [0, 0, 2, 2, 8, 8],
  );
  assert.equal(ownMoment(own, EPOCHS, 3.5), 5);
  // One that begins later waits at its first.
  assert.equal(ownMoment([4, 8], EPOCHS, 0), 4);
});
