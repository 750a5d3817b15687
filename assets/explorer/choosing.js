/**
 * The images that are chosen, in a file: what Python and Streamlit do in the app.
 *
 * What the file has of them: `ChosenSpec` of vaelab/sharing/one_file.py.
 * @typedef {object} ChosenSpec
 * @property {Record<string, number[]>} groups  Images that were kept under a name, ascending.
 * @property {number[]} chosen  Those that are at first.
 *
 * @import { LatentCanvas } from "../latent_canvas/canvas.js"
 */
import { look } from "../latent_canvas/pins.js";
import { THUMBNAILS_ARRIVED } from "../latent_canvas/thumbnails.js";
import { LinkedChart } from "../linked_selection/linked_chart.js";
import { childOf } from "../shared/dom.js";
import { page } from "../shared/page.js";

/** Images on the sheet of those that are chosen. */
const MOST_CHOSEN_SHOWN = 40;
/** Classes that are named. */
const MOST_CLASSES_SAID = 8;
/** More are not in the address: as pages/_ui/chosen.py has it. */
const MOST_IN_ADDRESS = 1000;

export class Choosing {
  /** @type {number[]} */
  #chosen = [];
  #canvases;
  #changed;
  #charts;
  #groups;
  #root;
  #select;
  /** Has the page's colours. */
  #views = childOf(document, ".ex-views", HTMLElement);

  /**
   * @param {HTMLElement} root  What is shown of them.
   * @param {LatentCanvas[]} canvases  Of the same images.
   * @param {Record<string, number[]>} groups
   * @param {() => void} changed  Called when others are chosen.
   */
  constructor(root, canvases, groups, changed) {
    this.#root = root;
    this.#canvases = canvases;
    this.#changed = changed;
    this.#groups = groups;
    this.#select = childOf(root, "select", HTMLSelectElement);
    this.#charts = canvases.map(({ map }) => map && new LinkedChart(sentOf(map.key, []), this.#views));
    for (const name of Object.keys(groups)) this.#select.append(new Option(`${name} (${groups[name].length})`, name));
    childOf(root, "label", HTMLElement).hidden = !Object.keys(groups).length;
    this.#select.addEventListener("change", () => this.choose(this.#groups[this.#select.value] ?? []));
    const actions = { mean: () => this.#goToMean(), save: () => this.#save(), clear: () => this.choose([]) };
    for (const [name, act] of Object.entries(actions)) {
      childOf(root, `[data-do=${name}]`, HTMLButtonElement).addEventListener("click", act);
    }
    document.addEventListener(THUMBNAILS_ARRIVED, () => this.#show());
  }

  /** @param {number[]} images  Ascending. */
  choose(images) {
    this.begin(images);
    this.#changed();
  }

  /** @param {number[]} images  As they are before a person chooses any. */
  begin(images) {
    this.#chosen = images;
    for (const [i, { map, root }] of this.#canvases.entries()) {
      const view = root.closest(".ex-view");
      if (!map || !view) continue;
      const button = childOf(view, ".lasso-button", HTMLButtonElement);
      this.#charts[i]?.update(sentOf(map.key, images), this.#views, button, (chosen) => this.choose(chosen));
    }
    this.#show();
  }

  /** As the address has them, and as the app writes them. */
  get written() {
    if (!this.#chosen.length) return "";
    const group = this.#group ? `&group=${encodeURIComponent(this.#group)}` : "";
    return this.#chosen.length > MOST_IN_ADDRESS ? group : `${group}&chosen=${this.#chosen.join("-")}`;
  }

  /** The group that these images are, if they are one. */
  get #group() {
    const wanted = this.#chosen.join();
    return Object.keys(this.#groups).find((name) => this.#groups[name].join() === wanted) ?? "";
  }

  #show() {
    const { map } = this.#canvases[0];
    const chosen = this.#chosen;
    this.#select.value = this.#group;
    for (const button of this.#root.querySelectorAll("button")) button.hidden = !chosen.length;
    this.#root.hidden = !chosen.length && !Object.keys(this.#groups).length;
    const said = childOf(this.#root, "[role=status]", HTMLElement);
    const list = childOf(this.#root, ".ex-chosen-list", HTMLElement);
    list.replaceChildren();
    said.textContent = "";
    if (!map || !chosen.length) return;
    said.textContent = `${chosen.length.toLocaleString("en")} image${chosen.length === 1 ? "" : "s"} chosen`;
    const points = pointsOf(map.images, chosen);
    const classes = countsOf(points.map((point) => map.label(point) ?? ""));
    if (map.labels) said.textContent += `: ${inWords(classes)}`;
    const sheet = page.thumbnails.get(map.thumbnails ?? "");
    const step = Math.max(1, points.length / MOST_CHOSEN_SHOWN);
    for (let i = 0; sheet && i < points.length; i += step) {
      const picture = document.createElement("canvas");
      sheet.paint(picture, points[Math.floor(i)]);
      picture.title = `Image ${map.images[points[Math.floor(i)]]}`;
      list.append(picture);
    }
  }

  /** Have every canvas go to the mean of the images' codes, with the label that most of them have. */
  #goToMean() {
    for (const { explorer } of this.#canvases) {
      if (!explorer) continue;
      const { map, z } = explorer;
      const points = pointsOf(map.images, this.#chosen);
      if (!points.length) continue;
      const mean = new Float32Array(z.length);
      for (const point of points) {
        for (const [j, value] of map.code(point).entries()) mean[j] += value / points.length;
      }
      const [common] = countsOf(points.map((point) => map.labels?.[point] ?? 0));
      page.leader = null; // each goes to a mean of its own
      explorer.label = explorer.shape.numLabels ? common[0] : explorer.label;
      look(explorer, { z: mean, image: null });
    }
  }

  #save() {
    const { map } = this.#canvases[0];
    if (!map) return;
    const numbers = Array.from({ length: map.latentDim }, (_, j) => `mu${j + 1}`);
    const rows = pointsOf(map.images, this.#chosen).map((point) => {
      const place = [map.places[2 * point], map.places[2 * point + 1]];
      return [map.images[point], quoted(map.label(point) ?? ""), ...map.code(point), ...place];
    });
    const text = [["image", "label", ...numbers, "x", "y"], ...rows].map((row) => `${row.join(",")}\n`).join("");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = `${map.run}-${this.#group || "chosen"}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}

/**
 * @param {string} chart
 * @param {number[]} chosen
 * @returns {import("../linked_selection/mount.js").LinkSent}
 */
function sentOf(chart, chosen) {
  return { chart, chosen, lasso: "button", sheet: null, images: [] };
}

/**
 * Which points of a map are of some images.
 * @param {ArrayLike<number>} images  Of the points.
 * @param {number[]} chosen
 */
function pointsOf(images, chosen) {
  const wanted = new Set(chosen);
  return Array.from(images, (image, point) => (wanted.has(image) ? point : -1)).filter((point) => point >= 0);
}

/**
 * How often there is what, most first.
 * @template T
 * @param {T[]} values
 */
function countsOf(values) {
  /** @type {Map<T, number>} */
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/**
 * How many images are of which class, of those that most are of.
 * @param {[string, number][]} classes
 */
function inWords(classes) {
  const said = classes.slice(0, MOST_CLASSES_SAID).map(([name, count]) => `${count} × “${name}”`);
  return `${said.join(", ")}${classes.length > said.length ? " …" : ""}`;
}

/** @param {string} text  Of a table with commas. */
function quoted(text) {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * The images that the address names, by numbers or by a group's name; null where it says nothing at all.
 * @param {{ search: string, hash: string }} location
 * @param {Record<string, number[]>} groups
 * @param {ArrayLike<number>} images  Of the map.
 */
export function addressedImages({ search, hash }, groups, images) {
  const text = search || hash.slice(1);
  if (!text) return null;
  const address = new URLSearchParams(text);
  const [group, numbers] = [address.get("group") ?? "", address.get("chosen") ?? ""];
  if (!/^\d+(-\d+)*$/.test(numbers)) return Object.hasOwn(groups, group) ? groups[group] : [];
  const wanted = new Set(numbers.split("-").map(Number));
  return Array.from(images)
    .filter((image) => wanted.has(image))
    .sort((a, b) => a - b);
}
