/**
 * What is to be decoded beside the page, a part at a time: by a worker, or by the server.
 *
 * @typedef {(images: Float32Array) => void} Receive
 * @typedef {{ channel: string, z: Float32Array, count: number, label: number, receive: Receive, ready: number,
 *   images?: Float32Array }} Task  `ready` of `count` images are decoded.
 *
 * @import { Shape } from "./network.js"
 */

/** @param {Task} task */
const left = ({ count, ready }) => count - ready;

/**
 * What has not been begun gives way to what is newer on its channel; what was begun is finished, so that a slow
 * model moves too. What takes least comes first: the image that is looked at, then strips, then a grid.
 */
export class DecodeQueue {
  /** @type {Map<string, Task>} */
  #waiting = new Map();
  /** @type {Map<string, Task>} */
  #begun = new Map();
  /** @type {Task | null} */
  #current = null;
  #shape;
  #slice;

  /**
   * @param {Shape} shape
   * @param {number} slice  Images that are decoded before it looks for something newer.
   * @param {number} most  Images that a grid may have: what takes about a second.
   */
  constructor(shape, slice, most) {
    this.#shape = shape;
    this.#slice = Math.max(1, Math.floor(slice));
    this.most = most;
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
    this.#current = null;
  }

  /**
   * Have a few codes decoded, one call at a time; `finish` takes the images.
   * @abstract
   * @param {Float32Array} _z
   * @param {number} _count
   * @param {number} _label
   */
  send(_z, _count, _label) {}

  /** Send the next part of what is under way, once more where that came to nothing. */
  sendCurrent() {
    if (!this.#current) return;
    const { z, count, label, ready } = this.#current;
    const { latentDim } = this.#shape;
    const some = Math.min(this.#slice, count - ready);
    this.send(z.slice(ready * latentDim, (ready + some) * latentDim), some, label);
  }

  /** @param {Float32Array} decoded  The next images of the current task. */
  finish(decoded) {
    const task = this.#current;
    if (!task) return;
    this.#current = null;
    const { numPixels } = this.#shape;
    task.images ??= new Float32Array(task.count * numPixels);
    task.images.set(decoded, task.ready * numPixels);
    task.ready += decoded.length / numPixels;
    if (left(task)) this.#begun.set(task.channel, task);
    else {
      this.#begun.delete(task.channel);
      task.receive(task.images);
    }
    this.#next();
  }

  #next() {
    if (this.#current) return;
    const [task] = [...this.#begun.values(), ...this.#waiting.values()].sort((a, b) => left(a) - left(b));
    if (!task) return;
    if (this.#waiting.get(task.channel) === task) this.#waiting.delete(task.channel);
    this.#current = task;
    this.sendCurrent();
  }
}
