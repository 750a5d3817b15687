/**
 * Files dropped anywhere on the page: without this the browser leaves the app for them.
 *
 * @typedef {object} Dropping
 * @property {(isOver: boolean) => void} [over]  Something is dragged over the page, or no longer.
 * @property {(file: File | undefined) => void} [drop]  Of what was dropped the first file; none in a link.
 */

/** What takes drops of its own: fields for files, and for text. */
const TAKERS = "input, textarea, [contenteditable], [data-testid=stFileUploaderDropzone]";

/**
 * @param {Dropping} dropping
 * @param {AbortSignal} signal
 */
export function catchDrops({ over, drop }, signal) {
  const drag = (/** @type {DragEvent} */ event) => {
    const { target, dataTransfer, type } = event;
    const types = dataTransfer?.types ?? [];
    // A link would be followed just as well. Whatever else is dragged is text, and harmless.
    if (!types.includes("Files") && !types.includes("text/uri-list")) return;
    if (target instanceof Element && target.closest(TAKERS)) return;
    event.preventDefault();
    over?.(type === "dragover");
    if (type === "drop") drop?.(dataTransfer?.files[0]);
  };
  for (const name of /** @type {const} */ (["dragover", "drop"])) document.addEventListener(name, drag, { signal });
  // Out of the window there is nothing that the pointer goes to.
  const leave = (/** @type {DragEvent} */ event) => event.relatedTarget || over?.(false);
  document.addEventListener("dragleave", leave, { signal });
}
