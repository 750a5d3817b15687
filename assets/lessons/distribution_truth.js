/**
 * The true posterior p(z|x) beside the encoder's ellipse, close up.
 *
 * @import { Network, Posterior } from "../network/network.js"
 * @import { PlaneShape } from "./stage/plane_shapes.js"
 */
import { PosteriorGrid } from "../network/true_posterior.js";
import { contours, levelsAround } from "../shared/contours.js";
import { show } from "../shared/show.js";
import { column, note, part, row } from "./stage/elements.js";
import { Plane } from "./stage/plane.js";

/** The grid: it holds nearly all of the prior, in cells about as wide as the narrowest sigma. */
const GRID = { reach: 4.5, side: 128 };
/** Cells that are decoded at a time: some 20 ms. */
const AT_A_TIME = 256;
/** What the ellipses of radius sigma and 2 sigma hold of a Gaussian in the plane, and shades in between. */
const ONE_SIGMA = 1 - Math.exp(-1 / 2);
const TWO_SIGMA = 1 - Math.exp(-2);
const SHADES = [0.2, ONE_SIGMA, 0.6, 0.75, TWO_SIGMA, 0.95];
/** The class of a line around as much as an ellipse holds. */
const OUTLINE = "ls-truth ls-outline";
/** Half of what is visible close up. */
const CLOSE_UP = 1.2;

export class Truth {
  /** @type {(() => void) | null} Called once the grid is there. */
  #waits = null;

  /**
   * @param {Network} network
   * @param {{ places: ArrayLike<number>, labels: ArrayLike<number>, palette: string[] }} points
   */
  constructor(network, points) {
    this.grid = new PosteriorGrid(network, GRID);
    this.plane = new Plane({
      ...points,
      label: "Close up: the cloud and the true posterior",
      extent: [-CLOSE_UP, CLOSE_UP, -CLOSE_UP, CLOSE_UP],
      size: 2.5,
    });
    this.numbers = note("Asking the decoder about every place …");
    this.element = row(
      part("Close up: the cloud and the true posterior", this.plane.element),
      column(
        note("Ellipses: the encoder’s cloud q(z|x). Those with radius σ and 2σ hold 39% and 86% of it."),
        note("Shaded: the true posterior p(z|x), by Bayes’ rule. The lines hold 39% and 86% of it, too."),
        this.numbers,
      ),
    );
  }

  /**
   * Decode the grid, a part at a time, as long as it is on the page.
   * @param {() => void} done
   */
  prepare(done) {
    if (this.grid.isReady || this.#waits) return;
    this.#waits = done;
    const go = () => {
      if (!this.element.isConnected) this.#waits = null;
      else if (this.grid.advance(AT_A_TIME)) done();
      else setTimeout(go);
    };
    setTimeout(go);
  }

  /**
   * Show an image's posteriors; returns the true one's lines, for a map that shows all of it.
   * @param {Float32Array} image
   * @param {Posterior} posterior
   * @param {PlaneShape[]} ellipses
   * @returns {PlaneShape[]}
   */
  show(image, posterior, ellipses) {
    const [x, y] = posterior.mu;
    this.plane.extent = [x - CLOSE_UP, x + CLOSE_UP, y - CLOSE_UP, y + CLOSE_UP];
    const shapes = this.grid.isReady ? this.#truth(image, posterior) : [];
    this.plane.shapes = [...shapes, ...ellipses];
    this.plane.draw();
    return shapes.filter(({ kind }) => kind === OUTLINE);
  }

  /**
   * @param {Float32Array} image
   * @param {Posterior} posterior
   * @returns {PlaneShape[]}
   */
  #truth(image, posterior) {
    const { grid } = this;
    const truth = grid.of(image);
    const gap = grid.gap(posterior, truth);
    this.numbers.textContent = `The gap between the two: KL(q(z|x) ‖ p(z|x)) = ${show(gap)} nats. log p(x) = ${show(truth.logEvidence)} nats.`;
    const levels = levelsAround(truth.logDensity, SHADES);
    return SHADES.flatMap((share, k) => {
      const isLine = share === ONE_SIGMA || share === TWO_SIGMA;
      const lines = contours(truth.logDensity, grid.side, levels[k]);
      return lines.map((line) => ({
        line: line.map(([i, j]) => grid.placeAt(i, j)),
        kind: isLine ? OUTLINE : "ls-truth",
      }));
    });
  }
}
