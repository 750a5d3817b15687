/**
 * Drawing a line around points of a chart, by mouse, pen or finger: switched on by a button, which covers nothing of it.
 *
 * Plotly does not draw it: the chart would keep the outline and grey its points out, and no finger could draw where one
 * decodes. Only where drawing is what a chart is for, Plotly's buttons say whether a drag draws, moves or zooms.
 *
 * @import { Axis, Layout, Plot } from "../shared/chart.js"
 *
 * A point on the screen, in pixels from the chart's corner.
 * @typedef {[number, number]} Corner
 *
 * @typedef {object} Drawer  Whose chart it is.
 * @property {() => Plot | null} plot
 * @property {(line: Corner[], panel: string, adds: boolean) => void} drawn  Called while a line is drawn, for each corner; `adds`
 *   where what was chosen stays chosen.
 * @property {() => void} closed
 * @property {() => void} undone  Called where a line that was begun came to nothing.
 * @property {(at: Corner, panel: string) => void} clicked
 */
import { page } from "../shared/page.js";

/** How far a pointer goes, in pixels, before the line gets another corner. */
const CORNER_STEP = 3;
/** A line that spans less, in pixels, is a click. */
const LEAST_LINE = 6;

export class Lasso {
  /** Over the chart: the line while it is drawn. */
  layer = document.createElement("div");
  /** @type {HTMLButtonElement | null} */
  #button = null;
  #drawer;
  #ending = new AbortController();
  #key;
  #line;
  #stays;
  /** Whether Shift was held when the line was begun. */
  #adds = false;
  /** @type {Corner[]} */
  #corners = [];
  /** The axes of the panel in which a line is drawn, for instance "x2y2". */
  #panel = "";

  /**
   * @param {string} key  Of the container around the chart.
   * @param {Drawer} drawer
   * @param {boolean} stays  Whether no button switches it on: where that is what the chart is for, it is on as long as the
   *   chart's own tool is its lasso.
   */
  constructor(key, drawer, stays) {
    this.#key = key;
    this.#drawer = drawer;
    this.#stays = stays;
    this.layer.className = "lasso-layer";
    this.layer.innerHTML = '<svg aria-hidden="true"><polygon/></svg>';
    this.#line = /** @type {SVGPolygonElement} */ (this.layer.querySelector("polygon"));
    const { signal } = this.#ending;
    const first = { signal, capture: true };
    window.addEventListener("pointerdown", this.#press, first);
    window.addEventListener("pointermove", this.#move, first);
    window.addEventListener("pointerup", this.#release, first);
    window.addEventListener("pointercancel", () => this.#forget(), first);
    const cancel = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape" && this.#isArmed) this.#arm(false);
    };
    document.addEventListener("keydown", cancel, { signal });
    // The chart would be dragged by what draws the line, and the page scrolled by a finger.
    for (const name of ["mousedown", "touchstart", "touchmove"]) {
      document.addEventListener(name, this.#keep, { ...first, passive: false });
    }
  }

  /**
   * Be switched by a button, which is shown where there is something to switch.
   * @param {HTMLButtonElement} button
   */
  switchedBy(button) {
    if (button === this.#button) return;
    this.#button = button;
    button.hidden = this.#stays;
    button.addEventListener("click", () => this.#arm(!this.#isArmed), { signal: this.#ending.signal });
  }

  /** The chart may be another one. */
  attached() {
    this.#drawer.plot()?.classList.toggle("lasso-armed", this.#isArmed);
  }

  /** Begin no line by what was pressed before. */
  putAway() {
    if (this.#isArmed && !this.#stays) this.#arm(false);
  }

  end() {
    this.#arm(false);
    this.#ending.abort();
    this.layer.remove();
  }

  get #isArmed() {
    return this.#stays ? this.#drawer.plot()?._fullLayout?.dragmode === "lasso" : page.choosing.has(this.#key);
  }

  /** @param {boolean} yes */
  #arm(yes) {
    if (yes) page.choosing.add(this.#key);
    else page.choosing.delete(this.#key);
    this.#button?.setAttribute("aria-pressed", String(yes));
    this.attached();
    if (!yes) this.#forget();
  }

  #forget() {
    if (this.#corners.length > 1) this.#drawer.undone();
    this.#corners = [];
    this.#line.setAttribute("points", "");
  }

  #press = (/** @type {PointerEvent} */ event) => {
    const panel = event.button === 0 && this.#isArmed ? this.#panelAt(event) : null;
    if (panel === null) return;
    if (!event.isPrimary) {
      this.#forget(); // two fingers zoom
      return;
    }
    this.#panel = panel;
    this.#corners = [this.#corner(event)];
    this.#adds = event.shiftKey;
  };

  #move = (/** @type {PointerEvent} */ event) => {
    const last = this.#corners.at(-1);
    if (!last || !event.isPrimary) return;
    const corner = this.#corner(event);
    if (Math.hypot(corner[0] - last[0], corner[1] - last[1]) < CORNER_STEP) return;
    this.#corners.push(corner);
    this.#line.setAttribute("points", this.#corners.join(" "));
    this.#drawer.drawn(this.#corners, this.#panel, this.#adds);
  };

  #release = (/** @type {PointerEvent} */ event) => {
    const corners = this.#corners;
    if (!corners.length || !event.isPrimary) return;
    const spans = [0, 1].map((axis) => {
      const along = corners.map((corner) => corner[axis]);
      return Math.max(...along) - Math.min(...along);
    });
    if (Math.max(...spans) >= LEAST_LINE) {
      this.#corners = [];
      this.#drawer.closed();
      this.#arm(false);
    } else {
      this.#forget();
      this.#drawer.clicked(corners[0], this.#panel);
    }
  };

  #keep = (/** @type {Event} */ event) => {
    if (!this.#isArmed) return;
    const touches = /** @type {TouchEvent} */ (event).touches; // some browsers have no such class
    const at = touches ? touches[0] : event instanceof MouseEvent ? event : null;
    if (!at || touches?.length > 1) return;
    if (this.#panelAt({ clientX: at.clientX, clientY: at.clientY, target: event.target }) === null) return;
    event.stopPropagation();
    if (event.cancelable) event.preventDefault();
  };

  /** @param {{ clientX: number, clientY: number }} pointer */
  #corner({ clientX, clientY }) {
    const box = this.#drawer.plot()?.getBoundingClientRect();
    return /** @type {Corner} */ ([clientX - (box?.left ?? 0), clientY - (box?.top ?? 0)].map(Math.round));
  }

  /**
   * The axes of the panel that a pointer is over, or null where it is over none, or over the tool bar or the legend.
   * @param {{ clientX: number, clientY: number, target: EventTarget | null }} pointer
   */
  #panelAt({ clientX, clientY, target }) {
    const plot = this.#drawer.plot();
    const layout = plot?._fullLayout;
    if (!plot || !layout || !(target instanceof Element) || !plot.contains(target)) return null;
    if (target.closest(".modebar, .legend")) return null;
    const [x, y] = this.#corner({ clientX, clientY });
    const names = Object.keys(layout).filter((name) => /^xaxis\d*$/.test(name));
    const found = names.find((name) => {
      const [across, up] = [layout[name], layout[name.replace("x", "y")]];
      return up && isOn(across, x) && isOn(up, y);
    });
    return found === undefined ? null : `x${found.slice(5)}`;
  }
}

/**
 * Whether a pixel of the chart is on an axis, and not beyond what it shows.
 * @param {Axis} axis
 * @param {number} pixel
 */
export function isOn(axis, pixel) {
  return pixel >= axis._offset && pixel <= axis._offset + axis._length;
}

/**
 * Whether a place is within a closed line, by how often a ray from it crosses the line.
 * @param {number} x
 * @param {number} y
 * @param {Corner[]} line
 */
export function isInside(x, y, line) {
  let inside = false;
  let [fromX, fromY] = line[line.length - 1];
  for (const [toX, toY] of line) {
    if (toY > y !== fromY > y && x < ((fromX - toX) * (y - toY)) / (fromY - toY) + toX) inside = !inside;
    [fromX, fromY] = [toX, toY];
  }
  return inside;
}
