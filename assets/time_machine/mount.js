/**
 * The time machine of the maps on a page: see time_machine.js.
 *
 * @import { Mount } from "../shared/mount.js"
 * @import { PastSent } from "./history.js"
 */
import { fetchBytes } from "../latent_canvas/offer.js";
import { childOf } from "../shared/dom.js";
import { endWithout } from "../shared/mount.js";
import { TimeMachine } from "./time_machine.js";

/** @type {WeakMap<HTMLElement, TimeMachine>} */
const machines = new WeakMap();

/** @param {Mount<PastSent[]>} mount */
export default function mount({ data, parentElement }) {
  const root = childOf(parentElement, ".time-machine", HTMLElement);
  const machine = machines.get(root) ?? new TimeMachine(root, fetchBytes);
  machines.set(root, machine);
  machine.update(data);
  return endWithout(root, () => machine.end());
}
