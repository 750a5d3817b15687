/**
 * A training as it goes. What is on the page stays where it is in the document and is drawn over, so that
 * nothing flickers, and what the pointer rests on or was zoomed into remains.
 *
 * @import { Tensor } from "../network/safetensors.js"
 * @import { Wish } from "./forces.js"
 *
 * What Python sends, once a second while it goes on: `CourseSpec` of pages/_train/training_view.py.
 * @typedef {object} CourseSpec
 * @property {string} run
 * @property {string[]} terms  What the curves are of.
 * @property {string[]} colors  Of training and of validation.
 * @property {string[]} axes  Of the map.
 * @property {string} about  What the map shows.
 * @property {number[]} epochs  Of which there is a map: the last one, or all that were kept; amid an epoch, a fraction.
 * @property {number} steps  That an epoch takes.
 * @property {Change[]} changes
 * @property {boolean} goes_on  Whether the training does.
 * @property {boolean} close  Whether its steps are looked at.
 * @property {string} regularizer  What pulls at codes beside the reconstruction; empty where nothing does.
 * @property {string[]} columns  Of what is known of each code's forces.
 * @property {number} dimensions  Of z.
 *
 * @typedef {object} Change  Settings that changed while the run was trained: `Change` of pages/_train/changed.py.
 * @property {number} at  In epochs.
 * @property {string} text
 */
import { childOf } from "../shared/dom.js";
import { Curves } from "./curves.js";
import { Forming } from "./forming.js";

export class Course {
  #run = "";
  #ending = new AbortController();
  /** @type {Curves | null} */
  #curves = null;
  /** @type {Forming | null} */
  #forming = null;

  /** @type {Wish} */
  wish = { chosen: null, told: null, tell: () => {} };

  /** @param {HTMLElement} root */
  constructor(root) {
    this.live = childOf(root, ".ls-live", HTMLElement);
    childOf(root, ".ls-problem", HTMLElement).hidden = true;
    this.live.hidden = false;
  }

  /**
   * @param {CourseSpec} spec
   * @param {Record<string, Tensor>} arrays  `train` and `validation`, a row for x and one a term; `places`
   *   (frame, image, 2), `pictures` (frame, image, height, width, channel), `forces` (frame, code, column).
   */
  update(spec, arrays) {
    if (spec.run !== this.#run) this.#begin(spec);
    this.#curves?.update(rowsOf(arrays.train), rowsOf(arrays.validation), spec.changes, spec.goes_on);
    this.#forming?.forces.look(spec.close);
    if (arrays.places) this.#forming?.add(spec, arrays);
  }

  /** @param {CourseSpec} spec */
  #begin(spec) {
    this.end();
    this.#ending = new AbortController();
    this.#run = spec.run;
    this.#curves = new Curves(spec.terms, spec.colors);
    this.#forming = new Forming(spec, this.#ending.signal, this.wish);
    this.live.replaceChildren(this.#curves.element, this.#forming.element);
  }

  end() {
    this.#ending.abort();
    this.#forming?.pause();
  }
}

/**
 * The rows of a matrix.
 * @param {Tensor} matrix
 */
function rowsOf({ shape: [rows, columns], data }) {
  return Array.from({ length: rows }, (_, i) => data.subarray(i * columns, (i + 1) * columns));
}
