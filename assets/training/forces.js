/**
 * What pulls at codes on the forming map: an arrow for what each side of the loss wants, and the numbers of one image.
 *
 * @import { PlaneShape } from "../lessons/stage/plane_shapes.js"
 * @import { CourseSpec } from "./course.js"
 * @import { Frame } from "./frames.js"
 * @import { TrainingImages } from "./images.js"
 *
 * @typedef {object} Wish  What a person wants to see of forces, of this run and of the next.
 * @property {number | null} chosen  Of the choice; null where nothing was chosen.
 * @property {boolean | null} told  What Python was told last.
 * @property {(wanted: boolean | null) => void} tell  Tells it whether forces are to be sent; null is as is usual.
 */
import { Choice } from "../lessons/stage/controls.js";
import { element, press } from "../lessons/stage/elements.js";
import { ForcesKey } from "./forces_key.js";
import { forcesTable } from "./forces_table.js";
import { nearestTo } from "./looked.js";
import { Pulls } from "./pulls.js";

/** How long most arrows are, as a share of the map, and the longest. */
const [USUAL, LONGEST] = [0.08, 0.25];
/** By how much what is usual may change before arrows are drawn at another scale. */
const STEADY = 2.5;
const [NONE, BOTH, SUM] = [0, 1, 2];

export class Forces {
  /** @type {PlaneShape[]} */
  shapes = [];
  /** Whether steps are looked at: then arrows are shown to whoever has chosen nothing. */
  #close = false;
  /** @type {number | null} Which of the codes with arrows is looked at. */
  #picked = null;
  /**
   * How long on the map a force of one nat per unit of z is. Others are by their roots, as the reconstruction's pull at
   * single images may be thirty times the KL's, which would not be seen beside it.
   */
  #nat = 0;

  /**
   * @param {CourseSpec} spec
   * @param {Wish} wish
   */
  constructor({ regularizer, columns, dimensions }, wish) {
    this.regularizer = regularizer;
    this.columns = columns;
    this.dimensions = dimensions;
    this.wish = wish;
    /** In the order of drawing. */
    this.sides = regularizer ? ["regularizer", "reconstruction"] : ["reconstruction"];
    const options = regularizer ? ["None", "Both", "Their sum"] : ["None", "Shown"];
    this.choice = new Choice("Forces", options, NONE, (i) => this.#choose(i));
    this.key = new ForcesKey(regularizer);
    this.numbers = element("div", { class: "tr-numbers", "data-testid": "forces" });
    this.element = element("div", { class: "tr-forces" }, this.choice.element, this.key.element, this.numbers);
    this.redraw = () => {};
  }

  /** @param {number} i */
  #choose(i) {
    this.wish.chosen = i;
    if (i === NONE) this.#picked = null;
    this.#tell();
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
    this.#tell();
    this.redraw();
  }

  /** Tell Python what is wanted, where that is something else than before; null is what is usual. */
  #tell() {
    const { chosen } = this.wish;
    const wanted = this.#picked !== null || (chosen === null ? null : chosen !== NONE);
    if (wanted === this.wish.told) return;
    this.wish.told = wanted;
    this.wish.tell(wanted);
  }

  /** @param {boolean} close  Whether steps are looked at. */
  look(close) {
    this.#close = close;
    this.#tell();
  }

  get #shown() {
    const chosen = this.wish.chosen ?? (this.#close ? BOTH : NONE);
    return this.regularizer ? chosen : Math.min(chosen, BOTH); // of a single side there is no sum
  }

  /**
   * @param {Frame} frame
   * @param {TrainingImages | null} images
   * @param {number} width  Of the map.
   * @param {number} scale  Pixels a unit of the map.
   * @param {boolean} isLast  Whether it is the last frame, of which forces may be on their way.
   */
  update(frame, images, width, scale, isLast) {
    const shown = this.#shown;
    press(this.choice.buttons, shown);
    this.shapes = [];
    this.numbers.replaceChildren();
    this.key.say("");
    if (shown === NONE && this.#picked === null) return;
    if (!frame.forces || !images) {
      this.key.say(
        isLast
          ? "One moment: the forces are being computed."
          : "Forces were not computed for this moment; while training goes on, only the last one has them.",
      );
      return;
    }
    const pulls = new Pulls(this.columns, frame.forces);
    if (!pulls.known) {
      this.key.say("This was trained before vaelab kept what forces are computed from: train it again to see them.");
      return;
    }
    this.#rescale(pulls.usual, width);
    const { data: pulled } = images.arrays.pulled;
    const places = placesOf(frame, pulled);
    if (shown !== NONE) this.#arrows(pulls, places, shown, width);
    const i = this.#picked;
    if (i !== null) this.#look(pulls, i, places[i], pulled[i], images, width);
    const whose = shown === NONE ? "Where this code would go" : `Where ${places.length} codes would go`;
    this.key.show(shown === SUM && i === null ? ["sum"] : [...this.sides].reverse(), whose, this.#nat, scale);
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
}

/**
 * Where some of the images are on the map.
 * @param {Frame} frame
 * @param {ArrayLike<number>} which
 */
function placesOf({ places }, which) {
  return Array.from(which, (i) => [places[2 * i], places[2 * i + 1]]);
}
