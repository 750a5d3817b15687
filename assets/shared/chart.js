/**
 * Streamlit's Plotly charts, found from outside of them.
 *
 * @typedef {object} Axis  Of Plotly: where it lies in the chart, and between its numbers (d) and pixels (p).
 * @property {number} _offset
 * @property {number} _length
 * @property {(place: number) => number} d2p
 * @property {(pixel: number) => number} p2d
 *
 * @typedef {object} Trace
 * @property {string} xaxis  Its axes' names, for instance "x2".
 * @property {string} yaxis
 * @property {boolean | "legendonly"} visible
 * @property {ArrayLike<number>} x
 * @property {ArrayLike<number>} y
 * @property {ArrayLike<number | string>} [customdata]
 * @property {{ color: unknown, symbol: unknown } & Partial<Shades>} marker
 *
 * @typedef {object} Shades  What else its marks look like, and the colours of numbers.
 * @property {number} size
 * @property {number} opacity
 * @property {number} cmin
 * @property {number} cmax
 * @property {[number, string][]} colorscale
 *
 * @typedef {{ xaxis: Axis, yaxis: Axis, clickmode: string, width: number, height: number } & Record<string, any>} Layout
 * @typedef {{ points?: { customdata: unknown }[] }} PlotlyEvent
 * @typedef {(event?: PlotlyEvent) => void} PlotlyListener
 *
 * @typedef {object} PlotMembers  What Plotly adds to its element, `_fullLayout` once it has drawn.
 * @property {Layout} [_fullLayout]
 * @property {Trace[]} [_fullData]
 * @property {(name: string, listener: PlotlyListener) => void} on
 * @property {(name: string, listener: PlotlyListener) => void} [removeListener]
 * @typedef {HTMLElement & PlotMembers} Plot
 *
 * @typedef {object} Follower
 * @property {(plot: Plot) => boolean} attach  Lay something over a chart that is new; false where it is not ready.
 * @property {() => void} moved  Draw again: places lie elsewhere on the screen.
 * @property {Record<string, PlotlyListener>} [listeners]  For other events of Plotly's.
 */

/** Plotly's events after which places lie elsewhere on the screen. */
const MOVES = ["plotly_relayouting", "plotly_relayout", "plotly_afterplot"];
/** Milliseconds between two looks for the chart. */
const LOOK_AGAIN = 200;

/**
 * The chart in one of Streamlit's containers, once Plotly has drawn it.
 * @param {string} key  The container's.
 */
export function chartIn(key) {
  const plot = /** @type {Plot | null} */ (document.querySelector(`.st-key-${CSS.escape(key)} .js-plotly-plot`));
  return plot?._fullLayout?.xaxis?._length ? plot : null;
}

/** One of Streamlit's charts, looked up again and again, since a rerun may put another in its place. */
export class FollowedChart {
  /** @type {Plot | null} */
  #attached = null;
  #follower;
  #layer;
  #key;
  #listeners;
  #watch;

  /**
   * @param {string} key  Of Streamlit's container around the chart.
   * @param {HTMLElement} layer  What the follower lays over the chart.
   * @param {Follower} follower
   */
  constructor(key, layer, follower) {
    this.#key = key;
    this.#layer = layer;
    this.#follower = follower;
    const moves = Object.fromEntries(MOVES.map((name) => [name, () => this.#moved()]));
    this.#listeners = { ...moves, ...follower.listeners };
    this.#watch = setInterval(() => this.look(), LOOK_AGAIN);
  }

  end() {
    clearInterval(this.#watch);
    this.#detach();
    this.#layer.remove();
  }

  /** The chart that is on the page, once Plotly has drawn it. */
  get plot() {
    return chartIn(this.#key);
  }

  /** Its layout, once Plotly has drawn it. */
  get layout() {
    return this.plot?._fullLayout ?? null;
  }

  /** Lay the layer over a chart that is new. */
  look() {
    const { plot } = this;
    if (!plot || (plot === this.#attached && this.#layer.isConnected)) return;
    if (!this.#follower.attach(plot)) return;
    this.#detach();
    this.#attached = plot;
    for (const [name, listener] of Object.entries(this.#listeners)) plot.on(name, listener);
    this.#moved();
  }

  #detach() {
    for (const [name, listener] of Object.entries(this.#listeners)) this.#attached?.removeListener?.(name, listener);
    this.#attached = null;
  }

  #moved() {
    if (this.#attached?._fullLayout) this.#follower.moved();
  }
}
