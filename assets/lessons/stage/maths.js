/** The arithmetic of figures: sums, and the terms of a loss. */

/** @param {Iterable<number>} values */
export function sum(values) {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** @param {ArrayLike<number> & Iterable<number>} values */
export const mean = (values) => sum(values) / values.length;

/**
 * The standard deviation.
 * @param {number[]} values
 */
export function deviation(values) {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
}

/**
 * ‖x − x̂‖², over all pixels.
 * @param {ArrayLike<number>} x
 * @param {ArrayLike<number>} decoded
 */
export function squaredError(x, decoded) {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += (x[i] - decoded[i]) ** 2;
  return total;
}

/**
 * -log p(x|z) of each number of an image under a Bernoulli pixel model, in nats.
 * @param {ArrayLike<number>} x
 * @param {ArrayLike<number>} means  What the decoder gave.
 */
export function bernoulliTerms(x, means) {
  /** @param {number} p */
  const log = (p) => Math.log(Math.max(p, 1e-12));
  return Float64Array.from(x, (value, i) => -value * log(means[i]) - (1 - value) * log(1 - means[i]));
}

/**
 * KL(N(mu, sigma²) ‖ N(0, 1)) of each dimension, in nats (Kingma and Welling 2014, appendix B).
 * @param {ArrayLike<number>} mu
 * @param {ArrayLike<number>} sigma
 */
export function klTerms(mu, sigma) {
  return Float64Array.from(mu, (m, j) => (m * m + sigma[j] ** 2 - 1) / 2 - Math.log(sigma[j]));
}

/**
 * A draw from N(mu, sigma²): z = mu + sigma · epsilon.
 * @param {{ mu: ArrayLike<number>, sigma: ArrayLike<number> }} posterior
 * @param {ArrayLike<number>} epsilon
 */
export const drawFrom = ({ mu, sigma }, epsilon) => Array.from(mu, (m, j) => m + sigma[j] * epsilon[j]);

/**
 * -10 log10 of the mean squared error of a pixel, in dB: the peak signal-to-noise ratio, for a peak of 1.
 * @param {number} error  The mean squared error.
 */
export const decibels = (error) => -10 * Math.log10(error);

/**
 * The peak signal-to-noise ratio of an image, in dB.
 * @param {ArrayLike<number>} clean
 * @param {ArrayLike<number>} other
 */
export const psnr = (clean, other) => decibels(squaredError(clean, other) / clean.length);

/**
 * How many values are in each of so many bins from 0 on; those beyond the last are counted there.
 * @param {number[]} values  From 0 on.
 * @param {number} width  Of a bin.
 * @param {number} bins
 */
export function histogram(values, width, bins) {
  /** @type {number[]} */
  const counts = new Array(bins).fill(0);
  for (const value of values) counts[Math.min(bins - 1, Math.floor(value / width))] += 1;
  return counts;
}

/**
 * The area under the ROC curve: the share of pairs, one of each group, in which the anomaly scores
 * higher, a tie being half of one.
 * @param {number[]} normal  Scores.
 * @param {number[]} anomalous
 */
export function areaUnderCurve(normal, anomalous) {
  let higher = 0;
  for (const score of anomalous) {
    for (const other of normal) higher += score > other ? 1 : score === other ? 0.5 : 0;
  }
  return higher / (normal.length * anomalous.length);
}

/**
 * Where a share lies of which a sample is known: Wilson's 95% interval (1927).
 * @param {number} count  How many of the sample are counted.
 * @param {number} total  The size of the sample.
 * @returns {[number, number]}  In [0, 1].
 */
export function shareInterval(count, total) {
  const share = count / total;
  const z2 = 1.959964 ** 2 / total;
  const half = Math.sqrt((share * (1 - share) + z2 / 4) * z2);
  return [(share + z2 / 2 - half) / (1 + z2), (share + z2 / 2 + half) / (1 + z2)];
}

/**
 * From x (t = 0) to y (t = 1) along a straight line.
 * @param {ArrayLike<number>} x
 * @param {ArrayLike<number>} y
 * @param {number} t
 */
export const mix = (x, y, t) => Array.from(x, (value, i) => value + t * (y[i] - value));

/**
 * The largest difference between any two images in the same pixel.
 * @param {ArrayLike<number>} images  One after another.
 * @param {number} size  Of one.
 */
export function largestChange(images, size) {
  let most = 0;
  for (let k = 0; k < size; k++) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let at = k; at < images.length; at += size) {
      low = Math.min(low, images[at]);
      high = Math.max(high, images[at]);
    }
    most = Math.max(most, high - low);
  }
  return most;
}

/**
 * How far to the right ink stands, in pixels from the left, and how far it leans, in degrees.
 * @param {Float32Array} image  Of one channel.
 * @param {number} width
 */
export function posture(image, width) {
  let [ink, x, y] = [0, 0, 0];
  image.forEach((value, i) => {
    ink += value;
    x += value * (i % width);
    y += value * Math.floor(i / width);
  });
  [x, y] = [x / ink, y / ink];
  let [xy, yy] = [0, 0];
  image.forEach((value, i) => {
    const [dx, dy] = [(i % width) - x, Math.floor(i / width) - y];
    xy += value * dx * dy;
    yy += value * dy * dy;
  });
  return { x, lean: (180 / Math.PI) * Math.atan(-xy / yy) };
}
