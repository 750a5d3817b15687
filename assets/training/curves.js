/**
 * The loss and its parts as they go down, training beside validation.
 *
 * @import { Change } from "./course.js"
 *
 * @typedef {ArrayLike<number>[]} Rows  What is along x, and then a row a term.
 */
import { Choice } from "../lessons/stage/controls.js";
import { button, element, note } from "../lessons/stage/elements.js";
import { Graph } from "../lessons/stage/graph.js";
import { show } from "../shared/show.js";
import { epochsDone, nearest } from "./epochs.js";
import { Gliding, roomFor, scaleOf, steady } from "./scales.js";

/** Pixels that a drag must be long to zoom. */
const LEAST_DRAG = 8;
/** Values before this share of training are left out of the scale: the loss falls from far above at first. */
const STEEP = 0.04;
/** Lines of text for what changed, one below the other, before the next begins at the top again. */
const CHANGES_BELOW = 5;
const NAMES = ["training", "validation"];

export class Curves {
  /** @type {Rows[]} Of training and of validation. */
  #rows = [[[]], [[]]];
  /** @type {Change[]} */
  #changes = [];
  /** Whether the training does. */
  #goesOn = false;
  /** @type {([number, number] | null)[]} From where to where each panel's values go. */
  #scales = [];
  #gliding = new Gliding(() => this.draw());
  /** @type {[number, number] | null} The epochs zoomed into. */
  #zoom = null;
  /** @type {number | null} Where the pointer is, in epochs. */
  #at = null;
  /** @type {number | null} Where a drag began, in epochs. */
  #from = null;
  #fromPixel = 0;

  /**
   * @param {string[]} terms
   * @param {string[]} colors  Of training and of validation.
   */
  constructor(terms, colors) {
    this.terms = terms;
    this.colors = colors;
    this.where = element("span", { class: "tr-where" });
    this.changed = note("");
    this.whole = button("All epochs", () => this.#zoomTo(null), "Show all of training again");
    this.panels = terms.map((term, i) => this.#panel(term, i));
    this.#scales = terms.map(() => null);
    // Seen where there is room for one curve only.
    this.choice = new Choice("Curve", terms, 0, (i) => this.#single(i));
    this.#single(0);
    this.element = element(
      "div",
      { class: "tr-losses" },
      element("div", { class: "tr-top" }, this.choice.element, this.where, this.whole),
      element("div", { class: "tr-curves" }, ...this.panels.map(({ element }) => element)),
      this.changed,
    );
  }

  /** @param {number} i */
  #single(i) {
    this.panels.forEach(({ element }, k) => {
      element.classList.toggle("tr-single", k === i);
    });
  }

  /**
   * @param {string} term
   * @param {number} i
   */
  #panel(term, i) {
    const axes = {
      x: { from: 0, to: 1, title: "epoch" },
      y: { from: 0, to: 1, title: i ? term : `${term}, nats per image` },
    };
    const graph = new Graph({ label: term, ...axes, height: 9.5 });
    const values = element("p", { class: "tr-values" });
    graph.element.addEventListener("pointermove", (event) => this.#move(event, graph));
    graph.element.addEventListener("pointerleave", () => this.#leave());
    graph.element.addEventListener("pointerdown", (event) => this.#press(event, graph));
    graph.element.addEventListener("pointerup", (event) => this.#release(event));
    graph.element.addEventListener("dblclick", () => this.#zoomTo(null));
    return { graph, values, element: element("div", {}, graph.element, values) };
  }

  /**
   * @param {Rows} train
   * @param {Rows} validation
   * @param {Change[]} changes  Of settings, each a line across.
   * @param {boolean} goesOn  Whether the training does.
   */
  update(train, validation, changes, goesOn) {
    this.#goesOn = goesOn;
    this.#rows = [train, validation];
    this.#changes = changes;
    const said = changes.map(({ at, text }) => `${text} after ${epochsDone(at)}`);
    this.changed.textContent = said.length ? `Changed while it was trained: ${said.join("; ")}.` : "";
    this.element.classList.toggle("tr-begun", train[0].length > 0);
    this.#fit();
    this.draw();
  }

  /** Have all axes show what there is, where they do not yet. */
  #fit(asked = false) {
    if (!this.#rows[0][0].length) return; // then nothing is drawn: an empty picture would only jump
    const [first, last] = this.#range;
    this.panels.forEach((_, i) => {
      const curves = this.#rows.map((rows) => pointsOf(rows[0], rows[i + 1] ?? [], first, last));
      const [low, high] = scaleOf(curves, first + (this.#zoom ? 0 : STEEP * (last - first)));
      const before = this.#goesOn && !this.#zoom ? this.#scales[i] : null;
      this.#scales[i] = steady(before, low, high, this.#goesOn ? undefined : 0);
    });
    this.#gliding.to([first, last, ...this.#scales.flatMap((scale) => scale ?? [0, 1])], asked);
  }

  draw() {
    const at = this.#at ?? this.#last;
    const near = this.#rows.map(([x]) => nearest(x, at));
    this.whole.style.visibility = this.#zoom ? "visible" : "hidden";
    this.where.textContent = this.#rows[0][0].length ? `After ${epochsDone(at)}` : "The curves begin here …";
    if (!this.#rows[0][0].length) return;
    const [first, last, ...scales] = this.#gliding.now;
    this.panels.forEach(({ graph, values }, i) => {
      const curves = this.#rows.map((rows) => pointsOf(rows[0], rows[i + 1] ?? [], first, last));
      const [low, high] = scales.slice(2 * i, 2 * i + 2);
      graph.x = { ...graph.x, from: first, to: last };
      graph.y = { ...graph.y, from: low, to: high };
      const within = curves.map((points) => points.map(([x, y]) => [x, Math.max(low, Math.min(high, y))]));
      graph.shapes = within.map((line, k) => ({ line, color: this.colors[k], dashes: k ? "2 4" : "" }));
      within.forEach((points, k) => {
        if (points.length === 1) graph.shapes.push({ dot: points[0], color: this.colors[k] });
      });
      graph.shapes.push(...changesWithin(this.#changes, first, last));
      if (this.#at !== null) graph.shapes.push({ rule: at, kind: "ls-quiet", text: "" });
      if (this.#from !== null) graph.shapes.push({ rule: this.#from, kind: "ls-quiet", text: "" });
      graph.draw();
      const said = this.#rows.map((rows, k) => {
        const value = rows[i + 1]?.[near[k]];
        return value === undefined ? "" : `${NAMES[k]} ${show(value, Math.abs(value) < 100 ? 2 : 1)}`;
      });
      const where = this.#at === null ? "" : this.where.textContent;
      values.replaceChildren(
        element("span", { class: "tr-at" }, where),
        ...said.flatMap((text, k) =>
          text
            ? element("span", {}, element("i", { class: `tr-line-${k}`, style: `--line:${this.colors[k]}` }), text)
            : [],
        ),
      );
      graph.element.setAttribute("aria-label", `${this.terms[i]}: ${said.filter(Boolean).join(", ")}`);
    });
  }

  /** The last epoch that there is something of. */
  get #last() {
    const changed = this.#changes.map(({ at }) => at);
    return Math.max(0, ...changed, ...this.#rows.map(([x]) => (x.length ? x[x.length - 1] : 0)));
  }

  /** @returns {[number, number]} */
  get #range() {
    return this.#zoom ?? [0, this.#goesOn ? roomFor(this.#last) : this.#last || 1];
  }

  /**
   * @param {PointerEvent} event
   * @param {Graph} graph
   */
  #move({ clientX }, graph) {
    const { left, right } = graph.box;
    const share = (clientX - graph.element.getBoundingClientRect().left - left) / (right - left);
    const [first, last] = this.#range;
    // The axis may end ahead of what there is.
    this.#at = Math.min(first + Math.max(0, Math.min(1, share)) * (last - first), this.#last);
    this.draw();
  }

  /**
   * @param {PointerEvent} event
   * @param {Graph} graph
   */
  #press(event, graph) {
    this.#move(event, graph);
    if (event.pointerType !== "mouse") return; // a finger scrolls the page
    graph.element.setPointerCapture(event.pointerId);
    this.#from = this.#at;
    this.#fromPixel = event.clientX;
  }

  /** @param {PointerEvent} event */
  #release({ clientX }) {
    const [from, at] = [this.#from, this.#at];
    this.#from = null;
    if (from === null || at === null || from === at || Math.abs(clientX - this.#fromPixel) < LEAST_DRAG) this.draw();
    else this.#zoomTo([Math.min(from, at), Math.max(from, at)]);
  }

  #leave() {
    this.#at = null;
    this.draw();
  }

  /** @param {[number, number] | null} range */
  #zoomTo(range) {
    this.#zoom = range;
    this.#fit(true);
    this.draw();
  }
}

/**
 * The points of a curve within a range, and the one beyond each end.
 * @param {ArrayLike<number>} x
 * @param {ArrayLike<number>} y
 * @param {number} first
 * @param {number} last
 */
function pointsOf(x, y, first, last) {
  const points = [];
  for (let i = 0; i < y.length; i++) if (x[i] >= first && x[i] <= last) points.push([x[i], y[i]]);
  return points;
}

/**
 * Lines across where settings changed; what they changed to stands beside each, below that of the one before.
 * @param {Change[]} changes
 * @param {number} first
 * @param {number} last
 */
function changesWithin(changes, first, last) {
  const within = changes.filter(({ at }) => at >= first && at <= last);
  return within.map(({ at, text }, i) => ({ rule: at, kind: "tr-change", text, down: i % CHANGES_BELOW }));
}
