/**
 * How well a model reconstructs held-out images, to compare with.
 *
 * `ErrorsSent` of pages/_ui/canvas_images.py.
 * @typedef {{ model: string, errors: number[] }} ErrorsSent
 *
 * @import { Mount } from "../shared/mount.js"
 */
import { page } from "../shared/page.js";

/** @param {Mount<ErrorsSent>} mount */
export default function mount({ data }) {
  if (page.errors.get(data.model)) return;
  page.errors.set(data.model, data.errors);
  for (const { explorer } of page.canvases) if (explorer?.drawing.judgement) explorer.drawing.judge();
}
