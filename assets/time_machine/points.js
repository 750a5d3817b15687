/**
 * The points of a map where they were at another time, drawn over the chart in the place of its own.
 *
 * @import { Plot, Trace } from "../shared/chart.js"
 * @import { LatentMap } from "../network/map.js"
 * @import { MapChart } from "../latent_canvas/map_chart.js"
 */

import { tracesOf } from "../linked_selection/marks.js";
import { outline } from "../linked_selection/symbols.js";
import { contextOf } from "../network/picture.js";

/** Colours that a scale of numbers is drawn with. */
const SHADES = 32;

/** @typedef {{ color: string, symbol: unknown, size: number, opacity: number, visible: boolean }} Look */

export class Points {
  #canvas = document.createElement("canvas");
  #chart;
  #drawn;
  /** @type {LatentMap | null} */
  #map = null;
  /** @type {Float32Array} */
  #places = new Float32Array();
  /** @type {HTMLCanvasElement[]} A picture of each look. */
  #sprites = [];
  /** Which of them each point has; -1 where it is not seen. */
  #spriteOf = new Int16Array();
  /** @type {unknown} What the looks were taken from. */
  #from = null;
  #density = 1;
  /** Points that lie beyond what the map shows. */
  beyond = 0;

  /**
   * @param {MapChart} chart
   * @param {() => void} drawn  Called when they have been drawn.
   */
  constructor(chart, drawn) {
    this.#chart = chart;
    this.#drawn = drawn;
    this.#canvas.className = "tm-points";
    this.#canvas.dataset.testid = "points-then";
    this.#canvas.setAttribute("aria-hidden", "true");
  }

  /**
   * @param {Float32Array} places
   * @param {LatentMap} map  Whose points they are, at this time or another.
   */
  set(places, map) {
    if (map.images !== this.#map?.images) this.#from = null;
    this.#places = places;
    this.#map = map;
  }

  end() {
    this.#canvas.parentElement?.closest(".js-plotly-plot")?.classList.remove("tm-away");
    this.#canvas.remove();
    this.#from = null;
  }

  draw() {
    const { plot, layout } = this.#chart;
    const map = this.#map;
    if (!plot || !layout || !map) return;
    if (!plot.contains(this.#canvas)) plot.querySelector(".gl-container")?.after(this.#canvas);
    plot.classList.add("tm-away");
    const density = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(layout.width * density), Math.round(layout.height * density)];
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height });
      Object.assign(this.#canvas.style, { width: `${layout.width}px`, height: `${layout.height}px` });
    }
    if (this.#from !== plot._fullData || this.#density !== density) this.#takeLooks(plot, map, density);
    const pen = contextOf(this.#canvas);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.save();
    const { xaxis, yaxis } = layout;
    pen.beginPath();
    pen.rect(...scaled([xaxis._offset, yaxis._offset, xaxis._length, yaxis._length], density));
    pen.clip();
    // Axes are linear: one pair of numbers an axis, and no call a point.
    const [x0, y0] = [xaxis._offset + xaxis.d2p(0), yaxis._offset + yaxis.d2p(0)];
    const [sx, sy] = [xaxis.d2p(1) - xaxis.d2p(0), yaxis.d2p(1) - yaxis.d2p(0)];
    this.beyond = 0;
    for (let i = 0; i < map.images.length; i++) {
      const sprite = this.#sprites[this.#spriteOf[i]];
      if (!sprite) continue;
      const [x, y] = [x0 + sx * this.#places[2 * i], y0 + sy * this.#places[2 * i + 1]];
      if (x < xaxis._offset || y < yaxis._offset) this.beyond++;
      else if (x > xaxis._offset + xaxis._length || y > yaxis._offset + yaxis._length) this.beyond++;
      else
        pen.drawImage(sprite, Math.round(density * x) - sprite.width / 2, Math.round(density * y) - sprite.height / 2);
    }
    pen.restore();
    this.#drawn();
  }

  /**
   * Take over what the chart's own points look like, class by class.
   * @param {Plot} plot
   * @param {LatentMap} map
   * @param {number} density
   */
  #takeLooks(plot, map, density) {
    this.#from = plot._fullData;
    this.#density = density;
    /** @type {Look[]} */
    const looks = [];
    /** @type {Map<number, number>} */
    const lookOf = new Map();
    for (const trace of tracesOf(plot)) {
      const ofTrace = looksOf(trace);
      Array.from(trace.customdata ?? [], (image, i) => lookOf.set(Number(image), looks.length + ofTrace.which(i)));
      looks.push(...ofTrace.looks);
    }
    // An image that the chart lacks looks like another of its class.
    /** @type {Map<number, number>} */
    const ofClass = new Map();
    for (let i = 0; i < map.images.length; i++) {
      const look = lookOf.get(map.images[i]);
      if (look !== undefined && map.labels) ofClass.set(map.labels[i], look);
    }
    const hasClasses = tracesOf(plot).every(({ marker }) => typeof marker.color === "string");
    this.#sprites = looks.map((look) => spriteOf(look, density));
    this.#spriteOf = Int16Array.from(map.images, (image, i) => {
      const ofOthers = hasClasses ? (map.labels ? ofClass.get(map.labels[i]) : 0) : undefined;
      const look = lookOf.get(image) ?? ofOthers ?? -1;
      return look >= 0 && looks[look].visible ? look : -1;
    });
  }
}

/**
 * What the points of a trace look like, and which of these each has.
 * @param {Trace} trace
 * @returns {{ looks: Look[], which: (i: number) => number }}
 */
function looksOf({ marker, visible }) {
  const { color, symbol } = marker;
  const isSeen = visible === true && marker.opacity !== 0;
  const look = { symbol, size: Number(marker.size), opacity: Number(marker.opacity ?? 1), visible: isSeen };
  if (typeof color === "string") return { looks: [{ ...look, color }], which: () => 0 };
  const values = /** @type {ArrayLike<number>} */ (color);
  const { cmin = 0, cmax = 1 } = marker;
  const looks = Array.from({ length: SHADES }, (_, k) => ({
    ...look,
    color: shade(marker.colorscale ?? [], k / (SHADES - 1)),
  }));
  const share = (/** @type {number} */ i) => (values[i] - cmin) / (cmax - cmin || 1);
  return { looks, which: (i) => Math.max(0, Math.min(SHADES - 1, Math.round((SHADES - 1) * share(i)))) };
}

/**
 * A colour of a scale, between those that it names.
 * @param {[number, string][]} scale
 * @param {number} at  From 0 to 1.
 */
function shade(scale, at) {
  const after = Math.max(
    1,
    scale.findIndex(([stop]) => stop >= at),
  );
  const [[from, low], [to, high]] = [scale[after - 1], scale[after]];
  return `color-mix(in srgb, ${high} ${(100 * (at - from)) / (to - from)}%, ${low})`;
}

/**
 * @param {Look} look
 * @param {number} density  Pixels of the picture to one of the screen's.
 */
function spriteOf({ color, symbol, size, opacity }, density) {
  const sprite = document.createElement("canvas");
  const side = 2 * Math.ceil(density * size * 0.8 + 1);
  Object.assign(sprite, { width: side, height: side });
  const pen = contextOf(sprite);
  pen.globalAlpha = opacity;
  pen.fillStyle = color;
  pen.beginPath();
  outline(pen, symbol, side / 2, side / 2, (density * size) / 2);
  pen.fill();
  return sprite;
}

/**
 * @param {[number, number, number, number]} box
 * @param {number} density
 * @returns {[number, number, number, number]}
 */
const scaled = ([x, y, width, height], density) => [x * density, y * density, width * density, height * density];
