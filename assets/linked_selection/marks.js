/**
 * Marks over the points of a chart whose images are chosen; all else steps back.
 *
 * @import { Axis, Layout, Plot, Trace } from "../shared/chart.js"
 */
import { outline } from "./symbols.js";

/** How much of what was not chosen is covered. */
const VEIL = 0.75;

/**
 * Draw the marks.
 * @param {CanvasRenderingContext2D} pen
 * @param {Layout} layout
 * @param {Trace[]} traces
 * @param {Set<number>} chosen  Images.
 * @param {Element} root  Whose colours are the page's.
 * @returns {Record<string, number>}  How many in each panel, by its axis along x.
 */
export function drawMarks(pen, layout, traces, chosen, root) {
  const style = getComputedStyle(root);
  // Where its own colours say so: in a file, the variables are two colours each, of which one is meant.
  const isColoured = style.backgroundColor !== "rgba(0, 0, 0, 0)";
  const ground = isColoured ? style.backgroundColor : style.getPropertyValue("--st-background-color") || "#fff";
  const accent = isColoured ? style.accentColor : style.getPropertyValue("--st-primary-color") || "#e5007e";
  if (!layout.meta?.decoded) veil(pen, layout, traces, ground); // which would hide the images under the points
  /** @type {Record<string, number>} */
  const marked = {};
  for (const trace of traces) {
    if (trace.visible !== true) continue;
    marked[trace.xaxis] = (marked[trace.xaxis] ?? 0) + markTrace(pen, layout, trace, chosen, ground, accent);
  }
  return marked;
}

/**
 * Mark the chosen points of a trace, and count them.
 * @param {CanvasRenderingContext2D} pen
 * @param {Layout} layout
 * @param {Trace} trace
 * @param {Set<number>} chosen
 * @param {string} ground
 * @param {string} accent
 */
function markTrace(pen, layout, trace, chosen, ground, accent) {
  const [x, y] = axesOf(layout, trace);
  const { color, symbol } = trace.marker;
  pen.save();
  clip(pen, x, y);
  pen.fillStyle = typeof color === "string" ? color : accent;
  pen.strokeStyle = ground;
  let count = 0;
  for (let i = 0; i < trace.x.length; i++) {
    if (!chosen.has(Number(trace.customdata?.[i]))) continue;
    count += 1;
    pen.beginPath();
    outline(pen, symbol, x._offset + x.d2p(trace.x[i]), y._offset + y.d2p(trace.y[i]));
    pen.fill();
    pen.stroke();
  }
  pen.restore();
  return count;
}

/**
 * What of a chart is of images.
 * @param {Plot} plot
 */
export function tracesOf(plot) {
  return (plot._fullData ?? []).filter((trace) => trace.customdata);
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
export function axesOf(layout, { xaxis, yaxis }) {
  return [layout[`xaxis${xaxis.slice(1)}`], layout[`yaxis${yaxis.slice(1)}`]];
}
