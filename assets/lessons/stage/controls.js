/** What a reader sets: a checkbox, one of several, a number. */

import { show } from "../../shared/show.js";
import { button, element, press } from "./elements.js";

/**
 * A checkbox in front of its name.
 * @param {string} text
 * @param {boolean} checked
 * @param {(on: boolean) => void} changed
 */
export function checkbox(text, checked, changed) {
  const input = element("input", {
    type: "checkbox",
    checked,
    onchange: () => changed(input.checked),
  });
  return element("label", { class: "ls-check" }, input, text);
}

/** One of several, as a row of buttons of which one is pressed. */
export class Choice {
  /**
   * @param {string} name
   * @param {string[]} options
   * @param {number} chosen
   * @param {(i: number) => void} changed
   */
  constructor(name, options, chosen, changed) {
    this.changed = changed;
    this.value = chosen;
    this.element = element("div", { class: "ls-choice", role: "group", "aria-label": name });
    this.buttons = options.map((text, i) => button(text, () => this.choose(i)));
    this.element.append(element("span", { class: "ls-name" }, name), ...this.buttons);
    press(this.buttons, chosen);
  }

  /** @param {number} i */
  choose(i) {
    this.value = i;
    press(this.buttons, i);
    this.changed(i);
  }
}

let numSliders = 0;

/** A slider with its name before it and its value behind. */
export class Slider {
  /**
   * @param {string} name
   * @param {{ min?: number, max?: number, step?: number, value?: number, format?: (value: number) => string }} options
   * @param {(value: number) => void} changed
   */
  constructor(name, { min = -3, max = 3, step = 0.01, value = 0, format = show }, changed) {
    const id = `ls-${++numSliders}`;
    this.format = format;
    this.input = element("input", { type: "range", id, min, max, step, value });
    this.output = element("output", { for: id, "aria-live": "off" });
    this.input.addEventListener("input", () => {
      this.#showValue();
      changed(this.value);
    });
    this.element = element("div", { class: "ls-slider" }, element("label", { for: id }, name), this.input, this.output);
    this.#showValue();
  }

  get value() {
    return Number(this.input.value);
  }

  /** Moves the slider without calling `changed`. */
  set value(value) {
    this.input.value = String(value);
    this.#showValue();
  }

  #showValue() {
    this.output.textContent = this.format(this.value);
  }
}
