/**
 * The forces on one code as numbers, in nats per unit of z.
 *
 * @import { Pulls } from "./pulls.js"
 *
 * @typedef {object} OneCode
 * @property {Pulls} pulls
 * @property {number} i  Which of the codes with arrows.
 * @property {number[]} place  Where it is on the map.
 * @property {number} dimensions  Of z.
 * @property {string} regularizer  As Python says it; empty where there is none.
 */
import { table } from "../lessons/stage/bars.js";
import { show } from "../shared/show.js";

/**
 * @param {string} name
 * @param {OneCode} code
 */
export function forcesTable(name, code) {
  const flat = code.dimensions <= 2;
  const other = code.regularizer.replace(/^the /, "");
  const sides = ["Reconstruction", ...(other ? [`${other[0].toUpperCase()}${other.slice(1)}`, "Both"] : [])];
  return table(name, ["", ...(flat ? ["Now"] : []), ...sides], flat ? rowsOfPlane(code) : rowsOfAll(code));
}

/** @param {OneCode} code */
function rowsOfPlane({ pulls, i, place, dimensions, regularizer }) {
  const sigma = pulls.along(i, "sigma");
  const row = (/** @type {string} */ name, /** @type {number} */ now, /** @type {string} */ end) => {
    const [a, b] = [pulls.of(i, `reconstruction${end}`), pulls.of(i, `regularizer${end}`)];
    return [name, show(now), ...cells(regularizer, a, b, a + b)];
  };
  const axes = ["_x", "_y"].slice(0, dimensions);
  const rows = axes.map((axis, j) => row(`μ${j + 1}`, place[j], axis));
  if (sigma[0] > 0) rows.push(...axes.map((axis, j) => row(`σ${j + 1}`, sigma[j], `_sigma${axis}`)));
  return rows;
}

/**
 * Of more dimensions than the map has: lengths, and what is usual of sigma's.
 * @param {OneCode} code
 */
function rowsOfAll({ pulls, i, dimensions, regularizer }) {
  const lengths = ["reconstruction_length", "regularizer_length", "sum_length"].map((column) => pulls.of(i, column));
  const rows = [[`Length of the pull at μ, in ${dimensions} dimensions`, ...cells(regularizer, ...lengths)]];
  const sigma = pulls.of(i, "sigma_x");
  if (!(sigma > 0)) return rows;
  const [a, b] = [pulls.of(i, "reconstruction_sigma_x"), pulls.of(i, "regularizer_sigma_x")];
  rows.push([`Pull at σ = ${show(sigma)}, the mean of all`, ...cells(regularizer, a, b, a + b)]);
  return rows;
}

/**
 * @param {string} regularizer
 * @param {...number} values  For the reconstruction, for all else, and both.
 */
const cells = (regularizer, ...values) => (regularizer ? values : values.slice(0, 1)).map((value) => show(value));
