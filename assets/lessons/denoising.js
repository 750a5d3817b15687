/** Noise added and taken away: by an autoencoder that was trained for it, and by a VAE that was not. */

const SHOWN = 12;
/** Higher is beyond what any of the models reaches; an image without noise has no end of decibels. */
const MOST_DECIBELS = 30;
const STRENGTHS = [0, 0.03, ...Array.from({ length: 16 }, (_, i) => (i + 1) / 20)];
const WAYS = {
  noisy: { name: "Left as it is", color: "#717581", dashes: "2 5" },
  denoiser: { name: "Denoiser", color: "#e5007e", dashes: "" },
  vae: { name: "VAE, clean images only", color: "#3f90da", dashes: "10 5" },
};

const showDecibels = (value) => (Number.isFinite(value) ? `${show(value, 1)} dB` : "∞ dB");

/** Peak signal-to-noise ratio in dB, for a peak of 1. */
function psnr(clean, other) {
  return -10 * Math.log10(clean.reduce((total, x, i) => total + (x - other[i]) ** 2, 0) / clean.length);
}

class Denoising {
  constructor({ root, spec, arrays, networks }) {
    this.networks = networks;
    this.images = imagesOf(arrays.images);
    this.noise = this.images.map((image) => normals(image.length));
    const labels = arrays.labels.data;
    const view = (name) => new ImageView(networks.vae, name, { side: 150 });
    this.views = { clean: view("Clean"), noisy: view("With noise"), denoiser: view("Denoiser"), vae: view("VAE") };
    this.slider = new Slider("Strength of the noise", { min: 0, max: 2 * spec.strength, value: spec.strength }, () => this.#change());
    const tray = new Tray(networks.vae, this.images.slice(0, SHOWN),
      [...labels.subarray(0, SHOWN)].map((label) => `A “${spec.label_names[label]}”`), 0, (i) => this.#choose(i));
    this.graph = new Graph({
      label: "Mean PSNR against the strength of the noise", height: 18,
      x: { from: 0, to: 2 * spec.strength, title: "Strength of the noise" },
      y: { from: 5, to: MOST_DECIBELS, title: "Mean PSNR in dB, higher is nearer" },
    });
    this.values = Object.keys(WAYS).map(() => element("span", { class: "ls-value" }));
    const key = element("ul", { class: "ls-legend ls-curves", "aria-label": "Mean PSNR at this strength" },
      ...Object.values(WAYS).map(({ name, color, dashes }, i) => {
        const line = document.createElementNS(SVG, "svg");
        line.setAttribute("viewBox", "0 0 34 6");
        line.innerHTML = `<line x1="1" x2="33" y1="3" y2="3" stroke="${color}" stroke-width="3" stroke-dasharray="${dashes}"/>`;
        return element("li", {}, line, element("span", {}, name), this.values[i]);
      }));
    this.nearer = note("", true);
    root.append(
      element("div", { class: "ls-four" }, ...Object.values(this.views).map((each) => each.element)),
      this.slider.element,
      row(button("Draw other noise", () => this.#redraw(), "The same strength, other random numbers"), tray.element),
      part(`The mean of ${this.images.length} held-out images`, this.graph.element, key, this.nearer),
    );
    this.#measure();
    this.#choose(0);
  }

  /** From now on, it is said how near the models come, and not only what was left as it is. */
  reveal() {
    this.revealed = true;
    this.#measure();
    this.#change();
  }

  #choose(i) {
    this.chosen = i;
    this.views.clean.paint(this.images[i]);
    this.views.clean.say("Clean");
    this.#change();
  }

  #redraw() {
    this.noise = this.images.map((image) => normals(image.length));
    this.#measure();
    this.#change();
  }

  get #roles() {
    return this.revealed ? Object.keys(WAYS) : ["noisy"];
  }

  /** An image as each way leaves it, spoiled as vaelab.corruptions.gaussian does it. */
  #outputs(i, strength, roles = Object.keys(WAYS)) {
    const noisy = this.images[i].map((x, j) => Math.max(0, Math.min(1, x + strength * this.noise[i][j])));
    const outputs = { noisy };
    for (const [role, network] of Object.entries(this.networks)) {
      if (roles.includes(role)) outputs[role] = network.decode(network.encode(noisy).mu).slice();
    }
    return outputs;
  }

  /** The mean PSNR of each way at one strength. */
  #mean(strength) {
    const roles = this.#roles;
    const totals = roles.map(() => 0);
    this.images.forEach((image, i) => {
      const outputs = this.#outputs(i, strength, roles);
      roles.forEach((role, at) => (totals[at] += psnr(image, outputs[role])));
    });
    return Object.fromEntries(roles.map((role, at) => [role, totals[at] / this.images.length]));
  }

  #measure() {
    this.means = STRENGTHS.map((strength) => this.#mean(strength));
  }

  #change() {
    const { value } = this.slider;
    const clean = this.images[this.chosen];
    const outputs = this.#outputs(this.chosen, value);
    const names = { noisy: "With noise", denoiser: "Denoiser", vae: "VAE" };
    for (const [role, output] of Object.entries(outputs)) {
      this.views[role].paint(output);
      const told = role === "noisy" || this.revealed;
      this.views[role].say(told ? `${names[role]}: ${showDecibels(psnr(clean, output))}` : names[role]);
    }
    const roles = this.#roles;
    const here = this.#mean(value);
    Object.keys(WAYS).forEach((role, i) => {
      this.values[i].textContent = role in here ? showDecibels(here[role]) : "predict first";
    });
    const best = roles.reduce((one, other) => (here[other] > here[one] ? other : one));
    this.nearer.textContent = !this.revealed ? "Which of the models comes nearer?" : `At this strength, nearest to the clean image: ${
      { noisy: "what was left as it is", denoiser: "the denoiser", vae: "the VAE" }[best]}.${
      best === "noisy" ? ` Of the two models: ${here.denoiser > here.vae ? "the denoiser" : "the VAE"}.` : ""}`;
    this.graph.shapes = [
      ...roles.map((role) => ({ ...WAYS[role], line: this.#curve(role) })),
      { rule: value, text: show(value), kind: "ls-strength" },
      ...roles.filter((role) => here[role] <= MOST_DECIBELS)
        .map((role) => ({ dot: [value, here[role]], color: WAYS[role].color })),
    ];
    this.graph.draw();
  }

  /** What of a curve is within the graph. */
  #curve(role) {
    const places = STRENGTHS.map((strength, i) => [strength, this.means[i][role]]);
    const first = places.findIndex(([, y]) => y <= MOST_DECIBELS);
    if (first <= 0 || !Number.isFinite(places[first - 1][1])) return places.slice(Math.max(0, first));
    const [[x0, y0], [x1, y1]] = [places[first - 1], places[first]];
    const share = (MOST_DECIBELS - y0) / (y1 - y0);
    return [[x0 + share * (x1 - x0), MOST_DECIBELS], ...places.slice(first)];
  }
}

export default figure(Denoising);
