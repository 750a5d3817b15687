/** Sixteen numbers, of which some are used; and a model that uses none of its two. */

/** Values that a number takes along the strip. */
const STEPS = [-3, -2.25, -1.5, -0.75, 0, 0.75, 1.5, 2.25, 3];
/** What is seen of an axis of latent space, to each side of 0. */
const REACH = 3.2;

class Collapse {
  constructor({ root, spec, arrays, networks }) {
    Object.assign(this, { vae: networks.vae, collapsed: networks.collapsed, names: spec.label_names });
    this.active = spec.active_variance;
    this.pixelVariance = spec.pixel_sigma ** 2;
    this.images = imagesOf(arrays.images); // held out; the first few can be chosen
    this.labels = arrays.labels.data;
    this.posteriors = this.images.map((image) => this.vae.encode(image));
    this.errors = this.#errors((mu) => mu);
    const d = this.vae.latentDim;
    this.units = Array.from({ length: d }, (_, j) => this.#unit(j));
    this.unit = 0;
    this.bars = new Bars("KL of each number of the code", this.units.map((_, j) => `z${j + 1}`),
      { unit: "nats", digits: 3, chosen: 0, changed: (j) => this.#look(j) });
    this.bars.paint(this.units.map(({ kl }) => kl));
    this.tally = note();
    const used = this.units.filter(({ active }) => active).length;
    this.tally.textContent = `Active: ${used} of ${d}. The other ${d - used} are dead.`;
    this.cost = part("What each number costs: KL", this.tally, this.bars.element);
    this.cost.hidden = true;
    this.posteriorRows = Array.from({ length: spec.num_shown }, (_, i) => this.#row(i));
    this.title = element("h4", { "data-testid": "unit" });
    this.said = { statistics: note(), worth: note(), strip: note() };
    this.worth = column(this.said.statistics, this.said.worth);
    this.worth.hidden = true;
    this.views = {
      image: new ImageView(this.vae, "The image", { side: 88 }),
      decoded: new ImageView(this.vae, "Its μ, decoded", { side: 88 }),
    };
    this.strip = new Tiles(this.vae, "One number of the code, from −3 to 3", STEPS.length, STEPS.length);
    this.strip.tiles.forEach(({ tile }, i) => tile.append(element("span", { class: "ls-step" }, show(STEPS[i]))));
    root.append(
      row(this.cost, element("div", { class: "ls-column ls-wide" }, this.title,
        element("div", { class: "ls-posteriors", role: "group", "aria-label": "Images to choose from, and their posteriors" },
          element("div", { class: "ls-scale", "aria-hidden": "true" }, ...[-3, -2, -1, 0, 1, 2, 3].map((at) =>
            element("span", { style: `left:${across(at)}%` }, show(at, 0)))),
          ...this.posteriorRows.map(({ one }) => one)),
        note("Bars: μ ± σ of each image. Grey band: that of the prior, 0 ± 1."),
        this.worth)),
      row(this.views.image.element, this.views.decoded.element,
        part("Only this number changes; the others stay at the image's μ", this.strip.element, this.said.strip)),
      this.#whole(spec.num_shown, arrays),
    );
    this.#choose(0);
  }

  /** From now on, every number can be looked at, and what it costs. */
  reveal() {
    this.cost.hidden = this.worth.hidden = this.comparison.hidden = false;
  }

  /** Mean reconstruction term over the held-out images, up to a constant, of codes made of mu. */
  #errors(code) {
    let total = 0;
    this.images.forEach((image, i) => {
      const decoded = this.vae.decode(code(this.posteriors[i].mu));
      total += image.reduce((sum, value, k) => sum + (value - decoded[k]) ** 2, 0);
    });
    return total / 2 / this.pixelVariance / this.images.length;
  }

  /** A number of the code over the held-out images. */
  #unit(j) {
    const mean = (values) => sum(values) / values.length;
    const mus = this.posteriors.map(({ mu }) => mu[j]);
    const center = mean(mus);
    const variance = mean(mus.map((mu) => (mu - center) ** 2));
    return {
      kl: mean(this.posteriors.map(({ mu, sigma }) => klTerms([mu[j]], [sigma[j]])[0])),
      sigma: mean(this.posteriors.map(({ sigma }) => sigma[j])),
      center, variance, active: variance > this.active,
    };
  }

  /** An image that can be chosen, beside its posterior along the number that is looked at. */
  #row(i) {
    const canvas = element("canvas", { class: "ls-image", "aria-hidden": "true" });
    new Picture(canvas, this.vae).paint(this.images[i]);
    const bar = element("i", { class: "ls-span" }), value = element("span", { class: "ls-value" });
    const one = element("button", { type: "button", onclick: () => this.#choose(i) }, canvas,
      element("span", { class: "ls-lane" }, element("i", { class: "ls-band", style: `left:${across(-1)}%;width:${across(1) - across(-1)}%` }), bar), value);
    return { one, bar, value };
  }

  #choose(i) {
    this.chosen = i;
    this.posteriorRows.forEach(({ one }, j) => one.setAttribute("aria-pressed", String(i === j)));
    this.views.image.paint(this.images[i]);
    this.views.image.say(`Image: a “${this.names[this.labels[i]]}”`);
    this.views.decoded.paint(this.vae.decode(this.posteriors[i].mu));
    this.#look(this.unit);
  }

  #look(j) {
    this.unit = j;
    const unit = this.units[j];
    this.title.textContent = `Number ${j + 1} of the code, z${j + 1}`;
    this.posteriorRows.forEach(({ one, bar, value }, i) => {
      const [mu, sigma] = [this.posteriors[i].mu[j], this.posteriors[i].sigma[j]];
      const [from, to] = [across(mu - sigma), across(mu + sigma)];
      Object.assign(bar.style, { left: `${from}%`, width: `${to - from}%` });
      value.textContent = `${show(mu)} ± ${show(sigma)}`;
      one.setAttribute("aria-label", `Image ${i + 1}, a ${this.names[this.labels[i]]}: mu ± sigma ${show(mu)} ± ${show(sigma)}`);
    });
    const { mu } = this.posteriors[this.chosen];
    const codes = STEPS.flatMap((value) => Array.from(mu, (m, k) => (k === j ? value : m)));
    const images = this.vae.decode(codes, STEPS.length).slice();
    this.strip.paint(images);
    this.said.strip.textContent = `From end to end, the pixel that changes most changes by ${show(mostChange(images, this.vae.numPixels))} (black to white is 1).`;
    this.said.statistics.textContent = `Over ${this.images.length} held-out images μ is ${show(unit.center)} on average, with variance ${show(unit.variance, 3)}, and σ is ${show(unit.sigma)}: ${unit.active ? "active" : "dead"}.`;
    unit.brings ??= this.#errors((all) => all.map((m, k) => (k === j ? 0 : m))) - this.errors;
    this.said.worth.textContent = `It costs ${show(unit.kl, 3)} nats. Set to 0 in all images, it is missed by ${show(unit.brings, 3)} nats of reconstruction.`;
  }

  /** The model of which nothing is left. */
  #whole(count, arrays) {
    const { collapsed } = this;
    const back = this.images.map((image) => collapsed.decode(collapsed.encode(image).mu).slice());
    const tiles = (label) => new Tiles(collapsed, label, count, count);
    const [originals, decoded] = [tiles("Images"), tiles("The same images, as the collapsed model brings them back")];
    originals.paint(joined(this.images.slice(0, count)));
    decoded.paint(joined(back.slice(0, count)));
    const mean = new ImageView(collapsed, "Mean of the images it learned", { side: 88 });
    mean.paint(arrays.mean.data);
    const change = mostChange(joined(back), collapsed.numPixels);
    const apart = Math.max(...back[0].map((value, k) => Math.abs(value - arrays.mean.data[k])));
    const posteriors = this.images.map((image) => collapsed.encode(image));
    const farthest = Math.max(...posteriors.flatMap(({ mu, sigma }) => [...mu.map(Math.abs), ...sigma.map((s) => Math.abs(s - 1))]));
    this.comparison = part("A model that has collapsed: the one with β = 4",
      row(mean.element, column(originals.element, decoded.element,
        note(`Over ${this.images.length} images μ and σ stay within ${show(farthest, 3)} of 0 and 1. What comes back differs by ${show(change, 3)} at most from image to image, and by ${show(apart, 3)} from the mean.`))));
    this.comparison.hidden = true;
    return this.comparison;
  }
}

/** Where a value lies along an axis, in percent. */
const across = (value) => (100 * (Math.max(-REACH, Math.min(REACH, value)) + REACH)) / 2 / REACH;

/** The largest difference between any two images in the same pixel. */
function mostChange(images, size) {
  let most = 0;
  for (let k = 0; k < size; k++) {
    let [low, high] = [Infinity, -Infinity];
    for (let at = k; at < images.length; at += size) [low, high] = [Math.min(low, images[at]), Math.max(high, images[at])];
    most = Math.max(most, high - low);
  }
  return most;
}

/** Images one after another. */
function joined(images) {
  const all = new Float32Array(images.length * images[0].length);
  images.forEach((image, i) => all.set(image, i * image.length));
  return all;
}

export default figure(Collapse);
