/** Numbers as people read them. */

/**
 * With two digits, and a minus sign that is as wide as a digit.
 * @param {number} value
 * @param {number} digits
 */
export function show(value, digits = 2) {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}
