/** An image on its way through an autoencoder, layer by layer, in the sizes that the model has. */

/** Cells beside each other in a layer, and pixels that each is drawn with. */
const ACROSS = 8;
const CELL = 8;
/** Milliseconds that an image rests in each layer when it is sent through. */
const REST = 350;

/** A layer's numbers as cells: from dark to bright, or empty. */
class Cells {
  constructor(count, across = Math.min(count, ACROSS)) {
    Object.assign(this, { count, across });
    this.canvas = element("canvas", { class: "ls-cells", "aria-hidden": "true", width: CELL * across, height: CELL * Math.ceil(count / across) });
    this.context = this.canvas.getContext("2d");
  }

  /** @param {ArrayLike<number> | null} shares  0 is dark, 1 is bright; null is empty. */
  paint(shares, color = heat) {
    const { context } = this;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (let i = 0; i < this.count; i++) {
      context.fillStyle = shares ? `rgb(${color(shares[i]).map((value) => Math.round(255 * value))})` : "rgba(128, 128, 128, 0.22)";
      context.fillRect(CELL * (i % this.across), CELL * Math.floor(i / this.across), CELL - 1, CELL - 1);
    }
  }
}

const grey = (share) => [share, share, share];

/** An image whose pixels a pointer, or arrow keys and the space bar, switch on and off. */
class Drawing {
  constructor(view, { width, height }, changed) {
    Object.assign(this, { view, width, height, changed, pixel: [3, 3] });
    this.frame = element("i", { class: "ls-pencil" });
    this.holder = element("div", {
      class: "ls-paper", tabindex: 0, role: "application",
      "aria-label": "The input image. Arrow keys choose a pixel, the space bar switches it on or off.",
    });
    view.canvas.replaceWith(this.holder);
    this.holder.append(view.canvas, this.frame);
    const on = (type, listener) => this.holder.addEventListener(type, listener);
    on("pointerdown", (event) => {
      event.preventDefault();
      this.holder.focus();
      this.holder.setPointerCapture(event.pointerId);
      this.#go(this.#pixelAt(event));
      this.ink = view.image[this.#at] > 0.5 ? 0 : 1;
      this.#put();
    });
    on("pointermove", (event) => {
      if (!event.buttons) return;
      this.#go(this.#pixelAt(event));
      this.#put();
    });
    on("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step && event.key !== " ") return;
      event.preventDefault();
      if (step) return this.#go(this.pixel.map((at, i) => at + step[i]));
      this.ink = view.image[this.#at] > 0.5 ? 0 : 1;
      this.#put();
    });
    this.#go(this.pixel);
  }

  get #at() {
    return this.pixel[1] * this.width + this.pixel[0];
  }

  #pixelAt({ clientX, clientY }) {
    const box = this.holder.getBoundingClientRect();
    return [(this.width * (clientX - box.left)) / box.width, (this.height * (clientY - box.top)) / box.height];
  }

  #go([x, y]) {
    const within = (at, size) => Math.max(0, Math.min(size - 1, Math.floor(at)));
    this.pixel = [within(x, this.width), within(y, this.height)];
    const share = (at, size) => `${(100 * at) / size}%`;
    Object.assign(this.frame.style, {
      left: share(this.pixel[0], this.width), top: share(this.pixel[1], this.height),
      width: share(1, this.width), height: share(1, this.height),
    });
  }

  #put() {
    const image = Float32Array.from(this.view.image);
    image[this.#at] = this.ink;
    this.changed(image);
  }
}

class Anatomy {
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.ae;
    this.images = imagesOf(arrays.images);
    const stage = element("div", { class: "ls-live ls-anatomy" }); // drop an image anywhere on it
    root.append(stage);
    this.stages = this.#stages(arrays.places.data);
    this.code = this.stages.findIndex(({ isCode }) => isCode);
    this.last = this.stages.length - 1;
    this.limit = this.at = this.code; // what is behind it is to be predicted
    const names = this.images.map((_, i) => `A “${spec.label_names[arrays.labels.data[i]]}”`);
    this.tray = new Tray(this.network, this.images, names, 0, (i) => this.#take(this.images[i], names[i]), stage);
    this.send = button("Send it through", () => this.#send(), "Move the image from layer to layer");
    this.slider = new Slider("Where the image is", { min: 0, max: this.last, step: 1, value: this.at, format: (at) => this.stages[at].title },
      (at) => this.#go(at));
    this.slider.element.classList.add("ls-travel");
    this.said = { stage: note("", true), code: note(), errors: note() };
    this.input = new ImageView(this.network, "", { alt: "Input" });
    this.output = new ImageView(this.network, "", { alt: "Output" });
    this.drawing = new Drawing(this.input, this.network, (image) => this.#draw(image));
    this.plane = new Plane({
      label: "The code", places: arrays.places.data, extent: this.#extent(arrays.places.data), size: 2,
      moved: (place) => this.#move(place), hover: false,
    });
    this.back = button("Back to its own code", () => this.#move(null), "The code that the encoder gives this image");
    this.bars = new Bars("Error", ["This image", `All ${arrays.held_out.shape[0]} test images`, "The average image"], { digits: 2 });
    this.#judge(imagesOf(arrays.held_out), arrays.mean.data);
    this.errors = part("Error ‖x − x̂‖²", this.bars.element, this.said.errors);
    this.errors.hidden = true;
    stage.append(
      element("div", { class: "ls-row ls-middle" }, this.tray.element, this.send),
      this.#pipeline(),
      element("div", { class: "ls-row ls-told" }, this.said.stage, this.#key()),
      element("div", { class: "ls-ends" },
        part("Input x: draw on it", this.input.element, button("Clear", () => this.#draw(new Float32Array(this.network.numPixels)), "An empty image to draw on")),
        part("Code z: drag the dot", this.plane.element, this.said.code, this.back),
        part("Output x̂", this.output.element, this.errors)),
    );
    this.#take(this.images[0], names[0]);
  }

  /** From now on, the image can go all the way; and it does. */
  reveal() {
    this.limit = this.last;
    this.errors.hidden = false;
    this.#go(this.last);
  }

  end() {
    clearTimeout(this.timer);
  }

  /** Where an image comes by: what each place is called, holds and costs, and its cells. */
  #stages(places) {
    const { encoder, decoder, latentDim, numPixels } = this.network;
    const stage = (title, short, count, inputs, more) => ({ title, short, count, inputs, weights: (inputs + 1) * count, ...more });
    const layers = (where, list) => list.map((layer, i) =>
      stage(`${where}, layer ${i + 1}`, `layer ${i + 1}`, layer.outputs, layer.inputs, { layer, where }));
    const last = (list) => list[list.length - 1];
    const stages = [
      stage("Input", "input x", numPixels, 0, { weights: 0, isImage: true }),
      ...layers("Encoder", encoder.slice(0, -1)),
      // The model's last layer could give a width for each number too; an autoencoder has no use for it.
      stage("Code", "code z", latentDim, last(encoder).inputs, { isCode: true }),
      ...layers("Decoder", decoder.slice(0, -1)),
      stage("Output", "output x̂", numPixels, last(decoder).inputs, { isImage: true }),
    ];
    this.most = stages.map(({ layer }) => (layer ? this.#brightest(layer) : 1));
    this.range = this.#extent(places, 0);
    for (const each of stages) each.cells = new Cells(each.count, each.isCode ? 1 : undefined);
    return stages;
  }

  /** What only few of a layer's numbers exceed, over the images to choose from. */
  #brightest(layer) {
    const all = this.images.flatMap((image) => {
      this.network.decode(this.network.encode(image).mu);
      return Array.from(this.network.activations(layer));
    }).sort((a, b) => a - b);
    return Math.max(1e-6, all[Math.floor(0.97 * all.length)]);
  }

  /** Where nearly all codes are, and those to choose from. */
  #extent(places, margin = 0.08) {
    const own = this.images.flatMap((image) => Array.from(this.network.encode(image).mu));
    return [0, 1].flatMap((axis) => {
      const sorted = Float32Array.from(places).filter((_, i) => i % 2 === axis).sort();
      const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
      const mine = own.filter((_, i) => i % 2 === axis);
      const [low, high] = [Math.min(at(0.02), ...mine), Math.max(at(0.98), ...mine)];
      return [low - margin * (high - low), high + margin * (high - low)];
    });
  }

  /** The picture of the whole network, and the slider that moves the image along it. */
  #pipeline() {
    const number = (value) => value.toLocaleString("en");
    const columns = this.stages.map(({ short, count, weights, cells, isCode, isImage }) =>
      element("li", { class: isCode ? "ls-narrow" : isImage ? "ls-end" : null },
        element("span", { class: "ls-name" }, short), cells.canvas,
        element("span", { class: "ls-size" }, String(count)),
        element("span", { class: "ls-weights" }, weights ? `${number(weights)} weights` : "")));
    this.columns = columns;
    const inside = this.code - 1;
    const total = this.stages.reduce((sum, { weights }) => sum + weights, 0);
    return element("div", { class: "ls-pipeline", style: `--ls-stages:${this.stages.length}` },
      element("div", { class: "ls-halves", "aria-hidden": "true" },
        element("span", { style: `grid-column:2 / span ${inside}` }, "Encoder"),
        element("span", { style: `grid-column:${this.code + 2} / span ${this.last - this.code - 1}` }, "Decoder")),
      element("ol", { class: "ls-stages", "aria-label": `The network: ${number(total)} weights in all` }, ...columns),
      this.slider.element);
  }

  /** What the colours of the cells mean. */
  #key() {
    const stops = HEAT.map((color) => `rgb(${color})`).join(",");
    return element("div", { class: "ls-key" }, element("span", {}, "0"),
      element("i", { style: `background:linear-gradient(90deg,${stops})` }), element("span", {}, "much, for its layer"));
  }

  #take(image, name) {
    this.name = name;
    this.#through(image);
  }

  #draw(image) {
    this.tray.buttons.forEach((one) => one.setAttribute("aria-pressed", "false"));
    this.name = "Your drawing";
    this.#through(image);
  }

  /** Let an image through all layers; how much of it is seen is another matter. */
  #through(image) {
    this.image = Float32Array.from(image);
    this.own = Array.from(this.network.encode(this.image).mu);
    for (const stage of this.stages.slice(1, this.code)) stage.values = this.network.activations(stage.layer).slice();
    this.stages[0].values = this.image;
    this.input.paint(this.image);
    this.input.say(this.name);
    this.slider.input.style.setProperty("--ls-thumb", `url(${this.input.canvas.toDataURL()})`);
    this.#move(null);
  }

  /** Hand the decoder this code; null is the encoder's own. */
  #move(place) {
    this.moved = place !== null;
    const z = this.moved ? place : this.own;
    this.output.paint(this.network.decode(z));
    for (const stage of this.stages.slice(this.code + 1, this.last)) stage.values = this.network.activations(stage.layer).slice();
    this.stages[this.code].values = z;
    this.stages[this.last].values = this.output.image;
    this.plane.cursor = Array.from(z);
    this.back.disabled = !this.moved;
    if (this.moved) this.at = Math.max(this.at, this.limit);
    this.#paint();
  }

  #go(at) {
    clearTimeout(this.timer);
    this.at = Math.min(at, this.limit);
    this.#paint();
  }

  #send(from = 0) {
    this.#go(from);
    if (from < this.limit) this.timer = setTimeout(() => this.#send(from + 1), REST);
  }

  #paint() {
    this.stages.forEach((stage, i) => {
      const there = i <= this.at;
      this.columns[i].classList.toggle("ls-here", i === this.at);
      this.columns[i].classList.toggle("ls-byhand", this.moved && i > 0 && i < this.code);
      stage.cells.paint(there ? this.#shares(stage, i) : null, stage.isImage ? grey : heat);
    });
    this.slider.value = this.at;
    this.slider.input.setAttribute("aria-valuetext", this.stages[this.at].title);
    this.said.stage.textContent = this.#tell();
    const z = this.stages[this.code].values;
    const coded = this.at >= this.code;
    this.said.code.textContent = coded ? `z = ${showCode(z)}${this.moved ? ", moved by hand" : ""}` : "The image has not come here yet.";
    this.plane.cursor = coded ? Array.from(z) : null;
    this.plane.draw();
    this.#tellErrors();
  }

  #shares({ values, isCode, isImage }, i) {
    if (isImage) return values;
    if (isCode) return Array.from(values, (z, j) => (z - this.range[2 * j]) / (this.range[2 * j + 1] - this.range[2 * j]));
    return values.map((value) => value / this.most[i]);
  }

  #tell() {
    const { title, count, inputs, weights, isCode } = this.stages[this.at];
    const { numPixels } = this.network;
    const number = (value) => value.toLocaleString("en");
    if (this.at === 0) return `Input: ${count} numbers, one a pixel, from 0 (black) to 1 (white).`;
    if (isCode) return `Code: ${count} numbers, made of ${inputs}. They are all that the decoder is told: ${number(numPixels / count)} times fewer than the image has.`;
    const again = this.at === this.last ? " again, one a pixel" : "";
    return `${title}: ${count} numbers${again}, each made of all ${inputs} before it: ${number(weights)} weights.`;
  }

  /** The errors to compare with: of images that were held out, decoded or replaced by the mean. */
  #judge(images, mean) {
    const over = (f) => images.reduce((total, image) => total + f(image), 0) / images.length;
    this.usual = over((image) => squared(image, this.network.decode(this.network.encode(image).mu)));
    this.average = over((image) => squared(image, mean));
  }

  #tellErrors() {
    const arrived = this.at === this.last;
    this.output.canvas.style.visibility = arrived ? "visible" : "hidden";
    this.output.element.classList.toggle("ls-unseen", !arrived);
    this.output.say(arrived ? `${this.name}, decoded from two numbers` : this.limit < this.last ? "Predict first: what will it be?" : "The image has not come here yet.");
    this.bars.paint([arrived ? squared(this.image, this.output.image) : 0, this.usual, this.average], 6);
    if (!arrived) this.bars.rows[0].value.textContent = "–";
    this.said.errors.textContent = arrived
      ? `Cross-entropy ${show(sum(bernoulliTerms(this.image, this.output.image)))}; of a perfect copy ${show(sum(bernoulliTerms(this.image, this.image)))}`
      : "Cross-entropy –";
  }
}

/** ‖x − x̂‖², over all pixels. */
function squared(x, decoded) {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += (x[i] - decoded[i]) ** 2;
  return total;
}

export default figure(Anatomy);
