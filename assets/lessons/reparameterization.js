/** Noise on one plane, the code that it becomes on another, and what each does when nudged. */

/** Other draws, which show that the whole cloud is stretched and shifted. */
const CLOUD = 80;
/** Half of what is seen of the map, to each side of the encoder's mu. */
const CLOSE = 1.1;
/** By how much mu or sigma is nudged. */
const NUDGE = 0.01;

class Reparameterization {
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.vae;
    this.images = imagesOf(arrays.images);
    this.labels = arrays.labels.data;
    this.names = spec.label_names;
    this.cloud = Array.from({ length: CLOUD }, () => normals(2));
    this.epsilon = [1.2, 0.8];
    this.noise = new Plane({
      label: "The noise epsilon", extent: [-3, 3, -3, 3], axes: ["ε1", "ε2"], aspect: 1.15, hover: false,
      moved: (place) => this.#move(place),
    });
    this.noise.cursor = this.epsilon;
    this.map = new Plane({
      label: "A part of the VAE's map, with the code z", extent: [-1, 1, -1, 1], size: 2.5, aspect: 1.15,
      places: arrays.places.data, labels: arrays.place_labels.data, palette: spec.palette,
    });
    const called = (i) => `Image ${i + 1}, a ${this.names[this.labels[i]]}`;
    this.tray = new Tray(this.network, this.images, this.images.map((_, i) => called(i)), 0, (i) => this.#choose(i));
    this.views = {
      image: new ImageView(this.network, "The image", { side: 112 }),
      decoded: new ImageView(this.network, "z, decoded", { side: 112 }),
    };
    this.formulas = [1, 2].map((j) => element("p", { class: "ls-formula", "data-testid": `z${j}` }));
    this.error = note();
    const slider = (name, options) => new Slider(name, options, () => this.#show());
    const shift = { min: -0.5, max: 0.5 }, factor = { min: 0, max: 2, value: 1 };
    this.shift = [slider("μ1 +", shift), slider("μ2 +", shift)];
    this.factor = [slider("σ1 ×", factor), slider("σ2 ×", factor)];
    this.moves = part("ε stays; now μ and σ move",
      row(column(...this.shift.map((one) => one.element)), column(...this.factor.map((one) => one.element))),
      row(button("Halve σ", () => this.#set([0, 0], this.factor.map((one) => one.value / 2))),
        button("Back to the encoder's answer", () => this.#set([0, 0], [1, 1]))));
    this.check = part(`Nudge μ1 or σ1 by ${NUDGE}: by how much does z1 move?`,
      (this.checked = element("div", { "data-testid": "nudges" })),
      button("Nudge again", () => this.#nudge(), "Nudge again; what is drawn anew comes out differently"));
    this.moves.hidden = this.check.hidden = true;
    root.append(
      this.tray.element,
      row(part("The noise: ε ∼ N(0, 1)", this.noise.element,
        button("Draw ε", () => this.#draw(), "Draw other noise")),
        part("The code: z = μ + σ · ε", this.map.element,
          element("p", { class: "ls-note" }, "Ellipses: one and two σ around μ. Pale: other draws. The line: from μ to z."))),
      this.moves,
      row(this.views.image.element, this.views.decoded.element, column(...this.formulas, this.error)),
      this.check, paths(),
    );
    this.#choose(0);
    this.#nudge();
  }

  /** From now on, mu and sigma can be moved while epsilon is held. */
  reveal() {
    this.moves.hidden = this.check.hidden = false;
  }

  #choose(i) {
    this.image = this.images[i];
    this.views.image.paint(this.image);
    this.views.image.say(`The image: a “${this.names[this.labels[i]]}”`);
    this.encoded = this.network.encode(this.image);
    const [x, y] = this.encoded.mu;
    this.map.extent = [x - CLOSE, x + CLOSE, y - CLOSE, y + CLOSE];
    this.#set([0, 0], [1, 1]);
  }

  #set(shift, factor) {
    this.shift.forEach((one, j) => (one.value = shift[j]));
    this.factor.forEach((one, j) => (one.value = factor[j]));
    this.#show();
  }

  #draw() {
    this.noise.cursor = Array.from(normals(2), (value) => Math.max(-3, Math.min(3, value)));
    this.#move(this.noise.cursor);
  }

  #move(place) {
    this.epsilon = place;
    this.#show();
  }

  /** What the encoder answered, as the sliders change it. */
  get #posterior() {
    const { mu, sigma } = this.encoded;
    return {
      mu: Array.from(mu, (m, j) => m + this.shift[j].value),
      sigma: Array.from(sigma, (s, j) => s * this.factor[j].value),
    };
  }

  #show() {
    const { mu, sigma } = this.#posterior;
    const place = (epsilon) => mu.map((m, j) => m + sigma[j] * epsilon[j]);
    const z = place(this.epsilon);
    this.noise.shapes = [
      ...[2, 1].map((r) => ({ ellipse: [0, 0], sigma: [r, r], kind: "ls-quiet" })),
      ...this.cloud.map((dot) => ({ dot, r: 2.5, kind: "ls-pale" })),
      { line: [[0, 0], this.epsilon] },
    ];
    this.noise.draw();
    this.map.shapes = [
      ...[2, 1].map((times) => ({ ellipse: mu, sigma: sigma.map((s) => times * s) })),
      ...this.cloud.map((epsilon) => ({ dot: place(epsilon), r: 2.5, kind: "ls-pale" })),
      { line: [mu, z] }, { dot: mu, r: 3, text: "μ" }, { dot: z, r: 7, text: "z", kind: "ls-cursor" },
    ];
    this.map.draw();
    this.formulas.forEach((line, j) => {
      line.textContent = `z${j + 1} = μ${j + 1} + σ${j + 1} · ε${j + 1} = ${show(mu[j])} + ${show(sigma[j])} · ${show(this.epsilon[j])} = ${show(z[j])}`;
    });
    const decoded = this.network.decode(z);
    this.views.decoded.paint(decoded);
    this.error.textContent = `Reconstruction term of this z: −log p(x|z) = ${show(sum(bernoulliTerms(this.image, decoded)))} nats`;
    this.#tell();
  }

  /** Draw anew what has no noise to hold: once before the nudge and once after it. */
  #nudge() {
    this.anew = [normals(2), normals(2)];
    this.#tell();
  }

  #tell() {
    if (!this.anew) return;
    const { mu, sigma } = this.#posterior;
    const move = (epsilon, after, dm, ds) => mu[0] + dm + (sigma[0] + ds) * after - (mu[0] + sigma[0] * epsilon);
    const held = [move(this.epsilon[0], this.epsilon[0], NUDGE, 0), move(this.epsilon[0], this.epsilon[0], 0, NUDGE)];
    const anew = this.anew.map(([before, after], i) => move(before, after, ...(i ? [0, NUDGE] : [NUDGE, 0])));
    const line = (name, i, exact) => [name, show(held[i], 4), `${show(held[i] / NUDGE)} ${exact}`, show(anew[i], 4), show(anew[i] / NUDGE)];
    this.checked.replaceChildren(table("What a nudge does to z1",
      ["", "ε held: z1 moves by", "for each unit", "z drawn anew: z1 moves by", "for each unit"],
      [line(`μ1 + ${NUDGE}`, 0, "= 1"), line(`σ1 + ${NUDGE}`, 1, "= ε1")]));
  }
}

/** The two ways to a code, as chains; where derivatives come through and where they end. */
function paths() {
  const chain = (title, boxes, said) =>
    element("div", { class: "ls-path" }, element("strong", {}, title),
      element("div", { class: "ls-chain" }, ...boxes.flatMap(([text, kind], i) => [
        i ? element("span", { class: "ls-arrow", "aria-hidden": "true" }, "→") : null,
        element("span", { class: `ls-box ${kind ?? ""}` }, text),
      ])), element("span", { class: "ls-back" }, said));
  return part("Two ways to draw the same code",
    chain("Drawn directly", [["x"], ["encoder"], ["μ, σ"], ["draw z ∼ N(μ, σ²)", "ls-random"], ["decoder"], ["reconstruction"]],
      "✕ No derivative comes back through the draw: the encoder cannot learn from the reconstruction."),
    chain("Noise aside", [["x"], ["encoder"], ["μ, σ"], ["z = μ + σ · ε"], ["decoder"], ["reconstruction"]],
      "✓ Derivatives come back all the way. ε, drawn beforehand, is an input as x is."));
}

export default figure(Reparameterization);
