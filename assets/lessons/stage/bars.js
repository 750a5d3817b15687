/** Numbers beside their names: tables, bars, and the key to the classes' colours. */

import { show } from "../../shared/show.js";
import { element, press } from "./elements.js";

/**
 * A table: the names of its columns, and rows that start with a name of theirs.
 * @param {string} label
 * @param {string[]} names
 * @param {string[][]} rows
 */
export function table(label, names, rows) {
  const head = names.map((name) => element("th", { scope: "col" }, name));
  const body = rows.map(([name, ...texts]) =>
    element("tr", {}, element("th", { scope: "row" }, name), ...texts.map((text) => element("td", {}, text))),
  );
  return element(
    "table",
    { class: "ls-table", "aria-label": label },
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...body),
  );
}

/** Bars beside their names and values; with `changed`, they are buttons. */
export class Bars {
  /** @type {number | null} */
  value = null;

  /**
   * @param {string} label
   * @param {string[]} names
   * @param {object} options
   * @param {string} [options.unit]
   * @param {number} [options.digits]
   * @param {number | null} [options.chosen]
   * @param {((i: number) => void) | null} [options.changed]
   */
  constructor(label, names, { unit = "", digits = 2, chosen = null, changed = null } = {}) {
    this.unit = unit;
    this.digits = digits;
    this.changed = changed;
    const role = changed ? "group" : "list";
    this.element = element("div", { class: "ls-bars", role, "aria-label": label });
    this.rows = names.map((name, i) => {
      const bar = element("i");
      const value = element("span", { class: "ls-value" });
      const parts = [element("span", { class: "ls-name" }, name), element("span", { class: "ls-groove" }, bar), value];
      const holder = changed
        ? element("button", { type: "button", onclick: () => this.choose(i) }, ...parts)
        : element("div", { role: "listitem" }, ...parts);
      this.element.append(holder);
      return { holder, bar, value };
    });
    if (changed) this.#mark(chosen);
  }

  /**
   * @param {ArrayLike<number> & Iterable<number>} values
   * @param {number} most  The value of a full bar.
   */
  paint(values, most = Math.max(...values, 1e-9)) {
    this.rows.forEach(({ bar, value }, i) => {
      bar.style.width = `${Math.max(0, Math.min(100, (100 * values[i]) / most))}%`;
      value.textContent = `${show(values[i], this.digits)} ${this.unit}`;
    });
  }

  /** @param {number} i */
  choose(i) {
    this.#mark(i);
    this.changed?.(i);
  }

  /** @param {number | null} i */
  #mark(i) {
    this.value = i;
    press(
      this.rows.map(({ holder }) => holder),
      i,
    );
  }
}

/**
 * Which colour is which class.
 * @param {string[]} names
 * @param {string[]} palette
 */
export function legend(names, palette) {
  return element(
    "ul",
    { class: "ls-legend", "aria-label": "Classes" },
    ...names.map((name, i) =>
      element("li", {}, element("i", { style: `background:${palette[i % palette.length]}` }), name),
    ),
  );
}
