/**
 * Brings a training into sight once it is another one: on a phone it stands above the settings, at whose end it was started.
 *
 * @import { Mount } from "../shared/mount.js"
 */

/** As in the style sheet of the page. */
const ONE_COLUMN = matchMedia("(max-width: 640px)");

let last = "";

/** @param {Mount<string>} mount */
export default function mount({ data }) {
  if (data === last) return;
  last = data;
  if (ONE_COLUMN.matches) document.querySelector('[data-testid="stMain"]')?.scrollTo({ top: 0, behavior: "instant" });
}
