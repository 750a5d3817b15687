/**
 * Where a person is on one map of one model, and the ways to go elsewhere.
 *
 * @import { LatentMap, Place } from "../network/map.js"
 * @import { Model } from "../network/models.js"
 * @import { Shape } from "../network/network.js"
 * @import { ServerModel } from "../network/server_model.js"
 * @import { LatentCanvas } from "./canvas.js"
 * @import { MapChart, Pointer } from "./map_chart.js"
 * @import { Memory } from "./places.js"
 * @import { ImagePosterior } from "./posterior.js"
 *
 * @typedef {Pick<Model | ServerModel, "id" | "network" | "shape" | "background">} Explored  What decodes.
 */
import { page } from "../shared/page.js";
import { Drawing } from "./drawing.js";
import { DecodedGrid } from "./grid.js";
import { listen } from "./input.js";
import { moveLinked } from "./linked.js";
import { isAt, onWay } from "./places.js";
import { Playback } from "./playback.js";
import { posteriorAt } from "./posterior.js";
import { Time } from "./time.js";
import { TruthOnMap } from "./truth.js";
import { View } from "./view.js";

export class Explorer {
  /** Which end of the way the next click sets, where a page is about the way between two. */
  nextEnd = 0;
  /**
   * Of what was drawn, or of the image at which z rests.
   * @type {ImagePosterior | null}
   */
  posterior = null;
  /** @type {number | null} */
  #frame = null;
  #stale = true;
  #ending = new AbortController();

  /**
   * @param {LatentCanvas} canvas
   * @param {LatentMap} map
   * @param {Model | ServerModel} model
   * @param {Shape} shape  The model's.
   * @param {MapChart} chart
   * @param {Memory} memory  Where to begin.
   * @param {Pointer | null} pointer  Over the map, where it is decoded instead of z.
   */
  constructor(canvas, map, model, shape, chart, memory, pointer) {
    const { z, image, pins, label, along, kind, steps, lastImage } = memory;
    this.canvas = canvas;
    this.time = new Time(this, map, model);
    this.map = map;
    /** @type {Explored} */
    this.model = model;
    this.shape = shape;
    this.chart = chart;
    this.z = z;
    this.image = image;
    this.pins = pins;
    this.label = label;
    /** How much of the way through all pins lies behind. */
    this.along = along;
    /** How it goes from pin to pin. */
    this.kind = kind;
    /** What can be undone, the last at the end. */
    this.steps = steps ?? [];
    this.pointer = pointer;
    /** The image clicked last; none at first, when z is at one that nobody chose. */
    this.lastImage = lastImage ?? (pins.length ? image : null);
    this.lastDim = map.dims[0].dim;
    this.playback = new Playback(this);
    this.view = new View(this, canvas.elements);
    const { signal } = this.#ending;
    this.posterior = posteriorAt(this);
    this.drawing = new Drawing(this, canvas.elements, signal);
    this.grid = new DecodedGrid(this, signal);
    this.truth = new TruthOnMap(this, signal);
    listen(this, canvas.elements, signal);
    chart.answerClicks(true);
    this.#tick();
  }

  /** Draw the posterior of the image at which z rests, which Python has just sent. */
  takePosterior() {
    this.posterior ??= posteriorAt(this);
    this.view.forgetMarks();
    this.request(true);
  }

  /** Null where the server decodes. */
  get network() {
    return this.model.network;
  }

  get ended() {
    return this.#ending.signal.aborted;
  }

  end() {
    this.playback.stop();
    this.#ending.abort();
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
  }

  /** From now on, linked canvases follow this one. */
  lead() {
    page.leader = this.canvas;
  }

  /**
   * Move z; pins stay. What was under the pointer gives way.
   * @param {Float32Array} z
   * @param {number | null} image
   */
  go(z, image = this.image) {
    this.z = z;
    this.image = image;
    this.posterior = posteriorAt(this);
    this.drawing.leave();
    this.pointer = null;
    this.view.forgetMarks();
    this.request(true);
  }

  /**
   * Go to the image of a point, with its label.
   * @param {number} point
   */
  goToPoint(point) {
    this.takeLabel(point);
    this.go(this.map.code(point), this.map.images[point]);
  }

  /**
   * An image's code means it together with the image's own label.
   * @param {number} point
   */
  takeLabel(point) {
    if (this.shape.numLabels) this.label = this.map.labels?.[point] ?? 0;
  }

  /**
   * @param {number} dim
   * @param {number} value
   */
  slide(dim, value) {
    this.stop();
    this.lastDim = dim;
    const z = this.z.slice();
    z[dim] = value;
    this.go(z, this.chosenImage);
  }

  /**
   * Move on the map; what it does not show stays.
   * @param {Place} steps  In hundredths of what is on the screen.
   */
  walk(steps) {
    const stride = this.chart.stride;
    if (!stride) return;
    this.stop();
    const [x, y] = this.map.place(this.z);
    this.go(this.map.step(this.z, [x + steps[0] * stride[0], y + steps[1] * stride[1]]), null);
  }

  /** @param {number} t  From the first pin, 0, to the last, 1. */
  goAlong(t) {
    this.along = t;
    this.go(onWay(this.pins, t, this.kind), null);
  }

  togglePlayback() {
    if (!this.playback.playing) {
      this.playback.start();
      return;
    }
    this.stop();
    this.report();
  }

  stop() {
    this.playback.stop();
    this.request(true);
  }

  /** The image where z is or began, unless it is the first one, which nobody chose. */
  get chosenImage() {
    return this.lastImage === null ? null : this.image;
  }

  /** Whether z is as far along the way as the slider of the way says. */
  get isOnWay() {
    if (this.pins.length < 2) return false;
    return isAt(this.z, onWay(this.pins, this.along, this.kind));
  }

  /**
   * Tell Python where z rests, and a screen reader.
   * @param {string} before  What was done, for the screen reader.
   */
  report(before = "") {
    this.remember();
    const { time, z, chosenImage: image, label, along } = this;
    const pins = this.pins.map((pin) => ({ z: Array.from(pin.z), image: pin.image }));
    this.canvas.report({ model: time.home.map.model, z: Array.from(z), image, label, pins, along });
    this.view.announce(before);
  }

  remember() {
    const { z, image, pins, label, along, kind, steps, lastImage } = this;
    page.restingPlaces.set(this.map.memory, { z, image, pins, label, along, kind, steps, lastImage });
  }

  /** Draw at the next frame; `stale` where more has changed than the place of the pointer. */
  request(stale = false) {
    this.#stale ||= stale;
    if (this.ended) return;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#tick();
    });
  }

  #tick() {
    if (this.ended) return;
    this.drawing.encode();
    const place = this.pointer && this.chart.placeAt(this.pointer);
    const z = place ? this.map.lift(place, this.z) : this.z;
    this.view.showDecoded(z, place !== null);
    const point = this.view.showTrust(z, place);
    // What is decoded with a label is to be seen beside an image with that label.
    const alike = this.shape.numLabels ? this.map.nearestOf(z, this.label) : -1;
    this.view.showReal(alike < 0 ? point : alike);
    this.view.showSliders(z);
    if (this.map.link && page.leader === this.canvas) moveLinked(this, point, z);
    if (!this.#stale) return;
    this.#stale = false;
    this.truth.look();
    this.view.showState();
    this.grid.show();
    this.time.points?.draw();
  }
}
