/**
 * The decoders of a run's epochs, fetched one by one when they are first wanted. They share a worker.
 *
 * @typedef {{ name: string, address: string }} DecoderSent
 * @typedef {(address: string) => Promise<Uint8Array>} Fetch
 */
import { BEFORE_ANOTHER_TRY } from "../latent_canvas/offer.js";
import { Network } from "../network/network.js";
import { Background } from "../network/worker.js";

/** What decodes as an epoch's model did. */
export class EpochModel {
  #decoders;

  /**
   * @param {string} id
   * @param {Uint8Array} bytes  What vaelab.export.browser_model made, without an encoder.
   * @param {Decoders} decoders
   */
  constructor(id, bytes, decoders) {
    this.id = id;
    this.bytes = bytes;
    this.network = new Network(bytes);
    this.#decoders = decoders;
  }

  get shape() {
    return this.network;
  }

  get background() {
    return this.#decoders.backgroundOf(this);
  }
}

export class Decoders {
  /** @type {Map<string, EpochModel>} */
  #models = new Map();
  /** @type {Background | null} */
  #background = null;
  #arrived;
  #fetch;
  /** Those that could not be had. */
  #failed = new Set();
  #hasEnded = false;
  #isFetching = false;
  /** @type {DecoderSent[]} What is wanted, the first most. */
  #wanted = [];

  /**
   * @param {Fetch} fetch
   * @param {() => void} arrived  Called when one has come.
   */
  constructor(fetch, arrived) {
    this.#fetch = fetch;
    this.#arrived = arrived;
  }

  end() {
    this.#hasEnded = true;
    this.#background?.end();
    this.#background = null;
  }

  /** @param {string} name */
  get(name) {
    return this.#models.get(name) ?? null;
  }

  /**
   * Fetch some, in this order; what was wanted before and is not under way is wanted no longer.
   * @param {DecoderSent[]} wanted
   */
  want(wanted) {
    this.#wanted = wanted;
    void this.#next();
  }

  async #next() {
    const one = this.#wanted.find(({ name }) => !this.#models.has(name) && !this.#failed.has(name));
    if (!one || this.#isFetching || this.#hasEnded) return;
    this.#isFetching = true;
    try {
      const bytes = await this.#fetch(one.address);
      if (this.#hasEnded) return;
      this.#models.set(one.name, new EpochModel(one.name, bytes, this));
      this.#arrived();
    } catch {
      this.#failed.add(one.name);
      setTimeout(() => this.#tryAgain(one.name), BEFORE_ANOTHER_TRY);
    }
    this.#isFetching = false;
    void this.#next();
  }

  /** @param {string} name */
  #tryAgain(name) {
    this.#failed.delete(name);
    void this.#next();
  }

  /** @param {EpochModel} model */
  backgroundOf({ network, bytes }) {
    this.#background ??= new Background(network, bytes);
    this.#background.take(network, bytes);
    return this.#background;
  }
}
