/**
 * Codes drawn at random: where they fall on the map of an autoencoder and of a VAE.
 *
 * @import { Network } from "../network/network.js"
 * @import { Classes, Given } from "./stage/mount.js"
 */
import { LatentMap } from "../network/map.js";
import { normals } from "../network/random.js";
import { show } from "../shared/show.js";
import { OFF_DATA, surroundings, trustLevel } from "../shared/trust.js";
import { legend, table } from "./stage/bars.js";
import { Choice } from "./stage/controls.js";
import { button, column, element, note, row } from "./stage/elements.js";
import { showCode } from "./stage/format.js";
import { figure } from "./stage/mount.js";
import { ImageView, imagesOf } from "./stage/pictures.js";
import { Plane } from "./stage/plane.js";
import { alongAxis, extentOf, rectangle } from "./stage/scale.js";
import { Tiles } from "./stage/tiles.js";

/** Codes that are decoded, and how often as many are only counted. */
const DECODED = 24;
const TIMES = 100;
const RULES = ["anywhere", "from N(0, I)"];
const [ANYWHERE, NORMAL] = [0, 1];

/** A model, its map, and what falls on it. */
class Territory {
  /**
   * @param {string} title
   * @param {Network} network
   * @param {Uint8Array} bytes  Of the map.
   * @param {Float32Array[]} images
   * @param {string[]} palette
   * @param {number} rule  By which codes are drawn at first.
   * @param {() => void} ruled  Called when another rule was chosen.
   */
  constructor(title, network, bytes, images, palette, rule, ruled) {
    this.title = title;
    this.rule = new Choice("Draw", RULES, rule, () => {
      this.scatter();
      ruled();
    });
    this.controls = row(
      this.rule.element,
      button("Draw again", () => this.scatter(), `Draw ${DECODED} other codes by the same rule`),
    );
    this.controls.classList.add("ls-controls");
    this.network = network;
    this.images = images;
    this.map = new LatentMap(bytes);
    const { places } = this.map;
    this.plane = new Plane({
      label: `${title}: map of the codes`,
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
      tally: element("p", { class: "ls-note ls-tally", "aria-live": "polite" }),
    };
    /** From the least to the greatest code, along each axis. */
    this.box = [0, 1].map((axis) => {
      const values = alongAxis(places, axis);
      return [Math.min(...values), Math.max(...values)];
    });
    const ranges = this.box.map(([low, high], j) => `${show(low, 1)} to ${show(high, 1)} (z${j + 1})`);
    this.tiles = new Tiles(network, `${title}: ${DECODED} random codes, decoded`, DECODED, 8);
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
        element("h4", {}, title),
        this.plane.element,
        note(`Codes from ${ranges.join(", ")}`),
      ),
      element(
        "div",
        { class: "ls-column" },
        row(this.decoded.element, this.near.element, column(this.notes.trust, this.notes.place)),
        this.controls,
        this.tiles.element,
        this.notes.tally,
      ),
    );
    this.notes.tally.textContent = "Predict first: how many of them will be off the data?";
    this.#go(this.box.map(([low, high]) => low + 0.75 * (high - low)));
  }

  /** @param {number[]} place */
  #go(place) {
    const trust = this.map.trust(place);
    const { point, share } = trust;
    this.decoded.paint(this.network.decode(place));
    this.near.paint(this.images[point]);
    this.near.describe(`Nearest: a “${this.map.label(point)}”`);
    this.notes.trust.textContent = trustLevel(share).text;
    this.notes.place.textContent = `z = ${showCode(place)}; ${surroundings(trust)}.`;
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
   * What a rule's codes are like in the long run: the share off the data, and how many digits are among
   * as many of them as are shown.
   * @param {number} rule
   */
  count(rule) {
    let [numOff, numDigits] = [0, 0];
    for (let i = 0; i < TIMES; i++) {
      const trusts = Array.from({ length: DECODED }, () => this.map.trust(this.#draw(rule)));
      numOff += trusts.filter(({ share }) => share > OFF_DATA).length;
      numDigits += new Set(trusts.map(({ point }) => this.map.label(point))).size;
    }
    return { off: numOff / TIMES / DECODED, digits: numDigits / TIMES };
  }

  /** Draw some codes by the chosen rule, and show what they become. */
  scatter() {
    const rule = this.rule.value;
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
    this.notes.tally.textContent = `Off the data: ${numOff} of ${DECODED}. Nearest to them are images of ${classes.length} digits: ${classes.join(", ")}`;
    const [[x0, x1], [y0, y1]] = this.box;
    const region =
      rule === ANYWHERE
        ? [
            {
              line: rectangle([x0, y0], [x1, y1]),
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
  /** What each rule's codes are like in the long run, of each model; counted when it is first shown. */
  #counted = /** @type {{ off: number, digits: number }[][]} */ ([]);

  /** @param {Given<Classes>} given */
  constructor({ root, spec, arrays, networks }) {
    const images = imagesOf(arrays.images);
    /** @type {(role: string, title: string, rule: number) => Territory} */
    const territory = (role, title, rule) =>
      new Territory(title, networks[role], Uint8Array.from(arrays[role].data), images, spec.palette, rule, () =>
        this.#compare(),
      );
    this.ae = territory("ae", "Autoencoder", ANYWHERE);
    this.vae = territory("vae", "VAE", NORMAL);
    this.comparison = element("div", { class: "ls-column" });
    this.#hideAnswer(true);
    root.append(
      this.comparison,
      element("div", { class: "ls-territories" }, this.ae.element, this.vae.element),
      legend(spec.label_names, spec.palette),
    );
  }

  /** From now on, codes are drawn; from the VAE as well. */
  reveal() {
    this.#hideAnswer(false);
    this.#counted = this.#both.map((territory) => RULES.map((_, rule) => territory.count(rule)));
    for (const territory of this.#both) territory.scatter();
    this.#compare();
  }

  get #both() {
    return [this.ae, this.vae];
  }

  /** @param {boolean} hidden */
  #hideAnswer(hidden) {
    for (const each of [this.ae.controls, this.comparison, this.vae.element]) each.hidden = hidden;
  }

  /** Both models by both rules, with those marked that are shown. */
  #compare() {
    const all = this.#both.flatMap((territory, i) =>
      RULES.map((rule, j) => ({
        ...this.#counted[i][j],
        name: `${territory.title}, ${rule}${j === ANYWHERE ? " on its map" : ""}`,
        shown: territory.rule.value === j,
      })),
    );
    const lines = table(
      "Codes drawn at random, in the long run",
      [`Codes drawn ${TIMES} times, ${DECODED} at a time`, "off the data", `digits among ${DECODED}`],
      all.map(({ name, off, digits }) => [name, `${Math.round(100 * off)}%`, show(digits, 1)]),
    );
    lines.querySelectorAll("tbody tr").forEach((line, i) => {
      line.setAttribute("aria-current", String(all[i].shown));
    });
    this.comparison.replaceChildren(lines);
  }
}

export default figure(Holes);
