/**
 * A model for the page, which canvases and figures find there.
 *
 * @import { Mount } from "../shared/mount.js"
 * @import { Offer } from "./offer.js"
 */
import { addModel } from "../network/models.js";
import { page } from "../shared/page.js";
import { takeUp, thank } from "./offer.js";

/** @param {Mount<Uint8Array | Offer>} mount  `data` is what vaelab.export.browser_model made, once it was asked for. */
export default function mount(mount) {
  const { data } = mount;
  if ("after" in data) return takeUp({ ...mount, data }, (name) => page.models.has(name));
  thank(mount, addModel(data));
}
