/**
 * Pixels of an image to choose, and to paint on.
 *
 * @import { ImageView } from "./pictures.js"
 * @import { ImageSize } from "../../network/picture.js"
 */
import { PixelPad } from "../../shared/pad.js";
import { element } from "./elements.js";

/**
 * Wrap a canvas in an element that can have the focus, with a frame to lay over the chosen pixel.
 * @param {HTMLCanvasElement} canvas
 * @param {string} label
 * @param {{ holder: string, frame: string }} classes  Of the style sheet.
 */
export function framed(canvas, label, classes) {
  const frame = element("i", { class: classes.frame });
  const holder = element("div", { class: classes.holder, tabindex: 0, role: "application", "aria-label": label });
  canvas.replaceWith(holder);
  holder.append(canvas, frame);
  return { holder, frame };
}

/** An image to paint on: a pixel pressed turns white or black, and a drag goes on with that. */
export class Paper {
  #ink = 0;

  /**
   * @param {ImageView} view  Of one channel.
   * @param {ImageSize} size
   * @param {string} label
   * @param {(image: Float32Array) => void} painted  Called with the image as it was painted.
   * @param {() => void} chosen  Called when a pixel was chosen.
   */
  constructor(view, size, label, painted, chosen = () => {}) {
    this.view = view;
    this.painted = painted;
    const { holder, frame } = framed(view.canvas, label, { holder: "ls-paper", frame: "ls-pencil" });
    this.element = holder;
    this.pad = new PixelPad(holder, size, {
      pixel: [3, 3],
      frame,
      choose: chosen,
      press: () => {
        this.#ink = this.value > 0.5 ? 0 : 1;
        this.#paint();
      },
      drag: () => {
        if (this.value !== this.#ink) this.#paint();
      },
    });
  }

  /** That of the chosen pixel. */
  get value() {
    return this.view.image[this.pad.index];
  }

  #paint() {
    const image = Float32Array.from(this.view.image);
    image[this.pad.index] = this.#ink;
    this.painted(image);
  }
}
