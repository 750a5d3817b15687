/**
 * What people do to a canvas and to the chart beside it.
 *
 * @import { Place } from "../network/map.js"
 * @import { CanvasElements } from "./elements.js"
 * @import { Explorer } from "./explorer.js"
 */
import { nearest } from "../network/nearest.js";
import { normals } from "../network/random.js";
import { page } from "../shared/page.js";
import { COMMANDS } from "./elements.js";
import { addWayPoint, forgetPins, look, setEnd, undo } from "./pins.js";

/** How near, in pixels, a click must be to a point to mean its image. */
const TOUCHING = 6;
/** How far, in pixels, a pointer may move for it still to be a click. */
const STILL = 5;
/** Milliseconds within which a second click makes it a double click. */
const DOUBLE_CLICK = 350;

/** Where Ctrl and Z undo what was written. */
const WRITING = "input:not([type=range], [type=checkbox]), textarea, [contenteditable]";

/** @type {Record<string, Place>} */
const MAP_STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * Listen for an explorer until the signal ends it.
 * @param {Explorer} explorer
 * @param {CanvasElements} elements
 * @param {AbortSignal} signal
 */
export function listen(explorer, elements, signal) {
  listenToChart(explorer, elements, signal);
  listenToKeys(explorer, elements, signal);
  listenToSliders(explorer, elements, signal);
  for (const command of COMMANDS) {
    elements.button(command).addEventListener("click", () => run(explorer, command), { signal });
  }
  elements.ends.forEach((end, i) => {
    const turn = () => {
      explorer.nextEnd = i;
    };
    end.addEventListener("change", turn, { signal });
  });
  elements.label.addEventListener("change", () => setLabel(explorer, Number(elements.label.value)), { signal });
  for (const fold of elements.folds) fold.addEventListener("toggle", () => explorer.request(true), { signal });
  window.addEventListener("resize", () => explorer.request(true), { signal });
}

/**
 * The pointer over the chart, which a rerun may replace: so that the document is listened to.
 * @param {Explorer} explorer
 * @param {CanvasElements} elements
 * @param {AbortSignal} signal
 */
function listenToChart(explorer, elements, signal) {
  const { chart } = explorer;
  const first = { signal, capture: true };
  /** @type {{ place: Place, image: number | null, x: number, y: number } | null} */
  let pressed = null;
  let lastRelease = Number.NEGATIVE_INFINITY;
  const leave = () => {
    if (!explorer.pointer) return;
    explorer.pointer = null;
    explorer.request();
  };
  const hover = (/** @type {PointerEvent} */ event) => {
    if (explorer.playback.playing || !chart.placeOf(event) || (event.pointerType === "touch" && !pressed)) {
      leave();
      return;
    }
    explorer.lead();
    // The newest only: whatever moves between two frames is drawn once.
    explorer.pointer = { clientX: event.clientX, clientY: event.clientY };
    explorer.request();
  };
  const press = (/** @type {PointerEvent} */ event) => {
    const isMeant = event.button === 0 && event.isPrimary && !page.choosing.has(explorer.map.key);
    const place = isMeant ? chart.placeOf(event) : null;
    pressed = place && { place, image: explorer.time.points ? null : chart.named, x: event.clientX, y: event.clientY };
    // One finger is a pointer that hovers; where it is lifted, z stays. Two move the map.
    if (event.pointerType === "touch") hover(event);
  };
  const release = (/** @type {PointerEvent} */ event) => {
    const start = pressed;
    pressed = null;
    if (event.pointerType === "touch") {
      const place = start && chart.placeOf(event);
      if (place) click(explorer, place, null, elements.extend.checked);
      else leave();
      return;
    }
    if (!start || Math.hypot(event.clientX - start.x, event.clientY - start.y) > STILL) return;
    // The second click of a double click resets the chart's zoom, and is not a pin.
    const isSecond = event.timeStamp - lastRelease < DOUBLE_CLICK;
    lastRelease = event.timeStamp;
    if (!isSecond) click(explorer, start.place, start.image, event.shiftKey || elements.extend.checked);
  };
  const cancel = () => {
    pressed = null;
    leave();
  };
  document.addEventListener("pointermove", hover, first);
  document.documentElement.addEventListener("pointerleave", leave, { signal });
  window.addEventListener("pointerdown", press, first);
  window.addEventListener("pointerup", release, first);
  window.addEventListener("pointercancel", cancel, first);
}

/**
 * Choose a place: to look at it or, where that is meant, to go on with the way.
 * @param {Explorer} explorer
 * @param {Float32Array} z
 * @param {number | null} image
 * @param {boolean} extend
 */
function choose(explorer, z, image, extend) {
  if (explorer.map.link === "ends") setEnd(explorer, { z, image });
  else if (extend && !explorer.map.link) addWayPoint(explorer, { z, image });
  else look(explorer, { z, image });
}

/**
 * Choose the image touched or, where there is none, the place itself.
 * @param {Explorer} explorer
 * @param {Place} place
 * @param {number | null} image  That the label under the pointer names: of several under it the one on top.
 * @param {boolean} extend
 */
function click(explorer, place, image, extend) {
  const { map, chart } = explorer;
  explorer.lead(); // a finger does not hover first
  const named = image === null ? -1 : map.images.indexOf(image);
  const [point] = named < 0 ? nearest(map.places, 2, place, 1).rows : [named];
  const here = chart.pixels(place);
  const there = chart.pixels([map.places[2 * point], map.places[2 * point + 1]]);
  if (named >= 0 || Math.hypot(here[0] - there[0], here[1] - there[1]) <= TOUCHING) {
    // The way is decoded with the label of where it begins.
    if (map.link !== "ends" || explorer.nextEnd === 0) explorer.takeLabel(point);
    choose(explorer, map.code(point), map.images[point], extend);
  } else choose(explorer, map.lift(place, explorer.z), null, extend);
}

/**
 * @param {Explorer} explorer
 * @param {CanvasElements} elements
 * @param {AbortSignal} signal
 */
function listenToKeys(explorer, { decoded, extend }, signal) {
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    explorer.lead();
    const step = MAP_STEPS[event.key];
    const times = event.shiftKey ? 5 : 1;
    if (step && explorer.chart.isThere) explorer.walk([times * step[0], times * step[1]]);
    else if (event.key === "Enter" && !event.repeat)
      choose(explorer, explorer.z, explorer.image, event.shiftKey || extend.checked);
    else if (event.key === "Escape" && explorer.map.link !== "ends") forgetPins(explorer);
    else return;
    event.preventDefault();
  };
  const release = (/** @type {KeyboardEvent} */ event) => {
    if (!event.key.startsWith("Arrow")) return;
    explorer.report();
  };
  const takeBack = (/** @type {KeyboardEvent} */ event) => {
    const isMeant = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    const writes = event.target instanceof HTMLElement && event.target.matches(WRITING);
    if (!isMeant || writes || !explorer.map.hasWays || !explorer.steps.length) return;
    event.preventDefault();
    undo(explorer);
  };
  document.addEventListener("keydown", takeBack, { signal });
  decoded.addEventListener("keydown", press, { signal });
  decoded.addEventListener("keyup", release, { signal });
}

/**
 * @param {Explorer} explorer
 * @param {CanvasElements} elements
 * @param {AbortSignal} signal
 */
function listenToSliders(explorer, { lists, along }, signal) {
  const report = () => explorer.report();
  /** @param {(slider: HTMLInputElement, dim: number) => void} act */
  const onDim = (act) => (/** @type {Event} */ event) => {
    const { target } = event;
    if (target instanceof HTMLInputElement && target.dataset.dim) act(target, Number(target.dataset.dim));
  };
  const slide = onDim((slider, dim) => explorer.slide(dim, Number(slider.value)));
  const reset = onDim((_, dim) => {
    explorer.slide(dim, 0);
    explorer.report();
  });
  for (const list of lists) {
    list.addEventListener("input", slide, { signal });
    list.addEventListener("change", report, { signal });
    list.addEventListener("dblclick", reset, { signal });
  }
  const walk = () => {
    explorer.stop();
    explorer.goAlong(Number(along.value));
  };
  along.addEventListener("input", walk, { signal });
  along.addEventListener("change", report, { signal });
}

/**
 * @param {Explorer} explorer
 * @param {number} label
 */
function setLabel(explorer, label) {
  explorer.lead();
  explorer.label = label;
  // What was drawn is another code with another label; any other code stays.
  if (explorer.drawing.isHere) {
    explorer.drawing.changed(true);
    return;
  }
  explorer.go(explorer.z);
  explorer.report();
}

/**
 * @param {Explorer} explorer
 * @param {string} command
 */
function run(explorer, command) {
  const { z, map, drawing } = explorer;
  /** @type {Record<string, () => void>} */
  const actions = {
    origin: () => look(explorer, { z: new Float32Array(z.length), image: null }),
    random: () => look(explorer, { z: normals(z.length), image: null }),
    image: () => {
      const point = map.images.indexOf(explorer.lastImage ?? -1);
      if (point < 0) return; // not on this map
      explorer.takeLabel(point);
      look(explorer, { z: map.code(point), image: map.images[point] });
    },
    play: () => explorer.togglePlayback(),
    undo: () => undo(explorer),
    forget: () => forgetPins(explorer),
    clear: () => drawing.clear(),
    invert: () => drawing.pad.invert(),
    copy: () => drawing.pad.copy(explorer.view.shown),
  };
  actions[command]();
}
