/**
 * How well a model takes an image that a person gives it: a code may lie among the images' codes
 * although the image is like none of them.
 *
 * @import { Network } from "../network/network.js"
 *
 * @typedef {object} Judgement
 * @property {number} error  Of its reconstruction: the root of the mean square over all pixels.
 * @property {number | null} share  Of held-out images (0 to 1) whose error is less; null while that is not known.
 * @property {number | null} typical  The error of the middle one of these.
 * @property {boolean} isInverted  Light and dark are the other way round than in the images.
 */
import { shareBelow } from "../network/nearest.js";

/** How far a border may be from the images' own, from 0 to 1. */
const OWN_BORDER = 0.5;

/**
 * Judge an image by what the model makes of it, and of its negative.
 * @param {Network} network
 * @param {Float32Array} image
 * @param {number} label
 * @param {number[]} background  A number a channel.
 * @param {number[] | null} errors  Quantiles of the errors of held-out images.
 * @returns {Judgement}
 */
export function judge(network, image, label, background, errors) {
  const error = errorOf(network, image, label);
  const negative = image.map((value) => 1 - value);
  return {
    error,
    share: errors && shareBelow(errors, error),
    typical: errors?.[Math.floor(errors.length / 2)] ?? null,
    isInverted: borderOff(network, image, background) > OWN_BORDER && errorOf(network, negative, label) < error,
  };
}

/**
 * @param {Network} network
 * @param {Float32Array} image
 * @param {number} label
 */
function errorOf(network, image, label) {
  const reconstruction = network.decode(network.encode(image, label).mu, 1, label);
  let squares = 0;
  for (let i = 0; i < image.length; i++) squares += (image[i] - reconstruction[i]) ** 2;
  return Math.sqrt(squares / image.length);
}

/**
 * How far the pixels around an image are from the background, on average.
 * @param {Network} network  Has the image's size.
 * @param {Float32Array} image
 * @param {number[]} background
 */
function borderOff({ width, height, channels }, image, background) {
  let [sum, count] = [0, 0];
  for (let i = 0; i < image.length; i++) {
    const pixel = Math.floor(i / channels);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    if (x > 0 && x < width - 1 && y > 0 && y < height - 1) continue;
    sum += Math.abs(image[i] - background[(i % channels) % background.length]);
    count += 1;
  }
  return sum / count;
}
