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

/** Milliseconds after which a message is taken for one that gets no answer; and of silence, in which no run begins. */
const UNANSWERED = 3000;
const SILENCE = 200;

/**
 * Note when the page writes to its server, and when it is answered: of what was just pressed, Streamlit shows nothing
 * until then.
 */
function listenToTraffic() {
  if (page.traffic) return;
  const traffic = { sent: Number.NEGATIVE_INFINITY, answered: Number.NEGATIVE_INFINITY };
  page.traffic = traffic;
  const heard = new WeakSet();
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (...all) {
    traffic.sent = performance.now();
    if (!heard.has(this)) {
      heard.add(this);
      this.addEventListener("message", () => {
        traffic.answered = performance.now();
      });
    }
    return send.apply(this, all);
  };
}

/**
 * Whether Streamlit is at rest. What it is told amid a run of the whole page ends that run, and with half a page it shows
 * nothing at all.
 */
function rests() {
  const { sent, answered } = page.traffic ?? { sent: 0, answered: 0 };
  const now = performance.now();
  if ((sent > answered && now - sent < UNANSWERED) || now - Math.max(sent, answered) < SILENCE) return false;
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
  listenToTraffic();
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
