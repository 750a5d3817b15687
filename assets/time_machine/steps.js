/**
 * From steps of the slider to epochs and back. Between two steps lies what is between their epochs.
 */
import { around } from "./course_of_map.js";

/**
 * @param {number[]} epochs  One a step.
 * @param {number} step
 */
export function momentAt(epochs, step) {
  const before = Math.max(0, Math.min(Math.floor(step), epochs.length - 1));
  const after = Math.min(before + 1, epochs.length - 1);
  return epochs[before] + (step - before) * (epochs[after] - epochs[before]);
}

/**
 * @param {number[]} epochs  One a step.
 * @param {number} moment  In epochs.
 */
export function stepOf(epochs, moment) {
  const { before, after, share } = around(epochs, moment);
  const [from, to] = [epochs.indexOf(before), epochs.indexOf(after)];
  return from + share * (to - from);
}

/**
 * Where one of several runs is at a step: at rest at an epoch of its own, the last until then.
 * @param {number[]} own  Its epochs.
 * @param {number[]} epochs  Those of all.
 * @param {number} step
 */
export function ownMoment(own, epochs, step) {
  const until = epochs.map((epoch) => own.filter((each) => each <= epoch).at(-1) ?? own[0]);
  return momentAt(until, step);
}
