/**
 * A model's draws: what they become, how many of them can be read, and where they lie on its map.
 *
 * @import { Network } from "../network/network.js"
 *
 * @typedef {(image: ArrayLike<number>) => string | null} Judge  What an image can be read as, if as anything.
 */
import { LatentMap } from "../network/map.js";
import { nearest } from "../network/nearest.js";
import { show } from "../shared/show.js";
import { element, note, part } from "./stage/elements.js";
import { deviation, mean } from "./stage/maths.js";
import { ImageView } from "./stage/pictures.js";
import { Plane } from "./stage/plane.js";
import { extentOf } from "./stage/scale.js";
import { Tiles } from "./stage/tiles.js";

const COLUMNS = 8;
/** Of the eight images nearest to a code, so many are of one digit at least, or it cannot be read. */
const AGREE = 7;

/**
 * The class that the eight nearest codes agree on.
 * @param {LatentMap} map
 * @param {ArrayLike<number>} z
 * @param {number} except  A point that has no vote.
 */
function agreed(map, z, except = -1) {
  const rows = Array.from(nearest(map.codes, map.latentDim, z, 9).rows).filter((row) => row !== except);
  const labels = rows.slice(0, 8).map((row) => map.label(row));
  const found = labels.find((label) => labels.filter((other) => other === label).length >= AGREE);
  return found ?? null;
}

/**
 * A judge of images: a model's own encoder, and the codes near to what it answers.
 * @param {Network} network
 * @param {LatentMap} map  Its map.
 * @returns {Judge}
 */
export const judgeOf = (network, map) => (image) => agreed(map, network.encode(Float32Array.from(image)).mu);

/**
 * Of how many real images in a hundred it can be told what they show, judged in the same way.
 * @param {LatentMap} map
 * @param {ArrayLike<number>} rows  1 for each point that counts.
 */
export function legibleShare(map, rows) {
  const counted = Array.from(rows).flatMap((each, i) => (each ? [i] : []));
  const legible = counted.filter((i) => agreed(map, map.code(i), i) !== null);
  return legible.length / counted.length;
}

/** A model, its map, and the draws on it. */
export class DrawsOnMap {
  /** @type {number[][]} */
  #codes = [];

  /**
   * @param {string} title
   * @param {Network} network
   * @param {LatentMap} map
   * @param {object} options
   * @param {number} options.count  Draws.
   * @param {Float32Array[]} options.images  On the map.
   * @param {string[]} options.palette
   * @param {(i: number) => void} options.chosen  Called with the draw that was chosen.
   */
  constructor(title, network, map, { count, images, palette, chosen }) {
    this.network = network;
    this.images = images;
    this.map = map;
    const { places } = map;
    this.plane = new Plane({
      label: `Map of the ${title}`,
      places,
      labels: map.labels ?? [],
      palette,
      extent: extentOf(places, 3.8, 0.04),
      axes: ["PC 1", "PC 2"],
      size: 2,
      moved: ([x, y]) => this.#show(map.lift([x, y]), [x, y], "Under the pointer"),
    });
    this.plane.element.classList.add("ls-behind");
    this.decoded = new ImageView(network, "", { side: 80 });
    this.near = new ImageView(network, "", { side: 80 });
    this.notes = { legible: note("", true), distance: note() };
    this.tiles = new Tiles(network, `${count} draws, decoded by the ${title}`, count, COLUMNS, chosen);
    this.marks = this.tiles.tiles.map(({ tile }) => {
      const mark = element("span", { class: "ls-where", "aria-hidden": "true" });
      tile.append(mark);
      return mark;
    });
    // Where the codes lie, for draws that are stretched to them.
    const axes = Array.from({ length: map.latentDim }, (_, j) =>
      Array.from({ length: map.codes.length / map.latentDim }, (_, i) => map.codes[i * map.latentDim + j]),
    );
    this.center = axes.map(mean);
    this.spread = axes.map(deviation);
    const norms = axes[0].map((_, i) => Math.hypot(...map.code(i)));
    this.usualNorm = mean(norms);
    this.farthest = Math.max(...norms);
    this.element = part(
      title,
      this.tiles.element,
      this.notes.legible,
      element("div", { class: "ls-judged" }, this.plane.element, this.decoded.element, this.near.element),
      this.notes.distance,
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
   * Decode a code, beside the image whose code is nearest.
   * @param {ArrayLike<number>} z
   * @param {number[]} place  Where it is on the map.
   * @param {string} name
   */
  #show(z, place, name) {
    const { point } = this.map.trust(z);
    this.decoded.paint(this.network.decode(Float32Array.from(z)));
    this.decoded.describe(`${name}, decoded`);
    this.near.paint(this.images[point]);
    this.near.describe(`Nearest image: a “${this.map.label(point)}”`);
    this.plane.cursor = this.#within(place);
    this.plane.draw();
  }

  /**
   * Where draws have their middle, and how far they spread from it along each number of the code.
   * @param {number} temperature
   * @param {boolean} stretched  Whether they are stretched to where the model's codes lie.
   */
  #cloud(temperature, stretched) {
    const center = stretched ? this.center : this.center.map(() => 0);
    return { center, spread: (stretched ? this.spread : this.spread.map(() => 1)).map((s) => s * temperature) };
  }

  /**
   * Codes made of noise.
   * @param {number[][]} noise
   * @param {number} temperature
   * @param {boolean} stretched
   */
  #codesOf(noise, temperature, stretched) {
    const { center, spread } = this.#cloud(temperature, stretched);
    return noise.map((epsilon) => epsilon.map((e, j) => center[j] + spread[j] * e));
  }

  /**
   * How many of the codes made of noise are decoded to what can be read.
   * @param {number[][]} noise
   * @param {number} temperature
   * @param {boolean} stretched
   * @param {Judge} judge
   */
  countLegible(noise, temperature, stretched, judge) {
    const codes = this.#codesOf(noise, temperature, stretched);
    return codes.filter((z) => judge(this.network.decode(z)) !== null).length;
  }

  /**
   * Make codes of noise, and show what they become.
   * @param {number[][]} noise
   * @param {number} temperature
   * @param {boolean} stretched
   */
  scatter(noise, temperature, stretched) {
    const { center, spread } = this.#cloud(temperature, stretched);
    this.#codes = this.#codesOf(noise, temperature, stretched);
    this.tiles.paint(this.network.decode(this.#codes.flat(), this.#codes.length));
    const norms = this.#codes.map((z) => Math.hypot(...z));
    const beyond = norms.filter((norm) => norm > this.farthest).length;
    this.notes.distance.textContent =
      `Distance from 0, on average: images’ codes ${show(this.usualNorm, 1)}, draws ${show(mean(norms), 1)}. ` +
      `Farther out than any image’s code: ${beyond} of ${norms.length} draws.`;
    const sigma = Float32Array.from(spread);
    const [xx, , yy] = this.map.covariance({ mu: Float32Array.from(center), sigma }) ?? [0, 0, 0]; // PCA has one
    this.plane.shapes = [
      { ellipse: this.map.place(center), sigma: [2 * Math.sqrt(xx), 2 * Math.sqrt(yy)], kind: "ls-quiet" },
      ...this.#codes.map((z) => ({ dot: this.#within(this.map.place(z)), r: 4 })),
    ];
  }

  /**
   * Say which of the draws can be read, and as what.
   * @param {Judge} judge
   */
  judge(judge) {
    const read = this.#codes.map((z) => judge(this.network.decode(z)));
    read.forEach((label, i) => {
      this.marks[i].textContent = label ?? "–";
      this.tiles.name(i, `Draw ${i + 1}, ${label === null ? "cannot be read" : `reads as a ${label}`}`);
    });
    const digits = [...new Set(read.filter((label) => label !== null))].sort();
    const among = digits.length ? ` (${digits.join(", ")})` : "";
    this.notes.legible.textContent = `Legible: ${read.filter((label) => label !== null).length} of ${read.length}${among}.`;
  }

  /**
   * Go to one of the draws.
   * @param {number} i
   */
  look(i) {
    this.tiles.mark(i);
    this.#show(this.#codes[i], this.map.place(this.#codes[i]), `Draw ${i + 1}`);
  }
}
