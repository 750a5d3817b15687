/**
 * Images of which any number are chosen: see picker.js.
 *
 * @import { Mount } from "../shared/mount.js"
 * @import { SheetSent } from "./picker.js"
 */
import { ImagePicker } from "./picker.js";

/** What each element shows. @type {WeakMap<HTMLElement | ShadowRoot, string>} */
const shown = new WeakMap();

/** @param {Mount<SheetSent>} mount */
export default function mount({ data, parentElement, setStateValue }) {
  const what = JSON.stringify(data);
  if (shown.get(parentElement) === what) return; // rerun: what is chosen stays
  shown.set(parentElement, what);
  new ImagePicker(parentElement, data, (chosen) => setStateValue("chosen", chosen));
}
