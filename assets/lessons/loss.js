/** The loss of one image, pixel by pixel and dimension by dimension, adding up to what is trained. */

/** Draws that the mean is over: enough for it to move smoothly with the slider. */
const DRAWS = 200;

class Loss {
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.vae;
    this.images = imagesOf(arrays.images);
    this.names = spec.label_names;
    this.labels = arrays.labels.data;
    this.pixel = [3, 4]; // column and row
    this.epsilons = Array.from({ length: DRAWS }, () => normals(2));
    const views = {
      image: new ImageView(this.network, "x", { side: 160 }),
      decoded: new ImageView(this.network, "x̂, decoded from z", { side: 160 }),
      terms: new HeatView(this.network, "−log p(xᵢ|z)", { side: 160, unit: "nats" }),
    };
    this.views = views;
    this.tray = new Tray(this.network, this.images, this.images.map((_, i) => `Image ${i + 1}, a ${this.names[this.labels[i]]}`),
      0, (i) => this.#choose(i), views.image.element);
    this.frames = Object.values(views).map((view) => this.#frame((view.view ?? view).canvas));
    this.said = { pixel: note("", true), code: note(), mean: note() };
    this.bars = new Bars("The loss of this image", ["64 pixels", "KL of z1", "KL of z2", "Total"], { unit: "nats" });
    this.pull = new Slider("Pull towards the prior", { min: 0, max: 1, value: 0, format: (t) => `${Math.round(100 * t)} %` }, () => this.#loss());
    this.pulled = part("What if the cloud lay elsewhere?", this.pull.element, this.said.mean);
    this.pulled.hidden = true;
    root.append(
      this.tray.element,
      row(...Object.values(views).map((view) => view.element)),
      this.said.pixel,
      part("All that is paid for this image", this.bars.element, this.said.code,
        button("Draw z again", () => this.#draw(), "Draw another code from the image's cloud")),
      this.pulled,
    );
    this.#choose(0);
  }

  /** From now on, the cloud can be pulled. */
  reveal() {
    this.pulled.hidden = false;
  }

  /** Lay a frame over an image that says which pixel is looked at; pointer and arrow keys move it. */
  #frame(canvas) {
    const frame = element("i", { class: "ls-pixel" });
    const holder = element("div", {
      class: "ls-pixels", tabindex: 0, role: "application", "aria-label": `${canvas.getAttribute("aria-label")}: arrow keys choose a pixel`,
    });
    canvas.replaceWith(holder);
    holder.append(canvas, frame);
    const { width, height } = this.network;
    const point = (event) => {
      const box = holder.getBoundingClientRect();
      this.#look([(width * (event.clientX - box.left)) / box.width, (height * (event.clientY - box.top)) / box.height]);
    };
    holder.addEventListener("pointerdown", point);
    holder.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(event));
    holder.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      this.#look(this.pixel.map((at, i) => at + step[i]));
    });
    return frame;
  }

  #look([x, y]) {
    const { width, height } = this.network;
    const within = (at, size) => Math.max(0, Math.min(size - 1, Math.floor(at)));
    this.pixel = [within(x, width), within(y, height)];
    this.#tellPixel();
  }

  #choose(i) {
    this.image = this.images[i];
    this.views.image.paint(this.image);
    this.views.image.say(`x: a “${this.names[this.labels[i]]}”`);
    this.posterior = this.network.encode(this.image);
    this.#draw();
  }

  #draw() {
    this.epsilon = normals(2);
    this.#loss();
  }

  /** The cloud as it is pulled: at 0 the encoder's own, at 1 the prior. */
  get #cloud() {
    const keep = 1 - this.pull.value;
    const { mu, sigma } = this.posterior;
    return { mu: mu.map((m) => keep * m), sigma: sigma.map((s) => s ** keep) };
  }

  #loss() {
    const { mu, sigma } = this.#cloud;
    const drawn = (epsilon) => mu.map((m, j) => m + sigma[j] * epsilon[j]);
    const z = drawn(this.epsilon);
    const decoded = this.network.decode(z).slice();
    this.terms = bernoulliTerms(this.image, decoded);
    this.decoded = decoded;
    this.views.decoded.paint(decoded);
    this.views.terms.paint(this.terms, Math.max(2, ...this.terms));
    const kl = klTerms(mu, sigma);
    const reconstruction = sum(this.terms);
    this.bars.paint([reconstruction, ...kl, reconstruction + sum(kl)], Math.max(60, reconstruction + sum(kl)));
    this.said.code.textContent =
      `z = ${showCode(z)}, drawn from μ = ${showCode(mu)}, σ = ${showCode(sigma)}`;
    const size = this.network.numPixels;
    const codes = Float32Array.from(this.epsilons.flatMap((epsilon) => Array.from(drawn(epsilon))));
    const images = this.network.decode(codes, DRAWS);
    let mean = 0;
    for (let i = 0; i < DRAWS; i++) mean += sum(bernoulliTerms(this.image, images.subarray(i * size, (i + 1) * size))) / DRAWS;
    this.said.mean.textContent =
      `Mean over ${DRAWS} draws: reconstruction ${show(mean)} + KL ${show(sum(kl))} = ${show(mean + sum(kl))} nats`;
    this.#tellPixel();
  }

  #tellPixel() {
    const { width, height } = this.network;
    const [x, y] = this.pixel;
    for (const frame of this.frames) {
      Object.assign(frame.style, { left: `${(100 * x) / width}%`, top: `${(100 * y) / height}%`, width: `${100 / width}%`, height: `${100 / height}%` });
    }
    const i = y * width + x;
    const [value, mean] = [this.image[i], this.decoded[i]];
    this.said.pixel.textContent = `Row ${y + 1}, column ${x + 1}: −${show(value)} · log ${show(mean)} − ${show(1 - value)} · log ${show(1 - mean)} = ${show(this.terms[i])} nats`;
  }
}

export default figure(Loss);
