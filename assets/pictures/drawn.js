/**
 * A part of the page as an SVG of its own: charts, what lies over them, images and words, where they are on the screen.
 *
 * @typedef {object} Drawn
 * @property {string} svg
 * @property {number} width
 * @property {number} height
 *
 * @typedef {{ x: number, y: number, width: number, height: number }} Box
 */

const SVG = "http://www.w3.org/2000/svg";
/** What is there for the pointer only. */
const LEFT_OUT =
  "button, input, select, textarea, label, .modebar-container, .draglayer, .hoverlayer, .zoomlayer, .lc-lens, .lc-nearby, .lasso-layer, .hovered-image, .chart-notice, script, style";
/** What style sheets of the page say of what is drawn over a chart; Plotly writes its own into each element. */
const LOOKS = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-opacity",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linejoin",
  "opacity",
  "paint-order",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
];
/** Around what is drawn, the height of the line below it, and what a letter of that takes, in pixels. */
const [MARGIN, LINE, LETTER] = [12, 28, 6.5];

/** The colour that is seen behind an element. */
function groundOf(/** @type {Element} */ element) {
  for (let one = /** @type {Element | null} */ (element); one; one = one.parentElement) {
    const { backgroundColor } = getComputedStyle(one);
    if (!/^(transparent|rgba\(.*, 0\))$/.test(backgroundColor)) return backgroundColor;
  }
  return "white";
}

/**
 * An element of an SVG.
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {(Node | string)[]} children
 */
function make(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** Puts together what is drawn in an element of the page. */
class Drawer {
  /** @type {Element[]} */
  parts = [];
  right = 0;
  bottom = 0;
  #clips = 0;
  #corner;
  #measure = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));

  /** @param {Element} root */
  constructor(root) {
    this.#corner = root.getBoundingClientRect();
    this.#take(root, 1);
  }

  /**
   * @param {Element} part
   * @param {Box} box
   * @param {number} opacity
   */
  #add(part, box, opacity) {
    if (opacity < 1) part.setAttribute("opacity", String(opacity));
    this.parts.push(part);
    this.right = Math.max(this.right, box.x + box.width);
    this.bottom = Math.max(this.bottom, box.y + box.height);
  }

  /**
   * @param {DOMRect} rect
   * @returns {Box}
   */
  #box({ left, top, width, height }) {
    return { x: left - this.#corner.left, y: top - this.#corner.top, width, height };
  }

  /**
   * @param {Element} element
   * @param {number} around  Opacity of what is around it.
   */
  #take(element, around) {
    const style = getComputedStyle(element);
    const rect = element.getBoundingClientRect();
    if (element.matches(LEFT_OUT) || style.display === "none" || style.visibility === "hidden") return;
    const opacity = around * Number(style.opacity);
    const box = this.#box(rect);
    if (element instanceof SVGSVGElement) this.#add(this.#svg(element, box), box, opacity);
    else if (element instanceof HTMLCanvasElement) this.#image(element.toDataURL(), box, style, opacity);
    else if (element instanceof HTMLImageElement) this.#image(element.src, box, style, opacity);
    else {
      if (this.parts.length && !/^(transparent|rgba\(.*, 0\))$/.test(style.backgroundColor)) {
        this.#add(make("rect", { ...box, rx: 4, fill: style.backgroundColor }), box, opacity);
      }
      for (const child of element.childNodes) {
        if (child instanceof Element) this.#take(child, opacity);
        else if (child instanceof Text) this.#words(child, style, opacity);
      }
    }
  }

  /**
   * @param {string} href
   * @param {Box} box
   * @param {CSSStyleDeclaration} style
   * @param {number} opacity
   */
  #image(href, box, style, opacity) {
    if (!box.width || !box.height) return;
    const image = make("image", { ...box, href, preserveAspectRatio: "none" });
    if (style.imageRendering === "pixelated") image.setAttribute("style", "image-rendering: pixelated");
    this.#add(image, box, opacity);
  }

  /**
   * @param {SVGSVGElement} svg
   * @param {Box} box
   */
  #svg(svg, box) {
    const clone = /** @type {SVGSVGElement} */ (svg.cloneNode(true));
    const isPlotlys = svg.classList.contains("main-svg");
    const [theirs, ours] = [svg, clone].map((one) => [...one.querySelectorAll(isPlotlys ? "text, tspan" : "*")]);
    theirs.forEach((element, i) => {
      const style = getComputedStyle(element);
      if (!isPlotlys) for (const name of LOOKS) ours[i].setAttribute(name, style.getPropertyValue(name));
      if (element instanceof SVGTextContentElement && !element.childElementCount) {
        this.#hold(ours[i], element.getComputedTextLength());
      }
    });
    const left = svg.closest(".tm-away") ? `${LEFT_OUT}, .cartesianlayer :is(.plot, .overplot)` : LEFT_OUT;
    for (const element of clone.querySelectorAll(left)) element.remove();
    for (const name of ["style", "class", "aria-hidden"]) clone.removeAttribute(name);
    for (const [name, value] of Object.entries(box)) clone.setAttribute(name, String(value));
    // A style sheet's word for it, which only browsers know.
    const corners = /^polygon\((.*)\)$/.exec(getComputedStyle(svg).clipPath)?.[1];
    if (!corners) return clone;
    const id = `clip-${++this.#clips}`;
    const points = corners.replaceAll("px", "");
    const inside = make("g", { "clip-path": `url(#${id})` }, ...clone.childNodes);
    clone.append(make("clipPath", { id }, make("polygon", { points })), inside);
    return clone;
  }

  /**
   * Have words be as wide as on the page: wherever they are read next lacks its fonts.
   * @param {Element} text
   * @param {number} width
   */
  #hold(text, width) {
    if (!width) return;
    text.setAttribute("textLength", String(width));
    text.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }

  /**
   * @param {Text} text
   * @param {CSSStyleDeclaration} style
   * @param {number} opacity
   */
  #words(text, style, opacity) {
    const { fontFamily, fontSize, fontWeight, color: fill } = style;
    this.#measure.font = `${fontWeight} ${fontSize} ${fontFamily}`;
    const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = this.#measure.measureText("x");
    /** @type {{ top: number, text: string, box: Box }[]} */
    const lines = [];
    for (const { 0: word, index } of text.data.matchAll(/\S+/g)) {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      const box = this.#box(range.getBoundingClientRect());
      const last = lines.at(-1);
      if (last && Math.abs(last.top - box.y) < 2) {
        last.text += ` ${word}`;
        last.box.width = box.x + box.width - last.box.x;
      } else if (box.width) lines.push({ top: box.y, text: word, box });
    }
    for (const { text, box } of lines) {
      const [x, y] = [box.x, box.y + (box.height * up) / (up + down)];
      const looks = { "font-family": fontFamily, "font-size": fontSize, "font-weight": fontWeight, fill };
      const words = make("text", { x, y, ...looks }, text);
      this.#hold(words, box.width);
      this.#add(words, box, opacity);
    }
  }
}

/**
 * Draw what is in an element, and a line below it.
 * @param {Element} root
 * @param {string} name  What it is a picture of.
 * @param {string} line  Where it comes from.
 * @returns {Drawn}
 */
export function drawn(root, name, line) {
  const { parts, right, bottom } = new Drawer(root);
  const { color, fontFamily } = getComputedStyle(root);
  const least = line.length * LETTER; // a single small image is narrower than what is said of it
  const [width, height] = [Math.ceil(Math.max(right, least)) + 2 * MARGIN, Math.ceil(bottom) + MARGIN + LINE];
  const ground = groundOf(root);
  const whence = { x: MARGIN, y: height - 9, "font-family": fontFamily, "font-size": 12, fill: color, opacity: 0.8 };
  const svg = make(
    "svg",
    { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`, role: "img" },
    make("title", {}, `${name}: ${line}`),
    make("rect", { width, height, fill: ground }),
    make("g", { transform: `translate(${MARGIN} ${MARGIN})` }, ...parts),
    make("text", whence, line),
  );
  return { svg: new XMLSerializer().serializeToString(svg), width, height };
}

/**
 * The same in pixels.
 * @param {Drawn} drawn
 * @param {number} times  Pixels for one of the screen's.
 * @returns {Promise<Blob>}
 */
export async function pixelsOf({ svg, width, height }, times = 2) {
  const image = new Image();
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    image.src = address;
    await image.decode();
  } finally {
    URL.revokeObjectURL(address);
  }
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width * times, height * times];
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => {
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("This picture is too large for your browser."))));
  });
}
