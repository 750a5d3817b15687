/**
 * A pad of the dataset's size to draw on, or to drop an image onto.
 *
 * @import { ImageSize } from "../network/picture.js"
 * @import { CanvasElements } from "./elements.js"
 * @import { Judgement } from "./judgement.js"
 */
import { show } from "../shared/show.js";
import { SketchPad } from "../shared/sketch_pad.js";
import { OFF_DATA } from "../shared/trust.js";
import { catchDrops } from "./dropping.js";
import { readPicture } from "./file_picture.js";

export class DrawingPad {
  #elements;
  #extent;
  /** Where the image comes from, and what had to be done to it. */
  #origin = "";
  #signal;
  #size;
  #sketch;

  /**
   * @param {CanvasElements} elements
   * @param {ImageSize} size  Of the dataset's images.
   * @param {number[]} background  Its colour, a number a channel or one for all.
   * @param {number} extent  Of their side (0 to 1), what their ink takes at the most.
   * @param {(done: boolean) => void} changed  Called with `done` at the end of a stroke.
   * @param {AbortSignal} signal  Another run takes over the pad.
   */
  constructor(elements, size, background, extent, changed, signal) {
    this.#elements = elements;
    this.#extent = extent;
    this.#size = size;
    this.#signal = signal;
    const inColour = size.channels > 1;
    const color = inColour ? () => this.#ink() : undefined;
    const begin = () => {
      this.#origin = "";
      this.#complain("");
    };
    this.#sketch = new SketchPad(elements.pad, size, background, { changed, begin, color, signal });
    elements.inkChoice.hidden = !inColour;
    this.say(null);
    this.#listen();
  }

  get image() {
    return this.#sketch.image;
  }

  get background() {
    return this.#sketch.background;
  }

  /** Whether nothing is on it. */
  get isBlank() {
    return this.image.every((value, i) => value === Math.fround(this.background[i % this.#size.channels]));
  }

  #listen() {
    const { pad, drawing, file } = this.#elements;
    const dropping = {
      over: (/** @type {boolean} */ isOver) => pad.classList.toggle("lc-over", isOver),
      drop: (/** @type {File | undefined} */ dropped) => {
        if (!pad.getClientRects().length) return; // one of several canvases shows no pad
        drawing.scrollIntoView({ block: "nearest" });
        if (dropped) this.open(dropped);
        else this.#complain("That was a link to a picture, not a picture: save it, then drop the file.");
      },
    };
    catchDrops(dropping, this.#signal);
    const choose = () => {
      if (file.files?.length) this.open(file.files[0]);
      file.value = "";
    };
    file.addEventListener("change", choose, { signal: this.#signal });
  }

  clear() {
    this.#origin = "";
    this.#complain("");
    this.#sketch.clear();
    this.say(null);
  }

  invert() {
    this.#sketch.take(this.image.map((value) => 1 - value));
  }

  /** @param {Float32Array} image */
  copy(image) {
    this.#origin = "";
    this.#complain("");
    this.#sketch.take(image);
  }

  /**
   * Take over a file's picture.
   * @param {File} file
   */
  async open(file) {
    this.#complain("");
    const picture = await readPicture(file, this.#size, this.background, this.#extent);
    if (this.#signal.aborted) return;
    if (!picture) {
      this.#complain(`The browser cannot read “${file.name}” as a picture: a PNG or JPEG file would do.`);
      return;
    }
    const where = picture.isOnOpposite
      ? " Its ink would not show on the background of these images, so it lies on the opposite one."
      : "";
    const done = [picture.isFitted && "smaller", picture.isStrengthened && "stronger"].filter(Boolean).join(" and ");
    const ink = done && ` Its ink was made ${done}, as it is in these images.`;
    this.#origin = `“${file.name}” is on the pad.${where}${ink} `;
    this.#sketch.take(picture.image);
  }

  /**
   * Say how the model takes what is on the pad, and point to what would turn it where it looks inverted.
   * @param {Judgement | null} judgement
   */
  say(judgement) {
    const { judged, invert } = this.#elements;
    invert.classList.toggle("lc-wanted", judgement?.isInverted ?? false);
    judged.textContent = judgement ? this.#origin + describe(judgement, this.background) : "";
    judged.classList.toggle("lc-unlike", (judgement?.share ?? 0) > OFF_DATA);
  }

  /** @param {string} problem */
  #complain(problem) {
    this.#elements.padProblem.textContent = problem;
  }

  #ink() {
    const rgb = Number.parseInt(this.#elements.ink.value.slice(1), 16);
    return [rgb >> 16, (rgb >> 8) & 255, rgb & 255].map((value) => value / 255);
  }
}

/**
 * A judgement in words.
 * @param {Judgement} judgement
 * @param {number[]} background
 */
function describe({ error, share, typical, isInverted }, background) {
  const isDark = background.reduce((sum, value) => sum + value, 0) < background.length / 2;
  const inverted = isInverted
    ? ` It looks inverted: these images are ${isDark ? "light on dark" : "dark on light"}. “Invert” swaps the two.`
    : "";
  if (share === null || typical === null) return `Reconstruction error ${show(error)}.${inverted}`;
  const compared = `Reconstruction error ${show(error)}, typically ${show(typical)} in held-out images`;
  const words =
    share > OFF_DATA
      ? `Unlike the images: reconstructed worse than 99 in 100 of them. ${compared}.`
      : `${compared}: ${Math.round(100 * share)} in 100 do better.`;
  return words + inverted;
}
