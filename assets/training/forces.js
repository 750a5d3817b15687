/**
 * What pulls at codes on the forming map: an arrow for what each side of the loss wants, and the numbers of one image.
 *
 * @import { PlaneShape } from "../lessons/stage/plane_shapes.js"
 * @import { CourseSpec } from "./course.js"
 * @import { Frame } from "./frames.js"
 * @import { TrainingImages } from "./images.js"
 */
import { Choice } from "../lessons/stage/controls.js";
import { element, note, press } from "../lessons/stage/elements.js";
import { forcesTable } from "./forces_table.js";
import { nearestTo } from "./looked.js";
import { Pulls } from "./pulls.js";

/** How long most arrows are, as a share of the map, and the longest. */
const [USUAL, LONGEST] = [0.08, 0.25];
/** By how much what is usual may change before arrows are drawn at another scale. */
const STEADY = 2.5;
/** How long the longer one of the key is at the most, in pixels. */
const KEY = 60;
const [NONE, BOTH, SUM] = [0, 1, 2];

export class Forces {
  /** @type {PlaneShape[]} */
  shapes = [];
  /** @type {number | null} What a person chose to see; null is to see what is sent. */
  #chosen = null;
  /** @type {number | null} Which of the codes with arrows is looked at. */
  #picked = null;
  /**
   * How long on the map a force of one nat per unit of z is. Others are by their roots, as the reconstruction's pull at
   * single images may be thirty times the KL's, which would not be seen beside it.
   */
  #nat = 0;

  /**
   * @param {CourseSpec} spec
   * @param {(wanted: boolean) => void} want  Called with whether forces are to be sent.
   */
  constructor({ regularizer, columns, dimensions }, want) {
    this.regularizer = regularizer;
    this.columns = columns;
    this.dimensions = dimensions;
    this.want = want;
    /** In the order of drawing. */
    this.sides = regularizer ? ["regularizer", "reconstruction"] : ["reconstruction"];
    const options = regularizer ? ["None", "Both", "Their sum"] : ["None", "Shown"];
    this.choice = new Choice("Forces", options, NONE, (i) => this.#choose(i));
    this.key = element("ul", { class: "ls-legend tr-key" });
    this.words = note("");
    this.numbers = element("div", { class: "tr-numbers", "data-testid": "forces" });
    this.element = element("div", { class: "tr-forces" }, this.choice.element, this.key, this.words, this.numbers);
    this.redraw = () => {};
  }

  /** @param {number} i */
  #choose(i) {
    this.#chosen = i;
    if (i === NONE) this.#picked = null;
    this.want(i !== NONE);
    this.redraw();
  }

  /**
   * Look at the code with an arrow that is nearest to a place; at none, where that is looked at already.
   * @param {Frame} frame
   * @param {TrainingImages} images
   * @param {number[]} place
   */
  pick(frame, images, place) {
    const nearest = nearestTo(placesOf(frame, images.arrays.pulled.data).flat(), place);
    this.#picked = this.#picked === nearest ? null : nearest;
    if (!frame.forces) this.#chosen ??= NONE;
    this.want(this.#picked !== null || this.#shown(frame) !== NONE);
  }

  /** @param {Frame} frame */
  #shown({ forces }) {
    return this.#chosen ?? (forces ? BOTH : NONE);
  }

  /**
   * @param {Frame} frame
   * @param {TrainingImages | null} images
   * @param {number} width  Of the map.
   * @param {number} scale  Pixels a unit of the map.
   */
  update(frame, images, width, scale) {
    const shown = this.#shown(frame);
    press(this.choice.buttons, shown);
    this.shapes = [];
    this.key.replaceChildren();
    this.numbers.replaceChildren();
    this.words.textContent = "";
    if (shown === NONE && this.#picked === null) return;
    if (!frame.forces || !images) {
      this.words.textContent = "One moment: the forces are being computed.";
      return;
    }
    const pulls = new Pulls(this.columns, frame.forces);
    if (!pulls.known) {
      this.words.textContent =
        "This was trained before vaelab kept what forces are computed from: train it again to see them.";
      return;
    }
    this.#rescale(pulls.usual, width);
    const { data: pulled } = images.arrays.pulled;
    const places = placesOf(frame, pulled);
    if (shown !== NONE) this.#arrows(pulls, places, shown, width);
    const i = this.#picked;
    if (i !== null) this.#look(pulls, i, places[i], pulled[i], images, width);
    this.#explain(shown === SUM && i === null, places.length, scale);
  }

  /**
   * Arrows keep their scale for as long as it suits them.
   * @param {number} usual  How large most forces are.
   * @param {number} width
   */
  #rescale(usual, width) {
    if (!(usual > 0)) return;
    const suits = (USUAL * width) / Math.sqrt(usual);
    if (this.#nat < suits / STEADY || this.#nat > suits * STEADY) this.#nat = suits;
  }

  /**
   * Where an arrow from a place ends.
   * @param {number[]} place
   * @param {number[]} pull
   * @param {number} width
   * @returns {[number[], number[]]}
   */
  #arrow([x, y], [fx, fy], width) {
    const force = Math.hypot(fx, fy) || 1;
    const length = Math.min(this.#nat * Math.sqrt(force), LONGEST * width) / force;
    return [
      [x, y],
      [x + length * fx, y + length * fy],
    ];
  }

  /**
   * @param {Pulls} pulls
   * @param {number[][]} places  Of the codes with arrows.
   * @param {number} shown
   * @param {number} width
   */
  #arrows(pulls, places, shown, width) {
    const pull = (/** @type {number} */ i, /** @type {string} */ side) => pulls.along(i, side);
    const sum = (/** @type {number} */ i) => {
      const [[a, b], [c, d]] = [pulls.along(i, "reconstruction"), pulls.along(i, "regularizer")];
      return [a + c, b + d];
    };
    for (const side of shown === SUM ? ["sum"] : this.sides) {
      const arrows = places.map((place, i) => this.#arrow(place, side === "sum" ? sum(i) : pull(i, side), width));
      this.shapes.push({ arrows, kind: `tr-${side} ${this.#picked === null ? "" : "tr-behind"}` });
    }
  }

  /**
   * One code: its cloud, what pulls at its middle and at its width.
   * @param {Pulls} pulls
   * @param {number} i
   * @param {number[]} place
   * @param {number} at  Among the images on the map.
   * @param {TrainingImages} images
   * @param {number} width
   */
  #look(pulls, i, place, at, { arrays: { numbers, labels }, spec }, width) {
    const sigma = pulls.along(i, "sigma");
    const cloud = this.dimensions === 2 && sigma[0] > 0;
    if (cloud) this.shapes.push({ ellipse: place, sigma, kind: "tr-cloud" });
    for (const side of this.sides) {
      const arrows = [this.#arrow(place, pulls.along(i, side), width)];
      if (cloud) {
        const [wider, higher] = pulls.along(i, `${side}_sigma`);
        arrows.push(this.#arrow([place[0] + sigma[0], place[1]], [wider, 0], width));
        arrows.push(this.#arrow([place[0], place[1] + sigma[1]], [0, higher], width));
      }
      this.shapes.push({ arrows, kind: `tr-${side} tr-one` });
    }
    this.shapes.push({ dot: place, r: 4, kind: "ls-ring" });
    const label = labels ? `, “${spec.label_names[labels.data[at]]}”` : "";
    const name = `Forces on image ${numbers.data[at]}${label}, in nats per unit of z`;
    const { dimensions, regularizer } = this;
    this.numbers.append(element("h4", {}, name), forcesTable(name, { pulls, i, place, dimensions, regularizer }));
  }

  /**
   * @param {boolean} summed
   * @param {number} count
   * @param {number} scale
   */
  #explain(summed, count, scale) {
    const names = new Map([
      ["reconstruction", "the reconstruction"],
      ["regularizer", this.regularizer],
      ["sum", "both together"],
    ]);
    for (const side of summed ? ["sum"] : [...this.sides].reverse()) {
      this.key.append(
        element("li", {}, element("i", { class: `tr-swatch tr-${side}` }), `wanted by ${names.get(side)}`),
      );
    }
    const most = 10 ** Math.floor(Math.log10((KEY / this.#nat / scale) ** 2));
    for (const value of [most / 10, most]) {
      const long = `width:${Math.sqrt(value) * this.#nat * scale}px`;
      this.key.append(
        element("li", {}, element("i", { class: "tr-measure", style: long }), String(Number(value.toPrecision(1)))),
      );
    }
    this.key.append(element("li", {}, "nats per unit of z"));
    this.words.textContent =
      `Where ${count} codes would go in the next step, were they free to: downhill on each side of the loss. Click ` +
      "one for its numbers.";
  }
}

/**
 * Where some of the images are on the map.
 * @param {Frame} frame
 * @param {ArrayLike<number>} which
 */
function placesOf({ places }, which) {
  return Array.from(which, (i) => [places[2 * i], places[2 * i + 1]]);
}
