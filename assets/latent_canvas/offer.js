/**
 * What is large, a model or a map's images, is fetched by the page itself. Over a slow line it comes after the chart, which
 * it would hold up.
 *
 * What Python sends in its place: `Offer` of pages/_ui/decoders.py.
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
export const BEFORE_ANOTHER_TRY = 2000;

/** Milliseconds within which a page has its scripts where the line is quick: there all comes at once. */
const QUICK = 2000;

/** Whether the page's scripts came over a quick line, or were kept from an earlier visit. */
function isQuick() {
  const [opened] = performance.getEntriesByType("navigation");
  const loaded = opened instanceof PerformanceNavigationTiming ? opened.domContentLoadedEventStart : 0;
  return loaded > 0 && loaded < QUICK;
}

/**
 * Fetch what is offered unless it is here, over a slow line once its chart is drawn. Returns what ends the waiting for
 * that.
 * @param {Offer} offer
 * @param {(name: string) => boolean} isHere
 * @param {(bytes: Uint8Array) => unknown} takeOver
 * @param {(chart: string) => boolean} [isDue]  Whether nothing else is to come before, either.
 */
export function takeUp({ name, address, after }, isHere, takeOver, isDue = () => true) {
  const waits = after && !isQuick();
  const look = () => {
    if (isHere(name)) {
      clearInterval(watch);
      return;
    }
    if (page.fetching.has(name) || (waits && !chartIn(after)) || !isDue(after)) return;
    page.fetching.add(name);
    fetchBytes(address)
      .then(takeOver)
      .catch(() => new Promise((resolve) => setTimeout(resolve, BEFORE_ANOTHER_TRY)))
      .finally(() => page.fetching.delete(name));
  };
  const watch = setInterval(look, BETWEEN_LOOKS);
  look();
  return () => clearInterval(watch);
}

/** @param {string} address */
export async function fetchBytes(address) {
  const response = await fetch(new URL(address, document.baseURI));
  if (!response.ok) throw new Error(response.statusText);
  return new Uint8Array(await response.arrayBuffer());
}
