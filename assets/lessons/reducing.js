/** Two numbers for each image, from PCA and from an autoencoder: two maps, two decoders. */

const IN_TRAY = 10;
const MAPS = { pca: "PCA: a flat plane", ae: "Autoencoder: a bent one" };
const GROUPS = ["Held-out images", "Training images"];

class Reducing {
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.ae;
    this.images = imagesOf(arrays.images);
    this.labels = arrays.labels.data;
    this.names = spec.label_names;
    this.mean = arrays.mean.data;
    this.components = arrays.components.data;
    const rows = (chosen) => [...chosen.data.keys()].filter((i) => chosen.data[i]);
    this.groups = [rows(arrays.held_out), rows(arrays.training)];
    this.sides = Object.fromEntries(Object.keys(MAPS).map((role) => [role, this.#side(role, spec, arrays[role].data)]));
    this.original = new ImageView(this.network, "", { side: 96 });
    this.tray = element("div");
    this.wins = button("Where PCA is nearer", () => this.#fill(this.pcaWins), "Held-out images that PCA reconstructs better");
    this.verdict = this.#verdict();
    this.wins.hidden = this.verdict.hidden = true;
    root.append(
      row(this.original.element, part("Choose an image that was held out of training", this.tray,
        row(button("Others", () => this.#fill(), "Take other held-out images"), this.wins))),
      row(...Object.entries(this.sides).map(([role, { plane, said, own, here }]) =>
        part(MAPS[role], plane.element, said, row(own.element, here.element)))),
      legend(spec.label_names, spec.palette),
      this.verdict,
    );
    for (const role of Object.keys(MAPS)) this.#move(role, [0, 0]);
    // One of each digit to begin with.
    this.#fill(this.names.map((_, digit) => this.groups[0].find((i) => this.labels[i] === digit)));
  }

  /** From now on, errors are seen and counted. */
  reveal() {
    this.wins.hidden = this.verdict.hidden = false;
    this.#count(0);
    this.#choose(this.chosen);
  }

  #side(role, spec, places) {
    const plane = new Plane({
      label: `Map of ${role === "pca" ? "PCA" : "the autoencoder"}`, places, labels: this.labels,
      palette: spec.palette, extent: extentOf(places, 1), moved: (place) => this.#move(role, place), size: 2.5,
    });
    return {
      plane, said: note(), own: new ImageView(this.network, "", { side: 118 }),
      here: new ImageView(this.network, "", { side: 118 }),
    };
  }

  #verdict() {
    this.group = new Choice("Count", GROUPS, 0, (i) => this.#count(i));
    this.bars = new Bars("Mean squared error of an image", ["No number: the mean image", "Two numbers: PCA", "Two numbers: autoencoder"]);
    this.counted = note("", true);
    const made = part("Mean squared error of an image, summed over its 64 pixels", this.group.element, this.bars.element, this.counted);
    made.classList.add("ls-reducing");
    return made;
  }

  #encode(role, image) {
    if (role === "ae") return Array.from(this.network.encode(image).mu);
    const size = image.length;
    return [0, 1].map((j) => sum(Array.from(image, (x, k) => (x - this.mean[k]) * this.components[j * size + k])));
  }

  #decode(role, [x, y]) {
    if (role === "ae") return this.network.decode([x, y]);
    const size = this.mean.length;
    return this.mean.map((m, k) => m + x * this.components[k] + y * this.components[size + k]);
  }

  #error(role, image) {
    const decoded = this.#decode(role, this.#encode(role, image));
    return image.reduce((total, x, k) => total + (x - decoded[k]) ** 2, 0);
  }

  #fill(rows = null) {
    const held = [...this.groups[0]];
    const another = () => held.splice(Math.floor(Math.random() * held.length), 1)[0];
    const shown = rows ?? Array.from({ length: IN_TRAY }, another);
    const tray = new Tray(this.network, shown.map((i) => this.images[i]),
      shown.map((i) => `A “${this.names[this.labels[i]]}”`), 0, (at) => this.#choose(shown[at]));
    this.tray.replaceChildren(tray.element);
    this.#choose(shown[0]);
  }

  #choose(i) {
    this.chosen = i;
    const image = this.images[i];
    this.original.paint(image);
    this.original.say(`The image: a “${this.names[this.labels[i]]}”`);
    for (const [role, { plane, said, own }] of Object.entries(this.sides)) {
      const z = this.#encode(role, image);
      own.paint(this.#decode(role, z));
      own.say(this.verdict.hidden ? "The image, decoded" : `The image, decoded: squared error ${show(this.#error(role, image))}`);
      said.textContent = `The image: z = ${showCode(z)}`;
      plane.shapes = [{ dot: z, r: 6, text: "image", kind: "ls-ring" }];
      plane.draw();
    }
  }

  #move(role, place) {
    const { plane, here } = this.sides[role];
    here.paint(this.#decode(role, place));
    here.say(`At the cursor, ${showCode(place)}`);
    plane.cursor = place;
    plane.draw();
  }

  #count(which) {
    const rows = this.groups[which];
    const errors = { pca: [], ae: [], none: [] };
    for (const i of rows) {
      const image = this.images[i];
      for (const role of Object.keys(MAPS)) errors[role].push(this.#error(role, image));
      errors.none.push(image.reduce((total, x, k) => total + (x - this.mean[k]) ** 2, 0));
    }
    const mean = (values) => sum(values) / values.length;
    this.bars.paint([mean(errors.none), mean(errors.pca), mean(errors.ae)]);
    const better = errors.ae.filter((error, at) => error < errors.pca[at]).length;
    this.counted.textContent = `The autoencoder comes nearer on ${better} of ${rows.length} ` +
      `(${show((100 * better) / rows.length, 1)}\u00a0%), PCA on the other ${rows.length - better}.`;
    if (which === 0) this.pcaWins = rows.filter((_, at) => errors.ae[at] >= errors.pca[at]);
  }
}

export default figure(Reducing);
