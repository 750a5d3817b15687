/**
 * The drawings of a set as they arrive. What is on the page stays where it is in the document: the
 * focus remains on a button while other drawings come.
 *
 * What Python sends: `ArrivalsSpec` of pages/_collect/arrivals.py.
 * @typedef {{ size: number, total: number, counts: [string, number][], arrivals: Arrival[] }} ArrivalsSpec
 *
 * One of its drawings: `Arrival` of pages/_collect/arrivals.py.
 * @typedef {{ id: string, image: string, label: string, nickname: string }} Arrival
 */
import { Picture } from "../network/picture.js";
import { childOf } from "../shared/dom.js";

/** Drawings that one press of the button adds to those shown. */
const STEP = 60;

export class Arrivals {
  #counts;
  /**
   * By id.
   * @type {Map<string, HTMLElement>}
   */
  #items = new Map();
  #more;
  #none;
  #remove;
  /**
   * Perhaps still among those that Python sends next.
   * @type {Set<string>}
   */
  #removed = new Set();
  #say;
  #sheet;
  #total;

  /**
   * @param {HTMLElement} root  `.arrivals`
   * @param {{ remove: (ids: string[]) => void, show: (count: number) => void }} actions  `ids` are
   *   all that were removed so far: of two presses in a row Python may hear the second alone.
   */
  constructor(root, { remove, show }) {
    this.#remove = remove;
    this.#total = childOf(root, ".ar-total", HTMLElement);
    this.#counts = childOf(root, ".ar-counts", HTMLElement);
    this.#none = childOf(root, ".ar-none", HTMLElement);
    this.#sheet = childOf(root, ".ar-sheet", HTMLElement);
    this.#say = childOf(root, ".ar-say", HTMLElement);
    this.#more = childOf(root, ".ar-more", HTMLButtonElement);
    this.#more.addEventListener("click", () => show(this.#items.size + STEP));
  }

  /** @param {ArrivalsSpec} spec */
  update({ size, total, counts, arrivals: sent }) {
    const arrivals = sent.filter(({ id }) => !this.#removed.has(id));
    this.#total.textContent = `${total.toLocaleString("en")} ${total === 1 ? "drawing" : "drawings"}`;
    this.#none.hidden = total > 0;
    this.#counts.replaceChildren(...counts.map(([word, count]) => countOf(word, count)));
    this.#counts.hidden = !counts.length;
    const here = new Set(arrivals.map(({ id }) => id));
    for (const [id, item] of this.#items) if (!here.has(id)) this.#drop(id, item);
    // From the last on: each goes in front of the one that it is newer than.
    let after = null;
    for (const arrival of arrivals.reverse()) {
      const item = this.#items.get(arrival.id) ?? this.#make(arrival, size);
      if (item.nextSibling !== after || !item.parentNode) this.#sheet.insertBefore(item, after);
      after = item;
    }
    const hidden = total - sent.length;
    this.#more.hidden = !hidden;
    this.#more.textContent = `Show ${Math.min(STEP, hidden)} more`;
  }

  /**
   * @param {Arrival} arrival
   * @param {number} size
   */
  #make({ id, image, label, nickname }, size) {
    const item = document.createElement("li");
    const element = document.createElement("canvas");
    const name = [label || "Drawing", nickname && `by ${nickname}`].filter(Boolean).join(" ");
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", name);
    const values = Float32Array.from(atob(image), (byte) => byte.charCodeAt(0) / 255);
    new Picture(element, { width: size, height: size, channels: 1 }).paint(values);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Remove";
    button.setAttribute("aria-label", `Remove ${name}`);
    button.addEventListener("click", () => {
      this.#drop(id, item);
      this.#say.textContent = `Removed ${name}.`;
      this.#removed.add(id);
      this.#remove([...this.#removed]);
    });
    item.append(element, line("ar-label", label), line("ar-who", nickname), button);
    this.#items.set(id, item);
    return item;
  }

  /**
   * @param {string} id
   * @param {HTMLElement} item
   */
  #drop(id, item) {
    if (item.contains(document.activeElement)) {
      const next = item.nextElementSibling ?? item.previousElementSibling;
      next?.querySelector("button")?.focus();
    }
    item.remove();
    this.#items.delete(id);
  }
}

/**
 * @param {string} word
 * @param {number} count
 */
function countOf(word, count) {
  const item = document.createElement("li");
  const number = document.createElement("b");
  number.textContent = String(count);
  item.append(`“${word}” × `, number);
  return item;
}

/**
 * @param {string} name  Its class.
 * @param {string} text
 */
function line(name, text) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  element.title = text;
  return element;
}
