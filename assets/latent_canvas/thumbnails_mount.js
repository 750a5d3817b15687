/**
 * The images of a map for the page, which canvases find there.
 *
 * @import { Mount } from "../shared/mount.js"
 * @import { Offer } from "./offer.js"
 */
import { page } from "../shared/page.js";
import { takeUp } from "./offer.js";
import { addThumbnails } from "./thumbnails.js";

/**
 * Whether the canvas beside a chart decodes, which it does without them; or there is none, and the chart shows them.
 * @param {string} chart
 */
const isDue = (chart) =>
  page.linkedCharts.get(chart)?.showsImages || [...page.canvases].some(({ explorer }) => explorer?.map.key === chart);

/** @param {Mount<Offer>} mount  Of what vaelab.export.browser_thumbnails made. */
export default function mount({ data }) {
  return takeUp(data, (name) => page.thumbnails.has(name), addThumbnails, isDue);
}
