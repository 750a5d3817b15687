/**
 * A model that never saw one of the digits: reconstruction errors of those it was trained on, and of that one.
 *
 * @import { Given } from "./stage/mount.js"
 * @import { Tensor } from "../network/safetensors.js"
 *
 * `AnomaliesSpec` of pages/_lessons/anomalies.py: the strange name is that of the digit that it never saw.
 * @typedef {{ label_names: string[], strange_name: string }} AnomaliesSpec
 *
 * @typedef {{ images: Float32Array[], scores: number[] }} Group
 * @typedef {{ image: Float32Array, name: string }} Offer
 */

import { show } from "../shared/show.js";
import { ScoreGraph } from "./anomalies_scores.js";
import { button, element, note, part, row } from "./stage/elements.js";
import { sum } from "./stage/maths.js";
import { figure } from "./stage/mount.js";
import { Paper } from "./stage/paper.js";
import { HeatView, ImageView, imagesOf } from "./stage/pictures.js";
import { Tray } from "./stage/tiles.js";

const PAPER_LABEL = "The image, to paint on. Arrow keys choose a pixel, the space bar turns it white or black.";
/** Which of the strange images are offered, by their place in the order of scores. */
const STRANGE_OFFERS = [
  { share: 0, score: "the lowest score" },
  { share: 0.25, score: "a low score" },
  { share: 0.5, score: "a middling score" },
  { share: 0.75, score: "a high score" },
  { share: 1, score: "the highest score" },
];

class Anomalies {
  /** @type {Float32Array} The image as it was before it was painted on. */
  #unpainted = new Float32Array();
  /** The score of the image that is shown. */
  #score = 0;

  /** @param {Given<AnomaliesSpec>} given */
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.vae;
    this.strangeName = spec.strange_name;
    this.normal = this.#group(arrays.normal);
    this.strange = this.#group(arrays.strange);
    // The threshold starts at what other images say than those that are counted.
    const others = this.#group(arrays.validation).scores;
    this.scores = new ScoreGraph(this.normal.scores, this.strange.scores, others, spec.strange_name, () =>
      this.#describeScore(),
    );
    const labels = arrays.labels.data;
    this.pixelNote = element("span", { class: "ls-pixel-note", "aria-live": "polite" });
    this.paper = this.#paper();
    this.back = new ImageView(this.network, "Reconstruction", { side: 150 });
    this.errors = new HeatView(this.network, "Error of each pixel", { side: 150 });
    this.undo = button("Undo painting", () => this.#show(this.#unpainted), "Back to the image as it was");
    this.score = note("", true);
    this.score.classList.add("ls-score");
    // One of each digit that it was trained on, then some of the other, from easy to hard.
    this.offers = spec.label_names.flatMap((name, label) => {
      const at = labels.indexOf(label);
      return at < 0 ? [] : [{ image: this.normal.images[at], name: `A “${name}”` }];
    });
    const hardest = this.normal.scores.indexOf(Math.max(...this.normal.scores));
    this.hardest = {
      name: `A “${spec.label_names[labels[hardest]]}” with the highest score`,
      image: this.normal.images[hardest],
    };
    this.tray = element("div");
    this.#offer(this.offers);
    root.append(
      row(
        this.paper.view.element,
        this.back.element,
        this.errors.element,
        element("div", { class: "ls-column ls-scored" }, this.score, this.undo),
      ),
      part("Choose an image that was held out of training", this.tray),
      this.scores.element,
    );
    this.#show(this.offers[0].image);
  }

  /** From now on, the digit that it never saw is there. */
  reveal() {
    this.scores.reveal();
    const { images, scores } = this.strange;
    const order = [...scores.keys()].sort((a, b) => scores[a] - scores[b]);
    const strange = STRANGE_OFFERS.map(({ share, score }) => ({
      image: images[order[Math.round(share * (order.length - 1))]],
      name: `A “${this.strangeName}” with ${score}`,
    }));
    this.#offer([...this.offers, this.hardest, ...strange], this.offers.length + 3);
    this.#show(strange[2].image);
  }

  /**
   * Images and their scores.
   * @param {Tensor} array
   * @returns {Group}
   */
  #group(array) {
    const images = imagesOf(array);
    return { images, scores: images.map((image) => sum(this.#reconstruct(image).terms)) };
  }

  /** The image that is shown, to paint on. */
  #paper() {
    const view = new ImageView(this.network, "Paint on it", { side: 150 });
    view.canvas.removeAttribute("role");
    view.canvas.setAttribute("aria-hidden", "true");
    const paper = new Paper(
      view,
      this.network,
      PAPER_LABEL,
      (image) => {
        this.#judge(image);
        this.undo.disabled = false;
      },
      () => this.#describePixel(),
    );
    paper.element.append(this.pixelNote);
    return paper;
  }

  #describePixel() {
    const [x, y] = this.paper.pad.pixel;
    this.pixelNote.textContent = `Row ${y + 1}, column ${x + 1}: ${show(this.paper.value)}`;
  }

  /**
   * An image as the model reconstructs it, and the squared error of each pixel.
   * @param {Float32Array} image
   */
  #reconstruct(image) {
    const back = this.network.decode(this.network.encode(image).mu).slice();
    return { back, terms: Array.from(image, (x, i) => (x - back[i]) ** 2) };
  }

  /** @param {Offer[]} offers */
  #offer(offers, chosen = 0) {
    const tray = new Tray(
      this.network,
      offers.map(({ image }) => image),
      offers.map(({ name }) => name),
      chosen,
      (i) => this.#show(offers[i].image),
    );
    this.tray.replaceChildren(tray.element);
  }

  /**
   * Begin with an image.
   * @param {Float32Array} image
   */
  #show(image) {
    this.#unpainted = image;
    this.#judge(image);
    this.undo.disabled = true;
  }

  /** @param {Float32Array} image */
  #judge(image) {
    this.paper.view.paint(image);
    this.#describePixel();
    const { back, terms } = this.#reconstruct(image);
    this.back.paint(back);
    this.errors.paint(terms, 0.5);
    this.#score = sum(terms);
    this.#describeScore();
  }

  #describeScore() {
    this.score.replaceChildren(
      "Score of this image ",
      element("strong", {}, show(this.#score)),
      ` ${this.#score > this.scores.threshold ? "above the threshold: flagged" : "below the threshold: passes"}`,
    );
    this.scores.show(this.#score);
  }
}

export default figure(Anomalies);
