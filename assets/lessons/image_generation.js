/** A decoder that is told the label: draws of one label, and one code with every label. */

const DRAWN = 10;
/** From end to end of an axis: what is compared to say what the axis does. */
const END = 2;
/** Degrees by which a digit must lean farther for it to be seen in 8 × 8 pixels. */
const SEEN = 2;

/** How far to the right ink stands, in pixels from the left, and how far it leans, in degrees. */
function manner(image, width) {
  let [ink, x, y, xy, yy] = [0, 0, 0, 0, 0];
  image.forEach((value, i) => {
    ink += value;
    x += value * (i % width);
    y += value * Math.floor(i / width);
  });
  [x, y] = [x / ink, y / ink];
  image.forEach((value, i) => {
    const [dx, dy] = [(i % width) - x, Math.floor(i / width) - y];
    xy += value * dx * dy;
    yy += value * dy * dy;
  });
  return { x, lean: (180 / Math.PI) * Math.atan(-xy / yy) };
}

function showLean(degrees) {
  const whole = Math.round(degrees);
  return whole === 0 ? "0°" : `${Math.abs(whole)}° ${whole < 0 ? "left" : "right"}`;
}

class ImageGeneration {
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.cvae;
    this.names = spec.label_names;
    this.arrays = arrays;
    this.label = new Choice("Label", this.names, spec.wish, () => this.#ask());
    this.plane = new Plane({
      label: "Map of the codes, given the label", places: arrays.places.data, labels: arrays.labels.data,
      palette: spec.palette, extent: extentOf(arrays.places.data, 2.5), moved: (place) => this.#move(place), size: 2.5,
    });
    this.image = new ImageView(this.network, "", { side: 150 });
    this.said = note();
    this.draws = new Tiles(this.network, "Images of ten codes drawn at random", DRAWN, DRAWN / 2);
    this.every = new Tiles(this.network, "The same code with each label", this.names.length, this.names.length, (i) => this.label.choose(i));
    this.leans = this.names.map(() => element("span"));
    this.facts = note();
    this.mixed = note();
    this.same = part("The same code with every label, and how the image leans", this.every.element,
      element("div", { class: "ls-tiles ls-leans", style: `--ls-columns:${this.names.length}` }, ...this.leans), this.facts, this.mixed);
    this.same.hidden = true;
    this.drawn = element("h4");
    root.append(
      this.label.element,
      element("div", { class: "ls-wish" }, part("Codes of all images, and the ten drawn as rings", this.plane.element),
        element("div", { class: "ls-column" },
          element("div", { class: "ls-part" }, this.drawn, this.draws.element,
            button("Draw again", () => this.#draw(), "Ten other codes, the same label")),
          part("The code at the cursor", this.image.element, this.said))),
      legend(spec.label_names, spec.palette),
      this.same,
    );
    this.plane.cursor = Array.from(normals(2));
    this.#draw();
    this.#show();
  }

  /** From now on, one code is seen with every label, and stays when the label changes. */
  reveal() {
    this.same.hidden = false;
    this.plane.cursor = [-1, 0];
    this.#tell();
    this.#show();
  }

  #ask() {
    // Before it was predicted, another label is another code as well.
    if (this.same.hidden) this.plane.cursor = Array.from(normals(2));
    this.#draw();
    this.#show();
  }

  #move(place) {
    this.plane.cursor = place;
    this.#show();
  }

  #draw() {
    const label = this.label.value;
    const z = normals(2 * DRAWN);
    this.draws.paint(this.network.decode(z, DRAWN, label));
    this.drawn.textContent = `Ten codes from N(0, I), with the label ${this.names[label]}`;
    this.plane.shapes = Array.from({ length: DRAWN }, (_, i) => ({ dot: [z[2 * i], z[2 * i + 1]], r: 5, kind: "ls-ring" }));
    this.plane.draw();
  }

  #show() {
    const { cursor } = this.plane;
    const label = this.label.value;
    this.image.paint(this.network.decode(cursor, 1, label));
    this.image.say(`Decoded with the label ${this.names[label]}`);
    this.said.textContent = `z = ${showCode(cursor)}`;
    this.plane.draw();
    if (this.same.hidden) return;
    const images = this.#withEvery(cursor);
    this.every.paint(Float32Array.from(images.flatMap((image) => [...image])));
    this.every.mark(label);
    images.forEach((image, i) => {
      const { lean } = manner(image, this.network.width);
      this.leans[i].textContent = showLean(lean);
      this.every.name(i, `Label ${this.names[i]}, leans ${showLean(lean)}`);
    });
  }

  #withEvery(z) {
    return this.names.map((_, label) => this.network.decode(z, 1, label).slice());
  }

  /** Says what the axes do, measured at their ends, and how little the code knows of the label. */
  #tell() {
    const at = (z) => this.#withEvery(z).map((image) => manner(image, this.network.width));
    const [right, left] = [at([-END, 0]), at([END, 0])];
    const [low, high] = [at([0, -END]), at([0, END])];
    const leaning = left.filter(({ lean }, i) => lean < right[i].lean - SEEN);
    const moving = high.filter(({ x }, i) => x < low[i].x);
    const count = this.names.length;
    const mean = (some, key) => sum(some.map((each) => each[key])) / some.length;
    this.facts.textContent = `From z1 = −${END} to ${END}, ${leaning.length} of ${count} digits come to lean farther to the left ` +
      `(by ${show(mean(right, "lean") - mean(left, "lean"), 0)}° on average over all). From z2 = −${END} to ${END}, ` +
      `${moving.length} of ${count} move to the left (by ${show(mean(low, "x") - mean(high, "x"), 1)} pixels).`;
    const { places, labels, unlabelled, unlabelled_labels: others } = this.arrays;
    this.mixed.textContent = `The nearest other image on this map shows the same digit for ${show(100 * this.#alike(places, labels), 0)}\u00a0% of images; ` +
      `on the map of the VAE without labels, for ${show(100 * this.#alike(unlabelled, others), 0)}\u00a0%.`;
  }

  #alike({ data: places }, { data: labels }) {
    let same = 0;
    for (let i = 0; i < labels.length; i++) {
      const { rows: [one, two] } = nearest(places, 2, [places[2 * i], places[2 * i + 1]], 2);
      if (labels[i] === labels[one === i ? two : one]) same += 1;
    }
    return same / labels.length;
  }
}

export default figure(ImageGeneration);
