/**
 * Codes drawn at random: where they fall on the map of an autoencoder and of a VAE.
 *
 * @import { Network } from "../network/network.js"
 * @import { Classes, Given } from "./stage/mount.js"
 */
import { LatentMap } from "../network/map.js";
import { normals } from "../network/random.js";
import { show } from "../shared/show.js";
import { OFF_DATA, trustLevel } from "../shared/trust.js";
import { legend } from "./stage/bars.js";
import { Choice } from "./stage/controls.js";
import { button, column, element, note, row } from "./stage/elements.js";
import { showCode } from "./stage/format.js";
import { figure } from "./stage/mount.js";
import { ImageView, imagesOf } from "./stage/pictures.js";
import { Plane } from "./stage/plane.js";
import { alongAxis, extentOf } from "./stage/scale.js";
import { Tiles } from "./stage/tiles.js";

/** Codes that are decoded, and those that are only counted. */
const DECODED = 24;
const COUNTED = 2000;
const RULES = ["anywhere on the map", "from N(0, I)"];
const ANYWHERE = 0;

/** A model, its map, and what falls on it. */
class Territory {
  /** The share of a rule's codes that are off the data in the long run. */
  #usualShare = 0;

  /**
   * @param {string} title
   * @param {Network} network
   * @param {Uint8Array} bytes  Of the map.
   * @param {Float32Array[]} images
   * @param {string[]} palette
   */
  constructor(title, network, bytes, images, palette) {
    this.network = network;
    this.images = images;
    this.map = new LatentMap(bytes);
    const { places } = this.map;
    this.plane = new Plane({
      label: `Map of the ${title}`,
      places,
      labels: this.map.labels ?? [],
      palette,
      extent: extentOf(places, 3, 0.04),
      size: 2.5,
      moved: (place) => this.#go(place),
    });
    this.decoded = new ImageView(network, "Decoded here", { side: 96 });
    this.near = new ImageView(network, "Nearest image", { side: 96 });
    this.notes = {
      trust: element("p", { class: "ls-note ls-name" }),
      place: note(),
      tally: note("", true),
      classes: note(),
    };
    /** From the least to the greatest code, along each axis. */
    this.box = [0, 1].map((axis) => {
      const values = alongAxis(places, axis);
      return [Math.min(...values), Math.max(...values)];
    });
    const ranges = this.box.map(([low, high], j) => `${show(low, 1)} to ${show(high, 1)} (z${j + 1})`);
    this.tiles = new Tiles(network, `${DECODED} random codes of the ${title}, decoded`, DECODED, 8);
    this.tiles.element.classList.add("ls-unknown");
    this.verdicts = this.tiles.tiles.map(({ tile }) => {
      const verdict = element("span", { class: "ls-verdict", "aria-hidden": "true" }, "?");
      tile.append(verdict);
      return verdict;
    });
    this.element = element(
      "div",
      { class: "ls-territory" },
      element(
        "div",
        { class: "ls-column" },
        element("h4", {}, `Map of the ${title}`),
        this.plane.element,
        note(`Codes from ${ranges.join(", ")}`),
      ),
      element(
        "div",
        { class: "ls-column" },
        row(this.decoded.element, this.near.element, column(this.notes.trust, this.notes.place)),
        element("h4", {}, `${DECODED} random codes, decoded`),
        this.tiles.element,
        this.notes.tally,
        this.notes.classes,
      ),
    );
    this.notes.tally.textContent = "Predict first: how many of them will be off the data?";
    this.#go(this.box.map(([low, high]) => low + 0.75 * (high - low)));
  }

  /** @param {number[]} place */
  #go(place) {
    const { point, distance, share } = this.map.trust(place);
    this.decoded.paint(this.network.decode(place));
    this.near.paint(this.images[point]);
    this.near.describe(`Nearest: a “${this.map.label(point)}”`);
    this.notes.trust.textContent = trustLevel(share).text;
    this.notes.place.textContent = `z = ${showCode(place)}; the nearest image lies ${show(distance)} away.`;
    this.plane.cursor = Array.from(place);
    this.plane.draw();
  }

  /**
   * A code by a rule: in the box around all codes, or from the normal distribution.
   * @param {number} rule  Which of `RULES`.
   */
  #draw(rule) {
    if (rule === ANYWHERE) return this.box.map(([low, high]) => low + (high - low) * Math.random());
    return Array.from(normals(2));
  }

  /**
   * Find out how many codes of a rule are off the data in the long run.
   * @param {number} rule
   */
  count(rule) {
    let numOff = 0;
    for (let i = 0; i < COUNTED; i++) if (this.map.trust(this.#draw(rule)).share > OFF_DATA) numOff += 1;
    this.#usualShare = numOff / COUNTED;
  }

  /**
   * Draw some codes by a rule, and show what they become.
   * @param {number} rule
   */
  scatter(rule) {
    const codes = Array.from({ length: DECODED }, () => this.#draw(rule));
    const trusts = codes.map((z) => this.map.trust(z));
    const off = trusts.map(({ share }) => share > OFF_DATA);
    this.tiles.element.classList.remove("ls-unknown");
    this.tiles.paint(this.network.decode(codes.flat(), DECODED));
    this.tiles.tiles.forEach(({ tile }, i) => {
      tile.classList.toggle("ls-off", off[i]);
      this.verdicts[i].textContent = off[i] ? "off" : "";
      tile.title = `z = ${showCode(codes[i])}: ${off[i] ? "off the data, " : ""}nearest a “${this.map.label(trusts[i].point)}”`;
    });
    const numOff = off.filter(Boolean).length;
    const classes = [...new Set(trusts.map(({ point }) => this.map.label(point)))].sort();
    this.notes.tally.textContent = `Off the data: ${numOff} of ${DECODED}. Of ${COUNTED.toLocaleString("en")} such codes: ${Math.round(100 * this.#usualShare)} %.`;
    this.notes.classes.textContent = `Nearest to them are images of ${classes.length} digits: ${classes.join(", ")}`;
    const [[x0, x1], [y0, y1]] = this.box;
    const region =
      rule === ANYWHERE
        ? [
            {
              line: [
                [x0, y0],
                [x1, y0],
                [x1, y1],
                [x0, y1],
                [x0, y0],
              ],
              kind: "ls-quiet",
            },
          ]
        : [
            { ellipse: [0, 0], sigma: [2, 2], kind: "ls-quiet" },
            { dot: [0, 2], r: 0, text: "N(0, I), 2 σ wide" },
          ];
    this.plane.shapes = [...region, ...codes.map((z, i) => ({ dot: z, r: 3.5, kind: off[i] ? "ls-off" : "" }))];
    this.plane.draw();
  }
}

class Holes {
  /** @param {Given<Classes>} given */
  constructor({ root, spec, arrays, networks }) {
    const images = imagesOf(arrays.images);
    /** @type {(role: string, title: string) => Territory} */
    const territory = (role, title) =>
      new Territory(title, networks[role], Uint8Array.from(arrays[role].data), images, spec.palette);
    this.ae = territory("ae", "autoencoder");
    this.vae = territory("vae", "VAE");
    this.rule = new Choice("Draw codes", RULES, ANYWHERE, () => this.#count());
    this.controls = row(
      this.rule.element,
      button("Draw again", () => this.#scatter(), "Draw 24 other codes by the same rule"),
    );
    this.controls.classList.add("ls-controls");
    this.#hideAnswer(true);
    root.append(this.controls, this.ae.element, legend(spec.label_names, spec.palette), this.vae.element);
  }

  /** From now on, codes are drawn; for the VAE as well. */
  reveal() {
    this.#hideAnswer(false);
    this.#count();
  }

  /** @param {boolean} hidden */
  #hideAnswer(hidden) {
    this.controls.hidden = hidden;
    this.vae.element.hidden = hidden;
  }

  #count() {
    for (const territory of [this.ae, this.vae]) territory.count(this.rule.value);
    this.#scatter();
  }

  #scatter() {
    for (const territory of [this.ae, this.vae]) territory.scatter(this.rule.value);
  }
}

export default figure(Holes);
