/**
 * The loss of one image, pixel by pixel and dimension by dimension, adding up to what is trained.
 *
 * @import { Posterior } from "../network/network.js"
 * @import { Pixel } from "../shared/pad.js"
 * @import { Classes, Given } from "./stage/mount.js"
 */
import { normals } from "../network/random.js";
import { PixelPad } from "../shared/pad.js";
import { show } from "../shared/show.js";
import { Bars } from "./stage/bars.js";
import { Slider } from "./stage/controls.js";
import { button, note, part, row } from "./stage/elements.js";
import { showCode } from "./stage/format.js";
import { bernoulliTerms, drawFrom, klTerms, mean, sum } from "./stage/maths.js";
import { figure } from "./stage/mount.js";
import { framed } from "./stage/paper.js";
import { HeatView, ImageView, imagesOf } from "./stage/pictures.js";
import { Tray } from "./stage/tiles.js";

/** Draws that the mean is over: enough for it to move smoothly with the slider. */
const DRAWS = 200;

class Loss {
  #image = new Float32Array();
  #decoded = new Float32Array();
  /** -log p(x|z) of each pixel. */
  #terms = new Float64Array();
  /** @type {Posterior} Of the image, as the encoder gives it. */
  #posterior = { mu: new Float32Array(2), sigma: new Float32Array(2) };
  #epsilon = new Float32Array(2);
  /** Those that the mean is over. */
  #epsilons = Array.from({ length: DRAWS }, () => normals(2));

  /** @param {Given<Classes>} given */
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.vae;
    this.images = imagesOf(arrays.images);
    const classOf = (/** @type {number} */ i) => spec.label_names[arrays.labels.data[i]];
    const image = new ImageView(this.network, "x", { side: 160 });
    const decoded = new ImageView(this.network, "x̂, decoded from z", { side: 160 });
    const terms = new HeatView(this.network, "−log p(xᵢ|z)", { side: 160, unit: "nats" });
    this.views = { image, decoded, terms };
    this.tray = new Tray(
      this.network,
      this.images,
      this.images.map((_, i) => `Image ${i + 1}, a ${classOf(i)}`),
      0,
      (i) => this.#choose(i, classOf(i)),
      image.element,
    );
    this.pads = [image.canvas, decoded.canvas, terms.canvas].map((canvas) => this.#pad(canvas));
    this.notes = { pixel: note("", true), code: note(), mean: note() };
    this.bars = new Bars("The loss of this image", ["64 pixels", "KL of z1", "KL of z2", "Total"], { unit: "nats" });
    this.pull = new Slider(
      "Pull towards the prior",
      { min: 0, max: 1, value: 0, format: (t) => `${Math.round(100 * t)}%` },
      () => this.#showLoss(),
    );
    this.pulled = part("What if the cloud lay elsewhere?", this.pull.element, this.notes.mean);
    this.pulled.hidden = true;
    root.append(
      this.tray.element,
      row(image.element, decoded.element, terms.element),
      this.notes.pixel,
      part(
        "All that is paid for this image",
        this.bars.element,
        this.notes.code,
        button("Draw z again", () => this.#draw(), "Draw another code from the image's cloud"),
      ),
      this.pulled,
    );
    this.#choose(0, classOf(0));
  }

  /** From now on, the cloud can be pulled. */
  reveal() {
    this.pulled.hidden = false;
  }

  /**
   * Have one pixel looked at in all three images, whichever it is chosen in.
   * @param {HTMLCanvasElement} canvas
   */
  #pad(canvas) {
    const label = `${canvas.getAttribute("aria-label")}: arrow keys choose a pixel`;
    const { holder, frame } = framed(canvas, label, { holder: "ls-pixels", frame: "ls-pixel" });
    return new PixelPad(holder, this.network, { pixel: [3, 4], frame, choose: (pixel) => this.#look(pixel) });
  }

  /** @param {Pixel} pixel */
  #look(pixel) {
    for (const pad of this.pads) pad.pixel = pixel;
    this.#describePixel();
  }

  /**
   * @param {number} i
   * @param {string} className
   */
  #choose(i, className) {
    this.#image = this.images[i];
    this.views.image.paint(this.#image);
    this.views.image.describe(`x: a “${className}”`);
    this.#posterior = this.network.encode(this.#image);
    this.#draw();
  }

  #draw() {
    this.#epsilon = normals(2);
    this.#showLoss();
  }

  /** The cloud as it is pulled: at 0 the encoder's own, at 1 the prior. */
  get #cloud() {
    const keep = 1 - this.pull.value;
    const { mu, sigma } = this.#posterior;
    return { mu: mu.map((m) => keep * m), sigma: sigma.map((s) => s ** keep) };
  }

  #showLoss() {
    const cloud = this.#cloud;
    const z = drawFrom(cloud, this.#epsilon);
    this.#decoded = this.network.decode(z).slice();
    this.#terms = bernoulliTerms(this.#image, this.#decoded);
    this.views.decoded.paint(this.#decoded);
    this.views.terms.paint(this.#terms, Math.max(2, ...this.#terms));
    const kl = klTerms(cloud.mu, cloud.sigma);
    const reconstruction = sum(this.#terms);
    const total = reconstruction + sum(kl);
    this.bars.paint([reconstruction, ...kl, total], Math.max(60, total));
    this.notes.code.textContent = `z = ${showCode(z)}, drawn from μ = ${showCode(cloud.mu)}, σ = ${showCode(cloud.sigma)}`;
    const usual = this.#meanReconstruction(cloud);
    this.notes.mean.textContent = `Mean over ${DRAWS} draws: reconstruction ${show(usual)} + KL ${show(sum(kl))} = ${show(usual + sum(kl))} nats`;
    this.#describePixel();
  }

  /**
   * The reconstruction term, averaged over draws from a cloud.
   * @param {Posterior} cloud
   */
  #meanReconstruction(cloud) {
    const codes = this.#epsilons.flatMap((epsilon) => drawFrom(cloud, epsilon));
    const images = this.network.decode(codes, DRAWS);
    const size = this.network.numPixels;
    return mean(
      this.#epsilons.map((_, i) => sum(bernoulliTerms(this.#image, images.subarray(i * size, (i + 1) * size)))),
    );
  }

  #describePixel() {
    const {
      pixel: [x, y],
      index,
    } = this.pads[0];
    const [value, decoded] = [this.#image[index], this.#decoded[index]];
    this.notes.pixel.textContent = `Row ${y + 1}, column ${x + 1}: −${show(value)} · log ${show(decoded)} − ${show(1 - value)} · log ${show(1 - decoded)} = ${show(this.#terms[index])} nats`;
  }
}

export default figure(Loss);
