/**
 * What benchmarks/canvas runs in a bare page, with its files under /models and /peers; the page is
 * cross-origin isolated, so that its clock ticks every 5 us.
 */
import { Network } from "../../assets/network/network.js";
import { Picture } from "../../assets/network/picture.js";
import { normals } from "../../assets/network/random.js";
import { Loops } from "./loops.js";

/** @typedef {{ decode(z: Float32Array): Float32Array }} Way  Of decoding a model. */

/** @param {string} address */
const load = async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer());

/** @param {Network} network */
function pictureFor(network) {
  const canvas = document.querySelector("canvas");
  if (!canvas) throw new Error("The page has no canvas.");
  return new Picture(canvas, network);
}

/**
 * Milliseconds to make a network of its bytes, and to its first image on the canvas.
 * @param {string} name
 */
async function cold(name) {
  const bytes = await load(`/models/${name}`);
  const started = performance.now();
  const network = new Network(bytes);
  const made = performance.now();
  pictureFor(network).paint(network.decode(new Float32Array(network.latentDim)));
  return [made - started, performance.now() - made];
}

/**
 * The ways of decoding each model; kept between calls.
 * @type {Record<string, { SIMD: Network } & Record<string, Way>>}
 */
const ways = {};

/**
 * Make them, and have each decode the same codes; the images of each.
 * @param {string} name
 * @param {boolean} hasPeer
 * @param {number[][]} codes
 */
async function prepare(name, hasPeer, codes) {
  const bytes = await load(`/models/${name}`);
  ways[name] = { SIMD: new Network(bytes), "plain loops": new Network(bytes, { simd: false }) };
  if (hasPeer) ways[name]["naive loops"] = new Loops(await load(`/peers/${name}`));
  /** @param {Way} way */
  const decodeAll = (way) => codes.map((z) => Array.from(way.decode(Float32Array.from(z))));
  return Object.fromEntries(Object.entries(ways[name]).map(([key, way]) => [key, decodeAll(way)]));
}

/**
 * Milliseconds of each of `moves` decodes and draws, one a frame, the ways taking turns.
 * @param {string} name
 * @param {number} moves
 * @param {number} turn  Frames in a row for one way.
 */
async function hover(name, moves, turn) {
  const { SIMD } = ways[name];
  const picture = pictureFor(SIMD);
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(ways[name]).map((way) => [way, []]));
  for (let done = -turn; done < moves; done += turn) {
    for (const [way, network] of Object.entries(ways[name])) {
      for (let i = 0; i < turn; i++) {
        await new Promise(requestAnimationFrame);
        const z = normals(SIMD.latentDim);
        const started = performance.now();
        picture.paint(network.decode(z));
        const cost = performance.now() - started;
        if (done >= 0) times[way].push(cost); // the first turn is for the compiler
      }
    }
  }
  return { times, multiplyAdds: SIMD.multiplyAdds };
}

export { cold, hover, prepare };
