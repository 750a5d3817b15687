/**
 * The page's address, copied or handed to a phone's share sheet: it has all that is set on the page; and what the page
 * computes, copied as code.
 *
 * @import { Mount } from "../shared/mount.js"
 *
 * @typedef {{ python: string, command: string }} CodeSent  `CodeSent` of pages/_ui/share.py.
 */
import { childOf } from "../shared/dom.js";

/** Hosts that are another machine's own. */
const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Browsers lend their clipboard to pages that came over a secure line; over any other, what is selected is copied.
 * @param {string} text
 */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.style.cssText = "position: fixed; opacity: 0";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

/** @param {Mount<CodeSent | null>} mount */
export default function mount({ data, parentElement }) {
  const root = childOf(parentElement, ".share-link", HTMLElement);
  const say = childOf(root, "p", HTMLElement);
  const share = childOf(root, "[data-do=share]", HTMLButtonElement);
  const code = childOf(root, "textarea", HTMLTextAreaElement);
  share.hidden = !navigator.share;
  share.onclick = () => {
    // Whoever closes the sheet again has chosen so.
    navigator.share({ title: document.title, url: window.location.href }).catch(() => {});
  };
  childOf(root, "[data-do=copy]", HTMLButtonElement).onclick = async () => {
    const { href, hostname } = window.location;
    const where = LOCAL.includes(hostname) ? " It opens on this machine only." : "";
    say.textContent = (await copy(href)) ? `Copied.${where}` : `Your browser keeps its clipboard: copy ${href}`;
  };
  for (const form of /** @type {const} */ (["python", "command"])) {
    const button = childOf(root, `[data-do=${form}]`, HTMLButtonElement);
    button.hidden = !data?.[form];
    button.onclick = async () => {
      const text = data?.[form] ?? "";
      code.hidden = await copy(text);
      code.value = text;
      say.textContent = code.hidden ? "Copied." : "Your browser keeps its clipboard to itself. Copy from here:";
    };
  }
  root.inert = false;
}
