/**
 * How many draws can be read on average, counted a few at a time, so that the page answers meanwhile.
 *
 * @typedef {object} Kind  A way to make images of noise.
 * @property {string} name
 * @property {(noise: number[][], temperature: number) => number} count  How many of them can be read.
 */
import { normals } from "../network/random.js";
import { show } from "../shared/show.js";
import { table } from "./stage/bars.js";
import { element } from "./stage/elements.js";

/** How often as many are drawn as the figure shows, and how many of them are judged in one go. */
const TIMES = 100;
const AT_ONCE = 2;

export class Average {
  /** @type {number | null} What has been counted, or is being: null for nothing yet. */
  temperature = null;
  /** How many were drawn, and how many of each kind could be read. */
  #drawn = 0;
  /** @type {number[]} */
  #legible = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;

  /**
   * @param {Kind[]} kinds
   * @param {number} numDraws  That the figure shows.
   * @param {number} latentDim
   */
  constructor(kinds, numDraws, latentDim) {
    this.kinds = kinds;
    this.numDraws = numDraws;
    this.latentDim = latentDim;
    this.element = element("div");
  }

  /**
   * Count, unless that has been done for this temperature.
   * @param {number} temperature
   */
  countAt(temperature) {
    if (temperature === this.temperature) return;
    this.end();
    this.temperature = temperature;
    this.#drawn = 0;
    this.#legible = this.kinds.map(() => 0);
    this.#step(temperature);
  }

  end() {
    clearTimeout(this.#timer);
  }

  /** @param {number} temperature */
  #step(temperature) {
    const noise = Array.from({ length: AT_ONCE }, () => Array.from(normals(this.latentDim)));
    this.kinds.forEach(({ count }, i) => {
      this.#legible[i] += count(noise, temperature);
    });
    this.#drawn += AT_ONCE;
    const times = this.#drawn / this.numDraws;
    if (Number.isInteger(times)) this.#show(times);
    if (times < TIMES) this.#timer = setTimeout(() => this.#step(temperature));
  }

  /** @param {number} times  So often as many were drawn as the figure shows. */
  #show(times) {
    this.element.replaceChildren(
      table(
        "Legible draws, in the long run",
        [
          `Drawn ${times} times, ${this.numDraws} at a time, T = ${show(this.temperature ?? 1, 1)}`,
          `legible of ${this.numDraws}, on average`,
        ],
        this.kinds.map(({ name }, i) => [name, show(this.#legible[i] / times, 1)]),
      ),
    );
  }
}
