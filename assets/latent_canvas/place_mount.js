/**
 * A place for a canvas to go to.
 *
 * @import { Mount } from "../shared/mount.js"
 * @import { PlaceSent } from "./places.js"
 */
import { goTo } from "./places.js";

/** @param {Mount<PlaceSent | null>} mount */
export default function mount({ data }) {
  if (data) goTo(data);
}
