/** Random numbers of the page. */

/** A draw from N(0, 1) (Box and Muller 1958). */
export function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

/**
 * N(0, 1), `count` times.
 * @param {number} count
 */
export function normals(count) {
  return Float32Array.from({ length: count }, normal);
}
