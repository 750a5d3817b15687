/**
 * Where a canvas is, was left, or is sent.
 *
 * @import { LatentMap } from "../network/map.js"
 * @import { Explorer } from "./explorer.js"
 *
 * A place that was chosen; `image` is the dataset's, where one was clicked.
 * @typedef {{ z: Float32Array, image: number | null }} Pin
 *
 * How a way goes from one pin to the next: straight, or along an arc around the origin.
 * @typedef {"linear" | "spherical"} WayKind
 *
 * Where z rests; `label` a conditional model decodes with. A single pin is where a way would begin; `along` is how much
 * of the way lies behind.
 * @typedef {Pin & { pins: Pin[], label: number, along: number, kind: WayKind }} RestingPlace
 *
 * A place that one can come back to; `lastImage` was clicked last.
 * @typedef {RestingPlace & { lastImage?: number | null }} Step
 *
 * And what can be undone.
 * @typedef {Step & { steps?: Step[] }} Memory
 *
 * @typedef {RestingPlace & { run: string }} Destination
 *
 * @typedef {{ z: number[], image: number | null }} WayPointSent
 *
 * What Python sends: `PlaceSent` of vaelab/export/place.py.
 * @typedef {{ map_key: string, turn: string, run: string, z: number[], image: number | null,
 *   label: number, pins: WayPointSent[], along: number, kind: WayKind }} PlaceSent
 */
import { page } from "../shared/page.js";

/** What a code may lose on its way. */
const ROUNDING = 2e-3;

/**
 * Go to a place that Python sent; once, however often it is sent.
 * @param {PlaceSent} place
 */
export function goTo({ map_key: key, turn, run, z, image, label, pins, along, kind }) {
  if (page.lastTurns.get(key) === turn) return;
  page.lastTurns.set(key, turn);
  const way = pins.map((pin) => ({ z: Float32Array.from(pin.z), image: pin.image }));
  page.destinations.set(key, { run, z: Float32Array.from(z), image, label, pins: way, along, kind });
  for (const canvas of page.canvases) canvas.arrive();
}

/**
 * Take the place that Python has sent for a map, if there is one.
 * @param {LatentMap} map
 */
export function takeDestination(map) {
  const place = page.destinations.get(map.key);
  if (place?.run !== map.run) return null;
  page.destinations.delete(map.key);
  return place;
}

/**
 * @param {Explorer} explorer
 * @param {Destination} place
 */
export function arriveAt(explorer, place) {
  explorer.stop();
  explorer.pins = place.pins;
  explorer.label = place.label;
  explorer.along = place.along;
  explorer.kind = place.kind;
  explorer.lastImage = place.image ?? explorer.lastImage;
  explorer.go(place.z, place.image);
  explorer.remember();
  explorer.view.announce();
}

/**
 * The place in the URL: what Python will send, of which the mount may come seconds later.
 * @param {LatentMap} map
 * @param {Location} location  A file has its place behind the "#", where a page without a server may write it.
 * @returns {RestingPlace | null}
 */
export function addressedPlace(map, { search, hash }) {
  const address = new URLSearchParams(search || hash.slice(1));
  const [code, number, name, way] = ["z", "image", "label", "through"].map((key) => address.get(key));
  if (map.link || (code === null && number === null)) return null;
  const image = number === null ? null : Number(number);
  const point = image === null ? -1 : map.images.indexOf(image);
  if (code === null && point < 0) return null;
  const z = code === null ? map.code(point) : Float32Array.from(code.split(","), Number);
  const label = name === null ? (map.labels?.[Math.max(0, point)] ?? 0) : map.labelNames.indexOf(name);
  const points = way?.split(";").map((text) => ({ z: Float32Array.from(text.split(","), Number), image: null }));
  const fits = points?.every((point) => point.z.length === z.length && point.z.every(Number.isFinite));
  const pins = points && fits ? points : [{ z, image }];
  return z.every(Number.isFinite) && label >= 0 ? { z, image, label, pins, along: 1, kind: "linear" } : null;
}

/**
 * A place as the URL has it, and as pages/_ui/places.py writes it.
 * @param {Explorer} explorer
 */
export function writtenPlace({ map, shape, z, chosenImage, label, pins }) {
  const written = (/** @type {Float32Array} */ code) =>
    Array.from(code, (value) => String(Number(value.toFixed(3)) + 0)).join(",");
  const parts = [`z=${written(z)}`];
  if (chosenImage !== null) parts.push(`image=${chosenImage}`);
  if (shape.numLabels) parts.push(`label=${encodeURIComponent(map.labelNames[label])}`);
  if (pins.length > 1) parts.push(`through=${pins.map((pin) => written(pin.z)).join(";")}`);
  return parts.join("&");
}

/**
 * Where a canvas is at first: at the first image.
 * @param {LatentMap} map
 * @returns {RestingPlace}
 */
export function firstPlace(map) {
  return { z: map.code(0), image: map.images[0], pins: [], label: map.labels?.[0] ?? 0, along: 1, kind: "linear" };
}

/**
 * Whether z is a code, which may have lost something on its way here or in the address.
 * @param {Float32Array} z
 * @param {ArrayLike<number>} code
 */
export function isAt(z, code) {
  return z.every((value, j) => Math.abs(value - code[j]) <= ROUNDING * Math.max(1, Math.abs(value)));
}

/**
 * A place on the way through all pins.
 * @param {{ z: Float32Array }[]} pins  Two at least.
 * @param {number} t  From 0 to 1.
 * @param {WayKind} kind
 */
export function onWay(pins, t, kind = "linear") {
  const at = t * (pins.length - 1);
  const leg = Math.min(Math.floor(at), pins.length - 2);
  const [from, to] = [pins[leg].z, pins[leg + 1].z];
  return kind === "spherical" ? turned(from, to, at - leg) : between(from, to, at - leg);
}

/**
 * @param {Float32Array} from
 * @param {Float32Array} to
 * @param {number} t
 */
function between(from, to, t) {
  return from.map((value, j) => value + t * (to[j] - value));
}

/**
 * From the direction of one code to that of another, while the length changes evenly: `spherical` of
 * vaelab/latent/interpolation.py, which says why.
 * @param {Float32Array} from
 * @param {Float32Array} to
 * @param {number} t
 */
function turned(from, to, t) {
  const lengths = [Math.hypot(...from), Math.hypot(...to)];
  const units = [from, to].map((code, i) => Array.from(code, (value) => value / lengths[i]));
  const chord = Math.hypot(...units[0].map((value, j) => value - units[1][j]));
  const omega = 2 * Math.atan2(chord, Math.hypot(...units[0].map((value, j) => value + units[1][j])));
  if (!(Math.sin(omega) > 1e-9)) return between(from, to, t); // no arc to follow, or a code at the origin
  const length = (1 - t) * lengths[0] + t * lengths[1];
  const [a, b] = [Math.sin((1 - t) * omega), Math.sin(t * omega)].map((part) => (part * length) / Math.sin(omega));
  return from.map((_, j) => a * units[0][j] + b * units[1][j]);
}
