/**
 * Where the other maps go when the pointer moves over one.
 *
 * @import { LatentCanvas } from "../latent_canvas/canvas.js"
 */

/**
 * @param {HTMLElement} choice  Of two radio buttons.
 * @param {LatentCanvas[]} canvases
 */
export function linkChoice(choice, canvases) {
  choice.hidden = canvases.length < 2;
  choice.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    for (const { map } of canvases) if (map) map.link = target.value === "place" ? "place" : "image";
  });
}
