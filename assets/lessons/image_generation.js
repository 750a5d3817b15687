/**
 * A decoder that is given the label: draws of one label, and one code with every label.
 *
 * @import { Tensor } from "../network/safetensors.js"
 * @import { Classes, Given } from "./stage/mount.js"
 *
 * `ImageGenerationSpec` of pages/_lessons/image_generation.py: the wish is the label that is chosen at first.
 * @typedef {Classes & { wish: number }} ImageGenerationSpec
 */
import { nearest } from "../network/nearest.js";
import { normals } from "../network/random.js";
import { show } from "../shared/show.js";
import { legend } from "./stage/bars.js";
import { Choice } from "./stage/controls.js";
import { button, element, note, part } from "./stage/elements.js";
import { showCode } from "./stage/format.js";
import { mean, posture, sum } from "./stage/maths.js";
import { figure } from "./stage/mount.js";
import { ImageView, joined } from "./stage/pictures.js";
import { Plane } from "./stage/plane.js";
import { extentOf } from "./stage/scale.js";
import { Tiles } from "./stage/tiles.js";

const DRAWN = 10;
/** How far to each side of 0 images are compared to say what a direction does. */
const END = 2;
/** Degrees by which a digit must lean farther for it to be visible. */
const LEAST_LEAN = 2;

/** @param {number} degrees */
function showLean(degrees) {
  const whole = Math.round(degrees);
  return whole === 0 ? "0°" : `${Math.abs(whole)}° ${whole < 0 ? "left" : "right"}`;
}

class ImageGeneration {
  /** Which way images lean farther to the right, and which way, across that, they get more ink. */
  #leaning = [1, 0];
  #broadening = [0, 1];

  /** @param {Given<ImageGenerationSpec>} given */
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.cvae;
    this.names = spec.label_names;
    this.arrays = arrays;
    this.label = new Choice("Label", this.names, spec.wish, () => this.#changeLabel());
    const [places, labels] = [arrays.places.data, arrays.labels.data];
    this.cursor = Array.from(normals(2));
    this.plane = new Plane({
      label: "Map of the codes, given the label",
      places,
      labels,
      palette: spec.palette,
      extent: extentOf(places, 2.5),
      moved: (place) => this.#go(place),
      size: 2.5,
    });
    this.image = new ImageView(this.network, "", { side: 132 });
    this.code = note();
    this.drawnTitle = element("h4");
    this.draws = new Tiles(this.network, "Images of ten codes drawn at random", DRAWN, DRAWN / 2);
    const count = this.names.length;
    this.withEvery = new Tiles(this.network, "The same code with each label", count, count, (i) =>
      this.label.choose(i),
    );
    this.leans = this.names.map(() => element("span"));
    this.facts = note();
    this.mixed = note();
    this.same = part(
      "The same code with every label, and how the image leans",
      this.withEvery.element,
      element("div", { class: "ls-tiles ls-leans", style: `--ls-columns:${count}` }, ...this.leans),
      this.facts,
      this.mixed,
    );
    this.same.hidden = true;
    root.append(
      this.label.element,
      element(
        "div",
        { class: "ls-wish" },
        part("Codes of all images, and the ten drawn as rings", this.plane.element),
        element(
          "div",
          { class: "ls-column" },
          element(
            "div",
            { class: "ls-part" },
            this.drawnTitle,
            this.draws.element,
            button("Draw again", () => this.#draw(), "Ten other codes, the same label"),
          ),
          part("The code at the cursor", this.image.element, this.code),
        ),
      ),
      legend(spec.label_names, spec.palette),
      this.same,
    );
    this.#draw();
    this.#go(this.cursor);
  }

  /** From now on, one code is decoded with every label, and stays when the label changes. */
  reveal() {
    this.same.hidden = false;
    this.#findDirections();
    this.facts.textContent = this.#factsOfDirections();
    this.mixed.textContent = this.#factsOfMixing();
    this.#draw();
    this.#go(this.#leaning.map((each) => 1.2 * each));
  }

  #changeLabel() {
    // Before it was predicted, another label is another code as well.
    if (this.same.hidden) this.cursor = Array.from(normals(2));
    this.#draw();
    this.#go(this.cursor);
  }

  #draw() {
    const label = this.label.value;
    const z = normals(2 * DRAWN);
    this.draws.paint(this.network.decode(z, DRAWN, label));
    this.drawnTitle.textContent = `Ten codes from N(0, I), with the label ${this.names[label]}`;
    this.plane.shapes = Array.from({ length: DRAWN }, (_, i) => ({
      dot: [z[2 * i], z[2 * i + 1]],
      r: 5,
      kind: "ls-ring",
    }));
    if (!this.same.hidden) this.plane.shapes.unshift(...this.#directions());
    this.plane.draw();
  }

  /** @param {number[]} place */
  #go(place) {
    this.cursor = place;
    this.plane.cursor = place;
    const label = this.label.value;
    this.image.paint(this.network.decode(place, 1, label));
    this.image.describe(`Decoded with the label ${this.names[label]}`);
    this.code.textContent = `z = ${showCode(place)}`;
    this.plane.draw();
    if (!this.same.hidden) this.#showEveryLabel();
  }

  #showEveryLabel() {
    const images = this.#decodeWithEvery(this.cursor);
    this.withEvery.paint(joined(images));
    this.withEvery.mark(this.label.value);
    images.forEach((image, i) => {
      const lean = showLean(posture(image, this.network.width).lean);
      this.leans[i].textContent = lean;
      this.withEvery.name(i, `Label ${this.names[i]}, leans ${lean}`);
    });
  }

  /** @param {number[]} z */
  #decodeWithEvery(z) {
    return this.names.map((_, label) => this.network.decode(z, 1, label).slice());
  }

  /**
   * Posture and ink of the images that a code becomes with each label.
   * @param {number[]} z
   */
  #postures(z) {
    return this.#decodeWithEvery(z).map((image) => ({ ...posture(image, this.network.width), ink: sum(image) }));
  }

  /** Find the two directions: which axis of the code does what is up to each training. */
  #findDirections() {
    const slopes = [0, 1].map((axis) => {
      /** @type {(at: number) => number} */
      const leanAt = (at) => mean(this.#postures(axis === 0 ? [at, 0] : [0, at]).map(({ lean }) => lean));
      return leanAt(1) - leanAt(-1);
    });
    const length = Math.hypot(...slopes);
    this.#leaning = slopes.map((slope) => slope / length);
    const [x, y] = this.#leaning;
    /** @type {(z: number[]) => number} */
    const inkAt = (z) => mean(this.#postures(z).map(({ ink }) => ink));
    this.#broadening = inkAt([-y, x]) > inkAt([y, -x]) ? [-y, x] : [y, -x];
  }

  /** Both directions, drawn on the map. */
  #directions() {
    /** @type {(direction: number[], text: string) => { line?: number[][], dot?: number[], r?: number, text?: string, kind?: string }[]} */
    const arrow = (direction, text) => [
      { line: [-END, END].map((at) => direction.map((each) => at * each)), kind: "ls-quiet" },
      { dot: direction.map((each) => END * each), r: 3, text },
    ];
    return [...arrow(this.#leaning, "leans right"), ...arrow(this.#broadening, "broader")];
  }

  /** What the directions do, measured at their ends. */
  #factsOfDirections() {
    const [lean, ink] = [
      { direction: this.#leaning, of: "lean" },
      { direction: this.#broadening, of: "ink" },
    ].map(({ direction, of }) =>
      [-END, END].map((at) =>
        this.#postures(direction.map((each) => at * each)).map((each) => (of === "lean" ? each.lean : each.ink)),
      ),
    );
    const leaning = lean[1].filter((degrees, i) => degrees > lean[0][i] + LEAST_LEAN).length;
    const broader = ink[1].filter((amount, i) => amount > ink[0][i]).length;
    const count = this.names.length;
    return (
      `From end to end of “leans right”, ${leaning} of ${count} digits come to lean farther to the right, ` +
      `by ${show(mean(lean[1]) - mean(lean[0]), 0)}° on average. From end to end of “broader”, ` +
      `${broader} of ${count} get more ink: ${show(mean(ink[1]) / mean(ink[0]), 1)} times as much on average.`
    );
  }

  /** How little the code knows of the label. */
  #factsOfMixing() {
    const { places, labels, unlabelled, unlabelled_labels: others } = this.arrays;
    return (
      `The nearest other image on this map shows the same digit for ${percentAlike(places, labels)}% of images; ` +
      `on the map of the VAE without labels, for ${percentAlike(unlabelled, others)}%.`
    );
  }
}

/**
 * Of how many images in a hundred the nearest other one is of the same class.
 * @param {Tensor} places
 * @param {Tensor} labels
 */
function percentAlike({ data: places }, { data: labels }) {
  let same = 0;
  for (let i = 0; i < labels.length; i++) {
    const [first, second] = nearest(places, 2, [places[2 * i], places[2 * i + 1]], 2).rows;
    if (labels[i] === labels[first === i ? second : first]) same += 1;
  }
  return show((100 * same) / labels.length, 0);
}

export default figure(ImageGeneration);
