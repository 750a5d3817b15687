/**
 * What the file of a map says, and what another time of its model says in its place.
 *
 * One dimension of the code, for its slider: `DimSpec` of vaelab/export/map.py.
 * @typedef {{ dim: number, limit: number, active: boolean, kl: number | null, name: string }} DimSpec
 *
 * What the metadata of a map's file say: `MapSpec` of vaelab/export/map.py.
 * @typedef {object} MapSpec
 * @property {string} model  The `id` of the model that it maps.
 * @property {string} run  Whose model it is.
 * @property {string} map_key  Of Streamlit's container around the chart.
 * @property {"plane" | "pair" | "pca" | "umap"} projection
 * @property {DimSpec[]} dims  Those that carry most first.
 * @property {number[]} scale  What each number of a code counts in a distance; nothing where it collapsed.
 * @property {number[]} radii  Quantiles of the distance to the eighth neighbour, of codes times scale.
 * @property {number[]} place_radii  Those of places of a UMAP map; empty for any other.
 * @property {string[]} label_names
 * @property {number[]} background  Colour of the images' border, a number a channel.
 * @property {number} extent  Of an image's side (0 to 1), what its ink takes at the most.
 * @property {"image" | "place" | "ends" | null} link
 * @property {string | null} thumbnails  The `id` of the sheet with its images, or null where they are gone.
 *
 * The same map at another time of the model's training.
 * @typedef {object} Then
 * @property {string} model  The `id` of the model of that time.
 * @property {Numbers} images  Whose codes.
 * @property {Numbers | null} labels
 * @property {Int32Array} rows  Which points of the map they are; -1 for images that it lacks.
 * @property {Float32Array} codes  Where they were.
 * @property {number[]} scale  As the map has it.
 * @property {number[]} radii
 *
 * @import { Numbers } from "./safetensors.js"
 */
import { readSafetensors, specOf, take } from "./safetensors.js";

/**
 * @param {Uint8Array} bytes  What vaelab.export.browser_map made.
 * @param {Then | null} then
 */
export function readMap(bytes, then) {
  const { tensors, metadata } = readSafetensors(bytes);
  /** @type {MapSpec} */
  const spec = specOf(metadata, "map");
  const { shape, data } = take(tensors, "codes", 2);
  const latentDim = shape[1];
  const linear = spec.projection === "pca" || spec.projection === "pair";
  return {
    spec: then ? { ...spec, model: then.model, scale: then.scale, radii: then.radii } : spec,
    codes: then?.codes ?? data,
    latentDim,
    images: then?.images ?? take(tensors, "indices", 1).data,
    labels: then ? then.labels : (tensors.get("labels")?.data ?? null),
    center: linear ? take(tensors, "center", 1, latentDim).data : new Float32Array(),
    components: linear ? take(tensors, "components", 2, 2 * latentDim).data : new Float32Array(),
    sigma: then ? undefined : tensors.get("sigma")?.data, // of the posteriors, where the file has them
    places: tensors.get("coordinates")?.data, // where they do not follow from the codes
  };
}
