/**
 * A network in a worker beside the page, for what does not fit in a frame.
 *
 * The worker runs the very text that the page runs: in it, this module answers and nothing else happens.
 *
 * @typedef {(images: Float32Array) => void} Receive
 * @typedef {{ channel: string, z: Float32Array, count: number, label: number, receive: Receive, ready: number,
 *   images?: Float32Array }} Task  `ready` of `count` images are decoded.
 */
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

/** Multiply-adds that a worker may do before it looks for something newer: some 5 ms. */
const SLICE = 2e7;
/** The channel of what a person is looking at, which comes first. */
export const SHOWN = "shown";

/** Decodes beside the page; what has not been begun gives way to what is newer on its channel. */
export class Background {
  /** @type {Map<string, Task>} */
  #waiting = new Map();
  /** @type {Map<string, Task>} */
  #begun = new Map();
  /** @type {Task | null} */
  #current = null;
  /** @type {Worker | null} */
  #worker = null;

  /**
   * @param {Network} network  For pages that may not start a worker.
   * @param {Uint8Array} bytes  What it was made of.
   */
  constructor(network, bytes) {
    this.network = network;
    this.slice = Math.max(1, Math.floor(SLICE / network.multiplyAdds));
    try {
      this.#worker = new Worker(import.meta.url, { type: "module" });
      this.#worker.postMessage({ bytes });
      this.#worker.onmessage = ({ data }) => this.#finish(data);
      this.#worker.onerror = () => this.#withoutWorker();
    } catch {
      this.#worker = null; // then between frames, in the page itself
    }
  }

  /**
   * Decode `count` codes of one label; `receive` is called with the images.
   * @param {string} channel
   * @param {Float32Array} z
   * @param {number} count
   * @param {number} label
   * @param {Receive} receive
   */
  request(channel, z, count, label, receive) {
    this.#waiting.set(channel, { channel, z, count, label, receive, ready: 0 });
    this.#next();
  }

  end() {
    this.#waiting.clear();
    this.#begun.clear();
    this.#worker?.terminate();
  }

  /** What is being looked at first; then what was begun, so that it is ever finished. */
  #next() {
    if (this.#current) return;
    /** @param {Map<string, Task>} tasks */
    const first = (tasks) => tasks.values().next().value;
    const task = this.#waiting.get(SHOWN) ?? first(this.#begun) ?? first(this.#waiting);
    if (!task) return;
    if (this.#waiting.get(task.channel) === task) this.#waiting.delete(task.channel);
    this.#current = task;
    this.#send(task);
  }

  /** @param {Task} task */
  #send({ z, count, label, ready }) {
    const some = Math.min(this.slice, count - ready);
    const part = z.slice(ready * this.network.latentDim, (ready + some) * this.network.latentDim);
    if (this.#worker) this.#worker.postMessage({ z: part, count: some, label });
    else setTimeout(() => this.#finish(this.network.decode(part, some, label)));
  }

  /** @param {Float32Array} decoded  The next images of the current task. */
  #finish(decoded) {
    const task = this.#current;
    if (!task) return;
    this.#current = null;
    const { numPixels } = this.network;
    task.images ??= new Float32Array(task.count * numPixels);
    task.images.set(decoded, task.ready * numPixels);
    task.ready += decoded.length / numPixels;
    const whole = task.ready === task.count;
    if (whole) this.#begun.delete(task.channel);
    else this.#begun.set(task.channel, task);
    if (whole) task.receive(task.images);
    this.#next();
  }

  #withoutWorker() {
    if (!this.#worker) return; // it may complain of more than one message
    this.#worker.terminate();
    this.#worker = null;
    if (this.#current) this.#send(this.#current);
  }
}
