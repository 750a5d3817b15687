/**
 * The posterior of the image at which z rests, which Python knows.
 *
 * What it sends: `PosteriorSent` of pages/_ui/latent_canvas.py.
 * @typedef {{ model: string, image: number, mu: number[], sigma: number[] }} PosteriorSent
 *
 * @import { Posterior } from "../network/network.js"
 * @import { Explorer } from "./explorer.js"
 */
import { page } from "../shared/page.js";
import { isAt } from "./places.js";

/**
 * That of the image where an explorer is, if Python has sent it.
 * @param {Explorer} explorer
 * @returns {Posterior | null}
 */
export function posteriorAt({ map, z, image }) {
  const { posterior } = page;
  if (posterior?.model !== map.model || posterior.image !== image) return null;
  // The map has codes in half precision; whoever moves z moves it further.
  return isAt(z, posterior.mu)
    ? { mu: Float32Array.from(posterior.mu), sigma: Float32Array.from(posterior.sigma) }
    : null;
}
