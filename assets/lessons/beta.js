/** Five VAEs that differ in beta only: their maps, what they bring back and draw, rate and distortion. */

class Beta {
  constructor({ root, spec, arrays, networks }) {
    this.models = spec.models_said.map((said, i) => ({ ...said, network: networks[said.role], places: arrays[`places_${i}`].data }));
    this.usual = this.models.findIndex(({ beta }) => beta === 1);
    this.palette = spec.palette;
    this.images = imagesOf(arrays.images);
    this.clouds = Array.from(arrays.clouds.data, (i) => this.images[i]);
    this.cloudLabels = Array.from(arrays.clouds.data, (i) => arrays.labels.data[i]);
    this.shown = imagesOf(arrays.shown);
    const size = this.models[this.usual].network;
    this.choice = new Choice("β", this.models.map(({ beta }) => String(beta)), this.usual, (i) => this.#choose(i));
    this.choice.element.hidden = true;
    this.plane = new Plane({
      label: "Map of the VAE", extent: spec.extent, size: 2, labels: arrays.labels.data, palette: spec.palette,
      moved: (place) => this.#go(place),
    });
    this.plane.element.classList.add("ls-clouds");
    this.plane.cursor = [1, 1];
    this.here = new ImageView(size, "", { side: 88 });
    this.said = note();
    const most = Math.max(...this.models.map(({ rate }) => rate));
    const distortions = this.models.map(({ distortion }) => distortion);
    this.graph = new Graph({
      label: "Rate and distortion of each beta; the table has the numbers",
      x: { from: 0, to: Math.ceil(most + 0.5), title: "Rate: KL, nats per image" },
      y: { from: Math.floor(Math.min(...distortions) - 0.5), to: Math.ceil(Math.max(...distortions) + 1), title: "Distortion: reconstruction, nats per image" },
      height: 15,
    });
    const count = this.shown.length;
    this.originals = new Tiles(size, `${count} images`, count, count);
    this.originals.paint(joined(this.shown));
    this.back = new Tiles(size, "The same images, brought back", count, count);
    this.epsilon = arrays.epsilon.data;
    this.drawn = new Tiles(size, "Codes drawn from the prior, decoded", spec.num_draws, count);
    this.numbers = element("div", { "data-testid": "rate-distortion" });
    root.append(
      this.choice.element,
      row(part(`The map: codes, and the clouds (one σ) of ${this.clouds.length} images`, this.plane.element,
          row(this.here.element, column(legend(spec.label_names, spec.palette), this.said))),
        column(part("Rate against distortion, on held-out images", this.graph.element), this.numbers)),
      row(part("Held-out images and their μ, decoded", this.originals.element, this.back.element),
        part("The same draws from the prior, decoded", this.drawn.element)),
    );
    this.#choose(this.usual);
  }

  /** From now on, beta can be chosen, and all five are on the graph. */
  reveal() {
    this.revealed = true;
    this.choice.element.hidden = false;
    this.#tell();
  }

  #choose(i) {
    this.at = i;
    const { network, places, beta } = this.models[i];
    const count = this.drawn.tiles.length;
    this.drawn.paint(network.decode(this.epsilon.subarray(0, 2 * count), count));
    this.back.paint(joined(this.shown.map((image) => network.decode(network.encode(image).mu).slice())));
    const share = (this.models[i].covered ??= this.#covered(network));
    this.said.textContent = `Of ${this.epsilon.length / 2} draws from the prior, ${Math.round(100 * share)} % lie within 2 σ of some image's cloud.`;
    Object.assign(this.plane, { places, drawn: null }); // other points, to be drawn anew
    this.plane.element.dataset.beta = beta;
    this.plane.shapes = [
      ...this.clouds.map((image, j) => {
        const { mu, sigma } = network.encode(image);
        return { ellipse: mu, sigma, kind: "ls-posterior", color: this.palette[this.cloudLabels[j] % this.palette.length] };
      }),
      ...[2, 1].map((r) => ({ ellipse: [0, 0], sigma: [r, r], kind: "ls-quiet" })),
    ];
    this.#tell();
    this.#go(this.plane.cursor);
  }

  /** Which share of the prior's draws lies within two sigma of some image's posterior. */
  #covered(network) {
    const posteriors = this.images.map((image) => network.encode(image));
    const count = this.epsilon.length / 2;
    let covered = 0;
    for (let i = 0; i < count; i++) {
      const [x, y] = this.epsilon.subarray(2 * i, 2 * i + 2);
      covered += posteriors.some(({ mu, sigma }) => ((x - mu[0]) / sigma[0]) ** 2 + ((y - mu[1]) / sigma[1]) ** 2 < 4);
    }
    return covered / count;
  }

  #go(place) {
    this.here.paint(this.models[this.at].network.decode(place));
    this.here.say(`At ${showCode(place)}`);
    this.plane.draw();
  }

  /** Rate and distortion, of the models that may be seen. */
  #tell() {
    const seen = this.revealed ? this.models : [this.models[this.usual]];
    const chosen = this.models[this.at];
    const least = Math.min(...seen.map(total));
    const { x, y } = this.graph;
    // Where both add up to the same: better models lie below such a line.
    const level = total(chosen);
    const ends = [Math.max(x.from, level - y.to), Math.min(x.to, level - y.from)];
    this.graph.shapes = [
      { line: seen.map(({ rate, distortion }) => [rate, distortion]), kind: "ls-quiet" },
      { line: ends.map((rate) => [rate, level - rate]), dashes: "2 5", kind: "ls-level" },
      ...seen.map(({ rate, distortion }) => ({ dot: [rate, distortion], kind: rate === chosen.rate ? "" : "ls-other" })),
      ...seen.map((model) => ({ text: `β = ${model.beta}`, at: [Math.max(0.6, model.rate), model.distortion + 0.5] })),
    ];
    this.graph.draw();
    const lines = table("Rate and distortion, nats per image",
      ["β", "Rate", "Distortion", "Sum"],
      seen.map((model) => [`${model.beta}${this.revealed && total(model) === least ? " ★ least sum" : ""}`,
        ...[model.rate, model.distortion, total(model)].map((value) => show(value))]));
    lines.querySelectorAll("tbody tr").forEach((line, i) => line.setAttribute("aria-current", String(seen[i] === chosen)));
    this.numbers.replaceChildren(lines);
  }
}

/** What a VAE with beta 1 makes small: the negative ELBO. */
const total = ({ rate, distortion }) => rate + distortion;

/** Images one after another. */
function joined(images) {
  const all = new Float32Array(images.length * images[0].length);
  images.forEach((image, i) => all.set(image, i * image.length));
  return all;
}

export default figure(Beta);
