/**
 * Marks in every panel of a Plotly chart the images that were chosen in one of them.
 *
 * The marks are drawn over the points, on a canvas that lies under the chart's own outlines and
 * hover texts. The figure itself never changes, so that its zoom stays.
 *
 * @import { Plot } from "../shared/chart.js"
 * @import { Corner, Drawer } from "./lasso.js"
 * @import { LinkSent } from "./mount.js"
 */
import { contextOf } from "../network/picture.js";
import { FollowedChart } from "../shared/chart.js";
import { HoveredImage } from "./hovered.js";
import { isInside, isOn, Lasso } from "./lasso.js";
import { axesOf, drawMarks, tracesOf } from "./marks.js";

/** How near, in pixels, a click must be to a point to mean its image. */
const NEAR_POINT = 8;

export class LinkedChart {
  #canvas = document.createElement("canvas");
  #chart;
  /** @type {Set<number>} */
  #chosen = new Set();
  #hovered = new HoveredImage();
  #lasso;
  /** What the server sent last, as JSON. */
  #lastSent = "";
  /** What was chosen before the line that is being drawn. */
  #before = /** @type {Set<number>} */ (new Set());
  /** Of the panel in which a line is being drawn. */
  #points = /** @type {{ image: number, x: number, y: number, within: boolean }[]} */ ([]);
  #report = (/** @type {number[]} */ _) => {};
  #root;
  /** @type {LinkSent} */
  #sent;

  /**
   * @param {LinkSent} sent
   * @param {Element} root  Whose colours are the page's.
   */
  constructor(sent, root) {
    this.#root = root;
    this.#sent = sent;
    this.#canvas.className = "linked-marks";
    this.#canvas.setAttribute("aria-hidden", "true");
    this.#canvas.style.cssText = "position:absolute;inset:0;pointer-events:none";
    const drawer = {
      plot: () => this.#chart.plot,
      /** @type {Drawer["drawn"]} */
      drawn: (line, panel, adds) => this.#around(line, panel, adds),
      closed: () => this.#report(this.chosen),
      undone: () => this.#choose([...this.#before]),
      /** @type {Drawer["clicked"]} */
      clicked: (at, panel) => sent.lasso === "always" && this.#click(at, panel),
    };
    this.#chart = new FollowedChart(sent.chart, this.#canvas, {
      attach: (plot) => this.#attach(plot),
      moved: () => this.#draw(),
      listeners: {
        plotly_hover: (event) => this.#hovered.show(this.#sent, event),
        plotly_unhover: () => this.#hovered.show(this.#sent),
      },
    });
    this.#lasso = new Lasso(sent.chart, drawer, sent.lasso === "always");
  }

  /** A line can no longer be drawn until its button is pressed again. */
  putAway() {
    this.#lasso.putAway();
  }

  end() {
    this.#lasso.end();
    this.#hovered.canvas.remove();
    this.#chart.end();
  }

  /** Whether the image of a point under the pointer is shown here, and not by a canvas. */
  get showsImages() {
    return this.#sent.sheet !== null;
  }

  /** What it was mounted in last. */
  get root() {
    return this.#root;
  }

  /** Images that are chosen, ascending. */
  get chosen() {
    return [...this.#chosen].sort((a, b) => a - b);
  }

  /**
   * Take over what the server has, unless it has nothing new: the browser may be ahead of it.
   * @param {LinkSent} sent
   * @param {Element} root
   * @param {HTMLButtonElement} button  Switches the drawing of a line.
   * @param {(chosen: number[]) => void} report  Tells the server which images a line was drawn around.
   */
  update(sent, root, button, report) {
    this.#lasso.switchedBy(button);
    this.#root = root;
    this.#sent = sent;
    this.#report = report;
    const chosen = JSON.stringify(sent.chosen);
    if (chosen !== this.#lastSent) {
      this.#lastSent = chosen;
      this.#choose(sent.chosen);
    }
    this.#chart.look();
  }

  /** @param {Plot} plot */
  #attach(plot) {
    const under = plot.querySelector(".gl-container");
    under?.after(this.#canvas);
    plot.append(this.#lasso.layer, this.#hovered.canvas);
    this.#lasso.attached();
    return under !== null;
  }

  /** @param {number[]} images */
  #choose(images) {
    this.#chosen = new Set(images);
    this.#draw();
  }

  /**
   * Choose the images around which a line goes, of which each call has a corner more. A point is within if a ray from it
   * crosses the line an odd number of times: so a corner more turns those over that are in the triangle which it adds.
   * @param {Corner[]} line
   * @param {string} panel
   * @param {boolean} adds
   */
  #around(line, panel, adds) {
    if (line.length <= 2) {
      this.#before = new Set(this.#chosen);
      this.#points = this.#places(panel);
      return;
    }
    const triangle = [line[0], ...line.slice(-2)];
    for (const point of this.#points) if (isInside(point.x, point.y, triangle)) point.within = !point.within;
    const within = this.#points.flatMap(({ image, within }) => (within ? [image] : []));
    this.#choose(adds ? [...this.#before, ...within] : within);
  }

  /**
   * Choose the image whose point was clicked, or none.
   * @param {Corner} at
   * @param {string} panel
   */
  #click([left, top], panel) {
    const far = this.#places(panel).map(({ image, x, y }) => ({ image, distance: Math.hypot(x - left, y - top) }));
    const [nearest] = far.sort((a, b) => a.distance - b.distance);
    this.#choose(nearest && nearest.distance <= NEAR_POINT ? [nearest.image] : []);
    this.#report(this.chosen);
  }

  /**
   * Where the points of a panel are that are seen, in pixels from the chart's corner.
   * @param {string} panel
   */
  #places(panel) {
    const { plot, layout } = this.#chart;
    if (!plot || !layout) return [];
    return tracesOf(plot).flatMap((trace) => {
      if (trace.visible !== true || trace.xaxis !== panel) return [];
      const [across, up] = axesOf(layout, trace);
      return Array.from(trace.x, (place, i) => {
        const [x, y] = [across._offset + across.d2p(place), up._offset + up.d2p(trace.y[i])];
        return { image: Number(trace.customdata?.[i]), x, y, within: false };
      }).filter(({ x, y }) => isOn(across, x) && isOn(up, y));
    });
  }

  #draw() {
    const { plot, layout } = this.#chart;
    if (!plot || !layout || !plot.contains(this.#canvas)) return;
    this.#lasso.attached();
    const canvas = this.#canvas;
    const density = window.devicePixelRatio || 1;
    canvas.width = layout.width * density;
    canvas.height = layout.height * density;
    canvas.style.width = `${layout.width}px`;
    canvas.style.height = `${layout.height}px`;
    canvas.dataset.chosen = String(this.#chosen.size);
    canvas.dataset.marked = "";
    if (!this.#chosen.size) return;
    const pen = contextOf(canvas);
    pen.scale(density, density);
    canvas.dataset.marked = JSON.stringify(drawMarks(pen, layout, tracesOf(plot), this.#chosen, this.#root));
  }
}
