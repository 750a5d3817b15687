/** What moment of a training is shown: it glides to where a person wants it, or goes on by itself. */

/** Milliseconds in which what is shown comes most of the way to what is wanted. */
const TIME_CONSTANT = 90;
/** So near it is there. */
const CLOSE_BY = 0.02;
/** Seconds that all epochs are played in, and the most that one takes. */
const [PLAYED_IN, SLOWEST] = [10, 0.8];
/** Seconds that each epoch stands for people who have asked their system for less motion. */
const STANDS = 0.7;

export class Clock {
  /** Where it is, and where it is to be: in steps of the slider. */
  shown = 0;
  wanted = 0;
  /** How many there are. */
  last = 0;
  playing = false;
  #changed;
  /** @type {number | null} */
  #frame = null;
  #before = 0;
  #held = 0;

  /** @param {() => void} changed  Called for each picture. */
  constructor(changed) {
    this.#changed = changed;
  }

  /** Go somewhere. */
  go(/** @type {number} */ to) {
    this.playing = false;
    this.wanted = to;
    this.#run();
  }

  /** Be somewhere at once. */
  stay(/** @type {number} */ at) {
    this.playing = false;
    this.shown = this.wanted = at;
  }

  /** Go on from where it is, or from the beginning where it is at the end. */
  play() {
    if (this.wanted >= this.last) this.shown = this.wanted = 0;
    this.playing = true;
    this.#held = 0;
    this.#run();
  }

  pause() {
    this.playing = false;
    this.wanted = Math.round(this.shown);
    this.#run();
  }

  end() {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #run() {
    if (this.#frame !== null) return;
    this.#before = performance.now();
    this.#frame = requestAnimationFrame((now) => this.#step(now));
  }

  /** @param {number} now */
  #step(now) {
    const seconds = Math.min(0.1, Math.max(0, now - this.#before) / 1000);
    this.#before = now;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (this.playing) this.#goOn(seconds, still);
    else if (still || Math.abs(this.wanted - this.shown) < CLOSE_BY) this.shown = this.wanted;
    else this.shown += (this.wanted - this.shown) * (1 - Math.exp((-1000 * seconds) / TIME_CONSTANT));
    const goesOn = this.playing || this.shown !== this.wanted;
    this.#frame = goesOn ? requestAnimationFrame((then) => this.#step(then)) : null;
    this.#changed();
  }

  /**
   * @param {number} seconds
   * @param {boolean} still
   */
  #goOn(seconds, still) {
    if (still) {
      this.#held += seconds;
      if (this.#held < STANDS) return;
      this.#held = 0;
      this.shown = Math.round(this.shown) + 1;
    } else this.shown += seconds / Math.min(SLOWEST, PLAYED_IN / Math.max(1, this.last));
    if (this.shown >= this.last) {
      this.shown = this.last;
      this.playing = false;
    }
    this.wanted = this.shown;
  }
}
