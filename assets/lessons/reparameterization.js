/**
 * Noise on one plane, the code that it becomes on another, and what each does when nudged.
 *
 * @import { Posterior } from "../network/network.js"
 * @import { Classes, Given } from "./stage/mount.js"
 */
import { normals } from "../network/random.js";
import { show } from "../shared/show.js";
import { waysToDraw } from "./reparameterization_ways.js";
import { table } from "./stage/bars.js";
import { Slider } from "./stage/controls.js";
import { button, column, element, note, part, row } from "./stage/elements.js";
import { bernoulliTerms, drawFrom, sum } from "./stage/maths.js";
import { figure } from "./stage/mount.js";
import { ImageView, imagesOf } from "./stage/pictures.js";
import { Plane } from "./stage/plane.js";
import { Tray } from "./stage/tiles.js";

/** Other draws, which show that the whole cloud is stretched and shifted. */
const CLOUD = 80;
/** Half of what is visible of the map, to each side of the encoder's mu. */
const CLOSE = 1.1;
/** By how much mu or sigma is nudged. */
const NUDGE = 0.01;
/** What share of the nudge a mean of movements may be off. */
const WITHIN = 0.1;
const SHIFTS = { min: -0.5, max: 0.5 };
const FACTORS = { min: 0, max: 2, value: 1 };

class Reparameterization {
  #image = new Float32Array();
  /** @type {Posterior} As the encoder gives it. */
  #encoded = { mu: new Float32Array(2), sigma: new Float32Array(2) };
  /** @type {number[]} */
  #epsilon = [1.2, 0.8];
  #cloud = Array.from({ length: CLOUD }, () => Array.from(normals(2)));
  /** Noise before and after each of the two nudges, where none is held. */
  #unheld = [new Float32Array(2), new Float32Array(2)];

  /** @param {Given<Classes>} given */
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.vae;
    this.images = imagesOf(arrays.images);
    this.labels = arrays.labels.data;
    this.names = spec.label_names;
    this.noise = new Plane({
      label: "The noise epsilon",
      extent: [-3, 3, -3, 3],
      axes: ["ε1", "ε2"],
      aspect: 1.15,
      hover: false,
      moved: (place) => this.#move(place),
    });
    this.map = new Plane({
      label: "A part of the VAE’s map, with the code z",
      extent: [-1, 1, -1, 1],
      size: 2.5,
      aspect: 1.15,
      places: arrays.places.data,
      labels: arrays.place_labels.data,
      palette: spec.palette,
    });
    const names = this.images.map((_, i) => `Image ${i + 1}, a ${this.#className(i)}`);
    const tray = new Tray(this.network, this.images, names, 0, (i) => this.#choose(i));
    this.views = {
      image: new ImageView(this.network, "The image", { side: 112 }),
      decoded: new ImageView(this.network, "z, decoded", { side: 112 }),
    };
    this.formulas = [1, 2].map((j) => element("p", { class: "ls-formula", "data-testid": `z${j}` }));
    this.error = note();
    /** @type {(name: string, options: typeof SHIFTS) => Slider} */
    const slider = (name, options) => new Slider(name, options, () => this.#show());
    this.shifts = [slider("μ1 +", SHIFTS), slider("μ2 +", SHIFTS)];
    this.factors = [slider("σ1 ×", FACTORS), slider("σ2 ×", FACTORS)];
    this.moves = part(
      "ε stays, μ and σ move",
      row(column(...this.shifts.map((each) => each.element)), column(...this.factors.map((each) => each.element))),
      row(
        button("Halve σ", () =>
          this.#set(
            [0, 0],
            this.factors.map((each) => each.value / 2),
          ),
        ),
        button("Back to the encoder’s answer", () => this.#set([0, 0], [1, 1])),
      ),
    );
    this.nudges = element("div", { "data-testid": "nudges" });
    this.needed = note();
    this.check = part(
      `Nudge μ1 or σ1 by ${NUDGE}: how far does z1 move?`,
      this.nudges,
      this.needed,
      button("Nudge again", () => this.#nudge(), "Nudge again: what is drawn anew comes out differently"),
    );
    this.moves.hidden = true;
    this.check.hidden = true;
    const decoded = row(this.views.image.element, this.views.decoded.element, column(...this.formulas, this.error));
    decoded.classList.add("ls-watched");
    root.append(
      tray.element,
      row(
        part(
          "The noise: ε ∼ N(0, 1)",
          this.noise.element,
          button("Draw ε", () => this.#draw(), "Draw other noise"),
        ),
        part(
          "The code: z = μ + σ · ε",
          this.map.element,
          note("Ellipses: radius σ and 2σ around μ. Pale: other draws. The line: from μ to z."),
        ),
      ),
      this.moves,
      decoded,
      this.check,
      waysToDraw(),
    );
    this.#choose(0);
    this.#nudge();
  }

  /** From now on, mu and sigma can be moved while epsilon is held. */
  reveal() {
    this.moves.hidden = false;
    this.check.hidden = false;
  }

  /** @param {number} i */
  #className(i) {
    return this.names[this.labels[i]];
  }

  /** @param {number} i */
  #choose(i) {
    this.#image = this.images[i];
    this.views.image.paint(this.#image);
    this.views.image.describe(`The image: a “${this.#className(i)}”`);
    this.#encoded = this.network.encode(this.#image);
    const [x, y] = this.#encoded.mu;
    this.map.extent = [x - CLOSE, x + CLOSE, y - CLOSE, y + CLOSE];
    this.#set([0, 0], [1, 1]);
  }

  /**
   * @param {number[]} shifts  Of mu.
   * @param {number[]} factors  Of sigma.
   */
  #set(shifts, factors) {
    shifts.forEach((value, j) => {
      this.shifts[j].value = value;
    });
    factors.forEach((value, j) => {
      this.factors[j].value = value;
    });
    this.#show();
  }

  #draw() {
    this.#move(Array.from(normals(2), (value) => Math.max(-3, Math.min(3, value))));
  }

  /** @param {number[]} epsilon */
  #move(epsilon) {
    this.#epsilon = epsilon;
    this.#show();
  }

  /** What the encoder answered, as the sliders change it. */
  get #posterior() {
    const { mu, sigma } = this.#encoded;
    return {
      mu: Array.from(mu, (m, j) => m + this.shifts[j].value),
      sigma: Array.from(sigma, (s, j) => s * this.factors[j].value),
    };
  }

  #show() {
    const posterior = this.#posterior;
    const { mu, sigma } = posterior;
    const z = drawFrom(posterior, this.#epsilon);
    this.noise.cursor = this.#epsilon;
    this.noise.shapes = [
      ...[2, 1].map((r) => ({ ellipse: [0, 0], sigma: [r, r], kind: "ls-quiet" })),
      ...this.#cloud.map((dot) => ({ dot, r: 2.5, kind: "ls-pale" })),
      { line: [[0, 0], this.#epsilon] },
    ];
    this.noise.draw();
    this.map.shapes = [
      ...[2, 1].map((times) => ({ ellipse: mu, sigma: sigma.map((s) => times * s) })),
      ...this.#cloud.map((epsilon) => ({ dot: drawFrom(posterior, epsilon), r: 2.5, kind: "ls-pale" })),
      { line: [mu, z] },
      { dot: mu, r: 3, text: "μ" },
      { dot: z, r: 7, text: "z", kind: "ls-cursor" },
    ];
    this.map.draw();
    this.formulas.forEach((line, j) => {
      line.textContent = `z${j + 1} = μ${j + 1} + σ${j + 1} · ε${j + 1} = ${show(mu[j])} + ${show(sigma[j])} · ${show(this.#epsilon[j])} = ${show(z[j])}`;
    });
    const decoded = this.network.decode(z);
    this.views.decoded.paint(decoded);
    this.error.textContent = `Reconstruction term of this z: −log p(x|z) = ${show(sum(bernoulliTerms(this.#image, decoded)))} nats`;
    this.#showNudges();
  }

  /** Draw anew what has no noise to hold: once before the nudge and once after it. */
  #nudge() {
    this.#unheld = [normals(2), normals(2)];
    this.#showNudges();
  }

  #showNudges() {
    const { mu, sigma } = this.#posterior;
    // The standard error of a mean of n differences is σ √(2 / n).
    const pairs = 2 * (sigma[0] / (WITHIN * NUDGE)) ** 2;
    this.needed.textContent = `The mean of about ${Number(pairs.toPrecision(2)).toLocaleString("en")} pairs of draws, before and after, would tell the first to within a tenth (one standard error).`;
    /**
     * By how much z1 moves, of noise before and after it, when mu and sigma are nudged by so much.
     * @type {(before: number, after: number, ofMu: number, ofSigma: number) => number}
     */
    const movement = (before, after, ofMu, ofSigma) =>
      mu[0] + ofMu + (sigma[0] + ofSigma) * after - (mu[0] + sigma[0] * before);
    /** @type {(name: string, exact: string, unheld: Float32Array, ofMu: number, ofSigma: number) => string[]} */
    const line = (name, exact, [before, after], ofMu, ofSigma) => {
      const held = movement(this.#epsilon[0], this.#epsilon[0], ofMu, ofSigma);
      const anew = movement(before, after, ofMu, ofSigma);
      return [name, show(held, 4), `${show(held / NUDGE)} ${exact}`, show(anew, 4), show(anew / NUDGE)];
    };
    this.nudges.replaceChildren(
      table(
        "What a nudge does to z1",
        ["", "ε held: z1 moves by", "for each unit", "z drawn anew: z1 moves by", "for each unit"],
        [
          line(`μ1 + ${NUDGE}`, "= 1", this.#unheld[0], NUDGE, 0),
          line(`σ1 + ${NUDGE}`, "= ε1", this.#unheld[1], 0, NUDGE),
        ],
      ),
    );
  }
}

export default figure(Reparameterization);
