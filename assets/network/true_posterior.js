/**
 * The true posterior of an image, p(z|x) = p(x|z) p(z) / p(x), on a grid: codes of two numbers are few enough to try all.
 *
 * @import { Network, Posterior } from "./network.js"
 *
 * @typedef {object} TruePosterior
 * @property {Float64Array} logDensity  log p(z|x) in each cell's middle, row by row, from the least z2 up.
 * @property {number} logEvidence  log p(x), in nats: the integral of p(x|z) p(z) over the grid (midpoint rule).
 */

/** A grid of codes with all that the decoder says of them, for any number of images. */
export class PosteriorGrid {
  /** Cells of which the decoder was asked. */
  #done = 0;

  /**
   * @param {Network} network  A VAE with codes of two numbers.
   * @param {object} options
   * @param {number[]} [options.center]  Its middle.
   * @param {number} options.reach  How far it goes to each side of it. Where the image's posterior or the prior's
   *   inner part lies beyond it, log p(x) is too low.
   * @param {number} options.side  Cells along each side. They may be as wide as a posterior's sigma, not wider.
   * @param {number} [options.label]  Of all images; only a conditional model reads it, and then all is given the label.
   * @throws {Error} With a sentence, if it is another kind of model.
   */
  constructor(network, { center = [0, 0], reach, side, label = 0 }) {
    if (network.latentDim !== 2 || !network.isVae) {
      throw new Error("The true posterior is drawn for a VAE with codes of two numbers.");
    }
    this.network = network;
    this.label = label;
    this.center = center;
    this.reach = reach;
    this.side = side;
    this.width = (2 * reach) / side; // of a cell
    const count = side * side;
    this.natural = new Float32Array(count * network.numPixels);
    /** What does not depend on the image: log p(z) included. */
    this.constant = new Float64Array(count);
  }

  get isReady() {
    return this.#done === this.constant.length;
  }

  /** @param {number} i  A cell. */
  place(i) {
    return this.placeAt(i % this.side, Math.floor(i / this.side));
  }

  /**
   * @param {number} column  In cells: 0 is the middle of the first, and there may be a place between two.
   * @param {number} row
   * @returns {[number, number]}
   */
  placeAt(column, row) {
    const { center, width, reach } = this;
    return [center[0] + (0.5 + column) * width - reach, center[1] + (0.5 + row) * width - reach];
  }

  /**
   * Decode so many cells more, so that a page can do other things in between.
   * @param {number} cells
   * @returns {boolean} Whether that was all.
   */
  advance(cells) {
    const from = this.#done;
    const count = Math.min(cells, this.constant.length - from);
    const { network, natural, constant } = this;
    const { numPixels, likelihood } = network;
    const places = Array.from({ length: count }, (_, i) => this.place(from + i));
    const outputs = network.outputs(places.flat(), count, this.label);
    for (let i = 0; i < count; i++) {
      const [x, y] = places[i];
      let sum = -0.5 * (x * x + y * y) - Math.log(2 * Math.PI);
      for (let k = 0; k < numPixels; k++) {
        const output = outputs[i * numPixels + k];
        natural[(from + i) * numPixels + k] = likelihood.natural(output);
        sum += likelihood.constant(output);
      }
      constant[from + i] = sum;
    }
    this.#done += count;
    return this.isReady;
  }

  /**
   * @param {ArrayLike<number>} image
   * @returns {TruePosterior}
   */
  of(image) {
    while (!this.advance(this.side));
    const { natural, constant } = this;
    const { numPixels, likelihood } = this.network;
    let base = 0;
    for (let k = 0; k < numPixels; k++) base += likelihood.base(image[k]);
    const logDensity = new Float64Array(constant.length);
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < constant.length; i++) {
      let sum = constant[i] + base;
      for (let k = 0; k < numPixels; k++) sum += natural[i * numPixels + k] * image[k];
      logDensity[i] = sum;
      most = Math.max(most, sum);
    }
    const total = logDensity.reduce((sum, log) => sum + Math.exp(log - most), 0);
    const logEvidence = most + Math.log(total) + 2 * Math.log(this.width);
    for (let i = 0; i < logDensity.length; i++) logDensity[i] -= logEvidence;
    return { logDensity, logEvidence };
  }

  /**
   * KL(q(z|x) ‖ p(z|x)) in nats: by how much the ELBO is below log p(x).
   * @param {Posterior} posterior  The encoder's.
   * @param {TruePosterior} truth
   */
  gap({ mu, sigma }, { logDensity }) {
    const norm = Math.log(2 * Math.PI * sigma[0] * sigma[1]);
    let [mass, total] = [0, 0];
    for (let i = 0; i < logDensity.length; i++) {
      const [x, y] = this.place(i);
      const logQ = -0.5 * (((x - mu[0]) / sigma[0]) ** 2 + ((y - mu[1]) / sigma[1]) ** 2) - norm;
      mass += Math.exp(logQ);
      total += Math.exp(logQ) * (logQ - logDensity[i]);
    }
    return total / mass; // the grid may miss some of q's tails
  }
}
