/**
 * A model for the page, which canvases and figures find there.
 *
 * @import { Mount } from "../shared/mount.js"
 */
import { addModel } from "../network/models.js";

/** @param {Mount<Uint8Array | null>} mount  `data` is what vaelab.export.browser_model made, or nothing where that was sent before. */
export default function mount({ data }) {
  if (data) addModel(data);
}
