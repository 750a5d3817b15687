/**
 * Images beside their reconstructions.
 *
 * @import { Tensor } from "../network/safetensors.js"
 */
import { contextOf } from "../network/picture.js";

/** Images are shown crisp up to this many pixels a side. */
const CRISP = 64;

/**
 * Draw images in rows, each with its reconstruction right below it.
 * @param {HTMLCanvasElement} canvas
 * @param {Tensor} shown  (N, H, W, C).
 * @param {ArrayLike<number>} pictures  What the model makes of them, in the same order.
 */
export function drawPairs(canvas, { shape: [count, height, width, channels], data }, pictures) {
  const columns = Math.min(4, count);
  const gap = Math.max(2, Math.round(width / 8));
  const little = Math.max(1, Math.round(width / 28));
  const pair = 2 * height + little;
  canvas.width = columns * (width + gap) - gap;
  canvas.height = Math.ceil(count / columns) * (pair + gap) - gap;
  canvas.dataset.crisp = String(width <= CRISP);
  const context = contextOf(canvas);
  for (let i = 0; i < count; i++) {
    const left = (i % columns) * (width + gap);
    const top = Math.floor(i / columns) * (pair + gap);
    [data, pictures].forEach((pixels, below) => {
      const image = context.createImageData(width, height);
      paint(image.data, pixels, i * height * width * channels, channels);
      context.putImageData(image, left, top + below * (height + little));
    });
  }
}

/**
 * @param {Uint8ClampedArray} target  Red, green, blue and opacity in turn.
 * @param {ArrayLike<number>} pixels
 * @param {number} from  Where the image begins among them.
 * @param {number} channels
 */
function paint(target, pixels, from, channels) {
  for (let i = 0; 4 * i < target.length; i++) {
    for (let c = 0; c < 3; c++) target[4 * i + c] = pixels[from + i * channels + Math.min(c, channels - 1)];
    target[4 * i + 3] = 255;
  }
}
