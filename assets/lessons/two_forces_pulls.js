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
 *
 * @typedef {{ epsilon: number[], weight: number }} CloudNode  One of the codes that stand for a cloud, and its share.
 */

/** How far to each side of a code the decoder is asked, for a slope. */
const BESIDE = 0.01;

/**
 * Codes that stand for a cloud.
 * @param {ArrayLike<number>} epsilons  Their noise, two numbers each.
 * @param {ArrayLike<number>} [weights]  Which sum to 1; all the same by default.
 * @returns {CloudNode[]}
 */
export function nodesOf(epsilons, weights) {
  const count = epsilons.length / 2;
  return Array.from({ length: count }, (_, i) => ({
    epsilon: [epsilons[2 * i], epsilons[2 * i + 1]],
    weight: weights ? weights[i] : 1 / count,
  }));
}

/**
 * What pulls at clouds, for a VAE of two dimensions.
 *
 * The slope of -log p(x|z) at a code z = mu + sigma · epsilon is taken by central differences; averaged over codes it is
 * the gradient for mu, and with epsilon as a factor that for sigma (Kingma and Welling 2014, section 2.4). The KL's is
 * known: -mu, and 1 / sigma - sigma.
 * @param {Network} network
 * @param {Float32Array[]} images
 * @param {Posterior[]} clouds  One an image.
 * @param {CloudNode[]} nodes
 * @returns {Pulls[]}
 */
export function pullsOn(network, images, clouds, nodes) {
  const sides = [
    [-BESIDE, 0],
    [BESIDE, 0],
    [0, -BESIDE],
    [0, BESIDE],
  ];
  const codes = clouds.flatMap(({ mu, sigma }) =>
    nodes.flatMap(({ epsilon }) =>
      sides.flatMap((side) => side.map((beside, j) => mu[j] + sigma[j] * epsilon[j] + beside)),
    ),
  );
  const outputs = network.outputs(codes, codes.length / 2);
  return clouds.map(({ mu, sigma }, i) => {
    const reconstruction = { mu: [0, 0], sigma: [0, 0] };
    nodes.forEach(({ epsilon, weight }, s) => {
      const from = 4 * (i * nodes.length + s);
      const costs = sides.map((_, k) => costOf(network, images[i], outputs, from + k));
      [costs[1] - costs[0], costs[3] - costs[2]].forEach((difference, j) => {
        const slope = difference / (2 * BESIDE);
        reconstruction.mu[j] -= weight * slope;
        reconstruction.sigma[j] -= weight * slope * epsilon[j];
      });
    });
    return { reconstruction, kl: { mu: Array.from(mu, (m) => -m), sigma: Array.from(sigma, (s) => 1 / s - s) } };
  });
}

/**
 * -log p(x|z) of images, the mean over their clouds, in nats.
 * @param {Network} network
 * @param {Float32Array[]} images
 * @param {Posterior[]} clouds
 * @param {CloudNode[]} nodes
 */
export function meanCosts(network, images, clouds, nodes) {
  return clouds.map(({ mu, sigma }, i) => {
    const codes = nodes.flatMap(({ epsilon }) => epsilon.map((e, j) => mu[j] + sigma[j] * e));
    const outputs = network.outputs(codes, nodes.length);
    return nodes.reduce((total, { weight }, s) => total + weight * costOf(network, images[i], outputs, s), 0);
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
