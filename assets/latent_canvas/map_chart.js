/**
 * The chart that shows the map: where places lie on it, and what is drawn over it.
 *
 * @import { Covariance, Place } from "../network/map.js"
 *
 * @typedef {{ clientX: number, clientY: number }} Pointer
 * @typedef {Pointer & { target: EventTarget | null }} Aimed  A pointer's event, or a touch.
 *
 * @typedef {object} Marks
 * @property {Place} here  Where z is.
 * @property {Place[]} pins
 * @property {Place[]} way  From pin to pin.
 * @property {{ share: number, line: Place[] }[]} truth  Lines around shares of the true posterior.
 * @property {{ place: Place, covariance: Covariance } | null} posterior
 */
import { FollowedChart } from "../shared/chart.js";
import { childOf } from "../shared/dom.js";
import { page } from "../shared/page.js";
import { Fingers } from "./fingers.js";

/** Size of the lens and its distance from the pointer, in pixels. */
export const LENS = 104;
const LENS_GAP = 18;
/** And what the nearest image takes beside it. */
const NEARBY = 70;
/** How far from a point's edge, in pixels, its label is shown: where a click takes it. Plotly's own is 20. */
const LABELLED = 3;

export class MapChart {
  #chart;
  #layer = document.createElement("div");
  #notice;
  #svg;
  #answersClicks = false;
  /**
   * The image that Plotly's label names.
   * @type {number | null}
   */
  named = null;

  /**
   * @param {string} key  Of Streamlit's container around the chart.
   * @param {() => void} redraw  Called when places lie elsewhere on the screen.
   */
  constructor(key, redraw) {
    this.#layer.className = "lc-overlay";
    this.#layer.innerHTML =
      '<svg aria-hidden="true"></svg><canvas class="lc-lens" hidden></canvas><canvas class="lc-nearby" hidden></canvas><p class="chart-notice" role="status"></p>';
    this.#svg = childOf(this.#layer, "svg", SVGSVGElement);
    this.lens = childOf(this.#layer, ".lc-lens", HTMLCanvasElement);
    this.nearby = childOf(this.#layer, ".lc-nearby", HTMLCanvasElement);
    this.#notice = childOf(this.#layer, "p", HTMLElement);
    const isMine = (/** @type {Touch} */ touch) => this.#answersClicks && this.placeOf(touch) !== null;
    const fingers = new Fingers((touch, count) => isMine(touch) && (count > 1 || !page.choosing.has(key)));
    this.#chart = new FollowedChart(key, this.#layer, {
      attach: (plot) => {
        plot.append(this.#layer);
        fingers.listenOn(plot);
        return true;
      },
      moved: () => {
        this.answerClicks(this.#answersClicks); // Plotly has made its layout anew
        redraw();
      },
      listeners: {
        plotly_hover: (event) => {
          const image = event?.points?.[0]?.customdata;
          this.named = typeof image === "number" ? image : null;
        },
        plotly_unhover: () => {
          this.named = null;
        },
      },
    });
    this.#chart.look();
  }

  end() {
    this.answerClicks(false);
    this.#chart.end();
  }

  /**
   * Whether the canvas answers clicks. Plotly's own selection, which goes to the server, would send
   * each once more; where the canvas cannot run it is the way that is left.
   * @param {boolean} yes
   */
  answerClicks(yes) {
    this.#answersClicks = yes;
    const { layout } = this.#chart;
    if (!layout) return;
    layout.clickmode = yes ? "event" : "event+select";
    layout.hoverdistance = yes ? LABELLED : 20;
  }

  /**
   * Write a sentence over the map, or nothing.
   * @param {string} text
   */
  say(text) {
    this.#notice.textContent = text;
  }

  /**
   * The place on the map under the pointer, or null beside the map.
   * @param {Pointer} pointer
   * @returns {Place | null}
   */
  placeAt({ clientX, clientY }) {
    const { plot, layout } = this.#chart;
    if (!plot || !layout) return null;
    const { xaxis, yaxis } = layout;
    const box = plot.getBoundingClientRect();
    const [x, y] = [clientX - box.left - xaxis._offset, clientY - box.top - yaxis._offset];
    if (x < 0 || y < 0 || x > xaxis._length || y > yaxis._length) return null;
    return [xaxis.p2d(x), yaxis.p2d(y)];
  }

  /**
   * The place on the map that an event is about; null beside the map, and over its tool bar and legend.
   * @param {Aimed} event
   */
  placeOf(event) {
    const { target } = event;
    const over = target instanceof Element && this.#chart.plot?.contains(target);
    return over && !target.closest(".modebar, .legend") ? this.placeAt(event) : null;
  }

  /**
   * Where a place is drawn, in pixels from the chart's corner; without a chart, nowhere.
   * @param {Place} place
   * @returns {Place}
   */
  pixels([x, y]) {
    const { layout } = this.#chart;
    if (!layout) return [Number.NaN, Number.NaN];
    const { xaxis, yaxis } = layout;
    return [xaxis._offset + xaxis.d2p(x), yaxis._offset + yaxis.d2p(y)];
  }

  /**
   * A hundredth of what is seen: one step of an arrow key. Null while there is no chart.
   * @returns {Place | null}
   */
  get stride() {
    const { layout } = this.#chart;
    if (!layout) return null;
    const { xaxis, yaxis } = layout;
    return [
      Math.abs(xaxis.p2d(xaxis._length) - xaxis.p2d(0)) / 100,
      Math.abs(yaxis.p2d(yaxis._length) - yaxis.p2d(0)) / 100,
    ];
  }

  get plot() {
    return this.#chart.plot;
  }

  get layout() {
    return this.#chart.layout;
  }

  /** Whether there is a chart to draw on. */
  get isThere() {
    return this.#chart.layout !== null;
  }

  /**
   * Draw the path, the pins, the posterior and where z is.
   * @param {Marks} marks
   */
  draw({ here, pins, way, truth, posterior }) {
    const { layout } = this.#chart;
    if (!layout) return;
    /** @param {Place[]} places */
    const points = (places) => places.map((place) => this.pixels(place).join(",")).join(" ");
    const line = points(way);
    const shapes = truth.map(
      ({ share, line }) => `<polygon class="lc-truth" data-share="${share}" points="${points(line)}"/>`,
    );
    if (posterior) shapes.push(...[2, 1].map((times) => this.#ellipse(posterior.place, posterior.covariance, times)));
    if (line) shapes.push(`<polyline class="lc-halo" points="${line}"/><polyline class="lc-way" points="${line}"/>`);
    pins.forEach((place, i) => {
      const [x, y] = this.pixels(place);
      const letter = String.fromCharCode(65 + (i % 26));
      shapes.push(`<circle class="lc-pin" cx="${x}" cy="${y}" r="6"/><text x="${x}" y="${y - 13}">${letter}</text>`);
    });
    const [x, y] = this.pixels(here);
    shapes.push(`<circle class="lc-here" data-testid="here" cx="${x}" cy="${y}" r="7"/>`);
    const { xaxis, yaxis } = layout;
    const [left, top] = [xaxis._offset, yaxis._offset];
    const [right, bottom] = [left + xaxis._length, top + yaxis._length];
    const corners = [`${left}px ${top}px`, `${right}px ${top}px`, `${right}px ${bottom}px`, `${left}px ${bottom}px`];
    this.#svg.style.clipPath = `polygon(${corners.join(",")})`;
    this.#svg.innerHTML = shapes.join("");
  }

  /**
   * @param {Place} place
   * @param {Covariance} covariance
   * @param {number} times  How many sigmas.
   */
  #ellipse(place, [xx, xy, yy], times) {
    const [x, y] = this.pixels(place);
    const [right, up] = this.pixels([place[0] + 1, place[1] + 1]);
    const [sx, sy] = [right - x, up - y]; // pixels per unit along each axis
    const [a, b, c] = [xx * sx * sx, xy * sx * sy, yy * sy * sy];
    const middle = (a + c) / 2;
    const spread = Math.hypot((a - c) / 2, b);
    const [rx, ry] = [middle + spread, middle - spread].map((square) => times * Math.sqrt(Math.max(square, 0)));
    const angle = (Math.atan2(2 * b, a - c) / 2) * (180 / Math.PI);
    return `<ellipse class="lc-posterior" data-sigmas="${times}" rx="${rx}" ry="${ry}"
      transform="translate(${x} ${y}) rotate(${angle})"/>`;
  }

  /**
   * Put the lens beside the pointer, on the side where there is room, and the nearest image beside it; without a
   * pointer, away.
   * @param {Pointer | null} pointer
   */
  moveLens(pointer) {
    const { plot } = this.#chart;
    this.lens.hidden = !pointer || !plot;
    this.nearby.hidden = this.lens.hidden || !this.nearby.dataset.image;
    if (!pointer || !plot) return;
    const box = plot.getBoundingClientRect();
    const [x, y] = [pointer.clientX - box.left, pointer.clientY - box.top];
    const beside = LENS + LENS_GAP;
    const [left, top] = [x, y].map((from) => (from - beside > 0 ? from - beside : from + LENS_GAP));
    this.lens.style.left = `${left}px`;
    this.lens.style.top = `${top}px`;
    // At its far side from the pointer or, where there is no room, above or below it.
    const far = left < x ? left - NEARBY : left + LENS;
    const fits = far >= 0 && far + NEARBY <= box.width;
    this.nearby.style.left = `${fits ? far : left}px`;
    this.nearby.style.top = `${fits ? top : top < y ? top - NEARBY : top + LENS}px`;
  }
}
