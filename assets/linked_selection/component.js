// Marks in every panel of a Plotly chart the images that were chosen in one of them.
//
// The marks are drawn over the points, on a canvas that lies under the chart's own outlines and
// hover texts. The figure itself never changes, so that its zoom stays.

/** Plotly's events after which places lie elsewhere on the screen. */
const MOVES = ["plotly_relayouting", "plotly_relayout", "plotly_afterplot"];
/** How much of what was not chosen is covered. */
const VEIL = 0.75;

class Link {
  constructor(key) {
    this.selector = `.st-key-${CSS.escape(key)} .js-plotly-plot`;
    this.chosen = new Set();
    this.told = null; // what the server said last
    this.canvas = document.createElement("canvas");
    this.canvas.className = "linked-marks";
    this.canvas.setAttribute("aria-hidden", "true");
    this.canvas.style.cssText = "position:absolute;inset:0;pointer-events:none";
    const choose = (event) => this.choose((event?.points ?? []).map((point) => Number(point.customdata)));
    this.answers = {
      plotly_selecting: (event) => event && choose(event),
      plotly_selected: choose,
      plotly_deselect: () => this.choose([]),
    };
    for (const name of MOVES) this.answers[name] = () => this.draw();
    // A rerun may put another chart in its place.
    this.watch = setInterval(() => this.attach(), 200);
  }

  end() {
    clearInterval(this.watch);
    this.detach();
    this.canvas.remove();
  }

  /** Take over what the server has, unless it has nothing new: the browser may be ahead of it. */
  update(chosen, root) {
    this.root = root;
    const told = JSON.stringify(chosen);
    if (told !== this.told) {
      this.told = told;
      this.choose(chosen);
    }
    this.attach();
  }

  choose(images) {
    this.chosen = new Set(images);
    this.draw();
  }

  attach() {
    const plot = document.querySelector(this.selector);
    if (!plot?._fullLayout || (plot === this.plot && this.canvas.isConnected)) return;
    const under = plot.querySelector(".gl-container");
    if (!under) return;
    this.detach();
    this.plot = plot;
    under.after(this.canvas);
    for (const [name, answer] of Object.entries(this.answers)) plot.on(name, answer);
    this.draw();
  }

  detach() {
    for (const [name, answer] of Object.entries(this.answers)) this.plot?.removeListener?.(name, answer);
    this.plot = null;
  }

  draw() {
    const { plot, canvas } = this;
    if (!plot?._fullLayout) return;
    // Streamlit switches clicks off where loops can be drawn; a click is a choice, too.
    plot._fullLayout.clickmode = "event+select";
    const { width, height } = plot._fullLayout;
    const density = window.devicePixelRatio || 1;
    Object.assign(canvas, { width: width * density, height: height * density });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    canvas.dataset.chosen = this.chosen.size;
    canvas.dataset.marked = "";
    if (!this.chosen.size) return;
    const pen = canvas.getContext("2d");
    pen.scale(density, density);
    const style = getComputedStyle(this.root);
    const ground = style.getPropertyValue("--st-background-color") || "#fff";
    const accent = style.getPropertyValue("--st-primary-color") || "#e5007e";
    const marked = {};
    const veiled = new Set();
    for (const trace of plot._fullData) {
      if (!trace.customdata) continue;
      const [x, y] = [trace.xaxis, trace.yaxis].map((id) => plot._fullLayout[`${id[0]}axis${id.slice(1)}`]);
      pen.save();
      pen.beginPath();
      pen.rect(x._offset, y._offset, x._length, y._length);
      pen.clip();
      if (!veiled.has(trace.xaxis)) {
        veiled.add(trace.xaxis);
        pen.globalAlpha = VEIL;
        pen.fillStyle = ground;
        pen.fill();
        pen.globalAlpha = 1;
      }
      pen.restore();
    }
    for (const trace of plot._fullData) {
      if (!trace.customdata || trace.visible !== true) continue;
      const [x, y] = [trace.xaxis, trace.yaxis].map((id) => plot._fullLayout[`${id[0]}axis${id.slice(1)}`]);
      pen.save();
      pen.beginPath();
      pen.rect(x._offset, y._offset, x._length, y._length);
      pen.clip();
      const { color, symbol } = trace.marker;
      pen.fillStyle = typeof color === "string" ? color : accent;
      pen.strokeStyle = ground;
      let count = 0;
      for (let i = 0; i < trace.x.length; i++) {
        if (!this.chosen.has(Number(trace.customdata[i]))) continue;
        count += 1;
        pen.beginPath();
        outline(pen, symbol, x._offset + x.d2p(trace.x[i]), y._offset + y.d2p(trace.y[i]));
        pen.fill();
        pen.stroke();
      }
      pen.restore();
      marked[trace.xaxis] = (marked[trace.xaxis] ?? 0) + count;
    }
    canvas.dataset.marked = JSON.stringify(marked);
  }
}

/** The shape of a mark, as Plotly's symbols have it. */
function outline(pen, symbol, x, y) {
  const r = 4;
  if (symbol === "diamond") {
    for (const [dx, dy] of [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]]) pen.lineTo(x + r * dx, y + r * dy);
  } else if (symbol === "triangle-up") {
    for (const [dx, dy] of [[0, -1.2], [1.1, 0.8], [-1.1, 0.8]]) pen.lineTo(x + r * dx, y + r * dy);
  } else if (symbol === "cross") {
    pen.rect(x - r * 1.2, y - r * 0.4, r * 2.4, r * 0.8);
    pen.rect(x - r * 0.4, y - r * 1.2, r * 0.8, r * 2.4);
  } else {
    pen.arc(x, y, r, 0, 2 * Math.PI);
  }
  pen.closePath();
}

const links = new Map();

/** Called by Streamlit with the chart's key and the images chosen. */
export default function mount({ data, parentElement }) {
  if (!data) return undefined;
  const { chart, chosen } = data;
  if (!links.has(chart)) links.set(chart, new Link(chart));
  const link = links.get(chart);
  const root = parentElement.host ?? parentElement;
  link.update(chosen, root);
  // Streamlit may call this late, for a mount that another one has followed.
  return () => setTimeout(() => {
    if (root.isConnected || links.get(chart) !== link) return;
    link.end();
    links.delete(chart);
  });
}
