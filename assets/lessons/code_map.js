/**
 * The map of an autoencoder: decoded at the cursor, and along a line between two images.
 *
 * @import { Classes, Given } from "./stage/mount.js"
 *
 * `CodeMapSpec` of pages/_lessons/code_map.py: the ends are images that the line leads from and to at first.
 * @typedef {Classes & { ends: number[] }} CodeMapSpec
 */
import { nearest } from "../network/nearest.js";
import { show } from "../shared/show.js";
import { legend } from "./stage/bars.js";
import { Choice } from "./stage/controls.js";
import { element, note, part, row } from "./stage/elements.js";
import { showCode } from "./stage/format.js";
import { mix } from "./stage/maths.js";
import { figure } from "./stage/mount.js";
import { ImageView, imagesOf, joined } from "./stage/pictures.js";
import { Plane } from "./stage/plane.js";
import { alongAxis, extentOf } from "./stage/scale.js";
import { Tiles } from "./stage/tiles.js";

/** Images on the way from A to B, both ends included. */
const NUM_STEPS = 9;
/** Neighbours whose classes are counted, as many as vote in vaelab.evaluation. */
const VOTERS = 10;
/** Pixels that the pointer may move between pressing and letting go, for it to be a click. */
const STILL = 6;

class CodeMap {
  #revealed = false;
  /** The image nearest to the cursor. */
  #nearest = 0;

  /** @param {Given<CodeMapSpec>} given */
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.ae;
    this.images = imagesOf(arrays.images);
    this.labels = arrays.labels.data;
    this.names = spec.label_names;
    this.palette = spec.palette;
    this.places = arrays.places.data;
    this.ends = [...spec.ends];
    this.plane = new Plane({
      label: "Map of the autoencoder. Enter sets an end of the line to the nearest image",
      places: this.places,
      extent: extentOf(this.places, 1),
      moved: (place) => this.#go(place),
    });
    const extents = [this.plane.extent, this.#middle()];
    const closer = new Choice("Show", ["all of it", "the crowded middle"], 0, (i) => {
      this.plane.extent = extents[i];
      this.plane.draw();
    });
    this.decoded = new ImageView(this.network, "Decoded here", { side: 150 });
    this.near = new ImageView(this.network, "Nearest image", { side: 150 });
    this.neighbours = new Tiles(this.network, `The ${VOTERS} nearest images`, VOTERS, 5);
    this.neighbours.element.classList.add("ls-awaited");
    this.notes = { place: note(), votes: note("Predict first: which digits will they be?") };
    this.colors = legend(this.names, this.palette);
    this.colors.hidden = true;
    this.nextEnd = new Choice("The next click on the map, or Enter, sets", ["A", "B"], 0, () => {});
    this.decodedWay = this.#strip("Decoded along the line", "ls-decoded");
    this.mixedWay = this.#strip("Pixels of A and B mixed", "ls-mixed");
    root.append(
      element(
        "div",
        { class: "ls-chart" },
        element("div", { class: "ls-column" }, this.plane.element, closer.element, this.colors),
        element(
          "div",
          { class: "ls-column" },
          row(this.decoded.element, this.near.element),
          this.notes.place,
          element("h4", {}, `The ${VOTERS} nearest images`),
          this.neighbours.element,
          this.notes.votes,
        ),
      ),
      part(
        "A straight line from image A to image B",
        this.nextEnd.element,
        this.decodedWay.element,
        this.mixedWay.element,
      ),
    );
    this.#listen(this.plane.element);
    this.#walk();
    this.#go(this.#code(this.ends[0]));
  }

  /** From now on, it is shown which digit each image is of: no label was there in training. */
  reveal() {
    this.#revealed = true;
    this.plane.replace({ labels: this.labels, palette: this.palette });
    this.colors.hidden = false;
    this.neighbours.element.classList.remove("ls-awaited");
    this.#walk();
    this.#go(this.plane.cursor ?? [0, 0]);
  }

  /**
   * The code of an image.
   * @param {number} i
   */
  #code(i) {
    return Array.from(this.places.subarray(2 * i, 2 * i + 2));
  }

  /** Where the middle two thirds of the images lie along each axis. */
  #middle() {
    return [0, 1].flatMap((axis) => {
      const sorted = Float32Array.from(alongAxis(this.places, axis)).sort();
      return [1 / 6, 5 / 6].map((share) => sorted[Math.floor(share * sorted.length)]);
    });
  }

  /**
   * The class of an image, in quotation marks.
   * @param {number} i
   */
  #className(i) {
    return `“${this.names[this.labels[i]]}”`;
  }

  /** @param {number[]} place */
  #go(place) {
    const { rows, squares } = nearest(this.places, 2, place, VOTERS);
    this.#nearest = rows[0];
    this.decoded.paint(this.network.decode(place));
    this.near.paint(this.images[rows[0]]);
    this.near.describe(`Nearest image${this.#revealed ? `: a ${this.#className(rows[0])}` : ""}`);
    this.notes.place.textContent = `z = ${showCode(place)}; the nearest image lies ${show(Math.sqrt(squares[0]))} away.`;
    this.plane.cursor = place;
    this.plane.draw();
    if (this.#revealed) this.#count(Array.from(rows));
  }

  /**
   * Show the nearest images, and how many there are of each class.
   * @param {number[]} rows
   */
  #count(rows) {
    this.neighbours.paint(joined(rows.map((i) => this.images[i])));
    const votes = this.names.map((name, label) => ({
      name,
      count: rows.filter((i) => this.labels[i] === label).length,
    }));
    this.notes.votes.textContent = votes
      .filter(({ count }) => count)
      .sort((a, b) => b.count - a.count)
      .map(({ name, count }) => `${count} × “${name}”`)
      .join(", ");
  }

  /**
   * A click, but not what ends a movement with the button (or a finger) down, and Enter.
   * @param {HTMLElement} map
   */
  #listen(map) {
    let [x, y] = [Number.NaN, Number.NaN];
    map.addEventListener("pointerdown", ({ clientX, clientY }) => {
      [x, y] = [clientX, clientY];
    });
    map.addEventListener("click", ({ clientX, clientY }) => {
      if (Math.hypot(clientX - x, clientY - y) < STILL) this.#take();
    });
    map.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#take();
    });
  }

  /** Let the line begin, or end, at the image nearest to the cursor. */
  #take() {
    this.ends[this.nextEnd.value] = this.#nearest;
    this.nextEnd.choose(1 - this.nextEnd.value);
    this.#walk();
    this.plane.draw();
  }

  /**
   * Images on the way, and both ends as they are.
   * @param {string} title
   * @param {string} kind
   */
  #strip(title, kind) {
    const views = Array.from({ length: NUM_STEPS + 2 }, () => new ImageView(this.network, ""));
    const strip = element(
      "div",
      { class: `ls-way ${kind}`, role: "group", "aria-label": title },
      ...views.map((view) => view.element),
    );
    return { views, element: element("div", { class: "ls-column" }, note(title), strip) };
  }

  /** Paint both strips, and draw the line on the map. */
  #walk() {
    const [a, b] = this.ends;
    const [from, to] = [this.#code(a), this.#code(b)];
    /** @type {(view: ImageView, image: ArrayLike<number>, caption: string) => void} */
    const paint = (view, image, caption) => {
      view.paint(image);
      view.describe(caption);
    };
    const [decoded, mixed] = [this.decodedWay.views, this.mixedWay.views];
    paint(decoded[0], this.images[a], `A ${this.#revealed ? this.#className(a) : ""}`);
    paint(decoded[NUM_STEPS + 1], this.images[b], `B ${this.#revealed ? this.#className(b) : ""}`);
    for (let i = 0; i < NUM_STEPS; i++) {
      const t = i / (NUM_STEPS - 1);
      const percent = `${Math.round(100 * t)}%`;
      const z = mix(from, to, t);
      const [near] = nearest(this.places, 2, z, 1).rows;
      paint(decoded[i + 1], this.network.decode(z), this.#revealed ? `near ${this.#className(near)}` : percent);
      paint(mixed[i + 1], mix(this.images[a], this.images[b], t), percent);
    }
    const dots = Array.from({ length: NUM_STEPS - 2 }, (_, i) => ({
      dot: mix(from, to, (i + 1) / (NUM_STEPS - 1)),
      r: 2.5,
    }));
    this.plane.shapes = [{ line: [from, to] }, ...dots, { dot: from, r: 5, text: "A" }, { dot: to, r: 5, text: "B" }];
  }
}

export default figure(CodeMap);
