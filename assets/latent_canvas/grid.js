/**
 * Images decoded all over what a map shows, behind the chart: as fine after a zoom as before it.
 *
 * @import { Place } from "../network/map.js"
 * @import { Explorer } from "./explorer.js"
 *
 * @typedef {object} Lattice  Cells in rows from the top left.
 * @property {number} left  Where it begins on the map, and its cells' size there.
 * @property {number} top
 * @property {number} width
 * @property {number} height
 * @property {number} columns
 * @property {number} rows
 */
import { contextOf, Picture } from "../network/picture.js";

/** Pixels of the screen that a cell is wide at least. */
const LEAST_CELL = 28;
/** Milliseconds that what is shown must have been still before it is decoded. */
const RESTING = 120;

export class DecodedGrid {
  #element = document.createElement("canvas");
  #explorer;
  /** What `#picture` shows, and for which code and label; it stays until the next is there. */
  #done = "";
  /** The model that decoded it. */
  #doneBy = "";
  /** @type {Lattice | null} */
  #lattice = null;
  #picture = document.createElement("canvas");
  #wanted = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Explorer} explorer
   * @param {AbortSignal} signal
   */
  constructor(explorer, signal) {
    this.#explorer = explorer;
    this.#element.className = "lc-grid";
    this.#element.dataset.testid = "grid";
    signal.addEventListener("abort", () => this.#hide());
  }

  /** Draw what there is where it belongs now, and decode anew if more or something else is to be seen. */
  show() {
    const { chart, map, model, z, label, time } = this.#explorer;
    const { plot, layout } = chart;
    if (!plot || !layout?.meta?.decoded || time.waits) {
      this.#hide();
      return;
    }
    // The first of the chart's children: what comes later lies above.
    if (this.#element.parentElement !== plot) plot.prepend(this.#element);
    this.#draw();
    const lattice = this.#latticeOfMap();
    const held = map.projection === "pair" ? Array.from(z) : [];
    const wanted = JSON.stringify([model.id, lattice, held, label]);
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#decode(lattice, wanted), RESTING);
  }

  #hide() {
    clearTimeout(this.#timer);
    this.#wanted = "";
    this.#element.remove();
  }

  /**
   * Cells that cover the map. They begin at a multiple of their size, so that moving the map moves none of them.
   * @returns {Lattice}
   */
  #latticeOfMap() {
    const { xaxis, yaxis } = /** @type {import("../shared/chart.js").Layout} */ (this.#explorer.chart.layout);
    const pixels = xaxis._length * yaxis._length;
    const most = Math.max(60, this.#explorer.model.background.most);
    const cell = Math.max(LEAST_CELL, Math.sqrt(pixels / most));
    const width = (cell * Math.abs(xaxis.p2d(xaxis._length) - xaxis.p2d(0))) / xaxis._length;
    const height = (cell * Math.abs(yaxis.p2d(0) - yaxis.p2d(yaxis._length))) / yaxis._length;
    const left = width * Math.floor(xaxis.p2d(0) / width);
    const top = height * Math.ceil(yaxis.p2d(0) / height);
    const columns = Math.ceil((xaxis.p2d(xaxis._length) - left) / width);
    const rows = Math.ceil((top - yaxis.p2d(yaxis._length)) / height);
    return { left, top, width, height, columns, rows };
  }

  /**
   * @param {Lattice} lattice
   * @param {string} wanted
   */
  #decode(lattice, wanted) {
    const { map, model, z, label } = this.#explorer;
    const { left, top, width, height, columns, rows } = lattice;
    const count = columns * rows;
    const codes = new Float32Array(count * z.length);
    for (let i = 0; i < count; i++) {
      const [column, row] = [i % columns, Math.floor(i / columns)];
      /** @type {Place} */
      const middle = [left + (column + 0.5) * width, top - (row + 0.5) * height];
      codes.set(map.lift(middle, z), i * z.length);
    }
    model.background.request(`grid-${map.key}`, codes, count, label, (images) => {
      if (this.#explorer.ended || wanted !== this.#wanted) return;
      this.#take(lattice, images);
      this.#done = wanted;
      this.#doneBy = model.id;
      this.#element.dataset.lattice = JSON.stringify(lattice);
      this.#draw();
    });
  }

  /**
   * @param {Lattice} lattice
   * @param {Float32Array} images
   */
  #take(lattice, images) {
    const { shape } = this.#explorer;
    const one = new Picture(document.createElement("canvas"), shape);
    const { columns, rows } = lattice;
    const times = Math.ceil(LEAST_CELL / shape.width); // crisp squares, and a line between images
    const [width, height] = [times * shape.width, times * shape.height];
    this.#lattice = lattice;
    this.#picture.width = columns * (width + 1);
    this.#picture.height = rows * (height + 1);
    const context = contextOf(this.#picture);
    context.imageSmoothingEnabled = false;
    for (let i = 0; i < columns * rows; i++) {
      one.paint(images.subarray(i * shape.numPixels, (i + 1) * shape.numPixels));
      const [x, y] = [(i % columns) * (width + 1), Math.floor(i / columns) * (height + 1)];
      context.drawImage(one.element, x, y, width, height);
    }
  }

  #draw() {
    const { chart } = this.#explorer;
    const { layout } = chart;
    if (!layout) return;
    const { width, height, xaxis, yaxis } = layout;
    if (this.#element.width !== width) this.#element.width = width;
    if (this.#element.height !== height) this.#element.height = height;
    const context = contextOf(this.#element);
    context.clearRect(0, 0, width, height);
    if (!this.#lattice || !this.#done || this.#doneBy !== this.#explorer.model.id) return;
    const { left, top, columns, rows } = this.#lattice;
    const [x0, y0] = chart.pixels([left, top]);
    const [x1, y1] = chart.pixels([left + columns * this.#lattice.width, top - rows * this.#lattice.height]);
    context.save();
    context.beginPath();
    context.rect(xaxis._offset, yaxis._offset, xaxis._length, yaxis._length);
    context.clip();
    context.drawImage(this.#picture, x0, y0, x1 - x0, y1 - y0);
    context.restore();
  }
}
