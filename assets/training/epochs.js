/** How far a training is, as people say it. */

/**
 * How far a training is, never further than it is: an epoch that is under way has not been.
 * @param {number} epochs
 */
export function epochsDone(epochs) {
  const done = Math.floor(10 * epochs + 1e-3) / 10;
  return `${done.toLocaleString("en")} ${done === 1 ? "epoch" : "epochs"}`;
}

/**
 * The same of a training whose steps are looked at.
 * @param {number} epochs
 * @param {number} steps  That an epoch takes.
 */
export function epochsAndSteps(epochs, steps) {
  const whole = Math.floor(epochs + 1e-9);
  const taken = Math.round((epochs - whole) * steps);
  return `${epochsDone(whole)}${taken ? ` and ${taken.toLocaleString("en")} ${taken === 1 ? "step" : "steps"}` : ""}`;
}

/**
 * Which of some numbers in order is nearest to one.
 * @param {ArrayLike<number>} x
 * @param {number} at
 */
export function nearest(x, at) {
  let best = 0;
  for (let i = 1; i < x.length; i++) if (Math.abs(x[i] - at) <= Math.abs(x[best] - at)) best = i;
  return best;
}
