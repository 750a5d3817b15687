/**
 * Images, and a number for each pixel as a colour.
 *
 * @import { ImageSize } from "../../network/picture.js"
 */
import { Picture } from "../../network/picture.js";
import { show } from "../../shared/show.js";
import { element } from "./elements.js";

/**
 * uint8 images (N, H, W, C) as an array of N images with values from 0 to 1.
 * @param {{ shape: number[], data: ArrayLike<number> }} images
 */
export function imagesOf({ shape, data }) {
  const size = data.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) =>
    Float32Array.from({ length: size }, (_, j) => data[i * size + j] / 255),
  );
}

/**
 * Images one after another, as a network decodes them.
 * @param {ArrayLike<number>[]} images
 */
export function joined(images) {
  const all = new Float32Array(images.length * images[0].length);
  images.forEach((image, i) => {
    all.set(image, i * image.length);
  });
  return all;
}

/** An image with a caption below it, every pixel a crisp square. */
export class ImageView {
  /** What is shown: (height, width, channels), values from 0 to 1. */
  image = new Float32Array();

  /**
   * @param {ImageSize} size
   * @param {string} caption
   * @param {{ side?: number, alt?: string }} options  How wide it is, in sixteenths of a rem.
   */
  constructor(size, caption, { side = 132, alt = caption } = {}) {
    this.canvas = element("canvas", { class: "ls-image", role: "img", "aria-label": alt });
    this.caption = element("figcaption", {}, caption);
    this.element = element(
      "figure",
      { class: "ls-picture", style: `--ls-side:${side / 16}rem` },
      this.canvas,
      this.caption,
    );
    this.picture = new Picture(this.canvas, size);
  }

  /** @param {ArrayLike<number>} image */
  paint(image) {
    this.image = Float32Array.from(image);
    this.picture.paint(this.image);
  }

  /** @param {string} caption */
  describe(caption) {
    this.caption.textContent = caption;
    this.canvas.setAttribute("aria-label", caption);
  }
}

/** From nothing to much: dark blue to yellow, told apart with any colour vision, and in grey. */
const HEAT = [
  [0, 32, 77],
  [60, 77, 110],
  [124, 123, 120],
  [187, 175, 113],
  [255, 234, 70],
];

/**
 * The colour of a share: red, green and blue, each from 0 to 1.
 * @param {number} share
 */
export function heat(share) {
  const at = Math.max(0, Math.min(1, share)) * (HEAT.length - 1);
  const low = Math.min(Math.floor(at), HEAT.length - 2);
  return HEAT[low].map((value, c) => (value + (at - low) * (HEAT[low + 1][c] - value)) / 255);
}

/**
 * What the colours of `heat` mean.
 * @param {string | Node} most  What the brightest stands for.
 * @param {string} least  What the darkest stands for.
 */
export function heatKey(most, least = "0") {
  const stops = HEAT.map((color) => `rgb(${color})`).join(",");
  return element(
    "div",
    { class: "ls-key" },
    element("span", {}, least),
    element("i", { style: `background:linear-gradient(90deg,${stops})` }),
    typeof most === "string" ? element("span", {}, most) : most,
  );
}

/** A number for each pixel, as a colour, with a key below it. */
export class HeatView {
  /**
   * @param {{ width: number, height: number }} size
   * @param {string} caption
   * @param {{ side?: number, unit?: string }} options
   */
  constructor({ width, height }, caption, { side = 132, unit = "" } = {}) {
    this.view = new ImageView({ width, height, channels: 3 }, caption, { side });
    this.canvas = this.view.canvas;
    this.element = this.view.element;
    this.unit = unit;
    this.most = element("span");
    this.element.append(heatKey(this.most));
  }

  /**
   * @param {ArrayLike<number>} values  One a pixel, from 0 on.
   * @param {number} most  The brightest colour's.
   */
  paint(values, most) {
    const colors = new Float32Array(3 * values.length);
    for (let i = 0; i < values.length; i++) colors.set(heat(values[i] / most), 3 * i);
    this.view.paint(colors);
    this.most.textContent = `${show(most)} ${this.unit}`;
  }
}
