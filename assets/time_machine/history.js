/**
 * A run as it was at the end of its epochs: where codes were, and what decoded.
 *
 * What Python says of it at once: `PastSent` of vaelab/sharing/history.py.
 * @typedef {object} PastSent
 * @property {string} run  By name.
 * @property {string} title
 * @property {string} map_key  Of the container around the chart of its map.
 * @property {number} home  The epoch of the model as it is on the page.
 * @property {number} total  Epochs that its training takes.
 * @property {number[]} epochs  That can be gone back to, in order.
 * @property {string} codes  Where the codes of all of these are.
 * @property {DecoderSent[]} decoders  One an epoch.
 *
 * What the file of codes says: `HistorySpec` of vaelab/export/history.py.
 * @typedef {object} HistorySpec
 * @property {number[]} epochs
 * @property {string[]} terms  What the curves are of, the whole loss first.
 * @property {number[]} shown  Points whose images may be shown beside their reconstructions, the first first.
 *
 * @typedef {object} Codes
 * @property {HistorySpec} spec
 * @property {Numbers} images  (N,)
 * @property {Numbers | null} labels
 * @property {Float32Array} codes  (E, N, D)
 * @property {Float32Array} scale  (E, D)
 * @property {Float32Array} radii  (E, Q)
 * @property {Tensor} train  (1 + T, points)
 * @property {Tensor} validation
 *
 * @import { Numbers, Tensor } from "../network/safetensors.js"
 * @import { DecoderSent, Fetch } from "./decoders.js"
 */
import { BEFORE_ANOTHER_TRY } from "../latent_canvas/offer.js";
import { readSafetensors, specOf, take } from "../network/safetensors.js";
import { Decoders } from "./decoders.js";

/** How many epochs to each side of the one that is looked at are fetched as well. */
const NEXT_TO_IT = 2;

export class History {
  /** @type {Codes | null} */
  codes = null;
  #arrived;
  #fetch;
  /** The address of the codes that are here, or are being fetched. */
  #asked = "";
  #hasEnded = false;
  #isFetching = false;

  /**
   * @param {PastSent} sent
   * @param {Fetch} fetch
   * @param {() => void} arrived  Called when something of it has come.
   */
  constructor(sent, fetch, arrived) {
    this.sent = sent;
    this.#fetch = fetch;
    this.#arrived = arrived;
    this.decoders = new Decoders(fetch, arrived);
  }

  end() {
    this.#hasEnded = true;
    this.decoders.end();
  }

  /** Those that one can be at, the model as it is included. */
  get epochs() {
    return [...new Set([...this.sent.epochs, this.sent.home])].sort((a, b) => a - b);
  }

  /**
   * Have what is needed around an epoch fetched: codes at once, decoders one by one.
   * @param {number} epoch
   * @param {number} direction  Of time: 1 where it goes on, -1 back.
   */
  want(epoch, direction) {
    const { sent } = this;
    void this.#fetchCodes();
    const at = sent.epochs.indexOf(epoch);
    if (at < 0) return;
    const steps = [0, ...Array.from({ length: NEXT_TO_IT }, (_, i) => [i + 1, -i - 1]).flat()];
    const near = steps.map((step) => sent.decoders[at + step * direction]).filter(Boolean);
    this.decoders.want(near.filter(({ name }) => name !== this.nameOf(sent.home)));
  }

  /**
   * What tells the model of an epoch from all others.
   * @param {number} epoch
   */
  nameOf(epoch) {
    const { run, decoders, epochs } = this.sent;
    return decoders[epochs.indexOf(epoch)]?.name ?? `${run} ${epoch}`;
  }

  /** @param {number} epoch  One whose decoder may be here. */
  model(epoch) {
    return this.decoders.get(this.nameOf(epoch));
  }

  /** One at a time: of a run in training there are others every other second. */
  async #fetchCodes() {
    const address = this.sent.codes;
    if (address === this.#asked || this.#isFetching || this.#hasEnded) return;
    this.#asked = address;
    this.#isFetching = true;
    try {
      this.codes = readCodes(await this.#fetch(address));
    } catch {
      setTimeout(() => {
        this.#asked = "";
        if (!this.#hasEnded) this.#arrived();
      }, BEFORE_ANOTHER_TRY);
      return;
    } finally {
      this.#isFetching = false;
    }
    if (!this.#hasEnded) this.#arrived();
  }
}

/**
 * @param {Uint8Array} bytes  What vaelab.export.browser_history made.
 * @returns {Codes}
 */
export function readCodes(bytes) {
  const { tensors, metadata } = readSafetensors(bytes);
  const floats = (/** @type {string} */ name, /** @type {number} */ dimensions) =>
    /** @type {Float32Array} */ (take(tensors, name, dimensions).data);
  return {
    spec: specOf(metadata, "history"),
    images: take(tensors, "indices", 1).data,
    labels: tensors.get("labels")?.data ?? null,
    codes: floats("codes", 3),
    scale: floats("scale", 2),
    radii: floats("radii", 2),
    train: take(tensors, "train", 2),
    validation: take(tensors, "validation", 2),
  };
}
