/** Axes of what grows while one looks: they stay as they are for as long as they suit what they show, and then glide. */

/** Milliseconds that they take. */
const GLIDE = 300;
/** The share of a range that must be used, or it is taken in. */
const USED = 0.5;
/** Where an axis of epochs may end: at these, times a power of ten. */
const ENDS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/**
 * From where to where an axis goes: over all that comes late enough, or over all if nothing does.
 * @param {number[][][]} curves
 * @param {number} from
 */
export function scaleOf(curves, from) {
  const all = curves.flat();
  const late = all.filter(([x]) => x >= from);
  const values = (late.length ? late : all).map(([, y]) => y);
  if (!values.length) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = 0.05 * (high - low) || 0.5;
  return [low - margin, high + margin];
}

/**
 * A range that shows what is to be seen, and is the one before where that still does.
 * @param {[number, number] | null} before
 * @param {number} low
 * @param {number} high
 * @param {number} room  Beyond what is to be seen, as a share of it, where the range is another.
 * @returns {[number, number]}
 */
export function steady(before, low, high, room = 0.15) {
  if (before && low >= before[0] && high <= before[1] && high - low >= USED * (before[1] - before[0])) return before;
  const margin = high > low ? room * (high - low) : 0.5;
  return [low - margin, high + margin];
}

/**
 * Where an axis of epochs ends while they go on: a little ahead, so that it moves now and then and not at each of them.
 * @param {number} last
 */
export function roomFor(last) {
  if (last <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(last));
  return (ENDS.find((end) => end * power >= last) ?? 10) * power;
}

/** Numbers that glide to where they are to be. */
export class Gliding {
  /** @type {number[]} */
  #from = [];
  /** @type {number[]} */
  #to = [];
  #began = 0;
  #moves = false;

  /** @param {() => void} draw  Called for each picture on the way. */
  constructor(draw) {
    this.draw = draw;
  }

  /**
   * Glide there from where they are; the first time, where a person asked for it, and where nothing is to move by
   * itself, be there.
   * @param {number[]} values
   * @param {boolean} asked
   */
  to(values, asked) {
    if (values.length === this.#to.length && values.every((value, i) => value === this.#to[i])) return;
    const still = asked || values.length !== this.#to.length || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#from = still ? values : this.now;
    this.#to = values;
    this.#began = performance.now();
    if (still || this.#moves) return;
    this.#moves = true;
    const next = () => {
      this.#moves = performance.now() - this.#began < GLIDE;
      this.draw();
      if (this.#moves) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  }

  get now() {
    const t = Math.min(1, (performance.now() - this.#began) / GLIDE);
    const eased = t * t * (3 - 2 * t);
    return this.#to.map((to, i) => this.#from[i] + eased * (to - this.#from[i]));
  }
}
