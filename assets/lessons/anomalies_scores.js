/**
 * The scores of two groups of images, and a threshold between them.
 *
 * @import { GraphShape } from "./stage/graph.js"
 */

import { show } from "../shared/show.js";
import { Slider } from "./stage/controls.js";
import { element, note, part } from "./stage/elements.js";
import { showPlainly } from "./stage/format.js";
import { Graph } from "./stage/graph.js";
import { areaUnderCurve, histogram, shareInterval } from "./stage/maths.js";

const BINS = 48;
const NORMAL_COLOR = "#3f90da";
const STRANGE_COLOR = "#e76300";
/** The share of the images it is chosen by that the threshold flags at first. */
const ALLOWED = 0.05;

/** Histograms of the scores, a threshold to move, and how many images of each group it flags. */
export class ScoreGraph {
  #revealed = false;
  /** That of the image that is shown. */
  #score = 0;

  /**
   * @param {number[]} normal  Scores of digits that the model was trained on.
   * @param {number[]} strange  Scores of the digit that it never saw.
   * @param {number[]} others  Scores of other such digits as the first, which say where the threshold starts.
   * @param {string} strangeName  What that is called.
   * @param {() => void} changed  Called when the threshold was moved.
   */
  constructor(normal, strange, others, strangeName, changed) {
    this.normal = normal;
    this.strange = strange;
    this.strangeName = strangeName;
    const most = Math.ceil(Math.max(...normal, ...strange));
    const sorted = [...others].sort((a, b) => a - b);
    const start = sorted[Math.ceil((1 - ALLOWED) * sorted.length) - 1];
    const width = most / BINS;
    this.counts = [normal, strange].map((scores) => histogram(scores, width, BINS));
    const [up, down] = this.counts.map((counts) => Math.max(...counts));
    this.graph = new Graph({
      label: "Histogram of scores",
      height: 17,
      x: { from: 0, to: most, title: "Score: squared error of the image" },
      y: {
        from: -Math.max(1.15 * down, 0.42 * up), // so deep that a number stands there as well
        to: 1.05 * up,
        title: "Images: digits it knows upwards, 4s downwards",
        format: (value) => showPlainly(Math.abs(value)),
      },
    });
    this.slider = new Slider(
      "Threshold",
      { min: 0, max: most, step: 0.01, value: Math.ceil(start / 0.01) * 0.01 },
      changed,
    );
    this.flagged = element("div", { class: "ls-counts" });
    this.auc = note();
    this.element = part(
      "Scores of all held-out images",
      this.graph.element,
      element("div", { class: "ls-on-axis" }, this.slider.element),
      this.flagged,
      this.auc,
    );
  }

  /** From now on, the digit that the model never saw is among them. */
  reveal() {
    this.#revealed = true;
    const name = `“${this.strangeName}”`;
    const auc = show(areaUnderCurve(this.normal, this.strange), 3);
    this.auc.textContent = `AUC ${auc}: of a ${name} and another digit, how often the ${name} scores higher.`;
    this.show(this.#score);
  }

  get threshold() {
    return this.slider.value;
  }

  /**
   * Show where an image's score is, and what the threshold flags.
   * @param {number} score
   */
  show(score) {
    this.#score = score;
    const catches = `Catches, ${this.strangeName}s: `;
    this.flagged.replaceChildren(
      line("False alarms, digits it knows: ", "ls-up", this.#count(this.normal)),
      line(catches, "ls-down", this.#revealed ? this.#count(this.strange) : "predict first"),
    );
    this.graph.shapes = this.#shapes();
    this.graph.draw();
  }

  /**
   * How many of some scores are above the threshold, and between which shares it may be of other images.
   * @param {number[]} scores
   */
  #count(scores) {
    const flagged = scores.filter((score) => score > this.threshold).length;
    const [low, high] = shareInterval(flagged, scores.length).map((share) => show(100 * share, 1));
    return `${flagged} of ${scores.length} (${show((100 * flagged) / scores.length, 1)}%, ${low} to ${high}%)`;
  }

  /** @returns {GraphShape[]} */
  #shapes() {
    const { x } = this.graph;
    const [up, down] = this.counts;
    const beside = 0.78 * x.to;
    const zero = [x.from, x.to].map((at) => [at, 0]);
    return [
      ...bars(up, x.to / BINS, NORMAL_COLOR),
      ...(this.#revealed ? bars(down, x.to / BINS, STRANGE_COLOR, -1) : []),
      { line: zero, kind: "ls-zero" },
      { text: `digits it knows (${this.normal.length})`, at: [beside, 0.35 * Math.max(...up)] },
      {
        text: this.#revealed ? `4s (${this.strange.length})` : "4s: predict first",
        at: [beside, -0.95 * Math.max(...down)],
      },
      { rule: this.threshold, text: "threshold", kind: "ls-threshold" },
      { rule: Math.min(this.#score, x.to), text: `this image ${show(this.#score)}`, down: 1, dashes: "5 4" },
    ];
  }
}

/**
 * @param {number[]} counts
 * @param {number} width  Of a bin.
 * @param {string} color
 * @param {1 | -1} sign  Upwards or downwards.
 * @returns {GraphShape[]}
 */
const bars = (counts, width, color, sign = 1) =>
  counts.flatMap((count, i) => (count ? [{ bar: [i * width, (i + 1) * width, 0, sign * count], color }] : []));

/**
 * @param {string} name
 * @param {string} kind  Which colour goes before it.
 * @param {string} text
 */
const line = (name, kind, text) => element("p", {}, element("i", { class: kind }), element("strong", {}, name), text);
