/**
 * z that moves by itself: along the way from pin to pin, or up and down one dimension.
 *
 * @import { Explorer } from "./explorer.js"
 */

/** Seconds that a walk from pin to pin takes, and that a dimension takes there and back. */
const WALK = 2.5;
const CIRCLE = 4;
/** Seconds that each picture stands for people who have asked their system for less motion. */
const HOLD = 0.5;

export class Playback {
  #explorer;
  /** @type {number | null} */
  #frame = null;

  /** @param {Explorer} explorer */
  constructor(explorer) {
    this.#explorer = explorer;
  }

  get playing() {
    return this.#frame !== null;
  }

  /** From where z is, or a way from its beginning where it has ended. */
  start() {
    const move = this.#explorer.pins.length > 1 ? this.#alongWay() : this.#alongDim();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches ? HOLD : 0;
    /** @type {number | null} */
    let began = null;
    let shown = Number.NEGATIVE_INFINITY;
    /** @param {number} now */
    const step = (now) => {
      began ??= now;
      const seconds = (now - began) / 1000;
      if (seconds >= shown + still) {
        shown = seconds;
        move(seconds);
      }
      this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
    this.#explorer.request();
  }

  stop() {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #alongWay() {
    const explorer = this.#explorer;
    // From where one is; at its end, as when it was just made, from its beginning.
    const phase = explorer.along < 1 ? Math.acos(1 - 2 * explorer.along) / Math.PI : 0;
    /** @param {number} seconds */
    return (seconds) => {
      const turns = phase + seconds / (WALK * (explorer.pins.length - 1));
      explorer.goAlong((1 - Math.cos(Math.PI * turns)) / 2);
    };
  }

  #alongDim() {
    const explorer = this.#explorer;
    const dim = explorer.lastDim;
    const limit = 0.9 * (explorer.map.dims.find((entry) => entry.dim === dim)?.limit ?? 1);
    const phase = Math.asin(Math.max(-1, Math.min(1, explorer.z[dim] / limit))) / (2 * Math.PI);
    /** @param {number} seconds */
    return (seconds) => {
      const z = explorer.z.slice();
      z[dim] = limit * Math.sin(2 * Math.PI * (phase + seconds / CIRCLE));
      explorer.go(z, null);
    };
  }
}
