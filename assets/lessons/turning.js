/**
 * In a presentation, keys that turn to another lesson: the arrows, and the page keys, which a clicker sends. Only while
 * no control has the focus, since sliders, maps and answers know the same keys.
 */

/** @type {Record<string, "left" | "right">} */
const SIDES = { ArrowLeft: "left", PageUp: "left", ArrowRight: "right", PageDown: "right" };
/** What has the focus where no control has it: the page, or the title of a lesson that has just been opened. */
const NOBODY = "body, .stMain, .st-key-lesson-title";
/** How much of the screen the page keys move on, as browsers do. */
const SCREEN = 0.875;

/** @param {AbortSignal} signal */
export function turnByKeys(signal) {
  document.addEventListener("keydown", turn, { signal });
}

/** @param {KeyboardEvent} event */
function turn(event) {
  const side = SIDES[event.key];
  const main = document.querySelector(".stMain");
  const isOthers = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat;
  if (!side || !main || isOthers || !document.activeElement?.matches(NOBODY)) return;
  event.preventDefault();
  const room = side === "left" ? main.scrollTop : main.scrollHeight - main.clientHeight - main.scrollTop;
  // A page key goes through a long lesson first.
  if (event.key.startsWith("Page") && room > 1) {
    main.scrollBy({ top: (side === "left" ? -SCREEN : SCREEN) * main.clientHeight });
    return;
  }
  /** @type {HTMLElement | null} */
  const button = document.querySelector(`.st-key-step-${side} button`);
  button?.click();
}
