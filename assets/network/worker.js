/**
 * A network in a worker beside the page, for what does not fit in a frame.
 *
 * The worker runs the very text that the page runs: in it, this module answers and nothing else happens.
 */
import { DecodeQueue } from "./decode_queue.js";
import { Network } from "./network.js";

/** In the worker: one network, one request after another. */
function serve() {
  /** @type {Network} */
  let network;
  self.onmessage = ({ data: { bytes, z, count, label } }) => {
    if (bytes) {
      network = new Network(bytes);
      return;
    }
    const images = network.decode(z, count, label).slice();
    self.postMessage(images, { transfer: [images.buffer] });
  };
}

if ("WorkerGlobalScope" in globalThis) serve();

/** Multiply-adds that a worker may do before it looks for something newer: some 5 ms. And for a grid: about a second. */
const SLICE = 2e7;
const IN_A_SECOND = 4e9;

/** Decodes in a worker. */
export class Background extends DecodeQueue {
  #network;
  /** @type {Worker | null} */
  #worker = null;

  /**
   * @param {Network} network  For pages that may not start a worker.
   * @param {Uint8Array} bytes  What it was made of.
   */
  constructor(network, bytes) {
    super(network, SLICE / network.multiplyAdds, IN_A_SECOND / network.multiplyAdds);
    this.#network = network;
    try {
      this.#worker = new Worker(import.meta.url, { type: "module" });
      this.#worker.postMessage({ bytes });
      this.#worker.onmessage = ({ data }) => this.finish(data);
      this.#worker.onerror = () => this.#withoutWorker();
    } catch {
      this.#worker = null; // then between frames, in the page itself
    }
  }

  /**
   * Go on with another network of the same shape: for what is asked from now on, and what is under way.
   * @param {Network} network
   * @param {Uint8Array} bytes  What it was made of.
   */
  take(network, bytes) {
    if (network === this.#network) return;
    this.#network = network;
    this.#worker?.postMessage({ bytes });
  }

  /**
   * @param {Float32Array} z
   * @param {number} count
   * @param {number} label
   */
  send(z, count, label) {
    if (this.#worker) this.#worker.postMessage({ z, count, label });
    else setTimeout(() => this.finish(this.#network.decode(z, count, label)));
  }

  end() {
    super.end();
    this.#worker?.terminate();
  }

  #withoutWorker() {
    if (!this.#worker) return; // it may complain of more than one message
    this.#worker.terminate();
    this.#worker = null;
    this.sendCurrent();
  }
}
