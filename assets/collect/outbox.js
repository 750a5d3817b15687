/**
 * Drawings on their way to Python. Each is kept on the phone until Python has answered it, and sent
 * again until then; Python knows it by its id, so that it arrives once.
 *
 * What Python takes: `DrawingSent` of pages/_ui/drawing_pad.py.
 * @typedef {{ id: string, image: string, label: string, nickname: string }} DrawingSent
 *
 * By id, why a drawing was not taken; empty for one that was.
 * @typedef {Record<string, string>} Answers
 *
 * @typedef {{ waiting: DrawingSent[], added: number }} Kept
 */

/** Milliseconds after which an answer is no longer waited for. */
const UNANSWERED = 6000;

export class Outbox {
  #key;
  #send;
  /** @type {number | undefined} */
  #timer;
  /** @type {DrawingSent[]} */
  #waiting;
  /** How many of this phone's drawings were taken. */
  added = 0;

  /**
   * @param {string} set  Tells sets apart.
   * @param {(drawings: DrawingSent[]) => void} send
   */
  constructor(set, send) {
    this.#key = `vaelab-drawings:${set}`;
    this.#send = send;
    const { waiting, added } = /** @type {Kept} */ (recall(this.#key) ?? { waiting: [], added: 0 });
    this.#waiting = waiting;
    this.added = added;
    if (waiting.length) this.#sendAll();
  }

  /** How many have not been answered. */
  get waiting() {
    return this.#waiting.length;
  }

  /** @param {DrawingSent} drawing */
  add(drawing) {
    this.#waiting.push(drawing);
    this.#keep();
    this.#sendAll();
  }

  /**
   * Python's answers, perhaps not for the first time.
   * @param {Answers} answers
   * @returns {{ drawing: DrawingSent, why: string }[]}  Those that are new.
   */
  hear(answers) {
    const heard = this.#waiting.filter(({ id }) => id in answers);
    if (!heard.length) return [];
    this.#waiting = this.#waiting.filter(({ id }) => !(id in answers));
    this.added += heard.filter(({ id }) => !answers[id]).length;
    this.#keep();
    if (!this.#waiting.length) clearTimeout(this.#timer);
    return heard.map((drawing) => ({ drawing, why: answers[drawing.id] }));
  }

  end() {
    clearTimeout(this.#timer);
  }

  #sendAll() {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#sendAll(), UNANSWERED);
    this.#send(this.#waiting);
  }

  #keep() {
    remember(this.#key, { waiting: this.#waiting, added: this.added });
  }
}

/** An id that no other drawing has. Not `randomUUID`, which browsers withhold where there is no https. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * What this browser keeps under a name, if it keeps anything at all.
 * @param {string} key
 */
export function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {string} key
 * @param {unknown} value
 */
export function remember(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Switched off, or full: then it lasts as long as the page.
  }
}
