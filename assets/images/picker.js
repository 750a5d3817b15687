/**
 * Images of which one or any number are chosen: with the mouse, by touch, or with the keyboard as in any list.
 *
 * What Python sends: `SheetSent` of pages/_ui/image_picker.py.
 * @typedef {object} SheetSent
 * @property {string} sheet  All images as one picture, the data address of it.
 * @property {number} columns  Images a row of that picture.
 * @property {boolean} crisp  Whether their pixels are to be seen as squares.
 * @property {string[]} names  What each is called.
 * @property {string} about  What the images are, for screen readers.
 * @property {"any" | "one" | "none"} choosing  How many can be chosen; where none, they are there to be looked at.
 * @property {number | null} chosen  Of one that is chosen.
 */
import { childOf } from "../shared/dom.js";

export class ImagePicker {
  #all;
  #cells;
  /** @type {Set<number>} */
  #chosen = new Set();
  #count;
  #ending = new AbortController();
  #grid;
  #none;
  #one;
  /** Where a range of images begins that ends with Shift held. */
  #anchor = 0;
  /** What a pressed mouse does to the images that it goes over: choose them or not. */
  #painting = /** @type {boolean | null} */ (null);
  #tell;

  /**
   * @param {HTMLElement | ShadowRoot} root  With the component's markup.
   * @param {SheetSent} sent
   * @param {(chosen: number[]) => void} tell  Other images are chosen.
   */
  constructor(root, sent, tell) {
    this.#tell = tell;
    this.#count = childOf(root, ".ip-count", HTMLElement);
    this.#grid = childOf(root, ".ip-grid", HTMLElement);
    this.#all = childOf(root, ".ip-all", HTMLButtonElement);
    this.#none = childOf(root, ".ip-none", HTMLButtonElement);
    this.#cells = sent.names.map((name, index) => cell(sent, name, index));
    this.#one = sent.choosing === "one";
    this.#grid.replaceChildren(...this.#cells);
    this.#grid.ariaLabel = sent.about;
    this.#grid.role = sent.choosing === "none" ? "group" : "listbox";
    childOf(root, ".ip-line", HTMLElement).hidden = sent.choosing !== "any";
    childOf(root, ".image-picker", HTMLElement).inert = false;
    if (sent.choosing === "none") return;
    this.#grid.ariaMultiSelectable = String(!this.#one);
    this.#move(sent.chosen ?? 0, false);
    this.mark(sent.chosen);
    this.#listen();
  }

  end() {
    this.#ending.abort();
  }

  /**
   * Mark one image as chosen, or none.
   * @param {number | null} index
   */
  mark(index) {
    this.#chosen = new Set(index === null ? [] : [index]);
    this.#show();
  }

  #listen() {
    const grid = this.#grid;
    const { signal } = this.#ending;
    grid.addEventListener("keydown", (event) => this.#key(event), { signal });
    if (this.#one) {
      grid.addEventListener("click", (event) => this.#toggle(this.#indexOf(event.target)), { signal });
      return;
    }
    grid.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    grid.addEventListener("pointerover", (event) => this.#paint(event), { signal });
    // Not of a mouse, whose press has chosen already: a finger's may be the beginning of scrolling.
    const tap = (/** @type {MouseEvent} */ event) => {
      if (/** @type {PointerEvent} */ (event).pointerType !== "mouse") this.#toggle(this.#indexOf(event.target));
    };
    grid.addEventListener("click", tap, { signal });
    const choose = (/** @type {number} */ many) => {
      this.#chosen = new Set([...this.#cells.keys()].slice(0, many));
      this.#changed();
    };
    this.#all.onclick = () => choose(this.#cells.length);
    this.#none.onclick = () => choose(0);
  }

  /** @param {EventTarget | null} target */
  #indexOf(target) {
    return target instanceof HTMLDivElement ? this.#cells.indexOf(target) : -1;
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const index = this.#indexOf(event.target);
    if (index < 0 || event.pointerType !== "mouse" || event.button !== 0) return;
    if (event.shiftKey) return this.#range(index);
    this.#painting = !this.#chosen.has(index);
    addEventListener("pointerup", () => this.#release(), { once: true });
    this.#paint(event);
  }

  /** @param {PointerEvent} event */
  #paint(event) {
    const index = this.#indexOf(event.target);
    if (this.#painting === null || index < 0) return;
    if (this.#painting) this.#chosen.add(index);
    else this.#chosen.delete(index);
    this.#anchor = index;
    this.#move(index);
    this.#show();
  }

  #release() {
    this.#painting = null;
    this.#changed();
  }

  /** @param {number} index */
  #toggle(index) {
    if (index < 0) return;
    if (this.#one) this.#chosen = new Set([index]);
    else if (!this.#chosen.delete(index)) this.#chosen.add(index);
    this.#anchor = index;
    this.#move(index);
    this.#changed();
  }

  /** @param {number} index  Choose all from the anchor to this one. */
  #range(index) {
    for (let i = Math.min(index, this.#anchor); i <= Math.max(index, this.#anchor); i++) this.#chosen.add(i);
    this.#move(index);
    this.#changed();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const at = this.#cells.findIndex((each) => each.tabIndex === 0);
    const row = getComputedStyle(this.#grid).gridTemplateColumns.split(" ").length;
    const last = this.#cells.length - 1;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - row, ArrowDown: at + row, Home: 0, End: last }[
      event.key
    ];
    if (to !== undefined && !event.altKey && !event.metaKey && !event.ctrlKey) {
      if (event.shiftKey && !this.#one && to >= 0 && to <= last) this.#range(to);
      else this.#move(to);
    } else if (event.key === " " || event.key === "Enter") this.#toggle(at);
    else if (event.key === "a" && !this.#one && (event.ctrlKey || event.metaKey)) this.#all.click();
    else return;
    event.preventDefault();
    event.stopPropagation(); // Streamlit has keys of its own
  }

  /**
   * The one image that Tab comes to.
   * @param {number} index  Beyond the first and the last, nothing moves.
   */
  #move(index, focus = true) {
    const cell = this.#cells[index];
    if (!cell) return;
    for (const each of this.#cells) each.tabIndex = each === cell ? 0 : -1;
    if (focus) cell.focus();
  }

  #changed() {
    this.#show();
    this.#tell([...this.#chosen].sort((a, b) => a - b));
  }

  #show() {
    this.#cells.forEach((each, index) => {
      each.setAttribute("aria-selected", String(this.#chosen.has(index)));
    });
    const { size } = this.#chosen;
    this.#count.textContent = size ? `${size} of ${this.#cells.length} chosen` : "Click images to choose them";
  }
}

/**
 * @param {SheetSent} sent
 * @param {string} name
 * @param {number} index
 */
function cell({ sheet, columns, crisp, names, choosing }, name, index) {
  const element = document.createElement("div");
  const rows = Math.ceil(names.length / columns);
  const part = (/** @type {number} */ at, /** @type {number} */ of) => (of > 1 ? (100 * at) / (of - 1) : 0);
  element.className = crisp ? "ip-image ip-crisp" : "ip-image";
  element.role = choosing === "none" ? "img" : "option";
  element.ariaLabel = element.title = name;
  element.style.backgroundImage = `url(${sheet})`;
  element.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
  element.style.backgroundPosition = `${part(index % columns, columns)}% ${part(Math.floor(index / columns), rows)}%`;
  return element;
}
