/** The same image in an autoencoder and in a VAE: a point, and a cloud to draw from. */

const DRAWS = 6;

class Distribution {
  constructor({ root, spec, arrays, networks }) {
    this.networks = networks;
    this.images = imagesOf(arrays.images);
    this.labels = arrays.labels.data;
    this.names = spec.label_names;
    this.places = { ae: arrays.ae.data, vae: arrays.vae.data };
    const plane = (role, label) => new Plane({
      label, places: this.places[role], labels: this.labels, palette: spec.palette,
      extent: extentOf(this.places[role], 1), moved: (place) => this.#go(role, place),
    });
    this.planes = { ae: plane("ae", "Map of the autoencoder"), vae: plane("vae", "Map of the VAE") };
    const size = networks.vae;
    this.original = new ImageView(size, "The image", { side: 96 });
    this.decoded = {
      ae: new ImageView(size, "Autoencoder: its point, decoded", { side: 96 }),
      vae: new ImageView(size, "VAE: the middle, decoded", { side: 96 }),
    };
    this.draws = Array.from({ length: DRAWS }, (_, i) => new ImageView(size, "", { side: 56, alt: `Draw ${i + 1} from the cloud` }));
    this.said = { ae: note(), vae: note() };
    this.cloud = part("VAE: codes drawn from the cloud, decoded",
      row(...this.draws.map((draw) => draw.element)),
      button("Sample again", () => this.#sample(), "Draw other codes from the same cloud"));
    this.cloud.hidden = true;
    root.append(
      row(part("Autoencoder: a point", this.planes.ae.element, this.said.ae),
        part("VAE: a cloud, one and two σ wide", this.planes.vae.element, this.said.vae)),
      legend(spec.label_names, spec.palette),
      row(this.original.element, this.decoded.ae.element, this.decoded.vae.element, this.cloud),
    );
    this.#draw();
    this.#show(0);
  }

  /** From now on, what is drawn from the cloud is seen. */
  reveal() {
    this.cloud.hidden = false;
    this.#decode();
  }

  #go(role, place) {
    this.#show(nearest(this.places[role], 2, place, 1).rows[0]);
  }

  #show(i) {
    const image = this.images[i];
    this.original.paint(image);
    this.original.say(`The image: a “${this.names[this.labels[i]]}”`);
    const { mu } = this.networks.ae.encode(image);
    this.decoded.ae.paint(this.networks.ae.decode(mu));
    this.said.ae.textContent = `z = ${showCode(mu)}`;
    this.planes.ae.cursor = Array.from(mu);
    this.planes.ae.draw();
    this.posterior = this.networks.vae.encode(image);
    this.decoded.vae.paint(this.networks.vae.decode(this.posterior.mu));
    this.said.vae.textContent = `μ = ${showCode(this.posterior.mu)}, σ = ${showCode(this.posterior.sigma)}`;
    this.planes.vae.cursor = Array.from(this.posterior.mu);
    this.#decode();
  }

  #sample() {
    this.#draw();
    this.#decode();
  }

  #draw() {
    this.epsilon = Array.from({ length: DRAWS }, () => normals(2));
  }

  /** Show the cloud and, once that is revealed, what its draws come to. */
  #decode() {
    const { mu, sigma } = this.posterior;
    const shapes = [2, 1].map((times) => ({ ellipse: mu, sigma: sigma.map((s) => times * s) }));
    if (!this.cloud.hidden) {
      const codes = this.epsilon.map((epsilon) => mu.map((m, j) => m + sigma[j] * epsilon[j]));
      codes.forEach((z, i) => {
        this.draws[i].paint(this.networks.vae.decode(z));
      });
      shapes.push(...codes.map((z) => ({ dot: z })));
    }
    this.planes.vae.shapes = shapes;
    this.planes.vae.draw();
  }
}

export default figure(Distribution);
