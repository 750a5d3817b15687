/**
 * What Python answers in the app where z comes to rest: the image's posterior, the images around it, the address.
 *
 * @import { LatentCanvas } from "../latent_canvas/canvas.js"
 * @import { Explorer } from "../latent_canvas/explorer.js"
 */
import { look } from "../latent_canvas/pins.js";
import { writtenPlace } from "../latent_canvas/places.js";
import { THUMBNAILS_ARRIVED } from "../latent_canvas/thumbnails.js";
import { page } from "../shared/page.js";

/** Images shown that lie nearest to z. */
const MOST_NEAREST = 12;

export class Resting {
  #canvas;
  #list;
  #section;

  /**
   * @param {LatentCanvas} canvas
   * @param {HTMLElement} section  For the images nearest to z.
   */
  constructor(canvas, section) {
    this.#canvas = canvas;
    this.#section = section;
    this.#list = /** @type {HTMLElement} */ (section.lastElementChild);
    document.addEventListener(THUMBNAILS_ARRIVED, () => this.answer());
  }

  /** Answer for where z rests now. */
  answer() {
    const { explorer } = this.#canvas;
    if (!explorer) return;
    sendPosterior(explorer);
    this.#showNearest(explorer);
  }

  /** @param {Explorer} explorer */
  #showNearest(explorer) {
    const { z } = explorer;
    const { map } = explorer.time.home; // the list is of the model as it is
    const sheet = page.thumbnails.get(map.thumbnails ?? "");
    this.#section.hidden = !sheet || map.link !== null;
    if (!sheet) return;
    const buttons = Array.from(map.nearestPoints(z, MOST_NEAREST), (point) => {
      const button = document.createElement("button");
      const picture = document.createElement("canvas");
      sheet.paint(picture, point);
      const label = map.label(point);
      button.type = "button";
      button.dataset.image = String(map.images[point]);
      button.title = `Go to image ${map.images[point]}${label ? `, “${label}”` : ""}`;
      button.ariaLabel = button.title;
      button.append(picture, label ?? "");
      button.addEventListener("click", () => goToImage(explorer, point));
      return button;
    });
    this.#list.replaceChildren(...buttons);
  }
}

/**
 * Have the map show the posterior of the image at which z rests, as the encoder made it.
 * @param {Explorer} explorer
 */
function sendPosterior(explorer) {
  const { map, image, model, shape, posterior, drawing } = explorer;
  const point = image === null ? -1 : map.images.indexOf(image);
  const sigma = map.sigmaOf(point);
  if (image === null || !sigma) return;
  const pixels = page.thumbnails.get(map.thumbnails ?? "")?.pixels(map.onSheet(point), shape) ?? null;
  page.posterior = { model: model.id, image, mu: Array.from(map.code(point)), sigma: Array.from(sigma), pixels };
  // The pixels come later than sigma, and with them the true posterior.
  if (posterior && !posterior.pixels && !drawing.isHere) explorer.posterior = null;
  explorer.takePosterior();
}

/**
 * @param {Explorer} explorer
 * @param {number} point  Of the map.
 */
function goToImage(explorer, point) {
  const { map } = explorer.time.home;
  explorer.time.comeHome();
  explorer.takeLabel(point);
  look(explorer, { z: map.code(point), image: map.images[point] });
}

/**
 * Write where z rests into the address: whoever opens it again, or is sent it, begins there.
 * @param {Explorer} explorer
 * @param {string} more  What else is in it.
 */
export function writeAddress(explorer, more) {
  const { protocol } = window.location; // a frame that is made of text has no address to write to
  if (explorer.map.link || !["file:", "http:", "https:"].includes(protocol)) return;
  window.history.replaceState(null, "", `#${writtenPlace(explorer)}${more}`);
}
