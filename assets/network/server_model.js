/**
 * A model that the server runs: too large for a page, or so wanted by the address.
 *
 * What the metadata of an answer say: `Served` of pages/_ui/decoders.py.
 * @typedef {object} Served
 * @property {string} model  By its id.
 * @property {number} latent_dim
 * @property {[number, number, number]} image_shape  Channels, height and width.
 * @property {boolean} is_vae
 * @property {number} num_labels
 * @property {number | null} turn  Of the request that the images are for.
 *
 * What is asked for: `Asked` of the same file.
 * @typedef {{ turn: number, tries: number, z: number[], label: number }} Asked
 *
 * @import { Shape } from "./network.js"
 */
import { DecodeQueue } from "./decode_queue.js";

/** Codes of one request, and images of a grid; the server takes as many. */
const CODES_AT_ONCE = 40;
const MOST_IN_GRID = 400;
/** Milliseconds after which it is asked again: a rerun of the whole page loses what it is asked meanwhile. */
const PATIENCE = 5000;

/** Has the server decode, one request at a time. */
class ServerQueue extends DecodeQueue {
  /** Tells requests apart, those of another mount too. */
  #turn = Date.now();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #asking;

  /** Tells Python. */
  ask = (/** @type {Asked} */ _asked) => {};

  /** @param {Shape} shape */
  constructor(shape) {
    super(shape, CODES_AT_ONCE, MOST_IN_GRID);
  }

  /**
   * @param {Float32Array} z
   * @param {number} _count
   * @param {number} label
   */
  send(z, _count, label) {
    this.#turn += 1;
    const asked = { turn: this.#turn, tries: 1, z: Array.from(z), label };
    this.ask(asked);
    this.#asking = setInterval(() => this.ask({ ...asked, tries: ++asked.tries }), PATIENCE);
  }

  /**
   * @param {number | null} turn
   * @param {ArrayLike<number>} levels  Of the images, from 0 to 255.
   */
  answer(turn, levels) {
    if (turn !== this.#turn) return;
    clearInterval(this.#asking);
    this.finish(Float32Array.from(levels, (level) => level / 255));
  }

  end() {
    super.end();
    clearInterval(this.#asking);
  }
}

/** Decodes as a `Model` does, which encodes as well. */
export class ServerModel {
  network = null;
  problem = "";

  /**
   * @param {Served} served
   * @param {Node} root  Of its mount.
   */
  constructor({ model, latent_dim: latentDim, image_shape, is_vae: isVae, num_labels: numLabels }, root) {
    const [channels, height, width] = image_shape;
    this.id = model;
    this.root = root;
    /** @type {Shape} */
    this.shape = { latentDim, channels, height, width, numPixels: channels * height * width, isVae, numLabels };
    this.background = new ServerQueue(this.shape);
  }
}
