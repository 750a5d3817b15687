/**
 * Pictures by the camera: see camera.js.
 *
 * @import { Mount } from "../shared/mount.js"
 */
import { childOf } from "../shared/dom.js";
import { endWithout } from "../shared/mount.js";
import { Camera } from "./camera.js";

/** @type {WeakMap<HTMLElement, Camera>} */
const cameras = new WeakMap();

/** @param {Mount<{ least: number }>} mount */
export default function mount({ data, parentElement, setTriggerValue }) {
  const root = childOf(parentElement, ".camera", HTMLElement);
  const camera = cameras.get(root) ?? new Camera(root, data.least, (shots) => setTriggerValue("shots", shots));
  cameras.set(root, camera);
  root.inert = false;
  return endWithout(root, () => camera.end());
}
