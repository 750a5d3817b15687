/**
 * A model that the server decodes with, and its last answer.
 *
 * @import { Mount } from "../shared/mount.js"
 * @import { Served } from "../network/server_model.js"
 */
import { readSafetensors, specOf, take } from "../network/safetensors.js";
import { ServerModel } from "../network/server_model.js";
import { endWithout } from "../shared/mount.js";
import { MODEL_ARRIVED, page } from "../shared/page.js";

/** @param {Mount<Uint8Array>} mount  `data` is what `serve_decoder` of pages/_ui/decoders.py made. */
export default function mount({ data, parentElement, setStateValue }) {
  const { tensors, metadata } = readSafetensors(data);
  /** @type {Served} */
  const served = specOf(metadata, "decoded");
  // State rather than a trigger: it comes with the next rerun, should the first word of it be lost.
  const ask = (/** @type {unknown} */ asked) => setStateValue("asked", asked);
  const { servers } = page;
  const before = servers.get(served.model);
  const model = before?.root === parentElement ? before : new ServerModel(served, parentElement);
  model.background.ask = ask;
  if (model !== before) {
    servers.set(model.id, model);
    document.dispatchEvent(new Event(MODEL_ARRIVED));
  }
  model.background.answer(served.turn, take(tensors, "images", 4).data);
  return endWithout(parentElement, () => {
    model.background.end();
    if (servers.get(model.id) !== model) return;
    servers.delete(model.id);
    document.dispatchEvent(new Event(MODEL_ARRIVED));
  });
}
