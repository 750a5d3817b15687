/**
 * The pixels of an image, chosen with the pointer or the arrow keys, to look at or to paint on.
 *
 * @typedef {[number, number]} Pixel  Column and row, from 0.
 * @typedef {[number, number]} Spot  Where in the image, in pixels: the first pixel is from 0 to 1.
 *
 * @typedef {object} PadOptions
 * @property {Pixel} [pixel]  Chosen at first; the middle one by default.
 * @property {HTMLElement} [frame]  Laid over the pixel that is chosen; its parent must be as large as the image.
 * @property {(pixel: Pixel) => void} [choose]  A pixel was chosen, perhaps the same as before.
 * @property {(spot: Spot) => void} [press]  A stroke begins: the pointer is pressed, or the space bar or Enter.
 * @property {(spots: Spot[]) => void} [drag]  The pressed pointer was here since, in this order.
 * @property {() => void} [release]  The stroke ends.
 * @property {AbortSignal} [signal]  Ends listening.
 */

/** @type {Record<string, Pixel>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Without `press`, the pixel is that under the mouse; with it, that under the pressed pointer. */
export class PixelPad {
  #pressed = false;
  #element;
  #size;
  #options;
  /** @type {Pixel} */
  #pixel;

  /**
   * @param {HTMLElement} element  As large as the image, and able to have the focus.
   * @param {{ width: number, height: number }} size  Of the image, in pixels.
   * @param {PadOptions} options
   */
  constructor(element, size, options) {
    this.#element = element;
    this.#size = size;
    this.#options = options;
    this.#pixel = options.pixel ?? [Math.floor(size.width / 2), Math.floor(size.height / 2)];
    this.#placeFrame();
    const { signal } = options;
    element.addEventListener("pointerdown", (event) => this.#down(event), { signal });
    element.addEventListener("pointermove", (event) => this.#move(event), { signal });
    element.addEventListener("pointerup", () => this.#up(), { signal });
    element.addEventListener("pointercancel", () => this.#up(), { signal });
    element.addEventListener("keydown", (event) => this.#key(event), { signal });
    // To a browser a quick stroke is a fling, even where nothing scrolls, and the next tap only ends it.
    if (options.press)
      element.addEventListener("touchmove", (event) => event.preventDefault(), { passive: false, signal });
  }

  /** The pixel that is chosen. */
  get pixel() {
    return this.#pixel;
  }

  /** Chooses without calling `choose`. */
  set pixel([x, y]) {
    const { width, height } = this.#size;
    this.#pixel = [Math.max(0, Math.min(width - 1, x)), Math.max(0, Math.min(height - 1, y))];
    this.#placeFrame();
  }

  /** Where the chosen pixel is in an image of one channel. */
  get index() {
    const [x, y] = this.#pixel;
    return y * this.#size.width + x;
  }

  #placeFrame() {
    const { frame } = this.#options;
    if (!frame) return;
    const [x, y] = this.#pixel;
    const { width, height } = this.#size;
    frame.style.left = `${(100 * x) / width}%`;
    frame.style.top = `${(100 * y) / height}%`;
    frame.style.width = `${100 / width}%`;
    frame.style.height = `${100 / height}%`;
  }

  /** @param {Pixel} pixel */
  #choose(pixel) {
    this.pixel = pixel;
    this.#options.choose?.(this.#pixel);
  }

  /**
   * @param {{ clientX: number, clientY: number }} event
   * @returns {Spot}
   */
  #spotOf({ clientX, clientY }) {
    const box = this.#element.getBoundingClientRect();
    return [
      ((clientX - box.left) / box.width) * this.#size.width,
      ((clientY - box.top) / box.height) * this.#size.height,
    ];
  }

  /** @param {Spot} spot */
  #chooseAt([x, y]) {
    this.#choose([Math.floor(x), Math.floor(y)]);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    const spot = this.#spotOf(event);
    this.#chooseAt(spot);
    if (!this.#options.press) return;
    this.#element.setPointerCapture(event.pointerId);
    this.#pressed = true;
    this.#options.press(spot);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#options.press) {
      if (event.pointerType === "mouse") this.#chooseAt(this.#spotOf(event));
      return;
    }
    if (!this.#pressed || !event.isPrimary) return;
    const parts = event.getCoalescedEvents?.() ?? [];
    const spots = (parts.length ? parts : [event]).map((part) => this.#spotOf(part));
    this.#chooseAt(spots[spots.length - 1]);
    this.#options.drag?.(spots);
  }

  #up() {
    if (!this.#pressed) return;
    this.#pressed = false;
    this.#options.release?.();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = ARROWS[event.key];
    const { press, release } = this.#options;
    if (step) this.#choose([this.#pixel[0] + step[0], this.#pixel[1] + step[1]]);
    else if (press && (event.key === " " || event.key === "Enter")) {
      press([this.#pixel[0] + 0.5, this.#pixel[1] + 0.5]);
      release?.();
    } else return;
    event.preventDefault();
  }
}
