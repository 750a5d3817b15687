/** Codes drawn at random: where they fall on the map of an autoencoder and of a VAE. */

/** Codes that are decoded, and those that are only counted. */
const SHOWN = 24;
const COUNTED = 2000;
/** What Explore calls a place, by the share of images with denser surroundings: see LatentMap.trust. */
const OFF = 0.99;
const TRUST = [[0.9, "Among the images"], [OFF, "At the edge of the data"], [Infinity, "Off the data"]];
const RULES = ["anywhere on the map", "from N(0, I)"];

/** A model, its map, and what falls on it. */
class Territory {
  constructor(title, network, bytes, images, palette) {
    Object.assign(this, { network, images });
    this.map = new LatentMap(bytes);
    const { places, labels } = this.map;
    this.plane = new Plane({
      label: `Map of the ${title}`, places, labels, palette, extent: extentOf(places, 3, 0.04), size: 2.5,
      moved: (place) => this.go(place),
    });
    this.decoded = new ImageView(network, "Decoded here", { side: 96 });
    this.near = new ImageView(network, "Nearest image", { side: 96 });
    this.said = { trust: element("p", { class: "ls-note ls-name" }), place: note(), axes: note(), tally: note("", true), classes: note() };
    const sorted = [0, 1].map((axis) => places.filter((_, i) => i % 2 === axis).sort());
    this.box = sorted.map((values) => [values[0], values[values.length - 1]]);
    this.said.axes.textContent = `Codes from ${this.box.map(([low, high], j) => `${show(low, 1)} to ${show(high, 1)} (z${j + 1})`).join(", ")}`;
    this.tiles = new Tiles(network, `${SHOWN} random codes of the ${title}, decoded`, SHOWN, 8);
    this.tiles.element.classList.add("ls-unknown");
    this.tiles.tiles.forEach(({ tile }) => tile.append(element("span", { class: "ls-verdict", "aria-hidden": "true" }, "?")));
    this.element = element("div", { class: "ls-territory" },
      element("div", { class: "ls-column" }, element("h4", {}, `Map of the ${title}`), this.plane.element, this.said.axes),
      element("div", { class: "ls-column" },
        row(this.decoded.element, this.near.element, column(this.said.trust, this.said.place)),
        element("h4", {}, `${SHOWN} random codes, decoded`), this.tiles.element, this.said.tally, this.said.classes));
    this.said.tally.textContent = "Predict first: how many of them will be off the data?";
    this.go(this.box.map(([low, high]) => low + 0.75 * (high - low)));
  }

  go(place) {
    const { point, distance, share } = this.map.trust(place);
    this.decoded.paint(this.network.decode(place));
    this.near.paint(this.images[point]);
    this.near.say(`Nearest: a “${this.map.label(point)}”`);
    this.said.trust.textContent = TRUST.find(([most]) => share <= most)[1];
    this.said.place.textContent = `z = ${showCode(place)}; the nearest image lies ${show(distance)} away.`;
    this.plane.cursor = Array.from(place);
    this.plane.draw();
  }

  /** A code by a rule: in the box around all codes, or from the normal distribution. */
  #draw(rule) {
    return rule === 0 ? this.box.map(([low, high]) => low + (high - low) * Math.random()) : Array.from(normals(2));
  }

  /** How many codes of a rule are off the data in the long run. */
  count(rule) {
    let off = 0;
    for (let i = 0; i < COUNTED; i++) off += this.map.trust(this.#draw(rule)).share > OFF;
    this.usual = off / COUNTED;
  }

  scatter(rule) {
    const codes = Array.from({ length: SHOWN }, () => this.#draw(rule));
    const trusts = codes.map((z) => this.map.trust(z));
    const off = trusts.map(({ share }) => share > OFF);
    this.tiles.element.classList.remove("ls-unknown");
    this.tiles.paint(this.network.decode(codes.flat(), SHOWN));
    this.tiles.tiles.forEach(({ tile }, i) => {
      tile.classList.toggle("ls-off", off[i]);
      tile.lastChild.textContent = off[i] ? "off" : "";
      tile.title = `z = ${showCode(codes[i])}: ${off[i] ? "off the data, " : ""}nearest a “${this.map.label(trusts[i].point)}”`;
    });
    const numOff = off.filter(Boolean).length;
    const classes = [...new Set(trusts.map(({ point }) => this.map.label(point)))].sort();
    this.said.tally.textContent = `Off the data: ${numOff} of ${SHOWN}. Of ${COUNTED.toLocaleString("en")} such codes: ${Math.round(100 * this.usual)} %.`;
    this.said.classes.textContent = `Nearest to them are images of ${classes.length} digits: ${classes.join(", ")}`;
    const [[x0, x1], [y0, y1]] = this.box;
    const region = rule === 0
      ? [{ line: [[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]], kind: "ls-quiet" }]
      : [{ ellipse: [0, 0], sigma: [2, 2], kind: "ls-quiet" }, { dot: [0, 2], r: 0, text: "N(0, I), 2 σ wide" }];
    this.plane.shapes = [...region, ...codes.map((z, i) => ({ dot: z, r: 3.5, kind: off[i] ? "ls-off" : "" }))];
    this.plane.draw();
  }
}

class Holes {
  constructor({ root, spec, arrays, networks }) {
    const images = imagesOf(arrays.images);
    const territory = (role, title) => new Territory(title, networks[role], arrays[role].data, images, spec.palette);
    this.ae = territory("ae", "autoencoder");
    this.vae = territory("vae", "VAE");
    this.rule = new Choice("Draw codes", RULES, 0, () => this.#count());
    this.controls = row(this.rule.element, button("Draw again", () => this.#scatter(), "Draw 24 other codes by the same rule"));
    this.controls.classList.add("ls-controls");
    this.controls.hidden = this.vae.element.hidden = true;
    root.append(this.controls, this.ae.element, legend(spec.label_names, spec.palette), this.vae.element);
  }

  /** From now on, codes are drawn; for the VAE as well. */
  reveal() {
    this.controls.hidden = this.vae.element.hidden = false;
    this.#count();
  }

  #count() {
    for (const one of [this.ae, this.vae]) one.count(this.rule.value);
    this.#scatter();
  }

  #scatter() {
    for (const one of [this.ae, this.vae]) one.scatter(this.rule.value);
  }
}

export default figure(Holes);
