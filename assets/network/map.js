/**
 * A map of latent space: where codes lie on the plane and back, as vaelab.latent.projections does it.
 *
 * @import { Then } from "./map_file.js"
 * @import { Posterior } from "./network.js"
 *
 * @typedef {[number, number]} Place  On the map.
 * @typedef {[number, number, number]} Covariance  xx, xy and yy.
 */
import { readMap } from "./map_file.js";
import { NEIGHBOURS, nearest, shareBelow, weightedMean } from "./nearest.js";

/** Up to this share a place is among the images: no sparser than around 9 of 10 of them. */
export const AMONG = 0.9;

/** What a number that counts nothing counts for all that where codes would be equally near. */
const TIE = 1e-3;

export class LatentMap {
  #bytes;
  /** Codes in the unit of distances, with ties broken. */
  #scaled;
  #weights;

  /**
   * @param {Uint8Array} bytes  What vaelab.export.browser_map made.
   * @param {Then | null} then
   */
  constructor(bytes, then = null) {
    const { spec, codes, latentDim, images, labels, center, components, sigma, places } = readMap(bytes, then);
    this.#bytes = bytes;
    this.model = spec.model;
    this.run = spec.run;
    this.key = spec.map_key;
    this.projection = spec.projection;
    this.dims = spec.dims;
    this.radii = spec.radii;
    this.placeRadii = spec.place_radii;
    this.labelNames = spec.label_names;
    this.background = spec.background;
    this.extent = spec.extent;
    this.link = spec.link;
    this.thumbnails = spec.thumbnails;
    this.codes = codes;
    this.latentDim = latentDim;
    this.scale = spec.scale;
    this.#weights = spec.scale.map((each) => each || TIE);
    this.#scaled = Float32Array.from(codes, (value, i) => value * this.#weights[i % latentDim]);
    this.images = images;
    this.labels = labels;
    this.rows = then?.rows ?? null;
    this.center = center;
    this.components = components;
    this.sigma = sigma;
    this.places = (!then && places) || this.#placeAll();
    // A single number is spread out along the other axis, the same for good.
    const spread = then && latentDim === 1 ? then.rows : [];
    spread.forEach((row, i) => void this.places.set([places?.[2 * row + 1] ?? 0], 2 * i + 1));
  }

  /**
   * The same map, for some of its points and as codes were at another time.
   * @param {Then} then
   */
  at(then) {
    return new LatentMap(this.#bytes, then);
  }

  /**
   * Where the image of a point is on the sheet of the map's images; -1 where it is not.
   * @param {number} point
   */
  onSheet(point) {
    return this.rows ? this.rows[point] : point;
  }

  /** Whether a way leads through places of it; one of several side by side has none. */
  get hasWays() {
    return this.link === null || this.link === "ends";
  }

  /** Under what the page remembers where a person was: the two ends of a way are apart from other places. */
  get memory() {
    return this.link === "ends" ? `${this.run} ends` : this.run;
  }

  /** Where all points lie, when the file does not say because it follows from their codes. */
  #placeAll() {
    const places = new Float32Array((2 * this.codes.length) / this.latentDim);
    for (let i = 0; 2 * i < places.length; i++) {
      places.set(this.place(this.codes.subarray(i * this.latentDim, (i + 1) * this.latentDim)), 2 * i);
    }
    return places;
  }

  /**
   * The code of a point.
   * @param {number} point
   */
  code(point) {
    return Float32Array.from(this.codes.subarray(point * this.latentDim, (point + 1) * this.latentDim));
  }

  /**
   * The standard deviations of a point's posterior; null where there is no such point, or the file lacks them.
   * @param {number} point
   */
  sigmaOf(point) {
    const d = this.latentDim;
    return this.sigma && point >= 0 ? Float32Array.from(this.sigma.subarray(point * d, (point + 1) * d)) : null;
  }

  /**
   * A code for a place: the way back from the map.
   * @param {Place} place
   * @param {ArrayLike<number>} held  A code that has what a map of two dimensions does not show: it stays.
   */
  lift([x, y], held = this.center) {
    const d = this.latentDim;
    if (this.projection === "umap") return weightedMean(this.places, 2, [x, y], this.codes, d);
    const z = new Float32Array(d);
    for (let j = 0; j < d; j++) {
      const [along, up] = [this.components[j], this.components[d + j]];
      if (this.projection === "plane") z[j] = [x, y][j];
      else if (this.projection === "pair") z[j] = along ? x : up ? y : held[j];
      else z[j] = this.center[j] + x * along + y * up;
    }
    return z;
  }

  /**
   * The code to go to from `z` for its place to be `place`: what the map does not show stays.
   * @param {Float32Array} z
   * @param {Place} place
   */
  step(z, place) {
    if (this.projection === "umap" || this.projection === "pair") return this.lift(place, z);
    const [before, after] = [this.lift(this.place(z)), this.lift(place)];
    return z.map((value, j) => value + after[j] - before[j]);
  }

  /**
   * The place of a code.
   * @param {ArrayLike<number>} z
   * @returns {Place}
   */
  place(z) {
    const d = this.latentDim;
    if (this.projection === "umap") {
      const [x, y] = weightedMean(this.codes, d, z, this.places, 2);
      return [x, y];
    }
    if (this.projection === "plane") return [z[0], d > 1 ? z[1] : 0];
    let x = 0;
    let y = 0;
    for (let j = 0; j < d; j++) {
      x += (z[j] - this.center[j]) * this.components[j];
      y += (z[j] - this.center[j]) * this.components[d + j];
    }
    return [x, y];
  }

  /**
   * Covariance on the map of a Gaussian posterior; null on a UMAP map, which is not linear and has no ellipse for it.
   * @param {Posterior} posterior
   * @returns {Covariance | null}
   */
  covariance({ sigma }) {
    const d = this.latentDim;
    if (this.projection === "umap") return null;
    if (this.projection === "plane") return [sigma[0] ** 2, 0, d > 1 ? sigma[1] ** 2 : 0];
    let xx = 0;
    let xy = 0;
    let yy = 0;
    for (let j = 0; j < d; j++) {
      const [a, b] = [this.components[j] * sigma[j], this.components[d + j] * sigma[j]];
      xx += a * a;
      xy += a * b;
      yy += b * b;
    }
    return [xx, xy, yy];
  }

  /**
   * The points whose codes are nearest to `z`, nearest first.
   * @param {ArrayLike<number>} z
   * @param {number} k
   * @param {(point: number) => boolean} [counts]
   */
  nearestPoints(z, k, counts) {
    const at = this.#weights.map((weight, j) => weight * z[j]);
    return nearest(this.#scaled, this.latentDim, at, k, counts).rows;
  }

  /**
   * How far a point's code is from `z`, in the unit of `scale`.
   * @param {number} point
   * @param {ArrayLike<number>} z
   */
  #distance(point, z) {
    return Math.hypot(...this.scale.map((each, j) => each * (this.codes[point * this.latentDim + j] - z[j])));
  }

  /**
   * How far to trust a decode at `z`: the nearest image's point and distance, the `radius` within which the nearest
   * eight are (in typical sigmas), and the `share` (0 to 1) of what the decoder was trained on, draws from the
   * images' posteriors or an autoencoder's codes, that has eight within less.
   *
   * A code lifted from a gap of a UMAP map is a mean of distant ones, and may well lie among others. So
   * where a `place` is pointed at, the map's own points must be as near.
   * @param {ArrayLike<number>} z
   * @param {Place | null} place
   */
  trust(z, place = null) {
    const k = Math.min(NEIGHBOURS, this.codes.length / this.latentDim);
    const points = this.nearestPoints(z, k);
    const radius = this.#distance(points[k - 1], z);
    let onMap = 0;
    if (place && this.placeRadii.length) {
      onMap = shareBelow(this.placeRadii, Math.sqrt(nearest(this.places, 2, place, k).squares[k - 1]));
    }
    const share = shareBelow(this.radii, radius);
    return {
      point: points[0],
      distance: this.#distance(points[0], z),
      radius,
      typical: this.radii[Math.floor(this.radii.length / 2)],
      isGap: onMap > Math.max(share, AMONG), // it is the map that has nothing here
      share: Math.max(share, onMap),
    };
  }

  /**
   * The point nearest to `z` whose image has a label; -1 where none has.
   * @param {ArrayLike<number>} z
   * @param {number} label
   */
  nearestOf(z, label) {
    return this.nearestPoints(z, 1, (point) => this.labels?.[point] === label)[0];
  }

  /**
   * What the image of a point is called; null where there are no labels.
   * @param {number} point
   */
  label(point) {
    return this.labels ? this.labelNames[this.labels[point]] : null;
  }
}
