/**
 * A model for the page, which canvases and figures find there.
 *
 * @import { Mount } from "../shared/mount.js"
 * @import { Offer } from "./offer.js"
 */
import { addModel } from "../network/models.js";
import { page } from "../shared/page.js";
import { takeUp } from "./offer.js";

/** @param {Mount<Offer>} mount  Of what vaelab.export.browser_model made. */
export default function mount({ data }) {
  return takeUp(data, (name) => page.models.has(name), addModel);
}
