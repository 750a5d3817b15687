/**
 * Marks in every panel of a Plotly chart the images that were chosen in one of them.
 *
 * The marks are drawn over the points, on a canvas that lies under the chart's own outlines and
 * hover texts. The figure itself never changes, so that its zoom stays.
 *
 * @import { Axis, Layout, Plot, PlotlyEvent, Trace } from "../shared/chart.js"
 */
import { contextOf } from "../network/picture.js";
import { FollowedChart } from "../shared/chart.js";
import { outline } from "./symbols.js";

/** How much of what was not chosen is covered. */
const VEIL = 0.75;

export class LinkedChart {
  #canvas = document.createElement("canvas");
  #chart;
  /** @type {Set<number>} */
  #chosen = new Set();
  /** What the server sent last, as JSON. */
  #lastSent = "";
  #root;

  /**
   * @param {string} key  Of Streamlit's container around the chart.
   * @param {Element} root  Whose colours are the page's.
   */
  constructor(key, root) {
    this.#root = root;
    this.#canvas.className = "linked-marks";
    this.#canvas.setAttribute("aria-hidden", "true");
    this.#canvas.style.cssText = "position:absolute;inset:0;pointer-events:none";
    /** @param {PlotlyEvent} [event] */
    const choose = (event) => this.#choose((event?.points ?? []).map((point) => Number(point.customdata)));
    this.#chart = new FollowedChart(key, this.#canvas, {
      attach: (plot) => this.#attach(plot),
      moved: () => this.#draw(),
      listeners: {
        plotly_selecting: (event) => event && choose(event),
        plotly_selected: choose,
        plotly_deselect: () => this.#choose([]),
      },
    });
  }

  end() {
    this.#chart.end();
  }

  /**
   * Take over what the server has, unless it has nothing new: the browser may be ahead of it.
   * @param {number[]} chosen
   * @param {Element} root
   */
  update(chosen, root) {
    this.#root = root;
    const sent = JSON.stringify(chosen);
    if (sent !== this.#lastSent) {
      this.#lastSent = sent;
      this.#choose(chosen);
    }
    this.#chart.look();
  }

  /** @param {Plot} plot */
  #attach(plot) {
    const under = plot.querySelector(".gl-container");
    under?.after(this.#canvas);
    return under !== null;
  }

  /** @param {number[]} images */
  #choose(images) {
    this.#chosen = new Set(images);
    this.#draw();
  }

  #draw() {
    const { plot, layout } = this.#chart;
    if (!plot || !layout || !plot.contains(this.#canvas)) return;
    // Streamlit switches clicks off where loops can be drawn; a click is a choice, too.
    layout.clickmode = "event+select";
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
    const style = getComputedStyle(this.#root);
    const ground = style.getPropertyValue("--st-background-color") || "#fff";
    const accent = style.getPropertyValue("--st-primary-color") || "#e5007e";
    const traces = (plot._fullData ?? []).filter((trace) => trace.customdata);
    veil(pen, layout, traces, ground);
    /** @type {Record<string, number>} */
    const marked = {};
    for (const trace of traces) {
      if (trace.visible !== true) continue;
      marked[trace.xaxis] = (marked[trace.xaxis] ?? 0) + this.#mark(pen, layout, trace, ground, accent);
    }
    canvas.dataset.marked = JSON.stringify(marked);
  }

  /**
   * Mark the chosen points of a trace, and count them.
   * @param {CanvasRenderingContext2D} pen
   * @param {Layout} layout
   * @param {Trace} trace
   * @param {string} ground
   * @param {string} accent
   */
  #mark(pen, layout, trace, ground, accent) {
    const [x, y] = axesOf(layout, trace);
    const { color, symbol } = trace.marker;
    pen.save();
    clip(pen, x, y);
    pen.fillStyle = typeof color === "string" ? color : accent;
    pen.strokeStyle = ground;
    let count = 0;
    for (let i = 0; i < trace.x.length; i++) {
      if (!this.#chosen.has(Number(trace.customdata?.[i]))) continue;
      count += 1;
      pen.beginPath();
      outline(pen, symbol, x._offset + x.d2p(trace.x[i]), y._offset + y.d2p(trace.y[i]));
      pen.fill();
      pen.stroke();
    }
    pen.restore();
    return count;
  }
}

/**
 * Cover every panel once.
 * @param {CanvasRenderingContext2D} pen
 * @param {Layout} layout
 * @param {Trace[]} traces
 * @param {string} ground
 */
function veil(pen, layout, traces, ground) {
  const panels = new Map(traces.map((trace) => [trace.xaxis, trace]));
  for (const trace of panels.values()) {
    pen.save();
    clip(pen, ...axesOf(layout, trace));
    pen.globalAlpha = VEIL;
    pen.fillStyle = ground;
    pen.fill();
    pen.restore();
  }
}

/**
 * Draw in one panel only.
 * @param {CanvasRenderingContext2D} pen
 * @param {Axis} x
 * @param {Axis} y
 */
function clip(pen, x, y) {
  pen.beginPath();
  pen.rect(x._offset, y._offset, x._length, y._length);
  pen.clip();
}

/**
 * The axes of a trace, "x2" standing for the layout's `xaxis2`.
 * @param {Layout} layout
 * @param {Trace} trace
 * @returns {[Axis, Axis]}
 */
function axesOf(layout, { xaxis, yaxis }) {
  return [layout[`xaxis${xaxis.slice(1)}`], layout[`yaxis${yaxis.slice(1)}`]];
}
