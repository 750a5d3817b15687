/**
 * Pictures and tables of what is on the page, each to be saved: see found.js and drawn.js.
 *
 * @import { Found } from "./found.js"
 * @import { Mount } from "../shared/mount.js"
 *
 * @typedef {object} PicturesSent  `PicturesSent` of pages/_ui/share.py.
 * @property {string} file  What the names of files begin with.
 * @property {string} whose  The models that the page shows, with their seeds.
 * @property {string} version
 */
import { childOf } from "../shared/dom.js";
import { endWithout } from "../shared/mount.js";
import { drawn, pixelsOf } from "./drawn.js";
import { csvOf, found } from "./found.js";

/** Milliseconds between two looks at what is on the page. */
const LOOK_AGAIN_FOR_PICTURES = 700;
/**
 * Who looks, by the element of the list.
 * @type {WeakMap<Element, ReturnType<typeof setInterval>>}
 */
const looking = new WeakMap();
/** What each kind can be saved as. */
const FORMS = { chart: ["SVG", "PNG"], sheet: ["PNG", "SVG"], table: ["CSV"] };
const CALLED = { chart: "chart", sheet: "images", table: "table" };

/**
 * @param {Blob} content
 * @param {string} name
 */
function save(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // once the browser has read it
}

/**
 * @param {Found} thing
 * @param {string} form
 * @param {PicturesSent} data
 */
async function contentOf({ element, name, kind, of }, form, data) {
  if (!element.isConnected) throw new Error("The page has changed: open Share again.");
  // With the mark by which spreadsheets know that it is UTF-8.
  if (kind === "table") return new Blob(["\uFEFF", csvOf(element)], { type: "text/csv" });
  const picture = drawn(element, name, [of ?? data.whose, data.version].filter(Boolean).join(" · "));
  return form === "SVG" ? new Blob([picture.svg], { type: "image/svg+xml" }) : pixelsOf(picture);
}

/** @param {Mount<PicturesSent>} mount */
export default function mount({ data, parentElement }) {
  const root = childOf(parentElement, ".page-pictures", HTMLElement);
  const list = childOf(root, "ul", HTMLUListElement);
  const say = childOf(root, "p", HTMLElement);
  let shown = "";
  const show = () => {
    const things = found();
    const names = JSON.stringify(things.map(({ kind, name }) => [kind, name]));
    // Only then, as buttons must not be made anew under the finger; those there are must be of elements still there.
    if (names === shown && current.every(({ element }) => element.isConnected)) return;
    [current, shown, root.hidden] = [things, names, things.length === 0];
    list.replaceChildren(
      ...things.map((thing) => {
        const item = document.createElement("li");
        const name = document.createElement("span");
        name.textContent = `${thing.name} (${CALLED[thing.kind]})`;
        item.append(name, ...FORMS[thing.kind].map((form) => buttonFor(thing, form)));
        return item;
      }),
    );
  };
  /** @type {Found[]} */
  let current = [];
  show();
  // Some of a page comes later: its lower part, and what jobs find out.
  clearInterval(looking.get(root)); // of an earlier mount
  looking.set(root, setInterval(show, LOOK_AGAIN_FOR_PICTURES));
  return endWithout(root, () => clearInterval(looking.get(root)));

  /**
   * @param {Found} thing
   * @param {string} form
   */
  function buttonFor(thing, form) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = form;
    button.setAttribute("aria-label", `Save ${thing.name} (${CALLED[thing.kind]}) as ${form}`);
    button.onclick = async () => {
      const slug = thing.name
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, "-")
        .replace(/^-|-$/g, "");
      const name = [thing.of ? "" : data.file, slug, CALLED[thing.kind]].filter(Boolean).join("-");
      try {
        save(await contentOf(thing, form, data), `${name}.${form.toLowerCase()}`);
        say.textContent = "";
      } catch (error) {
        say.textContent = error instanceof Error ? error.message : String(error);
      }
    };
    return button;
  }
}
