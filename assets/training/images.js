/**
 * The images of a run in training: sent once, while what is learned from them is sent again and again.
 *
 * @import { Classes } from "../lessons/stage/mount.js"
 * @import { Tensor } from "../network/safetensors.js"
 *
 * What Python sends of them: `ImagesSpec` of pages/_train/training_view.py.
 * @typedef {Classes & { run: string }} ImagesSpec
 *
 * @typedef {object} TrainingImages
 * @property {ImagesSpec} spec
 * @property {Record<string, Tensor>} arrays  `thumbs` and `shown`, (N, H, W, C); `numbers` and `labels`, (N); `pulled`: which
 *   of those on the map have arrows.
 */
import { element } from "../lessons/stage/elements.js";
import { page } from "../shared/page.js";

/** Announces on the document that images have come. */
const IMAGES_ARRIVED = "vaelab-training-images";

/** @param {TrainingImages} images */
export function keepImages(images) {
  page.trainingImages = images;
  document.dispatchEvent(new Event(IMAGES_ARRIVED));
}

/**
 * The images of a run, if they are here.
 * @param {string} run
 */
export function imagesOfRun(run) {
  return page.trainingImages?.spec.run === run ? page.trainingImages : null;
}

/**
 * @param {() => void} listener
 * @param {AbortSignal} signal
 */
export function onImages(listener, signal) {
  document.addEventListener(IMAGES_ARRIVED, listener, { signal });
}

/**
 * The classes of images, each beside its colour; none where they have none.
 * @param {TrainingImages} images
 */
export function namesOfClasses({ arrays: { labels }, spec: { label_names: names, palette } }) {
  return (labels ? names : []).map((name, i) =>
    element("li", {}, element("i", { style: `background:${palette[i % palette.length]}` }), name),
  );
}
