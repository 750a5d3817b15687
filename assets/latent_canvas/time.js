/**
 * When an explorer is: at the model as it is, or at an earlier time of its training.
 *
 * @import { LatentMap } from "../network/map.js"
 * @import { Explored, Explorer } from "./explorer.js"
 */
import { posteriorAt } from "./posterior.js";

export class Time {
  /**
   * Of an earlier time, where that is looked at: the points of the map are drawn by it.
   * @type {{ draw: () => void } | null}
   */
  points = null;
  /** Whether the decoder of that time is still on its way. */
  waits = false;
  /**
   * Called before an image is encoded, which only the model as it is can do.
   * @type {() => void}
   */
  comeHome = () => {};
  #explorer;

  /**
   * @param {Explorer} explorer
   * @param {LatentMap} map
   * @param {Explored} model
   */
  constructor(explorer, map, model) {
    this.#explorer = explorer;
    /** The model as it is, and its map. */
    this.home = { map, model };
  }

  /**
   * Be at another time; z and pins stay.
   * @param {LatentMap} map  As it was then.
   * @param {Explored | null} model  Null while it is on its way.
   * @param {{ draw: () => void } | null} points
   */
  travel(map, model, points) {
    const explorer = this.#explorer;
    this.points = points;
    this.waits = !model;
    if (map !== explorer.map || (model && model !== explorer.model)) {
      explorer.map = map;
      explorer.model = model ?? explorer.model;
      explorer.posterior = posteriorAt(explorer);
      explorer.drawing.leave();
      explorer.drawing.show();
      explorer.view.forgetMarks();
    }
    explorer.request(true);
  }
}
