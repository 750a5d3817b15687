/**
 * Many images: a tray to take one from, and tiles in columns.
 *
 * @import { ImageSize } from "../../network/picture.js"
 */
import { Picture } from "../../network/picture.js";
import { arrowOf, button, element, press } from "./elements.js";

/** Images to take one from: by a click, by Enter, or by dragging it onto `target`. */
export class Tray {
  /**
   * @param {ImageSize} size
   * @param {Float32Array[]} images
   * @param {string[]} names
   * @param {number} chosen
   * @param {(i: number) => void} changed
   * @param {HTMLElement | null} target
   */
  constructor(size, images, names, chosen, changed, target = null) {
    this.changed = changed;
    this.element = element("div", {
      class: "ls-tray",
      role: "group",
      "aria-label": "Images to choose from",
    });
    this.buttons = images.map((image, i) => {
      const canvas = element("canvas", { class: "ls-image", "aria-hidden": "true" });
      new Picture(canvas, size).paint(image);
      const choice = button(canvas, () => this.choose(i), names[i]);
      choice.setAttribute("aria-label", names[i]);
      choice.draggable = true;
      choice.addEventListener("dragstart", ({ dataTransfer }) => {
        dataTransfer?.setData("text/plain", `tray ${i}`);
        dataTransfer?.setDragImage(canvas, 16, 16);
      });
      return choice;
    });
    this.element.append(...this.buttons);
    if (target) this.#accept(target);
    press(this.buttons, chosen);
  }

  /** @param {number} i */
  choose(i) {
    press(this.buttons, i);
    this.changed(i);
  }

  /** Show that none of them is chosen. */
  release() {
    press(this.buttons, null);
  }

  /** @param {HTMLElement} target */
  #accept(target) {
    for (const type of /** @type {const} */ (["dragover", "dragleave", "drop"])) {
      target.addEventListener(type, (event) => {
        event.preventDefault();
        target.classList.toggle("ls-over", type === "dragover");
        if (type !== "drop") return;
        const [, i] = /^tray (\d+)$/.exec(event.dataTransfer?.getData("text/plain") ?? "") ?? [];
        if (i !== undefined) this.choose(Number(i));
      });
    }
  }
}

/** Many small images in columns; with `changed`, buttons, among which the arrow keys move. */
export class Tiles {
  /** Which of them is chosen. */
  value = 0;

  /**
   * @param {ImageSize} size
   * @param {string} label  What they are.
   * @param {number} count
   * @param {number} columns
   * @param {((i: number) => void) | null} changed  Called with the one that was chosen.
   */
  constructor(size, label, count, columns, changed = null) {
    this.element = element("div", {
      class: "ls-tiles",
      role: changed ? "group" : "img",
      "aria-label": label,
      style: `--ls-columns:${columns}`,
    });
    this.changed = changed;
    this.tiles = Array.from({ length: count }, (_, i) => {
      const canvas = element("canvas", { class: "ls-image", "aria-hidden": "true" });
      const tile = changed ? button(canvas, () => this.choose(i)) : element("div", {}, canvas);
      this.element.append(tile);
      return { tile, picture: new Picture(canvas, size) };
    });
    if (changed) this.#listen();
  }

  /** @param {Float32Array} images  All of them, one after another, as a network decodes them. */
  paint(images) {
    const size = images.length / this.tiles.length;
    this.tiles.forEach(({ picture }, i) => {
      picture.paint(images.subarray(i * size, (i + 1) * size));
    });
  }

  /**
   * What a tile is called.
   * @param {number} i
   * @param {string} name
   */
  name(i, name) {
    this.tiles[i].tile.setAttribute("aria-label", name);
    this.tiles[i].tile.title = name;
  }

  /** @param {number} i */
  choose(i) {
    this.mark(i);
    this.changed?.(i);
  }

  /**
   * Shows that one is chosen without calling `changed`.
   * @param {number} i
   */
  mark(i) {
    this.value = i;
    press(
      this.tiles.map(({ tile }) => tile),
      i,
    );
    this.tiles.forEach(({ tile }, j) => {
      tile.tabIndex = i === j ? 0 : -1; // one stop of the Tab key, not dozens
    });
  }

  #listen() {
    this.element.addEventListener("keydown", (event) => {
      const arrow = arrowOf(event);
      if (!arrow) return;
      event.preventDefault();
      const columns = getComputedStyle(this.element).gridTemplateColumns.split(" ").length;
      const to = this.value + arrow[0] + columns * arrow[1];
      if (!(to in this.tiles)) return;
      this.choose(to);
      this.tiles[to].tile.focus();
    });
  }
}
