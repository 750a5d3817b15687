/** The numbers of a layer as cells. */

import { contextOf } from "../../network/picture.js";
import { element } from "./elements.js";
import { heat } from "./pictures.js";

/** Cells beside each other, and pixels that each is drawn with. */
const CELLS_ACROSS = 8;
const CELL = 8;
const EMPTY = "rgba(128, 128, 128, 0.22)";

/** Numbers as cells: from dark to bright, or empty. */
export class Cells {
  /** @param {number} count */
  constructor(count, across = Math.min(count, CELLS_ACROSS)) {
    this.count = count;
    this.across = across;
    this.canvas = element("canvas", {
      class: "ls-cells",
      "aria-hidden": "true",
      width: CELL * across,
      height: CELL * Math.ceil(count / across),
    });
    this.context = contextOf(this.canvas);
  }

  /**
   * @param {ArrayLike<number> | null} shares  0 is dark, 1 is bright; null is empty.
   * @param {(share: number) => number[]} color  Red, green and blue, each from 0 to 1.
   */
  paint(shares, color = heat) {
    const { context } = this;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (let i = 0; i < this.count; i++) {
      context.fillStyle = shares ? `rgb(${color(shares[i]).map((value) => Math.round(255 * value))})` : EMPTY;
      context.fillRect(CELL * (i % this.across), CELL * Math.floor(i / this.across), CELL - 1, CELL - 1);
    }
  }
}
