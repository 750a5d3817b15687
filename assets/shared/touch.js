/** A finger on a chart scrolls the page, but on a map, which it moves, and where it draws a loop. */

/** Tools of Plotly's that a finger needs as much as a mouse does. */
const LOOPS = ["lasso", "select"];

/**
 * Keep a touch from a chart that would move or zoom by it, and the page would stand still.
 * @param {TouchEvent} event  Before it reaches the chart.
 */
export function leaveFingerToPage(event) {
  const plot = event.target instanceof Element ? event.target.closest(".js-plotly-plot") : null;
  const { _context, _fullLayout } = /** @type {any} */ (plot ?? {});
  if (plot && !_context?.scrollZoom && !LOOPS.includes(_fullLayout?.dragmode)) event.stopImmediatePropagation();
}
