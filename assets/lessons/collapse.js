/**
 * Sixteen numbers, of which some are used; and a model that uses none of its two.
 *
 * @import { Network, Posterior } from "../network/network.js"
 * @import { Classes, Given } from "./stage/mount.js"
 *
 * `CollapseSpec` of pages/_lessons/collapse.py: how many images can be chosen, the variance of mu above which a
 * number is active, and sigma of the pixels in the model of sixteen numbers.
 * @typedef {Classes & { num_shown: number, active_variance: number, pixel_sigma: number }} CollapseSpec
 *
 * One number of the code over the held-out images; `loss` is what is lost without it, in nats: an upper bound of its
 * worth, for a model trained without it would do better.
 * @typedef {{ kl: number, sigma: number, center: number, variance: number, active: boolean, loss: number | null }} Unit
 */
import { Picture } from "../network/picture.js";
import { show } from "../shared/show.js";
import { Bars } from "./stage/bars.js";
import { column, element, note, part, press, row } from "./stage/elements.js";
import { klTerms, largestChange, mean, squaredError } from "./stage/maths.js";
import { figure } from "./stage/mount.js";
import { ImageView, imagesOf, joined } from "./stage/pictures.js";
import { Tiles } from "./stage/tiles.js";

/** Values that a number takes along the strip. */
const STEPS = [-3, -2.25, -1.5, -0.75, 0, 0.75, 1.5, 2.25, 3];
/** What is visible of an axis of latent space, to each side of 0. */
const REACH = 3.2;

class Collapse {
  /** The image, and the number of the code, that are looked at. */
  #image = 0;
  #unit = 0;

  /** @param {Given<CollapseSpec>} given */
  constructor({ root, spec, arrays, networks }) {
    this.vae = networks.vae;
    this.names = spec.label_names;
    this.activeVariance = spec.active_variance;
    this.pixelVariance = spec.pixel_sigma ** 2;
    this.images = imagesOf(arrays.images); // held out; the first few can be chosen
    this.labels = arrays.labels.data;
    this.posteriors = this.images.map((image) => this.vae.encode(image));
    this.error = this.#meanError((mu) => mu);
    const d = this.vae.latentDim;
    this.units = Array.from({ length: d }, (_, j) => this.#unitOf(j));
    this.bars = new Bars(
      "KL of each number of the code",
      this.units.map((_, j) => `z${j + 1}`),
      { unit: "nats", chosen: 0, changed: (j) => this.#look(j) },
    );
    this.bars.paint(this.units.map(({ kl }) => kl));
    const used = this.units.filter(({ active }) => active).length;
    this.cost = part(
      "What each number costs: KL",
      note(`Active: ${used} of ${d}. The other ${d - used} are dead.`),
      this.bars.element,
    );
    this.posteriorRows = Array.from({ length: spec.num_shown }, (_, i) => this.#posteriorRow(i));
    this.title = element("h4", { "data-testid": "unit" });
    this.notes = { statistics: note(), worth: note(), strip: note() };
    this.worth = column(this.notes.statistics, this.notes.worth);
    this.views = {
      image: new ImageView(this.vae, "The image", { side: 88 }),
      decoded: new ImageView(this.vae, "Its μ, decoded", { side: 88 }),
    };
    this.strip = new Tiles(this.vae, "One number of the code, from −3 to 3", STEPS.length, STEPS.length);
    this.strip.tiles.forEach(({ tile }, i) => {
      tile.append(element("span", { class: "ls-step" }, show(STEPS[i])));
    });
    this.comparison = comparison(networks.collapsed, this.images, arrays.mean.data, spec.num_shown);
    this.#hideAnswer(true);
    root.append(
      row(
        this.cost,
        element(
          "div",
          { class: "ls-column ls-wide" },
          this.title,
          element(
            "div",
            { class: "ls-posteriors", role: "group", "aria-label": "Images to choose from, and their posteriors" },
            element(
              "div",
              { class: "ls-scale", "aria-hidden": "true" },
              ...[-3, -2, -1, 0, 1, 2, 3].map((at) => element("span", { style: `left:${across(at)}%` }, show(at, 0))),
            ),
            ...this.posteriorRows.map(({ choice }) => choice),
          ),
          note("Bars: μ ± σ of each image. Grey band: that of the prior, 0 ± 1."),
          this.worth,
        ),
      ),
      row(
        this.views.image.element,
        this.views.decoded.element,
        part("Only this number changes; the others stay at the image’s μ", this.strip.element, this.notes.strip),
      ),
      this.comparison,
    );
    this.#choose(0);
  }

  /** From now on, every number can be looked at, and what it costs. */
  reveal() {
    this.#hideAnswer(false);
  }

  /** @param {boolean} hidden */
  #hideAnswer(hidden) {
    for (const answer of [this.cost, this.worth, this.comparison]) answer.hidden = hidden;
  }

  /**
   * Mean reconstruction term over the held-out images, up to a constant.
   * @param {(mu: Float32Array) => Float32Array} codeOf  The code to decode, made of mu.
   */
  #meanError(codeOf) {
    const errors = this.images.map((image, i) => squaredError(image, this.vae.decode(codeOf(this.posteriors[i].mu))));
    return mean(errors) / 2 / this.pixelVariance;
  }

  /**
   * @param {number} j
   * @returns {Unit}
   */
  #unitOf(j) {
    const mus = this.posteriors.map(({ mu }) => mu[j]);
    const center = mean(mus);
    const variance = mean(mus.map((mu) => (mu - center) ** 2));
    return {
      kl: mean(this.posteriors.map(({ mu, sigma }) => klTerms([mu[j]], [sigma[j]])[0])),
      sigma: mean(this.posteriors.map(({ sigma }) => sigma[j])),
      center,
      variance,
      active: variance > this.activeVariance,
      loss: null,
    };
  }

  /**
   * An image that can be chosen, beside its posterior along the number that is looked at.
   * @param {number} i
   */
  #posteriorRow(i) {
    const canvas = element("canvas", { class: "ls-image", "aria-hidden": "true" });
    new Picture(canvas, this.vae).paint(this.images[i]);
    const bar = element("i", { class: "ls-span" });
    const value = element("span", { class: "ls-value" });
    const prior = element("i", { class: "ls-band", style: `left:${across(-1)}%;width:${across(1) - across(-1)}%` });
    const choice = element(
      "button",
      { type: "button", onclick: () => this.#choose(i) },
      canvas,
      element("span", { class: "ls-lane" }, prior, bar),
      value,
    );
    return { choice, bar, value };
  }

  /** @param {number} i */
  #choose(i) {
    this.#image = i;
    press(
      this.posteriorRows.map(({ choice }) => choice),
      i,
    );
    this.views.image.paint(this.images[i]);
    this.views.image.describe(`Image: a “${this.names[this.labels[i]]}”`);
    this.views.decoded.paint(this.vae.decode(this.posteriors[i].mu));
    this.#look(this.#unit);
  }

  /** @param {number} j */
  #look(j) {
    this.#unit = j;
    const unit = this.units[j];
    this.title.textContent = `Number ${j + 1} of the code, z${j + 1}`;
    this.posteriorRows.forEach(({ choice, bar, value }, i) => {
      const [mu, sigma] = [this.posteriors[i].mu[j], this.posteriors[i].sigma[j]];
      const [from, to] = [across(mu - sigma), across(mu + sigma)];
      bar.style.left = `${from}%`;
      bar.style.width = `${to - from}%`;
      value.textContent = `${show(mu)} ± ${show(sigma)}`;
      choice.setAttribute(
        "aria-label",
        `Image ${i + 1}, a ${this.names[this.labels[i]]}: mu ± sigma ${show(mu)} ± ${show(sigma)}`,
      );
    });
    const { mu } = this.posteriors[this.#image];
    const codes = STEPS.flatMap((value) => Array.from(mu, (m, k) => (k === j ? value : m)));
    const images = this.vae.decode(codes, STEPS.length).slice();
    this.strip.paint(images);
    this.notes.strip.textContent = `From end to end, the pixel that changes most does so by ${show(largestChange(images, this.vae.numPixels))} (black to white is 1).`;
    this.notes.statistics.textContent = `Over ${this.images.length} held-out images μ is ${show(unit.center)} on average, with variance ${show(unit.variance)}, and σ is ${show(unit.sigma)}: ${unit.active ? "active" : "dead"}.`;
    unit.loss ??= this.#meanError((all) => all.map((m, k) => (k === j ? 0 : m))) - this.error;
    this.notes.worth.textContent = `It costs ${show(unit.kl)} nats, and saves ${show(unit.loss, 1)} nats of reconstruction or less: so much the error grows if it is 0 in all images, and nothing is trained anew.`;
  }
}

/**
 * The model of which nothing is left.
 * @param {Network} network
 * @param {Float32Array[]} images
 * @param {ArrayLike<number>} meanImage
 * @param {number} count  Images that are shown.
 */
function comparison(network, images, meanImage, count) {
  const back = images.map((image) => network.decode(network.encode(image).mu).slice());
  const originals = new Tiles(network, "Images", count, count);
  originals.paint(joined(images.slice(0, count)));
  const decoded = new Tiles(network, "The same images, as the collapsed model reconstructs them", count, count);
  decoded.paint(joined(back.slice(0, count)));
  const view = new ImageView(network, "Mean of the images it learned", { side: 88 });
  view.paint(meanImage);
  const change = largestChange(joined(back), network.numPixels);
  const apart = largestChange(joined([back[0], meanImage]), network.numPixels);
  const farthest = Math.max(...images.flatMap((image) => distancesToPrior(network.encode(image))));
  return part(
    "A model that has collapsed: the one with β = 4",
    row(
      view.element,
      column(
        originals.element,
        decoded.element,
        note(
          `Over ${images.length} images μ and σ stay within ${show(farthest, 3)} of 0 and 1. The reconstructions differ by at most ${show(change, 3)} from image to image, and by ${show(apart, 3)} from the mean.`,
        ),
      ),
    ),
  );
}

/**
 * How far mu is from 0 and sigma from 1.
 * @param {Posterior} posterior
 */
const distancesToPrior = ({ mu, sigma }) => [...mu.map(Math.abs), ...sigma.map((s) => Math.abs(s - 1))];

/**
 * Where a value lies along an axis, in percent.
 * @param {number} value
 */
const across = (value) => (100 * (Math.max(-REACH, Math.min(REACH, value)) + REACH)) / 2 / REACH;

export default figure(Collapse);
