/**
 * The live latent canvas: decodes wherever the pointer is on a chart beside it.
 *
 * It waits for a map and its model; with both, an `Explorer` is made for them, which ends when another map comes.
 *
 * @typedef {(name: string, value: unknown) => void} Reply  Tells Python, and stays.
 *
 * @import { Pointer } from "./map_chart.js"
 */
import { LatentMap } from "../network/map.js";
import { use } from "../network/models.js";
import { readHeader } from "../network/safetensors.js";
import { EXPLORER_BEGAN, MODEL_ARRIVED, page } from "../shared/page.js";
import { leaveWheelToPage } from "../shared/wheel.js";
import { catchDrops } from "./dropping.js";
import { CanvasElements } from "./elements.js";
import { Explorer } from "./explorer.js";
import { MapChart } from "./map_chart.js";
import { addressedPlace, arriveAt, firstPlace, takeDestination } from "./places.js";
import { THUMBNAILS_ARRIVED } from "./thumbnails.js";

const ON_ITS_WAY = "The model is on its way. Once it is here, every place of the map is decoded under the pointer.";

export class LatentCanvas {
  /** @type {Explorer | null} */
  explorer = null;
  /** @type {LatentMap | null} */
  map = null;
  /** @type {MapChart | null} */
  #chart = null;
  #ending = new AbortController();
  #hasStarted = false;
  /**
   * Over the map while the model is on its way, to be decoded when it comes.
   * @type {Pointer | null}
   */
  #pointer = null;
  /**
   * The metadata of the map's file, which tell it from others.
   * @type {string | null}
   */
  #metadata = null;
  /** @type {Reply | null} */
  #reply = null;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.elements = new CanvasElements(root);
    page.canvases.add(this);
    root.dataset.started = "";
    catchDrops({}, this.#ending.signal); // before there is a pad for them, too
    leaveWheelToPage();
    const { signal } = this.#ending;
    document.addEventListener(MODEL_ARRIVED, () => this.start(), { signal });
    document.addEventListener(THUMBNAILS_ARRIVED, () => this.explorer?.request(), { signal });
    const notePointer = (/** @type {PointerEvent} */ event) => {
      this.#pointer = !this.explorer && this.#chart?.placeOf(event) ? event : null;
    };
    document.addEventListener("pointermove", notePointer, { signal });
  }

  /**
   * Take over the map that Python sent with this rerun.
   * @param {Uint8Array} bytes
   * @param {Reply} reply
   */
  update(bytes, reply) {
    this.#reply = reply;
    const { metadata } = readHeader(bytes);
    if (metadata.map === this.#metadata) return;
    this.#metadata = metadata.map;
    this.#halt(ON_ITS_WAY);
    this.map = null;
    try {
      this.map = new LatentMap(bytes);
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
      return;
    }
    this.root.classList.toggle("lc-compact", Boolean(this.map.link));
    this.root.classList.toggle("lc-between", this.map.link === "ends");
    this.elements.live.hidden = false;
    this.#chart = new MapChart(this.map.key, () => this.explorer?.request(true));
    this.#chart.say(ON_ITS_WAY);
    this.start();
  }

  /** Begin to decode, once both map and model are here. */
  start() {
    const { map } = this;
    const inPage = map && page.models.get(map.model);
    const model = map && (page.servers.get(map.model) ?? inPage);
    if (!map || !this.#chart || !model || this.explorer?.time.home.model === model) return;
    const { shape } = model;
    if (!shape) {
      this.#fail(model.problem);
      return;
    }
    if (inPage) use(inPage, this);
    void model.background; // its worker takes a while to start, and a slow model needs it at once
    const sent = takeDestination(map);
    const left = page.restingPlaces.get(map.memory);
    const place = sent ?? left ?? addressedPlace(map, window.location);
    const fits =
      place?.z.length === shape.latentDim && (!shape.numLabels || place.label < shape.numLabels) ? place : null;
    this.explorer?.end();
    this.explorer = null;
    this.#chart.say("");
    this.elements.problem.hidden = true;
    this.elements.live.style.visibility = "";
    this.explorer = new Explorer(this, map, model, shape, this.#chart, fits ?? firstPlace(map), this.#pointer);
    this.root.dataset.state = "ready";
    document.dispatchEvent(new Event(EXPLORER_BEGAN));
    // One that is linked may have moved before this one was there to follow.
    if (map.link && page.leader !== this) page.leader?.explorer?.request();
    // On coming back to a page, its panels may stand elsewhere: the server may have moved them.
    if (fits && left && !sent && !this.#hasStarted) this.explorer.report();
    else if (fits) this.explorer.remember();
    this.#hasStarted = true;
  }

  /** Go where Python says, on a map that is there already. */
  arrive() {
    if (!this.explorer) return;
    const place = takeDestination(this.explorer.map);
    if (place) arriveAt(this.explorer, place);
  }

  /**
   * Tell Python where z rests.
   * @param {unknown} pin  `PinSent` of pages/_ui/latent_canvas.py
   */
  report(pin) {
    this.#reply?.("pin", pin);
  }

  end() {
    this.#halt("");
    this.#ending.abort();
    page.canvases.delete(this);
  }

  /**
   * Stop whatever is going on, until `start` begins again.
   * @param {string} message
   */
  #halt(message) {
    this.explorer?.end();
    if (this.explorer) page.models.get(this.explorer.time.home.model.id)?.users.delete(this);
    this.explorer = null;
    this.#chart?.end();
    this.#chart = null;
    this.root.dataset.state = "loading";
    this.elements.problem.textContent = message;
    this.elements.problem.hidden = false;
    this.elements.live.style.visibility = "hidden"; // in its place, so that nothing moves when it comes
  }

  /** @param {string} message */
  #fail(message) {
    this.#halt(message);
    this.elements.live.hidden = true;
    this.root.dataset.state = "error";
  }
}
