/**
 * An image on its way through an autoencoder, layer by layer, in the sizes that the model has.
 *
 * @import { Classes, Given } from "./stage/mount.js"
 */

import { show } from "../shared/show.js";
import { codeExtent, Pipeline } from "./anatomy_pipeline.js";
import { Bars } from "./stage/bars.js";
import { button, element, note, part } from "./stage/elements.js";
import { showCode } from "./stage/format.js";
import { bernoulliTerms, mean, squaredError, sum } from "./stage/maths.js";
import { figure } from "./stage/mount.js";
import { Paper } from "./stage/paper.js";
import { heatKey, ImageView, imagesOf } from "./stage/pictures.js";
import { Plane } from "./stage/plane.js";
import { Tray } from "./stage/tiles.js";

/** Milliseconds that an image rests in each layer when it is sent through. */
const REST = 350;
const PAPER_LABEL = "The input image. Arrow keys choose a pixel, the space bar switches it on or off.";

class Anatomy {
  /** What is shown, and what it is called. */
  #image = new Float32Array();
  #name = "";
  /** The code that the encoder gives the image. */
  #ownCode = [0, 0];
  /** Whether the code was moved by hand. */
  #byHand = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;

  /** @param {Given<Classes>} given */
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.ae;
    this.images = imagesOf(arrays.images);
    const stage = element("div", { class: "ls-live ls-anatomy" }); // drop an image anywhere on it
    root.append(stage);
    const places = arrays.places.data;
    this.pipeline = new Pipeline(this.network, this.images, places, (at) => this.#go(at));
    this.last = this.pipeline.last;
    this.limit = this.pipeline.code; // what is behind it is to be predicted
    this.at = this.limit;
    const names = this.images.map((_, i) => `A “${spec.label_names[arrays.labels.data[i]]}”`);
    this.tray = new Tray(this.network, this.images, names, 0, (i) => this.#take(this.images[i], names[i]), stage);
    this.notes = { stage: note("", true), code: note(), errors: note() };
    this.input = new ImageView(this.network, "", { alt: "Input" });
    this.output = new ImageView(this.network, "", { alt: "Output" });
    new Paper(this.input, this.network, PAPER_LABEL, (image) => this.#draw(image));
    this.plane = new Plane({
      label: "The code",
      places,
      extent: codeExtent(this.network, this.images, places, 0.08),
      size: 2,
      moved: (place) => this.#move(place),
      hover: false,
    });
    this.back = button(
      "Back to the image’s code",
      () => this.#move(null),
      "The code that the encoder gives this image",
    );
    this.bars = new Bars(
      "Error",
      ["This image", `All ${arrays.held_out.shape[0]} test images`, "The mean image instead"],
      {
        digits: 2,
      },
    );
    // The errors to compare with: of images that were held out, decoded or replaced by the mean.
    const heldOut = imagesOf(arrays.held_out);
    this.usualError = mean(
      heldOut.map((image) => squaredError(image, this.network.decode(this.network.encode(image).mu))),
    );
    this.errorOfMean = mean(heldOut.map((image) => squaredError(image, arrays.mean.data)));
    this.errors = part("Error ‖x − x̂‖²", this.bars.element, this.notes.errors);
    this.errors.hidden = true;
    const send = button("Send it through", () => this.#send(), "Show the image layer by layer");
    const clear = button(
      "Clear",
      () => this.#draw(new Float32Array(this.network.numPixels)),
      "An empty image to draw on",
    );
    // A number of the code has no 0 to start from: it is coloured by where it lies among all codes.
    const keys = element(
      "div",
      { class: "ls-keys" },
      heatKey("the largest of the layer", "Hidden layers: 0"),
      heatKey("the highest on its map", "Code: the lowest"),
    );
    stage.append(
      element("div", { class: "ls-row ls-middle" }, this.tray.element, send),
      // First, as it is what the answer reveals.
      element(
        "div",
        { class: "ls-ends" },
        part("Input x: draw on it", this.input.element, clear),
        part("Code z: drag the dot", this.plane.element, this.notes.code, this.back),
        part("Output x̂", this.output.element),
        this.errors,
      ),
      this.pipeline.element,
      element("div", { class: "ls-row ls-explained" }, this.notes.stage, keys),
    );
    this.#take(this.images[0], names[0]);
  }

  /** From now on, the image can go all the way; and it does. */
  reveal() {
    this.limit = this.last;
    this.errors.hidden = false;
    this.#go(this.last);
  }

  end() {
    clearTimeout(this.#timer);
  }

  /**
   * @param {Float32Array} image
   * @param {string} name
   */
  #take(image, name) {
    this.#name = name;
    this.#encode(image);
  }

  /** @param {Float32Array} image */
  #draw(image) {
    this.tray.release();
    this.#name = "Your drawing";
    this.#encode(image);
  }

  /**
   * Let an image through all layers; how much of it is visible is another matter.
   * @param {Float32Array} image
   */
  #encode(image) {
    this.#image = Float32Array.from(image);
    this.#ownCode = Array.from(this.network.encode(this.#image).mu);
    this.pipeline.readEncoder(this.#image);
    this.input.paint(this.#image);
    this.input.describe(this.#name);
    this.pipeline.slider.input.style.setProperty("--ls-thumb", `url(${this.input.canvas.toDataURL()})`);
    this.#move(null);
  }

  /**
   * Hand the decoder this code; null is the encoder's own.
   * @param {number[] | null} place
   */
  #move(place) {
    this.#byHand = place !== null;
    const z = place ?? this.#ownCode;
    this.output.paint(this.network.decode(z));
    this.pipeline.readDecoder(z, this.output.image);
    this.back.disabled = !this.#byHand;
    if (this.#byHand) this.at = Math.max(this.at, this.limit);
    this.#paint();
  }

  /** @param {number} at */
  #go(at) {
    clearTimeout(this.#timer);
    this.at = Math.min(at, this.limit);
    this.#paint();
  }

  #send(from = 0) {
    this.#go(from);
    if (from < this.limit) this.#timer = setTimeout(() => this.#send(from + 1), REST);
  }

  #paint() {
    this.pipeline.paint(this.at, this.#byHand);
    this.notes.stage.textContent = this.pipeline.sentence(this.at);
    const z = this.pipeline.stages[this.pipeline.code].values;
    const coded = this.at >= this.pipeline.code;
    this.notes.code.textContent = coded
      ? `z = ${showCode(z)}${this.#byHand ? ", moved by hand" : ""}`
      : "The image has not reached this layer yet.";
    this.plane.cursor = coded ? Array.from(z) : null;
    this.plane.draw();
    this.#paintOutput();
  }

  /** The output and its errors, once the image has come there. */
  #paintOutput() {
    const arrived = this.at === this.last;
    this.output.canvas.style.visibility = arrived ? "visible" : "hidden";
    this.output.element.classList.toggle("ls-absent", !arrived);
    const absent =
      this.limit < this.last ? "Predict first: what will it be?" : "The image has not reached this layer yet.";
    const decoded = this.#byHand ? "Decoded from the dot’s place" : `${this.#name}, decoded from two numbers`;
    this.output.describe(arrived ? decoded : absent);
    // What is decoded from a code moved by hand is an image of its own, with nothing to be compared to.
    const compared = arrived && !this.#byHand;
    const x = this.#image;
    this.bars.paint([compared ? squaredError(x, this.output.image) : 0, this.usualError, this.errorOfMean]);
    if (!compared) this.bars.rows[0].value.textContent = "–";
    const entropies = `Cross-entropy ${show(sum(bernoulliTerms(x, this.output.image)))}; of a perfect copy ${show(sum(bernoulliTerms(x, x)))}`;
    const byHand = "The dot was moved: what comes out is no longer this image.";
    this.notes.errors.textContent = compared ? entropies : arrived ? byHand : "Cross-entropy –";
  }
}

export default figure(Anatomy);
