/**
 * A graph with two axes of their own.
 *
 * @typedef {object} Axis
 * @property {number} from
 * @property {number} to
 * @property {string} title  That of the y axis stands above it.
 * @property {(value: number) => string} [format]  How the numbers along it are written.
 *
 * @typedef {object} GraphShape  What is drawn: it has `line`, `bar`, `rule`, `dot` or `text` and `at`.
 * @property {number[][]} [line]  Places [x, y] that it joins.
 * @property {number[]} [bar]  [x from, x to, y from, y to].
 * @property {number} [rule]  Where a line across stands on the x axis; `text` stands beside it.
 * @property {number} [down]  How many lines down that text is.
 * @property {number[]} [dot]
 * @property {number[]} [at]  Where `text` stands by itself.
 * @property {string} [text]
 * @property {string} [dashes]
 * @property {string} [kind]  A class of the style sheet.
 * @property {string} [color]  The accent's by default.
 *
 * @typedef {object} Box  Where things are drawn, in pixels.
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 * @property {number} rem
 * @property {(value: number) => number} px  From a value along x.
 * @property {(value: number) => number} py
 */
import { element, svgLayer } from "./elements.js";
import { showPlainly } from "./format.js";
import { ticksOf } from "./scale.js";

/** Two axes with a scale each, and what is drawn between them. */
export class Graph {
  /** @type {GraphShape[]} */
  shapes = [];

  /**
   * @param {{ label: string, x: Axis, y: Axis, height?: number }} options  What it is, for those
   *   who cannot see it; its axes; its height in rem.
   */
  constructor({ label, x, y, height = 15 }) {
    this.x = x;
    this.y = y;
    this.element = element("div", {
      class: "ls-graph",
      role: "img",
      "aria-label": label,
      style: `height:${height}rem`,
    });
    this.svg = svgLayer();
    this.element.append(this.svg);
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** Draw it, `shapes` included. */
  draw() {
    if (!this.element.clientWidth) return;
    const { box } = this;
    this.svg.innerHTML = [
      ...this.#axes(box, this.element.clientHeight),
      ...this.shapes.map((shape) => drawShape(shape, box)),
    ].join("");
  }

  /** @returns {Box} */
  get box() {
    const { clientWidth: width, clientHeight: height } = this.element;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const box = { left: 2.4 * rem, right: width - 0.8 * rem, top: 1.9 * rem, bottom: height - 2.7 * rem };
    const { x, y } = this;
    return {
      ...box,
      rem,
      px: (value) => box.left + ((value - x.from) / (x.to - x.from)) * (box.right - box.left),
      py: (value) => box.bottom - ((value - y.from) / (y.to - y.from)) * (box.bottom - box.top),
    };
  }

  /**
   * @param {Box} box
   * @param {number} height
   */
  #axes({ left, right, top, bottom, rem, px, py }, height) {
    const { x, y } = this;
    const svg = [];
    for (const at of ticksOf(x, (right - left) / (4 * rem))) {
      svg.push(
        `<line class="ls-grid" x1="${px(at)}" x2="${px(at)}" y1="${top}" y2="${bottom}"/>`,
        `<text x="${px(at)}" y="${bottom + 1.1 * rem}">${(x.format ?? showPlainly)(at)}</text>`,
      );
    }
    for (const at of ticksOf(y, (bottom - top) / (2 * rem))) {
      svg.push(
        `<line class="ls-grid" x1="${left}" x2="${right}" y1="${py(at)}" y2="${py(at)}"/>`,
        `<text class="ls-right" x="${left - 0.4 * rem}" y="${py(at) + 0.25 * rem}">${(y.format ?? showPlainly)(at)}</text>`,
      );
    }
    svg.push(
      `<text class="ls-axis" x="${(left + right) / 2}" y="${height - 0.4 * rem}">${x.title}</text>`,
      `<text class="ls-axis ls-left" x="0" y="${0.9 * rem}">${y.title}</text>`,
    );
    return svg;
  }
}

/**
 * A shape as SVG.
 * @param {GraphShape} shape
 * @param {Box} box
 */
function drawShape(
  { line, bar, rule, dot, at = [0, 0], text = "", down = 0, kind = "", color = "", dashes = "" },
  box,
) {
  const { px, py, rem } = box;
  const style = color && `style="--ls-accent:${color}"`;
  if (line) {
    const points = line.map(([x, y]) => `${px(x)},${py(y)}`).join(" ");
    return `<polyline ${style} class="ls-line ${kind}" stroke-dasharray="${dashes}" points="${points}"/>`;
  }
  if (bar) {
    const [left, right, low, high] = [px(bar[0]), px(bar[1]), py(bar[2]), py(bar[3])];
    return `<rect ${style} class="ls-bar ${kind}" x="${left}" width="${Math.max(0, right - left - 1)}" y="${Math.min(low, high)}" height="${Math.abs(high - low)}"/>`;
  }
  if (rule !== undefined) {
    const beyond = px(rule) > (box.left + box.right) / 2;
    const [side, gap] = beyond ? ["ls-right", -0.4] : ["ls-left", 0.4];
    return (
      `<line ${style} class="ls-line ${kind}" stroke-dasharray="${dashes}" x1="${px(rule)}" x2="${px(rule)}" y1="${box.top}" y2="${box.bottom}"/>` +
      `<text class="ls-mark ${side}" x="${px(rule) + gap * rem}" y="${box.top + (0.9 + 1.2 * down) * rem}">${text}</text>`
    );
  }
  if (dot) return `<circle ${style} class="ls-dot ${kind}" cx="${px(dot[0])}" cy="${py(dot[1])}" r="5"/>`;
  return `<text class="ls-mark ${kind}" x="${px(at[0])}" y="${py(at[1])}">${text}</text>`;
}
