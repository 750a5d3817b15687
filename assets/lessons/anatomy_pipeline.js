/**
 * The picture of a whole autoencoder, along which an image moves.
 *
 * @import { Layer } from "../network/layers.js"
 * @import { Network } from "../network/network.js"
 *
 * @typedef {object} Stage  Where an image comes by.
 * @property {string} title
 * @property {string} short
 * @property {"image" | "code" | "layer"} kind
 * @property {number} count  Numbers that it holds.
 * @property {number} inputs  Numbers that each of them is made of.
 * @property {number} weights
 * @property {Layer | null} layer
 * @property {number} most  What only few of a layer's numbers exceed: the brightest colour.
 * @property {Cells} cells
 * @property {ArrayLike<number>} values
 */
import { Cells } from "./stage/cells.js";
import { Slider } from "./stage/controls.js";
import { element } from "./stage/elements.js";
import { alongAxis } from "./stage/scale.js";

/** @param {number} share */
const grey = (share) => [share, share, share];
/** @param {number} value */
const thousands = (value) => value.toLocaleString("en");

/** The layers of a network as columns of cells, and a slider that moves the image along them. */
export class Pipeline {
  /** @type {number[]} Where nearly all codes are: [z1 from, z1 to, z2 from, z2 to]. */
  #range;
  #columns;
  #network;

  /**
   * @param {Network} network
   * @param {Float32Array[]} images  Those to choose from.
   * @param {ArrayLike<number>} places  Codes of images.
   * @param {(at: number) => void} moved
   */
  constructor(network, images, places, moved) {
    this.#network = network;
    this.#range = codeExtent(network, images, places, 0);
    this.stages = stagesOf(network, images);
    this.code = this.stages.findIndex(({ kind }) => kind === "code");
    this.last = this.stages.length - 1;
    this.slider = new Slider(
      "Where the image is",
      { min: 0, max: this.last, step: 1, value: this.code, format: (at) => this.stages[at].title },
      moved,
    );
    this.slider.element.classList.add("ls-travel");
    this.#columns = this.stages.map(columnOf);
    this.element = this.#picture();
  }

  #picture() {
    const inEncoder = this.code - 1;
    const inDecoder = this.last - this.code - 1;
    const total = this.stages.reduce((weights, stage) => weights + stage.weights, 0);
    return element(
      "div",
      { class: "ls-pipeline", style: `--ls-stages:${this.stages.length}` },
      element(
        "div",
        { class: "ls-halves", "aria-hidden": "true" },
        element("span", { style: `grid-column:2 / span ${inEncoder}` }, "Encoder"),
        element("span", { style: `grid-column:${this.code + 2} / span ${inDecoder}` }, "Decoder"),
      ),
      element(
        "ol",
        { class: "ls-stages", "aria-label": `The network: ${thousands(total)} weights in all` },
        ...this.#columns,
      ),
      this.slider.element,
    );
  }

  /**
   * Take over what the encoder has just made of an image.
   * @param {ArrayLike<number>} image
   */
  readEncoder(image) {
    this.stages[0].values = image;
    this.#readLayers(1, this.code);
  }

  /**
   * Take over what the decoder has just made of a code.
   * @param {ArrayLike<number>} z
   * @param {ArrayLike<number>} decoded
   */
  readDecoder(z, decoded) {
    this.stages[this.code].values = z;
    this.stages[this.last].values = decoded;
    this.#readLayers(this.code + 1, this.last);
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  #readLayers(from, to) {
    for (const stage of this.stages.slice(from, to)) {
      if (stage.layer) stage.values = this.#network.activations(stage.layer).slice();
    }
  }

  /**
   * Show an image that has come as far as `at`.
   * @param {number} at
   * @param {boolean} byHand  Whether its code was moved by hand, so that no encoder made it.
   */
  paint(at, byHand) {
    this.stages.forEach((stage, i) => {
      this.#columns[i].classList.toggle("ls-here", i === at);
      this.#columns[i].classList.toggle("ls-byhand", byHand && i > 0 && i < this.code);
      stage.cells.paint(i <= at ? this.#shares(stage) : null, stage.kind === "image" ? grey : undefined);
    });
    this.slider.value = at;
    this.slider.input.setAttribute("aria-valuetext", this.stages[at].title);
  }

  /** @param {Stage} stage */
  #shares({ kind, values, most }) {
    if (kind === "image") return values;
    if (kind === "layer") return Array.from(values, (value) => value / most);
    const range = this.#range;
    return Array.from(values, (z, j) => (z - range[2 * j]) / (range[2 * j + 1] - range[2 * j]));
  }

  /**
   * What happens at one of the stages, in a sentence.
   * @param {number} at
   */
  sentence(at) {
    const { title, kind, count, inputs, weights } = this.stages[at];
    const { numPixels } = this.#network;
    if (at === 0) return `Input: ${count} numbers, one for each pixel, from 0 (black) to 1 (white).`;
    if (kind === "code")
      return `Code: ${count} numbers, computed from ${inputs}. They are all the decoder is told: ${thousands(numPixels / count)} times fewer than the image has pixels.`;
    const again = at === this.last ? " again, one for each pixel" : "";
    return `${title}: ${count} numbers${again}, each computed from all ${inputs} before it: ${thousands(weights)} weights.`;
  }
}

/**
 * Where an image comes by: what each place is called, holds and costs.
 * @param {Network} network
 * @param {Float32Array[]} images
 * @returns {Stage[]}
 */
function stagesOf(network, images) {
  const { encoder, decoder, latentDim, numPixels } = network;
  /** @type {(title: string, short: string, count: number, made: Layer | null, more: Partial<Stage>) => Stage} */
  const stage = (title, short, count, made, more) => ({
    title,
    short,
    count,
    inputs: made ? made.inputs : 0,
    weights: made ? (made.numWeights * count) / made.outputs : 0,
    kind: "layer",
    layer: null,
    most: 1,
    values: [],
    cells: new Cells(count, more.kind === "code" ? 1 : undefined),
    ...more,
  });
  /** @type {(half: string, layers: Layer[]) => Stage[]} */
  const hidden = (half, layers) =>
    layers.slice(0, -1).map((layer, i) =>
      stage(`${half}, layer ${i + 1}`, `layer ${i + 1}`, layer.outputs, layer, {
        layer,
        most: brightest(network, layer, images),
      }),
    );
  /** @param {Layer[]} layers */
  const lastOf = (layers) => layers[layers.length - 1];
  return [
    stage("Input", "image x", numPixels, null, { kind: "image" }),
    ...hidden("Encoder", encoder),
    // The model's last layer could give a width for each number too; an autoencoder has no use for it.
    stage("Code", "code z", latentDim, lastOf(encoder), { kind: "code" }),
    ...hidden("Decoder", decoder),
    stage("Output", "image x̂", numPixels, lastOf(decoder), { kind: "image" }),
  ];
}

/**
 * What only few of a layer's numbers exceed, over some images.
 * @param {Network} network
 * @param {Layer} layer
 * @param {Float32Array[]} images
 */
function brightest(network, layer, images) {
  const all = images
    .flatMap((image) => {
      network.decode(network.encode(image).mu);
      return Array.from(network.activations(layer));
    })
    .sort((a, b) => a - b);
  return Math.max(1e-6, all[Math.floor(0.97 * all.length)]);
}

/** @param {Stage} stage */
function columnOf({ short, count, weights, cells, kind }) {
  const shape = { image: "ls-end", code: "ls-narrow", layer: null }[kind];
  return element(
    "li",
    { class: shape },
    element("span", { class: "ls-name" }, short),
    cells.canvas,
    element("span", { class: "ls-size" }, String(count)),
    element("span", { class: "ls-weights" }, weights ? `${thousands(weights)} weights` : ""),
  );
}

/**
 * Where nearly all codes are, and those of the images to choose from.
 * @param {Network} network
 * @param {Float32Array[]} images
 * @param {ArrayLike<number>} places
 * @param {number} margin  A share of the extent, on each side.
 */
export function codeExtent(network, images, places, margin) {
  const codes = images.flatMap((image) => Array.from(network.encode(image).mu));
  return [0, 1].flatMap((axis) => {
    const sorted = Float32Array.from(alongAxis(places, axis)).sort();
    /** @param {number} share */
    const quantile = (share) => sorted[Math.floor(share * (sorted.length - 1))];
    const chosen = alongAxis(codes, axis);
    const [low, high] = [Math.min(quantile(0.02), ...chosen), Math.max(quantile(0.98), ...chosen)];
    return [low - margin * (high - low), high + margin * (high - low)];
  });
}
