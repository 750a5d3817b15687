/**
 * What the rate of each beta is made of: bars of three parts, and the most that a code can tell.
 *
 * `RateParts` of pages/_lessons/beta.py: in nats per image.
 * @typedef {{
 *   information: number,
 *   total_correlation: number,
 *   dimension_kl: number,
 *   log_num_images: number,
 *   num_images: number,
 * }} RateParts
 *
 * @typedef {{ beta: number, parts: RateParts | null }} Rated
 */
import { show } from "../shared/show.js";
import { element, note, part } from "./stage/elements.js";

/** The parts from left to right, and which colour of the palette each has. */
const PARTS = /** @type {const} */ ([
  ["information", "Information", 0],
  ["total_correlation", "Total correlation", 7],
  ["dimension_kl", "KL of each number", 3],
]);

export class RateBars {
  /**
   * @param {Rated[]} models  Where any lacks its parts, nothing is shown.
   * @param {string[]} palette
   */
  constructor(models, palette) {
    const all = models.flatMap(({ parts }) => parts ?? []);
    this.isKnown = all.length === models.length;
    const most = Math.max(1, ...all.map((parts) => Math.max(rateOf(parts), parts.log_num_images)));
    this.bars = new Map(models.map((model) => [model, this.isKnown ? bar(model, palette, most) : element("li")]));
    const key = PARTS.map(([, name, color]) =>
      element("li", {}, element("i", { style: `background:${palette[color]}` }), name),
    );
    const count = all[0]?.num_images ?? 0;
    const limit = all[0]?.log_num_images ?? 0;
    this.element = part(
      `The rate taken apart, on ${count.toLocaleString("en")} training images`,
      element("ul", { class: "ls-legend", "aria-label": "Parts of the rate" }, ...key),
      element("ul", { class: "ls-rates", "aria-label": "Parts of the rate for each β" }, ...this.bars.values()),
      note(
        `In nats. The numbers on the right: information, out of the whole rate. Dashed: log ${count} = ${show(limit)}, the most that a code can tell of so many images.`,
      ),
    );
    this.element.hidden = !this.isKnown;
  }

  /**
   * @param {Rated[]} shown
   * @param {Rated} chosen
   */
  show(shown, chosen) {
    for (const [model, line] of this.bars) {
      line.hidden = !shown.includes(model);
      line.setAttribute("aria-current", String(model === chosen));
    }
  }
}

/** @param {RateParts} parts */
const rateOf = (parts) => parts.information + parts.total_correlation + parts.dimension_kl;

/**
 * @param {Rated} model
 * @param {string[]} palette
 * @param {number} most  Nats of a full bar.
 */
function bar({ beta, parts }, palette, most) {
  const known = /** @type {RateParts} */ (parts);
  /** @param {number} nats */
  const across = (nats) => `${Math.max(0, (100 * nats) / most)}%`;
  const told = PARTS.map(([name, title]) => `${title}: ${show(known[name])}`).join(", ");
  return element(
    "li",
    { title: `${told} nats` },
    element("span", { class: "ls-name" }, `β = ${beta}`),
    element(
      "span",
      { class: "ls-stack", role: "img", "aria-label": told },
      ...PARTS.map(([name, , color]) =>
        element("i", { style: `width:${across(known[name])};background:${palette[color]}` }),
      ),
      element("b", { style: `left:${across(known.log_num_images)}` }),
    ),
    element("span", { class: "ls-value" }, `${show(known.information)} of ${show(rateOf(known))}`),
  );
}
