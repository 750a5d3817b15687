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
import { mean, posture } from "./stage/maths.js";
import { figure } from "./stage/mount.js";
import { ImageView, joined } from "./stage/pictures.js";
import { Plane } from "./stage/plane.js";
import { extentOf } from "./stage/scale.js";
import { Tiles } from "./stage/tiles.js";

const DRAWN = 10;
/** From end to end of an axis: what is compared to say what the axis does. */
const END = 2;
/** Degrees by which a digit must lean farther for it to be visible in 8 × 8 pixels. */
const LEAST_LEAN = 2;

/** @param {number} degrees */
function showLean(degrees) {
  const whole = Math.round(degrees);
  return whole === 0 ? "0°" : `${Math.abs(whole)}° ${whole < 0 ? "left" : "right"}`;
}

class ImageGeneration {
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
    this.image = new ImageView(this.network, "", { side: 150 });
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
    this.facts.textContent = this.#factsOfAxes();
    this.mixed.textContent = this.#factsOfMixing();
    this.#go([-1, 0]);
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

  /** What the axes do, measured at their ends. */
  #factsOfAxes() {
    /** @type {(...z: number[]) => { x: number, lean: number }[]} */
    const at = (...z) => this.#decodeWithEvery(z).map((image) => posture(image, this.network.width));
    const [leans, leansAtEnd] = [at(-END, 0), at(END, 0)].map((images) => images.map(({ lean }) => lean));
    const [xs, xsAtEnd] = [at(0, -END), at(0, END)].map((images) => images.map(({ x }) => x));
    const leaning = leansAtEnd.filter((lean, i) => lean < leans[i] - LEAST_LEAN).length;
    const moving = xsAtEnd.filter((x, i) => x < xs[i]).length;
    const count = this.names.length;
    return (
      `From z1 = −${END} to ${END}, ${leaning} of ${count} digits come to lean farther to the left ` +
      `(by ${show(mean(leans) - mean(leansAtEnd), 0)}° on average over all). From z2 = −${END} to ${END}, ` +
      `${moving} of ${count} move to the left (by ${show(mean(xs) - mean(xsAtEnd), 1)} pixels).`
    );
  }

  /** How little the code knows of the label. */
  #factsOfMixing() {
    const { places, labels, unlabelled, unlabelled_labels: others } = this.arrays;
    return (
      `The nearest other image on this map shows the same digit for ${percentAlike(places, labels)}\u00a0% of images; ` +
      `on the map of the VAE without labels, for ${percentAlike(unlabelled, others)}\u00a0%.`
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
