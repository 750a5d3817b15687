/**
 * The image that a point of a chart is of, beside it while the pointer is there.
 *
 * A point as Plotly tells of it.
 * @typedef {{ customdata: unknown, x: number, y: number, xaxis: Axis, yaxis: Axis }} HoveredPoint
 *
 * @import { Axis, PlotlyEvent } from "../shared/chart.js"
 * @import { LinkSent } from "./mount.js"
 */
import { page } from "../shared/page.js";

/** How far from the point, in pixels, and how wide with its frame. */
const APART = 14;
const WIDTH = 86;

export class HoveredImage {
  canvas = document.createElement("canvas");

  constructor() {
    this.canvas.className = "hovered-image";
    this.canvas.dataset.testid = "hovered-image";
    this.canvas.hidden = true;
  }

  /**
   * Show the image of the point that an event is about; without one, none.
   * @param {LinkSent} sent
   * @param {PlotlyEvent} [event]
   */
  show({ images, sheet }, event) {
    const [point] = /** @type {HoveredPoint[]} */ (event?.points ?? []);
    const row = point ? images.indexOf(Number(point.customdata)) : -1;
    const pictures = page.thumbnails.get(sheet ?? "");
    this.canvas.hidden = row < 0 || !pictures;
    if (this.canvas.hidden || !pictures) return;
    pictures.paint(this.canvas, row);
    this.canvas.dataset.image = String(images[row]);
    const [x, y] = [point.xaxis._offset + point.xaxis.d2p(point.x), point.yaxis._offset + point.yaxis.d2p(point.y)];
    const beside = APART + WIDTH; // on the left, since Plotly's label is on the right
    this.canvas.style.left = `${x > beside ? x - beside : x + APART}px`;
    this.canvas.style.top = `${y > beside ? y - beside : y + APART}px`;
  }
}
