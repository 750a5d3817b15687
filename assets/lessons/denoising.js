/**
 * Noise added and taken away: by an autoencoder that was trained for it, and by a VAE that was not.
 *
 * @import { Given } from "./stage/mount.js"
 *
 * `DenoisingSpec` of pages/_lessons/denoising.py: the strength is that of the noise in the denoiser's training.
 * @typedef {{ label_names: string[], strength: number }} DenoisingSpec
 *
 * @typedef {"noisy" | "denoiser" | "vae"} Way  What is done about the noise.
 */
import { normals } from "../network/random.js";
import { show } from "../shared/show.js";
import { Slider } from "./stage/controls.js";
import { button, element, note, part, row, svgLayer } from "./stage/elements.js";
import { Graph } from "./stage/graph.js";
import { decibels, mean, psnr, squaredError } from "./stage/maths.js";
import { figure } from "./stage/mount.js";
import { ImageView, imagesOf } from "./stage/pictures.js";
import { Tray } from "./stage/tiles.js";

const IN_TRAY = 12;
/** Higher is beyond what any of the models reaches; an image without noise has no end of decibels. */
const MOST_DECIBELS = 30;
const STRENGTHS = [0, 0.03, ...Array.from({ length: 16 }, (_, i) => (i + 1) / 20)];
/** @type {Way[]} */
const WAYS = ["noisy", "denoiser", "vae"];
const STYLES = {
  noisy: {
    name: "Left as it is",
    caption: "With noise",
    best: "what was left as it is",
    color: "#717581",
    dashes: "2 5",
  },
  denoiser: { name: "Denoiser", caption: "Denoiser", best: "the denoiser", color: "#e5007e", dashes: "" },
  vae: { name: "VAE, clean images only", caption: "VAE", best: "the VAE", color: "#3f90da", dashes: "10 5" },
};

/** @param {number} value */
const showDecibels = (value) => (Number.isFinite(value) ? `${show(value, 1)} dB` : "∞ dB");

class Denoising {
  #revealed = false;
  /** The image that is looked at. */
  #chosen = 0;
  /** @type {Float32Array[]} Of each image, before its strength. */
  #noise = [];
  /** @type {number[][]} The PSNR over all images at each strength, of each way that is revealed. */
  #ratios = [];

  /** @param {Given<DenoisingSpec>} given */
  constructor({ root, spec, arrays, networks }) {
    this.networks = networks;
    this.images = imagesOf(arrays.images);
    const size = networks.vae;
    this.clean = new ImageView(size, "Clean", { side: 150 });
    this.views = WAYS.map((way) => new ImageView(size, STYLES[way].caption, { side: 150 }));
    this.slider = new Slider("Strength of the noise", { min: 0, max: 2 * spec.strength, value: spec.strength }, () =>
      this.#change(),
    );
    const names = Array.from({ length: IN_TRAY }, (_, i) => `A “${spec.label_names[arrays.labels.data[i]]}”`);
    const tray = new Tray(size, this.images.slice(0, IN_TRAY), names, 0, (i) => this.#choose(i));
    this.graph = new Graph({
      label: "PSNR against the strength of the noise",
      height: 18,
      x: { from: 0, to: 2 * spec.strength, title: "Strength of the noise" },
      y: { from: 5, to: MOST_DECIBELS, title: "PSNR in dB, higher is nearer" },
    });
    this.values = WAYS.map(() => element("span", { class: "ls-value" }));
    const key = element(
      "ul",
      { class: "ls-legend ls-curves", "aria-label": "PSNR at this strength" },
      ...WAYS.map((way, i) =>
        element("li", {}, lineOf(STYLES[way]), element("span", {}, STYLES[way].name), this.values[i]),
      ),
    );
    this.nearer = note("", true);
    root.append(
      element("div", { class: "ls-four" }, ...[this.clean, ...this.views].map((view) => view.element)),
      this.slider.element,
      row(
        button("Draw other noise", () => this.#redraw(), "The same strength, other random numbers"),
        tray.element,
      ),
      part(`Over all ${this.images.length} held-out images`, this.graph.element, key, this.nearer),
    );
    this.#draw();
    this.#choose(0);
  }

  /** From now on, the PSNR of the models is shown as well, and not only that of what was left as it is. */
  reveal() {
    this.#revealed = true;
    this.#measure();
    this.#change();
  }

  /** @param {number} i */
  #choose(i) {
    this.#chosen = i;
    this.clean.paint(this.images[i]);
    this.#change();
  }

  #draw() {
    this.#noise = this.images.map((image) => normals(image.length));
    this.#measure();
  }

  #redraw() {
    this.#draw();
    this.#change();
  }

  /** The ways whose PSNR is shown. */
  get #judged() {
    return this.#revealed ? WAYS : WAYS.slice(0, 1);
  }

  /**
   * An image as each way leaves it, with noise as vaelab.networks.corruptions.gaussian adds it.
   * @param {number} i
   * @param {number} strength
   * @param {Way[]} ways
   */
  #outputs(i, strength, ways) {
    const noisy = this.images[i].map((x, j) => Math.max(0, Math.min(1, x + strength * this.#noise[i][j])));
    return ways.map((way) => {
      if (way === "noisy") return noisy;
      const network = this.networks[way];
      return network.decode(network.encode(noisy).mu).slice();
    });
  }

  /**
   * The PSNR over all images at one strength, of each way that is judged: in dB of the mean of their squared errors,
   * as a mean of decibels would be ruled by images that are almost as they were.
   * @param {number} strength
   */
  #ratiosAt(strength) {
    const ways = this.#judged;
    const errors = this.images.map((image, i) =>
      this.#outputs(i, strength, ways).map((output) => squaredError(image, output) / image.length),
    );
    return ways.map((_, at) => decibels(mean(errors.map((each) => each[at]))));
  }

  #measure() {
    this.#ratios = STRENGTHS.map((strength) => this.#ratiosAt(strength));
  }

  #change() {
    const { value } = this.slider;
    const ways = this.#judged;
    this.#outputs(this.#chosen, value, WAYS).forEach((output, i) => {
      const { caption } = STYLES[WAYS[i]];
      this.views[i].paint(output);
      const ratio = psnr(this.images[this.#chosen], output);
      this.views[i].describe(i < ways.length ? `${caption}: ${showDecibels(ratio)}` : caption);
    });
    const ratios = this.#ratiosAt(value);
    this.values.forEach((text, i) => {
      text.textContent = i < ratios.length ? showDecibels(ratios[i]) : "predict first";
    });
    this.nearer.textContent = this.#revealed ? nearestOf(ratios) : "Which of the models comes nearer?";
    this.graph.shapes = [
      ...ways.map((way, i) => ({ color: STYLES[way].color, dashes: STYLES[way].dashes, line: this.#curve(i) })),
      { rule: value, text: show(value), kind: "ls-strength" },
      ...ratios.flatMap((each, i) =>
        each <= MOST_DECIBELS ? [{ dot: [value, each], color: STYLES[ways[i]].color }] : [],
      ),
    ];
    this.graph.draw();
  }

  /**
   * What of a curve is within the graph.
   * @param {number} i  The way that it is of.
   */
  #curve(i) {
    const places = STRENGTHS.map((strength, at) => [strength, this.#ratios[at][i]]);
    const first = places.findIndex(([, y]) => y <= MOST_DECIBELS);
    if (first <= 0 || !Number.isFinite(places[first - 1][1])) return places.slice(Math.max(0, first));
    const [[x0, y0], [x1, y1]] = [places[first - 1], places[first]];
    const share = (MOST_DECIBELS - y0) / (y1 - y0);
    return [[x0 + share * (x1 - x0), MOST_DECIBELS], ...places.slice(first)];
  }
}

/**
 * Which way comes nearest to the clean image, in a sentence.
 * @param {number[]} ratios  The PSNR of each way.
 */
function nearestOf(ratios) {
  const best = WAYS[ratios.indexOf(Math.max(...ratios))];
  const [, denoiser, vae] = ratios;
  const ofModels = best === "noisy" ? ` Of the two models: ${STYLES[denoiser > vae ? "denoiser" : "vae"].best}.` : "";
  return `At this strength, nearest to the clean image: ${STYLES[best].best}.${ofModels}`;
}

/**
 * A line as in the graph.
 * @param {{ color: string, dashes: string }} style
 */
function lineOf({ color, dashes }) {
  const line = svgLayer();
  line.setAttribute("viewBox", "0 0 34 6");
  line.innerHTML = `<line x1="1" x2="33" y1="3" y2="3" stroke="${color}" stroke-width="3" stroke-dasharray="${dashes}"/>`;
  return line;
}

export default figure(Denoising);
