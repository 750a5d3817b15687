/**
 * The live latent canvas: decodes wherever the pointer is on a chart beside it.
 *
 * Follows `assets/network/network.js`, in one module. Streamlit calls the default export at every
 * rerun.
 */

// The chart -------------------------------------------------------------------------------------

/** How near, in pixels, a click must be to a point to mean its image. */
const TOUCHING = 6;
/** Plotly's events after which places lie elsewhere on the screen. */
const MOVES = ["plotly_relayouting", "plotly_relayout", "plotly_afterplot"];

/** Streamlit's Plotly chart, found anew each time, since a rerun may put another in its place. */
class Chart {
  constructor(key, redraw) {
    this.selector = `.st-key-${CSS.escape(key)} .js-plotly-plot`;
    this.redraw = redraw;
    this.answering = false;
    this.layer = document.createElement("div");
    this.layer.className = "lc-overlay";
    this.layer.innerHTML = '<svg aria-hidden="true"></svg><canvas class="lc-lens" hidden></canvas>';
    [this.svg, this.lens] = this.layer.children;
    this.moved = () => this.#moved();
    this.watch = setInterval(() => this.#attach(), 250);
    this.#attach();
  }

  end() {
    clearInterval(this.watch);
    this.answer(false);
    this.#detach();
    this.layer.remove();
  }

  /**
   * Whether the canvas answers clicks. Plotly's own selection, which goes to the server, would send
   * each once more; where the canvas cannot run it is the way that is left.
   */
  answer(yes) {
    this.answering = yes;
    if (this.attached?._fullLayout) this.attached._fullLayout.clickmode = yes ? "event" : "event+select";
  }

  /** The element, once Plotly has drawn it. */
  get plot() {
    const plot = document.querySelector(this.selector);
    return plot?._fullLayout?.xaxis?._length ? plot : null;
  }

  /** Draw over a chart that is new, and again whenever it is moved. */
  #attach() {
    const { plot } = this;
    if (!plot || (plot === this.attached && this.layer.isConnected)) return;
    this.#detach();
    this.attached = plot;
    plot.append(this.layer);
    for (const event of MOVES) plot.on(event, this.moved);
    this.#moved();
  }

  #detach() {
    for (const event of MOVES) this.attached?.removeListener?.(event, this.moved);
    this.attached = null;
  }

  #moved() {
    if (!this.attached?._fullLayout) return;
    this.answer(this.answering); // Plotly has made its layout anew
    this.redraw();
  }

  /** The place on the map under the pointer, or null beside the map. */
  placeAt({ clientX, clientY }) {
    const { plot } = this;
    if (!plot) return null;
    const { xaxis, yaxis } = plot._fullLayout;
    const box = plot.getBoundingClientRect();
    const [x, y] = [clientX - box.left - xaxis._offset, clientY - box.top - yaxis._offset];
    if (x < 0 || y < 0 || x > xaxis._length || y > yaxis._length) return null;
    return [xaxis.p2d(x), yaxis.p2d(y)];
  }

  /** Where a place is drawn, in pixels from the chart's corner. */
  pixels([x, y]) {
    const { xaxis, yaxis } = this.plot._fullLayout;
    return [xaxis._offset + xaxis.d2p(x), yaxis._offset + yaxis.d2p(y)];
  }

  /** Pixels per unit along each axis. */
  get scale() {
    const { xaxis, yaxis } = this.plot._fullLayout;
    return [xaxis.d2p(1) - xaxis.d2p(0), yaxis.d2p(1) - yaxis.d2p(0)];
  }

  /** A hundredth of what is seen: one step of an arrow key. */
  get stride() {
    const { xaxis, yaxis } = this.plot._fullLayout;
    return [xaxis, yaxis].map((axis) => Math.abs(axis.p2d(axis._length) - axis.p2d(0)) / 100);
  }

  /** Draw the path, the pins, the posterior and where z is. */
  draw({ here, pins, way, posterior }) {
    const { plot } = this;
    if (!plot) return;
    const { xaxis, yaxis } = plot._fullLayout;
    const line = way.map((place) => this.pixels(place).join(",")).join(" ");
    const shapes = [];
    if (posterior) shapes.push(...[2, 1].map((times) => this.#ellipse(posterior, times)));
    if (line) shapes.push(`<polyline class="lc-halo" points="${line}"/><polyline class="lc-way" points="${line}"/>`);
    if (pins.length > 1) {
      pins.forEach((place, i) => {
        const [x, y] = this.pixels(place);
        const letter = String.fromCharCode(65 + (i % 26));
        shapes.push(`<circle class="lc-pin" cx="${x}" cy="${y}" r="6"/><text x="${x}" y="${y - 13}">${letter}</text>`);
      });
    }
    const [x, y] = this.pixels(here);
    shapes.push(`<circle class="lc-here" data-testid="here" cx="${x}" cy="${y}" r="7"/>`);
    const [left, top] = [xaxis._offset, yaxis._offset];
    this.svg.style.clipPath =
      `polygon(${[[0, 0], [1, 0], [1, 1], [0, 1]].map(([i, j]) =>
        `${left + i * xaxis._length}px ${top + j * yaxis._length}px`).join(",")})`;
    this.svg.innerHTML = shapes.join("");
  }

  #ellipse({ place, covariance: [xx, xy, yy] }, times) {
    const [sx, sy] = this.scale;
    const [a, b, c] = [xx * sx * sx, xy * sx * sy, yy * sy * sy];
    const middle = (a + c) / 2, spread = Math.hypot((a - c) / 2, b);
    const [rx, ry] = [middle + spread, middle - spread].map((square) => times * Math.sqrt(Math.max(square, 0)));
    const angle = (Math.atan2(2 * b, a - c) / 2) * (180 / Math.PI);
    const [x, y] = this.pixels(place);
    return `<ellipse class="lc-posterior" data-sigmas="${times}" rx="${rx}" ry="${ry}"
      transform="translate(${x} ${y}) rotate(${angle})"/>`;
  }

  /** Put the lens beside the pointer, on the side where there is room. */
  moveLens(pointer) {
    this.lens.hidden = !pointer;
    if (!pointer) return;
    const box = this.plot.getBoundingClientRect();
    const [x, y] = [pointer.clientX - box.left, pointer.clientY - box.top];
    const [size, gap] = [104, 18];
    this.lens.style.left = `${x - gap - size > 0 ? x - gap - size : x + gap}px`;
    this.lens.style.top = `${y - gap - size > 0 ? y - gap - size : y + gap}px`;
  }
}

// What people touch -----------------------------------------------------------------------------

/** A pad of the dataset's size to draw on, or to drop an image onto. */
class Pad {
  constructor(root, network, background, changed, signal) {
    this.root = root;
    this.element = root.querySelector(".lc-pad");
    this.wrong = root.querySelector(".lc-wrong");
    this.network = network;
    this.background = Array.from({ length: network.channels }, (_, c) => background[c] ?? background[0]);
    this.changed = changed;
    this.picture = new Picture(this.element, network);
    this.image = new Float32Array(network.numPixels);
    this.brush = [Math.floor(network.width / 2), Math.floor(network.height / 2)];
    this.ink = root.querySelector("[data-do=ink]");
    root.querySelector(".lc-ink").hidden = network.channels === 1;
    this.clear();
    this.signal = signal;
    const on = (element, type, listener) => element.addEventListener(type, listener, { signal });
    on(this.element, "pointerdown", (event) => this.#down(event));
    on(this.element, "pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel"]) on(this.element, type, () => this.#up());
    on(this.element, "keydown", (event) => this.#key(event));
    on(this.element, "blur", () => this.paint());
    for (const type of ["dragover", "dragleave", "drop"]) {
      on(root.querySelector(".lc-draw"), type, (event) => {
        event.preventDefault();
        this.element.classList.toggle("lc-over", type === "dragover");
        if (type === "drop") this.open(event.dataTransfer.files[0]);
      });
    }
    const file = root.querySelector("[data-do=file]");
    on(file, "change", () => {
      this.open(file.files[0]);
      file.value = "";
    });
  }

  clear() {
    this.image.forEach((_, i) => (this.image[i] = this.background[i % this.network.channels]));
    this.paint();
  }

  invert() {
    this.image.forEach((value, i) => (this.image[i] = 1 - value));
    this.paint();
    this.changed(true);
  }

  copy(image) {
    this.image.set(image);
    this.paint();
    this.changed(true);
  }

  /** Take over a file's picture: its middle square, at the dataset's size. */
  async open(file) {
    this.root.querySelector(".lc-draw").open = true; // it can be dropped on the title as well
    this.wrong.textContent = "";
    let bitmap;
    try {
      bitmap = await createImageBitmap(file);
    } catch {
      this.wrong.textContent = "That is not a picture this browser can read: a PNG or JPEG file would do.";
      return;
    }
    if (this.signal.aborted) return; // another run has taken over the pad
    const { width, height, channels } = this.network;
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.fillStyle = `rgb(${[0, 1, 2].map((c) => 255 * this.background[c % channels])})`;
    context.fillRect(0, 0, width, height);
    const side = Math.min(bitmap.width, bitmap.height);
    context.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, width, height);
    bitmap.close();
    const { data } = context.getImageData(0, 0, width, height);
    for (let i = 0, j = 0; i < data.length; i += 4) {
      const rgb = [data[i] / 255, data[i + 1] / 255, data[i + 2] / 255];
      if (channels === 1) this.image[j++] = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]; // BT.601, as Pillow
      else for (const value of rgb) this.image[j++] = value;
    }
    this.paint();
    this.changed(true);
  }

  paint() {
    this.picture.paint(this.image);
    if (document.activeElement !== this.element || !this.element.matches(":focus-visible")) return;
    const { context } = this.picture;
    context.strokeStyle = "#e5007e";
    context.lineWidth = 0.5;
    context.strokeRect(this.brush[0] + 0.25, this.brush[1] + 0.25, 0.5, 0.5);
  }

  #place(event) {
    const box = this.element.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * this.network.width - 0.5,
      ((event.clientY - box.top) / box.height) * this.network.height - 0.5,
    ];
  }

  #down(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    this.element.setPointerCapture(event.pointerId);
    this.last = this.#place(event);
    this.#stroke(this.last);
  }

  #move(event) {
    if (!this.last || !event.isPrimary) return;
    const parts = event.getCoalescedEvents?.() ?? [];
    for (const part of parts.length ? parts : [event]) this.#stroke(this.#place(part));
  }

  #up() {
    if (!this.last) return;
    this.last = null;
    this.changed(true);
  }

  #key(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    if (step) {
      const most = [this.network.width - 1, this.network.height - 1];
      this.brush = this.brush.map((at, i) => Math.min(most[i], Math.max(0, at + step[i])));
      this.paint();
    } else {
      this.last = this.brush;
      this.#stroke(this.brush);
      this.#up();
    }
  }

  /** Paint from where the brush was to `place`, in steps of half a pixel. */
  #stroke(place) {
    const from = this.last;
    const steps = Math.ceil(2 * Math.hypot(place[0] - from[0], place[1] - from[1])) || 1;
    for (let i = 1; i <= steps; i++) {
      this.#dab(from.map((start, axis) => start + ((place[axis] - start) * i) / steps));
    }
    this.last = place;
    this.paint();
    this.changed(false);
  }

  /** A soft round dab; strokes are then as thick and as smooth as those of handwritten digits. */
  #dab([x, y]) {
    const { width, height, channels } = this.network;
    const radius = Math.max(0.9, width / 22);
    const color = this.#color();
    for (let row = Math.max(0, Math.floor(y - radius - 1)); row <= Math.min(height - 1, y + radius + 1); row++) {
      for (let column = Math.max(0, Math.floor(x - radius - 1)); column <= Math.min(width - 1, x + radius + 1); column++) {
        const cover = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(column - x, row - y)));
        for (let c = 0; c < channels; c++) {
          const at = (row * width + column) * channels + c;
          // Towards the ink, never back: dabs overlap without growing darker than one.
          const wanted = this.background[c] + cover * (color[c] - this.background[c]);
          const further = Math.abs(wanted - this.background[c]) > Math.abs(this.image[at] - this.background[c]);
          if (channels > 1) this.image[at] += cover * (color[c] - this.image[at]);
          else if (further) this.image[at] = wanted;
        }
      }
    }
  }

  #color() {
    if (this.network.channels === 1) return [this.background[0] < 0.5 ? 1 : 0];
    const rgb = parseInt(this.ink.value.slice(1), 16);
    return [rgb >> 16, (rgb >> 8) & 255, rgb & 255].map((value) => value / 255);
  }
}

/** Images on the strip of a slider: as many as fit undistorted, within these bounds. */
const STRIP = [3, 16];
/** Sliders shown at once; more are folded away. */
const MOST_ROWS = 6;
/** Milliseconds of a frame that a decode may take before it goes to the worker. */
const FRAME_BUDGET = 12;
/** Seconds that a walk from pin to pin takes, and that a dimension takes there and back. */
const WALK = 2.5;
const CIRCLE = 4;
/** Shares of the images that have denser surroundings; beyond the second a decode is a guess. */
const LEVELS = [
  [0.9, "among", "Among the images"],
  [0.99, "edge", "At the edge of the data"],
  [Infinity, "off", "Off the data"],
];

/** Two digits, and a minus sign that is as wide as a digit. */
const show = (value) => value.toFixed(2).replace(/^-0\.00$/, "0.00").replace("-", "−");

/** Canvases that are on the page. */
const canvases = new Set();
/** The one of several linked canvases that a person is using: the others follow it. */
let leader = null;
const canvasOf = new WeakMap();
/** Where each run was left, so that coming back to a page finds it there. */
const remembered = new Map();
/** Where Python says to go, by the map's key, until the canvas has gone there. */
const destinations = new Map();
/** What tells the last such place from the earlier ones: each is sent with every rerun. */
const turns = new Map();

/** Go to a place that Python sent; once, however often it is sent. */
function goTo({ map_key: mapKey, turn, run, z, image, label }) {
  if (turns.get(mapKey) === turn) return;
  turns.set(mapKey, turn);
  const code = Float32Array.from(z);
  destinations.set(mapKey, { run, z: code, image, label, pins: [{ z: code }] });
  for (const canvas of canvases) canvas.arrive();
}

class LatentCanvas {
  constructor(root) {
    this.root = root;
    this.part = Object.fromEntries(
      ["problem", "live", "decoded", "where", "level", "near", "path", "path-name", "say"].map((name) =>
        [name, root.querySelector(`.lc-${name}`)]));
    this.control = Object.fromEntries(
      Array.from(root.querySelectorAll("[data-do]"), (element) => [element.dataset.do, element]));
    this.lists = Array.from(root.querySelectorAll(".lc-rows"));
    this.folds = Array.from(root.querySelectorAll(".lc-more"));
    this.ending = new AbortController();
    canvases.add(this);
    this.#listen();
  }

  /** Take over the map that Python sent with this rerun. */
  update(bytes, reply) {
    this.reply = reply;
    const { metadata } = readHeader(bytes);
    if (metadata.map === this.known) return;
    this.known = metadata.map;
    this.#halt("The model is on its way.");
    this.map = null;
    try {
      this.map = new LatentMap(bytes);
    } catch (error) {
      this.#fail(error.message);
      return;
    }
    this.chart = new Chart(this.map.map_key, () => this.#request(true));
    this.start();
    if (this.started) return;
    // Python believes that this page has the model; where it has not, ask for it.
    setTimeout(() => {
      if (this.ending.signal.aborted || !this.map || models.has(this.map.model)) return;
      this.reply.ask("missing", this.map.model);
    }, 400);
  }

  /** Begin to decode, once both map and model are here. */
  start() {
    const model = this.map && models.get(this.map.model);
    if (!model || this.started === model) return;
    if (model.problem) {
      this.#fail(model.problem);
      return;
    }
    use(model, this);
    this.started = model;
    void model.background; // its worker takes a while to start, and a slow model needs it at once
    this.network = model.network;
    const sent = this.#destination();
    const left = sent ?? remembered.get(this.map.run) ?? this.#addressed();
    const known = left?.z.length === this.network.latentDim &&
      (!this.network.numLabels || left.label < this.network.numLabels);
    const { z, image, pins, label } = known
      ? left
      : { z: this.map.code(0), image: this.map.images[0], pins: [], label: this.map.labels?.[0] ?? 0 };
    Object.assign(this, { z, image, pins, label, lastImage: image ?? this.map.images[0], lastDim: this.map.dims[0].dim });
    Object.assign(this, { along: 1, posterior: null, pointer: null, drawn: null, cost: 0, slow: false });
    this.shown = new Float32Array(this.network.numPixels);
    this.picture = new Picture(this.part.decoded, this.network);
    this.lensPicture = new Picture(this.chart.lens, this.network);
    this.#makeRows();
    this.#offerLabels();
    this.root.classList.toggle("lc-compact", Boolean(this.map.link));
    this.making = new AbortController();
    this.pad = new Pad(this.root, this.network, this.map.background, (done) => this.#draw(done), this.making.signal);
    this.part.problem.hidden = true;
    this.part.live.hidden = false;
    this.chart.answer(true);
    this.marks = null;
    this.stale = true;
    this.#tick();
    this.root.dataset.state = "ready";
    // On coming back to a page, its panels may stand elsewhere: the server may have moved them.
    if (known && remembered.has(this.map.run) && !sent && !this.begun) this.#tell();
    else if (known) this.#remember();
    this.begun = true;
  }

  /** Take the place that Python has sent for this map, if there is one. */
  #destination() {
    const place = destinations.get(this.map.map_key);
    if (place?.run !== this.map.run) return undefined;
    destinations.delete(this.map.map_key);
    return place;
  }

  /** The place in the URL: what Python will send, of which the mount may come seconds later. */
  #addressed() {
    const asked = new URLSearchParams(window.location.search);
    if (this.map.link || !(asked.has("z") || asked.has("image"))) return undefined;
    const image = asked.has("image") ? Number(asked.get("image")) : null;
    const point = this.map.images.indexOf(image);
    if (!asked.has("z") && point < 0) return undefined;
    const z = asked.has("z") ? Float32Array.from(asked.get("z").split(","), Number) : this.map.code(point);
    const label = asked.has("label")
      ? this.map.label_names.indexOf(asked.get("label"))
      : this.map.labels?.[Math.max(0, point)] ?? 0;
    return z.every(Number.isFinite) && label >= 0 ? { z, image, label, pins: [{ z }] } : undefined;
  }

  /** Go where Python says, on a map that is there already. */
  arrive() {
    const place = this.started && this.#destination();
    if (!place) return;
    this.#stop();
    Object.assign(this, { pins: place.pins, label: place.label, along: 1 });
    this.#go(place.z, place.image);
    this.#remember();
  }

  end() {
    this.#halt("");
    this.ending.abort();
    canvases.delete(this);
    canvasOf.delete(this.root);
  }

  /** Stop whatever is going on, until `start` begins again. */
  #halt(message) {
    this.#stop();
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.started?.users.delete(this);
    this.started = null;
    this.making?.abort();
    this.chart?.end();
    this.root.dataset.state = "loading";
    this.#say(message);
  }

  #fail(message) {
    this.#halt(message);
    this.root.dataset.state = "error";
  }

  /** Say something in place of the controls. */
  #say(message) {
    this.part.problem.textContent = message;
    this.part.problem.hidden = false;
    this.part.live.hidden = true;
  }

  // Listening -----------------------------------------------------------------------------------

  #listen() {
    const { signal } = this.ending;
    const on = (target, type, listener, options) => target.addEventListener(type, listener, { signal, ...options });
    on(document, MODEL_CAME, () => this.start());
    on(document, "pointermove", (event) => this.#hover(event), { capture: true });
    on(document.documentElement, "pointerleave", () => this.#leave());
    on(window, "pointerdown", (event) => this.#press(event), { capture: true });
    on(window, "pointerup", (event) => this.#release(event), { capture: true });
    on(window, "pointercancel", () => (this.pressed = null), { capture: true });
    on(window, "resize", () => this.#request(true));
    on(this.part.decoded, "keydown", (event) => this.#key(event));
    on(this.part.decoded, "keyup", (event) => {
      if (!event.key.startsWith("Arrow") || !this.started) return;
      this.#tell();
      this.part.say.textContent = this.#describe(this.z);
    });
    for (const name of ["origin", "random", "image", "play", "forget", "clear", "invert", "copy"]) {
      on(this.control[name], "click", () => this.#command(name));
    }
    on(this.control.along, "input", () => {
      this.#stop();
      this.#goAlong(Number(this.control.along.value));
    });
    on(this.control.along, "change", () => this.#tell());
    on(this.control.label, "change", () => {
      leader = this;
      this.label = Number(this.control.label.value);
      // What was drawn is another code with another label; any other code stays.
      if (this.posterior) this.#draw(true);
      else {
        this.#go(this.z);
        this.#tell();
      }
    });
    for (const list of this.lists) {
      on(list, "input", ({ target }) => this.#slide(Number(target.dataset.dim), Number(target.value)));
      on(list, "change", () => this.#tell());
      on(list, "dblclick", ({ target }) => {
        if (!target.dataset.dim) return;
        this.#slide(Number(target.dataset.dim), 0);
        this.#tell();
      });
    }
    for (const fold of this.folds) on(fold, "toggle", () => this.#request(true));
  }

  #onMap(event) {
    const plot = this.started && this.chart.plot;
    const over = plot?.contains(event.target) && !event.target.closest?.(".modebar, .legend");
    return over ? this.chart.placeAt(event) : null;
  }

  #hover(event) {
    const place = !this.playing && this.#onMap(event);
    if (!place) {
      this.#leave();
      return;
    }
    leader = this;
    // The newest only: whatever moves between two frames is drawn once.
    this.pointer = { clientX: event.clientX, clientY: event.clientY };
    this.#request();
  }

  #leave() {
    if (!this.pointer) return;
    this.pointer = null;
    this.#request();
  }

  #press(event) {
    const place = event.button === 0 && event.isPrimary && this.#onMap(event);
    this.pressed = place ? { place, x: event.clientX, y: event.clientY } : null;
  }

  #release(event) {
    const { pressed } = this;
    this.pressed = null;
    if (!pressed || Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > 5) return;
    // The second click of a double click resets the chart's zoom, and is not a pin.
    const again = event.timeStamp - this.released < 350;
    this.released = event.timeStamp;
    if (!again && this.started) this.#click(pressed.place, event.shiftKey || this.control.extend.checked);
  }

  /** Pin the image touched or, where there is none, the place itself. */
  #click(place, extend) {
    leader = this; // a finger does not hover first
    const { rows: [point] } = nearest(this.map.places, 2, place, 1);
    const [here, there] = [place, this.map.places.subarray(2 * point, 2 * point + 2)].map((p) => this.chart.pixels(p));
    const touched = Math.hypot(here[0] - there[0], here[1] - there[1]) <= TOUCHING;
    if (touched) this.#takeLabel(point);
    this.#pin(touched ? this.map.code(point) : this.map.lift(place), touched ? this.map.images[point] : null, extend);
  }

  #key(event) {
    if (!this.started || event.altKey || event.ctrlKey || event.metaKey) return;
    leader = this;
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (step && this.chart.plot) {
      this.#stop();
      const times = event.shiftKey ? 5 : 1;
      const place = this.map.place(this.z).map((at, i) => at + times * step[i] * this.chart.stride[i]);
      this.#go(this.map.step(this.z, place));
    } else if (event.key === "Enter" && !event.repeat) {
      this.#pin(this.z, this.image, event.shiftKey);
    } else if (event.key === "Escape") {
      this.#forget();
    } else return;
    event.preventDefault();
  }

  #command(name) {
    const random = () => this.z.map(() => normal());
    if (["origin", "random", "image"].includes(name)) this.#stop();
    const actions = {
      origin: () => this.#go(this.z.map(() => 0)),
      random: () => this.#go(random(), null),
      image: () => {
        const point = Math.max(0, this.map.images.indexOf(this.lastImage));
        this.#takeLabel(point);
        this.#go(this.map.code(point), this.map.images[point]);
      },
      play: () => this.#play(),
      forget: () => this.#forget(),
      clear: () => this.pad.clear(),
      invert: () => this.pad.invert(),
      copy: () => this.pad.copy(this.shown),
    };
    actions[name]();
    if (["origin", "random", "image"].includes(name)) this.#tell();
  }

  // Moving --------------------------------------------------------------------------------------

  /** Move z; a single pin moves along, a path stays. What was under the pointer gives way. */
  #go(z, image = this.image) {
    this.z = z;
    this.image = image;
    if (image !== null) this.lastImage = image;
    this.posterior = null;
    this.pointer = null;
    if (this.pins.length === 1) this.pins = [{ z }];
    this.marks = null;
    this.#request(true);
  }

  /** An image's code means it together with the image's own label. */
  #takeLabel(point) {
    if (this.network.numLabels) this.label = this.map.labels?.[point] ?? 0;
  }

  #slide(dim, value) {
    this.#stop();
    this.lastDim = dim;
    const z = this.z.slice();
    z[dim] = value;
    this.#go(z);
  }

  #pin(z, image, extend) {
    this.#stop();
    this.pins = [...(extend ? this.pins : this.pins.slice(-1)), { z }];
    this.along = 1;
    this.#go(z, image);
    this.#tell();
    this.part.say.textContent = `Pinned. ${this.#describe(z)}`;
  }

  #forget() {
    this.#stop();
    this.pins = [];
    this.marks = null;
    this.#remember();
    this.#request(true);
  }

  /** A place on the way through all pins, `t` from 0 to 1. */
  #onWay(t) {
    const at = t * (this.pins.length - 1);
    const leg = Math.min(Math.floor(at), this.pins.length - 2);
    const [from, to] = [this.pins[leg].z, this.pins[leg + 1].z];
    return from.map((value, j) => value + (at - leg) * (to[j] - value));
  }

  #goAlong(t) {
    this.along = t;
    this.#go(this.#onWay(t), null);
  }

  /** Something was drawn: encoded at the next frame, however many strokes come before it. */
  #draw(done) {
    this.drawn = { done: done || this.drawn?.done };
    this.#request(true);
  }

  #encode() {
    const { done } = this.drawn;
    this.drawn = null;
    const { mu, sigma } = this.network.encode(this.pad.image, this.label);
    this.#stop();
    this.#go(mu, null);
    if (this.network.isVae) this.posterior = { mu, sigma };
    if (done) this.#tell();
  }

  #play() {
    if (this.playing) {
      this.#stop();
      this.#tell();
      return;
    }
    const way = this.pins.length > 1;
    const dim = this.lastDim;
    const limit = 0.9 * this.map.dims.find((entry) => entry.dim === dim).limit;
    const phase = way
      ? Math.acos(1 - 2 * this.along) / Math.PI
      : Math.asin(Math.max(-1, Math.min(1, this.z[dim] / limit))) / (2 * Math.PI);
    let began = null;
    const step = (now) => {
      began ??= now;
      const seconds = (now - began) / 1000;
      if (way) {
        const turns = phase + seconds / (WALK * (this.pins.length - 1));
        this.#goAlong((1 - Math.cos(Math.PI * turns)) / 2);
      } else {
        const z = this.z.slice();
        z[dim] = limit * Math.sin(2 * Math.PI * (phase + seconds / CIRCLE));
        this.#go(z, null);
      }
      this.playing = requestAnimationFrame(step);
    };
    this.playing = requestAnimationFrame(step);
    this.#request();
  }

  #stop() {
    cancelAnimationFrame(this.playing);
    this.playing = null;
    this.#request(true);
  }

  /** Tell Python where z rests. */
  #tell() {
    if (!this.started) return;
    this.#remember();
    this.reply.set("pin", { model: this.map.model, z: Array.from(this.z), image: this.image, label: this.label });
  }

  #remember() {
    remembered.set(this.map.run, { z: this.z, image: this.image, pins: this.pins, label: this.label });
  }

  // Showing -------------------------------------------------------------------------------------

  /** Draw at the next frame; `stale` where more has changed than the place of the pointer. */
  #request(stale = false) {
    this.stale ||= stale;
    if (!this.started) return;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.#tick();
    });
  }

  #tick() {
    if (!this.started) return;
    if (this.drawn) this.#encode();
    const place = this.pointer && this.chart.plot ? this.chart.placeAt(this.pointer) : null;
    const z = place ? this.map.lift(place) : this.z;
    this.#decode(z, place);
    const point = this.#tellTrust(z, Boolean(place));
    if (this.map.link && leader === this) this.#lead(point, z);
    if (!this.stale) return;
    this.stale = false;
    this.#place();
    this.#controls();
    this.#strips();
  }

  #decode(z, place) {
    const model = this.started;
    const lens = place && this.control.lens.checked;
    const started = performance.now();
    const paint = (image) => {
      if (this.started !== model) return; // of a run that is no longer shown
      this.shown.set(image);
      this.picture.paint(image);
      if (lens) this.lensPicture.paint(image);
      this.chart.moveLens(lens && this.chart.plot ? this.pointer : null);
      this.cost = performance.now() - started;
      this.root.dataset.z = JSON.stringify(Array.from(z, (value) => Number(value.toFixed(5))));
      this.root.dataset.decodeMs = this.cost.toFixed(3);
    };
    const last = this.cost;
    if (last > FRAME_BUDGET && this.slow) {
      model.background.ask("shown", z, 1, this.label, paint);
      return;
    }
    paint(this.network.decode(z, 1, this.label));
    // Two in a row: a single one may have been disturbed, and the first waits for the compiler.
    this.slow = last > FRAME_BUDGET && this.cost > FRAME_BUDGET;
  }

  /** Say where this is, and how far it is to be trusted. */
  #tellTrust(z, hovering) {
    const { point, distance, share } = this.map.trust(z);
    const [, level, text] = LEVELS.find(([most]) => share <= most);
    const label = this.map.label(point);
    this.part.level.dataset.level = level;
    this.part.level.textContent = text;
    this.part.near.textContent = `Nearest image ${distance.toFixed(2)} away${label ? `: “${label}”` : ""}`;
    const numbers = z.length > 3 ? "" : ` z = (${Array.from(z, show).join(", ")})`;
    this.part.where.textContent = (hovering ? "At the pointer" : "Decoded") + numbers;
    return point;
  }

  /** Have the canvases that are linked to this one go to the same image, or to the same place. */
  #lead(point, z) {
    for (const other of canvases) {
      if (other === this || !other.started || other.map.link !== this.map.link) continue;
      const there = other.map.images.indexOf(this.map.images[point]);
      if (this.map.link === "place" && other.z.length === z.length) other.#go(z.slice(), null);
      else if (there >= 0) {
        other.#takeLabel(there);
        other.#go(other.map.code(there), other.map.images[there]);
      }
    }
  }

  #describe(z) {
    const { point, share } = this.map.trust(z);
    const label = this.map.label(point);
    return `${LEVELS.find(([most]) => share <= most)[2]}. ${label ? `Nearest image: ${label}.` : ""}`;
  }

  /** Mark z, the pins and the way between them on the map. */
  #place() {
    if (!this.chart.plot) return;
    this.marks ??= this.#findMarks();
    this.chart.draw(this.marks);
  }

  /** Places on the map, which on a UMAP map are searched for among all codes. */
  #findMarks() {
    const legs = this.pins.length - 1;
    const steps = this.map.projection === "umap" ? 12 : 1; // straight, but on a map that bends
    const way = [];
    for (let i = 0; legs > 0 && i <= steps * legs; i++) way.push(this.map.place(this.#onWay(i / (steps * legs))));
    const { posterior } = this;
    return {
      here: this.map.place(this.z),
      pins: this.pins.map(({ z }) => this.map.place(z)),
      way,
      posterior: posterior && { place: this.map.place(posterior.mu), covariance: this.map.covariance(posterior) },
    };
  }

  #controls() {
    this.control.label.value = this.label;
    for (const { input, output, dim } of this.rows) {
      const text = show(this.z[dim]);
      if (output.textContent === text) continue;
      output.textContent = text;
      input.value = this.z[dim];
    }
    const way = this.pins.length > 1;
    this.part.path.hidden = !way;
    if (way) {
      const end = String.fromCharCode(64 + Math.min(this.pins.length, 26));
      this.part["path-name"].textContent = `From A to ${end}: ${Math.round(100 * this.along)} %`;
      this.control.along.value = this.along;
    }
    this.control.play.textContent = this.playing ? "❚❚ Pause" : `▶ Play ${way ? "the way" : `z${this.lastDim + 1}`}`;
    this.control.play.classList.toggle("lc-playing", Boolean(this.playing));
  }

  /** A conditional model is told a label with every code: which, is for people to choose. */
  #offerLabels() {
    const { label } = this.control;
    label.closest("label").hidden = !this.network.numLabels;
    const names = this.map.label_names.slice(0, this.network.numLabels);
    label.replaceChildren(...names.map((name, value) => new Option(name, value)));
  }

  /** A slider for each dimension, those that carry most first; the rest folded away. */
  #makeRows() {
    const active = this.map.dims.filter((entry) => entry.active);
    const used = active.length ? active : this.map.dims; // a collapsed model has sliders all the same
    const most = used.length <= MOST_ROWS + 1 ? used.length : MOST_ROWS; // never fold a single one
    const groups = [used.slice(0, most), used.slice(most), this.map.dims.filter((entry) => !used.includes(entry))];
    this.rows = groups.flatMap((dims, i) => {
      const rows = dims.map((entry) => this.#makeRow(entry));
      this.lists[i].replaceChildren(...rows.map(({ element }) => element));
      if (i > 0) {
        const fold = this.folds[i - 1];
        fold.hidden = !dims.length;
        fold.open = false;
        fold.querySelector("summary").textContent =
          i === 1 ? `${dims.length} more dimensions` : `Unused dimensions (${dims.length})`;
      }
      return rows;
    });
  }

  #makeRow({ dim, limit, kl }) {
    const element = document.createElement("div");
    element.className = "lc-row";
    const id = `${this.map.map_key}-z${dim}`;
    element.innerHTML = `<label for="${id}">z${dim + 1}<small>${kl === null ? "" : `KL ${kl.toFixed(2)}`}</small></label>
      <div class="lc-track"><canvas class="lc-strip" aria-hidden="true"></canvas>
        <input type="range" id="${id}" data-dim="${dim}" min="${-limit}" max="${limit}" step="${limit / 500}"
          title="Double-click sets z${dim + 1} to 0"></div>
      <output for="${id}" aria-live="off"></output>`;
    const strip = new Picture(element.querySelector("canvas"), this.network);
    return { element, dim, limit, strip, input: element.querySelector("input"), output: element.querySelector("output") };
  }

  /** Decode along every slider that is seen, each strip as soon as the worker comes to it. */
  #strips() {
    if (this.map.link) return; // one of several shows no sliders
    for (const { element, dim, limit, strip } of this.rows) {
      if (element.closest("details:not([open])")) continue;
      const { clientWidth, clientHeight } = strip.element;
      const count = Math.max(STRIP[0], Math.min(STRIP[1], Math.round(clientWidth / clientHeight) || 0));
      const codes = new Float32Array(count * this.z.length);
      for (let i = 0; i < count; i++) {
        codes.set(this.z, i * this.z.length);
        codes[i * this.z.length + dim] = limit * ((2 * i + 1) / count - 1);
      }
      const paint = (images) => strip.paintAll(images, count);
      this.started.background.ask(`${this.map.map_key}-${dim}`, codes, count, this.label, paint);
    }
  }
}

/** Called by Streamlit with a model, a place to go to, or a map and an element for its canvas. */
export default function mount({ data, parentElement, setStateValue, setTriggerValue }) {
  if (!data) return undefined; // a model that was sent before
  if (data.turn) {
    goTo(data);
    return undefined;
  }
  if (readHeader(data).metadata.kind === "model") {
    addModel(data);
    return undefined;
  }
  const root = parentElement.querySelector(".latent-canvas");
  if (!canvasOf.has(root)) canvasOf.set(root, new LatentCanvas(root));
  const canvas = canvasOf.get(root);
  canvas.update(data, { set: setStateValue, ask: setTriggerValue });
  // Streamlit may call this late, for a mount that another one has followed.
  return () => setTimeout(() => root.isConnected || canvas.end());
}
