/**
 * Pictures from files.
 *
 * @import { ImageSize } from "../network/picture.js"
 */
import { contextOf } from "../network/picture.js";

/**
 * A picture's middle square at another size; null if the browser cannot read it.
 * @param {File | undefined} file
 * @param {ImageSize} size
 * @param {number[]} background  Below what lets it shine through, a number a channel.
 * @returns {Promise<Float32Array | null>}
 */
export async function readPicture(file, { width, height, channels }, background) {
  if (!file) return null;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return null;
  }
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = contextOf(canvas);
  context.imageSmoothingQuality = "high";
  context.fillStyle = `rgb(${[0, 1, 2].map((c) => 255 * background[c % channels])})`;
  context.fillRect(0, 0, width, height);
  const side = Math.min(bitmap.width, bitmap.height);
  context.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, width, height);
  bitmap.close();
  return toImage(context.getImageData(0, 0, width, height).data, channels);
}

/**
 * Pixels of a canvas as an image; grey by BT.601, as Pillow has it.
 * @param {ArrayLike<number>} rgba  From 0 to 255.
 * @param {number} channels  1 or 3.
 */
export function toImage(rgba, channels) {
  const image = new Float32Array((rgba.length / 4) * channels);
  for (let i = 0, j = 0; i < rgba.length; i += 4) {
    const rgb = [rgba[i] / 255, rgba[i + 1] / 255, rgba[i + 2] / 255];
    if (channels === 1) image[j++] = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
    else for (const value of rgb) image[j++] = value;
  }
  return image;
}
