/**
 * Pictures from files.
 *
 * @import { ImageSize } from "../network/picture.js"
 *
 * @typedef {object} Flat  A picture without transparency.
 * @property {Float32Array} image  (height, width, channels), values from 0 to 1.
 * @property {boolean} isOnOpposite  Its ink would not have shown on the background.
 *
 * And what else was done to it: its ink was made smaller, or stronger.
 * @typedef {Flat & { isFitted: boolean, isStrengthened: boolean }} Given
 */
import { contextOf } from "../network/picture.js";
import { findInk, greyOf, squareOf, strengthen } from "./ink.js";

/** What ink must differ by from what is behind it to be seen. */
const VISIBLE = 0.25;
/** Pixels a side, at the most, of what is looked at to find ink. */
const LOOKED_AT = 256;

/**
 * A file's picture at the size of the images; null if the browser cannot read it. Of most it is the middle square. Ink on
 * a plain ground gets the margin that the images have and, where they are grey, is as strong as theirs in any colour.
 * @param {File | undefined} file
 * @param {ImageSize} size
 * @param {number[]} background  Below what lets it shine through, a number a channel.
 * @param {number} extent  Of an image's side (0 to 1), what the images' own ink takes at the most.
 * @returns {Promise<Given | null>}
 */
export async function readPicture(file, { width, height, channels }, background, extent) {
  if (!file) return null;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return null;
  }
  const scale = Math.min(1, LOOKED_AT / Math.max(bitmap.width, bitmap.height));
  const [across, down] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(scale * side)));
  const seen = findInk(draw(bitmap, [0, 0, bitmap.width, bitmap.height], across, down));
  // An image of the dataset, given back, stays what it is.
  const ink = bitmap.width === width && bitmap.height === height && !seen?.isClear ? null : seen;
  const [left, top, side] = squareOf(ink, bitmap, extent, 1 / width);
  const { data } = draw(bitmap, [left, top, side, side], width, height, ink?.isClear ? undefined : ink?.ground);
  const isFitted = side > Math.min(bitmap.width, bitmap.height);
  bitmap.close();
  const flat = flatten(data, channels, background);
  const [own] = background;
  const behind = ink?.isClear ? (flat.isOnOpposite ? Number(own < 0.5) : own) : greyOf(ink?.ground ?? [0, 0, 0]);
  const isStrengthened = ink !== null && channels === 1 && strengthen(flat.image, ink, behind);
  return { ...flat, isFitted, isStrengthened };
}

/**
 * Part of a picture at another size.
 * @param {ImageBitmap} bitmap
 * @param {[number, number, number, number]} part  Left, top, width and height; it may go beyond the picture.
 * @param {number} width
 * @param {number} height
 * @param {number[]} [beyond]  What is there, RGB from 0 to 255; nothing by default.
 */
function draw(bitmap, part, width, height, beyond) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = contextOf(canvas);
  context.imageSmoothingQuality = "high";
  if (beyond) {
    context.fillStyle = `rgb(${beyond.join(" ")})`;
    context.fillRect(0, 0, width, height);
  }
  context.drawImage(bitmap, ...part, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
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
 * Pixels of a canvas as an image, on a background.
 * @param {ArrayLike<number>} rgba
 * @param {number} channels
 * @param {number[]} ground
 */
function onGround(rgba, channels, ground) {
  const image = new Float32Array((rgba.length / 4) * channels);
  for (let i = 0, j = 0; i < rgba.length; i += 4) {
    const rgb = [rgba[i] / 255, rgba[i + 1] / 255, rgba[i + 2] / 255];
    const alpha = rgba[i + 3] / 255;
    const values = channels === 1 ? [greyOf([rgba[i], rgba[i + 1], rgba[i + 2]])] : rgb;
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
