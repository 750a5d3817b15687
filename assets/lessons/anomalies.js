/** A model that never saw one of the digits: reconstruction errors of those it knows, and of that one. */

const ACROSS = 24;
const NORMAL_COLOR = "#3f90da";
const STRANGE_COLOR = "#e76300";
const ALLOWED = 0.05;

class Anomalies {
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.vae;
    this.strangeName = spec.strange_name;
    this.normal = this.#group(arrays.normal);
    this.strange = this.#group(arrays.strange);
    const labels = arrays.labels.data;
    const most = Math.ceil(Math.max(...this.normal.scores, ...this.strange.scores));
    const inOrder = [...this.normal.scores].sort((a, b) => a - b);
    const start = inOrder[Math.ceil((1 - ALLOWED) * inOrder.length) - 1];
    this.paper = new Paper(this.network, (image) => this.#judge(image));
    this.back = new ImageView(this.network, "Reconstruction", { side: 150 });
    this.errors = new HeatView(this.network, "Error of each pixel", { side: 150 });
    this.score = note("", true);
    this.score.classList.add("ls-score");
    // One of each digit that it knows, then some of the other, from easy to hard.
    this.offered = spec.label_names.flatMap((name, label) => {
      const at = labels.indexOf(label);
      return at < 0 ? [] : [{ image: this.normal.images[at], name: `A “${name}”` }];
    });
    this.worst = { name: `A “${spec.label_names[labels[argmax(this.normal.scores)]]}” with the highest score`, image: this.normal.images[argmax(this.normal.scores)] };
    this.tray = element("div");
    this.#fill(this.offered);
    this.graph = new Graph({
      label: "Histogram of scores", height: 17,
      x: { from: 0, to: most, title: "Score: squared error of the image" },
      y: { from: -1, to: 1, title: "", format: (value) => showPlainly(Math.abs(value)) },
    });
    this.threshold = new Slider("Threshold", { min: 0, max: most, step: 0.01, value: Math.ceil(start / 0.01) * 0.01 }, () => this.#count());
    this.counts = element("div", { class: "ls-counts" });
    this.auc = note();
    root.append(
      row(this.paper.element, this.back.element, this.errors.element,
        element("div", { class: "ls-column ls-scored" }, this.score,
          button("Undo painting", () => this.paper.set(this.paper.before), "Back to the image as it was"))),
      part("Choose an image that was held out of training", this.tray),
      part("Scores of all held-out images", this.graph.element,
        element("div", { class: "ls-on-axis" }, this.threshold.element), this.counts, this.auc),
    );
    this.paper.set(this.offered[0].image);
    this.#count();
  }

  /** From now on, the digit that it never saw is there. */
  reveal() {
    this.revealed = true;
    const order = [...this.strange.scores.keys()].sort((a, b) => this.strange.scores[a] - this.strange.scores[b]);
    const some = [0, 0.25, 0.5, 0.75, 1].map((share) => order[Math.round(share * (order.length - 1))]);
    const names = ["the lowest score", "a low score", "a middling score", "a high score", "the highest score"];
    const fours = some.map((at, i) => ({ image: this.strange.images[at], name: `A “${this.strangeName}” with ${names[i]}` }));
    this.#fill([...this.offered, this.worst, ...fours], this.offered.length + 3);
    this.paper.set(fours[2].image);
    this.#count();
  }

  #group(array) {
    const images = imagesOf(array);
    return { images, scores: images.map((image) => sum(this.#look(image).terms)) };
  }

  #look(image) {
    const back = this.network.decode(this.network.encode(image).mu).slice();
    return { back, terms: Array.from(image, (x, i) => (x - back[i]) ** 2) };
  }

  #fill(offered, chosen = 0) {
    const tray = new Tray(this.network, offered.map(({ image }) => image), offered.map(({ name }) => name), chosen,
      (i) => this.paper.set(offered[i].image));
    this.tray.replaceChildren(tray.element);
  }

  #judge(image) {
    const { back, terms } = this.#look(image);
    this.back.paint(back);
    this.errors.paint(terms, 0.5);
    this.now = sum(terms);
    if (this.graph) this.#count();
  }

  #count() {
    const at = this.threshold.value;
    const flagged = ({ scores }) => scores.filter((score) => score > at).length;
    const line = (name, kind, group) => {
      const share = show((100 * flagged(group)) / group.scores.length, 1);
      return element("p", {}, element("i", { class: kind }), element("strong", {}, name),
        `${flagged(group)} of ${group.scores.length} (${share}\u00a0%)`);
    };
    this.score.replaceChildren("Score of this image ", element("strong", {}, show(this.now)),
      ` ${this.now > at ? "above the threshold: flagged" : "below the threshold: passes"}`);
    this.counts.replaceChildren(
      line("False alarms, digits that it knows: ", "ls-up", this.normal),
      this.revealed ? line(`Catches, ${this.strangeName}s: `, "ls-down", this.strange)
        : element("p", {}, element("i", { class: "ls-down" }), element("strong", {}, `Catches, ${this.strangeName}s: `), "predict first"),
    );
    this.auc.textContent = this.revealed ? `AUC ${show(this.#auc(), 3)}: of a “${this.strangeName}” and another digit, how often the “${this.strangeName}” scores higher.` : "";
    this.#draw(at);
  }

  /** The share of pairs, one of each group, in which the strange one scores higher. */
  #auc() {
    this.known ??= sum(this.strange.scores.map((score) =>
      sum(this.normal.scores.map((other) => (score > other) + (score === other) / 2)))) /
      (this.strange.scores.length * this.normal.scores.length);
    return this.known;
  }

  #draw(at) {
    const { x, y } = this.graph;
    const width = x.to / (2 * ACROSS);
    const bins = ({ scores }) => {
      const counts = new Array(2 * ACROSS).fill(0);
      for (const score of scores) counts[Math.min(counts.length - 1, Math.floor(score / width))] += 1;
      return counts;
    };
    const [up, down] = [bins(this.normal), bins(this.strange)];
    const top = Math.max(...up), deep = Math.max(...down);
    Object.assign(y, { from: -1.15 * deep, to: 1.05 * top, title: "Images: those that it knows upwards, 4s downwards" });
    const bars = (counts, sign, color) => counts.flatMap((count, i) =>
      count ? [{ bar: [i * width, (i + 1) * width, 0, sign * count], color }] : []);
    const beside = 0.78 * x.to;
    this.graph.shapes = [
      ...bars(up, 1, NORMAL_COLOR),
      ...(this.revealed ? bars(down, -1, STRANGE_COLOR) : []),
      { line: [[x.from, 0], [x.to, 0]], kind: "ls-zero" },
      { text: `digits that it knows (${this.normal.scores.length})`, at: [beside, 0.35 * top] },
      { text: this.revealed ? `4s (${this.strange.scores.length})` : "4s: predict first", at: [beside, -0.95 * deep] },
      { rule: at, text: "threshold", kind: "ls-threshold" },
      { rule: Math.min(this.now, x.to), text: `this image ${show(this.now)}`, down: 1, dashes: "5 4" },
    ];
    this.graph.draw();
  }
}

const argmax = (values) => values.indexOf(Math.max(...values));

/** An image to paint on: a pixel pressed turns white or black, and a drag goes on with that. */
class Paper {
  constructor(size, changed) {
    this.size = size;
    this.changed = changed;
    this.at = [3, 3];
    this.view = new ImageView(size, "Paint on it", { side: 150 });
    const { canvas } = this.view;
    canvas.removeAttribute("role");
    canvas.setAttribute("aria-hidden", "true");
    this.cursor = element("span", { class: "ls-pen" });
    this.told = element("span", { class: "ls-painting-told", "aria-live": "polite" });
    this.frame = element("div", {
      class: "ls-painting", tabindex: 0, role: "application",
      "aria-label": "The image, to paint on. Arrow keys choose a pixel, the space bar turns it white or black.",
    }, canvas, this.cursor, this.told);
    this.view.element.prepend(this.frame);
    this.element = this.view.element;
    this.#listen();
  }

  /** Begins with an image. */
  set(image) {
    this.before = image;
    this.image = Float32Array.from(image);
    this.#show();
  }

  #listen() {
    const on = (type, listener) => this.frame.addEventListener(type, listener);
    on("pointerdown", (event) => {
      this.frame.setPointerCapture(event.pointerId);
      this.#go(event);
      this.ink = this.value < 0.5 ? 1 : 0;
      this.#paint(this.ink);
    });
    on("pointermove", (event) => {
      if (!event.buttons) return;
      this.#go(event);
      if (this.value !== this.ink) this.#paint(this.ink);
    });
    on("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === " " || event.key === "Enter") this.#paint(this.value < 0.5 ? 1 : 0);
      else if (step) this.#move(this.at[0] + step[0], this.at[1] + step[1]);
      else return;
      event.preventDefault();
    });
  }

  get value() {
    return this.image[this.at[1] * this.size.width + this.at[0]];
  }

  #go({ clientX, clientY }) {
    const box = this.frame.getBoundingClientRect();
    this.#move(Math.floor(((clientX - box.left) / box.width) * this.size.width),
      Math.floor(((clientY - box.top) / box.height) * this.size.height));
  }

  #move(x, y) {
    this.at = [Math.max(0, Math.min(this.size.width - 1, x)), Math.max(0, Math.min(this.size.height - 1, y))];
    this.#point();
  }

  #paint(ink) {
    this.image[this.at[1] * this.size.width + this.at[0]] = ink;
    this.#show();
  }

  #point() {
    const [x, y] = this.at;
    const { width, height } = this.size;
    this.cursor.style.cssText = `left:${(100 * x) / width}%;top:${(100 * y) / height}%;width:${100 / width}%;height:${100 / height}%`;
    this.told.textContent = `Row ${y + 1}, column ${x + 1}: ${show(this.value)}`;
  }

  #show() {
    this.view.paint(this.image);
    this.#point();
    this.changed(this.image);
  }
}

export default figure(Anomalies);
