/**
 * Has many files, or a folder, that are dropped onto Streamlit's field arrive there as one archive: it
 * takes minutes for the two thousand files that an archive brings in a second.
 *
 * What Python sends: `PackingSent` of pages/_images/packing.py.
 * @typedef {{ field: string, most: number }} PackingSent
 *
 * @import { Found } from "./zip.js"
 */
import { MOST_BYTES, MOST_FILES, zipOf } from "./zip.js";

/** So few files go to the field as they are. */
const FEW = 20;
/** The path of a table at the top of a folder. */
const TABLE = /^([^/]*\/)?[^/]*\.csv$/i;

export class Packing {
  #ended = new AbortController();
  #field;
  #most;
  /** What is packed is on its way to the field. */
  #passing = false;
  #say;

  /**
   * @param {HTMLElement} status  Where to say how far it is.
   * @param {PackingSent} sent  `field` is the key of the field, `most` how many bytes an archive may have.
   */
  constructor(status, { field, most }) {
    this.#say = (/** @type {string} */ text) => {
      status.textContent = text;
    };
    this.#field = `.st-key-${field}`;
    this.#most = Math.min(most, MOST_BYTES);
    const options = { capture: true, signal: this.#ended.signal };
    document.addEventListener("drop", (event) => this.#drop(event), options);
    document.addEventListener("change", (event) => this.#change(event), options);
  }

  end() {
    this.#ended.abort();
  }

  /** @param {Event} event */
  #isHere(event) {
    return !this.#passing && event.target instanceof Element && event.target.closest(this.#field) !== null;
  }

  /** @param {Event} event  Files or a folder were chosen. */
  #change(event) {
    const input = event.target;
    if (!this.#isHere(event) || !(input instanceof HTMLInputElement) || !input.files) return;
    const found = Array.from(input.files, (file) => ({ path: file.webkitRelativePath || file.name, file }));
    if (found.length <= FEW) return;
    event.stopImmediatePropagation();
    this.#pass(found);
  }

  /** @param {DragEvent} event */
  #drop(event) {
    if (!this.#isHere(event)) return;
    const items = [...(event.dataTransfer?.items ?? [])];
    const entries = items.map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
    if (entries.length <= FEW && !entries.some((entry) => entry.isDirectory)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    event.target?.dispatchEvent(new DragEvent("dragleave", { bubbles: true })); // the field need wait no more
    this.#say("Looking through the files …");
    filesOf(entries).then(
      (found) => this.#pass(found),
      () => this.#say("These files cannot be read: try dropping them as a zip archive."),
    );
  }

  /** @param {Found[]} found  Pack files and hand them to the field. */
  async #pass(found) {
    const input = document.querySelector(`${this.#field} input[type=file]`);
    const bytes = found.reduce((sum, { file }) => sum + file.size, 0);
    if (!(input instanceof HTMLInputElement)) return;
    if (!found.length) return this.#say("There are no files in that folder.");
    if (found.length > MOST_FILES || bytes > this.#most) {
      const size = `${found.length.toLocaleString("en")} files of ${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;
      return this.#say(`${size} are too many to upload: have them read where they lie, as the README describes.`);
    }
    // A table that says what the images are stays beside them, so that it can be chosen.
    const tables = found.filter(({ path }) => TABLE.test(path));
    const packed = tables.length < found.length ? found.filter((each) => !tables.includes(each)) : found;
    let archive;
    try {
      archive = await zipOf(packed, (share) => {
        this.#say(`Packing ${found.length.toLocaleString("en")} files … ${Math.round(100 * share)}%`);
      });
    } catch {
      return this.#say("A file changed or vanished while it was being read: try again.");
    }
    const tops = new Set(found.map(({ path }) => path.split("/")[0]));
    const name = tops.size === 1 ? `${[...tops][0]}.zip` : `${found.length} files.zip`;
    const carrier = new DataTransfer();
    carrier.items.add(new File([archive], name, { type: archive.type }));
    if (packed !== found) for (const { file } of tables) carrier.items.add(new File([file], file.name));
    this.#passing = true;
    input.files = carrier.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    this.#passing = false;
    this.#say("");
  }
}

/**
 * The files in folders and in the folders of these.
 * @param {FileSystemEntry[]} entries
 * @returns {Promise<Found[]>}
 */
async function filesOf(entries) {
  const found = [];
  for (const entry of entries) {
    if (entry.isDirectory) {
      const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
      for (;;) {
        const some = await new Promise((done, failed) => reader.readEntries(done, failed));
        if (!some.length) break;
        found.push(...(await filesOf(some)));
      }
    } else {
      const file = await new Promise((done, failed) => /** @type {FileSystemFileEntry} */ (entry).file(done, failed));
      found.push({ path: entry.fullPath.replace(/^\//, ""), file });
    }
  }
  return found;
}
