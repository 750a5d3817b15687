/**
 * What a canvas shows: the decoded image, how far to trust it, its controls, and marks on the chart.
 *
 * @import { Place } from "../network/map.js"
 * @import { CanvasElements } from "./elements.js"
 * @import { Explorer } from "./explorer.js"
 * @import { Marks } from "./map_chart.js"
 */
import { Picture } from "../network/picture.js";
import { SHOWN } from "../network/worker.js";
import { show } from "../shared/show.js";
import { surroundings, verdictOn, WHY_TRUST } from "../shared/trust.js";
import { LENS } from "./map_chart.js";
import { onWay } from "./places.js";
import { makeRows } from "./rows.js";

/** Milliseconds of a frame that a decode may take before it goes to the worker. */
const FRAME_BUDGET = 8;

export class View {
  /** Milliseconds that the last decode took. */
  #cost = 0;
  #elements;
  #explorer;
  #isSlow = false;
  #lens;
  /** @type {Marks | null} */
  #marks = null;
  #picture;
  #rows;

  /**
   * @param {Explorer} explorer
   * @param {CanvasElements} elements
   */
  constructor(explorer, elements) {
    this.#explorer = explorer;
    this.#elements = elements;
    const { network, map, chart } = explorer;
    /** The image that is on the page. */
    this.shown = new Float32Array(network.numPixels);
    this.#picture = new Picture(elements.decoded, network);
    this.#lens = new Picture(chart.lens, network, LENS);
    this.#rows = makeRows(map, network, elements);
    // A conditional model is given a label with every code: which, is for people to choose.
    const names = map.labelNames.slice(0, network.numLabels);
    elements.label.replaceChildren(...names.map((name, label) => new Option(name, String(label))));
    const choice = elements.label.closest("label");
    if (choice) choice.hidden = !network.numLabels;
  }

  /**
   * Decode and draw, in the worker where a frame does not suffice.
   * @param {Float32Array} z
   * @param {boolean} isHovering
   */
  showDecoded(z, isHovering) {
    const { network, model, label } = this.#explorer;
    const hasLens = isHovering && this.#elements.lens.checked;
    const started = performance.now();
    /** @param {Float32Array} image */
    const paint = (image) => {
      if (this.#explorer.ended) return; // of a run that is no longer shown
      this.shown.set(image);
      this.#picture.paint(image);
      if (hasLens) this.#lens.paint(image);
      this.#explorer.chart.moveLens(hasLens ? this.#explorer.pointer : null);
      this.#cost = performance.now() - started;
      const { dataset } = this.#elements.root;
      dataset.z = JSON.stringify(Array.from(z, (value) => Number(value.toFixed(5))));
      dataset.decodeMs = this.#cost.toFixed(3);
    };
    const last = this.#cost;
    if (last > FRAME_BUDGET && this.#isSlow) {
      model.background.request(SHOWN, z, 1, label, paint);
      return;
    }
    paint(network.decode(z, 1, label));
    // Two in a row: a single one may have been disturbed, and the first waits for the compiler.
    this.#isSlow = last > FRAME_BUDGET && this.#cost > FRAME_BUDGET;
  }

  /**
   * Say where this is, and how far it is to be trusted; the point whose image is nearest.
   * @param {Float32Array} z
   * @param {Place | null} place  On the map, where the pointer is on it.
   */
  showTrust(z, place) {
    const { map, given } = this.#explorer;
    const isHovering = place !== null;
    const found = map.trust(z, place);
    const { name, text } = verdictOn(found, isHovering ? null : given?.share);
    const { point } = found;
    const label = map.label(point);
    const { trust, nearest, caption } = this.#elements;
    trust.dataset.level = name;
    trust.textContent = text;
    trust.title = WHY_TRUST;
    const near = label ? `Nearest: “${label}”. ` : "";
    nearest.textContent = `${near}${found.isGap ? "A mix of the 8 points around" : surroundings(found)}`;
    const numbers = z.length > 3 ? "" : ` z = (${Array.from(z, (value) => show(value)).join(", ")})`;
    caption.textContent = (isHovering ? "At the pointer" : "Decoded") + numbers;
    return point;
  }

  /** Have a screen reader say where z is. */
  announce(before = "") {
    const { map, z, given } = this.#explorer;
    const found = map.trust(z);
    const label = map.label(found.point);
    const near = label ? `Nearest image: ${label}.` : "";
    this.#elements.announcement.textContent = `${before}${verdictOn(found, given?.share).text}. ${near}`;
  }

  /** Show where z rests: on the map, at the sliders, along them. */
  showState() {
    this.#showMarks();
    this.#showControls();
    if (!this.#explorer.map.link) this.#decodeStrips(); // one of several shows no sliders
  }

  /** z, pins or posterior have changed. */
  forgetMarks() {
    this.#marks = null;
  }

  #showMarks() {
    const { chart } = this.#explorer;
    if (!chart.isThere) return;
    this.#marks ??= this.#findMarks();
    chart.draw(this.#marks);
  }

  /**
   * Places on the map, which on a UMAP map are searched for among all codes.
   * @returns {Marks}
   */
  #findMarks() {
    const { map, pins, posterior, z } = this.#explorer;
    const legs = pins.length - 1;
    const steps = map.projection === "umap" ? 12 : 1; // straight, but on a map that bends
    /** @type {Place[]} */
    const way = [];
    for (let i = 0; legs > 0 && i <= steps * legs; i++) way.push(map.place(onWay(pins, i / (steps * legs))));
    return {
      here: map.place(z),
      pins: pins.map((pin) => map.place(pin.z)),
      way,
      posterior: posterior && { place: map.place(posterior.mu), covariance: map.covariance(posterior) },
    };
  }

  #showControls() {
    const { label, z, pins, along, playback, lastDim } = this.#explorer;
    const elements = this.#elements;
    elements.label.value = String(label);
    for (const row of this.#rows) row.show(z);
    const hasWay = pins.length > 1;
    elements.path.hidden = !hasWay;
    if (hasWay) {
      const end = String.fromCharCode(64 + Math.min(pins.length, 26));
      elements.pathName.textContent = `From A to ${end}: ${Math.round(100 * along)} %`;
      elements.along.value = String(along);
    }
    elements.play.textContent = playback.playing ? "❚❚ Pause" : `▶ Play ${hasWay ? "the way" : `z${lastDim + 1}`}`;
    elements.play.classList.toggle("lc-playing", playback.playing);
  }

  /** Decode along every slider that is open, each strip as soon as the worker comes to it. */
  #decodeStrips() {
    const { map, model, label, z } = this.#explorer;
    for (const row of this.#rows) {
      if (!row.isOpen) continue;
      const { codes, count } = row.codesAlong(z);
      const channel = `${map.key}-${row.dim}`;
      model.background.request(channel, codes, count, label, (images) => row.strip.paintAll(images, count));
    }
  }
}
