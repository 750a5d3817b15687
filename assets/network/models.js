/** The models that the page has been sent, for all mounts on it. */
import { MODEL_ARRIVED, page } from "../shared/page.js";
import { Network } from "./network.js";
import { readHeader } from "./safetensors.js";
import { Background } from "./worker.js";

/** Models that are kept at most, those in use apart. */
const MOST_MODELS = 16;

/** A model, and who is using it. */
export class Model {
  /** @type {Set<object>} */
  users = new Set();
  /**
   * Null where it cannot be run: then `problem` is a sentence that says why.
   * @type {Network | null}
   */
  network = null;
  problem = "";
  /** @type {Background | null} */
  #background = null;
  #bytes;

  /**
   * @param {string} id
   * @param {Uint8Array} bytes
   */
  constructor(id, bytes) {
    this.id = id;
    this.#bytes = bytes;
    try {
      this.network = new Network(bytes);
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  /** Of its network; null where that cannot be run. */
  get shape() {
    return this.network;
  }

  /** Its worker, made when it is first needed: most figures never are slow enough. */
  get background() {
    if (!this.network) throw new Error(this.problem);
    this.#background ??= new Background(this.network, this.#bytes);
    return this.#background;
  }

  end() {
    this.#background?.end();
  }
}

/**
 * Take over a model that Python offered; the document hears of it.
 * @param {Uint8Array} bytes  What vaelab.export.browser_model made.
 */
export function addModel(bytes) {
  const { id } = JSON.parse(readHeader(bytes).metadata.model);
  const { models } = page;
  if (!models.has(id)) {
    models.set(id, new Model(id, bytes));
    for (const [old, model] of models) {
      if (models.size <= MOST_MODELS) break;
      if (old === id || model.users.size) continue;
      model.end();
      models.delete(old);
    }
  }
  document.dispatchEvent(new Event(MODEL_ARRIVED));
}

/**
 * Keep a model for as long as `user` is among its users.
 * @param {Model} model
 * @param {object} user
 */
export function use(model, user) {
  model.users.add(user);
  page.models.delete(model.id); // to the end: used last
  page.models.set(model.id, model);
}
