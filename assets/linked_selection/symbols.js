/** The shapes of marks, as Plotly's symbols have them. */

/** Half the size of a mark, in pixels. */
const RADIUS = 4;
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
 */
export function outline(pen, symbol, x, y) {
  const corners = CORNERS[String(symbol)];
  if (corners) {
    for (const [dx, dy] of corners) pen.lineTo(x + RADIUS * dx, y + RADIUS * dy);
  } else if (symbol === "cross") {
    pen.rect(x - RADIUS * 1.2, y - RADIUS * 0.4, RADIUS * 2.4, RADIUS * 0.8);
    pen.rect(x - RADIUS * 0.4, y - RADIUS * 1.2, RADIUS * 0.8, RADIUS * 2.4);
  } else {
    pen.arc(x, y, RADIUS, 0, 2 * Math.PI);
  }
  pen.closePath();
}
