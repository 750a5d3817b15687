/**
 * An explorer that is one file: does in the page what Python and Streamlit do in the app.
 *
 * One map of it: `ViewSpec` of vaelab/sharing/one_file.py.
 * @typedef {object} ViewSpec
 * @property {string} map_key  Of the element around the chart.
 * @property {PlaceSent | null} place  Where its canvas begins.
 * @property {number[] | null} errors  Quantiles of how far held-out images' reconstructions are off.
 *
 * @typedef {(name: string) => Promise<Uint8Array<ArrayBuffer> | null>} Parts  What the file has under a name.
 *
 * @import { Explorer } from "../latent_canvas/explorer.js"
 * @import { ChosenSpec } from "./choosing.js"
 * @import { PastSent } from "../time_machine/history.js"
 * @import { PlaceSent } from "../latent_canvas/places.js"
 */
import { LatentCanvas } from "../latent_canvas/canvas.js";
import { addressedPlace, goTo } from "../latent_canvas/places.js";
import { addThumbnails } from "../latent_canvas/thumbnails.js";
import { addModel } from "../network/models.js";
import { childOf } from "../shared/dom.js";
import { page } from "../shared/page.js";
import { leaveFingerToPage } from "../shared/touch.js";
import { TimeMachine } from "../time_machine/time_machine.js";
import { drawChart, loadPlotly } from "./chart.js";
import { addressedImages, Choosing } from "./choosing.js";
import { linkChoice } from "./link.js";
import { Resting, writeAddress } from "./resting.js";
import { themeButton } from "./theme.js";

/** @param {Parts} parts */
export default async function open(parts) {
  document.addEventListener("touchstart", leaveFingerToPage, { capture: true, passive: false });
  /** @type {ViewSpec[]} */
  const views = JSON.parse(await textOf(parts, "views"));
  /** @type {ChosenSpec} */
  const spec = JSON.parse(await textOf(parts, "chosen"));
  const { search, hash } = window.location; // before anything writes it
  /** @type {Choosing | null} */
  let choosing = null;
  const write = (/** @type {Explorer} */ explorer) => writeAddress(explorer, choosing?.written ?? "");
  /** @type {PastSent[]} */
  const past = JSON.parse(await textOf(parts, "past"));
  const canvases = await Promise.all(views.map((view, index) => openCanvas(parts, view, index, write)));
  await loadPlotly(parts); // after the first image
  const charts = await Promise.all(
    views.map(async (_, index) => drawChart(rootOf(index), await textOf(parts, `figure-${index}`))),
  );
  if (past.length) {
    const machine = new TimeMachine(childOf(document, ".time-machine", HTMLElement), (name) => bytesOf(parts, name));
    machine.update(past);
  }
  themeButton(childOf(document, "[data-do=theme]", HTMLButtonElement), charts);
  const root = childOf(rootOf(0), ".ex-chosen", HTMLElement);
  choosing = new Choosing(root, canvases, spec.groups, () => {
    const { explorer } = canvases[0];
    if (explorer) write(explorer);
  });
  const images = canvases[0].map?.images ?? [];
  choosing.begin(addressedImages({ search, hash }, spec.groups, images) ?? spec.chosen);
  linkChoice(childOf(document, ".ex-link", HTMLElement), canvases);
  for (const index of views.keys()) {
    const sheet = await parts(`images-${index}`); // the same one serves several maps of the same images
    if (sheet) await addThumbnails(sheet);
  }
}

/** @param {number} index */
const rootOf = (index) => childOf(document, `[data-view="${index}"]`, HTMLElement);

/**
 * A canvas that decodes, before there is a chart.
 * @param {Parts} parts
 * @param {ViewSpec} view
 * @param {number} index
 * @param {(explorer: Explorer) => void} write  Writes the address.
 */
async function openCanvas(parts, { place, errors }, index, write) {
  const [model, map] = await Promise.all([parts(`model-${index}`), parts(`map-${index}`)]);
  if (!model || !map) throw new Error("the file is not whole.");
  const root = rootOf(index);
  const canvas = new LatentCanvas(childOf(root, ".latent-canvas", HTMLElement));
  const resting = new Resting(canvas, childOf(root, ".ex-near", HTMLElement));
  addModel(model);
  canvas.update(map, () => {
    resting.answer();
    if (canvas.explorer) write(canvas.explorer);
  });
  if (canvas.map) {
    if (errors) page.errors.set(canvas.map.model, errors);
    if (place && !addressedPlace(canvas.map, window.location)) goTo(place);
  }
  resting.answer();
  return canvas;
}

/**
 * @param {Parts} parts
 * @param {string} name
 */
async function bytesOf(parts, name) {
  const bytes = await parts(name);
  if (!bytes) throw new Error("the file is not whole.");
  return bytes;
}

/**
 * @param {Parts} parts
 * @param {string} name
 */
async function textOf(parts, name) {
  return new TextDecoder().decode(await bytesOf(parts, name));
}
