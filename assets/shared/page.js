/**
 * What all mounts on a page share. Streamlit hands over each component's module as a text of its own,
 * so that a module's variables are nobody else's: what must be the page's is on this one object.
 *
 * @import { LatentCanvas } from "../latent_canvas/canvas.js"
 * @import { Destination, Memory } from "../latent_canvas/places.js"
 * @import { PosteriorSent } from "../latent_canvas/posterior.js"
 * @import { Thumbnails } from "../latent_canvas/thumbnails.js"
 * @import { LinkedChart } from "../linked_selection/linked_chart.js"
 * @import { Model } from "../network/models.js"
 * @import { ServerModel } from "../network/server_model.js"
 * @import { TrainingImages } from "../training/images.js"
 */

/** The document's event when a model has come, or the server's has gone. */
export const MODEL_ARRIVED = "vaelab-model";

/** The document's event when a canvas has begun to decode. */
export const EXPLORER_BEGAN = "vaelab-explorer";

class Page {
  /**
   * Models by id, those used last at the end.
   * @type {Map<string, Model>}
   */
  models = new Map();
  /**
   * Those that the server decodes with, as long as Python mounts them: canvases take these first.
   * @type {Map<string, ServerModel>}
   */
  servers = new Map();
  /**
   * The images of maps, by the sheet's id.
   * @type {Map<string, Thumbnails>}
   */
  thumbnails = new Map();
  /**
   * Of the image at which z rests, as Python sent it last.
   * @type {PosteriorSent | null}
   */
  posterior = null;
  /**
   * Live canvases.
   * @type {Set<LatentCanvas>}
   */
  canvases = new Set();
  /**
   * The one of several linked canvases that a person is using: the others follow it.
   * @type {LatentCanvas | null}
   */
  leader = null;
  /**
   * Where each run's canvas was left, so that coming back to a page finds it there.
   * @type {Map<string, Memory>}
   */
  restingPlaces = new Map();
  /**
   * Where Python says to go, by the map's key, until the canvas has gone there.
   * @type {Map<string, Destination>}
   */
  destinations = new Map();
  /**
   * What tells the last such place from the earlier ones: each is sent with every rerun.
   * @type {Map<string, string>}
   */
  lastTurns = new Map();
  /**
   * Quantiles of how well models reconstruct held-out images, by the model's id.
   * @type {Map<string, number[]>}
   */
  errors = new Map();
  /**
   * Charts in all panels of which a choice is marked, by key.
   * @type {Map<string, LinkedChart>}
   */
  linkedCharts = new Map();
  /**
   * Charts around whose points a line is to be drawn, by key: meanwhile no click on them is a place.
   * @type {Set<string>}
   */
  choosing = new Set();
  /**
   * What is being fetched of what Python offers, by name: see offer.js.
   * @type {Set<string>}
   */
  fetching = new Set();
  /** Whether the wheel over a chart is left to the page: see wheel.js. */
  wheelIsLeft = false;
  /** Whether going to another page is one step of the browser's history: see history.js. */
  stepsAreJoined = false;
  /** The lesson that is open, or was last; empty before any was. */
  lesson = "";
  /**
   * Of the run in training that is looked at.
   * @type {TrainingImages | null}
   */
  trainingImages = null;
}

const onPage = /** @type {{ vaelab: Page }} */ (/** @type {unknown} */ (globalThis));
// Its own: an element whose id is "vaelab", such as a heading's, is found by that name as well.
if (!Object.hasOwn(onPage, "vaelab")) onPage.vaelab = new Page();

export const page = onPage.vaelab;
