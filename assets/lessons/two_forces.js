/**
 * What holds an image's cloud where it is: the pulls of the loss's two terms, and what becomes of clouds that are let go.
 *
 * @import { Posterior } from "../network/network.js"
 * @import { PlaneShape } from "./stage/plane_shapes.js"
 * @import { Classes, Given } from "./stage/mount.js"
 * @import { Pulls } from "./two_forces_pulls.js"
 *
 * `ForcesSpec` of pages/_lessons/two_forces.py: the extent of the map.
 * @typedef {Classes & { extent: number[] }} ForcesSpec
 */

import { show } from "../shared/show.js";
import { table } from "./stage/bars.js";
import { Slider } from "./stage/controls.js";
import { button, column, element, note, part, row } from "./stage/elements.js";
import { klTerms, sum } from "./stage/maths.js";
import { figure } from "./stage/mount.js";
import { ImageView, imagesOf } from "./stage/pictures.js";
import { Plane } from "./stage/plane.js";
import { Tray } from "./stage/tiles.js";
import { LettingGo } from "./two_forces_letting_go.js";
import { pullsAt } from "./two_forces_pulls.js";

/** How long an arrow is on the map for a force of 1 nat per unit of z. */
const NAT = 0.12;
const SIDES = /** @type {const} */ (["kl", "reconstruction"]);

class TwoForces {
  #image = 0;
  /** @type {Posterior} As it is held. */
  #cloud = { mu: new Float32Array(2), sigma: new Float32Array(2) };

  /** @param {Given<ForcesSpec>} given */
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.vae;
    this.images = imagesOf(arrays.shown);
    this.labels = arrays.shown_labels.data;
    this.names = spec.label_names;
    const map = { places: arrays.places.data, labels: arrays.labels.data, palette: spec.palette, extent: spec.extent };
    this.plane = new Plane({
      label: "Map of the VAE: move the cloud of the chosen image",
      ...map,
      size: 2,
      hover: false,
      moved: (place) => this.#hold({ mu: Float32Array.from(place), sigma: this.#cloud.sigma }),
    });
    this.plane.element.classList.add("ls-faint");
    this.image = new ImageView(this.network, "The image", { side: 96 });
    this.decoded = new ImageView(this.network, "The middle, decoded", { side: 96 });
    const choices = this.images.map((_, i) => `Image ${i + 1}, a ${this.names[this.labels[i]]}`);
    this.tray = new Tray(this.network, this.images, choices, 0, (i) => this.#choose(i));
    this.width = new Slider(
      "σ",
      { min: Math.log(0.02), max: Math.log(1.2), step: 0.01, format: (log) => show(Math.exp(log)) },
      (log) => this.#hold({ mu: this.#cloud.mu, sigma: new Float32Array(2).fill(Math.exp(log)) }),
    );
    this.numbers = element("div", { "data-testid": "forces" });
    this.cost = note();
    const clouds = { images: imagesOf(arrays.clouds), labels: arrays.cloud_labels.data };
    this.many = new LettingGo(this.network, clouds, map);
    this.many.element.hidden = true;
    root.append(
      this.tray.element,
      row(
        part("Drag the cloud, and let the arrows tell what pulls at it", this.plane.element, legendOfForces()),
        column(
          row(this.image.element, this.decoded.element),
          this.numbers,
          this.cost,
          this.width.element,
          button("Back to the encoder’s", () => this.#choose(this.#image), "Hold the cloud where the encoder put it"),
        ),
      ),
      this.many.element,
    );
    this.#choose(0);
  }

  /** From now on, clouds can be let go. */
  reveal() {
    this.many.element.hidden = false;
  }

  end() {
    this.many.end();
  }

  /** @param {number} i */
  #choose(i) {
    this.#image = i;
    this.image.paint(this.images[i]);
    this.image.describe(`The image: a “${this.names[this.labels[i]]}”`);
    this.#hold(this.network.encode(this.images[i]));
  }

  /** @param {Posterior} cloud */
  #hold(cloud) {
    this.#cloud = cloud;
    const { mu, sigma } = cloud;
    this.decoded.paint(this.network.decode(mu));
    this.width.value = Math.log(Math.sqrt(sigma[0] * sigma[1]));
    const { pulls, cost } = pullsAt(this.network, this.images[this.#image], cloud);
    this.plane.cursor = Array.from(mu);
    this.plane.shapes = [{ ellipse: mu, sigma }, ...SIDES.map((side) => arrowsOf(cloud, pulls, side))];
    this.plane.draw();
    this.#say(pulls, cost);
  }

  /**
   * @param {Pulls} pulls
   * @param {number} cost  Of the reconstruction.
   */
  #say({ reconstruction, kl }, cost) {
    const { mu, sigma } = this.#cloud;
    const rows = /** @type {const} */ ([
      ["μ1", "mu", 0],
      ["μ2", "mu", 1],
      ["σ1", "sigma", 0],
      ["σ2", "sigma", 1],
    ]).map(([name, of, j]) => {
      const forces = [reconstruction[of][j], kl[of][j], reconstruction[of][j] + kl[of][j]];
      return [name, ...[{ mu, sigma }[of][j], ...forces].map((value) => show(value))];
    });
    this.numbers.replaceChildren(
      table("Forces, in nats per unit of z", ["", "Now", "Reconstruction", "KL", "Both"], rows),
    );
    const price = sum(klTerms(mu, sigma));
    this.cost.textContent = `Loss, the mean over the cloud: reconstruction ${show(cost)} + KL ${show(price)} = ${show(cost + price)} nats`;
  }
}

/**
 * What one term wants of a cloud: an arrow at its middle, and at its edge to each axis.
 * @param {Posterior} cloud
 * @param {Pulls} pulls
 * @param {typeof SIDES[number]} side
 * @returns {PlaneShape}
 */
function arrowsOf({ mu: [x, y], sigma }, pulls, side) {
  const { mu, sigma: wider } = pulls[side];
  return {
    kind: `ls-force-${side}`,
    arrows: [
      [
        [x, y],
        [x + NAT * mu[0], y + NAT * mu[1]],
      ],
      [
        [x + sigma[0], y],
        [x + sigma[0] + NAT * wider[0], y],
      ],
      [
        [x, y + sigma[1]],
        [x, y + sigma[1] + NAT * wider[1]],
      ],
    ],
  };
}

function legendOfForces() {
  const names = { reconstruction: "what the reconstruction wants", kl: "what the KL wants" };
  return element(
    "ul",
    { class: "ls-legend", "aria-label": "Forces" },
    ...[...SIDES]
      .reverse()
      .map((side) => element("li", {}, element("i", { class: `ls-force-swatch ls-force-${side}` }), names[side])),
  );
}

export default figure(TwoForces);
