/**
 * A pad of the dataset's size to draw on, or to drop an image onto.
 *
 * @import { ImageSize } from "../network/picture.js"
 * @import { Spot } from "../shared/pad.js"
 * @import { CanvasElements } from "./elements.js"
 */
import { Picture } from "../network/picture.js";
import { PixelPad } from "../shared/pad.js";
import { readPicture } from "./file_picture.js";

export class DrawingPad {
  #changed;
  #elements;
  /**
   * Where the brush is, pixels' middles at whole numbers.
   * @type {Spot}
   */
  #brush = [0, 0];
  #picture;
  #pixels;
  #signal;
  #size;

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
    this.#changed = changed;
    this.#signal = signal;
    const { width, height, channels } = size;
    this.background = Array.from({ length: channels }, (_, c) => background[c] ?? background[0]);
    this.image = new Float32Array(width * height * channels);
    this.#picture = new Picture(elements.pad, size);
    this.#pixels = new PixelPad(elements.pad, size, {
      choose: () => this.#paint(),
      press: (spot) => this.#press(spot),
      drag: (spots) => {
        for (const spot of spots) this.#stroke(spot);
      },
      release: () => changed(true),
      signal,
    });
    elements.inkChoice.hidden = channels === 1;
    this.clear();
    this.#listen();
  }

  #listen() {
    const { pad, drawing, file } = this.#elements;
    const options = { signal: this.#signal };
    pad.addEventListener("blur", () => this.#paint(), options);
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
    const { channels } = this.#size;
    for (let i = 0; i < this.image.length; i++) this.image[i] = this.background[i % channels];
    this.#paint();
  }

  invert() {
    this.#take(this.image.map((value) => 1 - value));
  }

  /** @param {Float32Array} image */
  copy(image) {
    this.#take(image);
  }

  /** @param {Float32Array} image */
  #take(image) {
    this.image.set(image);
    this.#paint();
    this.#changed(true);
  }

  /**
   * Take over a file's picture.
   * @param {File | undefined} file
   */
  async open(file) {
    const { drawing, padProblem } = this.#elements;
    drawing.open = true; // it can be dropped on the title as well
    padProblem.textContent = "";
    const image = await readPicture(file, this.#size, this.background);
    if (this.#signal.aborted) return;
    if (image) this.#take(image);
    else padProblem.textContent = "That is not a picture this browser can read: a PNG or JPEG file would do.";
  }

  #paint() {
    const { pad } = this.#elements;
    this.#picture.paint(this.image);
    if (document.activeElement !== pad || !pad.matches(":focus-visible")) return;
    const { context } = this.#picture;
    const [column, row] = this.#pixels.pixel;
    context.strokeStyle = "#e5007e";
    context.lineWidth = 0.5;
    context.strokeRect(column + 0.25, row + 0.25, 0.5, 0.5);
  }

  /** @param {Spot} spot */
  #press([x, y]) {
    this.#brush = [x - 0.5, y - 0.5];
    this.#stroke([x, y]);
  }

  /**
   * Paint from where the brush was to a spot, in steps of half a pixel.
   * @param {Spot} spot
   */
  #stroke(spot) {
    const [fromX, fromY] = this.#brush;
    const [x, y] = [spot[0] - 0.5, spot[1] - 0.5];
    const steps = Math.ceil(2 * Math.hypot(x - fromX, y - fromY)) || 1;
    for (let i = 1; i <= steps; i++) {
      this.#dab(fromX + ((x - fromX) * i) / steps, fromY + ((y - fromY) * i) / steps);
    }
    this.#brush = [x, y];
    this.#paint();
    this.#changed(false);
  }

  /**
   * A soft round dab; strokes are then as thick and as smooth as those of handwritten digits.
   * @param {number} x
   * @param {number} y
   */
  #dab(x, y) {
    const { width, height, channels } = this.#size;
    const radius = Math.max(0.9, width / 22);
    const color = this.#color();
    const [top, bottom] = [Math.max(0, Math.floor(y - radius - 1)), Math.min(height - 1, y + radius + 1)];
    const [left, right] = [Math.max(0, Math.floor(x - radius - 1)), Math.min(width - 1, x + radius + 1)];
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const cover = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(column - x, row - y)));
        for (let c = 0; c < channels; c++) {
          const at = (row * width + column) * channels + c;
          const ground = this.background[c];
          // Towards the ink, never back: dabs overlap without growing darker than one.
          const wanted = ground + cover * (color[c] - ground);
          if (channels > 1) this.image[at] += cover * (color[c] - this.image[at]);
          else if (Math.abs(wanted - ground) > Math.abs(this.image[at] - ground)) this.image[at] = wanted;
        }
      }
    }
  }

  #color() {
    if (this.#size.channels === 1) return [this.background[0] < 0.5 ? 1 : 0];
    const rgb = Number.parseInt(this.#elements.ink.value.slice(1), 16);
    return [rgb >> 16, (rgb >> 8) & 255, rgb & 255].map((value) => value / 255);
  }
}
