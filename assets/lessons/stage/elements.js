/** What a figure is laid out with: elements, rows and columns of them, notes, buttons. */

/** @typedef {string | number | boolean | null | undefined | ((event: never) => void)} Attribute */

/**
 * An element with attributes, listeners (`onclick: f`), and children (elements or text).
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Attribute>} attributes  One that is false, null or undefined is left out.
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      made.addEventListener(name.slice("on".length), /** @type {EventListener} */ (value));
    } else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** An SVG to draw on, beside a text that says the same. */
export function svgLayer() {
  const layer = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  layer.setAttribute("aria-hidden", "true");
  return layer;
}

/**
 * Things beside each other, which go below each other where there is no room.
 * @param {...Node} children
 */
export const row = (...children) => element("div", { class: "ls-row" }, ...children);

/**
 * Things below each other.
 * @param {...Node} children
 */
export const column = (...children) => element("div", { class: "ls-column" }, ...children);

/**
 * A heading of a part of a figure, with what belongs to it.
 * @param {string} title
 * @param {...Node} children
 */
export const part = (title, ...children) => element("div", { class: "ls-part" }, element("h4", {}, title), ...children);

/**
 * A sentence, whose text changes: `note.textContent = …`; read aloud if `live`.
 */
export const note = (text = "", live = false) =>
  element("p", { class: "ls-note", "aria-live": live ? "polite" : null }, text);

/**
 * @param {string | Node} content
 * @param {() => void} onclick
 * @param {string} [title]
 */
export function button(content, onclick, title) {
  return element("button", { type: "button", title, onclick }, content);
}

/**
 * Show that one of several buttons is chosen.
 * @param {HTMLElement[]} buttons
 * @param {number | null} chosen
 */
export function press(buttons, chosen) {
  buttons.forEach((each, i) => {
    each.setAttribute("aria-pressed", String(i === chosen));
  });
}

/**
 * The direction of an arrow key, as columns to the right and rows down; null for another key, or
 * one that is pressed together with Alt, Control or Meta.
 * @param {KeyboardEvent} event
 * @returns {[number, number] | null}
 */
export function arrowOf(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return null;
  if (event.key === "ArrowLeft") return [-1, 0];
  if (event.key === "ArrowRight") return [1, 0];
  if (event.key === "ArrowUp") return [0, -1];
  if (event.key === "ArrowDown") return [0, 1];
  return null;
}
