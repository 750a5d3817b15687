/**
 * Clouds of many images, let go: they follow the forces until these balance, with the decoder left as it is.
 *
 * @import { Network, Posterior } from "../network/network.js"
 */

import { show } from "../shared/show.js";
import { Choice } from "./stage/controls.js";
import { button, column, note, part, row } from "./stage/elements.js";
import { klTerms, mean, sum } from "./stage/maths.js";
import { Plane } from "./stage/plane.js";
import { followed, meanCost, pullsOn } from "./two_forces_pulls.js";

/** The least that clouds move in a frame while they are on their way, and frames after which they are stopped. */
const [STILL, MOST_FRAMES] = [2e-3, 400];
const AT_WORK = [
  { name: "Both", sides: /** @type {const} */ (["reconstruction", "kl"]) },
  { name: "The KL alone", sides: /** @type {const} */ (["kl"]) },
  { name: "The reconstruction alone", sides: /** @type {const} */ (["reconstruction"]) },
];

export class LettingGo {
  /** @type {number | null} */
  #frame = null;
  #frames = 0;

  /**
   * @param {Network} network
   * @param {{ images: Float32Array[], labels: ArrayLike<number> }} clouds
   * @param {{ places: ArrayLike<number>, labels: ArrayLike<number>, palette: string[], extent: number[] }} map
   */
  constructor(network, { images, labels }, map) {
    this.network = network;
    this.images = images;
    this.labels = labels;
    this.palette = map.palette;
    /** @type {Posterior[]} */
    this.clouds = [];
    this.plane = new Plane({ label: "Clouds of many images, let go", ...map, size: 2 });
    this.plane.element.classList.add("ls-faint");
    this.choice = new Choice(
      "What pulls",
      AT_WORK.map(({ name }) => name),
      1,
      () => this.#restart(),
    );
    this.go = button("Let go", () => (this.#frame ? this.#rest() : this.#start()));
    this.said = note("", true);
    this.element = part(
      `${images.length} images let go at once`,
      row(
        column(this.plane.element),
        column(
          this.choice.element,
          row(
            this.go,
            button("Back to the encoder’s", () => this.#restart(), "Hold all clouds where the encoder put them"),
          ),
          this.said,
        ),
      ),
    );
    this.#restart();
  }

  get #sides() {
    return AT_WORK[this.choice.value].sides;
  }

  #restart() {
    this.#stop();
    this.#frames = 0;
    this.clouds = this.images.map((image) => this.network.encode(image));
    this.#draw();
    this.#say();
  }

  #start() {
    if (this.#frames >= MOST_FRAMES) this.#frames = 0;
    this.go.textContent = "Hold";
    this.said.textContent = "On their way …";
    const next = () => {
      this.#frame = this.#move() ? requestAnimationFrame(next) : null;
      if (!this.#frame) this.#rest();
    };
    this.#frame = requestAnimationFrame(next);
  }

  #stop() {
    if (this.#frame) cancelAnimationFrame(this.#frame);
    this.#frame = null;
    this.go.textContent = "Let go";
  }

  #rest() {
    this.#stop();
    this.#say();
  }

  end() {
    this.#stop();
  }

  /** Move all clouds a little; whether they are still on their way. */
  #move() {
    const pulls = pullsOn(this.network, this.images, this.clouds);
    const before = this.clouds;
    this.clouds = before.map((cloud, i) =>
      followed(
        cloud,
        this.#sides.map((side) => pulls[i][side]),
      ),
    );
    this.#draw();
    this.#frames++;
    const most = Math.max(
      ...this.clouds.flatMap(({ mu, sigma }, i) => [
        ...Array.from(mu, (m, j) => Math.abs(m - before[i].mu[j])),
        ...Array.from(sigma, (s, j) => Math.abs(s - before[i].sigma[j])),
      ]),
    );
    return most > STILL && this.#frames < MOST_FRAMES;
  }

  #draw() {
    this.plane.shapes = [
      ...this.clouds.map(({ mu, sigma }, i) => ({
        ellipse: mu,
        sigma,
        kind: "ls-cloud",
        color: this.palette[this.labels[i] % this.palette.length],
      })),
      ...[2, 1].map((r) => ({ ellipse: [0, 0], sigma: [r, r], kind: "ls-quiet" })),
    ];
    this.plane.draw();
  }

  #say() {
    const reconstruction = mean(this.images.map((image, i) => meanCost(this.network, image, this.clouds[i])));
    const kl = mean(this.clouds.map(({ mu, sigma }) => sum(klTerms(mu, sigma))));
    const widths = this.clouds.flatMap(({ sigma }) => Array.from(sigma)).sort((a, b) => a - b);
    this.said.textContent = `On average: reconstruction ${show(reconstruction, 1)} + KL ${show(kl, 1)} = ${show(reconstruction + kl, 1)} nats; half of the σ are below ${show(widths[widths.length >> 1])}`;
  }
}
