/**
 * What is drawn over the points of a plane.
 *
 * @typedef {ArrayLike<number> & Iterable<number>} Place  x and y.
 *
 * @typedef {object} PlaneShape  It has `ellipse`, `line`, `arrows` or `dot`.
 * @property {Place} [ellipse]  The middle of one.
 * @property {Place} [sigma]  Its half axes.
 * @property {Place[]} [line]  Places that it joins.
 * @property {[Place, Place][]} [arrows]  From where to where each.
 * @property {Place} [dot]
 * @property {number} [r]  The radius of a dot, in pixels.
 * @property {string} [text]  Above a dot.
 * @property {string} [kind]  A class of the style sheet.
 * @property {string} [color]  The accent's by default.
 *
 * @typedef {object} PlanePixels
 * @property {(place: Place) => number[]} px  Where a place is drawn, in pixels from the corner.
 * @property {number} scale  Pixels a unit.
 */

/** Pixels that an arrow's head is long at the most, and half as wide as that is. */
const HEAD = 6;
/** Arrows shorter than this, in pixels, would be all head. */
const SHORTEST = 1.5;

/**
 * A shape as SVG.
 * @param {PlaneShape} shape
 * @param {PlanePixels} at
 */
export function drawOnPlane(
  { ellipse, sigma = [1, 1], line, arrows, dot = [0, 0], r = 4, text = "", kind = "", color = "" },
  { px, scale },
) {
  const style = color && `style="--ls-accent:${color}"`;
  if (ellipse) {
    const [x, y] = px(ellipse);
    return `<ellipse ${style} class="ls-ellipse ${kind}" cx="${x}" cy="${y}" rx="${sigma[0] * scale}" ry="${sigma[1] * scale}"/>`;
  }
  if (line) {
    const points = line.map((place) => px(place).join(",")).join(" ");
    return `<polyline ${style} class="ls-line ${kind}" points="${points}"/>`;
  }
  if (arrows) {
    const d = arrows.map(([from, to]) => arrowPath(px(from), px(to))).join("");
    // Twice, so that they stand out from points of any colour.
    return `<path class="ls-arrows-ground" d="${d}"/><path ${style} class="ls-arrows ${kind}" d="${d}"/>`;
  }
  const [x, y] = px(dot);
  const mark = text && `<text class="ls-mark" x="${x}" y="${y - r - 5}">${text}</text>`;
  return `<circle ${style} class="ls-dot ${kind}" cx="${x}" cy="${y}" r="${r}"/>${mark}`;
}

/**
 * A shaft, and a head that is no longer than half of it.
 * @param {number[]} from  In pixels.
 * @param {number[]} to
 */
function arrowPath([x0, y0], [x1, y1]) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (!(length >= SHORTEST)) return "";
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  const head = Math.min(HEAD, length / 2);
  const [bx, by] = [x1 - head * ux, y1 - head * uy];
  const [wx, wy] = [(-uy * head) / 2, (ux * head) / 2];
  const points = [
    [x0, y0],
    [bx, by],
    [bx + wx, by + wy],
    [x1, y1],
    [bx - wx, by - wy],
    [bx, by],
  ];
  return `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
}
