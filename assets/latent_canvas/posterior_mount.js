/**
 * What the encoder makes of the image at which z rests, for the canvases to draw.
 *
 * @import { Mount } from "../shared/mount.js"
 * @import { PosteriorSent } from "./posterior.js"
 */
import { page } from "../shared/page.js";

/** @param {Mount<PosteriorSent | null>} mount */
export default function mount({ data }) {
  page.posterior = data;
  for (const canvas of page.canvases) canvas.explorer?.takePosterior();
}
