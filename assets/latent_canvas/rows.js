/**
 * A slider for each dimension of the code, with what it would decode along it.
 *
 * @import { LatentMap } from "../network/map.js"
 * @import { DimSpec } from "../network/map_file.js"
 * @import { ImageSize } from "../network/picture.js"
 * @import { CanvasElements } from "./elements.js"
 */
import { Picture } from "../network/picture.js";
import { childOf } from "../shared/dom.js";
import { show } from "../shared/show.js";

/** Images on the strip of a slider: as many as fit undistorted, within these bounds. */
const FEWEST_ON_STRIP = 3;
const MOST_ON_STRIP = 16;
/** Pixels of the screen that a strip is high, as component.css has it. */
const STRIP_HEIGHT = 41;
/** Sliders shown at once; more are folded away. */
const MOST_ROWS = 6;

class DimRow {
  /** The label and the codes that its strip was last asked for with. */
  asked = "";
  #input;
  #limit;
  #output;

  /**
   * @param {DimSpec} spec
   * @param {string} key  Of the map, which tells this row from those of other canvases.
   * @param {ImageSize} size
   */
  constructor({ dim, limit, kl, name }, key, size) {
    this.dim = dim;
    this.#limit = limit;
    this.element = document.createElement("div");
    this.element.className = "lc-row";
    const id = `${key}-z${dim}`;
    this.element.innerHTML = `<label for="${id}">z${dim + 1}<small>${kl === null ? "" : `KL ${kl.toFixed(2)}`}</small><small class="lc-name"></small></label>
      <div class="lc-track"><canvas class="lc-strip" aria-hidden="true"></canvas>
        <input type="range" id="${id}" data-dim="${dim}" min="${-limit}" max="${limit}" step="${limit / 500}"
          title="Double-click sets z${dim + 1} to 0"></div>
      <output for="${id}" aria-live="off"></output>`;
    const called = childOf(this.element, ".lc-name", HTMLElement);
    called.textContent = called.title = name; // text, whatever people wrote
    this.#input = childOf(this.element, "input", HTMLInputElement);
    this.#output = childOf(this.element, "output", HTMLOutputElement);
    this.strip = new Picture(childOf(this.element, "canvas", HTMLCanvasElement), size, STRIP_HEIGHT);
  }

  /** @param {Float32Array} z */
  show(z) {
    const text = show(z[this.dim]);
    if (this.#output.textContent === text) return;
    this.#output.textContent = text;
    this.#input.value = String(z[this.dim]);
  }

  get isOpen() {
    return !this.element.closest("details:not([open])");
  }

  /**
   * Codes for the strip: `z`, but for this dimension, which goes from one end of the slider to the other.
   * @param {Float32Array} z
   */
  codesAlong(z) {
    const { clientWidth, clientHeight } = this.strip.element;
    const fitting = Math.round(clientWidth / clientHeight) || 0;
    const count = Math.max(FEWEST_ON_STRIP, Math.min(MOST_ON_STRIP, fitting));
    const codes = new Float32Array(count * z.length);
    for (let i = 0; i < count; i++) {
      codes.set(z, i * z.length);
      codes[i * z.length + this.dim] = this.#limit * ((2 * i + 1) / count - 1);
    }
    return { codes, count };
  }
}

/**
 * Those that carry most first; the rest folded away, and the unused apart from it.
 * @param {LatentMap} map
 * @param {ImageSize} size
 * @param {CanvasElements} elements
 */
export function makeRows({ dims, key }, size, { lists, folds }) {
  const active = dims.filter((entry) => entry.active);
  const used = active.length ? active : dims; // a collapsed model has sliders all the same
  const most = used.length <= MOST_ROWS + 1 ? used.length : MOST_ROWS; // never fold a single one
  const [more, unused] = [used.slice(most), dims.filter((entry) => !used.includes(entry))];
  nameFold(folds[0], more.length, `${more.length} more dimensions`);
  nameFold(folds[1], unused.length, `Unused dimensions (${unused.length})`);
  return [used.slice(0, most), more, unused].flatMap((group, i) => {
    // Which are shown goes by what they carry; then one looks for a number where numbers go.
    group.sort((one, other) => one.dim - other.dim);
    const rows = group.map((entry) => new DimRow(entry, key, size));
    lists[i].replaceChildren(...rows.map(({ element }) => element));
    return rows;
  });
}

/**
 * @param {HTMLDetailsElement} fold
 * @param {number} count  Of what is folded away.
 * @param {string} name
 */
function nameFold(fold, count, name) {
  fold.hidden = !count;
  fold.open = false;
  childOf(fold, "summary", HTMLElement).textContent = name;
}
