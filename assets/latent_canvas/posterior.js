/**
 * The posterior of the image at which z rests, which Python knows.
 *
 * What it sends: `PosteriorSent` of pages/_ui/canvas_images.py.
 * @typedef {{ model: string, image: number, mu: number[], sigma: number[], pixels: number[] | null }} PosteriorSent
 *
 * An image's posterior and, where they are known exactly, its pixels, 0 to 1 and channels last.
 * @typedef {Posterior & { pixels: Float32Array | null }} ImagePosterior
 *
 * @import { Posterior } from "../network/network.js"
 * @import { Explorer } from "./explorer.js"
 */
import { page } from "../shared/page.js";
import { isAt } from "./places.js";

/**
 * That of the image where an explorer is, if Python has sent it.
 * @param {Explorer} explorer
 * @returns {ImagePosterior | null}
 */
export function posteriorAt({ map, z, image }) {
  const { posterior } = page;
  if (posterior?.model !== map.model || posterior.image !== image) return null;
  // The map has codes in half precision; whoever moves z moves it further.
  if (!isAt(z, posterior.mu)) return null;
  const { mu, sigma, pixels } = posterior;
  return {
    mu: Float32Array.from(mu),
    sigma: Float32Array.from(sigma),
    pixels: pixels && Float32Array.from(pixels, (value) => value / 255),
  };
}
