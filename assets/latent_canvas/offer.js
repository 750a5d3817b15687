/**
 * What is large, a model or a map's images, is fetched by the page itself: sent along with a chart, it would hold that up
 * over a slow line.
 *
 * What Python sends in its place: `Offer` of pages/_ui/latent_canvas.py.
 * @typedef {object} Offer
 * @property {string} name  What the page knows it by.
 * @property {string} address  As seen from any page of the app.
 * @property {string} after  Key of the container around the chart that comes first; empty where there is none.
 */
import { chartIn } from "../shared/chart.js";
import { page } from "../shared/page.js";

/** Milliseconds between two looks for what comes first. */
const BETWEEN_LOOKS = 25;
/** Milliseconds after which what could not be fetched is tried again. */
const BEFORE_ANOTHER_TRY = 2000;

/**
 * Fetch what is offered, once its chart is drawn, unless it is here. Returns what ends the waiting for that.
 * @param {Offer} offer
 * @param {(name: string) => boolean} isHere
 * @param {(bytes: Uint8Array) => unknown} takeOver
 * @param {(chart: string) => boolean} [isDue]  Whether nothing else is to come before, either.
 */
export function takeUp({ name, address, after }, isHere, takeOver, isDue = () => true) {
  const watch = setInterval(() => {
    if (isHere(name)) {
      clearInterval(watch);
      return;
    }
    if (page.fetching.has(name) || (after && !chartIn(after)) || !isDue(after)) return;
    page.fetching.add(name);
    fetchBytes(address)
      .then(takeOver)
      .catch(() => new Promise((resolve) => setTimeout(resolve, BEFORE_ANOTHER_TRY)))
      .finally(() => page.fetching.delete(name));
  }, BETWEEN_LOOKS);
  return () => clearInterval(watch);
}

/** @param {string} address */
async function fetchBytes(address) {
  const response = await fetch(new URL(address, document.baseURI));
  if (!response.ok) throw new Error(response.statusText);
  return new Uint8Array(await response.arrayBuffer());
}
