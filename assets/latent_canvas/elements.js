/** The elements of component.html, by what they are for. */
import { childOf } from "../shared/dom.js";

/** What a button of the canvas does. */
export const COMMANDS = ["origin", "random", "image", "play", "undo", "forget", "clear", "invert", "copy"];

export class CanvasElements {
  /** @param {HTMLElement} root  `.latent-canvas` */
  constructor(root) {
    this.root = root;
    this.problem = childOf(root, ".lc-problem", HTMLElement);
    this.live = childOf(root, ".lc-live", HTMLElement);
    this.decoded = childOf(root, ".lc-decoded", HTMLCanvasElement);
    this.caption = childOf(root, ".lc-where", HTMLElement);
    this.trust = childOf(root, ".lc-level", HTMLElement);
    this.around = childOf(root, ".lc-around", HTMLElement);
    this.real = childOf(root, ".lc-real", HTMLCanvasElement);
    this.nearest = childOf(root, ".lc-near", HTMLElement);
    this.pathName = childOf(root, ".lc-path-name", HTMLElement);
    this.announcement = childOf(root, ".lc-say", HTMLElement);
    this.label = childOf(root, "[data-do=label]", HTMLSelectElement);
    this.lens = childOf(root, "[data-do=lens]", HTMLInputElement);
    this.extend = childOf(root, "[data-do=extend]", HTMLInputElement);
    this.ends = ["a", "b"].map((end) => childOf(root, `[data-do=end-${end}]`, HTMLInputElement));
    this.along = childOf(root, "[data-do=along]", HTMLInputElement);
    this.play = childOf(root, "[data-do=play]", HTMLButtonElement);
    this.lists = Array.from(root.querySelectorAll(".lc-rows"));
    this.folds = Array.from(root.querySelectorAll("details")).filter((fold) => fold.matches(".lc-more"));
    this.drawing = childOf(root, ".lc-draw", HTMLElement);
    this.pad = childOf(root, ".lc-pad", HTMLCanvasElement);
    this.padProblem = childOf(root, ".lc-wrong", HTMLElement);
    this.judged = childOf(root, ".lc-judged", HTMLElement);
    this.invert = this.button("invert");
    this.file = childOf(root, "[data-do=file]", HTMLInputElement);
    this.ink = childOf(root, "[data-do=ink]", HTMLInputElement);
    this.inkChoice = childOf(root, ".lc-ink", HTMLElement);
  }

  /** @param {string} command */
  button(command) {
    return childOf(this.root, `[data-do=${command}]`, HTMLButtonElement);
  }
}
