/**
 * Many files become one archive before they are uploaded: see packing.js.
 *
 * @import { Mount } from "../shared/mount.js"
 * @import { PackingSent } from "./packing.js"
 */
import { childOf } from "../shared/dom.js";
import { endWithout } from "../shared/mount.js";
import { Packing } from "./packing.js";

/** @type {WeakMap<HTMLElement, Packing>} */
const packings = new WeakMap();

/** @param {Mount<PackingSent>} mount */
export default function mount({ data, parentElement }) {
  const status = childOf(parentElement, ".packing", HTMLElement);
  const packing = packings.get(status) ?? new Packing(status, data);
  packings.set(status, packing);
  return endWithout(status, () => packing.end());
}
