/** Numbers as text. */

/**
 * A number with so many digits behind the point, and a minus sign that is as wide as a digit.
 * @param {number} value
 */
export function show(value, digits = 2) {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

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
