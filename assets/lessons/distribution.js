/**
 * The same image in an autoencoder and in a VAE: a point, and a cloud to draw from.
 *
 * @import { Posterior } from "../network/network.js"
 * @import { Classes, Given } from "./stage/mount.js"
 */
import { nearest } from "../network/nearest.js";
import { normals } from "../network/random.js";
import { Truth } from "./distribution_truth.js";
import { legend } from "./stage/bars.js";
import { button, element, note, part, row } from "./stage/elements.js";
import { showCode } from "./stage/format.js";
import { drawFrom } from "./stage/maths.js";
import { figure } from "./stage/mount.js";
import { ImageView, imagesOf } from "./stage/pictures.js";
import { Plane } from "./stage/plane.js";
import { extentOf } from "./stage/scale.js";

const DRAWS = 6;

class Distribution {
  /** @type {Float32Array[]} */
  #epsilons = [];
  /** @type {Posterior} Of the image that is shown, in the VAE. */
  #posterior = { mu: new Float32Array(2), sigma: new Float32Array(2) };
  #image = new Float32Array();

  /** @param {Given<Classes>} given */
  constructor({ root, spec, arrays, networks }) {
    this.networks = networks;
    this.images = imagesOf(arrays.images);
    this.labels = arrays.labels.data;
    this.names = spec.label_names;
    /** @type {(role: string, label: string) => Plane} */
    const plane = (role, label) =>
      new Plane({
        label,
        places: arrays[role].data,
        labels: this.labels,
        palette: spec.palette,
        extent: extentOf(arrays[role].data, 1),
        moved: (place) => this.#show(nearest(arrays[role].data, 2, place, 1).rows[0]),
      });
    this.planes = { ae: plane("ae", "Map of the autoencoder"), vae: plane("vae", "Map of the VAE") };
    const size = networks.vae;
    this.original = new ImageView(size, "The image", { side: 96 });
    this.decoded = {
      ae: new ImageView(size, "Autoencoder: its point, decoded", { side: 96 }),
      vae: new ImageView(size, "VAE: the middle, decoded", { side: 96 }),
    };
    this.draws = Array.from(
      { length: DRAWS },
      (_, i) => new ImageView(size, "", { side: 56, alt: `Draw ${i + 1} from the cloud` }),
    );
    this.notes = { ae: note(), vae: note() };
    this.cloud = part(
      "VAE: codes drawn from the cloud, decoded",
      element("div", { class: "ls-draws" }, ...this.draws.map((draw) => draw.element)),
      button("Sample again", () => this.#sample(), "Draw other codes from the same cloud"),
    );
    this.truth = new Truth(networks.vae, { places: arrays.vae.data, labels: this.labels, palette: spec.palette });
    this.cloud.hidden = true;
    this.truth.element.hidden = true;
    root.append(
      row(
        part("Autoencoder: a point", this.planes.ae.element, this.notes.ae),
        part("VAE: a cloud, with radius σ and 2σ", this.planes.vae.element, this.notes.vae),
      ),
      legend(spec.label_names, spec.palette),
      element(
        "div",
        { class: "ls-brought ls-watched" },
        this.original.element,
        this.decoded.ae.element,
        this.decoded.vae.element,
        this.cloud,
      ),
      this.truth.element,
    );
    this.#draw();
    this.#show(0);
  }

  /** From now on, what is drawn from the cloud is shown, and the true posterior. */
  reveal() {
    this.cloud.hidden = false;
    this.truth.element.hidden = false;
    this.truth.prepare(() => this.#showCloud());
    this.#showCloud();
  }

  /** @param {number} i */
  #show(i) {
    const image = this.images[i];
    this.#image = image;
    this.original.paint(image);
    this.original.describe(`The image: a “${this.names[this.labels[i]]}”`);
    const { ae, vae } = this.networks;
    const { mu } = ae.encode(image);
    this.decoded.ae.paint(ae.decode(mu));
    this.notes.ae.textContent = `z = ${showCode(mu)}`;
    this.planes.ae.cursor = Array.from(mu);
    this.planes.ae.draw();
    this.#posterior = vae.encode(image);
    this.decoded.vae.paint(vae.decode(this.#posterior.mu));
    this.notes.vae.textContent = `μ = ${showCode(this.#posterior.mu)}, σ = ${showCode(this.#posterior.sigma)}`;
    this.planes.vae.cursor = Array.from(this.#posterior.mu);
    this.#showCloud();
  }

  #sample() {
    this.#draw();
    this.#showCloud();
  }

  #draw() {
    this.#epsilons = Array.from({ length: DRAWS }, () => normals(2));
  }

  /** Show the cloud and, once that is revealed, what its draws come to. */
  #showCloud() {
    const { mu, sigma } = this.#posterior;
    const ellipses = [2, 1].map((times) => ({ ellipse: mu, sigma: sigma.map((s) => times * s) }));
    const codes = this.cloud.hidden ? [] : this.#epsilons.map((epsilon) => drawFrom(this.#posterior, epsilon));
    codes.forEach((z, i) => {
      this.draws[i].paint(this.networks.vae.decode(z));
    });
    const truth = this.cloud.hidden ? [] : this.truth.show(this.#image, this.#posterior, ellipses);
    this.planes.vae.shapes = [...truth, ...ellipses, ...codes.map((z) => ({ dot: z }))];
    this.planes.vae.draw();
  }
}

export default figure(Distribution);
