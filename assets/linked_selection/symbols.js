/** The shapes of marks, as Plotly's symbols have them. */

/** Half the size of a mark, in pixels. */
export const RADIUS = 4;
/**
 * Corners, in units of the radius.
 * @type {Record<string, [number, number][]>}
 */
const CORNERS = {
  diamond: [
    [0, -1.3],
    [1.3, 0],
    [0, 1.3],
    [-1.3, 0],
  ],
  "triangle-up": [
    [0, -1.2],
    [1.1, 0.8],
    [-1.1, 0.8],
  ],
};

/**
 * Add a mark's outline to the pen's path; a circle for symbols that are not known.
 * @param {CanvasRenderingContext2D} pen
 * @param {unknown} symbol
 * @param {number} x
 * @param {number} y
 * @param {number} [radius]
 */
export function outline(pen, symbol, x, y, radius = RADIUS) {
  const corners = CORNERS[String(symbol)];
  if (corners) {
    for (const [dx, dy] of corners) pen.lineTo(x + radius * dx, y + radius * dy);
  } else if (symbol === "cross") {
    pen.rect(x - radius * 1.2, y - radius * 0.4, radius * 2.4, radius * 0.8);
    pen.rect(x - radius * 0.4, y - radius * 1.2, radius * 0.8, radius * 2.4);
  } else {
    pen.arc(x, y, radius, 0, 2 * Math.PI);
  }
  pen.closePath();
}
