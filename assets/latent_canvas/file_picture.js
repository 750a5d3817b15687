/**
 * Pictures from files.
 *
 * @import { ImageSize } from "../network/picture.js"
 *
 * @typedef {object} Flat  A picture without transparency.
 * @property {Float32Array} image  (height, width, channels), values from 0 to 1.
 * @property {boolean} isOnOpposite  Its ink would not have shown on the background.
 */
import { contextOf } from "../network/picture.js";

/** What ink must differ by from what is behind it to be seen. */
const VISIBLE = 0.25;

/**
 * A picture's middle square at another size; null if the browser cannot read it.
 * @param {File | undefined} file
 * @param {ImageSize} size
 * @param {number[]} background  Below what lets it shine through, a number a channel.
 * @returns {Promise<Flat | null>}
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
  const side = Math.min(bitmap.width, bitmap.height);
  context.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, width, height);
  bitmap.close();
  return flatten(context.getImageData(0, 0, width, height).data, channels, background);
}

/**
 * Lay a picture onto the images' background or, where its ink would not show there, onto the opposite.
 * @param {ArrayLike<number>} rgba  From 0 to 255.
 * @param {number} channels  1 or 3.
 * @param {number[]} background  A number a channel.
 * @returns {Flat}
 */
export function flatten(rgba, channels, background) {
  const image = onGround(rgba, channels, background);
  const opposite = background.map((value) => (value < 0.5 ? 1 : 0));
  const isClear = Array.from({ length: rgba.length / 4 }, (_, i) => rgba[4 * i + 3]).some((alpha) => alpha < 255);
  if (!isClear || contrast(image, background) >= VISIBLE) return { image, isOnOpposite: false };
  const other = onGround(rgba, channels, opposite);
  const isOnOpposite = contrast(other, opposite) > contrast(image, background);
  return { image: isOnOpposite ? other : image, isOnOpposite };
}

/**
 * Pixels of a canvas as an image, on a background; grey by BT.601, as Pillow has it.
 * @param {ArrayLike<number>} rgba
 * @param {number} channels
 * @param {number[]} ground
 */
function onGround(rgba, channels, ground) {
  const image = new Float32Array((rgba.length / 4) * channels);
  for (let i = 0, j = 0; i < rgba.length; i += 4) {
    const rgb = [rgba[i] / 255, rgba[i + 1] / 255, rgba[i + 2] / 255];
    const alpha = rgba[i + 3] / 255;
    const values = channels === 1 ? [0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]] : rgb;
    values.forEach((value, c) => {
      image[j++] = alpha * value + (1 - alpha) * ground[c];
    });
  }
  return image;
}

/**
 * The most that any pixel differs from a background.
 * @param {Float32Array} image
 * @param {number[]} ground
 */
function contrast(image, ground) {
  return image.reduce((most, value, i) => Math.max(most, Math.abs(value - ground[i % ground.length])), 0);
}
