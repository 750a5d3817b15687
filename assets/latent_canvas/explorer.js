/**
 * Where a person is on one map of one model, and the ways to go elsewhere.
 *
 * @import { LatentMap, Place } from "../network/map.js"
 * @import { Model } from "../network/models.js"
 * @import { Network, Posterior } from "../network/network.js"
 * @import { LatentCanvas } from "./canvas.js"
 * @import { Judgement } from "./judgement.js"
 * @import { MapChart, Pointer } from "./map_chart.js"
 * @import { Destination, Pin, RestingPlace } from "./places.js"
 */
import { page } from "../shared/page.js";
import { DrawingPad } from "./drawing_pad.js";
import { listen } from "./input.js";
import { judge } from "./judgement.js";
import { moveLinked } from "./linked.js";
import { onWay } from "./places.js";
import { Playback } from "./playback.js";
import { View } from "./view.js";

export class Explorer {
  /** How much of the way through all pins lies behind. */
  along = 1;
  /**
   * Of what was drawn.
   * @type {Posterior | null}
   */
  posterior = null;
  /**
   * How the model takes what was drawn, while z is its code.
   * @type {Judgement | null}
   */
  given = null;
  /**
   * Over the map, where it is decoded instead of z.
   * @type {Pointer | null}
   */
  pointer = null;
  /**
   * What was drawn and not yet encoded; whether its stroke is done.
   * @type {{ done: boolean } | null}
   */
  #drawn = null;
  /** @type {number | null} */
  #frame = null;
  #stale = true;
  #ending = new AbortController();

  /**
   * @param {LatentCanvas} canvas
   * @param {LatentMap} map
   * @param {Model} model
   * @param {Network} network  The model's.
   * @param {MapChart} chart
   * @param {RestingPlace} place  Where to begin.
   */
  constructor(canvas, map, model, network, chart, { z, image, pins, label }) {
    this.canvas = canvas;
    this.map = map;
    this.model = model;
    this.network = network;
    this.chart = chart;
    this.z = z;
    this.image = image;
    this.pins = pins;
    this.label = label;
    this.lastImage = image ?? map.images[0];
    this.lastDim = map.dims[0].dim;
    this.playback = new Playback(this);
    this.view = new View(this, canvas.elements);
    const { signal } = this.#ending;
    this.pad = new DrawingPad(canvas.elements, network, map.background, (done) => this.encodeDrawing(done), signal);
    listen(this, canvas.elements, signal);
    chart.answerClicks(true);
    this.#tick();
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
   * Move z; a single pin moves along, a path stays. What was under the pointer gives way.
   * @param {Float32Array} z
   * @param {number | null} image
   */
  go(z, image = this.image) {
    this.z = z;
    this.image = image;
    if (image !== null) this.lastImage = image;
    this.posterior = null;
    this.given = null;
    this.pointer = null;
    if (this.pins.length === 1) this.pins = [{ z }];
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
    if (this.network.numLabels) this.label = this.map.labels?.[point] ?? 0;
  }

  /** @param {Destination} place */
  arrive(place) {
    this.stop();
    this.pins = place.pins;
    this.label = place.label;
    this.along = 1;
    this.go(place.z, place.image);
    this.remember();
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
    this.go(z);
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
    this.go(this.map.step(this.z, [x + steps[0] * stride[0], y + steps[1] * stride[1]]));
  }

  /**
   * @param {Float32Array} z
   * @param {number | null} image
   * @param {boolean} extend
   */
  pin(z, image, extend) {
    this.stop();
    this.pins = [...(extend ? this.pins : this.pins.slice(-1)), { z }];
    this.along = 1;
    this.go(z, image);
    this.report();
    this.view.announce("Pinned. ");
  }

  forgetPins() {
    this.stop();
    this.pins = [];
    this.view.forgetMarks();
    this.remember();
    this.request(true);
  }

  /** @param {number} t  From the first pin, 0, to the last, 1. */
  goAlong(t) {
    this.along = t;
    this.go(onWay(this.pins, t), null);
  }

  /**
   * Go to what was drawn: encoded at the next frame, however many strokes come before it.
   * @param {boolean} done  Or in the middle of a stroke.
   */
  encodeDrawing(done) {
    this.#drawn = { done: done || (this.#drawn?.done ?? false) };
    this.request(true);
  }

  #encode() {
    const done = this.#drawn?.done;
    this.#drawn = null;
    const posterior = this.network.encode(this.pad.image, this.label);
    this.stop();
    this.go(posterior.mu, null);
    if (this.network.isVae) this.posterior = posterior;
    if (!done) return;
    this.#judge();
    this.report();
  }

  /** Judge what was drawn by its reconstruction; a code may lie well for an image that is like no other. */
  #judge() {
    const { pad, network, map, label } = this;
    const errors = page.errors.get(map.model) ?? null;
    this.given = pad.isBlank ? null : judge(network, pad.image, label, pad.background, errors);
    pad.say(this.given);
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

  /** Tell Python where z rests. */
  report() {
    this.remember();
    this.canvas.report({ model: this.map.model, z: Array.from(this.z), image: this.image, label: this.label });
  }

  remember() {
    page.restingPlaces.set(this.map.run, { z: this.z, image: this.image, pins: this.pins, label: this.label });
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
    if (this.#drawn) this.#encode();
    const place = this.pointer && this.chart.placeAt(this.pointer);
    const z = place ? this.map.lift(place, this.z) : this.z;
    this.view.showDecoded(z, place !== null);
    const point = this.view.showTrust(z, place);
    if (this.map.link && page.leader === this.canvas) moveLinked(this, point, z);
    if (!this.#stale) return;
    this.#stale = false;
    this.view.showState();
  }
}
