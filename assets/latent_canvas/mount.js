/**
 * The canvas beside a map: see canvas.js.
 *
 * @import { Mount } from "../shared/mount.js"
 */
import { childOf } from "../shared/dom.js";
import { endWithout } from "../shared/mount.js";
import { page } from "../shared/page.js";
import { LatentCanvas } from "./canvas.js";

/** @param {Mount<Uint8Array>} mount  `data` is what vaelab.export.browser_map made. */
export default function mount({ data, parentElement, setStateValue }) {
  const root = childOf(parentElement, ".latent-canvas", HTMLElement);
  const canvas = [...page.canvases].find((one) => one.root === root) ?? new LatentCanvas(root);
  canvas.update(data, setStateValue);
  return endWithout(root, () => canvas.end());
}
