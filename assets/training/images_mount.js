/**
 * Keeps the images of a run for the view of its training: see images.js.
 *
 * @import { Mount } from "../shared/mount.js"
 */
import { readSafetensors, specOf } from "../network/safetensors.js";
import { keepImages } from "./images.js";

/** @param {Mount<Uint8Array>} mount */
export default function mount({ data }) {
  const { tensors, metadata } = readSafetensors(data);
  keepImages({ spec: specOf(metadata, "images"), arrays: Object.fromEntries(tensors) });
}
