/** The map of an autoencoder: decoded at the cursor, and along a line between two images. */

/** Images on the way from A to B, both ends included. */
const WAY = 9;
/** Neighbours whose classes are counted, as many as vote in vaelab.evaluation. */
const VOTERS = 10;

class CodeMap {
  constructor({ root, spec, arrays, networks }) {
    this.network = networks.ae;
    this.images = imagesOf(arrays.images);
    this.labels = arrays.labels.data;
    this.names = spec.label_names;
    this.palette = spec.palette;
    this.places = arrays.places.data;
    this.ends = [...spec.ends];
    this.plane = new Plane({
      label: "Map of the autoencoder. Enter sets an end of the line to the nearest image", places: this.places,
      extent: extentOf(this.places, 1), moved: (place) => this.#go(place),
    });
    this.extents = [this.plane.extent, this.#middle()];
    this.closer = new Choice("Show", ["all of it", "the crowded middle"], 0, (i) => this.#look(i));
    this.decoded = new ImageView(this.network, "Decoded here", { side: 150 });
    this.near = new ImageView(this.network, "Nearest image", { side: 150 });
    this.crowd = new Tiles(this.network, `The ${VOTERS} nearest images`, VOTERS, 5);
    this.crowd.element.classList.add("ls-awaited");
    this.said = { place: note(), voters: note("Predict first: which digits will they be?") };
    this.colors = legend(this.names, this.palette);
    this.colors.hidden = true;
    this.next = new Choice("The next click on the map, or Enter, sets", ["A", "B"], 0, () => {});
    this.way = [this.#strip("Decoded along the line", "ls-decoded"), this.#strip("Pixels of A and B mixed", "ls-mixed")];
    root.append(
      element("div", { class: "ls-chart" },
        element("div", { class: "ls-column" }, this.plane.element, this.closer.element, this.colors),
        element("div", { class: "ls-column" }, row(this.decoded.element, this.near.element), this.said.place,
          element("h4", {}, `The ${VOTERS} nearest images`), this.crowd.element, this.said.voters)),
      part("A straight line from image A to image B", this.next.element, ...this.way.map((strip) => strip.element)),
    );
    this.#listen(this.plane.element);
    this.#walk();
    this.#go(Array.from(this.#code(this.ends[0])));
  }

  /** From now on, what nobody told the network is seen: which digit each image shows. */
  reveal() {
    this.seen = true;
    Object.assign(this.plane, { labels: this.labels, palette: this.palette, drawn: null });
    this.colors.hidden = false;
    this.#walk();
    this.#go(this.plane.cursor);
  }

  #code(i) {
    return this.places.subarray(2 * i, 2 * i + 2);
  }

  /** Where the middle two thirds of the images lie along each axis. */
  #middle() {
    return [0, 1].flatMap((axis) => {
      const sorted = this.places.filter((_, i) => i % 2 === axis).sort();
      return [1 / 6, 5 / 6].map((share) => sorted[Math.floor(share * sorted.length)]);
    });
  }

  #look(i) {
    this.plane.extent = this.extents[i];
    this.plane.draw();
  }

  #go(place) {
    const { rows, squares } = nearest(this.places, 2, place, VOTERS);
    this.nearest = rows[0];
    this.decoded.paint(this.network.decode(place));
    this.near.paint(this.images[rows[0]]);
    this.near.say(`Nearest image${this.seen ? `: a “${this.names[this.labels[rows[0]]]}”` : ""}`);
    this.said.place.textContent = `z = ${showCode(place)}; the nearest image lies ${show(Math.sqrt(squares[0]))} away.`;
    this.plane.cursor = Array.from(place);
    this.plane.draw();
    if (!this.seen) return;
    this.crowd.element.classList.remove("ls-awaited");
    this.crowd.paint(Float32Array.from([...rows].flatMap((i) => Array.from(this.images[i]))));
    const votes = this.names.map((name, label) => ({ name, count: rows.filter((i) => this.labels[i] === label).length }));
    const told = votes.filter(({ count }) => count).sort((a, b) => b.count - a.count).map(({ name, count }) => `${count} × “${name}”`);
    this.said.voters.textContent = told.join(", ");
  }

  /** A click, but not what ends a movement with the button (or a finger) down, and Enter. */
  #listen(map) {
    let from = null;
    map.addEventListener("pointerdown", ({ clientX, clientY }) => {
      from = [clientX, clientY];
    });
    map.addEventListener("click", ({ clientX, clientY }) => {
      if (from && Math.hypot(clientX - from[0], clientY - from[1]) < 6) this.#take();
    });
    map.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#take();
    });
  }

  /** Let the line begin, or end, at the image nearest to the cursor. */
  #take() {
    this.ends[this.next.value] = this.nearest;
    this.next.choose(1 - this.next.value);
    this.#walk();
    this.plane.draw();
  }

  /** Images on the way, and both ends as they are. */
  #strip(title, kind) {
    const views = Array.from({ length: WAY + 2 }, () => new ImageView(this.network, ""));
    const strip = element("div", { class: `ls-way ${kind}`, role: "group", "aria-label": title }, ...views.map((view) => view.element));
    return { views, element: element("div", { class: "ls-column" }, note(title), strip) };
  }

  #walk() {
    const [a, b] = this.ends;
    const [from, to] = [this.#code(a), this.#code(b)];
    const called = (i) => (this.seen ? `“${this.names[this.labels[i]]}”` : "");
    const between = (x, y, t) => x.map((value, i) => value + t * (y[i] - value));
    const [decoded, mixed] = this.way.map(({ views }) => (at, image, caption) => {
      views[at].paint(image);
      views[at].say(caption);
    });
    decoded(0, this.images[a], `A ${called(a)}`);
    decoded(WAY + 1, this.images[b], `B ${called(b)}`);
    for (let i = 0; i < WAY; i++) {
      const t = i / (WAY - 1);
      const share = `${Math.round(100 * t)} %`;
      const z = between(from, to, t);
      const [near] = nearest(this.places, 2, z, 1).rows;
      decoded(i + 1, this.network.decode(z), this.seen ? `near ${called(near)}` : share);
      mixed(i + 1, between(this.images[a], this.images[b], t), share);
    }
    const dots = Array.from({ length: WAY - 2 }, (_, i) => ({ dot: between(from, to, (i + 1) / (WAY - 1)), r: 2.5 }));
    this.plane.shapes = [{ line: [from, to].map((z) => Array.from(z)) }, ...dots, { dot: from, r: 5, text: "A" }, { dot: to, r: 5, text: "B" }];
  }
}

export default figure(CodeMap);
