/** What Python sends of each code's forces, by the names of its columns: `COLUMNS` of pages/_train/forces.py. */

export class Pulls {
  /**
   * @param {string[]} columns
   * @param {ArrayLike<number>} values  A row a code.
   */
  constructor(columns, values) {
    this.columns = columns;
    this.values = values;
    this.count = values.length / columns.length;
  }

  /** Whether anything is known: not of an epoch from before what they are computed from was kept. */
  get known() {
    return this.count > 0 && !Number.isNaN(this.values[0]);
  }

  /**
   * @param {number} i  Which code.
   * @param {string} column
   */
  of(i, column) {
    return this.values[i * this.columns.length + this.columns.indexOf(column)];
  }

  /**
   * Along both axes of the map.
   * @param {number} i
   * @param {string} what
   * @returns {[number, number]}
   */
  along(i, what) {
    return [this.of(i, `${what}_x`), this.of(i, `${what}_y`)];
  }

  /** How long on the map most arrows for one side of the loss are at the most. */
  get usual() {
    const lengths = ["reconstruction", "regularizer"].flatMap((side) =>
      Array.from({ length: this.count }, (_, i) => Math.hypot(...this.along(i, side))),
    );
    return lengths.sort((a, b) => a - b)[Math.floor(0.9 * lengths.length)];
  }
}
