/**
 * Two numbers for each image, from PCA and from an autoencoder: two maps, two decoders.
 *
 * @import { Network } from "../network/network.js"
 * @import { Numbers, Tensor } from "../network/safetensors.js"
 * @import { Classes, Given } from "./stage/mount.js"
 *
 * @typedef {object} Reduction  From an image to two numbers and back.
 * @property {(image: Float32Array) => number[]} encode
 * @property {(z: number[]) => Float32Array} decode
 */

import { show } from "../shared/show.js";
import { Bars, legend } from "./stage/bars.js";
import { Choice } from "./stage/controls.js";
import { button, element, note, part, row } from "./stage/elements.js";
import { showCode } from "./stage/format.js";
import { mean, squaredError } from "./stage/maths.js";
import { figure } from "./stage/mount.js";
import { ImageView, imagesOf } from "./stage/pictures.js";
import { Plane } from "./stage/plane.js";
import { extentOf } from "./stage/scale.js";
import { Tray } from "./stage/tiles.js";

const IN_TRAY = 10;
const GROUPS = ["Held-out images", "Training images"];
const HELD_OUT = 0;

/**
 * @param {Network} network
 * @returns {Reduction}
 */
const autoencoder = (network) => ({
  encode: (image) => Array.from(network.encode(image).mu),
  decode: (z) => network.decode(z),
});

/**
 * @param {Float32Array} center  The mean image.
 * @param {Numbers} components  Two directions, one after another.
 * @returns {Reduction}
 */
function principalComponents(center, components) {
  const size = center.length;
  return {
    encode: (image) =>
      [0, 1].map((j) => image.reduce((total, x, k) => total + (x - center[k]) * components[j * size + k], 0)),
    decode: ([x, y]) => center.map((m, k) => m + x * components[k] + y * components[size + k]),
  };
}

/** A reduction, its map, and what it decodes at the cursor and of the image that was chosen. */
class ReductionView {
  /**
   * @param {string} title
   * @param {string} label  Of the map.
   * @param {Reduction} reduction
   * @param {Network} size
   * @param {{ places: Numbers, labels: Numbers, palette: string[] }} points
   */
  constructor(title, label, reduction, size, points) {
    this.reduction = reduction;
    this.plane = new Plane({
      label,
      ...points,
      extent: extentOf(points.places, 1),
      moved: (place) => this.#go(place),
      size: 2.5,
    });
    this.code = note();
    this.own = new ImageView(size, "", { side: 118 });
    this.here = new ImageView(size, "", { side: 118 });
    this.element = part(title, this.plane.element, this.code, row(this.own.element, this.here.element));
    this.#go([0, 0]);
  }

  /** @param {number[]} place */
  #go(place) {
    this.here.paint(this.reduction.decode(place));
    this.here.describe(`At the cursor, ${showCode(place)}`);
    this.plane.cursor = place;
    this.plane.draw();
  }

  /**
   * Show an image and, unless that is to be predicted, its error.
   * @param {Float32Array} image
   * @param {boolean} revealed
   */
  show(image, revealed) {
    const z = this.reduction.encode(image);
    this.own.paint(this.reduction.decode(z));
    this.own.describe(revealed ? `The image, decoded: squared error ${show(this.error(image))}` : "The image, decoded");
    this.code.textContent = `The image: z = ${showCode(z)}`;
    this.plane.shapes = [{ dot: z, r: 6, text: "image", kind: "ls-ring" }];
    this.plane.draw();
  }

  /** @param {Float32Array} image */
  error(image) {
    return squaredError(image, this.reduction.decode(this.reduction.encode(image)));
  }
}

class Reducing {
  /** The image that is shown. */
  #chosen = 0;

  /** @param {Given<Classes>} given */
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.ae;
    this.images = imagesOf(arrays.images);
    this.labels = arrays.labels.data;
    this.names = spec.label_names;
    this.mean = Float32Array.from(arrays.mean.data);
    this.groups = [rowsOf(arrays.held_out), rowsOf(arrays.training)];
    /** @type {(places: Tensor) => { places: Numbers, labels: Numbers, palette: string[] }} */
    const points = ({ data: places }) => ({ places, labels: this.labels, palette: spec.palette });
    this.pca = new ReductionView(
      "PCA: a flat plane",
      "Map of PCA",
      principalComponents(this.mean, arrays.components.data),
      this.network,
      points(arrays.pca),
    );
    this.ae = new ReductionView(
      "Autoencoder: a bent one",
      "Map of the autoencoder",
      autoencoder(this.network),
      this.network,
      points(arrays.ae),
    );
    this.original = new ImageView(this.network, "", { side: 96 });
    this.tray = element("div");
    this.wins = button(
      "Where PCA is nearer",
      () => this.#fill(this.#pcaWins()),
      "Held-out images that PCA reconstructs better",
    );
    this.group = new Choice("Count", GROUPS, HELD_OUT, (i) => this.#count(i));
    this.bars = new Bars("Mean squared error of an image", [
      "No number: the mean image",
      "Two numbers: PCA",
      "Two numbers: autoencoder",
    ]);
    this.counted = note("", true);
    this.verdict = part(
      "Mean squared error of an image, summed over its 64 pixels",
      this.group.element,
      this.bars.element,
      this.counted,
    );
    this.verdict.classList.add("ls-reducing");
    this.wins.hidden = true;
    this.verdict.hidden = true;
    root.append(
      row(
        this.original.element,
        part(
          "Choose an image that was held out of training",
          this.tray,
          row(
            button("Others", () => this.#fill(this.#some()), "Take other held-out images"),
            this.wins,
          ),
        ),
      ),
      row(this.pca.element, this.ae.element),
      legend(spec.label_names, spec.palette),
      this.verdict,
    );
    // One of each digit to begin with.
    this.#fill(this.names.flatMap((_, digit) => this.groups[HELD_OUT].find((i) => this.labels[i] === digit) ?? []));
  }

  /** From now on, errors are shown and counted. */
  reveal() {
    this.wins.hidden = false;
    this.verdict.hidden = false;
    this.#count(HELD_OUT);
    this.#choose(this.#chosen);
  }

  /** Some of the held-out images. */
  #some() {
    const rest = [...this.groups[HELD_OUT]];
    return Array.from({ length: IN_TRAY }, () => rest.splice(Math.floor(Math.random() * rest.length), 1)[0]);
  }

  /** The held-out images that PCA reconstructs better. */
  #pcaWins() {
    return this.groups[HELD_OUT].filter((i) => this.ae.error(this.images[i]) >= this.pca.error(this.images[i]));
  }

  /**
   * Offer these images, and show the first.
   * @param {number[]} rows
   */
  #fill(rows) {
    const tray = new Tray(
      this.network,
      rows.map((i) => this.images[i]),
      rows.map((i) => `A “${this.#className(i)}”`),
      0,
      (at) => this.#choose(rows[at]),
    );
    this.tray.replaceChildren(tray.element);
    this.#choose(rows[0]);
  }

  /** @param {number} i */
  #className(i) {
    return this.names[this.labels[i]];
  }

  /** @param {number} i */
  #choose(i) {
    this.#chosen = i;
    this.original.paint(this.images[i]);
    this.original.describe(`The image: a “${this.#className(i)}”`);
    for (const view of [this.pca, this.ae]) view.show(this.images[i], !this.verdict.hidden);
  }

  /** @param {number} group  Which of `GROUPS`. */
  #count(group) {
    const images = this.groups[group].map((i) => this.images[i]);
    const [byPca, byAe] = [this.pca, this.ae].map((view) => images.map((image) => view.error(image)));
    const byMean = images.map((image) => squaredError(image, this.mean));
    this.bars.paint([mean(byMean), mean(byPca), mean(byAe)]);
    const better = byAe.filter((error, at) => error < byPca[at]).length;
    this.counted.textContent =
      `The autoencoder comes nearer on ${better} of ${images.length} ` +
      `(${show((100 * better) / images.length, 1)}%), PCA on the other ${images.length - better}.`;
  }
}

/**
 * The images of a group.
 * @param {Tensor} members  For each image, whether it is one.
 */
const rowsOf = ({ data }) => [...data.keys()].filter((i) => data[i]);

export default figure(Reducing);
