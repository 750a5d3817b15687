/**
 * What Streamlit calls for a figure, from when its data come until it is gone.
 *
 * @import { Network } from "../../network/network.js"
 * @import { Metadata, Tensor } from "../../network/safetensors.js"
 *
 * What every figure is given: `FigureSpec` of pages/_lessons/live_figure.py.
 * @typedef {object} FigureSpec
 * @property {Record<string, string>} models  Their ids, by the role that the figure knows them in.
 *
 * What the classes are called, and a colour for each: `Classes` of pages/_lessons/kit.py.
 * @typedef {object} Classes
 * @property {string[]} label_names
 * @property {string[]} palette
 *
 * @typedef {object} Drawn  A figure on the page.
 * @property {() => void} reveal  Called once the reader has predicted what is to be shown; at once, where that
 *   was before.
 * @property {() => void} [end]  Called when it is gone.
 *
 * @typedef {object} MountArguments  Of Streamlit, at every rerun.
 * @property {Uint8Array} data
 * @property {HTMLElement} parentElement
 */
/**
 * @template Spec
 * @typedef {object} Given  What a class of figure is made with, once its models are here.
 * @property {HTMLElement} root  The element that it fills.
 * @property {Spec} spec
 * @property {Record<string, Tensor>} arrays
 * @property {Record<string, Network>} networks  By role.
 */
import { use } from "../../network/models.js";
import { readHeader, readSafetensors, specOf } from "../../network/safetensors.js";
import { MODEL_ARRIVED, page } from "../../shared/page.js";

/**
 * The element of this class within another, which the markup has.
 * @param {Element} root
 * @param {string} name
 */
function byClass(root, name) {
  return /** @type {HTMLElement} */ (root.querySelector(`.${name}`));
}

/**
 * What Streamlit calls, for a class of figure.
 * @template Spec
 * @param {new (given: Given<Spec>) => Drawn} Figure
 */
export function figure(Figure) {
  /** @type {WeakMap<HTMLElement, MountedFigure<Spec>>} */
  const mounted = new WeakMap();
  return (/** @type {MountArguments} */ { data, parentElement }) => {
    const root = byClass(parentElement, "ls-figure");
    const { metadata } = readHeader(data);
    let current = mounted.get(root);
    if (!current || current.text !== metadata.figure) {
      current?.end();
      current = new MountedFigure(Figure, root, data);
      mounted.set(root, current);
    }
    const shown = current;
    if (metadata.revealed === "True") shown.reveal();
    return () => setTimeout(() => root.isConnected || shown.end());
  };
}

/**
 * A figure on the page; it waits for its models before it is drawn.
 * @template Spec
 */
class MountedFigure {
  /** @type {Drawn | null} */
  #figure = null;
  #revealed = false;
  #ending = new AbortController();

  /**
   * @param {new (given: Given<Spec>) => Drawn} Figure
   * @param {HTMLElement} root
   * @param {Uint8Array} data
   */
  constructor(Figure, root, data) {
    this.Figure = Figure;
    this.root = root;
    this.problem = byClass(root, "ls-problem");
    this.live = byClass(root, "ls-live");
    root.dataset.state = "loading";
    const { tensors, metadata } = readSafetensors(data);
    this.text = metadata.figure;
    this.arrays = Object.fromEntries(tensors);
    /** @type {Spec & FigureSpec} */
    this.spec = specOf(metadata, "figure");
    this.names = Object.values(this.spec.models);
    document.addEventListener(MODEL_ARRIVED, () => this.#start(), { signal: this.#ending.signal });
    this.#start();
    // It stays in sight beside a long text: with its lower end, where it is higher than the screen.
    this.observer = new ResizeObserver(() => {
      /** @type {HTMLElement | null} */
      const sides = root.closest(".st-key-lesson-sides");
      sides?.style.setProperty("--figure-height", `${root.offsetHeight}px`);
    });
    this.observer.observe(root);
  }

  #start() {
    // Those that are here already must not give way to those that come.
    for (const name of this.names) {
      const model = page.models.get(name);
      if (model) use(model, this);
    }
    if (this.#figure || !this.names.every((name) => page.models.has(name))) return;
    try {
      const networks = this.#networks();
      this.live.replaceChildren();
      this.live.hidden = false;
      this.#figure = new this.Figure({ root: this.live, spec: this.spec, arrays: this.arrays, networks });
      if (this.#revealed) this.#figure.reveal();
      this.problem.hidden = true;
      this.root.dataset.state = "ready";
    } catch (error) {
      this.problem.textContent = error instanceof Error ? error.message : String(error);
      this.problem.hidden = false;
      this.root.dataset.state = "error";
      throw error;
    }
  }

  /** By role. */
  #networks() {
    /** @type {Record<string, Network>} */
    const networks = {};
    for (const [role, name] of Object.entries(this.spec.models)) {
      const model = page.models.get(name);
      if (!model?.network) throw new Error(model?.problem);
      networks[role] = model.network;
    }
    return networks;
  }

  reveal() {
    if (this.#revealed) return;
    this.#revealed = true;
    this.#figure?.reveal();
  }

  end() {
    this.#ending.abort();
    this.observer.disconnect();
    for (const name of this.names) page.models.get(name)?.users.delete(this);
    this.#figure?.end?.();
  }
}
