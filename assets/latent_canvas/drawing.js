/**
 * What a person draws or gives: encoded at the next frame, and judged once it is done.
 *
 * @import { CanvasElements } from "./elements.js"
 * @import { Explorer } from "./explorer.js"
 * @import { Judgement } from "./judgement.js"
 */
import { page } from "../shared/page.js";
import { DrawingPad } from "./drawing_pad.js";
import { judge } from "./judgement.js";

export class Drawing {
  /**
   * How the model takes it, while z is its code.
   * @type {Judgement | null}
   */
  judgement = null;
  /** Whether z is its code. */
  isHere = false;
  #explorer;
  #section;
  /**
   * Not yet encoded; whether its stroke is done.
   * @type {{ done: boolean } | null}
   */
  #waiting = null;

  /**
   * @param {Explorer} explorer
   * @param {CanvasElements} elements
   * @param {AbortSignal} signal
   */
  constructor(explorer, elements, signal) {
    const { shape, map } = explorer;
    this.#explorer = explorer;
    this.#section = elements.drawing;
    this.show();
    this.pad = new DrawingPad(elements, shape, map.background, map.extent, (done) => this.changed(done), signal);
  }

  /**
   * Go to what was drawn: encoded at the next frame, however many strokes come before it.
   * @param {boolean} done  Or in the middle of a stroke.
   */
  changed(done) {
    this.#waiting = { done: done || (this.#waiting?.done ?? false) };
    this.#explorer.time.comeHome();
    this.#explorer.request(true);
  }

  /** The pad is there where an image can be encoded in the page. */
  show() {
    this.#section.hidden = !this.#explorer.network?.canEncode;
  }

  /** Encode what waits for it. */
  encode() {
    const explorer = this.#explorer;
    const { network } = explorer;
    if (!this.#waiting || !network?.canEncode) return;
    const { done } = this.#waiting;
    this.#waiting = null;
    const posterior = network.encode(this.pad.image, explorer.label);
    explorer.stop();
    explorer.go(posterior.mu, null);
    this.isHere = true;
    if (network.isVae) explorer.posterior = { ...posterior, pixels: this.pad.image.slice() };
    if (!done) return;
    this.judge();
    explorer.report(this.pad.isBlank ? "" : "Your image. ");
  }

  /** Judge it by its reconstruction; a code may lie well for an image that is like no other. */
  judge() {
    const { pad } = this;
    const { network, map, label } = this.#explorer;
    if (!network?.canEncode) return;
    const errors = page.errors.get(map.model) ?? null;
    this.judgement = pad.isBlank ? null : judge(network, pad.image, label, pad.background, errors);
    pad.say(this.judgement);
  }

  /** z is elsewhere. */
  leave() {
    this.isHere = false;
    this.judgement = null;
  }

  clear() {
    this.pad.clear();
    this.judgement = null;
    this.#explorer.request();
  }
}
