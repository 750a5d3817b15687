/** The wheel over a chart scrolls the page, until a person shows that the chart is meant. */
import { page } from "./page.js";

/** Milliseconds that the sentence about it stays; it is said once. */
const SAID_FOR = 5000;

/**
 * The chart that an event is about, if it zooms by the wheel.
 * @param {Event} event
 */
function chartOf({ target }) {
  const plot = target instanceof Element ? target.closest(".js-plotly-plot") : null;
  return plot && /** @type {any} */ (plot)._context?.scrollZoom ? plot : null;
}

/** From now on; for all charts that there are or will be. */
export function leaveWheelToPage() {
  if (page.wheelIsLeft) return;
  page.wheelIsLeft = true;
  let isSaid = false;
  /** @type {Element | null} */
  let meant = null;
  const turn = (/** @type {WheelEvent} */ event) => {
    const plot = chartOf(event);
    if (!plot || plot === meant || event.ctrlKey || event.metaKey) return;
    event.stopImmediatePropagation(); // before it reaches the chart
    if (!isSaid) say(plot);
    isSaid = true;
  };
  const press = (/** @type {PointerEvent} */ event) => {
    meant = chartOf(event);
  };
  // By where the pointer is: at a press, Plotly lays something of its own over the page.
  const move = (/** @type {PointerEvent} */ { clientX: x, clientY: y }) => {
    const box = meant?.getBoundingClientRect();
    if (box && (x < box.left || x > box.right || y < box.top || y > box.bottom)) meant = null;
  };
  document.addEventListener("wheel", turn, { capture: true, passive: true });
  document.addEventListener("pointerdown", press, { capture: true });
  document.addEventListener("pointermove", move, { capture: true });
}

/** @param {Element} plot */
function say(plot) {
  const notice = document.createElement("p");
  notice.className = "chart-notice";
  notice.role = "status";
  notice.textContent = "To zoom with the wheel, hold Ctrl or ⌘, or click the map first.";
  plot.append(notice);
  setTimeout(() => notice.remove(), SAID_FOR);
}
