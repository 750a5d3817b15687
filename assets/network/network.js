/**
 * A trained model's encoder and decoder, run in the page or in a worker.
 *
 * Images are (height, width, channels) throughout, values from 0 to 1.
 *
 * @import { Layer, LayerSpec } from "./layers.js"
 * @import { ImageSize } from "./picture.js"
 *
 * What the metadata of a model's file say: `ModelSpec` of vaelab/export/model.py.
 * @typedef {object} ModelSpec
 * @property {string} id  What tells this model from all others, its epoch included.
 * @property {number} latent_dim
 * @property {[number, number, number]} image_shape  Channels, height and width.
 * @property {boolean} is_vae
 * @property {string} mean  How E[x|z] comes from the logits.
 * @property {string} likelihood  As vaelab.config calls it.
 * @property {number} sigma  Of Gaussian pixels.
 * @property {LayerSpec[]} encoder
 * @property {LayerSpec[]} decoder
 *
 * @typedef {{ mu: Float32Array, sigma: Float32Array }} Posterior
 *
 * What is known of a network wherever it runs; labels are those that a conditional model tells apart.
 * @typedef {ImageSize & { latentDim: number, numPixels: number, numLabels: number, isVae: boolean }} Shape
 */
import { MEANS, overAll } from "./activations.js";
import { Arena, BATCH } from "./kernel.js";
import { Dense, LAYERS, Skip } from "./layers.js";
import { likelihoodOf } from "./likelihoods.js";
import { pick, readSafetensors, specOf } from "./safetensors.js";

/** What logvar is kept within, as vaelab/nn keeps it. */
const LOGVAR_BOUNDS = [-30, 20];

/** A model's encoder and decoder. */
export class Network {
  /**
   * The label that the layers of a conditional model go by.
   * @type {number | null}
   */
  #label = null;

  /**
   * @param {Uint8Array} bytes  What vaelab.export.browser_model made.
   * @param {{simd?: boolean}} options  Without SIMD, plain loops.
   * @throws {Error} With a sentence, if this cannot be run.
   */
  constructor(bytes, { simd = true } = {}) {
    const { tensors, metadata } = readSafetensors(bytes);
    /** @type {ModelSpec} */
    const spec = specOf(metadata, "model");
    this.latentDim = spec.latent_dim;
    const [channels, height, width] = spec.image_shape;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.isVae = spec.is_vae;
    this.numPixels = channels * height * width;
    const arena = new Arena();
    this.input = arena.reserve(BATCH * Math.max(this.latentDim, this.numPixels));
    /** @param {LayerSpec[]} layers */
    const build = (layers) =>
      layers.map((layer) => new (pick(LAYERS, "layer", layer.op))(arena, layer, tensors, this.input));
    this.decoder = build(spec.decoder);
    this.encoder = build(spec.encoder);
    this.mean = overAll(pick(MEANS, "pixel model", spec.mean));
    this.likelihood = likelihoodOf(spec);
    checkWidths(this.decoder, this.latentDim, this.numPixels);
    /** Of an earlier epoch there is but the decoder. */
    this.canEncode = this.encoder.length > 0;
    if (this.canEncode) checkWidths(this.encoder, this.numPixels, 2 * this.latentDim);
    this.machine = arena.place(simd);
    this.multiplyAdds = this.decoder.reduce((sum, layer) => sum + layer.multiplyAdds, 0);
    this.numLabels = this.#countLabels();
  }

  /** Labels that a conditional model tells apart; 0 of any other. */
  #countLabels() {
    const [numLabels = 0, another = numLabels] = this.#conditional.map((layer) => layer.numLabels);
    if (another !== numLabels) {
      throw new Error(`The encoder knows ${numLabels} labels and the decoder ${another}: reload the page.`);
    }
    return numLabels;
  }

  /** The layers that go by a label. */
  get #conditional() {
    const dense = [...this.encoder, ...this.decoder].filter((layer) => layer instanceof Dense);
    return dense.filter((layer) => layer.numLabels > 0);
  }

  /** @param {number} label */
  #setLabel(label) {
    if (label === this.#label) return;
    for (const layer of this.#conditional) layer.setLabel(this.machine, label);
    this.#label = label;
  }

  /**
   * @param {ArrayLike<number>} z  `count` codes, one after another.
   * @param {number} label  Of all of them; only a conditional model reads it.
   * @returns {Float32Array<ArrayBuffer>} `count` images; valid until the next call.
   */
  decode(z, count = 1, label = 0) {
    const images = this.outputs(z, count, label);
    this.mean(images, 0, images.length);
    return images;
  }

  /**
   * What the decoder gives before it becomes an image: what the likelihood reads. As `decode` otherwise.
   * @param {ArrayLike<number>} z
   * @param {number} label
   * @returns {Float32Array<ArrayBuffer>}
   */
  outputs(z, count = 1, label = 0) {
    this.#setLabel(label);
    if (count > BATCH) {
      const all = new Float32Array(count * this.numPixels);
      for (let i = 0; i < count; i += BATCH) {
        const some = Math.min(BATCH, count - i);
        const part = Array.prototype.slice.call(z, i * this.latentDim, (i + some) * this.latentDim);
        all.set(this.outputs(part, some, label), i * this.numPixels);
      }
      return all;
    }
    const { floats } = this.machine;
    const [at, step] = this.#run(this.decoder, z, this.latentDim, count);
    // The last layer may be padded: close up, from the front.
    for (let i = 1; i < count; i++) {
      floats.copyWithin(at + i * this.numPixels, at + i * step, at + i * step + this.numPixels);
    }
    return floats.subarray(at, at + count * this.numPixels);
  }

  /**
   * @param {ArrayLike<number>} image
   * @param {number} label  Of the image; only a conditional model reads it.
   * @returns {Posterior} An autoencoder's sigma is 0.
   */
  encode(image, label = 0) {
    this.#setLabel(label);
    const [at] = this.#run(this.encoder, image, this.numPixels, 1);
    const d = this.latentDim;
    const out = this.machine.floats.slice(at, at + 2 * d);
    const [low, high] = LOGVAR_BOUNDS;
    const sigma = out.subarray(d).map((v) => (this.isVae ? Math.exp(Math.min(Math.max(v, low), high) / 2) : 0));
    return { mu: out.subarray(0, d), sigma };
  }

  /**
   * What a layer of the encoder or decoder gave when it was last run; the last decoder layer's is the image.
   * @param {Layer} layer
   */
  activations(layer) {
    return this.machine.floats.subarray(layer.out, layer.out + layer.outputs);
  }

  /**
   * Run `count` rows of `step` values through layers; where the result lies, and how far apart its rows.
   * @param {Layer[]} layers
   * @param {ArrayLike<number>} values
   * @param {number} step
   * @param {number} count
   */
  #run(layers, values, step, count) {
    const { floats } = this.machine;
    let at = this.input;
    for (let i = 0; i < count * step; i++) floats[at + i] = values[i];
    for (const layer of layers) ({ out: at, step } = layer.run(this.machine, at, step, count));
    return [at, step];
  }
}

/**
 * @param {Layer[]} layers
 * @param {number} inputs
 * @param {number} outputs
 */
function checkWidths(layers, inputs, outputs) {
  let width = inputs;
  for (const layer of layers) {
    if (layer.inputs !== width) {
      throw new Error(`A layer of ${layer.inputs} inputs follows one of ${width} outputs: reload the page.`);
    }
    if (layer instanceof Skip && (layer.dense.inputs !== inputs || layer.dense.outputs > width)) {
      const { dense } = layer;
      throw new Error(
        `A path of ${dense.inputs} inputs and ${dense.outputs} outputs passes layers of ${inputs} and ${width}: reload the page.`,
      );
    }
    width = layer.outputs;
  }
  if (width !== outputs) throw new Error(`The network gives ${width} numbers and not ${outputs}: reload the page.`);
}
