/**
 * What of the course was opened and answered, kept by the browser; a lesson opens at its top, and keys turn to another.
 *
 * @import { Mount } from "../shared/mount.js"
 *
 * `Memory` of pages/_lessons/progress.py: lessons that were opened, and the option chosen in each.
 * @typedef {{ opened: string[], answers: Record<string, number> }} Memory
 *
 * `MemorySent` of pages/_lessons/progress.py: the same, the open lesson, whether Python has heard what is remembered,
 * whether that is to go, and whether this is a presentation.
 * @typedef {{ opened: string[], answers: Record<string, number>, lesson: string, heard: boolean, forget: boolean,
 *   presenting: boolean }} MemorySent
 */
import { endWithout } from "../shared/mount.js";
import { page } from "../shared/page.js";
import { turnByKeys } from "./turning.js";

const STORED = "vaelab-course";
/** Ends the listening to keys, which each mount begins anew. */
let listening = new AbortController();

/** @returns {Memory} */
function recall() {
  try {
    return { opened: [], answers: {}, ...JSON.parse(localStorage.getItem(STORED) ?? "{}") };
  } catch {
    return { opened: [], answers: {} }; // a browser that keeps nothing, or something else under this name
  }
}

/** @param {Memory} memory */
function remember({ opened, answers }) {
  try {
    localStorage.setItem(STORED, JSON.stringify({ opened, answers }));
  } catch {
    // The session still knows.
  }
}

/** @param {Mount<MemorySent>} mount */
export default function mount({ data, parentElement, setTriggerValue }) {
  if (page.lesson !== data.lesson) goToTop(page.lesson !== "");
  page.lesson = data.lesson;
  const { opened, answers } = data.forget ? { opened: [], answers: {} } : recall();
  const all = {
    opened: [...new Set([...opened, ...data.opened])],
    answers: { ...answers, ...data.answers },
  };
  remember(all);
  const isNew = all.opened.length > data.opened.length || Object.keys(answers).some((slug) => !(slug in data.answers));
  if (isNew && !data.heard) setTriggerValue("remembered", all);
  listening.abort();
  const ours = new AbortController();
  listening = ours;
  if (data.presenting) turnByKeys(ours.signal);
  return endWithout(/** @type {Element} */ (parentElement), () => ours.abort());
}

/**
 * Show a lesson from its beginning: what was scrolled is the lesson before.
 * @param {boolean} followed  Whether another lesson was open. Then the keyboard goes on from the title as well,
 *   not from the button at the foot.
 */
function goToTop(followed) {
  document.querySelector('[data-testid="stMain"]')?.scrollTo({ top: 0, behavior: "instant" });
  /** @type {HTMLElement | null} */
  const title = document.querySelector(".st-key-lesson-title");
  if (!followed || !title) return;
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
  // A title is no control: the focus does not come back to it.
  title.addEventListener("blur", () => title.removeAttribute("tabindex"), { once: true });
}
