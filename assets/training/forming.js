/**
 * The latent map as it forms, beside images and their reconstructions, and a slider over the epochs.
 *
 * @import { Tensor } from "../network/safetensors.js"
 * @import { CourseSpec } from "./course.js"
 * @import { Wish } from "./forces.js"
 * @import { Frame } from "./frames.js"
 * @import { TrainingImages } from "./images.js"
 */
import { Slider } from "../lessons/stage/controls.js";
import { button, element, note } from "../lessons/stage/elements.js";
import { Plane } from "../lessons/stage/plane.js";
import { rectangle } from "../lessons/stage/scale.js";
import { epochsAndSteps } from "./epochs.js";
import { Forces } from "./forces.js";
import { framesIn, withFrames } from "./frames.js";
import { imagesOfRun, namesOfClasses, onImages } from "./images.js";
import { Looked } from "./looked.js";
import { MapExtent } from "./map_extent.js";
import { drawPairs } from "./pairs.js";

/** Milliseconds in which all of them are played, and the least and most for one. */
const [PLAYED_IN, FASTEST, SLOWEST] = [9000, 60, 450];
/** Pixels that a drag must be long and high to zoom. */
const LEAST_BOX = 8;

export class Forming {
  /** @type {Frame[]} In order. */
  #frames = [];
  #extent = new MapExtent((extent) => {
    this.plane.extent = extent;
    this.plane.draw();
    this.forces.key.measure(this.plane.scale);
  });
  /** @type {{ place: number[], x: number, y: number } | null} Where a drag of the mouse began. */
  #from = null;
  /** @type {number[] | null} Where a pointer was pressed, in pixels. */
  #pressed = null;
  /** Whether the last frame is shown, whichever it is. */
  #follows = true;
  /** @type {ReturnType<typeof setTimeout> | null} */
  #playing = null;

  /**
   * @param {CourseSpec} spec
   * @param {AbortSignal} signal  Ends it.
   * @param {Wish} wish  What is wanted of forces.
   */
  constructor(spec, signal, wish) {
    const { run, axes, about, steps } = spec;
    this.run = run;
    this.steps = steps;
    this.heading = element("h4", {}, "Latent map");
    this.plane = new Plane({
      label: "Latent map as it forms: the nearest image is shown beside it",
      extent: [-3, 3, -3, 3],
      axes,
      aspect: 1.2,
      moved: (place) => this.#look(place),
    });
    this.whole = button("Whole map", () => this.#zoomTo(null), "Show all of the map again");
    this.about = note(about);
    this.classes = element("ul", { class: "ls-legend" });
    this.forces = new Forces(spec, wish);
    this.forces.redraw = () => this.draw();
    this.looked = new Looked();
    this.pairs = element("canvas", {
      class: "tr-pairs",
      role: "img",
      "aria-label": "Images and their reconstructions",
    });
    this.slider = new Slider("Epoch", { min: 0, max: 0, step: 1, format: (i) => this.#nameOf(i) }, (i) => this.#go(i));
    this.play = button("▶ Watch it again", () => (this.#playing ? this.pause() : this.#start()));
    this.again = element("div", { class: "tr-again", hidden: true }, this.play, this.slider.element);
    this.element = element(
      "div",
      { class: "tr-formed", hidden: true },
      this.again,
      element(
        "div",
        { class: "tr-forming" },
        element(
          "div",
          { class: "ls-part" },
          element("div", { class: "tr-top" }, this.heading, this.whole),
          this.plane.element,
          this.classes,
          this.about,
          this.forces.element,
        ),
        element(
          "div",
          { class: "ls-part" },
          element("div", { class: "tr-top" }, element("h4", {}, "Images and their reconstructions")),
          this.pairs,
          this.looked.element,
        ),
      ),
    );
    this.#listen();
    onImages(() => this.draw(), signal);
  }

  #listen() {
    const { element } = this.plane;
    // After the plane's own listeners, so that its cursor is where the pointer is.
    new ResizeObserver(() => this.forces.key.measure(this.plane.scale)).observe(element);
    element.addEventListener("pointerdown", (event) => {
      this.#pressed = [event.clientX, event.clientY];
      if (event.pointerType === "mouse" && this.plane.cursor)
        this.#from = { place: [...this.plane.cursor], x: event.clientX, y: event.clientY };
    });
    element.addEventListener("pointerup", ({ clientX, clientY }) => {
      const from = this.#from;
      this.#from = null;
      const cursor = this.plane.cursor;
      if (from && cursor && Math.min(Math.abs(clientX - from.x), Math.abs(clientY - from.y)) >= LEAST_BOX) {
        const [[x0, y0], [x1, y1]] = [from.place, cursor];
        this.#zoomTo([Math.min(x0, x1), Math.max(x0, x1), Math.min(y0, y1), Math.max(y0, y1)]);
      } else if (Math.hypot(clientX - (this.#pressed?.[0] ?? 0), clientY - (this.#pressed?.[1] ?? 0)) < LEAST_BOX) {
        this.#pick();
      } else this.draw();
    });
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.#pick();
    });
    element.addEventListener("dblclick", () => this.#zoomTo(null));
  }

  /** Look at what pulls at the code that is nearest to the cursor. */
  #pick() {
    const [images, frame] = [imagesOfRun(this.run), this.#frames[this.slider.value]];
    if (images && frame && this.plane.cursor) this.forces.pick(frame, images, this.plane.cursor);
  }

  /**
   * @param {CourseSpec} spec
   * @param {Record<string, Tensor>} arrays
   */
  add({ epochs, goes_on }, { places, pictures, forces }) {
    const before = this.#frames.length;
    const shown = this.#frames[this.slider.value]?.epoch;
    const frames = withFrames(this.#frames, framesIn(epochs, places, pictures, forces), goes_on);
    this.#frames = frames;
    this.slider.input.max = String(frames.length - 1);
    const stays = frames.findIndex(({ epoch }) => epoch >= (shown ?? 0));
    this.slider.value = this.#follows || stays < 0 ? frames.length - 1 : stays;
    this.again.hidden = frames.length < 2;
    if (!this.#playing || frames.length === before) this.draw();
  }

  /** @param {number} i */
  #nameOf(i) {
    const epoch = this.#frames[i]?.epoch ?? 0;
    return Number.isInteger(epoch) ? String(epoch) : epoch.toFixed(2);
  }

  /** @param {number} i */
  #go(i) {
    this.pause();
    this.#follows = i === this.#frames.length - 1;
    this.draw();
  }

  #start() {
    if (this.slider.value >= this.#frames.length - 1) this.slider.value = 0;
    this.#follows = false;
    this.play.textContent = "⏸ Pause";
    this.#step();
  }

  #step() {
    this.draw();
    if (this.slider.value >= this.#frames.length - 1) {
      this.#follows = true;
      return this.pause();
    }
    const pause = Math.max(FASTEST, Math.min(SLOWEST, PLAYED_IN / this.#frames.length));
    this.#playing = setTimeout(() => {
      this.slider.value++;
      this.#step();
    }, pause);
  }

  pause() {
    if (this.#playing) clearTimeout(this.#playing);
    this.#playing = null;
    this.play.textContent = "▶ Watch it again";
  }

  /** @param {number[] | null} extent */
  #zoomTo(extent) {
    this.#extent.zoom = extent;
    this.draw();
  }

  draw() {
    const frame = this.#frames[this.slider.value];
    if (!frame) return;
    const images = imagesOfRun(this.run);
    this.element.hidden = !images; // which come with it, or a moment later: nothing is drawn without its colours
    this.heading.textContent = `Latent map after ${epochsAndSteps(frame.epoch, this.steps)}`;
    this.whole.style.visibility = this.#extent.zoom ? "visible" : "hidden";
    this.plane.extent = this.#extent.fit(this.#frames, this.#follows);
    this.plane.replace({
      places: frame.places,
      labels: images?.arrays.labels?.data ?? [],
      palette: images?.spec.palette ?? this.plane.palette,
    });
    this.#showForces(frame, images);
    this.plane.draw();
    if (images) drawPairs(this.pairs, images.arrays.shown, frame.pictures);
    if (images && !this.classes.childElementCount) this.classes.append(...namesOfClasses(images));
    if (this.plane.cursor && images) this.looked.show(images, frame.places, this.plane.cursor);
  }

  /**
   * @param {Frame} frame
   * @param {TrainingImages | null} images
   */
  #showForces(frame, images) {
    this.forces.update(frame, images, this.#extent.width, this.plane.scale, frame === this.#frames.at(-1));
    const { shapes } = this.forces;
    this.plane.element.classList.toggle("tr-pulled", shapes.length > 0);
    this.plane.shapes = this.#from
      ? [...shapes, { line: rectangle(this.#from.place, this.plane.cursor ?? this.#from.place) }]
      : shapes;
  }

  /**
   * Show the image whose code is nearest to a place.
   * @param {number[]} place
   */
  #look(place) {
    const images = imagesOfRun(this.run);
    const frame = this.#frames[this.slider.value];
    if (!images || !frame) return;
    this.looked.show(images, frame.places, place);
    if (this.#from) this.#showForces(frame, images);
    this.plane.draw();
  }
}
