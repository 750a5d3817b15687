/**
 * Paper to draw on, what the drawing shows, and who drew it.
 *
 * @import { Answers, DrawingSent } from "./outbox.js"
 *
 * What Python sends: `PadSpec` of pages/_ui/drawing_pad.py.
 * @typedef {{ set: string, title: string, size: number, paper: string, classes: string[], others: boolean,
 *   nicknames: boolean, max_text: number, answers: Answers }} PadSpec
 */
import { childOf } from "../shared/dom.js";
import { SketchPad } from "../shared/sketch_pad.js";
import { newId, Outbox, recall, remember } from "./outbox.js";

const NICKNAME = "vaelab-nickname";
/** And the set: the class that was chosen last. */
const CLASS = "vaelab-class";

export class CollectPad {
  #add;
  #chips;
  /** @type {string[]} */
  #classes = [];
  #ending = new AbortController();
  #nickname;
  #other;
  #outbox;
  #root;
  #said;
  #sketch;
  #spec;
  /**
   * The image before each stroke.
   * @type {Float32Array[]}
   */
  #strokes = [];
  #undo;

  /**
   * @param {HTMLElement} root  `.collect`
   * @param {PadSpec} spec
   * @param {(drawings: DrawingSent[]) => void} send
   */
  constructor(root, spec, send) {
    this.#root = root;
    this.#spec = spec;
    this.#said = childOf(root, ".co-said", HTMLElement);
    this.#chips = childOf(root, ".co-chips", HTMLElement);
    this.#other = childOf(root, "[data-do=other]", HTMLInputElement);
    this.#nickname = childOf(root, "[data-do=nickname]", HTMLInputElement);
    this.#undo = childOf(root, "[data-do=undo]", HTMLButtonElement);
    this.#add = childOf(root, "[data-do=add]", HTMLButtonElement);
    const { size } = spec;
    const { signal } = this.#ending;
    const paper = childOf(root, ".co-paper", HTMLCanvasElement);
    this.#sketch = new SketchPad(paper, { width: size, height: size, channels: 1 }, [spec.paper === "white" ? 1 : 0], {
      begin: () => this.#begin(),
      changed: () => {},
      signal,
    });
    const clear = childOf(root, "[data-do=clear]", HTMLButtonElement);
    this.#undo.addEventListener("click", () => this.#takeBack(), { signal });
    clear.addEventListener("click", () => this.#wipe(), { signal });
    this.#add.addEventListener("click", () => this.#send(), { signal });
    this.#other.addEventListener("input", () => this.#choose(""), { signal });
    for (const field of [this.#other, this.#nickname]) {
      field.maxLength = spec.max_text;
      // The screen's keyboard makes room for the paper again.
      field.addEventListener("keydown", ({ key }) => key === "Enter" && field.blur(), { signal });
    }
    this.#arrange();
    this.#outbox = new Outbox(spec.set, send);
    this.#wipe();
    this.#say(this.#outbox.added ? this.#count() : "");
    root.dataset.state = "ready";
    root.inert = false;
  }

  /** @param {Answers} answers */
  hear(answers) {
    for (const { drawing, why } of this.#outbox.hear(answers)) {
      if (why) this.#say(why, true);
      else this.#say(`Added${drawing.label && ` as “${drawing.label}”`}. Draw another. ${this.#count()}`);
    }
  }

  end() {
    this.#ending.abort();
    this.#outbox.end();
  }

  #arrange() {
    const { title, classes, others, nicknames } = this.#spec;
    const heading = childOf(this.#root, ".co-title", HTMLElement);
    heading.textContent = title;
    heading.hidden = !title;
    for (const word of classes) this.#offer(word);
    childOf(this.#root, ".co-classes", HTMLElement).hidden = !classes.length && !others;
    childOf(this.#root, ".co-other", HTMLElement).hidden = !others;
    childOf(this.#root, ".co-name", HTMLElement).hidden = !nicknames;
    this.#nickname.value = recall(NICKNAME) ?? "";
    // After a reload as before it: whoever draws twenty moons says so once.
    const last = recall(this.#classKey) ?? "";
    if (last && others && !classes.includes(last)) this.#offer(last);
    this.#choose(last);
  }

  /**
   * A chip for a class.
   * @param {string} word
   */
  #offer(word) {
    this.#classes.push(word);
    const chip = document.createElement("label");
    const choice = document.createElement("input");
    choice.type = "radio";
    choice.name = `class-of-${this.#spec.set}`;
    choice.value = word;
    choice.addEventListener("change", () => {
      this.#other.value = "";
      this.#choose(word);
    });
    const name = document.createElement("span");
    name.textContent = word;
    chip.append(choice, name);
    this.#chips.append(chip);
  }

  /** @param {string} word  Empty for none of those offered. */
  #choose(word) {
    for (const choice of this.#chips.querySelectorAll("input")) choice.checked = choice.value === word;
    remember(this.#classKey, word);
  }

  get #classKey() {
    return `${CLASS}:${this.#spec.set}`;
  }

  get #label() {
    const written = this.#other.value.trim();
    return written || (this.#chips.querySelector("input:checked")?.getAttribute("value") ?? "");
  }

  #begin() {
    this.#strokes.push(this.#sketch.image.slice());
    this.#undo.disabled = false;
    this.#say("");
  }

  #takeBack() {
    const before = this.#strokes.pop();
    if (before) this.#sketch.take(before);
    this.#undo.disabled = !this.#strokes.length;
  }

  #wipe() {
    this.#sketch.clear();
    this.#strokes = [];
    this.#undo.disabled = true;
  }

  /** Send the drawing; the paper is free at once. */
  #send() {
    const { classes, others } = this.#spec;
    const [ground] = this.#sketch.background;
    const label = this.#label;
    if (this.#sketch.image.every((value) => value === ground)) this.#say("Draw something first.", true);
    else if (!label && (classes.length || others)) this.#say("Say what it is first.", true);
    else {
      const bytes = Uint8Array.from(this.#sketch.image, (value) => Math.round(255 * value));
      const nickname = this.#nickname.value.trim();
      remember(NICKNAME, nickname);
      if (label === this.#other.value.trim()) this.#keepOther(label);
      this.#wipe();
      this.#say("Adding …");
      this.#outbox.add({ id: newId(), image: btoa(String.fromCharCode(...bytes)), label, nickname });
    }
  }

  /**
   * What was written once can be chosen from then on.
   * @param {string} word
   */
  #keepOther(word) {
    if (!word) return;
    const same = this.#classes.find((one) => one.toLowerCase() === word.toLowerCase());
    if (!same) this.#offer(word);
    this.#other.value = "";
    this.#choose(same ?? word);
  }

  #count() {
    const { added } = this.#outbox;
    return `You have added ${added} ${added === 1 ? "drawing" : "drawings"}.`;
  }

  /**
   * @param {string} words
   * @param {boolean} wrong
   */
  #say(words, wrong = false) {
    this.#said.textContent = words;
    this.#said.toggleAttribute("data-wrong", wrong);
  }
}
