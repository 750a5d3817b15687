/**
 * Images on canvas elements.
 *
 * @typedef {{ width: number, height: number, channels: number }} ImageSize  For instance a network.
 */

/**
 * The pen of a canvas, which every browser has.
 * @param {HTMLCanvasElement} canvas
 */
export function contextOf(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/** Paints images onto a canvas element, one pixel a pixel; style sheets make them large. */
export class Picture {
  /**
   * @param {HTMLCanvasElement} element
   * @param {ImageSize} size
   * @param {number} shown  Pixels of the screen that it is given: larger images are smoothed instead of losing lines.
   */
  constructor(element, { width, height, channels }, shown = width) {
    if (width > shown) element.style.imageRendering = "auto";
    element.width = width;
    element.height = height;
    this.element = element;
    this.channels = channels;
    this.width = width;
    this.context = contextOf(element);
    this.pixels = this.context.createImageData(width, height);
    this.pixels.data.fill(255);
  }

  /**
   * @param {ArrayLike<number>} image  (height, width, channels), values from 0 to 1.
   * @param {number} column  How many images are to the left of it.
   */
  paint(image, column = 0) {
    const { data } = this.pixels;
    const { channels } = this;
    for (let i = 0, j = 0; i < data.length; i += 4, j += channels) {
      data[i] = 255 * image[j];
      data[i + 1] = 255 * image[channels > 1 ? j + 1 : j];
      data[i + 2] = 255 * image[channels > 1 ? j + 2 : j];
    }
    this.context.putImageData(this.pixels, column * this.width, 0);
  }

  /**
   * Paint `count` images beside each other.
   * @param {Float32Array} images
   * @param {number} count
   */
  paintAll(images, count) {
    if (this.element.width !== count * this.width) this.element.width = count * this.width;
    const size = images.length / count;
    for (let i = 0; i < count; i++) this.paint(images.subarray(i * size, (i + 1) * size), i);
  }
}
