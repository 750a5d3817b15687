/**
 * Several canvases on a page.
 *
 * @import { Explorer } from "./explorer.js"
 */
import { page } from "../shared/page.js";

/**
 * Have the canvases that are linked to this one go to the same image, or to the same place.
 * @param {Explorer} explorer
 * @param {number} point  Whose image is nearest to `z`.
 * @param {Float32Array} z
 */
export function moveLinked({ canvas, map }, point, z) {
  for (const other of page.canvases) {
    const { explorer } = other;
    if (!explorer || other === canvas || explorer.map.link !== map.link) continue;
    const there = explorer.map.images.indexOf(map.images[point]);
    if (map.link === "place" && explorer.z.length === z.length) explorer.go(z.slice(), null);
    else if (there >= 0) explorer.goToPoint(there);
  }
}
