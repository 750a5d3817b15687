/** Contours of a density on a square grid: lines around its densest part. */

/**
 * The log density at the border of the densest part that holds a share of all of it, for each share.
 * @param {Float64Array} logDensity  In each cell.
 * @param {number[]} shares  From the least up.
 */
export function levelsAround(logDensity, shares) {
  const sorted = Float64Array.from(logDensity).sort().reverse();
  const total = sorted.reduce((sum, log) => sum + Math.exp(log), 0);
  let [i, held] = [0, Math.exp(sorted[0])];
  return shares.map((share) => {
    while (held < share * total && i < sorted.length - 1) held += Math.exp(sorted[++i]);
    return sorted[i];
  });
}

/**
 * Closed lines around all that is above a level (marching squares); counterclockwise, holes the other way round.
 * @param {Float64Array} values  In the middles of cells, row by row.
 * @param {number} side  Cells in a row.
 * @param {number} level
 * @returns {[number, number][][]}  Places in cells: (0, 0) is the middle of the first.
 */
export function contours(values, side, level) {
  /**
   * Beyond the grid everything is far below.
   * @type {(i: number, j: number) => number}
   */
  const at = (i, j) => {
    const outside = Math.min(i, j) < 0 || Math.max(i, j) >= side;
    return outside ? level - FAR : Math.max(values[j * side + i], level - FAR);
  };
  /** @type {Map<string, { place: [number, number], to: string }>} */
  const steps = new Map();
  for (let j = -1; j < side; j++) {
    for (let i = -1; i < side; i++) {
      const heights = [at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)].map((value) => value - level);
      if (Math.max(...heights) <= 0 || Math.min(...heights) > 0) continue; // no line here
      const corners = AROUND.map(([x, y]) => [i + x, j + y]);
      for (let k = 0; k < 4; k++) {
        const after = (k + 1) % 4;
        if (heights[k] <= 0 || heights[after] > 0) continue;
        // Here the inside ends along the cell's border: the line leads back to where it began.
        let start = k;
        while (heights[start] > 0) start = (start + 3) % 4;
        const t = heights[k] / (heights[k] - heights[after]);
        const [[x0, y0], [x1, y1]] = [corners[k], corners[after]];
        steps.set(edge(corners[k], corners[after]), {
          place: [x0 + t * (x1 - x0), y0 + t * (y1 - y0)],
          to: edge(corners[(start + 1) % 4], corners[start]),
        });
      }
    }
  }
  return closed(steps);
}

/** How far below a level counts: farther down, a line between a cell and the next would only lean. */
const FAR = 20;
/** A cell's corners, counterclockwise. */
const AROUND = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

/**
 * The name of the edge from a place inside to a neighbour outside.
 * @type {(inside: number[], outside: number[]) => string}
 */
const edge = (inside, outside) => `${inside}:${outside}`;

/**
 * Join steps to closed lines.
 * @param {Map<string, { place: [number, number], to: string }>} steps
 */
function closed(steps) {
  const lines = [];
  for (const [first] of steps) {
    const line = [];
    for (let step = steps.get(first), name = first; step; name = step.to, step = steps.get(name)) {
      line.push(step.place);
      steps.delete(name);
    }
    if (line.length) lines.push([...line, line[0]]);
  }
  return lines;
}
