/** Axes: what is visible of them, and where their ticks stand. */

/**
 * The numbers of an axis among places.
 * @param {ArrayLike<number>} places  x and y in turn.
 * @param {number} axis  0 for x, 1 for y.
 */
export const alongAxis = (places, axis) =>
  Array.from({ length: Math.floor(places.length / 2) }, (_, i) => places[2 * i + axis]);

/**
 * The extent of places, with a margin; at least so many units to each side of 0.
 * @param {ArrayLike<number>} places  x and y in turn.
 * @param {number} margin  A share of the extent, on each side.
 * @returns {[number, number, number, number]}  x from, x to, y from, y to.
 */
export function extentOf(places, least = 3, margin = 0.05) {
  let [x0, x1, y0, y1] = [-least, least, -least, least];
  for (let i = 0; i < places.length; i += 2) {
    [x0, x1] = [Math.min(x0, places[i]), Math.max(x1, places[i])];
    [y0, y1] = [Math.min(y0, places[i + 1]), Math.max(y1, places[i + 1])];
  }
  const [dx, dy] = [margin * (x1 - x0), margin * (y1 - y0)];
  return [x0 - dx, x1 + dx, y0 - dy, y1 + dy];
}

const STEPS_OF_TICKS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200];

/** @param {number} least  More than the steps above. */
function largeStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((times) => times * power).find((each) => each >= least) ?? 10 * power;
}

/**
 * Round numbers along an axis, the steps between them `most` at the most.
 * @param {{ from: number, to: number }} axis
 * @param {number} most
 */
export function ticksOf({ from, to }, most) {
  const step = STEPS_OF_TICKS.find((each) => (to - from) / each <= most) ?? largeStep((to - from) / most);
  const first = Math.ceil(from / step - 1e-9);
  return Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

/**
 * The outline of a rectangle, as a line that a plane draws.
 * @param {ArrayLike<number>} from  One corner, x and y.
 * @param {ArrayLike<number>} to  The one across from it.
 */
export function rectangle({ 0: x0, 1: y0 }, { 0: x1, 1: y1 }) {
  return [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
    [x0, y0],
  ];
}
