/**
 * The places that a person chooses: to look at, to lead a way through, and back.
 *
 * @import { Explorer } from "./explorer.js"
 * @import { Pin } from "./places.js"
 */

/** Steps that can be undone. */
const MOST_STEPS = 100;

/**
 * Rest at a place, which is where a way would begin; a way that there is stays as it is.
 * @param {Explorer} explorer
 * @param {Pin} pin
 */
export function look(explorer, pin) {
  const start = explorer.map.hasWays ? [pin] : [];
  rest(explorer, pin, explorer.pins.length > 1 ? explorer.pins : start, "Pinned. ");
}

/**
 * Rest at a place, to which the way goes on.
 * @param {Explorer} explorer
 * @param {Pin} pin
 */
export function addWayPoint(explorer, pin) {
  rest(explorer, pin, [...explorer.pins, pin], `Way-point ${explorer.pins.length + 1}. `, 1);
}

/**
 * Make a place the end of the way whose turn it is; z stays as far along.
 * @param {Explorer} explorer
 * @param {Pin} pin
 */
export function setEnd(explorer, pin) {
  const { nextEnd, pins } = explorer;
  if (pins.length < 2) return; // Python has not said yet where they are
  explorer.stop();
  keepStep(explorer);
  explorer.pins = pins.map((before, i) => (i === nextEnd ? pin : before));
  explorer.nextEnd = 1 - nextEnd;
  explorer.goAlong(explorer.along);
  explorer.report(`${"AB"[nextEnd]} set. `);
}

/**
 * Forget the way, and where one would begin.
 * @param {Explorer} explorer
 */
export function forgetPins(explorer) {
  explorer.stop();
  if (!explorer.pins.length) return;
  keepStep(explorer);
  explorer.pins = [];
  explorer.view.forgetMarks();
  explorer.report("The way is forgotten. ");
}

/**
 * Take back the last pin or way-point, or that all were forgotten.
 * @param {Explorer} explorer
 */
export function undo(explorer) {
  const before = explorer.steps.at(-1);
  if (!before) return;
  explorer.stop();
  explorer.steps = explorer.steps.slice(0, -1);
  explorer.pins = before.pins;
  explorer.label = before.label;
  explorer.along = before.along;
  explorer.lastImage = before.lastImage ?? null;
  explorer.go(before.z, before.image);
  explorer.report("Undone. ");
}

/**
 * @param {Explorer} explorer
 * @param {Pin} pin
 * @param {Pin[]} pins
 * @param {string} done  For a screen reader.
 * @param {number} along
 */
function rest(explorer, { z, image }, pins, done, along = explorer.along) {
  explorer.stop();
  keepStep(explorer);
  explorer.pins = pins;
  explorer.along = along;
  explorer.lastImage = image ?? explorer.lastImage;
  explorer.go(z, image);
  explorer.report(done);
}

/** @param {Explorer} explorer */
function keepStep(explorer) {
  const { z, image, pins, label, along, kind, lastImage } = explorer;
  explorer.steps = [...explorer.steps, { z, image, pins, label, along, kind, lastImage }].slice(-MOST_STEPS);
}
