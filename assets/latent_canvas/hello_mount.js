/**
 * Says once that the page runs what it is sent, which some browsers are told to block.
 *
 * @import { Mount } from "../shared/mount.js"
 */

/** @type {WeakSet<Mount<null>["parentElement"]>} */
const greeted = new WeakSet();

/** @param {Mount<null>} mount */
export default function mount({ parentElement, setStateValue }) {
  if (greeted.has(parentElement)) return;
  greeted.add(parentElement);
  setStateValue("hello", true);
}
