/**
 * The images of a map, small and all on one sheet, to stand beside what is decoded.
 *
 * Where they lie on it, row by row: `ThumbnailsSpec` of vaelab/export/thumbnails.py.
 * @typedef {object} ThumbnailsSpec
 * @property {string} id  What tells this sheet from all others.
 * @property {string} type  Of the file that the sheet is.
 * @property {number} columns
 * @property {number} width  Of one image.
 * @property {number} height
 *
 * @import { ImageSize } from "../network/picture.js"
 */
import { contextOf } from "../network/picture.js";
import { readSafetensors, specOf, take } from "../network/safetensors.js";
import { page } from "../shared/page.js";

/** The document's event when a sheet can be painted from. */
export const THUMBNAILS_ARRIVED = "vaelab-thumbnails";

export class Thumbnails {
  #bitmap;
  #spec;

  /**
   * @param {ThumbnailsSpec} spec
   * @param {ImageBitmap} bitmap
   */
  constructor(spec, bitmap) {
    this.#spec = spec;
    this.#bitmap = bitmap;
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number} point  Of the map.
   */
  paint(canvas, point) {
    const { columns, width, height } = this.#spec;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const [x, y] = [(point % columns) * width, Math.floor(point / columns) * height];
    contextOf(canvas).drawImage(this.#bitmap, x, y, width, height, 0, 0, width, height);
  }

  /**
   * The levels of an image, 0 to 255 and channels last; null where the sheet has them smaller, or inexactly.
   * @param {number} point  Of the map.
   * @param {ImageSize} size  Of the dataset's images.
   */
  pixels(point, { width, height, channels }) {
    const { type, width: ours, height: high } = this.#spec;
    if (type !== "image/png" || ours !== width || high !== height) return null;
    const canvas = document.createElement("canvas");
    this.paint(canvas, point);
    const { data } = contextOf(canvas).getImageData(0, 0, width, height);
    return Array.from(data).filter((_, i) => i % 4 < channels);
  }
}

/**
 * Take over a sheet that Python offered; the document hears of it.
 * @param {Uint8Array} bytes  What vaelab.export.browser_thumbnails made.
 */
export async function addThumbnails(bytes) {
  const { tensors, metadata } = readSafetensors(bytes);
  /** @type {ThumbnailsSpec} */
  const spec = specOf(metadata, "thumbnails");
  if (!page.thumbnails.has(spec.id)) {
    const file = new Blob([take(tensors, "sheet", 1).data], { type: spec.type });
    page.thumbnails.set(spec.id, new Thumbnails(spec, await createImageBitmap(file)));
    document.dispatchEvent(new Event(THUMBNAILS_ARRIVED));
  }
}
