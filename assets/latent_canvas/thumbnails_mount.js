/**
 * The images of a map for the page, which canvases find there.
 *
 * @import { Mount } from "../shared/mount.js"
 */
import { addThumbnails } from "./thumbnails.js";

/** @param {Mount<Uint8Array | null>} mount  `data` is what vaelab.export.browser_thumbnails made, or nothing once it has come. */
export default function mount({ data, setStateValue }) {
  if (data) addThumbnails(data).then((id) => setStateValue("arrived", id));
}
