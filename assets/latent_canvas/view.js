/**
 * What a canvas shows: the decoded image, how far to trust it, its controls, and marks on the chart.
 *
 * @import { Place } from "../network/map.js"
 * @import { CanvasElements } from "./elements.js"
 * @import { Explorer } from "./explorer.js"
 * @import { Marks } from "./map_chart.js"
 */
import { Picture } from "../network/picture.js";
import { page } from "../shared/page.js";
import { show } from "../shared/show.js";
import { surroundings, verdictOn } from "../shared/trust.js";
import { LENS } from "./map_chart.js";
import { onWay } from "./places.js";
import { makeRows } from "./rows.js";

/** Milliseconds of a frame that a decode may take before it goes to the worker. */
const FRAME_BUDGET = 8;
/** Of the queue of decodes: the image that is looked at. */
const SHOWN = "shown";
/** Milliseconds that the pointer rests before the strips follow it. */
const REST = 150;

export class View {
  /** The label and the code of the image that was last asked for beside the page: it is here, or on its way. */
  #asked = "";
  /** Milliseconds that the last decode took. */
  #cost = 0;
  #elements;
  #explorer;
  #isSlow = false;
  #lens;
  /** @type {Marks | null} */
  #marks = null;
  #picture;
  /** The image that stands beside the decoded one. */
  #real = -1;
  #rows;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #resting;
  /**
   * What the strips are decoded beside.
   * @type {Float32Array | null}
   */
  #stripsOf = null;

  /**
   * @param {Explorer} explorer
   * @param {CanvasElements} elements
   */
  constructor(explorer, elements) {
    this.#explorer = explorer;
    this.#elements = elements;
    const { shape, map, chart } = explorer;
    /** The image that is on the page. */
    this.shown = new Float32Array(shape.numPixels);
    this.#picture = new Picture(elements.decoded, shape);
    this.#lens = new Picture(chart.lens, shape, LENS);
    this.#rows = makeRows(map, shape, elements);
    // A conditional model is given a label with every code: which, is for people to choose.
    const names = map.labelNames.slice(0, shape.numLabels);
    elements.label.replaceChildren(...names.map((name, label) => new Option(name, String(label))));
    elements.real.hidden = !map.thumbnails; // the images are gone
    const choice = elements.label.closest("label");
    if (choice) choice.hidden = !shape.numLabels;
  }

  /**
   * Decode and draw: beside the page where a frame does not suffice, or the server decodes.
   * @param {Float32Array} z
   * @param {boolean} isHovering
   */
  showDecoded(z, isHovering) {
    const { network, model, label, time, chart } = this.#explorer;
    this.#elements.decoded.classList.toggle("lc-waits", time.waits);
    if (time.waits) {
      chart.moveLens(null);
      return;
    }
    const hasLens = isHovering && this.#elements.lens.checked && !page.choosing.has(this.#explorer.map.key);
    const started = performance.now();
    /** @param {Float32Array} image */
    const paint = (image) => {
      if (this.#explorer.ended || this.#explorer.model !== model) return; // of what is no longer shown
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
    if (network && !(last > FRAME_BUDGET && this.#isSlow)) {
      paint(network.decode(z, 1, label));
      // Two in a row: a single one may have been disturbed, and the first waits for the compiler.
      this.#isSlow = last > FRAME_BUDGET && this.#cost > FRAME_BUDGET;
      this.#asked = "";
      return;
    }
    const wanted = String([model.id, label, ...z]);
    if (wanted === this.#asked) this.#explorer.chart.moveLens(hasLens ? this.#explorer.pointer : null);
    else model.background.request(SHOWN, z, 1, label, paint);
    this.#asked = wanted;
  }

  /**
   * Say where this is, and how far it is to be trusted; the point whose image is nearest.
   * @param {Float32Array} z
   * @param {Place | null} place  On the map, where the pointer is there.
   */
  showTrust(z, place) {
    const { map, drawing, time } = this.#explorer;
    const found = map.trust(z, place);
    const { point } = found;
    const { name, text } = verdictOn(found, place ? null : drawing.judgement?.share);
    const { trust, around, caption } = this.#elements;
    trust.dataset.level = name;
    trust.textContent = text;
    around.textContent = found.isGap ? "a mix of the 8 points around" : surroundings(found);
    const numbers = z.length > 3 ? "" : `\nz = (${Array.from(z, (value) => show(value)).join(", ")})`;
    caption.textContent = (time.waits ? "The decoder is on its way" : place ? "Decoded here" : "Decoded") + numbers;
    return point;
  }

  /**
   * Show the image of a point beside the decoded one.
   * @param {number} point
   */
  showReal(point) {
    const { map, chart } = this.#explorer;
    if (map.images[point] === this.#real) return;
    const { nearest, real } = this.#elements;
    const label = map.label(point);
    nearest.textContent = `Nearest image${label ? `\n“${label}”` : ""}`;
    const sheet = page.thumbnails.get(map.thumbnails ?? "");
    for (const canvas of [real, chart.nearby]) {
      const row = map.onSheet(point);
      if (row >= 0) sheet?.paint(canvas, row);
      canvas.style.visibility = row < 0 ? "hidden" : "";
      canvas.dataset.image = sheet && row >= 0 ? String(map.images[point]) : "";
    }
    if (sheet || !map.thumbnails) this.#real = map.images[point]; // or again, once the sheet is here
  }

  /** Have a screen reader say where z is. */
  announce(before = "") {
    const { map, z, drawing } = this.#explorer;
    const found = map.trust(z);
    const label = map.label(found.point);
    const near = label ? `Nearest image: ${label}.` : "";
    this.#elements.announcement.textContent = `${before}${verdictOn(found, drawing.judgement?.share).text}. ${near}`;
  }

  /** Show where z rests: on the map, at the sliders, along them. */
  showState() {
    this.#showMarks();
    this.#showControls();
    this.#decodeStrips(this.#explorer.z);
  }

  /**
   * Have the sliders stand at z, and the strips follow once it rests: they are many decodes.
   * @param {Float32Array} z
   */
  showSliders(z) {
    for (const row of this.#rows) row.show(z);
    clearTimeout(this.#resting);
    if (z !== this.#stripsOf) this.#resting = setTimeout(() => this.#decodeStrips(z), REST);
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
    const { map, pins, posterior, kind, z, truth } = this.#explorer;
    const covariance = posterior && map.covariance(posterior);
    const legs = pins.length - 1;
    // Straight, but on a map that bends, or along an arc.
    const steps = map.projection === "umap" || kind === "spherical" ? 12 : 1;
    /** @type {Place[]} */
    const way = [];
    for (let i = 0; legs > 0 && i <= steps * legs; i++) way.push(map.place(onWay(pins, i / (steps * legs), kind)));
    return {
      here: map.place(z),
      // The start of a way to be, only once z is elsewhere.
      pins: pins.filter((pin) => legs > 0 || pin.z.some((value, j) => value !== z[j])).map((pin) => map.place(pin.z)),
      way,
      truth: truth.outlines.map(({ share, codes }) => ({ share, line: codes.map((code) => map.place(code)) })),
      posterior: covariance && posterior && { place: map.place(posterior.mu), covariance },
    };
  }

  #showControls() {
    const { label, pins, along, isOnWay, playback, lastDim, lastImage, nextEnd, steps } = this.#explorer;
    const elements = this.#elements;
    elements.label.value = String(label);
    const hasWay = pins.length > 1;
    const end = String.fromCharCode(64 + Math.min(pins.length, 26));
    const far = isOnWay ? `: ${Math.round(100 * along)}%` : ""; // or one looks at a place beside it
    elements.pathName.textContent = hasWay ? `From A to ${end}${far}` : "No way from A to B yet";
    elements.ends.forEach((end, i) => {
      end.checked = i === nextEnd;
    });
    elements.along.disabled = !hasWay;
    elements.along.value = String(along);
    elements.button("image").disabled = lastImage === null;
    elements.button("undo").disabled = !steps.length;
    elements.button("forget").disabled = !pins.length;
    elements.play.textContent = playback.playing ? "❚❚ Pause" : `▶ Play ${hasWay ? "the way" : `z${lastDim + 1}`}`;
    elements.play.classList.toggle("lc-playing", playback.playing);
  }

  /**
   * Decode along every slider that is open, each strip as soon as it comes to it.
   * @param {Float32Array} z
   */
  #decodeStrips(z) {
    const { ended, map, model, label, time } = this.#explorer;
    if (ended || time.waits || map.link) return; // one of several shows no sliders
    clearTimeout(this.#resting);
    this.#stripsOf = z;
    for (const row of this.#rows) {
      if (!row.isOpen) continue;
      const { codes, count } = row.codesAlong(z);
      const wanted = String([model.id, label, ...codes]);
      if (wanted === row.asked) continue; // it is here, or on its way
      row.asked = wanted;
      const channel = `${map.key}-${row.dim}`;
      model.background.request(channel, codes, count, label, (images) => {
        if (row.asked === wanted) row.strip.paintAll(images, count); // and not of another time
      });
    }
  }
}
