/** The two ways to a code, as chains: where derivatives come through and where they end. */

import { element, part } from "./stage/elements.js";

/**
 * @param {string} title
 * @param {[text: string, kind?: string][]} boxes
 * @param {string} explanation
 */
const chain = (title, boxes, explanation) =>
  element(
    "div",
    { class: "ls-path" },
    element("strong", {}, title),
    element(
      "div",
      { class: "ls-chain" },
      ...boxes.flatMap(([text, kind], i) => [
        i ? element("span", { class: "ls-arrow", "aria-hidden": "true" }, "→") : null,
        element("span", { class: `ls-box ${kind ?? ""}` }, text),
      ]),
    ),
    element("span", { class: "ls-back" }, explanation),
  );

/** The figure of both. */
export const waysToDraw = () =>
  part(
    "Two ways to draw the same code",
    chain(
      "Drawn directly",
      [["x"], ["encoder"], ["μ, σ"], ["draw z ∼ N(μ, σ²)", "ls-random"], ["decoder"], ["reconstruction"]],
      "✕ No derivative comes back through the draw. The encoder can be trained from the loss’s values alone, only more noisily.",
    ),
    chain(
      "Noise aside",
      [["x"], ["encoder"], ["μ, σ"], ["z = μ + σ · ε"], ["decoder"], ["reconstruction"]],
      "✓ Derivatives come back all the way. ε, drawn beforehand, is an input, as x is.",
    ),
  );
