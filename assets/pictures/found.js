/**
 * What on a page can be taken away: its charts, its sheets of images, and its tables.
 *
 * @typedef {object} Found
 * @property {Element} element
 * @property {string} name
 * @property {"chart" | "sheet" | "table"} kind
 * @property {string} [of]  Which model a chart shows, where it says so.
 *
 * @import { Plot } from "../shared/chart.js"
 */

const ALONE = "[data-testid=stImage]";
const KINDS = /** @type {const} */ ([
  ["chart", ".js-plotly-plot, [data-testid=lesson-figure]"],
  ["sheet", `.vl-rows, .vl-strips, .vl-pictures, ${ALONE}`],
  ["table", "table"],
]);
const HEADINGS = "h1, h2, h3, h4";

/** @returns {Found[]} */
export function found() {
  const page = document.querySelector("[data-testid=stMain]") ?? document;
  const all = [...page.querySelectorAll([HEADINGS, ...KINDS.map(([, selector]) => selector)].join(", "))];
  /** @type {Found[]} */
  const things = [];
  let heading = "Page";
  for (const element of all) {
    if (element.matches(HEADINGS)) heading = element.textContent?.trim() || heading;
    else if (isSeen(element)) {
      for (const [kind, selector] of KINDS) {
        if (!element.matches(selector)) continue;
        const of = kind === "chart" ? /** @type {Plot} */ (element)._fullLayout?.meta?.of : undefined;
        // An image alone is called what is written under it, or what it is called where it cannot be seen.
        const alone = element.matches(ALONE) ? element.querySelector("img")?.alt : undefined;
        things.push({ element, kind, name: of ?? (alone || heading), of });
      }
    }
  }
  return numbered(things);
}

/** @param {Element} element */
function isSeen(element) {
  const { width, height } = element.getBoundingClientRect();
  return width > 0 && height > 0 && !element.closest("[data-testid=stPopoverBody]");
}

/**
 * Have those of one name and kind told apart.
 * @param {Found[]} things
 */
function numbered(things) {
  /** @type {Map<string, Found[]>} */
  const groups = new Map();
  for (const thing of things) {
    const key = `${thing.kind} ${thing.name}`;
    groups.set(key, [...(groups.get(key) ?? []), thing]);
  }
  for (const group of groups.values()) {
    if (group.length === 1) continue;
    group.forEach((thing, i) => {
      thing.name += ` ${i + 1}`;
    });
  }
  return things;
}

/**
 * A table as comma-separated values, its figures as they are shown.
 * @param {Element} table
 */
export function csvOf(table) {
  const rows = [...table.querySelectorAll("tr")].map((row) =>
    [...row.querySelectorAll("th, td")].map((cell) => {
      // Each line a word of its own, and a minus as programs read it.
      const words = [...cell.childNodes].map((node) => node.textContent).join(" ");
      const text = words
        .trim()
        .replace(/\s+/g, " ")
        .replace(/−(?=\d)/g, "-");
      return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    }),
  );
  return `${rows.map((row) => row.join(",")).join("\r\n")}\r\n`;
}
