/** What the arrows on the forming map mean, and how long they are. */
import { element, note } from "../lessons/stage/elements.js";

/** How long the longer arrow of the key is at the most, in pixels. */
const KEY = 60;

export class ForcesKey {
  /** @type {HTMLElement[]} */
  #measures = [];
  #nat = 0;

  /** @param {string} regularizer  As Python says it; empty where there is none. */
  constructor(regularizer) {
    this.names = new Map([
      ["reconstruction", "the reconstruction"],
      ["regularizer", regularizer],
      ["sum", "both together"],
    ]);
    this.list = element("ul", { class: "ls-legend tr-key" });
    this.words = note("");
    this.element = element("div", { class: "tr-forces" }, this.list, this.words);
  }

  /**
   * Say something, and nothing else.
   * @param {string} text
   */
  say(text) {
    this.list.replaceChildren();
    this.#measures = [];
    this.words.textContent = text;
  }

  /**
   * @param {string[]} sides  Of the loss, that have arrows.
   * @param {string} whose
   * @param {number} nat  How long on the map a force of one nat per unit of z is; others are by their roots.
   * @param {number} scale  Pixels a unit of the map.
   */
  show(sides, whose, nat, scale) {
    this.say(
      `${whose} in the next step, if free to move: downhill on each side of the loss. Click a code for its numbers; an arrow twice as long is a force four times as large.`,
    );
    for (const side of sides) {
      const swatch = element("i", { class: `tr-swatch tr-${side}` });
      this.list.append(element("li", {}, swatch, `wanted by ${this.names.get(side)}`));
    }
    this.#nat = nat;
    const most = 10 ** Math.floor(Math.log10((KEY / nat / scale) ** 2));
    this.#measures = [most / 10, most].map((value) =>
      element("i", { class: "tr-measure", "data-nats": String(Number(value.toPrecision(1))) }),
    );
    for (const measure of this.#measures) this.list.append(element("li", {}, measure, measure.dataset.nats));
    this.list.append(element("li", {}, "nats per unit of z"));
    this.measure(scale);
  }

  /**
   * Be as large as the map is drawn now.
   * @param {number} scale
   */
  measure(scale) {
    for (const measure of this.#measures) {
      measure.style.width = `${Math.sqrt(Number(measure.dataset.nats)) * this.#nat * scale}px`;
    }
  }
}
