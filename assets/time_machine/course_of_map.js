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
  /** Which points of the history are on the map. */
  #kept;

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
    this.#kept = Array.from(codes.images, (image, i) => (rowOf.has(image) ? i : -1)).filter((i) => i >= 0);
    this.#rows = Int32Array.from(this.#kept, (i) => rowOf.get(codes.images[i]) ?? 0);
    this.images = Int32Array.from(this.#kept, (i) => codes.images[i]);
    this.places = new Float32Array(2 * this.images.length);
  }

  /** Whether it is of these codes and of this map. */
  isOf(/** @type {LatentMap} */ home, /** @type {History} */ history) {
    return this.#home === home && this.#codes === history.codes;
  }

  /** Points whose images are shown beside their reconstructions. */
  get shown() {
    const shown = this.#codes.spec.shown.map((i) => this.#kept.indexOf(i));
    return shown.filter((point) => point >= 0);
  }

  /**
   * The map at the end of an epoch.
   * @param {number} epoch
   */
  at(epoch) {
    const known = this.#maps.get(epoch);
    if (known) return known;
    const made = this.#home.at({ rows: this.#rows, ...this.#then(epoch) });
    this.#maps.set(epoch, made);
    return made;
  }

  /** @param {number} epoch */
  #then(epoch) {
    const { latentDim: d, model, codes, scale, radii } = this.#home;
    const all = this.#codes;
    const e = all.spec.epochs.indexOf(epoch);
    // The model as it is may have been dropped as an epoch since.
    if (e < 0) {
      const now = new Float32Array(this.#rows.length * d);
      this.#rows.forEach((row, i) => {
        now.set(codes.subarray(row * d, (row + 1) * d), i * d);
      });
      return { model, codes: now, scale, radii };
    }
    const [count, quantiles] = [all.images.length, all.radii.length / all.spec.epochs.length];
    const then = new Float32Array(this.#kept.length * d);
    this.#kept.forEach((from, i) => {
      then.set(all.codes.subarray((e * count + from) * d, (e * count + from + 1) * d), i * d);
    });
    const row = (/** @type {Float32Array} */ table, /** @type {number} */ width) =>
      Array.from(table.subarray(e * width, (e + 1) * width));
    const sent = this.#history.sent.decoders[this.#history.sent.epochs.indexOf(epoch)];
    return {
      model: epoch === this.#history.sent.home ? model : (sent?.name ?? `${model} ${epoch}`),
      codes: then,
      scale: row(all.scale, d),
      radii: row(all.radii, quantiles),
    };
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
