/**
 * What a model made of its images as it learned, frame by frame.
 *
 * @import { Tensor } from "../network/safetensors.js"
 *
 * @typedef {object} Frame  What it made of them after an epoch, or amid one.
 * @property {number} epoch
 * @property {ArrayLike<number>} places  x and y of each image in turn.
 * @property {ArrayLike<number>} pictures  What images decoded from their codes look like, uint8.
 * @property {ArrayLike<number> | null} forces  What pulls at some of the codes, if that was asked for.
 */
import { extentOf } from "../lessons/stage/scale.js";

/** Frames that are kept of a training that is watched; then every other of the older ones goes. */
const MOST_FRAMES = 200;

/**
 * Take frames out of what Python sends.
 * @param {number[]} epochs
 * @param {Tensor} places  (frame, image, 2).
 * @param {Tensor} pictures  (frame, image, height, width, channel).
 * @param {Tensor} [forces]  (frame, code, column).
 * @returns {Frame[]}
 */
export function framesIn(epochs, places, pictures, forces) {
  const part = (/** @type {Tensor} */ { data }, /** @type {number} */ i) =>
    data.subarray((i * data.length) / epochs.length, ((i + 1) * data.length) / epochs.length);
  return epochs.map((epoch, i) => ({
    epoch,
    places: part(places, i),
    pictures: part(pictures, i),
    forces: forces ? part(forces, i) : null,
  }));
}

/**
 * Add frames to those that are known.
 * @param {Frame[]} frames  In order.
 * @param {Frame[]} more
 * @param {boolean} goesOn  Whether the training does: of one that was stopped, the steps of an epoch that was cut short
 *   are undone.
 */
export function withFrames(frames, more, goesOn) {
  const last = goesOn ? Number.POSITIVE_INFINITY : Math.max(...more.map(({ epoch }) => epoch));
  const known = new Map(frames.filter(({ epoch }) => epoch <= last).map((frame) => [frame.epoch, frame]));
  for (const frame of more) known.set(frame.epoch, frame);
  const sorted = [...known.values()].sort((a, b) => a.epoch - b.epoch);
  return sorted.filter((_, i) => sorted.length <= MOST_FRAMES || i % 2 === 0 || i > sorted.length - 20);
}

/**
 * The extent of all places of some frames.
 * @param {Frame[]} frames
 */
export function extentOfAll(frames) {
  const extents = frames.map(({ places }) => extentOf(places, 1, 0));
  const along = (/** @type {number} */ i) => extents.map((extent) => extent[i]);
  return [Math.min(...along(0)), Math.max(...along(1)), Math.min(...along(2)), Math.max(...along(3))];
}
