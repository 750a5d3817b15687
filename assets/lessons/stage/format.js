/** Numbers as text. */

import { show } from "../../shared/show.js";

/**
 * A number with two digits at most, and no zeros at its end.
 * @param {number} value
 */
export const showPlainly = (value) => show(value, 2).replace(/\.?0+$/, "");

/**
 * A code: its numbers in brackets.
 * @param {ArrayLike<number>} z
 */
export const showCode = (z) => `(${Array.from(z, (value) => show(value)).join(", ")})`;
