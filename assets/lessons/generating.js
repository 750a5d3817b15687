/**
 * The same noise in the maps of an autoencoder and of a VAE.
 *
 * @import { Classes, Given } from "./stage/mount.js"
 */
import { normals } from "../network/random.js";
import { show } from "../shared/show.js";
import { DrawsOnMap } from "./generating_map.js";
import { legend } from "./stage/bars.js";
import { checkbox, Slider } from "./stage/controls.js";
import { button, note, row } from "./stage/elements.js";
import { figure } from "./stage/mount.js";
import { imagesOf } from "./stage/pictures.js";

const DRAWS = 24;

class Generating {
  #chosen = 0;

  /** @param {Given<Classes>} given */
  constructor({ root, spec, arrays, networks }) {
    const images = imagesOf(arrays.images);
    const options = { count: DRAWS, images, palette: spec.palette, chosen: (/** @type {number} */ i) => this.#look(i) };
    this.vae = new DrawsOnMap("VAE", networks.vae, Uint8Array.from(arrays.vae.data), options);
    this.ae = new DrawsOnMap("Autoencoder", networks.ae, Uint8Array.from(arrays.ae.data), options);
    this.temperature = new Slider(
      "Temperature T",
      { min: 0.1, max: 2, step: 0.1, value: 1, format: (t) => show(t, 1) },
      () => this.#scatter(),
    );
    this.stretched = false;
    this.stretch = checkbox("Stretch the autoencoder's draws to its codes", false, (on) => {
      this.stretched = on;
      this.#scatter();
    });
    this.#hideAnswer(true);
    const knobs = row(
      button("Draw again", () => this.#draw(), `Draw ${DRAWS} other codes`),
      this.temperature.element,
      this.stretch,
    );
    knobs.classList.add("ls-knobs");
    const epsilon = arrays.epsilon.data;
    this.noise = Array.from({ length: DRAWS }, (_, i) => Array.from(epsilon.subarray(2 * i, 2 * i + 2)));
    root.append(
      knobs,
      row(this.vae.element, this.ae.element),
      row(legend(spec.label_names, spec.palette), note("Dashed: two T around the middle. The same ε in both models.")),
    );
    this.#scatter();
  }

  /** From now on, the noise can be made smaller and larger. */
  reveal() {
    this.#hideAnswer(false);
  }

  /** @param {boolean} hidden */
  #hideAnswer(hidden) {
    this.temperature.element.hidden = hidden;
    this.stretch.hidden = hidden;
  }

  #draw() {
    this.noise = Array.from({ length: DRAWS }, () => Array.from(normals(2)));
    this.#scatter();
  }

  #scatter() {
    const temperature = this.temperature.value;
    this.vae.scatter(this.noise, temperature, false);
    this.ae.scatter(this.noise, temperature, this.stretched);
    this.#look(this.#chosen);
  }

  /** @param {number} i */
  #look(i) {
    this.#chosen = i;
    this.vae.look(i);
    this.ae.look(i);
  }
}

export default figure(Generating);
