/**
 * Fingers on a map: one decodes, and two zoom and move it, as they do on any map.
 *
 * @import { Plot } from "../shared/chart.js"
 *
 * @typedef {{ x: number, y: number, apart: number }} Pair  Where two fingers are between them, and their distance.
 */

/** Plotly zooms by so much at a time, however far a wheel was turned: e to the power of a tenth. */
const MOST = 0.1;
/** A zoom that nobody sees, by which two fingers that keep their distance move the map. */
const LEAST = 0.002;

export class Fingers {
  /** @type {Pair | null} */
  #last = null;
  #takes;

  /**
   * @param {(touch: Touch, count: number) => boolean} takes  Whether a touch is on the map, and the map answers so many
   *   fingers.
   */
  constructor(takes) {
    this.#takes = takes;
  }

  /**
   * From now on; once for a chart, however often it is told to.
   * @param {Plot} plot
   */
  listenOn(plot) {
    // Before the chart, which would move under the finger; and the page must not scroll, so that it waits for us.
    const first = { capture: true, passive: false };
    plot.addEventListener("touchstart", this.#start, first);
    plot.addEventListener("touchmove", this.#move, first);
  }

  #start = (/** @type {TouchEvent} */ event) => {
    if (!this.#takes(event.changedTouches[0], event.targetTouches.length)) return;
    event.preventDefault();
    event.stopPropagation();
    this.#last = pairOf(event.targetTouches);
  };

  #move = (/** @type {TouchEvent} */ event) => {
    const pair = pairOf(event.targetTouches);
    const { target } = event;
    if (pair && this.#last && target) zoom(target, this.#last, pair);
    this.#last = pair;
  };
}

/**
 * @param {TouchList} touches
 * @returns {Pair | null}
 */
function pairOf([a, b, more]) {
  if (!b || more) return null;
  const apart = Math.max(1, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY));
  return { x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2, apart };
}

/**
 * Have the chart do what the fingers did. It knows a wheel that zooms around a place: around the one that stays where it
 * is as the fingers move and part, which may lie far outside.
 * @param {EventTarget} target
 * @param {Pair} from
 * @param {Pair} to
 */
function zoom(target, from, to) {
  const parted = Math.log(to.apart / from.apart);
  const power = Math.abs(parted) < LEAST ? LEAST : Math.max(-MOST, Math.min(MOST, parted));
  const times = Math.exp(power);
  const place = { clientX: (to.x - from.x * times) / (1 - times), clientY: (to.y - from.y * times) / (1 - times) };
  // With Ctrl the wheel is meant for the chart: see shared/wheel.js. A two-hundredth is what Plotly takes a step for.
  target.dispatchEvent(new WheelEvent("wheel", { ...place, deltaY: -200 * power, ctrlKey: true, bubbles: true }));
}
