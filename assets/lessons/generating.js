/** The same noise in the maps of an autoencoder and of a VAE: where draws fall, and what they become. */

const DRAWS = 24;
const COLUMNS = 8;
/** A place is off the data where its surroundings are sparser than those of 99 images in 100. */
const OFF = 0.99;
/** Of the eight images nearest to a place, so many are of one digit at least, or it is between digits. */
const AGREE = 7;

/** A model, its map, and the draws on it. */
class Ground {
  constructor(title, network, bytes, images, palette, looked) {
    Object.assign(this, { network, images });
    this.map = new LatentMap(bytes);
    const { places, labels } = this.map;
    this.plane = new Plane({
      label: `Map of the ${title}`, places, labels, palette, extent: extentOf(places, 3.8, 0.04), size: 2,
      moved: (place) => this.go(place),
    });
    this.plane.element.classList.add("ls-behind");
    this.decoded = new ImageView(network, "Decoded", { side: 80 });
    this.near = new ImageView(network, "Nearest image", { side: 80 });
    this.said = { verdict: element("p", { class: "ls-note ls-name" }), place: note(), digits: note(), between: note(), inside: note() };
    this.tiles = new Tiles(network, `${DRAWS} draws, decoded by the ${title}`, DRAWS, COLUMNS, looked);
    this.tiles.tiles.forEach(({ tile }) => tile.append(element("span", { class: "ls-where", "aria-hidden": "true" })));
    this.element = part(title, this.plane.element,
      element("div", { class: "ls-row ls-judged" }, this.decoded.element, this.near.element, column(this.said.verdict, this.said.place)),
      this.tiles.element, this.said.digits, this.said.between, this.said.inside);
    this.element.dataset.testid = title;
    // Where the codes lie, for draws that are stretched to them, and how many lie near 0.
    const axes = [0, 1].map((axis) => Array.from(places.filter((_, i) => i % 2 === axis)));
    this.center = axes.map((values) => sum(values) / values.length);
    this.spread = axes.map((values, j) => Math.sqrt(sum(values.map((value) => (value - this.center[j]) ** 2)) / values.length));
    const within = axes[0].filter((x, i) => Math.hypot(x, axes[1][i]) < 2).length / axes[0].length;
    this.said.inside.textContent = `Within 2 of 0: ${Math.round(100 * within)} % of the codes, ${Math.round(100 * (1 - Math.exp(-2)))} % of the prior.`;
  }

  /** The place itself, or the nearest at the edge of the picture, which is a square. */
  #within([x, y]) {
    const [x0, x1, y0, y1] = this.plane.extent;
    const half = (0.98 * Math.max(x1 - x0, y1 - y0)) / 2;
    return [[x, (x0 + x1) / 2], [y, (y0 + y1) / 2]].map(([at, middle]) => Math.max(middle - half, Math.min(middle + half, at)));
  }

  /** What a place is like: `{ point, distance, off, between, label }`. */
  #judge(z) {
    const trust = this.map.trust(z);
    const { rows } = nearest(this.map.codes, 2, z, 8);
    const votes = new Map();
    for (const at of rows) votes.set(this.map.labels[at], (votes.get(this.map.labels[at]) ?? 0) + 1);
    const off = trust.share > OFF;
    return { ...trust, off, between: !off && Math.max(...votes.values()) < AGREE, label: this.map.label(trust.point) };
  }

  go(place) {
    const { point, distance, off, between, label } = this.#judge(place);
    this.decoded.paint(this.network.decode(place));
    this.near.paint(this.images[point]);
    this.near.say(`Nearest: a “${label}”`);
    this.said.verdict.textContent = off ? "Off the data" : between ? "Between digits" : `Among images of “${label}”`;
    this.said.place.textContent = `z = ${showCode(place)}, ${show(distance)} from the nearest image.`;
    this.plane.cursor = this.#within(place);
    this.plane.draw();
  }

  /** @param {number[][]} noise @param {number} temperature @param {boolean} stretched */
  scatter(noise, temperature, stretched) {
    this.codes = noise.map((epsilon) => epsilon.map((e, j) =>
      stretched ? this.center[j] + this.spread[j] * temperature * e : temperature * e));
    const judged = this.codes.map((z) => this.#judge(z));
    this.tiles.paint(this.network.decode(this.codes.flat(), DRAWS).slice());
    judged.forEach(({ off, between, label }, i) => {
      const { tile } = this.tiles.tiles[i];
      tile.classList.toggle("ls-outside", off);
      tile.lastChild.textContent = off ? "off" : between ? "mix" : label;
      this.tiles.name(i, `Draw ${i + 1}, ${off ? "off the data" : between ? "mix: between digits" : `among images of ${label}`}`);
    });
    const digits = [...new Set(judged.map(({ label }) => label))].sort();
    this.said.digits.textContent = `Nearest to the draws are ${digits.length} digits: ${digits.join(", ")}`;
    const count = (what) => judged.filter((one) => one[what]).length;
    this.said.between.textContent = `Between digits (mix): ${count("between")}. Off the data (off): ${count("off")}.`;
    const circle = stretched
      ? { ellipse: this.center, sigma: this.spread.map((s) => 2 * temperature * s), kind: "ls-quiet" }
      : { ellipse: [0, 0], sigma: [2 * temperature, 2 * temperature], kind: "ls-quiet" };
    this.plane.shapes = [circle, ...this.codes.map((z, i) => ({ dot: this.#within(z), r: 4, kind: judged[i].off ? "ls-outside" : "" }))];
  }

  look(i) {
    this.tiles.mark(i);
    this.go(this.codes[i]);
  }
}

class Generating {
  constructor({ root, spec, arrays, networks }) {
    const images = imagesOf(arrays.images);
    const ground = (role, title) => new Ground(title, networks[role], arrays[role].data, images, spec.palette, (i) => this.#look(i));
    this.grounds = [ground("vae", "VAE"), ground("ae", "Autoencoder")];
    this.temperature = new Slider("Temperature T", { min: 0.1, max: 2, step: 0.1, value: 1, format: (t) => show(t, 1) }, () => this.#scatter());
    this.stretched = false;
    this.stretch = checkbox("Stretch the autoencoder's draws to its codes", false, (on) => {
      this.stretched = on;
      this.#scatter();
    });
    this.temperature.element.hidden = this.stretch.hidden = true;
    const knobs = row(button("Draw again", () => this.#draw(), `Draw ${DRAWS} other codes`), this.temperature.element, this.stretch);
    knobs.classList.add("ls-knobs");
    this.chosen = 0;
    this.noise = Array.from({ length: DRAWS }, (_, i) => Array.from(arrays.epsilon.data.subarray(2 * i, 2 * i + 2)));
    root.append(
      knobs, row(...this.grounds.map((one) => one.element)),
      row(legend(spec.label_names, spec.palette), note("Dashed: two T around the middle. The same ε in both models.")),
    );
    this.#scatter();
  }

  /** From now on, the noise can be made smaller and larger. */
  reveal() {
    this.temperature.element.hidden = this.stretch.hidden = false;
  }

  #draw() {
    this.noise = Array.from({ length: DRAWS }, () => Array.from(normals(2)));
    this.#scatter();
  }

  #scatter() {
    this.grounds.forEach((one, i) => one.scatter(this.noise, this.temperature.value, i === 1 && this.stretched));
    this.#look(this.chosen);
  }

  #look(i) {
    this.chosen = i;
    for (const one of this.grounds) one.look(i);
  }
}

export default figure(Generating);
