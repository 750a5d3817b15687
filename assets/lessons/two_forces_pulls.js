/**
 * What pulls at an image's cloud: minus the gradients of the loss's two terms with respect to its middle and width.
 *
 * @import { Network, Posterior } from "../network/network.js"
 *
 * @typedef {object} Pull  In nats per unit of z.
 * @property {number[]} mu
 * @property {number[]} sigma
 *
 * @typedef {object} Pulls
 * @property {Pull} reconstruction
 * @property {Pull} kl
 */

/**
 * How far to each side a cloud is gone through, in sigmas, and the most that codes are apart: in sigmas, and in units of
 * z, as what is decoded changes within a few tenths of one.
 */
const FINE = { reach: 4, sigmas: 0.5, apart: 0.2 };
const COARSE = { reach: 3, sigmas: 0.75, apart: 0.3 };

/**
 * The pulls at one cloud, and -log p(x|z) of its image, the mean over the cloud, in nats; for a VAE of two dimensions.
 *
 * A gradient of a Gaussian's mean of anything is the mean of that times the score (Williams 1992), here summed over a
 * grid of codes rather than estimated from draws. The KL's is known: -mu, and 1 / sigma - sigma.
 * @param {Network} network
 * @param {Float32Array} image
 * @param {Posterior} cloud
 */
export function pullsAt(network, image, cloud) {
  const { costs, weights, at } = costsOver(network, image, cloud, FINE);
  const cost = costs.reduce((total, each, i) => total + weights[i] * each, 0);
  const reconstruction = { mu: [0, 0], sigma: [0, 0] };
  costs.forEach((each, i) => {
    for (const j of [0, 1]) {
      const share = (weights[i] * (each - cost)) / cloud.sigma[j];
      reconstruction.mu[j] -= share * at[i][j];
      reconstruction.sigma[j] -= share * (at[i][j] ** 2 - 1);
    }
  });
  return { pulls: { reconstruction, kl: klPull(cloud) }, cost };
}

/**
 * -log p(x|z) of an image, the mean over its cloud, in nats.
 * @param {Network} network
 * @param {Float32Array} image
 * @param {Posterior} cloud
 */
export function meanCost(network, image, cloud) {
  const { costs, weights } = costsOver(network, image, cloud, COARSE);
  return costs.reduce((total, each, i) => total + weights[i] * each, 0);
}

/**
 * -log p(x|z) at the codes of a grid, each code's weight, and where it is in sigmas.
 * @param {Network} network
 * @param {Float32Array} image
 * @param {Posterior} cloud
 * @param {typeof FINE} grid
 */
function costsOver(network, image, { mu, sigma }, { reach, sigmas, apart }) {
  const axes = Array.from(sigma, (s) => {
    const step = Math.min(sigmas, apart / s);
    const count = Math.ceil(reach / step);
    const places = Array.from({ length: 2 * count + 1 }, (_, i) => (i - count) * step);
    return { places, total: places.reduce((sum, t) => sum + Math.exp((-t * t) / 2), 0) };
  });
  const at = axes[0].places.flatMap((x) => axes[1].places.map((y) => [x, y]));
  const weights = at.map(([x, y]) => Math.exp(-(x * x + y * y) / 2) / axes[0].total / axes[1].total);
  const codes = at.flatMap(([x, y]) => [mu[0] + sigma[0] * x, mu[1] + sigma[1] * y]);
  const outputs = network.outputs(codes, at.length);
  return { costs: at.map((_, i) => costOf(network, image, outputs, i)), weights, at };
}

/**
 * @param {Posterior} cloud
 * @returns {Pull}
 */
function klPull({ mu, sigma }) {
  return { mu: Array.from(mu, (m) => -m), sigma: Array.from(sigma, (s) => 1 / s - s) };
}

/** How far to each side of a code the decoder is asked, for a slope. */
const BESIDE = 0.01;
/**
 * Codes that stand for a cloud on its way: on the ring with radius sqrt(2) sigma, where mean and variance are the cloud's
 * (a cubature of degree three, Arasaratnam and Haykin 2009). As few draws would be learned by heart: of clouds that follow
 * six, half end up three times as wide as with a thousand.
 */
const RING = Array.from({ length: 8 }, (_, i) => [Math.cos, Math.sin].map((f) => Math.SQRT2 * f((i * Math.PI) / 4)));

/**
 * What pulls at many clouds, quickly: by slopes at a few codes of each, which is enough for narrow ones.
 * @param {Network} network
 * @param {Float32Array[]} images
 * @param {Posterior[]} clouds  One an image.
 * @returns {Pulls[]}
 */
export function pullsOn(network, images, clouds) {
  const sides = [
    [-BESIDE, 0],
    [BESIDE, 0],
    [0, -BESIDE],
    [0, BESIDE],
  ];
  const codes = clouds.flatMap(({ mu, sigma }) =>
    RING.flatMap((epsilon) => sides.flatMap((side) => side.map((beside, j) => mu[j] + sigma[j] * epsilon[j] + beside))),
  );
  const outputs = network.outputs(codes, codes.length / 2);
  return clouds.map((cloud, i) => {
    const reconstruction = { mu: [0, 0], sigma: [0, 0] };
    RING.forEach((epsilon, s) => {
      const costs = sides.map((_, k) => costOf(network, images[i], outputs, 4 * (i * RING.length + s) + k));
      [costs[1] - costs[0], costs[3] - costs[2]].forEach((difference, j) => {
        const slope = difference / (2 * BESIDE) / RING.length;
        reconstruction.mu[j] -= slope;
        reconstruction.sigma[j] -= slope * epsilon[j];
      });
    });
    return { reconstruction, kl: klPull(cloud) };
  });
}

/**
 * -log p(x|z) of an image, in nats.
 * @param {Network} network
 * @param {Float32Array} image
 * @param {Float32Array} outputs  Of the decoder, for many codes.
 * @param {number} at  Which of them.
 */
function costOf({ likelihood, numPixels }, image, outputs, at) {
  let total = 0;
  for (let i = 0; i < numPixels; i++) {
    const output = outputs[at * numPixels + i];
    total -= likelihood.natural(output) * image[i] + likelihood.constant(output) + likelihood.base(image[i]);
  }
  return total;
}

/** The step of one frame; less for a middle, the narrower its cloud is, down to the square of a least width. */
const [STEP, NARROWEST, FARTHEST] = [0.2, 0.1, 0.15];

/**
 * Where a cloud is a moment after it was let go: down the gradient, in steps that suit its width (as a natural gradient's
 * do), with the decoder left as it is.
 * @param {Posterior} cloud
 * @param {Pull[]} pulls  Those that are at work.
 * @returns {Posterior}
 */
export function followed({ mu, sigma }, pulls) {
  const sum = (/** @type {"mu" | "sigma"} */ of, /** @type {number} */ j) =>
    pulls.reduce((total, pull) => total + pull[of][j], 0);
  const clipped = (/** @type {number} */ by) => Math.max(-FARTHEST, Math.min(FARTHEST, by));
  return {
    mu: mu.map((m, j) => m + clipped(STEP * Math.max(sigma[j], NARROWEST) ** 2 * sum("mu", j))),
    sigma: sigma.map((s, j) => Math.max(0.005, s * Math.exp(clipped(0.5 * STEP * s * sum("sigma", j))))),
  };
}
