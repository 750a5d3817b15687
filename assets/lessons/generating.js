/**
 * The same noise, decoded by a VAE and by an autoencoder.
 *
 * @import { Classes, Given } from "./stage/mount.js"
 */
import { LatentMap } from "../network/map.js";
import { normals } from "../network/random.js";
import { show } from "../shared/show.js";
import { Average } from "./generating_average.js";
import { DrawsOnMap, judgeOf, legibleShare } from "./generating_map.js";
import { legend } from "./stage/bars.js";
import { checkbox, Slider } from "./stage/controls.js";
import { button, note, row } from "./stage/elements.js";
import { figure } from "./stage/mount.js";
import { imagesOf } from "./stage/pictures.js";

const DRAWS = 24;
/** Milliseconds that a slider rests before its images are judged, which takes longer than to draw them. */
const REST = 120;

class Generating {
  #chosen = 0;
  #revealed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;

  /** @param {Given<Classes>} given */
  constructor({ root, spec, arrays, networks }) {
    const images = imagesOf(arrays.images);
    const options = { count: DRAWS, images, palette: spec.palette, chosen: (/** @type {number} */ i) => this.#look(i) };
    /** @type {(role: string) => LatentMap} */
    const mapOf = (role) => new LatentMap(Uint8Array.from(arrays[role].data));
    this.vae = new DrawsOnMap("VAE", networks.vae, mapOf("vae"), options);
    this.ae = new DrawsOnMap("Autoencoder", networks.ae, mapOf("ae"), options);
    this.judge = judgeOf(networks.ae, this.ae.map);
    this.temperature = new Slider(
      "Temperature T",
      { min: 0.1, max: 2, step: 0.1, value: 1, format: (t) => show(t, 1) },
      () => this.#scatter(),
    );
    this.stretched = false;
    this.stretch = checkbox("Stretch the autoencoder’s draws to its codes", false, (on) => {
      this.stretched = on;
      this.#scatter();
    });
    const { vae, ae, judge } = this;
    this.average = new Average(
      [
        { name: "VAE", count: (noise, t) => vae.countLegible(noise, t, false, judge) },
        { name: "Autoencoder", count: (noise, t) => ae.countLegible(noise, t, false, judge) },
        { name: "Autoencoder, stretched", count: (noise, t) => ae.countLegible(noise, t, true, judge) },
      ],
      DRAWS,
      vae.map.latentDim,
    );
    this.#hideAnswer();
    const knobs = row(
      button("Draw again", () => this.#draw(), `Draw ${DRAWS} other codes`),
      this.temperature.element,
      this.stretch,
    );
    knobs.classList.add("ls-knobs");
    const { shape, data: epsilon } = arrays.epsilon;
    this.noise = Array.from({ length: DRAWS }, (_, i) =>
      Array.from(epsilon.subarray(shape[1] * i, shape[1] * (i + 1))),
    );
    const real = Math.round(DRAWS * legibleShare(this.ae.map, arrays.held_out.data));
    root.append(
      knobs,
      row(this.vae.element, this.ae.element),
      this.average.element,
      note(
        `Of ${DRAWS} real images that were held out, ${real} would count as legible. The same ε in both models; dashed: radius 2σ of the draws.`,
      ),
      legend(spec.label_names, spec.palette),
    );
    this.#scatter();
  }

  /** From now on, the noise can be made smaller and larger, and draws are counted. */
  reveal() {
    this.#revealed = true;
    this.#hideAnswer();
    this.average.countAt(this.temperature.value);
  }

  end() {
    clearTimeout(this.#timer);
    this.average.end();
  }

  #hideAnswer() {
    for (const each of [this.temperature.element, this.stretch, this.average.element]) each.hidden = !this.#revealed;
  }

  #draw() {
    this.noise = this.noise.map((epsilon) => Array.from(normals(epsilon.length)));
    this.#scatter();
  }

  #scatter() {
    const temperature = this.temperature.value;
    this.vae.scatter(this.noise, temperature, false);
    this.ae.scatter(this.noise, temperature, this.stretched);
    this.#look(this.#chosen);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      for (const each of [this.vae, this.ae]) each.judge(this.judge);
      if (this.#revealed) this.average.countAt(temperature);
    }, REST);
  }

  /** @param {number} i */
  #look(i) {
    this.#chosen = i;
    this.vae.look(i);
    this.ae.look(i);
  }
}

export default figure(Generating);
