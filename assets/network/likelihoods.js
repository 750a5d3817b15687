/**
 * log p(x|z) of each likelihood, as vaelab/networks/likelihoods.py has it.
 *
 * All are exponential families in the pixels: log p(x|z) is the sum over pixels of `natural(l) x + constant(l)`, for the
 * decoder's output l, plus `base(x)`. So what depends on the code is computed once, for any number of images.
 *
 * @typedef {object} PixelLikelihood
 * @property {(output: number) => number} natural
 * @property {(output: number) => number} constant
 * @property {(pixel: number) => number} base
 */
import { MEANS } from "./activations.js";
import { pick } from "./safetensors.js";

/** @param {number} l */
const softplus = (l) => Math.max(l, 0) + Math.log1p(Math.exp(-Math.abs(l)));

/**
 * log((e^l - 1) / l), by its series near 0.
 * @param {number} l
 */
function logPartition(l) {
  const half = Math.abs(l) / 2;
  if (half < 0.1) return l / 2 + half ** 2 / 6 - half ** 4 / 180 + half ** 6 / 2835;
  return l / 2 + half + Math.log(-Math.expm1(-2 * half)) - Math.log(2 * half);
}

/** @returns {PixelLikelihood} */
const bernoulli = () => ({ natural: (l) => l, constant: (l) => -softplus(l), base: () => 0 });

/** @returns {PixelLikelihood} */
const continuousBernoulli = () => ({ natural: (l) => l, constant: (l) => -logPartition(l), base: () => 0 });

/**
 * @param {number} sigma
 * @param {boolean} isLinear  Whether the decoder's output is the mean itself.
 * @returns {PixelLikelihood}
 */
function gaussian(sigma, isLinear) {
  const center = isLinear ? (/** @type {number} */ output) => output : MEANS.sigmoid;
  const norm = Math.log(sigma) + 0.5 * Math.log(2 * Math.PI);
  return {
    natural: (output) => center(output) / sigma ** 2,
    constant: (output) => -0.5 * (center(output) / sigma) ** 2,
    base: (pixel) => -0.5 * (pixel / sigma) ** 2 - norm,
  };
}

/** By the names that vaelab.config gives them. @type {Record<string, typeof gaussian>} */
const LIKELIHOODS = {
  bernoulli,
  continuous_bernoulli: continuousBernoulli,
  gaussian,
  gaussian_learned: gaussian,
};

/**
 * @param {{ likelihood: string, sigma: number, mean: string }} spec  A model's.
 * @returns {PixelLikelihood}
 */
export function likelihoodOf({ likelihood, sigma, mean }) {
  return pick(LIKELIHOODS, "likelihood", likelihood)(sigma, mean === "clip");
}
