/** Functions of one number that networks apply to all. */

/**
 * erf to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26).
 * @param {number} x
 */
export function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - poly * Math.exp(-x * x));
}

/** @param {number} x */
const itself = (x) => x;

/**
 * Elementwise functions, by the names that vaelab.config gives them.
 * @type {Record<string, (x: number) => number>}
 */
export const ACTIVATIONS = {
  none: itself,
  relu: (x) => Math.max(x, 0),
  leaky_relu: (x) => (x > 0 ? x : 0.01 * x),
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  tanh: Math.tanh,
};

/**
 * E[x|z] from a decoder's logits, by the names that vaelab.export gives them.
 * @type {Record<string, (logit: number) => number>}
 */
export const MEANS = {
  sigmoid: (l) => 1 / (1 + Math.exp(-l)),
  // Loaiza-Ganem and Cunningham 2019, equation 8; near zero its series.
  continuous_bernoulli: (l) =>
    Math.abs(l) < 0.2 ? 0.5 + l / 12 - l ** 3 / 720 + l ** 5 / 30240 : 0.5 + 0.5 / Math.tanh(l / 2) - 1 / l,
  clip: (pixel) => Math.min(Math.max(pixel, 0), 1),
};

/**
 * At least a gray level away from black and white, whose logits are infinite.
 * @param {number} pixel
 */
const within = (pixel) => Math.min(Math.max(pixel, 1 / 255), 254 / 255);

/**
 * The logits of pixels that PCA draws, by the names that vaelab.export gives them.
 * @type {Record<string, (pixel: number) => number>}
 */
export const LINKS = {
  none: itself,
  logit: (pixel) => Math.log(within(pixel) / (1 - within(pixel))),
  // Kröger 2015, as in vaelab.networks.likelihoods.
  continuous_bernoulli: (pixel) => {
    const m = 2 * within(pixel) - 1;
    return (2 * m * (3 - (6 * m ** 2 + m ** 4 - 2 * m ** 6) / 5)) / (1 - m ** 2);
  },
};

/**
 * A function of one number as one of a stretch of memory.
 * @param {(x: number) => number} f
 * @returns {(floats: Float32Array, from: number, to: number) => void}
 */
export const overAll = (f) => (floats, from, to) => {
  if (f === itself) return;
  for (let i = from; i < to; i++) floats[i] = f(floats[i]);
};
