/**
 * What the figures of the lessons are made of: planes to move over, images, sliders, buttons, bars.
 *
 * Follows `assets/network/network.js`. A lesson's own file comes after this one and ends in
 * `export default figure(ItsClass)`; the class is given `{ root, spec, arrays, networks }` once the
 * models are here, and fills `root`. Its `reveal()`, where it has one, is called once the reader has
 * predicted what is to be seen: at once, where that was before.
 */

// Elements --------------------------------------------------------------------------------------

/** An element with attributes, listeners (`onclick: f`), and children (elements or text). */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** A number with two digits, and a minus sign that is as wide as a digit. */
function show(value, digits = 2) {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

const showCode = (z) => `(${Array.from(z, (value) => show(value)).join(", ")})`;

/** Things beside each other, which go below each other where there is no room. */
const row = (...children) => element("div", { class: "ls-row" }, ...children);
/** Things below each other. */
const column = (...children) => element("div", { class: "ls-column" }, ...children);
/** A heading of a part of a figure, with what belongs to it. */
const part = (title, ...children) =>
  element("div", { class: "ls-part" }, element("h4", {}, title), ...children);
/** A sentence, whose text changes: `note.textContent = …`; read aloud if `live`. */
const note = (text = "", live = false) =>
  element("p", { class: "ls-note", "aria-live": live ? "polite" : null }, text);

function button(text, onclick, title) {
  return element("button", { type: "button", title, onclick }, text);
}

/** A checkbox in front of its name. `changed(on)`; `.checked` of the input within. */
function checkbox(text, checked, changed) {
  const input = element("input", { type: "checkbox", checked, onchange: () => changed(input.checked) });
  return element("label", { class: "ls-check" }, input, text);
}

/** One of several, as a row of buttons of which one is pressed. */
class Choice {
  constructor(name, options, chosen, changed) {
    this.changed = changed;
    this.element = element("div", { class: "ls-choice", role: "group", "aria-label": name });
    this.buttons = options.map((text, i) => button(text, () => this.choose(i)));
    this.element.append(element("span", { class: "ls-name" }, name), ...this.buttons);
    this.#mark(chosen);
  }

  choose(i) {
    this.#mark(i);
    this.changed(i);
  }

  #mark(i) {
    this.value = i;
    this.buttons.forEach((one, j) => one.setAttribute("aria-pressed", String(i === j)));
  }
}

let numIds = 0;

/** A slider with its name before it and its value behind. */
class Slider {
  constructor(name, { min = -3, max = 3, step = 0.01, value = 0, format = show }, changed) {
    const id = `ls-${++numIds}`;
    this.format = format;
    this.input = element("input", { type: "range", id, min, max, step, value });
    this.output = element("output", { for: id, "aria-live": "off" });
    this.input.addEventListener("input", () => {
      this.#tell();
      changed(this.value);
    });
    this.element = element("div", { class: "ls-slider" }, element("label", { for: id }, name), this.input, this.output);
    this.#tell();
  }

  get value() {
    return Number(this.input.value);
  }

  /** Moves the slider without calling `changed`. */
  set value(value) {
    this.input.value = value;
    this.#tell();
  }

  #tell() {
    this.output.textContent = this.format(this.value);
  }
}

// Pictures --------------------------------------------------------------------------------------

/** An image with a caption below it, every pixel a crisp square. */
class ImageView {
  /** @param {{width: number, height: number, channels: number}} size  For instance a network. */
  constructor(size, caption, { side = 132, alt = caption } = {}) {
    this.canvas = element("canvas", { class: "ls-image", role: "img", "aria-label": alt });
    this.caption = element("figcaption", {}, caption);
    this.element = element("figure", { class: "ls-picture", style: `width:${side / 16}rem` }, this.canvas, this.caption);
    this.picture = new Picture(this.canvas, size);
  }

  /** @param {ArrayLike<number>} image  (height, width, channels), values from 0 to 1. */
  paint(image) {
    this.image = Float32Array.from(image);
    this.picture.paint(this.image);
  }

  say(caption) {
    this.caption.textContent = caption;
    this.canvas.setAttribute("aria-label", caption);
  }
}

/** From nothing to much: dark blue to yellow, told apart with any colour vision, and in grey. */
const HEAT = [[0, 32, 77], [60, 77, 110], [124, 123, 120], [187, 175, 113], [255, 234, 70]];

function heat(share) {
  const at = Math.max(0, Math.min(1, share)) * (HEAT.length - 1);
  const low = Math.min(Math.floor(at), HEAT.length - 2);
  return HEAT[low].map((value, c) => (value + (at - low) * (HEAT[low + 1][c] - value)) / 255);
}

/** A number for each pixel, as a colour, with a key below it. */
class HeatView {
  constructor({ width, height }, caption, { side = 132, unit = "" } = {}) {
    this.view = new ImageView({ width, height, channels: 3 }, caption, { side });
    this.element = this.view.element;
    this.unit = unit;
    this.name = caption;
    const stops = HEAT.map((color) => `rgb(${color})`).join(",");
    this.key = element("div", { class: "ls-key" }, element("span", {}, "0"),
      element("i", { style: `background:linear-gradient(90deg,${stops})` }), (this.most = element("span")));
    this.element.append(this.key);
  }

  /** @param {ArrayLike<number>} values  One a pixel, from 0 on; `most` is the brightest colour's. */
  paint(values, most) {
    const colors = new Float32Array(3 * values.length);
    for (let i = 0; i < values.length; i++) colors.set(heat(values[i] / most), 3 * i);
    this.view.paint(colors);
    this.most.textContent = `${show(most)} ${this.unit}`;
  }
}

/** Images to take one from: by a click, by Enter, or by dragging it onto `target`. */
class Tray {
  /** @param {ArrayLike<number>[]} images @param {string[]} names */
  constructor(size, images, names, chosen, changed, target = null) {
    this.changed = changed;
    this.element = element("div", { class: "ls-tray", role: "group", "aria-label": "Images to choose from" });
    this.buttons = images.map((image, i) => {
      const canvas = element("canvas", { class: "ls-image", "aria-hidden": "true" });
      new Picture(canvas, size).paint(image);
      const one = button(canvas, () => this.choose(i), names[i]);
      one.setAttribute("aria-label", names[i]);
      one.draggable = true;
      one.addEventListener("dragstart", (event) => {
        event.dataTransfer.setData("text/plain", `tray ${i}`);
        event.dataTransfer.setDragImage(canvas, 16, 16);
      });
      return one;
    });
    this.element.append(...this.buttons);
    if (target) this.#accept(target);
    this.#mark(chosen);
  }

  choose(i) {
    this.#mark(i);
    this.changed(i);
  }

  #mark(i) {
    this.value = i;
    this.buttons.forEach((one, j) => one.setAttribute("aria-pressed", String(i === j)));
  }

  #accept(target) {
    for (const type of ["dragover", "dragleave", "drop"]) {
      target.addEventListener(type, (event) => {
        event.preventDefault();
        target.classList.toggle("ls-over", type === "dragover");
        const [, i] = /^tray (\d+)$/.exec(type === "drop" ? event.dataTransfer.getData("text/plain") : "") ?? [];
        if (i !== undefined) this.choose(Number(i));
      });
    }
  }
}

/** Many small images in columns; with `changed`, buttons, among which the arrow keys move. */
class Tiles {
  /**
   * @param {{width: number, height: number, channels: number}} size  For instance a network.
   * @param {string} label  What they are. @param {number} count @param {number} columns
   * @param {(i: number) => void} changed  Called with the one that was chosen.
   */
  constructor(size, label, count, columns, changed = null) {
    this.element = element("div", {
      class: "ls-tiles", role: changed ? "group" : "img", "aria-label": label, style: `--ls-columns:${columns}`,
    });
    this.changed = changed;
    this.tiles = Array.from({ length: count }, (_, i) => {
      const canvas = element("canvas", { class: "ls-image", "aria-hidden": "true" });
      const tile = changed ? button(canvas, () => this.choose(i)) : element("div", {}, canvas);
      this.element.append(tile);
      return { tile, picture: new Picture(canvas, size) };
    });
    if (changed) this.#listen(columns);
  }

  /** @param {Float32Array} images  All of them, one after another, as a network decodes them. */
  paint(images) {
    const size = images.length / this.tiles.length;
    this.tiles.forEach(({ picture }, i) => picture.paint(images.subarray(i * size, (i + 1) * size)));
  }

  /** What a tile is called. */
  name(i, name) {
    this.tiles[i].tile.setAttribute("aria-label", name);
    this.tiles[i].tile.title = name;
  }

  choose(i) {
    this.mark(i);
    this.changed(i);
  }

  /** Shows that one is chosen without calling `changed`. */
  mark(i) {
    this.value = i;
    this.tiles.forEach(({ tile }, j) => {
      tile.setAttribute("aria-pressed", String(i === j));
      tile.tabIndex = i === j ? 0 : -1; // one stop of the Tab key, not dozens
    });
  }

  #listen(columns) {
    this.element.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const to = this.value + step;
      if (!(to in this.tiles)) return;
      this.choose(to);
      this.tiles[to].tile.focus();
    });
  }
}

// Numbers ---------------------------------------------------------------------------------------

/** A table: the names of its columns, and rows that start with a name of theirs. */
function table(label, names, rows) {
  const head = names.map((name) => element("th", { scope: "col" }, name));
  const body = rows.map(([name, ...texts]) =>
    element("tr", {}, element("th", { scope: "row" }, name), ...texts.map((text) => element("td", {}, text))));
  return element("table", { class: "ls-table", "aria-label": label },
    element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
}

/** Bars beside their names and values; with `chosen`, they are buttons. */
class Bars {
  constructor(label, names, { unit = "", digits = 2, chosen = null, changed = null } = {}) {
    Object.assign(this, { unit, digits, changed });
    this.element = element("div", { class: "ls-bars", role: changed ? "group" : "list", "aria-label": label });
    this.rows = names.map((name, i) => {
      const bar = element("i"), value = element("span", { class: "ls-value" });
      const parts = [element("span", { class: "ls-name" }, name), element("span", { class: "ls-groove" }, bar), value];
      const one = changed
        ? element("button", { type: "button", onclick: () => this.choose(i) }, ...parts)
        : element("div", { role: "listitem" }, ...parts);
      this.element.append(one);
      return { one, bar, value };
    });
    if (changed) this.#mark(chosen);
  }

  /** @param {ArrayLike<number>} values @param {number} most  The value of a full bar. */
  paint(values, most = Math.max(...values, 1e-9)) {
    this.rows.forEach(({ bar, value }, i) => {
      bar.style.width = `${Math.max(0, Math.min(100, (100 * values[i]) / most))}%`;
      value.textContent = `${show(values[i], this.digits)} ${this.unit}`;
    });
  }

  choose(i) {
    this.#mark(i);
    this.changed(i);
  }

  #mark(i) {
    this.value = i;
    this.rows.forEach(({ one }, j) => one.setAttribute("aria-pressed", String(i === j)));
  }
}

/** Which colour is which class. */
function legend(names, palette) {
  return element("ul", { class: "ls-legend", "aria-label": "Classes" }, ...names.map((name, i) =>
    element("li", {}, element("i", { style: `background:${palette[i % palette.length]}` }), name)));
}

// A plane ---------------------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";

/**
 * Two numbers of a code as a plane, with the same scale along both: points, what is drawn over
 * them, and a cursor that follows the pointer (or a finger) and the arrow keys.
 */
class Plane {
  /**
   * @param {object} options
   * @param {string} options.label  What it is, for who cannot see it.
   * @param {number[]} options.extent  [x from, x to, y from, y to]: all of it is seen.
   * @param {ArrayLike<number>} options.places  Points, x and y in turn; none by default.
   * @param {ArrayLike<number>} options.labels  The class of each.
   * @param {string[]} options.palette  A colour a class.
   * @param {(place: number[], done: boolean) => void} options.moved  Called as the cursor moves,
   *     with `done` where it came to rest (a click, a key let go). Without it nothing moves.
   * @param {boolean} options.hover  Follow the pointer without a button held down; true by default.
   * @param {string[]} options.axes  Their names.
   */
  constructor({ label, extent, places = [], labels = [], palette = ["#94a4a2"], moved = null, hover = true, axes = ["z1", "z2"], size = 3, aspect = 1 }) {
    Object.assign(this, { extent, places, labels, palette, moved, hover, axes, size });
    this.shapes = [];
    this.cursor = null;
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("aria-hidden", "true");
    this.element = element("div", {
      class: "ls-plane", style: `aspect-ratio:${aspect}`, "aria-label": moved ? `${label}. Arrow keys move the cursor.` : label,
      role: moved ? "application" : "img", tabindex: moved ? 0 : null,
    }, this.canvas, this.svg);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.element);
    if (moved) this.#listen();
  }

  #listen() {
    const on = (type, listener) => this.element.addEventListener(type, listener);
    on("pointerdown", (event) => {
      this.element.setPointerCapture(event.pointerId);
      this.#go(this.#placeAt(event));
    });
    on("pointermove", (event) => {
      if (this.hover ? event.pointerType === "mouse" || event.buttons : event.buttons) this.#go(this.#placeAt(event));
    });
    on("pointerup", () => this.moved(this.cursor, true));
    on("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const stride = ((this.extent[1] - this.extent[0]) / 100) * (event.shiftKey ? 5 : 1);
      this.#go((this.cursor ?? [0, 0]).map((at, i) => at + stride * step[i]));
    });
    on("keyup", (event) => {
      if (event.key.startsWith("Arrow")) this.moved(this.cursor, true);
    });
  }

  #go([x, y]) {
    const [x0, x1, y0, y1] = this.seen;
    this.cursor = [Math.max(x0, Math.min(x1, x)), Math.max(y0, Math.min(y1, y))];
    this.moved(this.cursor, false);
  }

  /** Width and height in pixels, pixels a unit, and where the middle is. */
  get #frame() {
    const { clientWidth: width, clientHeight: height } = this.element;
    const [x0, x1, y0, y1] = this.extent;
    const scale = Math.min(width / (x1 - x0), height / (y1 - y0)) || 1;
    return { width, height, scale, x: (x0 + x1) / 2, y: (y0 + y1) / 2 };
  }

  /** What part of the plane is seen: at least the extent. */
  get seen() {
    const { width, height, scale, x, y } = this.#frame;
    return [x - width / 2 / scale, x + width / 2 / scale, y - height / 2 / scale, y + height / 2 / scale];
  }

  #placeAt({ clientX, clientY }) {
    const box = this.element.getBoundingClientRect();
    const { width, height, scale, x, y } = this.#frame;
    return [x + (clientX - box.left - width / 2) / scale, y - (clientY - box.top - height / 2) / scale];
  }

  /** Where a place is drawn, in pixels from the corner. */
  pixels([x, y]) {
    const { width, height, scale, x: mx, y: my } = this.#frame;
    return [width / 2 + (x - mx) * scale, height / 2 - (y - my) * scale];
  }

  /**
   * Draw it, `this.shapes` included, each of which is one of
   * `{ ellipse: [x, y], sigma: [sx, sy], kind }`, `{ line: [[x, y], …], kind }`,
   * `{ dot: [x, y], r, text, kind }`. `kind` is a class of the style sheet; `color` of what is
   * drawn is the accent's by default.
   */
  draw() {
    const { width, height, scale } = this.#frame;
    if (!width) return;
    const places = this.places;
    const key = [width, height, places.length, this.extent].join();
    if (key !== this.drawn) this.#points(width, height);
    this.drawn = key;
    const svg = [];
    const [x0, x1, y0, y1] = this.seen;
    const every = [0.5, 1, 2, 5, 10, 20, 50].find((step) => step * scale > 36) ?? 100;
    for (let at = Math.ceil(x0 / every) * every; at < x1; at += every) {
      const [x] = this.pixels([at, 0]);
      svg.push(`<line class="ls-grid" x1="${x}" x2="${x}" y1="0" y2="${height}"/>`);
      if (x > 20 && x < width - 40) svg.push(`<text class="ls-tick" x="${x}" y="${height - 5}">${show(at, every < 1 ? 1 : 0)}</text>`);
    }
    for (let at = Math.ceil(y0 / every) * every; at < y1; at += every) {
      const [, y] = this.pixels([0, at]);
      svg.push(`<line class="ls-grid" y1="${y}" y2="${y}" x1="0" x2="${width}"/>`);
      if (y > 30 && y < height - 24) svg.push(`<text class="ls-tick ls-left" x="5" y="${y + 4}">${show(at, every < 1 ? 1 : 0)}</text>`);
    }
    svg.push(`<text class="ls-axis ls-right" x="${width - 6}" y="${height - 5}">${this.axes[0]}</text>`,
      `<text class="ls-axis ls-left" x="5" y="16">${this.axes[1]}</text>`);
    for (const shape of this.shapes) svg.push(this.#shape(shape, scale));
    if (this.cursor) svg.push(this.#shape({ dot: this.cursor, r: 7, kind: "ls-cursor" }, scale));
    this.svg.innerHTML = svg.join("");
  }

  #shape({ ellipse, sigma, line, dot, r = 4, text = "", kind = "", color = "" }, scale) {
    const style = color && `style="--ls-accent:${color}"`;
    if (ellipse) {
      const [x, y] = this.pixels(ellipse);
      return `<ellipse ${style} class="ls-ellipse ${kind}" cx="${x}" cy="${y}" rx="${sigma[0] * scale}" ry="${sigma[1] * scale}"/>`;
    }
    if (line) {
      const points = line.map((place) => this.pixels(place).join(",")).join(" ");
      return `<polyline ${style} class="ls-line ${kind}" points="${points}"/>`;
    }
    const [x, y] = this.pixels(dot);
    const said = text && `<text class="ls-mark" x="${x}" y="${y - r - 5}">${text}</text>`;
    return `<circle ${style} class="ls-dot ${kind}" cx="${x}" cy="${y}" r="${r}"/>${said}`;
  }

  #points(width, height) {
    const ratio = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: width * ratio, height: height * ratio });
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.globalAlpha = 0.7;
    const size = this.size;
    for (let i = 0; 2 * i < this.places.length; i++) {
      const [x, y] = this.pixels([this.places[2 * i], this.places[2 * i + 1]]);
      context.fillStyle = this.palette[(this.labels[i] ?? 0) % this.palette.length];
      context.beginPath();
      context.arc(x, y, size, 0, 2 * Math.PI);
      context.fill();
    }
  }
}

/** The extent of places, x and y in turn, with a margin; `least` units to each side of 0 at least. */
function extentOf(places, least = 3, margin = 0.05) {
  let [x0, x1, y0, y1] = [-least, least, -least, least];
  for (let i = 0; i < places.length; i += 2) {
    [x0, x1] = [Math.min(x0, places[i]), Math.max(x1, places[i])];
    [y0, y1] = [Math.min(y0, places[i + 1]), Math.max(y1, places[i + 1])];
  }
  const [dx, dy] = [margin * (x1 - x0), margin * (y1 - y0)];
  return [x0 - dx, x1 + dx, y0 - dy, y1 + dy];
}

// A graph ---------------------------------------------------------------------------------------

/** Two axes with a scale each, and what is drawn between them. */
class Graph {
  /**
   * @param {object} options
   * @param {string} options.label  What it is, for who cannot see it.
   * @param {{from: number, to: number, title: string, format?: (value: number) => string}} options.x
   * @param {object} options.y  As `x`; its title stands above the axis.
   * @param {number} options.height  In rem.
   */
  constructor({ label, x, y, height = 15 }) {
    Object.assign(this, { x, y, shapes: [] });
    this.element = element("div", { class: "ls-graph", role: "img", "aria-label": label, style: `height:${height}rem` });
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("aria-hidden", "true");
    this.element.append(this.svg);
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /**
   * Draw it, `this.shapes` included, each of which is one of
   * `{ line: [[x, y], …], dashes }`, `{ bar: [x from, x to, y from, y to] }`,
   * `{ rule: x, text, down }` (a line across, its text so many lines down),
   * `{ dot: [x, y] }`, `{ text, at: [x, y] }`. `kind` is a class of the style sheet, `color` what
   * it is drawn in.
   */
  draw() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!width) return;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const box = { left: 2.4 * rem, right: width - 0.8 * rem, top: 1.9 * rem, bottom: height - 2.7 * rem };
    const { x, y } = this;
    const px = (value) => box.left + ((value - x.from) / (x.to - x.from)) * (box.right - box.left);
    const py = (value) => box.bottom - ((value - y.from) / (y.to - y.from)) * (box.bottom - box.top);
    const svg = [];
    for (const at of ticksOf(x, (box.right - box.left) / (4 * rem))) {
      svg.push(`<line class="ls-grid" x1="${px(at)}" x2="${px(at)}" y1="${box.top}" y2="${box.bottom}"/>`,
        `<text x="${px(at)}" y="${box.bottom + 1.1 * rem}">${(x.format ?? showPlainly)(at)}</text>`);
    }
    for (const at of ticksOf(y, (box.bottom - box.top) / (2 * rem))) {
      svg.push(`<line class="ls-grid" x1="${box.left}" x2="${box.right}" y1="${py(at)}" y2="${py(at)}"/>`,
        `<text class="ls-right" x="${box.left - 0.4 * rem}" y="${py(at) + 0.25 * rem}">${(y.format ?? showPlainly)(at)}</text>`);
    }
    svg.push(`<text class="ls-axis" x="${(box.left + box.right) / 2}" y="${height - 0.4 * rem}">${x.title}</text>`,
      `<text class="ls-axis ls-left" x="0" y="${0.9 * rem}">${y.title}</text>`);
    for (const { line, bar, rule, dot, at, text = "", down = 0, kind = "", color = "", dashes = "" } of this.shapes) {
      const style = color && `style="--ls-accent:${color}"`;
      if (line) {
        const points = line.map((place) => `${px(place[0])},${py(place[1])}`).join(" ");
        svg.push(`<polyline ${style} class="ls-line ${kind}" stroke-dasharray="${dashes}" points="${points}"/>`);
      } else if (bar) {
        const [left, right, low, high] = [px(bar[0]), px(bar[1]), py(bar[2]), py(bar[3])];
        svg.push(`<rect ${style} class="ls-bar ${kind}" x="${left}" width="${Math.max(0, right - left - 1)}" y="${Math.min(low, high)}" height="${Math.abs(high - low)}"/>`);
      } else if (rule !== undefined) {
        const side = px(rule) > (box.left + box.right) / 2 ? ["ls-right", -0.4] : ["ls-left", 0.4];
        svg.push(`<line ${style} class="ls-line ${kind}" stroke-dasharray="${dashes}" x1="${px(rule)}" x2="${px(rule)}" y1="${box.top}" y2="${box.bottom}"/>`,
          `<text class="ls-mark ${side[0]}" x="${px(rule) + side[1] * rem}" y="${box.top + (0.9 + 1.2 * down) * rem}">${text}</text>`);
      } else if (dot) svg.push(`<circle ${style} class="ls-dot ${kind}" cx="${px(dot[0])}" cy="${py(dot[1])}" r="5"/>`);
      else svg.push(`<text class="ls-mark ${kind}" x="${px(at[0])}" y="${py(at[1])}">${text}</text>`);
    }
    this.svg.innerHTML = svg.join("");
  }
}

const showPlainly = (value) => show(value, 2).replace(/\.?0+$/, "");

/** Round numbers along an axis, `most` at the most. */
function ticksOf({ from, to }, most) {
  const every = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200].find((step) => (to - from) / step <= most) ?? 500;
  const first = Math.ceil(from / every - 1e-9);
  return Array.from({ length: Math.floor(to / every + 1e-9) - first + 1 }, (_, i) => (first + i) * every);
}

// Mathematics -----------------------------------------------------------------------------------

/**
 * -log p(x|z) of each number of an image under a Bernoulli pixel model, in nats.
 * @param {ArrayLike<number>} x @param {ArrayLike<number>} mean  What the decoder gave.
 */
function bernoulliTerms(x, mean) {
  const log = (p) => Math.log(Math.max(p, 1e-12));
  return Float64Array.from(x, (value, i) => -value * log(mean[i]) - (1 - value) * log(1 - mean[i]));
}

/** KL(N(mu, sigma²) ‖ N(0, 1)) of each dimension, in nats (Kingma and Welling 2014, appendix B). */
function klTerms(mu, sigma) {
  return Float64Array.from(mu, (m, j) => (m * m + sigma[j] ** 2 - 1) / 2 - Math.log(sigma[j]));
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** N(0, 1), `count` times. */
const normals = (count) => Float32Array.from({ length: count }, () => normal());

// The mount -------------------------------------------------------------------------------------

/** uint8 images (N, H, W, C) as an array of N images with values from 0 to 1. */
function imagesOf({ shape, data }) {
  const size = data.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) =>
    Float32Array.from(data.subarray(i * size, (i + 1) * size), (value) => value / 255));
}

/** What Streamlit calls, for a class of figure. */
function figure(Figure) {
  const known = new WeakMap();
  return ({ data, parentElement, setTriggerValue }) => {
    const root = parentElement.querySelector(".ls-figure");
    const { metadata } = readHeader(data);
    if (known.get(root)?.metadata !== metadata.figure) {
      known.get(root)?.end();
      known.set(root, new Shown(Figure, root, data, metadata.figure, setTriggerValue));
    }
    const shown = known.get(root);
    if (metadata.revealed === "True") shown.reveal();
    return () => setTimeout(() => root.isConnected || shown.end());
  };
}

/** A figure, from when its data come until it is gone: it waits for its models in between. */
class Shown {
  constructor(Figure, root, data, metadata, ask) {
    Object.assign(this, { Figure, root, metadata });
    this.say = root.querySelector(".ls-problem");
    this.live = root.querySelector(".ls-live");
    this.ending = new AbortController();
    root.dataset.state = "loading";
    const { tensors, metadata: texts } = readSafetensors(data);
    this.arrays = Object.fromEntries(tensors);
    this.spec = specOf(texts, "figure");
    document.addEventListener(MODEL_CAME, () => this.start(), { signal: this.ending.signal });
    this.start();
    // It stays in sight beside a long text: with its lower end, where it is higher than the screen.
    this.measured = new ResizeObserver(() => {
      const sides = root.closest(".st-key-lesson-sides");
      sides?.style.setProperty("--figure-height", `${root.offsetHeight}px`);
    });
    this.measured.observe(root);
    // Python believes that this page has the models; where it has not, ask for them.
    setTimeout(() => {
      const missing = this.names.filter((name) => !models.has(name));
      if (missing.length && !this.ending.signal.aborted) ask("missing", missing);
    }, 400);
  }

  get names() {
    return Object.values(this.spec.models);
  }

  start() {
    // Those that are here already must not give way to those that come.
    for (const name of this.names) if (models.has(name)) use(models.get(name), this);
    if (this.figure || !this.names.every((name) => models.has(name))) return;
    try {
      const networks = {};
      for (const [role, name] of Object.entries(this.spec.models)) {
        const model = models.get(name);
        if (model.problem) throw new Error(model.problem);
        networks[role] = model.network;
      }
      this.live.replaceChildren();
      this.live.hidden = false;
      this.figure = new this.Figure({ root: this.live, spec: this.spec, arrays: this.arrays, networks });
      if (this.revealed) this.figure.reveal?.();
      this.say.hidden = true;
      this.root.dataset.state = "ready";
    } catch (error) {
      this.say.textContent = error.message;
      this.say.hidden = false;
      this.root.dataset.state = "error";
      throw error;
    }
  }

  reveal() {
    if (this.revealed) return;
    this.revealed = true;
    this.figure?.reveal?.();
  }

  end() {
    this.ending.abort();
    this.measured.disconnect();
    for (const name of this.names) models.get(name)?.users.delete(this);
    this.figure?.end?.();
  }
}
