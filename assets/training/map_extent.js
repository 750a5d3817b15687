/**
 * How much of the forming map is seen: it changes as seldom as can be, and then glides.
 *
 * @import { Frame } from "./frames.js"
 */
import { extentOfAll } from "./frames.js";
import { Gliding, steady } from "./scales.js";

/** The room around the codes where a new extent is chosen, as a share of what they take. */
const ROOM = 0.1;

export class MapExtent {
  /** @type {number[] | null} What of the map was zoomed into: x from, x to, y from, y to. */
  zoom = null;
  /** @type {number[] | null} As it was when the map was last drawn. */
  #zoomed = null;
  /** @type {number[] | null} All that is to be seen, where nothing is zoomed into. */
  #whole = null;

  /** @param {(extent: number[]) => void} moved  Called for each picture on the way. */
  constructor(moved) {
    this.gliding = new Gliding(() => moved(this.gliding.now));
  }

  /**
   * Show the last map while that forms, or all of them while one goes through them, so that they hold still.
   * @param {Frame[]} frames
   * @param {boolean} follows
   */
  fit(frames, follows) {
    const [x0, x1, y0, y1] = extentOfAll(follows ? frames.slice(-1) : frames);
    const before = follows ? this.#whole : null;
    const across = steady(before && [before[0], before[1]], x0, x1, ROOM);
    const up = steady(before && [before[2], before[3]], y0, y1, ROOM);
    this.#whole = [...across, ...up];
    this.gliding.to(this.zoom ?? this.#whole, this.zoom !== this.#zoomed);
    this.#zoomed = this.zoom;
    return this.gliding.now;
  }

  /** The longer side of all that is to be seen. */
  get width() {
    const [x0, x1, y0, y1] = this.#whole ?? [0, 1, 0, 1];
    return Math.max(x1 - x0, y1 - y0);
  }
}
