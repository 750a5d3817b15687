/** Nearest neighbours, by going through all rows: fast enough for tens of thousands at every frame. */

/** Neighbours that lift a place to a code or place a code, and that density is told from. */
export const NEIGHBOURS = 8;

/**
 * The `k` rows of `table` (n x d) nearest to `point`, nearest first.
 * @param {ArrayLike<number>} table
 * @param {number} d
 * @param {ArrayLike<number>} point
 * @param {number} k
 * @param {(row: number) => boolean} counts  Whether a row is among those looked at; all are by default.
 */
export function nearest(table, d, point, k = NEIGHBOURS, counts = () => true) {
  const rows = new Int32Array(k).fill(-1);
  const squares = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  for (let row = 0, at = 0; at < table.length; row++, at += d) {
    let square = 0;
    for (let j = 0; j < d; j++) {
      const difference = table[at + j] - point[j];
      square += difference * difference;
    }
    if (square >= squares[k - 1] || !counts(row)) continue;
    let i = k - 1;
    for (; i > 0 && squares[i - 1] > square; i--) {
      squares[i] = squares[i - 1];
      rows[i] = rows[i - 1];
    }
    squares[i] = square;
    rows[i] = row;
  }
  return { rows, squares };
}

/**
 * Mean of the values of the nearest keys, weighted by inverse squared distance.
 * @param {ArrayLike<number>} keys  (n x d)
 * @param {number} d
 * @param {ArrayLike<number>} point
 * @param {ArrayLike<number>} values  (n x width)
 * @param {number} width
 */
export function weightedMean(keys, d, point, values, width) {
  const { rows, squares } = nearest(keys, d, point, Math.min(NEIGHBOURS, keys.length / d));
  const mean = new Float32Array(width);
  let total = 0;
  squares.forEach((square, i) => {
    const weight = 1 / (square + 1e-12);
    total += weight;
    for (let j = 0; j < width; j++) mean[j] += weight * values[rows[i] * width + j];
  });
  return mean.map((sum) => sum / total);
}

/**
 * The share of numbers, 0 to 1, below one, from their quantiles.
 * @param {number[]} quantiles  Rising, from the least number to the greatest.
 * @param {number} value
 */
export function shareBelow(quantiles, value) {
  const rank = quantiles.findIndex((quantile) => quantile >= value);
  return rank < 0 ? 1 : rank / (quantiles.length - 1);
}
