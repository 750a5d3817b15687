/**
 * An image to draw on with a round brush: by touch, pen, mouse, or arrow keys and the space bar.
 *
 * @import { ImageSize } from "../network/picture.js"
 * @import { Spot } from "./pad.js"
 *
 * @typedef {object} SketchOptions
 * @property {(done: boolean) => void} changed  A stroke went on, or with `done` came to its end.
 * @property {() => void} [begin]  A stroke begins: the image is still what it was.
 * @property {() => number[]} [color]  What to draw with, a number a channel; by default what stands out.
 * @property {AbortSignal} [signal]  Ends listening.
 */
import { Picture } from "../network/picture.js";
import { PixelPad } from "./pad.js";

export class SketchPad {
  /**
   * Where the brush is, pixels' middles at whole numbers.
   * @type {Spot}
   */
  #brush = [0, 0];
  #element;
  #options;
  #picture;
  #pixels;
  #size;

  /**
   * @param {HTMLCanvasElement} element  Able to have the focus.
   * @param {ImageSize} size
   * @param {number[]} background  Its colour, a number a channel or one for all.
   * @param {SketchOptions} options
   */
  constructor(element, size, background, options) {
    this.#element = element;
    this.#size = size;
    this.#options = options;
    const { width, height, channels } = size;
    this.background = Array.from({ length: channels }, (_, c) => background[c] ?? background[0]);
    /** (height, width, channels), values from 0 to 1. */
    this.image = new Float32Array(width * height * channels);
    this.#picture = new Picture(element, size);
    this.#pixels = new PixelPad(element, size, {
      choose: () => this.#paint(),
      press: (spot) => this.#press(spot),
      drag: (spots) => {
        for (const spot of spots) this.#stroke(spot);
      },
      release: () => options.changed(true),
      signal: options.signal,
    });
    element.addEventListener("blur", () => this.#paint(), { signal: options.signal });
    this.clear();
  }

  clear() {
    const { channels } = this.#size;
    for (let i = 0; i < this.image.length; i++) this.image[i] = this.background[i % channels];
    this.#paint();
  }

  /**
   * Show an image instead.
   * @param {Float32Array} image
   */
  take(image) {
    this.image.set(image);
    this.#paint();
    this.#options.changed(true);
  }

  #paint() {
    this.#picture.paint(this.image);
    if (document.activeElement !== this.#element || !this.#element.matches(":focus-visible")) return;
    const { context } = this.#picture;
    const [column, row] = this.#pixels.pixel;
    context.strokeStyle = "#e5007e";
    context.lineWidth = 0.5;
    context.strokeRect(column + 0.25, row + 0.25, 0.5, 0.5);
  }

  /** @param {Spot} spot */
  #press([x, y]) {
    this.#options.begin?.();
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
    this.#options.changed(false);
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
    return this.#options.color?.() ?? this.background.map((value) => (value < 0.5 ? 1 : 0));
  }
}
