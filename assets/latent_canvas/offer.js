/**
 * What is large, a model or a map's images, is sent once the page asks for it: sent along with a chart, it would hold
 * that up over a slow line.
 *
 * What Python sends until then: `Offer` of pages/_ui/latent_canvas.py.
 * @typedef {object} Offer
 * @property {string} name  Of what there is.
 * @property {string} after  Key of the container around the chart that comes first; empty where there is none.
 *
 * @import { Mount } from "../shared/mount.js"
 */
import { chartIn } from "../shared/chart.js";
import { page } from "../shared/page.js";

/** Milliseconds between two looks for what comes first. */
const BETWEEN_LOOKS = 25;
/** Milliseconds after which what has not come is asked for again: the word of it may have been lost. */
const TAKEN_FOR_LOST = 60_000;

/**
 * What each mount has asked for, and when.
 * @type {WeakMap<Mount<unknown>["parentElement"], { name: string, at: number }>}
 */
const asked = new WeakMap();

/**
 * Whether Streamlit is at rest. On its way to another page it would take what it is told for a fragment of a page that is
 * gone, and show nothing.
 */
function rests() {
  const app = document.querySelector("[data-test-script-state]");
  return !(app instanceof HTMLElement) || app.dataset.testScriptState === "notRunning";
}

/**
 * Ask for what is offered, once its chart is drawn, unless it is here.
 * @param {Mount<Offer>} mount
 * @param {(name: string) => boolean} isHere
 * @param {(chart: string) => boolean} [isDue]  Whether nothing else is to come before, either.
 */
export function takeUp(mount, isHere, isDue = () => true) {
  const { name, after } = mount.data;
  const watch = setInterval(() => {
    if (isHere(name)) {
      clearInterval(watch);
      return;
    }
    const last = asked.get(mount.parentElement);
    const now = performance.now();
    if (last?.name === name && now - last.at < TAKEN_FOR_LOST) return;
    if (page.isAsking || !rests() || (after && !chartIn(after)) || !isDue(after)) return;
    asked.set(mount.parentElement, { name, at: now });
    tell(mount, name);
  }, BETWEEN_LOOKS);
  return () => clearInterval(watch);
}

/**
 * Say that something is here; not if another thing was asked for meanwhile.
 * @param {Mount<unknown>} mount
 * @param {string} name
 */
export function thank(mount, name) {
  const watch = setInterval(() => {
    if (page.isAsking || !rests()) return;
    clearInterval(watch);
    if ((asked.get(mount.parentElement)?.name ?? name) !== name || !mount.parentElement.isConnected) return;
    asked.delete(mount.parentElement);
    tell(mount, null);
  }, BETWEEN_LOOKS);
}

/**
 * Of all that Streamlit is told at once it reruns one fragment, so the others wait.
 * @param {Mount<unknown>} mount
 * @param {string | null} wanted
 */
function tell({ setStateValue }, wanted) {
  page.isAsking = true;
  setTimeout(() => {
    page.isAsking = false;
  }, BETWEEN_LOOKS);
  setStateValue("wanted", wanted);
}
