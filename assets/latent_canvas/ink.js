/**
 * Ink on a plain ground: a symbol drawn elsewhere, or scanned, whose size and colour are not those of the images.
 *
 * @typedef {object} Pixels  Of a canvas.
 * @property {ArrayLike<number>} data  RGBA, from 0 to 255.
 * @property {number} width
 * @property {number} height
 *
 * @typedef {object} Ink
 * @property {number[]} ground  RGB, from 0 to 255.
 * @property {boolean} isClear  Instead of any colour, the ground is nothing.
 * @property {number[] | null} color  RGB, from 0 to 255; null where it has several.
 * @property {Box} box  Around it, as shares of the picture's width and height.
 *
 * @typedef {{ left: number, top: number, right: number, bottom: number }} Box
 * @typedef {[number, number, number]} Square  Left, top and side.
 */

/** What ink differs by from its ground, of 255. */
const STANDS_OUT = 64;
/** What two pixels of one colour differ by at the most, of 255. */
const ALIKE = 26;
/** Of the pixels at the border, those that must be alike for the ground to be plain: ink may run into the rest. */
const MOST_OF_BORDER = 0.7;
/** Of the ink's pixels, those that must be alike for it to be of one colour: the rest are edges. */
const MOST_OF_INK = 0.7;

/**
 * The ink of a picture; null where its ground is not plain, or it is nothing but ground.
 * @param {Pixels} pixels
 * @returns {Ink | null}
 */
export function findInk({ data, width, height }) {
  const pixel = (/** @type {number} */ i) => Array.from({ length: 4 }, (_, c) => data[4 * i + c]);
  const border = [];
  for (let x = 0; x < width; x++) border.push(x, (height - 1) * width + x);
  for (let y = 1; y < height - 1; y++) border.push(y * width, y * width + width - 1);
  const edge = border.map(pixel);
  const isClear = edge.filter((rgba) => rgba[3] < ALIKE).length >= MOST_OF_BORDER * edge.length;
  const ground = medianOf(edge);
  if (!isClear && edge.filter((rgba) => differ(rgba, ground) < ALIKE).length < MOST_OF_BORDER * edge.length)
    return null;

  const box = { left: width, top: height, right: 0, bottom: 0 };
  const strong = [];
  for (let i = 0; i < width * height; i++) {
    const rgba = pixel(i);
    const contrast = isClear ? rgba[3] : differ(rgba, ground);
    if (contrast <= STANDS_OUT) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x + 1);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y + 1);
    if (!isClear || rgba[3] > 127) strong.push(rgba);
  }
  if (!strong.length) return null;
  const color = medianOf(strong);
  const alike = strong.filter((rgba) => differ(rgba, color) < ALIKE).length;
  const shares = {
    left: box.left / width,
    top: box.top / height,
    right: box.right / width,
    bottom: box.bottom / height,
  };
  return { ground, isClear, color: alike < MOST_OF_INK * strong.length ? null : color, box: shares };
}

/**
 * The square of a picture to take: its middle or, where the ink would be larger there than that of the images or cut
 * off, the one around the ink that leaves their margin.
 * @param {Ink | null} ink
 * @param {{ width: number, height: number }} picture
 * @param {number} extent  Of an image's side (0 to 1), what the images' own ink takes at the most.
 * @param {number} tolerance  As a share of an image's side.
 * @returns {Square}
 */
export function squareOf(ink, { width, height }, extent, tolerance) {
  const side = Math.min(width, height);
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  if (!ink) return [left, top, side];
  const [from, to] = [width * ink.box.left, width * ink.box.right];
  const [above, below] = [height * ink.box.top, height * ink.box.bottom];
  const length = Math.max(to - from, below - above);
  const isCut = from < left || to > left + side || above < top || below > top + side;
  if (length <= (extent + tolerance) * side && !isCut) return [left, top, side];
  const around = Math.max(length / extent, isCut ? side : 0);
  return [(from + to - around) / 2, (above + below - around) / 2, around];
}

/**
 * Stretch an image in grey so that ink of one colour is as strong as can be; whether that was to be done.
 *
 * A colour's brightness says nothing about how much ink there is, while grey on a ground that is there may be meant.
 * @param {Float32Array} image  (height, width), from 0 to 1: changed in place.
 * @param {Ink} ink
 * @param {number} ground  What is behind the ink, from 0 to 1.
 */
export function strengthen(image, { color, isClear }, ground) {
  if (!color || (!isClear && Math.max(...color) - Math.min(...color) < ALIKE)) return false;
  const full = greyOf(color) - ground;
  const isDark = ground < 0.5;
  if (Math.abs(full) < ALIKE / 255 || Math.abs(full) >= 1 - ALIKE / 255) return false;
  const [from, to] = isClear ? [ground, isDark ? 1 : 0] : [isDark ? 0 : 1, isDark ? 1 : 0];
  image.forEach((value, i) => {
    const share = Math.max(0, Math.min(1, (value - ground) / full));
    image[i] = from + share * (to - from);
  });
  return true;
}

/**
 * Grey by BT.601, as Pillow has it, from 0 to 1.
 * @param {ArrayLike<number>} rgb  From 0 to 255.
 */
export function greyOf(rgb) {
  return (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]) / 255;
}

/**
 * @param {number[]} one
 * @param {number[]} other
 */
function differ(one, other) {
  return Math.max(...[0, 1, 2].map((c) => Math.abs(one[c] - other[c])));
}

/**
 * The middle of each channel.
 * @param {number[][]} pixels
 */
function medianOf(pixels) {
  return [0, 1, 2].map((c) => pixels.map((rgba) => rgba[c]).sort((a, b) => a - b)[pixels.length >> 1]);
}
