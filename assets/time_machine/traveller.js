/**
 * Takes one map back in the time of its model's training: its points, and what decodes under the pointer.
 *
 * @import { LatentMap } from "../network/map.js"
 * @import { Explored, Explorer } from "../latent_canvas/explorer.js"
 * @import { History } from "./history.js"
 */
import { page } from "../shared/page.js";
import { around, CourseOfMap } from "./course_of_map.js";
import { Points } from "./points.js";

/**
 * What is looked at: an epoch's map and, once it is here, what decoded then.
 * @typedef {{ map: LatentMap, model: Explored | null, course: CourseOfMap, explorer: Explorer }} Scene
 */

export class Traveller {
  #backHome;
  /** @type {CourseOfMap | null} */
  #course = null;
  #drawn;
  /** @type {Explorer | null} The one that is away. */
  #explorer = null;
  /** @type {Points | null} */
  #points = null;

  /**
   * @param {History} history
   * @param {() => void} backHome  Called where only the model as it is will do.
   * @param {() => void} drawn  Called when the points have been drawn.
   */
  constructor(history, backHome, drawn) {
    this.history = history;
    this.#backHome = backHome;
    this.#drawn = drawn;
  }

  /** The canvas beside the map, once it decodes. */
  get explorer() {
    const { map_key: key, run } = this.history.sent;
    const canvas = [...page.canvases].find(({ map }) => map?.key === key && map.run === run);
    const explorer = canvas?.explorer ?? null;
    return explorer?.network ? explorer : null; // where the server decodes there is no other decoder
  }

  /** Points that lie beyond what the map shows. */
  get beyond() {
    return this.#points?.beyond ?? 0;
  }

  /**
   * Show a moment, between two epochs perhaps; null where nothing of it is here yet.
   * @param {number} moment  In epochs.
   * @returns {Scene | null}
   */
  show(moment) {
    const { explorer, history } = this;
    if (!explorer || !history.codes) return null;
    const isNew = this.#explorer !== explorer;
    if (isNew) this.#leave();
    const { home } = explorer.time;
    if (!this.#course?.isOf(home.map, history)) this.#course = new CourseOfMap(home.map, history);
    const course = this.#course;
    const { before, after, share } = around(course.epochs, moment);
    const epoch = share < 0.5 ? before : after;
    const model = epoch === history.sent.home ? home.model : history.model(epoch);
    const map = course.at(epoch);
    if (isNew) page.linkedCharts.get(explorer.map.key)?.putAway(); // its points are elsewhere
    this.#points ??= new Points(explorer.chart, this.#drawn);
    this.#points.set(course.between(before, after, share), map);
    explorer.time.comeHome = this.#backHome;
    explorer.time.travel(map, model, this.#points);
    this.#explorer = explorer;
    return { map, model, course, explorer };
  }

  /**
   * Be at the model as it is.
   * @returns {Scene | null}
   */
  comeHome() {
    const explorer = this.#explorer;
    this.#leave();
    if (!explorer || explorer.ended) return null;
    const { map, model } = explorer.time.home;
    explorer.time.comeHome = () => {};
    explorer.time.travel(map, model, null);
    const [course, epoch] = [this.#course, this.history.sent.home];
    return course?.epochs.includes(epoch) ? { map: course.at(epoch), model, course, explorer } : null;
  }

  /** What was drawn on a chart goes with the explorer whose it was. */
  #leave() {
    this.#points?.end();
    this.#points = null;
    this.#explorer = null;
  }
}
