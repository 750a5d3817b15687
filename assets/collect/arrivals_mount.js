/**
 * The drawings of a set as they arrive: see arrivals.js.
 *
 * @import { Mount } from "../shared/mount.js"
 * @import { ArrivalsSpec } from "./arrivals.js"
 */
import { childOf } from "../shared/dom.js";
import { Arrivals } from "./arrivals.js";

/** @type {WeakMap<HTMLElement, Arrivals>} */
const sheets = new WeakMap();

/** @param {Mount<ArrivalsSpec>} mount */
export default function mount({ data, parentElement, setStateValue }) {
  const root = childOf(parentElement, ".arrivals", HTMLElement);
  const sheet =
    sheets.get(root) ??
    new Arrivals(root, {
      remove: (ids) => setStateValue("removed", ids),
      show: (count) => setStateValue("shown", count),
    });
  sheets.set(root, sheet);
  sheet.update(data);
}
