/**
 * Images of which one or any number are chosen: see picker.js.
 *
 * @import { Mount } from "../shared/mount.js"
 * @import { SheetSent } from "./picker.js"
 */
import { ImagePicker } from "./picker.js";

/** What each element shows. @type {WeakMap<HTMLElement | ShadowRoot, { what: string, picker: ImagePicker }>} */
const shown = new WeakMap();

/** @param {Mount<SheetSent>} mount */
export default function mount({ data, parentElement, setStateValue, setTriggerValue }) {
  const { chosen, ...sheet } = data;
  const what = JSON.stringify(sheet);
  const before = shown.get(parentElement);
  if (before?.what === what) {
    // A rerun: what is chosen stays, and so does the focus; the one that is marked is Python's to say.
    if (data.choosing === "one") before.picker.mark(chosen);
    return;
  }
  before?.picker.end();
  const tell = (/** @type {number[]} */ all) =>
    data.choosing === "one" ? setTriggerValue("picked", all[0]) : setStateValue("chosen", all);
  shown.set(parentElement, { what, picker: new ImagePicker(parentElement, data, tell) });
}
