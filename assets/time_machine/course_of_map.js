/**
 * A map over time: where its points were at each epoch, and between two.
 *
 * @import { LatentMap } from "../network/map.js"
 * @import { History } from "./history.js"
 */

export class CourseOfMap {
  /** @type {Map<number, LatentMap>} */
  #maps = new Map();
  #codes;
  #history;
  #home;
  #rows;

  /**
   * @param {LatentMap} home  The map as it is.
   * @param {History} history  Whose codes are here.
   */
  constructor(home, history) {
    const { codes } = history;
    if (!codes) throw new Error("the codes are not here yet.");
    this.#home = home;
    this.#codes = codes;
    this.#history = history;
    const rowOf = new Map(Array.from(home.images, (image, row) => [image, row]));
    this.#rows = Int32Array.from(codes.images, (image) => rowOf.get(image) ?? -1);
    this.images = codes.images;
    this.places = new Float32Array(2 * this.images.length);
  }

  /**
   * Whether it is of these codes and of this map.
   * @param {LatentMap} home
   * @param {History} history
   */
  isOf(home, history) {
    return this.#home === home && this.#codes === history.codes;
  }

  get epochs() {
    return this.#codes.spec.epochs;
  }

  /** Points that may be shown beside their reconstructions: of images that the map's sheet has. */
  get shown() {
    return this.#codes.spec.shown.filter((point) => this.#rows[point] >= 0);
  }

  /**
   * The map at the end of an epoch.
   * @param {number} epoch
   */
  at(epoch) {
    const known = this.#maps.get(epoch);
    if (known) return known;
    const { latentDim: d } = this.#home;
    const { images, labels, codes, scale, radii, spec } = this.#codes;
    const e = spec.epochs.indexOf(epoch);
    const size = images.length * d;
    const row = (/** @type {Float32Array} */ table, /** @type {number} */ width) =>
      Array.from(table.subarray(e * width, (e + 1) * width));
    const made = this.#home.at({
      model: this.#history.nameOf(epoch),
      images,
      labels,
      rows: this.#rows,
      codes: codes.slice(e * size, (e + 1) * size),
      scale: row(scale, d),
      radii: row(radii, radii.length / spec.epochs.length),
    });
    this.#maps.set(epoch, made);
    return made;
  }

  /**
   * Where points are between two epochs: on straight lines. Valid until the next call.
   * @param {number} before
   * @param {number} after
   * @param {number} share  Of the way from the one to the other.
   */
  between(before, after, share) {
    const [from, to] = [this.at(before).places, this.at(after).places];
    for (let i = 0; i < this.places.length; i++) this.places[i] = from[i] + share * (to[i] - from[i]);
    return this.places;
  }
}

/**
 * Between which two of some epochs a moment lies, and how much of the way from the one to the other is behind.
 * @param {number[]} epochs  In order.
 * @param {number} moment  In epochs.
 */
export function around(epochs, moment) {
  const after = epochs.findIndex((epoch) => epoch >= moment);
  if (after < 0) return { before: epochs[epochs.length - 1], after: epochs[epochs.length - 1], share: 0 };
  if (after === 0 || epochs[after] === moment) return { before: epochs[after], after: epochs[after], share: 0 };
  const [before, then] = [epochs[after - 1], epochs[after]];
  return { before, after: then, share: (moment - before) / (then - before) };
}
