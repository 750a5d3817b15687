/** Ink on a plain ground: where it is, what square of the picture is taken, and how strong it becomes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findInk, squareOf, strengthen } from "../../assets/latent_canvas/ink.js";

const RED = [255, 0, 0, 255];
const WHITE = [255, 255, 255, 255];
const CLEAR = [0, 0, 0, 0];

/**
 * A picture of one colour with a rectangle of another.
 * @param {number} width
 * @param {number} height
 * @param {number[]} ground
 * @param {number[]} ink
 * @param {[number, number, number, number]} rectangle  Left, top, right and bottom.
 */
function picture(width, height, ground, ink, [left, top, right, bottom]) {
  const data = Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x >= left && x < right && y >= top && y < bottom ? ink : ground;
  }).flat();
  return { data, width, height };
}

test("ink is found on a plain ground, clear or not, and has a colour where it has one", () => {
  const box = { left: 0.2, top: 0.25, right: 0.6, bottom: 1 };
  const onWhite = findInk(picture(10, 8, WHITE, RED, [2, 2, 6, 8])); // into the border
  assert.deepEqual(onWhite, { ground: [255, 255, 255], isClear: false, color: [255, 0, 0], box });
  assert.deepEqual(findInk(picture(10, 8, CLEAR, RED, [2, 2, 6, 8])), {
    ground: [0, 0, 0],
    isClear: true,
    color: [255, 0, 0],
    box,
  });
  const two = picture(10, 8, CLEAR, RED, [2, 2, 6, 8]);
  for (let i = 0; i < two.data.length; i += 8) if (two.data[i + 3]) two.data[i + 1] = 200; // every second column
  assert.equal(findInk(two)?.color, null);
});

test("a photograph has no ink, and neither has bare ground", () => {
  const halves = picture(10, 10, WHITE, RED, [0, 0, 5, 10]);
  assert.equal(findInk(halves), null);
  assert.equal(findInk(picture(10, 10, WHITE, WHITE, [0, 0, 5, 5])), null);
  assert.equal(findInk(picture(10, 10, CLEAR, CLEAR, [0, 0, 5, 5])), null);
});

test("ink that touches the edges gets the margin that the images have", () => {
  // As MNIST: 20 of 28 pixels.
  const size = { width: 100, height: 100 };
  const touching = findInk(picture(100, 100, CLEAR, RED, [25, 0, 75, 100]));
  const [left, top, side] = squareOf(touching, size, 20 / 28, 1 / 28);
  assert.ok(Math.abs(side - 140) < 1e-9 && Math.abs(left + 20) < 1e-9 && Math.abs(top + 20) < 1e-9);
  // What has it already, wherever it lies, stays, and so does what is no ink.
  const small = findInk(picture(100, 100, CLEAR, RED, [5, 10, 60, 80]));
  for (const ink of [small, null]) assert.deepEqual(squareOf(ink, size, 20 / 28, 1 / 28), [0, 0, 100]);
  assert.deepEqual(squareOf(touching, size, 1, 1 / 28), [0, 0, 100]);
});

test("ink beside the middle of a wide picture is not cut off", () => {
  const aside = findInk(picture(200, 100, WHITE, RED, [10, 20, 50, 80]));
  assert.deepEqual(squareOf(aside, { width: 200, height: 100 }, 20 / 28, 1 / 28), [-20, 0, 100]);
  assert.deepEqual(squareOf(null, { width: 200, height: 100 }, 20 / 28, 1 / 28), [50, 0, 100]);
});

test("ink of a colour becomes as strong as can be; grey on a ground that is there may be meant", () => {
  const box = { left: 0, top: 0, right: 1, bottom: 1 };
  const ink = (/** @type {number[]} */ color, isClear = true) => ({ ground: [255, 255, 255], isClear, color, box });
  /** Nothing, half covered, covered. */
  const strengthened = (
    /** @type {import("../../assets/latent_canvas/ink.js").Ink} */ of,
    ground = 0,
    full = 0.299,
  ) => {
    const image = Float32Array.of(ground, (ground + full) / 2, full);
    return strengthen(image, of, ground) ? Array.from(image, (value) => Math.round(1000 * value) / 1000) : null;
  };
  assert.deepEqual(strengthened(ink(RED)), [0, 0.5, 1]);
  assert.deepEqual(strengthened(ink(RED, false), 1), [1, 0.5, 0]);
  assert.equal(strengthened(ink([76, 76, 76], false), 1), null);
  assert.deepEqual(strengthened(ink([76, 76, 76]), 0, 76 / 255), [0, 0.5, 1]);
  assert.equal(strengthened(ink(WHITE), 0, 1), null); // is already
  assert.equal(strengthened({ ...ink(RED), color: null }), null);
});
