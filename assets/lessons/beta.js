/**
 * Five VAEs that differ in beta only: their maps, what they reconstruct and draw, rate and distortion.
 *
 * @import { Network } from "../network/network.js"
 * @import { Numbers } from "../network/safetensors.js"
 * @import { RateParts } from "./beta_rate.js"
 * @import { Classes, Given } from "./stage/mount.js"
 *
 * `ModelFigures` of pages/_lessons/beta.py: rate and distortion are in nats per image.
 * @typedef {{ role: string, beta: number, rate: number, distortion: number, parts: RateParts | null }} ModelFigures
 *
 * `BetaSpec` of pages/_lessons/beta.py: the extent of all maps, and how many draws from the prior are decoded.
 * @typedef {Classes & { extent: number[], num_draws: number, model_figures: ModelFigures[] }} BetaSpec
 *
 * @typedef {ModelFigures & { network: Network, places: Numbers, coverage: number | null }} BetaModel
 */

import { show } from "../shared/show.js";
import { RateBars } from "./beta_rate.js";
import { legend, table } from "./stage/bars.js";
import { Choice } from "./stage/controls.js";
import { column, element, note, part, row } from "./stage/elements.js";
import { showCode } from "./stage/format.js";
import { Graph } from "./stage/graph.js";
import { figure } from "./stage/mount.js";
import { ImageView, imagesOf, joined } from "./stage/pictures.js";
import { Plane } from "./stage/plane.js";
import { Tiles } from "./stage/tiles.js";

/** Sigmas from its middle that a cloud reaches: 99 in 100 of its codes lie within. */
const WITHIN = 3;

class Beta {
  #revealed = false;

  /** @param {Given<BetaSpec>} given */
  constructor({ root, spec, arrays, networks }) {
    /** @type {BetaModel[]} */
    this.models = spec.model_figures.map((figures, i) => ({
      ...figures,
      network: networks[figures.role],
      places: arrays[`places_${i}`].data,
      coverage: null,
    }));
    this.usual = this.models[this.models.findIndex(({ beta }) => beta === 1)];
    this.chosen = this.usual;
    this.palette = spec.palette;
    this.images = imagesOf(arrays.images);
    this.clouds = Array.from(arrays.clouds.data, (i) => ({ image: this.images[i], label: arrays.labels.data[i] }));
    this.examples = imagesOf(arrays.shown);
    this.epsilon = arrays.epsilon.data;
    this.numDraws = spec.num_draws;
    const size = this.usual.network;
    this.choice = new Choice(
      "β",
      this.models.map(({ beta }) => String(beta)),
      this.models.indexOf(this.usual),
      (i) => this.#choose(this.models[i]),
    );
    this.choice.element.hidden = true;
    this.plane = new Plane({
      label: "Map of the VAE",
      extent: spec.extent,
      size: 2,
      labels: arrays.labels.data,
      palette: spec.palette,
      moved: (place) => this.#go(place),
    });
    this.plane.element.classList.add("ls-clouds");
    this.here = new ImageView(size, "", { side: 88 });
    this.coverage = note();
    this.graph = this.#graph();
    const count = this.examples.length;
    this.originals = new Tiles(size, `${count} images`, count, count);
    this.originals.paint(joined(this.examples));
    this.back = new Tiles(size, "The same images, reconstructed", count, count);
    this.draws = new Tiles(size, "Codes drawn from the prior, decoded", spec.num_draws, count);
    this.numbers = element("div", { "data-testid": "rate-distortion" });
    this.rates = new RateBars(this.models, spec.palette);
    root.append(
      this.choice.element,
      row(
        part(
          `The map: codes, and the clouds (radius σ) of ${this.clouds.length} images`,
          this.plane.element,
          row(this.here.element, column(legend(spec.label_names, spec.palette), this.coverage)),
        ),
        column(
          part("Rate against distortion, on held-out images", this.graph.element),
          this.numbers,
          this.rates.element,
        ),
      ),
      row(
        part("Held-out images and their μ, decoded", this.originals.element, this.back.element),
        part("The same draws from the prior, decoded", this.draws.element),
      ),
    );
    this.#choose(this.usual, [1, 1]);
  }

  /** From now on, beta can be chosen, and all five are on the graph. */
  reveal() {
    this.#revealed = true;
    this.choice.element.hidden = false;
    this.#compare();
  }

  #graph() {
    const rates = this.models.map(({ rate }) => rate);
    const distortions = this.models.map(({ distortion }) => distortion);
    return new Graph({
      label: "Rate and distortion of each beta; the table has the numbers",
      x: { from: 0, to: Math.ceil(Math.max(...rates) + 0.5), title: "Rate: KL, nats per image" },
      y: {
        from: Math.floor(Math.min(...distortions) - 0.5),
        to: Math.ceil(Math.max(...distortions) + 1),
        title: "Distortion: reconstruction, nats per image",
      },
      height: 15,
    });
  }

  /**
   * @param {BetaModel} model
   * @param {number[]} place  Where the cursor is on its map.
   */
  #choose(model, place = this.plane.cursor ?? [0, 0]) {
    this.chosen = model;
    const { network, places, beta } = model;
    this.draws.paint(network.decode(this.epsilon.subarray(0, 2 * this.numDraws), this.numDraws));
    this.back.paint(joined(this.examples.map((image) => network.decode(network.encode(image).mu).slice())));
    model.coverage ??= this.#coverageOf(network);
    this.coverage.textContent = `Of ${this.epsilon.length / 2} draws from the prior, ${Math.round(100 * model.coverage)}% lie within ${WITHIN}σ of some image’s cloud.`;
    this.plane.replace({ places });
    this.plane.element.dataset.beta = String(beta);
    this.plane.shapes = [
      ...this.clouds.map(({ image, label }) => {
        const { mu, sigma } = network.encode(image);
        return { ellipse: mu, sigma, kind: "ls-posterior", color: this.palette[label % this.palette.length] };
      }),
      ...[2, 1].map((r) => ({ ellipse: [0, 0], sigma: [r, r], kind: "ls-quiet" })),
    ];
    this.plane.cursor = place;
    this.#compare();
    this.#go(place);
  }

  /**
   * Which share of the prior's draws lies `WITHIN` sigma of some image's posterior.
   * @param {Network} network
   */
  #coverageOf(network) {
    const posteriors = this.images.map((image) => network.encode(image));
    const count = this.epsilon.length / 2;
    let covered = 0;
    for (let i = 0; i < count; i++) {
      const [x, y] = this.epsilon.subarray(2 * i, 2 * i + 2);
      const inside = posteriors.some(
        ({ mu, sigma }) => ((x - mu[0]) / sigma[0]) ** 2 + ((y - mu[1]) / sigma[1]) ** 2 < WITHIN ** 2,
      );
      if (inside) covered += 1;
    }
    return covered / count;
  }

  /** @param {number[]} place */
  #go(place) {
    this.here.paint(this.chosen.network.decode(place));
    this.here.describe(`At ${showCode(place)}`);
    this.plane.draw();
  }

  /** Rate and distortion, of the usual model alone until the others are revealed. */
  #compare() {
    const compared = this.#revealed ? this.models : [this.usual];
    const { chosen } = this;
    const least = Math.min(...compared.map(sumOf));
    const { x, y } = this.graph;
    // Where both add up to the same: better models lie below such a line.
    const level = sumOf(chosen);
    const ends = [Math.max(x.from, level - y.to), Math.min(x.to, level - y.from)];
    this.graph.shapes = [
      { line: compared.map(({ rate, distortion }) => [rate, distortion]), kind: "ls-quiet" },
      { line: ends.map((rate) => [rate, level - rate]), dashes: "2 5", kind: "ls-level" },
      ...compared.map(({ rate, distortion }) => ({
        dot: [rate, distortion],
        kind: rate === chosen.rate ? "" : "ls-other",
      })),
      ...compared.map(({ beta, rate, distortion }) => ({
        text: `β = ${beta}`,
        at: [Math.max(0.6, rate), distortion + 0.5],
      })),
    ];
    this.graph.draw();
    const lines = table(
      "Rate and distortion, nats per image",
      ["β", "Rate", "Distortion", "Sum"],
      compared.map((model) => [
        `${model.beta}${this.#revealed && sumOf(model) === least ? " ★ least sum" : ""}`,
        ...[model.rate, model.distortion, sumOf(model)].map((value) => show(value)),
      ]),
    );
    lines.querySelectorAll("tbody tr").forEach((line, i) => {
      line.setAttribute("aria-current", String(compared[i] === chosen));
    });
    this.numbers.replaceChildren(lines);
    this.rates.show(compared, chosen);
  }
}

/**
 * What a VAE with beta 1 makes small: the negative ELBO.
 * @param {ModelFigures} figures
 */
const sumOf = ({ rate, distortion }) => rate + distortion;

export default figure(Beta);
