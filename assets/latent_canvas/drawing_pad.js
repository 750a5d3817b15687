/**
 * A pad of the dataset's size to draw on, or to drop an image onto.
 *
 * @import { ImageSize } from "../network/picture.js"
 * @import { CanvasElements } from "./elements.js"
 */
import { SketchPad } from "../shared/sketch_pad.js";
import { readPicture } from "./file_picture.js";

export class DrawingPad {
  #elements;
  #signal;
  #size;
  #sketch;

  /**
   * @param {CanvasElements} elements
   * @param {ImageSize} size  Of the dataset's images.
   * @param {number[]} background  Its colour, a number a channel or one for all.
   * @param {(done: boolean) => void} changed  Called with `done` at the end of a stroke.
   * @param {AbortSignal} signal  Another run takes over the pad.
   */
  constructor(elements, size, background, changed, signal) {
    this.#elements = elements;
    this.#size = size;
    this.#signal = signal;
    const inColour = size.channels > 1;
    const color = inColour ? () => this.#ink() : undefined;
    this.#sketch = new SketchPad(elements.pad, size, background, { changed, color, signal });
    elements.inkChoice.hidden = !inColour;
    this.#listen();
  }

  get image() {
    return this.#sketch.image;
  }

  #listen() {
    const { pad, drawing, file } = this.#elements;
    const options = { signal: this.#signal };
    const drag = (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      pad.classList.toggle("lc-over", event.type === "dragover");
      if (event.type === "drop") this.open(event.dataTransfer?.files[0]);
    };
    drawing.addEventListener("dragover", drag, options);
    drawing.addEventListener("dragleave", drag, options);
    drawing.addEventListener("drop", drag, options);
    const choose = () => {
      this.open(file.files?.[0]);
      file.value = "";
    };
    file.addEventListener("change", choose, options);
  }

  clear() {
    this.#sketch.clear();
  }

  invert() {
    this.#sketch.take(this.image.map((value) => 1 - value));
  }

  /** @param {Float32Array} image */
  copy(image) {
    this.#sketch.take(image);
  }

  /**
   * Take over a file's picture.
   * @param {File | undefined} file
   */
  async open(file) {
    const { padProblem } = this.#elements;
    padProblem.textContent = "";
    const image = await readPicture(file, this.#size, this.#sketch.background);
    if (this.#signal.aborted) return;
    if (image) this.#sketch.take(image);
    else padProblem.textContent = "That is not a picture this browser can read: a PNG or JPEG file would do.";
  }

  #ink() {
    const rgb = Number.parseInt(this.#elements.ink.value.slice(1), 16);
    return [rgb >> 16, (rgb >> 8) & 255, rgb & 255].map((value) => value / 255);
  }
}
