/**
 * The true posterior p(z|x) of the image at which z rests, for the map to show under the encoder's ellipse.
 *
 * @import { Network } from "../network/network.js"
 * @import { TruePosterior } from "../network/true_posterior.js"
 * @import { Explorer } from "./explorer.js"
 * @import { ImagePosterior } from "./posterior.js"
 *
 * @typedef {{ share: number, codes: [number, number][] }} Outline  Around so much of it, as a closed line of codes.
 */
import { PosteriorGrid } from "../network/true_posterior.js";
import { contours, levelsAround } from "../shared/contours.js";

/** Cells along the grid that all codes lie on, and along the one that is laid where the posterior is. */
const EVERYWHERE = 96;
const THERE = 48;
/** What the ellipses of radius sigma and 2 sigma hold of a Gaussian in the plane. */
const AROUND_SIGMAS = [1 - Math.exp(-1 / 2), 1 - Math.exp(-2)];
/** Of larger images a grid takes too much memory, and of slower decoders too much time: some 5 s. */
const MOST_PIXELS = 1100;
const MOST_MULTIPLY_ADDS = 1e6;
/** Multiply-adds between which other things are done: some 10 ms. */
const AT_ONCE = 3e7;
/** Milliseconds that z has rested before a grid is begun. */
const PAUSE = 200;
/** A cell counts where it is not so many nats below the densest. */
const COUNTS = 5;
/** How often the second grid may be laid anew. */
const TRIES = 6;

export class TruthOnMap {
  /** @type {Outline[]} */
  outlines = [];
  #explorer;
  /**
   * Of all images with a label.
   * @type {PosteriorGrid | null}
   */
  #everywhere = null;
  /** @type {ImagePosterior | null} */
  #of = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Explorer} explorer
   * @param {AbortSignal} signal
   */
  constructor(explorer, signal) {
    this.#explorer = explorer;
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** Look for the posterior of the image where z is, unless that is what is shown. */
  look() {
    const { posterior } = this.#explorer;
    if (posterior === this.#of) return;
    this.#of = posterior;
    this.outlines = [];
    clearTimeout(this.#timer);
    const { network } = this.#explorer;
    if (!posterior?.pixels || !network || !this.#suits(network)) return;
    this.#timer = setTimeout(() => this.#lookEverywhere(network, posterior), PAUSE);
  }

  /** @param {Network} network */
  #suits({ latentDim, isVae, numPixels, multiplyAdds }) {
    const isSmall = numPixels <= MOST_PIXELS && multiplyAdds <= MOST_MULTIPLY_ADDS;
    return isVae && latentDim === 2 && this.#explorer.map.projection !== "umap" && isSmall;
  }

  /**
   * @param {Network} network
   * @param {ImagePosterior} posterior
   */
  #lookEverywhere(network, posterior) {
    const { map, label } = this.#explorer;
    if (this.#everywhere?.label !== label) {
      const reach = Math.max(4.5, ...map.dims.map(({ limit }) => limit));
      this.#everywhere = new PosteriorGrid(network, { reach, side: EVERYWHERE, label });
    }
    const grid = this.#everywhere;
    this.#decode(grid, posterior, (truth) => {
      this.#lookThere(
        network,
        posterior,
        grid.place(densest(truth)),
        Math.max(2 * grid.width, 4 * Math.max(...posterior.sigma)),
      );
    });
  }

  /**
   * Lay a grid where the posterior is, as wide as that.
   * @param {Network} network
   * @param {ImagePosterior} posterior
   * @param {number[]} center
   * @param {number} reach
   */
  #lookThere(network, posterior, center, reach, tries = TRIES) {
    const { label, view } = this.#explorer;
    const grid = new PosteriorGrid(network, { center, reach, side: THERE, label });
    this.#decode(grid, posterior, (truth) => {
      const again = tries && fit(truth);
      if (again) {
        this.#lookThere(network, posterior, grid.place(densest(truth)), again * reach, tries - 1);
        return;
      }
      const levels = levelsAround(truth.logDensity, AROUND_SIGMAS);
      this.outlines = AROUND_SIGMAS.flatMap((share, k) =>
        contours(truth.logDensity, THERE, levels[k]).map((line) => ({
          share,
          codes: line.map(([column, row]) => grid.placeAt(column, row)),
        })),
      );
      view.forgetMarks();
      this.#explorer.request(true);
    });
  }

  /**
   * Decode a grid, a part at a time, as long as the image is the one at which z rests.
   * @param {PosteriorGrid} grid
   * @param {ImagePosterior} posterior
   * @param {(truth: TruePosterior) => void} done
   */
  #decode(grid, posterior, done) {
    const cells = Math.max(1, Math.floor(AT_ONCE / grid.network.multiplyAdds));
    const go = () => {
      if (this.#explorer.ended || this.#of !== posterior || !posterior.pixels) return;
      if (grid.advance(cells)) done(grid.of(posterior.pixels));
      else this.#timer = setTimeout(go);
    };
    go();
  }
}

/**
 * The densest cell.
 * @param {TruePosterior} truth
 */
function densest({ logDensity }) {
  return logDensity.reduce((best, log, i) => (log > logDensity[best] ? i : best), 0);
}

/**
 * How many times as wide a grid should be; 0 where it fits.
 * @param {TruePosterior} truth
 */
function fit(truth) {
  const { logDensity } = truth;
  const least = logDensity[densest(truth)] - COUNTS;
  let [cells, atBorder] = [0, 0];
  logDensity.forEach((log, i) => {
    if (log < least) return;
    const [column, row] = [i % THERE, Math.floor(i / THERE)];
    cells += 1;
    if (Math.min(column, row) === 0 || Math.max(column, row) === THERE - 1) atBorder += 1;
  });
  if (atBorder) return 1.7;
  return cells < 100 ? 0.5 : 0;
}
