/**
 * The images of a map for the page, which canvases find there.
 *
 * @import { Mount } from "../shared/mount.js"
 * @import { Offer } from "./offer.js"
 */
import { page } from "../shared/page.js";
import { takeUp, thank } from "./offer.js";
import { addThumbnails } from "./thumbnails.js";

/**
 * Whether the canvas beside a chart decodes, which it does without them.
 * @param {string} chart
 */
const decodes = (chart) => [...page.canvases].some(({ explorer }) => explorer?.map.key === chart);

/** @param {Mount<Uint8Array | Offer>} mount  `data` is what vaelab.export.browser_thumbnails made, once it was asked for. */
export default function mount(mount) {
  const { data } = mount;
  if ("after" in data) return takeUp({ ...mount, data }, (name) => page.thumbnails.has(name), decodes);
  addThumbnails(data).then((id) => thank(mount, id));
}
