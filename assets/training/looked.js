/**
 * The image whose code is nearest to where one is on the map.
 *
 * @import { TrainingImages } from "./images.js"
 */
import { element, note } from "../lessons/stage/elements.js";
import { Picture } from "../network/picture.js";

export class Looked {
  /** @type {Picture | null} */
  #picture = null;

  constructor() {
    this.canvas = element("canvas", { class: "ls-image", "aria-hidden": "true", style: "visibility:hidden" });
    this.words = note("Move over the map: the nearest image is shown here.", true);
    this.element = element("div", { class: "tr-looked" }, this.canvas, this.words);
  }

  /**
   * @param {TrainingImages} images
   * @param {ArrayLike<number>} places  Of all images, x and y in turn.
   * @param {number[]} place
   */
  show({ arrays: { thumbs, numbers, labels }, spec }, places, place) {
    const nearest = nearestTo(places, place);
    const [, height, width, channels] = thumbs.shape;
    const size = height * width * channels;
    this.#picture ??= new Picture(this.canvas, { width, height, channels });
    this.#picture.paint(Array.from(thumbs.data.subarray(nearest * size, (nearest + 1) * size), (value) => value / 255));
    this.canvas.style.visibility = "visible";
    const label = labels ? `, “${spec.label_names[labels.data[nearest]]}”` : "";
    this.words.textContent = `The nearest image: ${numbers.data[nearest]}${label}`;
  }
}

/**
 * Which of some places is nearest to another.
 * @param {ArrayLike<number>} places  x and y in turn.
 * @param {number[]} place
 */
export function nearestTo(places, [x, y]) {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let i = 0; 2 * i < places.length; i++) {
    const distance = (places[2 * i] - x) ** 2 + (places[2 * i + 1] - y) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}
