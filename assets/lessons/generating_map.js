/**
 * A model's map, and draws on it: where they fall, and what they become.
 *
 * @import { Network } from "../network/network.js"
 *
 * @typedef {object} Verdict  What a place is like.
 * @property {number} point  The nearest image.
 * @property {number} distance  To it.
 * @property {boolean} off  Whether it is off the data.
 * @property {boolean} between  Whether it is between digits.
 * @property {string | null} label  What the nearest image is of.
 */
import { LatentMap } from "../network/map.js";
import { nearest } from "../network/nearest.js";
import { show } from "../shared/show.js";
import { OFF_DATA } from "../shared/trust.js";
import { column, element, note, part } from "./stage/elements.js";
import { showCode } from "./stage/format.js";
import { deviation, mean } from "./stage/maths.js";
import { ImageView } from "./stage/pictures.js";
import { Plane } from "./stage/plane.js";
import { alongAxis, extentOf } from "./stage/scale.js";
import { Tiles } from "./stage/tiles.js";

const COLUMNS = 8;
/** Of the eight images nearest to a place, so many are of one digit at least, or it is between digits. */
const AGREE = 7;

/** A model, its map, and the draws on it. */
export class DrawsOnMap {
  /** @type {number[][]} */
  #codes = [];

  /**
   * @param {string} title
   * @param {Network} network
   * @param {Uint8Array} bytes  Of the map.
   * @param {object} options
   * @param {number} options.count  Draws.
   * @param {Float32Array[]} options.images  On the map.
   * @param {string[]} options.palette
   * @param {(i: number) => void} options.chosen  Called with the draw that was chosen.
   */
  constructor(title, network, bytes, { count, images, palette, chosen }) {
    this.network = network;
    this.images = images;
    this.map = new LatentMap(bytes);
    const { places } = this.map;
    this.plane = new Plane({
      label: `Map of the ${title}`,
      places,
      labels: this.map.labels ?? [],
      palette,
      extent: extentOf(places, 3.8, 0.04),
      size: 2,
      moved: (place) => this.#go(place),
    });
    this.plane.element.classList.add("ls-behind");
    this.decoded = new ImageView(network, "Decoded", { side: 80 });
    this.near = new ImageView(network, "Nearest image", { side: 80 });
    this.notes = {
      verdict: element("p", { class: "ls-note ls-name" }),
      place: note(),
      digits: note(),
      between: note(),
    };
    this.tiles = new Tiles(network, `${count} draws, decoded by the ${title}`, count, COLUMNS, chosen);
    this.marks = this.tiles.tiles.map(({ tile }) => {
      const mark = element("span", { class: "ls-where", "aria-hidden": "true" });
      tile.append(mark);
      return mark;
    });
    // Where the codes lie, for draws that are stretched to them, and how many lie near 0.
    const [x, y] = [alongAxis(places, 0), alongAxis(places, 1)];
    this.center = [mean(x), mean(y)];
    this.spread = [deviation(x), deviation(y)];
    const inside = x.filter((each, i) => Math.hypot(each, y[i]) < 2).length / x.length;
    this.element = part(
      title,
      this.plane.element,
      element(
        "div",
        { class: "ls-row ls-judged" },
        this.decoded.element,
        this.near.element,
        column(this.notes.verdict, this.notes.place),
      ),
      this.tiles.element,
      this.notes.digits,
      this.notes.between,
      note(
        `Within 2 of 0: ${Math.round(100 * inside)} % of the codes, ${Math.round(100 * (1 - Math.exp(-2)))} % of the prior.`,
      ),
    );
    this.element.dataset.testid = title;
  }

  /**
   * The place itself, or the nearest at the edge of the picture, which is a square.
   * @param {number[]} place
   */
  #within([x, y]) {
    const [x0, x1, y0, y1] = this.plane.extent;
    const half = (0.98 * Math.max(x1 - x0, y1 - y0)) / 2;
    /** @type {(at: number, middle: number) => number} */
    const clip = (at, middle) => Math.max(middle - half, Math.min(middle + half, at));
    return [clip(x, (x0 + x1) / 2), clip(y, (y0 + y1) / 2)];
  }

  /**
   * @param {number[]} z
   * @returns {Verdict}
   */
  #judge(z) {
    const { point, distance, share } = this.map.trust(z);
    const labels = Array.from(nearest(this.map.codes, 2, z).rows, (at) => this.map.labels?.[at]);
    const votes = labels.map((label) => labels.filter((other) => other === label).length);
    const off = share > OFF_DATA;
    return { point, distance, off, between: !off && Math.max(...votes) < AGREE, label: this.map.label(point) };
  }

  /** @param {number[]} place */
  #go(place) {
    const { point, distance, off, between, label } = this.#judge(place);
    this.decoded.paint(this.network.decode(place));
    this.near.paint(this.images[point]);
    this.near.describe(`Nearest: a “${label}”`);
    this.notes.verdict.textContent = off ? "Off the data" : between ? "Between digits" : `Among images of “${label}”`;
    this.notes.place.textContent = `z = ${showCode(place)}, ${show(distance)} from the nearest image.`;
    this.plane.cursor = this.#within(place);
    this.plane.draw();
  }

  /**
   * Make codes of noise, and show what they become.
   * @param {number[][]} noise
   * @param {number} temperature
   * @param {boolean} stretched  Whether they are stretched to where the model's codes lie.
   */
  scatter(noise, temperature, stretched) {
    const center = stretched ? this.center : [0, 0];
    const spread = (stretched ? this.spread : [1, 1]).map((s) => s * temperature);
    this.#codes = noise.map((epsilon) => epsilon.map((e, j) => center[j] + spread[j] * e));
    const verdicts = this.#codes.map((z) => this.#judge(z));
    this.tiles.paint(this.network.decode(this.#codes.flat(), this.#codes.length).slice());
    verdicts.forEach(({ off, between, label }, i) => {
      this.tiles.tiles[i].tile.classList.toggle("ls-outside", off);
      this.marks[i].textContent = off ? "off" : between ? "mix" : label;
      this.tiles.name(
        i,
        `Draw ${i + 1}, ${off ? "off the data" : between ? "mix: between digits" : `among images of ${label}`}`,
      );
    });
    const digits = [...new Set(verdicts.map(({ label }) => label))].sort();
    this.notes.digits.textContent = `Nearest to the draws are ${digits.length} digits: ${digits.join(", ")}`;
    const numBetween = verdicts.filter(({ between }) => between).length;
    const numOff = verdicts.filter(({ off }) => off).length;
    this.notes.between.textContent = `Between digits (mix): ${numBetween}. Off the data (off): ${numOff}.`;
    this.plane.shapes = [
      { ellipse: center, sigma: spread.map((s) => 2 * s), kind: "ls-quiet" },
      ...this.#codes.map((z, i) => ({ dot: this.#within(z), r: 4, kind: verdicts[i].off ? "ls-outside" : "" })),
    ];
  }

  /**
   * Go to one of the draws.
   * @param {number} i
   */
  look(i) {
    this.tiles.mark(i);
    this.#go(this.#codes[i]);
  }
}
