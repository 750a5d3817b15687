/**
 * Paper for one more drawing: see pad.js.
 *
 * @import { Mount } from "../shared/mount.js"
 * @import { PadSpec } from "./pad.js"
 */
import { childOf } from "../shared/dom.js";
import { endWithout } from "../shared/mount.js";
import { CollectPad } from "./pad.js";

/** @type {WeakMap<HTMLElement, CollectPad>} */
const pads = new WeakMap();
/** Tells what is sent once more from what was sent before. */
let turn = 0;

/** @param {Mount<PadSpec>} mount */
export default function mount({ data, parentElement, setStateValue }) {
  const root = childOf(parentElement, ".collect", HTMLElement);
  const pad =
    pads.get(root) ?? new CollectPad(root, data, (drawings) => setStateValue("outbox", { turn: ++turn, drawings }));
  pads.set(root, pad);
  pad.hear(data.answers);
  return endWithout(root, () => pad.end());
}
