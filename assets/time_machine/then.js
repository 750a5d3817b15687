/**
 * What is shown of one run beside its map while one goes back in time: its loss with a mark, and reconstructions.
 *
 * @import { Codes } from "./history.js"
 * @import { Scene } from "./traveller.js"
 */
import { element } from "../lessons/stage/elements.js";
import { Graph } from "../lessons/stage/graph.js";
import { Picture } from "../network/picture.js";
import { page } from "../shared/page.js";
import { scaleOf } from "../training/scales.js";

/** Values before this share of training are left out of the scale: the loss falls from far above at first. */
const FIRST_FALL = 0.04;
/** Images that are shown beside their reconstructions. */
const MOST_PAIRS = 8;
const LINES_OF_LOSS = ["#3f90da", "#e76300"];

export class Then {
  /** @type {{ graph: Graph, mark: HTMLElement }[]} */
  #graphs = [];
  /** @type {Codes | null} */
  #of = null;
  /** @type {{ real: HTMLCanvasElement, made: HTMLCanvasElement }[]} */
  #pairs = [];
  /** What the pairs show. */
  #shown = "";
  #curves = element("div", { class: "tm-curves" });
  #images = element("div", { class: "tm-pairs", role: "img", "aria-label": "Images and their reconstructions" });

  /** Epochs of its training. */
  total = 1;
  /** The moment at which the mark stands. */
  #moment = 0;

  /** @param {string} title  Of the run, where there are several. */
  constructor(title) {
    this.title = title;
    this.heading = element("h4", { hidden: !title }, title);
    const key = element(
      "p",
      { class: "tm-key" },
      ...["training", "validation"].map((name, k) =>
        element("span", {}, element("i", { class: `tm-line-${k}`, style: `--line:${LINES_OF_LOSS[k]}` }), name),
      ),
    );
    this.element = element("section", { class: "tm-then" }, this.heading, this.#curves, key, this.#images);
    new ResizeObserver(() => this.#place()).observe(this.#curves);
  }

  /**
   * @param {Codes} codes
   * @param {number} moment  In epochs.
   */
  mark(codes, moment) {
    this.#moment = moment;
    if (Number.isInteger(moment)) this.heading.textContent = `${this.title}: epoch ${moment}`;
    if (codes !== this.#of || this.#graphs[0]?.graph.x.to !== this.total) this.#draw(codes);
    this.#place();
  }

  #place() {
    for (const { graph, mark } of this.#graphs) {
      mark.style.transform = `translateX(${graph.box.px(Math.min(this.#moment, this.total))}px)`;
    }
  }

  /** @param {Codes} codes */
  #draw(codes) {
    this.#of = codes;
    this.#graphs = codes.spec.terms.slice(0, 3).map((term, i) => {
      const curves = [codes.train, codes.validation].map(({ shape: [, points], data }) =>
        Array.from({ length: points }, (_, k) => [data[k], data[(i + 1) * points + k]]),
      );
      const [from, to] = scaleOf(curves, FIRST_FALL * this.total);
      const graph = new Graph({
        label: `${term} by epoch`,
        x: { from: 0, to: this.total, title: "epoch" },
        y: { from, to, title: `${term}, nats` },
        height: 9,
      });
      graph.shapes = curves.map((line, k) => ({
        line: line.map(([x, y]) => [x, Math.max(from, Math.min(to, y))]),
        color: LINES_OF_LOSS[k],
        dashes: k ? "2 4" : "",
      }));
      const mark = element("div", { class: "tm-mark" });
      graph.element.append(mark);
      return { graph, mark };
    });
    this.#curves.replaceChildren(...this.#graphs.map(({ graph }) => graph.element));
    for (const { graph } of this.#graphs) graph.draw();
  }

  /**
   * Decode the codes that some images had.
   * @param {Scene} scene
   */
  reconstruct({ map, model, course, explorer }) {
    const sheet = page.thumbnails.get(map.thumbnails ?? "");
    const network = model?.network;
    this.#images.hidden = !sheet;
    this.#images.classList.toggle("lc-waits", !network);
    const wanted = JSON.stringify([model?.id, Boolean(sheet), explorer.lastImage]);
    if (!sheet || !network || wanted === this.#shown) return;
    this.#shown = wanted;
    const clicked = explorer.lastImage === null ? -1 : map.images.indexOf(explorer.lastImage);
    const points = [...new Set([...(clicked < 0 || map.onSheet(clicked) < 0 ? [] : [clicked]), ...course.shown])].slice(
      0,
      MOST_PAIRS,
    );
    while (this.#pairs.length < points.length) this.#pairs.push({ real: element("canvas"), made: element("canvas") });
    const pairs = this.#pairs.slice(0, points.length);
    this.#images.replaceChildren(...pairs.map(({ real, made }) => element("div", {}, real, made)));
    /**
     * @param {number} i
     * @param {Float32Array} image
     */
    const paint = (i, image) => {
      if (wanted !== this.#shown) return; // it came too late
      sheet.paint(pairs[i].real, map.onSheet(points[i]));
      new Picture(pairs[i].made, network).paint(image);
      Object.assign(pairs[i].made.dataset, { image: map.images[points[i]], model: model.id });
    };
    // A label goes with all of a request: of a conditional model each image is one of its own.
    const parts = network.numLabels ? points.map((_, i) => [i]) : [points.map((_, i) => i)];
    for (const part of parts) {
      const codes = Float32Array.from(part.flatMap((i) => Array.from(map.code(points[i]))));
      const label = network.numLabels ? (map.labels?.[points[part[0]]] ?? 0) : 0;
      model.background.request(`pairs-${map.key}-${part[0]}`, codes, part.length, label, (images) => {
        const size = images.length / part.length;
        part.forEach((i, k) => {
          paint(i, images.subarray(k * size, (k + 1) * size));
        });
      });
    }
  }
}
