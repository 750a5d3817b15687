/**
 * A plane to move over.
 *
 * @import { Place, PlaneShape } from "./plane_shapes.js"
 *
 * @typedef {object} PlaneOptions
 * @property {string} label  What it is, for those who cannot see it.
 * @property {number[]} extent  [x from, x to, y from, y to]: all of it is visible.
 * @property {ArrayLike<number>} [places]  Points, x and y in turn; none by default.
 * @property {ArrayLike<number>} [labels]  The class of each.
 * @property {string[]} [palette]  A colour a class.
 * @property {((place: number[], done: boolean) => void) | null} [moved]  Called as the cursor moves,
 *   with `done` where it came to rest (a click, a key let go). Without it nothing moves.
 * @property {boolean} [hover]  Follow the pointer without a button held down; true by default.
 * @property {string[]} [axes]  Their names.
 * @property {number} [size]  The radius of a point, in pixels.
 * @property {number} [aspect]  Width over height.
 */

import { show } from "../../shared/show.js";
import { arrowOf, element, svgLayer } from "./elements.js";
import { drawOnPlane } from "./plane_shapes.js";

const STEPS_OF_GRID = [0.5, 1, 2, 5, 10, 20, 50];
const GREY_POINTS = ["#94a4a2"];

/**
 * Two numbers of a code as a plane, with the same scale along both: points, what is drawn over
 * them, and a cursor that follows the pointer (or a finger) and the arrow keys.
 */
export class Plane {
  /** @type {PlaneShape[]} What is drawn over the points. */
  shapes = [];
  /** @type {number[] | null} */
  cursor = null;
  /** What the points were last drawn for. */
  #drawnFor = "";

  /** @param {PlaneOptions} options */
  constructor({
    label,
    extent,
    places = [],
    labels = [],
    palette = GREY_POINTS,
    moved = null,
    hover = true,
    axes = ["z1", "z2"],
    size = 3,
    aspect = 1,
  }) {
    this.extent = extent;
    this.places = places;
    this.labels = labels;
    this.palette = palette;
    this.moved = moved;
    this.hover = hover;
    this.axes = axes;
    this.size = size;
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.svg = svgLayer();
    this.element = element(
      "div",
      {
        class: "ls-plane",
        style: `aspect-ratio:${aspect}`,
        "aria-label": moved ? `${label}. Arrow keys move the cursor.` : label,
        role: moved ? "application" : "img",
        tabindex: moved ? 0 : null,
      },
      this.canvas,
      this.svg,
    );
    new ResizeObserver(() => this.draw()).observe(this.element);
    if (moved) this.#listen();
  }

  /**
   * Show other points, or the same in other colours; they are drawn with the next `draw`.
   * @param {{ places?: ArrayLike<number>, labels?: ArrayLike<number>, palette?: string[] }} points
   */
  replace({ places = this.places, labels = this.labels, palette = this.palette }) {
    this.places = places;
    this.labels = labels;
    this.palette = palette;
    this.#drawnFor = "";
  }

  #listen() {
    this.element.addEventListener("pointerdown", (event) => {
      this.element.setPointerCapture(event.pointerId);
      this.#go(this.#placeAt(event));
    });
    this.element.addEventListener("pointermove", (event) => {
      const follows = event.buttons || (this.hover && event.pointerType === "mouse");
      if (follows) this.#go(this.#placeAt(event));
    });
    this.element.addEventListener("pointerup", () => this.#rest());
    this.element.addEventListener("keydown", (event) => {
      const arrow = arrowOf(event);
      if (!arrow) return;
      event.preventDefault();
      const stride = ((this.extent[1] - this.extent[0]) / 100) * (event.shiftKey ? 5 : 1);
      const [x, y] = this.cursor ?? [0, 0];
      this.#go([x + stride * arrow[0], y - stride * arrow[1]]);
    });
    this.element.addEventListener("keyup", (event) => {
      if (event.key.startsWith("Arrow")) this.#rest();
    });
  }

  #rest() {
    if (this.cursor) this.moved?.(this.cursor, true);
  }

  /** @param {number[]} place */
  #go([x, y]) {
    const [x0, x1, y0, y1] = this.#visible;
    this.cursor = [Math.max(x0, Math.min(x1, x)), Math.max(y0, Math.min(y1, y))];
    this.moved?.(this.cursor, false);
  }

  /** Width and height in pixels, pixels a unit, and where the middle is. */
  get #frame() {
    const { clientWidth: width, clientHeight: height } = this.element;
    const [x0, x1, y0, y1] = this.extent;
    const scale = Math.min(width / (x1 - x0), height / (y1 - y0)) || 1;
    return { width, height, scale, x: (x0 + x1) / 2, y: (y0 + y1) / 2 };
  }

  /** Pixels a unit. */
  get scale() {
    return this.#frame.scale;
  }

  /** What part of the plane is visible: at least the extent. */
  get #visible() {
    const { width, height, scale, x, y } = this.#frame;
    return [x - width / 2 / scale, x + width / 2 / scale, y - height / 2 / scale, y + height / 2 / scale];
  }

  /** @param {PointerEvent} event */
  #placeAt({ clientX, clientY }) {
    const box = this.element.getBoundingClientRect();
    const { width, height, scale, x, y } = this.#frame;
    return [x + (clientX - box.left - width / 2) / scale, y - (clientY - box.top - height / 2) / scale];
  }

  /**
   * Where a place is drawn, in pixels from the corner.
   * @param {Place} place
   */
  #pixels([x, y]) {
    const { width, height, scale, x: middleX, y: middleY } = this.#frame;
    return [width / 2 + (x - middleX) * scale, height / 2 - (y - middleY) * scale];
  }

  /** Draw it, `shapes` and the cursor included. */
  draw() {
    const { width, height } = this.#frame;
    if (!width) return;
    const { color } = getComputedStyle(this.element);
    const key = [width, height, this.places.length, this.extent, color].join();
    if (key !== this.#drawnFor) this.#drawPoints(width, height, color);
    this.#drawnFor = key;
    const cursor = this.cursor ? [{ dot: this.cursor, r: 7, kind: "ls-cursor" }] : [];
    const at = { px: (/** @type {Place} */ place) => this.#pixels(place), scale: this.scale };
    this.svg.innerHTML = [...this.#grid(), ...[...this.shapes, ...cursor].map((shape) => drawOnPlane(shape, at))].join(
      "",
    );
  }

  /** The lines of the grid, their numbers, and what the axes are called. */
  #grid() {
    const { width, height, scale } = this.#frame;
    const [x0, x1, y0, y1] = this.#visible;
    const step = STEPS_OF_GRID.find((each) => each * scale > 36) ?? 100;
    const digits = step < 1 ? 1 : 0;
    const svg = [];
    for (let at = Math.ceil(x0 / step) * step; at < x1; at += step) {
      const [x] = this.#pixels([at, 0]);
      svg.push(`<line class="ls-grid" x1="${x}" x2="${x}" y1="0" y2="${height}"/>`);
      if (x > 20 && x < width - 40)
        svg.push(`<text class="ls-tick" x="${x}" y="${height - 5}">${show(at, digits)}</text>`);
    }
    for (let at = Math.ceil(y0 / step) * step; at < y1; at += step) {
      const [, y] = this.#pixels([0, at]);
      svg.push(`<line class="ls-grid" y1="${y}" y2="${y}" x1="0" x2="${width}"/>`);
      if (y > 30 && y < height - 24)
        svg.push(`<text class="ls-tick ls-left" x="5" y="${y + 4}">${show(at, digits)}</text>`);
    }
    svg.push(
      `<text class="ls-axis ls-right" x="${width - 6}" y="${height - 5}">${this.axes[0]}</text>`,
      `<text class="ls-axis ls-left" x="5" y="16">${this.axes[1]}</text>`,
    );
    return svg;
  }

  /**
   * @param {number} width
   * @param {number} height
   * @param {string} ink  The text's colour: pale classes get an outline that is nearer to it.
   */
  #drawPoints(width, height, ink) {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    const context = this.canvas.getContext("2d");
    if (!context) return;
    context.scale(ratio, ratio);
    context.globalAlpha = 0.7;
    context.lineWidth = 0.75;
    for (let i = 0; 2 * i < this.places.length; i++) {
      const [x, y] = this.#pixels([this.places[2 * i], this.places[2 * i + 1]]);
      const color = this.palette[(this.labels[i] ?? 0) % this.palette.length];
      context.fillStyle = color;
      context.strokeStyle = `color-mix(in srgb, ${color} 60%, ${ink})`;
      context.beginPath();
      context.arc(x, y, this.size, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  }
}
